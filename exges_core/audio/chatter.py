"""What a decoder's C code prints to standard error, kept off the terminal and read instead.

libsndfile brings mpg123 along without a way to make it silent. So the file descriptor points to a temporary file while
a block is decoded; what others wrote meanwhile (another thread's log) is handed on afterwards. Nothing is lost.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

_STDERR = 2
_ONE_AT_A_TIME = threading.Lock()
_CHATTER = re.compile(rb"\[[^\]\n]*mpg123[^\]\n]*\]|(?:Note|Warning|Error|Info): ")
_COMPLAINT = re.compile(rb"\[[^\]\n]*mpg123[^\]\n]*\] error")


class Complaints:
    """How often the decoder complained about what it decoded."""

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def listening(self) -> Generator[None]:
        """Keep the decoder's chatter to ourselves, and count its errors, until the block ends."""
        with _ONE_AT_A_TIME:
            try:
                shown = os.dup(_STDERR)
            except OSError:  # no standard error at all, as under pythonw: nobody would see anything
                yield
                return
            with tempfile.TemporaryFile() as kept:
                _flush()
                os.dup2(kept.fileno(), _STDERR)
                try:
                    yield
                finally:
                    _flush()
                    os.dup2(shown, _STDERR)
                    os.close(shown)
                    kept.seek(0)
                    self._sort(kept.readlines())

    def _sort(self, lines: list[bytes]) -> None:
        self.count += sum(_COMPLAINT.match(line) is not None for line in lines)
        others = b"".join(line for line in lines if _CHATTER.match(line) is None)
        if others:
            with suppress(OSError):
                os.write(_STDERR, others)


def _flush() -> None:
    with suppress(OSError, ValueError, AttributeError):  # closed, or replaced by something without one
        sys.stderr.flush()
