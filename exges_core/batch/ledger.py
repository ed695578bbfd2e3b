"""What a batch has made, remembered beside its results: a record per clip, written last, after all else is on disk.

A clip is done if its record has the hashes of today's inputs and of the results that lie there. Records and pictures
lie in `names.FOLDER`; whoever deletes that folder has everything made anew. One driver at a time holds the lock.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from exges_core import json_text
from exges_core.batch.inputs import Inputs, file_hash
from exges_core.batch.names import FOLDER, SUMMARY
from exges_core.errors import InputError, OutputError, message
from exges_core.files import write_json
from exges_core.json_lines import is_list, is_object

_LOCK_WAIT_S = 3.0
"""A driver that was just killed may hold the lock a moment longer."""
_PART = re.compile(r"\.(?P<stem>.+)\.[0-9a-f]{8}\.part(?:\.\w+)?")
"""What `files.replacing` calls a file while it is written."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A clip that was made.

    Attributes:
        inputs: hashes of what it was made of.
        results: hashes of its files, by name in the folder of results.
        duration_s: of the speech, or of the idle.
        work_s: what it took.
        rtf: as in its report.
        words: what was heard, as a text.
        style: whose manner it has.
        strokes: how many it makes; None where nobody planned.
        warnings: as in its report.
        picture: name of its strip of poses, in the batch's own folder; "" = none could be drawn.
    """

    id: str
    inputs: Inputs
    results: Mapping[str, str]
    duration_s: float
    frames: int
    work_s: float
    rtf: float
    words: str
    style: str
    strokes: int | None
    warnings: tuple[str, ...]
    picture: str

    @property
    def strokes_per_min(self) -> float | None:
        """Return how many strokes a minute has."""
        return None if self.strokes is None else 60.0 * self.strokes / max(self.duration_s, 1e-6)


class Ledger:
    """The records of one folder of results."""

    def __init__(self, out: Path) -> None:
        self.out = out.resolve()
        self.folder = self.out / FOLDER

    @contextmanager
    def held(self) -> Generator[None]:
        """Hold the folder for one driver, and remove what earlier ones left half-written.

        Raises:
            InputError: if another driver holds it, or a link stands where the batch keeps its own.
            OutputError: if the folder cannot be made.
        """
        if self.folder.is_symlink():
            do = "Remove it, or choose another --out."
            where = str(self.folder)
            raise InputError(message(expected="a folder of the batch's own", got="a link", where=where, do=do))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "lock", timeout=_LOCK_WAIT_S)
            lock.acquire()
        except Timeout as error:
            got, do = "another exges batch at work", "Wait until it has ended, or choose another --out."
            raise InputError(message(expected="a folder for itself", got=got, where=str(self.out), do=do)) from error
        except OSError as error:
            got, do = error.strerror or str(error), "Choose another --out."
            raise OutputError(message(expected="a folder to write to", got=got, where=str(self.out), do=do)) from error
        try:
            yield
        finally:
            lock.release()

    def record_of(self, name: str) -> Record | None:
        """Return a clip's record; None where there is none, or none that can be read."""
        try:
            values = json_text.read(self._path(name))
            return _record(values) if is_object(values) else None
        except (OSError, ValueError, TypeError):
            return None

    def write(self, record: Record) -> None:
        """Write a clip's record: from then on it is done.

        Raises:
            OutputError: if it cannot be written.
        """
        write_json(self._path(record.id), asdict(record))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def picture(self, record: Record) -> bytes | None:
        """Return a clip's strip of poses, JPEG; None where there is none."""
        if not record.picture or record.picture != Path(record.picture).name:
            return None
        try:
            return (self.folder / record.picture).read_bytes()
        except OSError:
            return None

    def damage(self, record: Record) -> str:
        """Return what of a clip's results is no longer as it was written; "" = nothing."""
        for name, sha256 in record.results.items():
            path = self.out / name
            if not path.is_file():
                return f"{name} is gone"
            if file_hash(path) != sha256:
                return f"{name} was changed"
        return ""

    def sweep(self, written: Iterable[Path]) -> None:
        """Remove what killed workers left half-written: of these results, and in the batch's own folder."""
        places: dict[Path, set[str] | None] = {self.folder: None, self.out: {SUMMARY}}
        for path in written:
            stems = places.setdefault(path.parent, set())
            if stems is not None:
                stems.add(path.stem)
        for folder, stems in places.items():
            with suppress(FileNotFoundError):
                for path in folder.iterdir():
                    found = _PART.fullmatch(path.name)
                    if found is not None and (stems is None or found["stem"] in stems):
                        path.unlink(missing_ok=True)


def hashes_of(paths: Iterable[Path], out: Path) -> dict[str, str]:
    """Return the hashes of results by their names in the folder.

    Raises:
        InputError: if one cannot be read.
    """
    return {path.relative_to(out).as_posix(): file_hash(path) for path in paths}


def _record(values: Mapping[str, object]) -> Record | None:
    """Return a record from its JSON; None if it is none of this version."""
    given: dict[str, Any] = {each.name: values[each.name] for each in fields(Record) if each.name in values}
    if len(given) != len(fields(Record)) or not _is_sound(given):
        return None
    given["warnings"] = tuple(given["warnings"])
    return Record(**given)


def _is_sound(given: Mapping[str, object]) -> bool:
    hashes = (given["inputs"], given["results"])
    are_hashes = all(is_object(each) and all(isinstance(one, str) for one in each.values()) for each in hashes)
    texts = [given[key] for key in ("id", "words", "style", "picture")]
    texts += given["warnings"] if is_list(given["warnings"]) else [None]
    numbers = [given[key] for key in ("duration_s", "frames", "work_s", "rtf")]
    numbers += [] if given["strokes"] is None else [given["strokes"]]
    return (
        are_hashes
        and all(isinstance(each, str) for each in texts)
        and all(isinstance(each, int | float) for each in numbers)
    )
