"""From sound, and a transcript if there is one, to words with times; and an honest account of where they came from.

The one place that decides between a transcript's own words, Whisper, Moonshine, PocketSphinx and nothing. How each of
them works is its own module.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from exges_core.audio.pauses import is_still
from exges_core.audio.waveform import Waveform
from exges_core.errors import CheckpointError, InputError, message
from exges_core.extras import is_installed, not_installed
from exges_core.protocol import OnProgress, ignore_progress, part_of
from exges_core.speech import model_files, moonshine, sphinx, whisper_speech
from exges_core.speech.model_files import MOONSHINE, POCKETSPHINX, WHISPER
from exges_core.speech.transcript_words import mismatch, words_of_transcript
from exges_core.speech.word_cache import Heard, heard_once
from exges_core.speech.word_times import placed
from exges_core.speech.words import Transcript, Word

AUTO, NONE = "auto", "none"


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """Words with times and where they came from.

    Attributes:
        words: in order, not overlapping, inside the sound; empty where none are known.
        source: the transcript's kind (textgrid, srt...), alignment, whisper:NAME, moonshine, pocketsphinx or none.
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
    are aligned. Without one, `asr` decides: auto (Whisper if a model is cached, else Moonshine if it was fetched, else
    PocketSphinx; never a download), whisper:NAME or whisper:FILE.pt, moonshine, pocketsphinx, none. A sound is
    recognised once: its words are kept in the user's cache. Progress fractions are of this stage.

    Raises:
        InputError: if `asr` is none of these, or Whisper is not installed, or a model of it cannot be obtained.
        TranscriptError: if the transcript does not match the sound.
        CheckpointError: if a model that was asked for is missing or damaged.
    """
    _require_known(asr)
    is_silent = is_still(waveform)
    if transcript is not None:
        if is_silent:
            raise mismatch("speech", "silence", "the sound")
        words, source, warnings = words_of_transcript(waveform, transcript, on_progress)
        return Recognition(words=words, source=source, warnings=warnings)
    if is_silent:
        return Recognition(words=(), source="none", warnings=("the sound is silent, so it has no words",))
    if asr == NONE:
        return Recognition(words=(), source=NONE)
    found = _first_that_works(waveform, on_progress, device) if asr == AUTO else _by(asr, waveform, on_progress, device)
    if found.words:
        return found
    return replace(found, warnings=(*found.warnings, "no words were recognised"))


def _require_known(asr: str) -> None:
    known = {AUTO, MOONSHINE.name, POCKETSPHINX, NONE}
    if asr in known or (asr.startswith(WHISPER) and len(asr) > len(WHISPER)):
        return
    expected = "auto, moonshine, whisper:NAME, pocketsphinx or none"
    raise InputError(message(expected=expected, got=repr(asr), where="asr", do="Choose one of these."))


def _first_that_works(waveform: Waveform, on_progress: OnProgress, device: str) -> Recognition:
    """Take the best recogniser that is here; a damaged model is said and the next one taken."""
    warnings: tuple[str, ...] = ()
    for name in model_files.recognisers_here():
        if name.startswith(WHISPER) and not is_installed("whisper"):
            continue
        if name == POCKETSPHINX and not warnings:
            advice = f"exges models get {MOONSHINE.name} fetches a better recogniser, {MOONSHINE.megabytes} MB"
            warnings = (f"words were recognised by PocketSphinx, which gets one in three wrong ({advice})",)
        try:
            found = _by(name, waveform, on_progress, device)
        except CheckpointError as error:
            warnings += (f"{name} cannot be used, so the next recogniser was: {error}",)
        else:
            return replace(found, warnings=(*warnings, *found.warnings))
    raise AssertionError("PocketSphinx needs no model")


def _by(asr: str, waveform: Waveform, on_progress: OnProgress, device: str) -> Recognition:
    if asr.startswith(WHISPER):
        return _by_whisper(asr.removeprefix(WHISPER), waveform, on_progress, device)
    if asr == MOONSHINE.name:
        words, warnings = heard_once(waveform, MOONSHINE.wheel, lambda: _by_moonshine(waveform, on_progress))
    else:
        words, warnings = heard_once(
            waveform, POCKETSPHINX, lambda: (sphinx.recognise_offline(waveform, on_progress=on_progress), ())
        )
    return Recognition(words=words, source=asr, warnings=warnings)


def _by_moonshine(waveform: Waveform, on_progress: OnProgress) -> Heard:
    model = moonshine.load_moonshine()
    pieces = moonshine.recognise_pieces(model, waveform, on_progress=part_of(on_progress, 0.0, 0.6))
    words, unplaced = placed(pieces, waveform, on_progress=part_of(on_progress, 0.6, 1.0))
    note = f"in {unplaced} of {len(pieces)} stretches words are placed by their length, not aligned to the sound"
    return words, (note,) if unplaced else ()


def _by_whisper(name: str, waveform: Waveform, on_progress: OnProgress, device: str) -> Recognition:
    if not is_installed("whisper"):
        raise not_installed("whisper", f"--asr {WHISPER}{name}")
    path = whisper_speech.model_file(name, on_progress=part_of(on_progress, 0.0, 0.1))
    title = path.stem if whisper_speech.is_file_name(name) else name

    def hear() -> Heard:
        model = whisper_speech.load_file(path, device=_device(device), name=title)
        speech = whisper_speech.recognise_with(model, waveform, on_progress=part_of(on_progress, 0.1, 0.7))
        own = "word times are Whisper's own, about 0.1 s off"
        if speech.language not in {"en", ""}:
            return speech.words, (f"Whisper detected the language {speech.language!r}: {own}",)
        pieces = whisper_speech.pieces_of(speech.words, waveform)
        words, unplaced = placed(pieces, waveform, on_progress=part_of(on_progress, 0.7, 1.0))
        return words, (f"in {unplaced} of {len(pieces)} stretches {own}",) if unplaced else ()

    words, warnings = heard_once(waveform, f"{WHISPER}{title} {path.stat().st_size}", hear)
    return Recognition(words=words, source=f"{WHISPER}{title}", warnings=warnings)


def _device(asked: str) -> str:
    if asked != "auto":
        return asked
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
