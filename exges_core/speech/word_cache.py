"""A sound is heard once: what was recognised in it is kept in the user's cache, by the digest of its samples.

Only what came from the sound is kept (recognition takes seconds to minutes), never a transcript's own words. A file of
the cache that cannot be read or written costs a recognition, never an error.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np

from exges_core import json_text
from exges_core.audio.waveform import Waveform
from exges_core.errors import OutputError
from exges_core.files import write_json
from exges_core.speech import model_files
from exges_core.speech.words import Word

KEEP_WORDS = "EXGES_KEEP_WORDS"
"""The environment variable that, set to 0, keeps no words."""
_VERSION = 1
"""Raise it when recognition or alignment gives other words for the same sound."""
_MOST_FILES = 2000
Heard = tuple[tuple[Word, ...], tuple[str, ...]]
"""Words and the warnings on the way to them."""


def heard_once(waveform: Waveform, source: str, hear: Callable[[], Heard]) -> Heard:
    """Return what `hear` returns, from the cache where `source` (recogniser and model) heard this sound before."""
    if not keeps():
        return hear()
    path = folder() / f"{_digest(waveform, source)}.json"
    known = _read(path)
    if known is not None:
        return known
    words, warnings = hear()
    with suppress(OutputError):
        write_json(path, {"source": source, "words": [asdict(word) for word in words], "warnings": list(warnings)})
        forget_oldest(folder())
    return words, warnings


def keeps() -> bool:
    """Return whether what was heard is kept."""
    return os.environ.get(KEEP_WORDS) != "0"


def folder() -> Path:
    """Return where words are kept; it may be deleted at any time."""
    return model_files.cache_folder() / "words"


def _digest(waveform: Waveform, source: str) -> str:
    digest = hashlib.sha256(f"{_VERSION} {source} ".encode())
    digest.update(np.ascontiguousarray(waveform.samples).data)
    return digest.hexdigest()


def _read(path: Path) -> Heard | None:
    try:
        values = cast("dict[str, Any]", json_text.read(path))
        words = tuple(Word(**word) for word in values["words"])
        path.touch()  # the oldest are forgotten: used ones are young
        return words, tuple(values["warnings"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget_oldest(kept: Path) -> None:
    """Leave the files of a cache that were used last."""
    with suppress(OSError):
        files = sorted(kept.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in files[:-_MOST_FILES]:
            path.unlink(missing_ok=True)
