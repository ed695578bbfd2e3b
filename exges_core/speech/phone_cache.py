"""Phones are heard once: those of a sound and its words are kept in the user's cache, as its words are.

Another take of the same speech, another seed or another mood then needs no alignment. A file of the cache that cannot
be read or written costs an alignment, never an error.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import numpy as np

from exges_core import json_text
from exges_core.audio.waveform import Waveform
from exges_core.errors import OutputError
from exges_core.files import replacing
from exges_core.speech import model_files
from exges_core.speech.phones import PHONES, Phone, Pronounced, pronounce
from exges_core.speech.word_cache import forget_oldest, keeps
from exges_core.speech.words import Word

_VERSION = 1
"""Raise it when alignment gives other phones for the same sound and words."""


def pronounced_once(words: Sequence[Word], waveform: Waveform) -> Pronounced:
    """Return what `pronounce` returns, from the cache where these words were aligned to this sound before."""
    if not words or not keeps():
        return pronounce(words, waveform)
    path = folder() / f"{_digest(words, waveform)}.json"
    known = _read(path, len(words))
    if known is not None:
        return known
    found = pronounce(words, waveform)
    with suppress(OutputError):
        _write(path, found)
        forget_oldest(folder())
    return found


def folder() -> Path:
    """Return where phones are kept; it may be deleted at any time."""
    return model_files.cache_folder() / "phones"


def _digest(words: Sequence[Word], waveform: Waveform) -> str:
    said = [(word.text, word.start_s, word.end_s) for word in words]
    digest = hashlib.sha256(f"{_VERSION} {json.dumps(said)} ".encode())
    digest.update(np.ascontiguousarray(waveform.samples).data)
    return digest.hexdigest()


def _write(path: Path, found: Pronounced) -> None:
    rows = [(each.name, each.start_s, each.end_s, each.word) for each in found.phones]
    values = {"phones": rows, "aligned": found.aligned, "spread": found.spread, "unknown": found.unknown}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(values, separators=(",", ":")), encoding="utf-8")


def _read(path: Path, words: int) -> Pronounced | None:
    """Return what is kept; None where it is not, or cannot be what was written."""
    try:
        values = cast("dict[str, Any]", json_text.read(path))
        found = Pronounced(
            phones=tuple(
                Phone(name=name, start_s=start_s, end_s=end_s, word=word)
                for name, start_s, end_s, word in values["phones"]
            ),
            aligned=int(values["aligned"]),
            spread=int(values["spread"]),
            unknown=tuple(int(each) for each in values["unknown"]),
        )
        if not all(_is_sound(each, words) for each in found.phones) or not all(0 <= n < words for n in found.unknown):
            return None
        path.touch()  # the oldest are forgotten: used ones are young
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


def _is_sound(phone: Phone, words: int) -> bool:
    return phone.name in PHONES and 0 <= phone.word < words and -1.0 <= phone.start_s <= phone.end_s < math.inf
