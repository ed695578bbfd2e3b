"""What we call of openai-whisper, which has no stubs."""

from typing import TypedDict

from whisper.model import Whisper

from exges_core.arrays import Array

class HeardWord(TypedDict):
    word: str
    start: float
    end: float
    probability: float

class HeardSegment(TypedDict):
    words: list[HeardWord]

class Transcribed(TypedDict):
    text: str
    language: str
    segments: list[HeardSegment]

def available_models() -> list[str]: ...
def load_model(name: str, device: str | None = None, download_root: str | None = None) -> Whisper: ...
def transcribe(
    model: Whisper,
    audio: Array,
    *,
    verbose: bool | None = None,
    temperature: float = ...,
    condition_on_previous_text: bool = True,
    word_timestamps: bool = False,
    fp16: bool = True,
) -> Transcribed: ...
