"""From sound, and a transcript if there is one, to words with times; and an honest account of where they came from.

The one place that decides between a transcript's own times, forced alignment, Whisper, PocketSphinx and nothing. How
each of them works is its own module.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exges_core.audio.pauses import is_still
from exges_core.audio.waveform import Waveform
from exges_core.errors import CheckpointError, InputError, message
from exges_core.protocol import OnProgress, ignore_progress
from exges_core.speech import sphinx, whisper_speech
from exges_core.speech.transcript_words import mismatch, words_of_transcript
from exges_core.speech.words import Transcript, Word


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """Words with times and where they came from.

    Attributes:
        words: in order, not overlapping, inside the sound; empty where none are known.
        source: textgrid, srt, vtt, json, alignment, whisper:NAME, pocketsphinx or none.
        warnings: every fallback taken, for the report.
    """

    words: tuple[Word, ...]
    source: str
    warnings: tuple[str, ...] = ()


def recognise(
    waveform: Waveform,
    *,
    asr: str,
    transcript: Transcript | None = None,
    on_progress: OnProgress = ignore_progress,
    device: str = "auto",
) -> Recognition:
    """Find the words of a speech.

    A transcript wins: its word times are used as they are once they are found to fit the sound; its cues or its text
    are aligned. Without one, `asr` decides: auto (Whisper if a model is cached, else PocketSphinx; never a download),
    whisper:NAME or whisper:FILE.pt, pocketsphinx, none. Progress fractions are of this stage.

    Raises:
        InputError: if `asr` is none of these, or a Whisper model cannot be had.
        TranscriptError: if the transcript does not match the sound.
        CheckpointError: if a Whisper model file was asked for and is missing or damaged.
    """
    _require_known(asr)
    is_silent = is_still(waveform)
    if transcript is not None:
        if is_silent:
            raise mismatch("speech", "silence", "the sound")
        words, source, warnings = words_of_transcript(waveform, transcript, on_progress)
        return Recognition(words=words, source=source, warnings=warnings)
    if is_silent:
        return Recognition(words=(), source="none", warnings=("the sound is silent: there are no words in it",))
    if asr == "none":
        return Recognition(words=(), source="none")
    found = _from_sound(waveform, asr, on_progress, _device(device) if asr.startswith(("auto", "whisper:")) else "cpu")
    if found.words:
        return found
    return Recognition(words=(), source=found.source, warnings=(*found.warnings, "no words were recognised"))


def _require_known(asr: str) -> None:
    if asr in {"auto", "pocketsphinx", "none"} or (asr.startswith("whisper:") and len(asr) > len("whisper:")):
        return
    raise InputError(
        message(
            expected="auto, whisper:NAME, pocketsphinx or none", got=repr(asr), where="asr", do="Choose one of these."
        )
    )


def _device(asked: str) -> str:
    if asked != "auto":
        return asked
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _from_sound(waveform: Waveform, asr: str, on_progress: OnProgress, device: str) -> Recognition:
    warnings: tuple[str, ...] = ()
    if asr.startswith("whisper:"):
        name = asr.removeprefix("whisper:")
        words = whisper_speech.recognise_with(
            whisper_speech.load_model(name, device=device), waveform, on_progress=on_progress
        )
        return Recognition(words=words, source=f"whisper:{Path(name).stem if name.endswith('.pt') else name}")
    cached = whisper_speech.cached_model() if asr == "auto" else None
    if cached is not None:
        name, path = cached
        try:
            model = whisper_speech.load_file(path, device=device, name=name)
        except CheckpointError as error:
            warnings = (f"Whisper's cached {name} cannot be used, PocketSphinx is: {error}",)
        else:
            words = whisper_speech.recognise_with(model, waveform, on_progress=on_progress)
            return Recognition(words=words, source=f"whisper:{name}")
    elif asr == "auto":
        warnings = (
            "no Whisper model is cached: words come from PocketSphinx, which errs more (--asr whisper:base.en)",
        )
    words = sphinx.recognise_offline(waveform, on_progress=on_progress)
    return Recognition(words=words, source="pocketsphinx", warnings=warnings)
