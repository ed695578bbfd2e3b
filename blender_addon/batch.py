# SPDX-License-Identifier: GPL-3.0-or-later
"""Many takes from one manifest: what its lines say, and the file that remembers which are done. No bpy in here.

A line is {"armature", "audio" or "strip", "scene"?, "in_scene"?, "start_frame"?, "settings"?, "output"?, "id"?}. Paths
are relative to the manifest. `scene` is a .blend file (without it: the open one), `in_scene` a scene in it (without it:
the one it was saved with), `output` where the result is saved (without it: `scene` itself). Lines with the same
`scene` and `output` put their takes into one file. `settings` are those of the panel, by their names in
`generation.Wish`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from exges_core.errors import InputError, OutputError, message

MARK = "exges_batch"
"""Custom property of a take: which manifest line made it."""
_KEYS = {"id", "scene", "in_scene", "armature", "audio", "strip", "start_frame", "settings", "output"}
_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", NoneType: "null"}
_TEXTS = _KEYS - {"start_frame", "settings"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One take to make. Paths are absolute; `where` names manifest and line."""

    name: str
    where: str
    armature: str
    output: Path
    scene: Path | None
    in_scene: str
    audio: str
    strip: str
    start_frame: int
    settings: dict[str, Any]

    @property
    def mark(self) -> str:
        """Return what tells this line from every other, wherever in the manifest it stands."""
        values = {name: value for name, value in asdict(self).items() if name not in {"name", "where"}}
        return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]


def read_manifest(
    manifest: Path, *, settings: Mapping[str, Any], paths: Sequence[str], open_file: str = ""
) -> tuple[Line, ...]:
    """Read and check every line of a manifest, before anything is generated.

    Args:
        manifest: the file, JSON lines.
        settings: names and types of what `settings` may hold.
        paths: those of them that are files or folders.
        open_file: the open .blend file; '' if it has no name.

    Raises:
        InputError: naming the line that is wrong.
    """
    try:
        text = manifest.read_text(encoding="utf-8-sig")  # Windows' editors begin files with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            message(expected="a manifest of JSON lines", got=str(error), where=str(manifest), do="Check the path.")
        ) from error
    lines: dict[str, Line] = {}
    for number, words in enumerate(text.splitlines(), start=1):
        if words.strip():
            line = _line(words, manifest.resolve(), number, settings, paths, open_file)
            if line.mark in lines:
                raise _bad(line.where, f"the same as {lines[line.mark].where}", "Delete one, or give another seed.")
            lines[line.mark] = line
    return tuple(lines.values())


def _line(
    words: str, manifest: Path, number: int, settings: Mapping[str, Any], paths: Sequence[str], open_file: str
) -> Line:
    where, base = f"{manifest} line {number}", manifest.parent
    try:
        values: Any = json.loads(words)
    except ValueError as error:
        raise _bad(where, f"no JSON ({error})") from error
    if not isinstance(values, dict) or "armature" not in values or not set(values) <= _KEYS:
        raise _bad(where, f"{sorted(values) if isinstance(values, dict) else type(values).__name__}")
    for name in _TEXTS & set(values):
        if not isinstance(values[name], str) or not values[name]:
            raise _bad(where, f"{name} {values[name]!r}, which is no text")
    if not isinstance(values.get("start_frame", 1), int):
        raise _bad(where, f"start_frame {values['start_frame']!r}, which is no whole number")
    if "audio" in values and "strip" in values:
        raise _bad(where, "both an audio and a strip")
    scene = (base / values["scene"]).resolve() if "scene" in values else None
    output = (base / values["output"]).resolve() if "output" in values else scene or Path(open_file)
    if output == Path():
        raise _bad(where, "neither a scene nor an output", "Say where to save: the open file has no name yet.")
    return Line(
        name=values.get("id", f"line {number}"),
        where=where,
        armature=values["armature"],
        output=output,
        scene=scene,
        in_scene=values.get("in_scene", ""),
        audio=str((base / values["audio"]).resolve()) if "audio" in values else "",
        strip=values.get("strip", ""),
        start_frame=values.get("start_frame", 1),
        settings=_settings(values.get("settings", {}), where, base, settings, paths),
    )


def _settings(
    values: object, where: str, base: Path, settings: Mapping[str, Any], paths: Sequence[str]
) -> dict[str, Any]:
    if not isinstance(values, dict) or not set(values) <= set(settings):
        unknown = sorted(set(values) - set(settings)) if isinstance(values, dict) else values
        raise _bad(where, f"the settings {unknown}", f"There are: {', '.join(sorted(settings))}.")
    found: dict[str, Any] = {}
    for name, value in values.items():
        kept = tuple(value) if isinstance(value, list) else value
        if not fits(kept, settings[name]):
            raise _bad(where, f"{name} {value!r}", f"It must be {_named(settings[name])}.")
        found[name] = str((base / kept).resolve()) if name in paths and isinstance(kept, str) and kept else kept
    return found


def fits(value: object, wanted: Any) -> bool:  # noqa: ANN401 - a type
    """Say whether a JSON value (lists as tuples) is of a field's type; whole numbers are numbers, truth is none."""
    if get_origin(wanted) is UnionType:
        return any(fits(value, each) for each in get_args(wanted))
    if get_origin(wanted) is tuple:
        inner = get_args(wanted)
        if not isinstance(value, tuple):
            return False
        if inner[-1] is Ellipsis:
            return all(fits(each, inner[0]) for each in value)
        return len(value) == len(inner) and all(fits(*each) for each in zip(value, inner, strict=True))
    if wanted is None or wanted is NoneType:
        return value is None
    if wanted in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if wanted is float else wanted)


def _named(wanted: Any) -> str:  # noqa: ANN401 - a type
    """Return a type in words."""
    if get_origin(wanted) is UnionType:
        return " or ".join(_named(each) for each in get_args(wanted))
    if get_origin(wanted) is tuple:
        inner = get_args(wanted)
        return f"a list, each {_named(inner[0])}" if inner[-1] is Ellipsis else f"a list of {len(inner)}"
    return _WORDS.get(wanted, str(wanted))


def _bad(where: str, got: str, do: str = "Mend the line; nothing was generated.") -> InputError:
    expected = f"a line with 'armature' and optionally {sorted(_KEYS - {'armature'})}"
    return InputError(message(expected=expected, got=got, where=where, do=do))


class Status:
    """The file beside a manifest that says how each line ended; written after each, so a killed batch goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records: dict[str, dict[str, Any]] = {}
        for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            try:
                record = json.loads(text)
                self._records[record["mark"]] = record
            except (ValueError, KeyError, TypeError):
                continue  # half a line: Blender was killed while it wrote it

    def is_done(self, line: Line) -> bool:
        """Say whether a line was made before and its file is still there."""
        record = self._records.get(line.mark)
        return record is not None and record["exit_code"] == 0 and line.output.is_file()

    def is_begun(self, output: Path) -> bool:
        """Say whether takes of this manifest are in a file already."""
        return output.is_file() and any(
            record["exit_code"] == 0 and record["output"] == str(output) for record in self._records.values()
        )

    def add(self, line: Line, *, exit_code: int, text: str, take: str, seconds: float) -> None:
        """Remember how a line ended.

        Raises:
            OutputError: if the file cannot be written.
        """
        record = {
            "id": line.name,
            "mark": line.mark,
            "exit_code": exit_code,
            "text": text,
            "take": take,
            "output": str(line.output),
            "seconds": round(seconds, 3),
        }
        self._records[line.mark] = record
        try:
            is_torn = self.path.is_file() and self.path.read_bytes()[-1:] not in {b"", b"\n"}
            with self.path.open("a", encoding="utf-8") as file:
                file.write("\n" * is_torn + json.dumps(record, ensure_ascii=False) + "\n")
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot be written ({error.strerror}). Choose another with --status."
            ) from error
