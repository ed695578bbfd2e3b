"""Recognition with Whisper: words with times. A model is downloaded only when its name was asked for.

The only module that talks to Whisper. Sound is handed over as an array, so no ffmpeg is needed; temperature is 0 and
no text conditions the next, so the same sound gives the same words.
"""

from __future__ import annotations

import os
import pickle
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from exges_core.audio.pauses import Span, split_at_pauses
from exges_core.audio.waveform import Waveform
from exges_core.errors import CheckpointError, message
from exges_core.protocol import OnProgress, Progress
from exges_core.speech.model_fetching import fetch
from exges_core.speech.model_files import WHISPER
from exges_core.speech.words import Word, is_word
from exges_core.timeline import AUDIO_RATE_HZ

if TYPE_CHECKING:
    from whisper import Transcribed
    from whisper.model import Whisper

_PIECE_S = 240.0
_ALIGNED_PIECE_S = 12.0
_DAMAGE = (RuntimeError, LookupError, TypeError, ValueError, AttributeError, EOFError, pickle.UnpicklingError)
"""What torch and Whisper raise on a file that is not, or not wholly, a model."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What Whisper heard: words with its own times, and the language (its code, "en"; "" where it heard nothing)."""

    words: tuple[Word, ...]
    language: str


def is_file_name(name: str) -> bool:
    """Return whether a model is named by its file."""
    return name.endswith(".pt") or os.sep in name


def model_file(name: str, *, on_progress: OnProgress) -> Path:
    """Return the file of a model; one that is asked for by its own name and is not here is downloaded.

    Raises:
        InputError: if the name is unknown, or it would have to be downloaded and cannot be.
        CheckpointError: if a file was named that is not there.
    """
    if is_file_name(name):
        path = Path(name)
        if not path.is_file():
            raise CheckpointError(
                message(expected="a Whisper model file", got="nothing", where=name, do="Check the path.")
            )
        return path
    return fetch(f"{WHISPER}{name}", on_progress=on_progress)


def load_file(path: Path, *, device: str, name: str | None = None) -> Whisper:
    """Load a model file; `name`, if it is one of Whisper's, brings its word-timing heads.

    Raises:
        CheckpointError: if the file is no Whisper model.
    """
    return _load_file(path, device, name, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _load_file(path: Path, device: str, name: str | None, _modified_ns: int) -> Whisper:
    import whisper

    heads: Mapping[str, bytes] = getattr(whisper, "_ALIGNMENT_HEADS", {})
    try:
        model = whisper.load_model(str(path), device=device)
        if name is not None and name in heads:
            model.set_alignment_heads(heads[name])
    except (OSError, *_DAMAGE) as error:
        raise _damaged(path, error) from error
    return model


def _damaged(path: Path, error: BaseException) -> CheckpointError:
    got = f"a file that cannot be loaded ({' '.join(str(error).split())[:160]})"
    return CheckpointError(
        message(expected="a Whisper model file", got=got, where=str(path), do="Delete it and download it again.")
    )


def recognise_with(model: Whisper, waveform: Waveform, *, on_progress: OnProgress) -> Heard:
    """Recognise words of any language the model knows, in pieces of a few minutes, each cut at a pause."""
    words: list[Word] = []
    language = ""
    for piece in split_at_pauses(waveform, longest_s=_PIECE_S):
        on_progress(Progress(stage="words", fraction=piece.start_s / waveform.duration_s, note="Whisper"))
        result = _transcribed(model, waveform, piece)
        language = language or str(result["language"])
        for word in _words_of(result, piece):
            start_s = max(word.start_s, words[-1].end_s if words else 0.0)
            if start_s < piece.end_s and is_word(word.text):
                words.append(replace(word, start_s=start_s, end_s=min(max(word.end_s, start_s), piece.end_s)))
    on_progress(Progress(stage="words", fraction=1.0, note="Whisper"))
    return Heard(words=tuple(words), language=language if words else "")


def _transcribed(model: Whisper, waveform: Waveform, piece: Span) -> Transcribed:
    import whisper

    start, stop = (round(time_s * AUDIO_RATE_HZ) for time_s in (piece.start_s, piece.end_s))
    return whisper.transcribe(
        model,
        waveform.samples[start:stop],
        word_timestamps=True,
        temperature=0.0,
        condition_on_previous_text=False,
        fp16=model.device.type == "cuda",
        verbose=None,
    )


def _words_of(result: Transcribed, piece: Span) -> Iterator[Word]:
    for segment in result["segments"]:
        for word in segment.get("words", ()):
            yield Word(
                text=" ".join(str(word["word"]).split()),
                start_s=piece.start_s + float(word["start"]),
                end_s=piece.start_s + float(word["end"]),
                confidence=float(word["probability"]),
            )


def pieces_of(words: Sequence[Word], waveform: Waveform) -> tuple[tuple[Word, ...], ...]:
    """Divide words among the stretches between pauses, by their middles, for alignment within each."""
    stops = [piece.end_s for piece in split_at_pauses(waveform, longest_s=_ALIGNED_PIECE_S)]
    numbers = [bisect_left(stops, (word.start_s + word.end_s) / 2) for word in words]
    return tuple(
        tuple(word for word, _ in group) for _, group in groupby(zip(words, numbers, strict=True), lambda w: w[1])
    )
