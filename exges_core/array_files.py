"""NumPy's files that somebody else wrote, read without harm: nothing unpickled, nothing unpacked that is far too large.

A header is believed only as far as it fits what follows it: an archive of a few kilobytes may claim, and unpack to,
hundreds of gigabytes. Whatever NumPy and zipfile say of a file that is damaged comes out as one ValueError of one line.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from struct import error as StructError
from tokenize import TokenError
from typing import Any, cast

import numpy as np
from numpy.lib import format as npy_format

from exges_core.arrays import Array

npy = cast("Any", npy_format)  # NumPy has no types for it

MOST_BYTES = 256 * 2**20
"""No more than this is unpacked of one file: two hours of motion in double precision."""
_DAMAGE = (
    *(ValueError, TypeError, LookupError, ArithmeticError, EOFError, SyntaxError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, TokenError, StructError),
)
"""NotImplementedError of a strange compression and RecursionError are RuntimeErrors."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ArrayFile:
    """What an .npz holds.

    Attributes:
        arrays: those that were asked for and are there.
        names: of all that it has.
    """

    arrays: dict[str, Array]
    names: tuple[str, ...]


def read_npz(path: Path, wanted: Collection[str] | None = None, *, most_bytes: int = MOST_BYTES) -> ArrayFile:
    """Return some arrays of an archive, or all of them, never unpickling.

    Args:
        path: the file.
        wanted: names of arrays; None = all.
        most_bytes: what they may be unpacked, together.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is no archive of arrays, one of them is a pickled object, or they are too large.
    """
    with told(), path.open("rb") as stream:
        if stream.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX:
            raise ValueError("a single array instead of an .npz archive")
        with zipfile.ZipFile(stream) as archive:
            members = {each.filename.removesuffix(".npy"): each for each in archive.infolist()}
            chosen = {name: each for name, each in members.items() if wanted is None or name in wanted}
            size = sum(each.file_size for each in chosen.values())
            if size > most_bytes:
                raise ValueError(f"arrays of {size / 2**20:.0f} MiB, and at most {most_bytes / 2**20:.0f} MiB are read")
            return ArrayFile(
                arrays={name: _member(archive, each) for name, each in chosen.items()}, names=tuple(members)
            )


def map_npy(path: Path) -> Array:
    """Return an array memory-mapped, so that only what is asked for is read.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is no array, or one of objects, or its header claims more than there is.
    """
    with told():
        with path.open("rb") as stream:
            _, _, claimed = _header(stream)
            start = stream.tell()
        if claimed == 0:
            return cast("Array", np.load(path, allow_pickle=False))  # an empty file cannot be mapped
        if start + claimed > path.stat().st_size:
            raise ValueError(f"a header that claims {claimed} bytes")
        return cast("Array", np.load(path, mmap_mode="r", allow_pickle=False))


@contextmanager
def told() -> Generator[None]:
    """Turn whatever a damaged file makes NumPy and zipfile raise into one ValueError of one line.

    Raises:
        ValueError: for all that is no OSError.
    """
    try:
        yield
    except _DAMAGE as error:
        raise ValueError(" ".join(str(error).split())[:200] or type(error).__name__) from error


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Array:
    with archive.open(member) as stream:
        reader = cast("BufferedIOBase", stream)
        _, _, claimed = _header(reader)
        if claimed > member.file_size:
            raise ValueError(f"{member.filename} claims {claimed} bytes and has {member.file_size}")
    with archive.open(member) as stream:
        return cast("Array", npy.read_array(cast("BufferedIOBase", stream), allow_pickle=False))


def _header(stream: BufferedIOBase) -> tuple[tuple[int, ...], np.dtype[np.generic], int]:
    """Return shape, type and the bytes that must follow, leaving the stream behind the header."""
    read = npy.read_array_header_1_0 if npy.read_magic(stream) == (1, 0) else npy.read_array_header_2_0
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise ValueError("a pickled object instead of numbers, which is never loaded")
    if any(each < 0 for each in shape):
        raise ValueError(f"an array of shape {shape}")
    return shape, dtype, math.prod(shape) * dtype.itemsize
