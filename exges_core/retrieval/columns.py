"""Columns of a motion base that open in no time, however long: nothing is read or parsed before it is asked for.

A million texts as JSON take seconds to parse; as one array of bytes and one of places they are memory-mapped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from exges_core.arrays import Array, Float, Int


class Strings(Sequence[str]):
    """Strings kept as one array of UTF-8 bytes and the place where each one ends.

    Args:
        data: uint8, all strings one after another; what is no UTF-8 in a damaged file reads as U+FFFD.
        ends: int64, where each string ends in `data`.
    """

    def __init__(self, data: Array, ends: Int[Array, "strings"]) -> None:
        self.data, self.ends = data, ends

    @classmethod
    def of(cls, strings: Sequence[str]) -> Strings:
        """Return the column of some strings."""
        encoded = [each.encode("utf-8") for each in strings]
        ends = np.cumsum([len(each) for each in encoded], dtype=np.int64)
        return cls(np.frombuffer(b"".join(encoded), np.uint8), ends)

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        """Return one string, or a list of some."""
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        place = index % len(self)
        start = int(self.ends[place - 1]) if place else 0
        return self.data[start : int(self.ends[place])].tobytes().decode("utf-8", errors="replace")

    def __iter__(self) -> Iterator[str]:
        """Yield all strings; reads the bytes once."""
        data, start = self.data.tobytes(), 0
        for end in self.ends.tolist():
            yield data[start:end].decode("utf-8", errors="replace")
            start = end


class Rows:
    """Rows of several memory-mapped arrays as if they were one; only what is asked for is read."""

    def __init__(self, arrays: Sequence[Float[Array, "_ channels"]]) -> None:
        self.arrays = tuple(arrays)
        self.bounds = np.cumsum([0, *(len(each) for each in arrays)])

    def __len__(self) -> int:
        """Return the number of rows in all."""
        return int(self.bounds[-1])

    @property
    def shape(self) -> tuple[int, int]:
        """Return (rows, channels)."""
        return len(self), int(self.arrays[0].shape[1]) if self.arrays else 0

    def __getitem__(self, index: int | slice | Sequence[int] | Array) -> Array:
        """Return one row, a range of rows, or the rows of some numbers in their order."""
        if isinstance(index, int | np.integer):
            return self._at(np.array([index]))[0]
        if isinstance(index, slice):
            return self._at(np.arange(*index.indices(len(self))))
        return self._at(np.asarray(index, dtype=np.int64))

    def __array__(self, dtype: np.dtype[np.generic] | None = None, copy: bool | None = None) -> Array:
        """Return all rows as one array."""
        whole = self.arrays[0] if len(self.arrays) == 1 else np.concatenate(self.arrays)
        return np.array(whole, dtype=dtype, copy=bool(copy)) if copy else np.asarray(whole, dtype=dtype)

    def astype(self, dtype: type[np.float16 | np.float32 | np.float64]) -> Array:
        """Return all rows as one array of another type."""
        return np.asarray(self).astype(dtype)

    def _at(self, numbers: Array) -> Array:
        if len(self.arrays) == 1:
            return np.asarray(self.arrays[0][numbers])
        found = np.empty((len(numbers), self.shape[1]), self.arrays[0].dtype)
        owner = np.searchsorted(self.bounds, numbers, side="right") - 1
        for each in np.unique(owner):
            is_here = owner == each
            found[is_here] = self.arrays[each][numbers[is_here] - self.bounds[each]]
        return found
