"""Several corpora to one folder: ``python -m training.corpus join A B --out C``. Files are linked where they can be.

Ids of different corpora may be the same, so recordings are counted on: the second corpus's begin where the first one's
end. Splits stay as they are.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

from exges_core import json_text
from exges_core.errors import InputError, OutputError, message
from exges_core.files import replacing
from exges_core.json_lines import is_object
from training.corpus.files.writing import EVENTS, FOLDERS, MOTION, write_json
from training.corpus.production.dataset import FORMAT, write_tables

_MOST_BYTES = 2**30
"""Of a manifest: some 300 bytes a take."""
_SUFFIXES = {"smplxflame_30": ".npz", "wave16k": ".wav", "textgrid": ".TextGrid", "sem": ".txt", "events": ".json"}


def join(folders: Sequence[Path], out: Path) -> dict[str, object]:
    """Join corpora; returns the manifest.

    Raises:
        InputError: if a folder is no authored corpus, is given twice, or the place is taken.
        OutputError: if it cannot be written.
    """
    if len({folder.resolve() for folder in folders}) < max(len(folders), 2):
        do = "Name each folder once."
        raise InputError(message(expected="two corpora or more", got=f"{len(folders)}", where="join", do=do))
    if (out / MOTION).exists() or (out / "manifest.json").exists():
        do = "Choose an empty folder."
        raise InputError(message(expected="an empty folder", got="a corpus", where=str(out), do=do))
    renamed = _renamed([(folder, _entries(folder)) for folder in folders])
    entries: list[dict[str, object]] = []
    try:
        for name in FOLDERS:
            (out / name).mkdir(parents=True, exist_ok=True)
        for folder, entry, take_id in renamed:
            entries.append(_put(folder, entry, take_id, out))
    except OSError as error:
        raise OutputError(
            message(expected="a folder to write to", got=str(error), where=str(out), do="Choose another.")
        ) from error
    about: dict[str, object] = {"joined": [folder.resolve().name for folder in folders]}
    write_json(out / "corpus.json", about | {"format": FORMAT})
    return write_tables(out, entries, about)


def _entries(folder: Path) -> list[dict[str, object]]:
    path = folder / "manifest.json"
    try:
        manifest = cast("dict[str, list[dict[str, object]]]", json_text.read(path, most_bytes=_MOST_BYTES))
        return list(manifest["takes"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        do = "Finish it: python -m training.corpus --out FOLDER with its options."
        got = "no manifest" if isinstance(error, OSError) else "a manifest without takes"
        raise InputError(message(expected="a finished corpus", got=got, where=str(path), do=do)) from error


def _renamed(
    corpora: Iterable[tuple[Path, list[dict[str, object]]]],
) -> list[tuple[Path, dict[str, object], str]]:
    """Return every take with its new id: recordings are counted on from corpus to corpus."""
    renamed: list[tuple[Path, dict[str, object], str]] = []
    offset = 0
    for folder, entries in corpora:
        numbers: list[int] = []
        for entry in entries:
            number, name, recording, start, end = str(entry["id"]).split("_")
            numbers.append(int(recording))
            renamed.append((folder, entry, f"{number}_{name}_{int(recording) + offset}_{start}_{end}"))
        offset += max(numbers, default=-1) + 1
    return renamed


def _put(folder: Path, entry: dict[str, object], take_id: str, out: Path) -> dict[str, object]:
    """Link a take's files under its new id; its events, which hold the id, are written anew."""
    old = str(entry["id"])
    for name, suffix in _SUFFIXES.items():
        source, target = folder / name / f"{old}{suffix}", out / name / f"{take_id}{suffix}"
        if name == EVENTS:
            events = _events(source) | {"id": take_id, "from": _origin(folder, old)}
            with replacing(target) as temporary:
                temporary.write_text(json.dumps(events, separators=(",", ":")), encoding="utf-8")
        else:
            _link(source, target)
    return entry | {"id": take_id, "from": _origin(folder, old)}


def _events(path: Path) -> dict[str, object]:
    try:
        events = json_text.read(path)
        if not is_object(events):
            raise ValueError("no object")
        return dict(events)
    except (OSError, ValueError) as error:
        do = "Make the corpus again."
        raise InputError(message(expected="events of a take", got=str(error), where=str(path), do=do)) from error


def _origin(folder: Path, take_id: str) -> str:
    return f"{folder.resolve().name}/{take_id}"


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)
