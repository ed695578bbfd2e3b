"""The one way to write a file: beside its target, to the disk, then renamed, so that nobody ever sees half of it."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from exges_core.errors import InputError, OutputError, message

_PART = ".part"
_LOCKED = {5, 32, 33}
"""Windows: access denied, sharing violation, lock violation; what a virus scanner causes that reads a fresh file."""
_NOT_OFFERED = {errno.EINVAL, errno.ENOTSUP}
"""Said by network folders that cannot wait for their disk."""
_PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


@contextmanager
def replacing(path: Path) -> Generator[Path]:
    """Give a temporary path beside `path`; on success it becomes `path`, on any error it is removed.

    The temporary name keeps the suffix, because several writers choose a format by it. The folder is made if missing.
    May be nested: several files are then put in place together.

    Raises:
        OutputError: if the disk is full, the folder cannot be made or the file cannot be replaced.
    """
    if path.suffixes[-2:-1] == [_PART]:
        yield path  # inside another `replacing`, which puts it in place and tells of failures by its true name
        return
    temporary = path.with_name(f".{path.stem}.{uuid4().hex[:8]}{_PART}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _put_in_place(temporary, path)
    except OSError as error:
        raise _no_place(path, error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def require_places(names: Iterable[str | Path | None]) -> None:
    """Refuse files that can hardly be written, before the work for them is done; None = a file that is not asked for.

    Raises:
        OutputError: if one is a folder, or would lie in what is none or may not be written to.
    """
    for path in (Path(name).absolute() for name in names if name is not None):
        folder = next(each for each in path.parents if each.exists())
        if path.is_dir():
            raise _no_place(path, "a folder of that name")
        if not folder.is_dir():
            raise _no_place(path, f"a file in place of its folder ({folder.name})")
        if not os.access(folder, os.W_OK):
            raise _no_place(path, f"a folder that may not be written to ({folder})")


def _no_place(path: Path, got: str) -> OutputError:
    do = "Free space or choose another place; nothing half-written was left."
    return OutputError(message(expected="a place to write to", got=got, where=str(path), do=do))


def _to_disk(path: Path) -> None:
    """Wait until a file is on the disk: a machine that loses power after the rename would have an empty one else."""
    with path.open("rb+") as file:
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno not in _NOT_OFFERED:
                raise


def _put_in_place(temporary: Path, path: Path) -> None:
    """Rename what is safely on the disk, again while Windows says that somebody holds one of the two."""
    for pause_s in _PAUSES_S:
        try:
            _to_disk(temporary)
            return os.replace(temporary, path)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _LOCKED:
                raise
        time.sleep(pause_s)
    return os.replace(temporary, path)


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write readable JSON, atomically.

    Raises:
        OutputError: if it cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def keep_apart(results: Iterable[tuple[str, str | Path | None]], read: Iterable[tuple[str, str | Path | None]]) -> None:
    """Refuse two results in one file, and a result in the place of a file that is read.

    Args:
        results: what is written, each with what it is called in the message; None = it is not written.
        read: what must stay as it is, likewise.

    Raises:
        InputError: naming the file and both.
    """
    taken = {mark: what for what, name in read if name is not None for mark in _marks(Path(name))}
    for what, name in results:
        if name is None:
            continue
        marks = _marks(Path(name))
        if (other := next((taken[mark] for mark in marks if mark in taken), None)) is not None:
            expected, got = f"a file of its own for {what}", f"the file of {other}"
            raise InputError(message(expected=expected, got=got, where=str(name), do="Name another file."))
        taken |= dict.fromkeys(marks, what)


def _marks(path: Path) -> list[object]:
    """Return what tells a file from others: its place behind links, and its number on the disk once it is there."""
    place = path.absolute()
    try:
        place = path.resolve()
        found = place.stat()
    except FileNotFoundError:
        return [place]
    except (OSError, RuntimeError):  # a loop of links, no permission: nothing can be written there either
        return [path.absolute()]
    return [place, (found.st_dev, found.st_ino)]
