"""What an Ogg file's pages tell of its wholeness; libsndfile decodes what it finds and says nothing of the rest."""

from __future__ import annotations

from typing import BinaryIO

from exges_core.audio.streams import bytes_at

_FIRST, _LAST = 0x02, 0x04
_HEADER_BYTES = 27
_STEP = 1 << 16


def notes_of(raw: BinaryIO) -> list[str]:
    """Say whether the file is cut off, or holds further recordings behind the first one, which alone is decoded."""
    at, recordings, was_first, is_ended = 0, 0, False, False
    while (page := _page(raw, at)) is not None:
        flags, size, is_whole = page
        is_first = bool(flags & _FIRST)
        recordings += is_first and not was_first
        was_first, is_ended = is_first, bool(flags & _LAST) and is_whole
        at = _next_page(raw, at + size)
    notes: list[str] = []
    if recordings > 1:
        notes.append(f"the Ogg file holds {recordings} recordings in a row: only the first one is read")
    if not is_ended:
        notes.append("the Ogg file does not end as it should: it may be cut off")
    return notes


def _page(raw: BinaryIO, at: int) -> tuple[int, int, bool] | None:
    """Return flags, size in bytes, and whether all of it is there; None at the end."""
    header = bytes_at(raw, at, _HEADER_BYTES + 255)
    if len(header) < _HEADER_BYTES:
        return None
    count = header[26]
    size = _HEADER_BYTES + count + sum(header[_HEADER_BYTES : _HEADER_BYTES + count])
    return header[5], size, len(bytes_at(raw, at + size - 1, 1)) == 1


def _next_page(raw: BinaryIO, at: int) -> int:
    """Return where the next page starts; damage and foreign bytes before it are passed over."""
    while block := bytes_at(raw, at, _STEP):
        found = block.find(b"OggS")
        if found >= 0:
            return at + found
        at += max(1, len(block) - 3)
    return at
