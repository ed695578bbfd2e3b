"""Recognition with Whisper: words with times. A model is downloaded only when its name was asked for.

The only module that talks to Whisper. Sound is handed over as an array, so no ffmpeg is needed; temperature is 0 and
no text conditions the next, so the same sound gives the same words.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exges_core.audio.pauses import Span, split_at_pauses
from exges_core.audio.waveform import Waveform
from exges_core.errors import CheckpointError, InputError, message
from exges_core.protocol import OnProgress, Progress
from exges_core.speech.words import Word, is_word
from exges_core.timeline import AUDIO_RATE_HZ

if TYPE_CHECKING:
    from whisper.model import Whisper

PREFERRED = ("base.en", "base", "small.en", "small", "tiny.en", "tiny", "turbo", "medium.en", "medium", "large-v3")
"""Which cached model `auto` takes: the first of these that is there (good words at CPU speed first)."""
_PIECE_S = 240.0
_DAMAGE = (RuntimeError, LookupError, TypeError, ValueError, AttributeError, EOFError, pickle.UnpicklingError)
"""What torch and Whisper raise on a file that is not, or not wholly, a model."""


def cache_folder() -> Path:
    """Return where Whisper keeps downloaded models."""
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "whisper"


def cached_model() -> tuple[str, Path] | None:
    """Return the name and file of the model that `auto` would use, or None; looks at files only."""
    for name in PREFERRED:
        stem = {"turbo": "large-v3-turbo"}.get(name, name)
        path = cache_folder() / f"{stem}.pt"
        if path.is_file():
            return name, path
    return None


def load_model(name: str, *, device: str) -> Whisper:
    """Load a model by file (ends in .pt) or by name; an absent name is downloaded into Whisper's cache.

    Raises:
        InputError: if the name is unknown, or it would have to be downloaded and cannot be.
        CheckpointError: if the file is missing or is no Whisper model.
    """
    if name.endswith(".pt") or os.sep in name:
        return load_file(Path(name), device=device)
    import whisper

    if name not in whisper.available_models():
        known = ", ".join(whisper.available_models())
        raise InputError(
            message(expected="a Whisper model", got=repr(name), where="asr", do=f"Give a .pt file or one of: {known}.")
        )
    try:
        return whisper.load_model(name, device=device)
    except OSError as error:
        advice = f"Go online once, or put {name}.pt into {cache_folder()}, or use --asr pocketsphinx."
        raise InputError(
            message(expected=f"Whisper's {name}", got=f"no download ({error})", where=str(cache_folder()), do=advice)
        ) from error
    except _DAMAGE as error:
        raise _damaged(cache_folder() / f"{name}.pt", error) from error


def load_file(path: Path, *, device: str, name: str | None = None) -> Whisper:
    """Load a model file; `name`, if it is one of Whisper's, brings its word-timing heads.

    Raises:
        CheckpointError: if the file is missing or is no Whisper model.
    """
    if not path.is_file():
        raise CheckpointError(
            message(expected="a Whisper model file", got="nothing", where=str(path), do="Check the path.")
        )
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


def recognise_with(model: Whisper, waveform: Waveform, *, on_progress: OnProgress) -> tuple[Word, ...]:
    """Recognise words of any language the model knows, in pieces of a few minutes, each cut at a pause."""
    words: list[Word] = []
    for piece in split_at_pauses(waveform, longest_s=_PIECE_S):
        on_progress(Progress(stage="words", fraction=piece.start_s / waveform.duration_s, note="Whisper"))
        for word in _words_of(model, waveform, piece):
            start_s = max(word.start_s, words[-1].end_s if words else 0.0)
            if start_s < piece.end_s and is_word(word.text):
                end_s = min(max(word.end_s, start_s), piece.end_s)
                words.append(Word(text=word.text, start_s=start_s, end_s=end_s))
    on_progress(Progress(stage="words", fraction=1.0, note="Whisper"))
    return tuple(words)


def _words_of(model: Whisper, waveform: Waveform, piece: Span) -> Iterator[Word]:
    import whisper

    start, stop = (round(time_s * AUDIO_RATE_HZ) for time_s in (piece.start_s, piece.end_s))
    result: dict[str, Any] = whisper.transcribe(
        model,
        waveform.samples[start:stop],
        word_timestamps=True,
        temperature=0.0,
        condition_on_previous_text=False,
        fp16=model.device.type == "cuda",
        verbose=None,
    )
    for segment in result["segments"]:
        for word in segment.get("words", ()):
            text = " ".join(str(word["word"]).split())
            yield Word(
                text=text, start_s=piece.start_s + float(word["start"]), end_s=piece.start_s + float(word["end"])
            )
