"""The files of a motion base: their names, the record that counts, and how they are opened and checked.

What they mean is in ``library``, how they are written in ``library_writing``; nothing is searched here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import numpy as np

from exges_core import json_text
from exges_core.array_files import map_npy
from exges_core.arrays import Array
from exges_core.errors import LibraryError, message
from exges_core.json_lines import is_list, is_object
from exges_core.retrieval.columns import Strings
from exges_core.retrieval.record_checks import fault_in

FORMAT_VERSION = 2
"""1 kept texts and takes as JSON; it is still read, and what is added to such a base is written in format 2."""
READABLE = (1, 2)
TAKE = np.dtype([("speaker", "<i4"), ("offset_s", "<f8"), ("first_frame", "<i8"), ("frames", "<i4"), ("digest", "<u8")])
"""Of a take: number of its speaker, where in its source it starts, its frames in the shard, digest of its poses."""
NO_KIND = -1
STROKE = np.dtype(
    [
        ("take", "<i4"),
        ("frames", "<i4", (5,)),
        ("hand", "u1"),
        ("size", "<f4"),
        ("kind", "<i4"),
        ("places", "<f4", (2, 3, 3)),
    ]
)
"""Of a stroke: its take, its five times in frames of the shard, hand, size, number of its kind or `NO_KIND`, and where
the left and the right wrist are at start, stroke start and apex (metres, chest's axes)."""
_MOST_OLD_BYTES = 2**28
"""Of a shard's words as format 1 had them: some 500 hours."""
ADVICE = "Check the path. Build it again: exges library build, or python -m training.build_library."


class ModelRecord(TypedDict):
    """Which retrieval weights made a base."""

    name: str
    sha256: str


class IndexRecord(TypedDict):
    """The search graph of a base's first segments."""

    name: str
    segments: NotRequired[int]
    bytes: NotRequired[int]


class Facts(TypedDict):
    """What is kept of where a shard's takes come from."""

    licence: str
    provenance: dict[str, object]


class ShardRecord(Facts):
    """A shard, and the sizes of its files."""

    name: str
    clips: NotRequired[int]
    files: dict[str, int]


class BaseRecord(TypedDict):
    """base.json."""

    format: NotRequired[int]
    model: ModelRecord
    shards: list[ShardRecord]
    index: IndexRecord | None


class _OldTake(TypedDict):
    id: str
    speaker: str
    offset_s: float
    first_frame: int
    frames: int
    digest: str


class _OldWords(TypedDict):
    """What format 1 has as JSON."""

    takes: list[_OldTake]
    texts: list[str]
    tags: list[list[str]]


@dataclass(frozen=True, kw_only=True, eq=False)
class _OldColumns:
    """The same as arrays: of type `TAKE`, and texts by name."""

    takes: Array
    strings: Mapping[str, Strings]


@dataclass(frozen=True, eq=False)
class Shard:
    """One part of a base: a folder of arrays that are memory-mapped when first asked for.

    Attributes:
        folder: where.
        facts: its entry in base.json: name, licence, provenance, number of clips, and the size of every file.
    """

    folder: Path
    facts: ShardRecord
    _open: dict[str, Array] = field(default_factory=dict)

    def array(self, name: str) -> Array:
        """Return one of the arrays, memory-mapped.

        Raises:
            LibraryError: if it cannot be read.
        """
        if name not in self._open:
            path = self.folder / f"{name}.npy"
            try:
                self._open[name] = map_npy(path)
            except (ValueError, OSError) as error:
                raise damaged(path, f"unreadable ({error})") from error
        return self._open[name]

    @cached_property
    def clips(self) -> int:
        """Return the number of segments."""
        known = self.facts.get("clips")
        return len(self.array("segments")) if known is None else int(known)

    @property
    def takes(self) -> Array:
        """Return the takes' facts, of type `TAKE`."""
        return self.array("takes") if self._of_format_1 is None else self._of_format_1.takes

    def strings(self, name: str) -> Strings:
        """Return texts or tags (one per segment; tags joined by line ends), sources (per take), speakers or kinds."""
        if self._of_format_1 is not None and name in self._of_format_1.strings:
            return self._of_format_1.strings[name]
        data, ends = self.array(name), self.array(f"{name}_ends")
        if (data.dtype, data.ndim, ends.dtype.kind, ends.ndim) != (np.dtype(np.uint8), 1, "i", 1):
            raise damaged(self.folder / f"{name}.npy", f"{data.dtype} {data.shape} with ends {ends.dtype} {ends.shape}")
        return Strings(data, ends)

    @cached_property
    def _of_format_1(self) -> _OldColumns | None:
        """Return the columns of a shard that has them as JSON, else None."""
        path = self.folder / "segments.json"
        if path.name not in self.facts["files"]:
            return None
        try:
            words = cast("_OldWords", json_text.read(path, most_bytes=_MOST_OLD_BYTES))
            return _columns_of(words)
        except (ValueError, KeyError, OSError, TypeError, AttributeError, ArithmeticError) as error:
            raise damaged(path, f"unreadable ({error})") from error


def has_column(shard: Shard, name: str) -> bool:
    """Say whether a shard stores an array."""
    return f"{name}.npy" in shard.facts["files"]


def _columns_of(words: _OldWords) -> _OldColumns:
    takes = words["takes"]
    speakers = sorted({take["speaker"] for take in takes})
    rows = [
        (
            speakers.index(take["speaker"]),
            take["offset_s"],
            take["first_frame"],
            take["frames"],
            int(take["digest"], 16),
        )
        for take in takes
    ]
    return _OldColumns(
        takes=np.array(rows, TAKE),
        strings={
            "sources": Strings.of([take["id"] for take in takes]),
            "speakers": Strings.of(speakers),
            "texts": Strings.of(words["texts"]),
            "tags": Strings.of(["\n".join(tags) for tags in words["tags"]]),
        },
    )


def shard_name(number: int) -> str:
    """Return the folder of a shard."""
    return f"shard-{number:04d}"


def index_name(number: int) -> str:
    """Return the file of the index written with a shard."""
    return f"index-{number:04d}.faiss"


def damaged(path: Path, got: str) -> LibraryError:
    """Return the error for a file that is not whole."""
    return LibraryError(message(expected="a complete motion base", got=got, where=str(path), do=ADVICE))


def read_record(folder: Path) -> BaseRecord:
    """Return base.json as format 2 has it: licence and provenance with every shard.

    Raises:
        LibraryError: if it is missing, damaged or of another format.
    """
    path = folder / "base.json"
    if not path.is_file():
        raise LibraryError(message(expected="a motion base (base.json)", got="none", where=str(folder), do=ADVICE))
    try:
        record = json_text.read(path)
    except (ValueError, OSError) as error:
        raise damaged(path, f"unreadable ({error})") from error
    found = record.get("format") if is_object(record) else "something else"
    if isinstance(found, int) and found > FORMAT_VERSION:
        expected, do = f"a motion base of format {FORMAT_VERSION} or older", "A newer exges wrote it: use that version."
        raise LibraryError(message(expected=expected, got=f"format {found}", where=str(path), do=do))
    if found not in READABLE or not is_object(record):
        raise damaged(path, f"format {found}, and this version reads {' and '.join(map(str, READABLE))}")
    if not {"model", "shards", "index"} <= set(record):
        raise damaged(path, f"only {sorted(record)}")
    whole = dict(record)
    common = {name: whole.pop(name) for name in ("licence", "provenance") if name in whole}
    shards = whole["shards"]
    if is_list(shards):
        whole["shards"] = [{**common, **shard} if is_object(shard) else shard for shard in shards]
    if (wrong := fault_in(whole)) is not None:
        raise damaged(path, wrong)
    return cast("BaseRecord", whole)


def open_shard(folder: Path, facts: ShardRecord) -> Shard:
    """Open a shard whose files have the sizes that base.json states.

    Raises:
        LibraryError: if one is missing or cut, or leads elsewhere by a link.
    """
    for path in (folder, *(folder / name for name in facts["files"])):
        if path.is_symlink():
            raise damaged(path, "a link to somewhere else, and a base's own files are read alone")
    for name, size in facts["files"].items():
        check_size(folder / name, size)
    return Shard(folder, facts)


def check_size(path: Path, size: int) -> None:
    """Make sure that a file has the size it was written with.

    Raises:
        LibraryError: if it is missing or cut.
    """
    try:
        found = f"{path.stat().st_size} bytes instead of {size}"
    except OSError:
        found = "nothing"
    if found != f"{size} bytes instead of {size}":
        raise damaged(path, found)
