"""Byte streams put together from pieces of a file, for decoders that want a whole and sound one.

Only bytes here: what they mean is `headers`' and `mpeg`'s.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from os import SEEK_CUR, SEEK_END, SEEK_SET
from typing import BinaryIO

_NO_FILE_IS_LONGER = 2**62
Piece = bytes | range
"""Bytes as they are, or a range of byte positions of the file."""


def size_of(raw: BinaryIO) -> int:
    """Return the file's length in bytes."""
    return raw.seek(0, SEEK_END)


def bytes_at(raw: BinaryIO, position: int, size: int) -> bytes:
    """Return up to `size` bytes from a position on; none behind any file's end, where wild headers point."""
    if not 0 <= position < _NO_FILE_IS_LONGER:
        return b""
    raw.seek(position)
    return raw.read(size)


class Stream:
    """Pieces read as one file, without its name: the content decides the format.

    It never raises into the decoder that calls it (libsndfile's callbacks would print the traceback and go on): reading
    stops there, and `failure` holds the error.
    """

    def __init__(self, raw: BinaryIO, pieces: Sequence[Piece]) -> None:
        self._raw, self._pieces = raw, list(pieces)
        self._starts = [0, *accumulate(len(piece) for piece in self._pieces)]
        self._at = 0
        self.failure: OSError | None = None

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Move; never beyond either end, however wild the header's numbers are."""
        base = {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._starts[-1]}[whence]
        self._at = min(max(0, base + offset), self._starts[-1])
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, fewer only at the end."""
        end = self._starts[-1] if size < 0 else min(self._at + size, self._starts[-1])
        parts: list[bytes] = []
        while self._at < end:
            part = self._part(end)
            if not part:
                break
            parts.append(part)
            self._at += len(part)
        return b"".join(parts)

    def _part(self, end: int) -> bytes:
        number = bisect_right(self._starts, self._at) - 1
        piece, skip = self._pieces[number], self._at - self._starts[number]
        size = min(end, self._starts[number + 1]) - self._at
        if isinstance(piece, bytes):
            return piece[skip : skip + size]
        try:
            return bytes_at(self._raw, piece.start + skip, size)
        except OSError as error:
            self.failure = error
            return b""
