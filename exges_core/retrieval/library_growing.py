"""Arrays that grow on disk while takes are embedded: a base may be larger than memory.

A growing array is a plain .npy file, byte for byte what `numpy.save` would write of all rows at once: the header leaves
room for the number of rows, which is filled in at the end.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, cast

import numpy as np
from filelock import FileLock, Timeout
from numpy.lib import format as npy_format

from exges_core.arrays import Array

MAKING = "making-"
"""How the folders begin in which shards are being made; a folder whose maker died is swept by the next who writes."""
_LOCK = "lock"


class GrowingArray:
    """Rows on their way into a .npy file."""

    def __init__(self, path: Path) -> None:
        self.path, self.rows = path, 0
        self._file: IO[bytes] | None = None
        self._row: tuple[np.dtype[np.generic], tuple[int, ...]] | None = None

    def append(self, rows: Array) -> None:
        """Write rows behind the others; all are of one type and width.

        Raises:
            OSError: if they cannot be written.
        """
        row = (rows.dtype, rows.shape[1:])
        if self._file is None:
            self._row, self._file = row, self.path.open("wb")
            self._write_header()
        assert row == self._row, f"{self.path.name}: rows of {self._row}, then of {row}"
        self._file.write(np.ascontiguousarray(rows).tobytes())
        self.rows += len(rows)

    def finish(self) -> None:
        """Fill in how many rows there are and bring the file to the disk.

        Raises:
            OSError: if it cannot be written.
        """
        if self._file is None:
            return
        self._file.seek(0)
        self._write_header()
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file, finished or not."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def _write_header(self) -> None:
        assert self._file is not None
        assert self._row is not None
        kind, width = self._row
        about = {"descr": kind.str, "fortran_order": False, "shape": (self.rows, *width)}
        write = cast("Callable[[IO[bytes], Mapping[str, object]], None]", npy_format.write_array_header_1_0)
        write(self._file, about)


@contextmanager
def growing(folder: Path, names: tuple[str, ...]) -> Generator[Mapping[str, GrowingArray]]:
    """Open arrays in a folder, and close them afterwards; they are whole once they are finished."""
    arrays = {name: GrowingArray(folder / f"{name}.npy") for name in names}
    with ExitStack() as closing:
        for each in arrays.values():
            closing.callback(each.close)
        yield arrays


@contextmanager
def own_folder(base: Path) -> Generator[Path]:
    """Make a folder inside a base's, to make a shard in; it is removed afterwards. Entered only under the base's lock.

    Raises:
        OSError: if it cannot be made.
    """
    place = Path(tempfile.mkdtemp(prefix=MAKING, dir=base))
    lock = FileLock(place / _LOCK)
    lock.acquire()
    try:
        yield place
    finally:
        lock.release()
        shutil.rmtree(place, ignore_errors=True)


def is_abandoned(place: Path) -> bool:
    """Return whether whoever made this folder is gone: the system frees the lock of a process that dies."""
    try:
        FileLock(place / _LOCK).acquire(timeout=0).lock.release()
    except (Timeout, OSError):
        return False
    return True
