# SPDX-License-Identifier: GPL-3.0-or-later
"""Many takes from one manifest: what its lines say, and the file that remembers which are done. No bpy in here.

A line is {"armature", "audio" or "strip" or "idle", "scene"?, "in_scene"?, "start_frame"?, "settings"?, "output"?,
"id"?}. `idle` are the seconds of a loop that needs no speech; it has the settings of `IDLE_SETTINGS` alone. Paths are
relative to the manifest. `scene` is a .blend file (without it: the open one), `in_scene` a scene in it (without it:
the one it was saved with), `output` where the result is saved (without it: `scene` itself). Lines with the same
`scene` and `output` put their takes into one file. `settings` are those of the command line, by their names in
`generation.settings.TakeSettings`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Required, TypedDict, cast

from exges_core import json_text
from exges_core.errors import OutputError
from exges_core.json_lines import Fault, all_of, entries, fits, frozen, nearest, shown, text_of
from exges_core.settings import IDLE_LENGTHS_S, GestureChoice, SettingValue, about, faults

MARK = "exges_batch"
"""Custom property of a take: which manifest line made it."""
_EXAMPLE = 'Write one object a line: {"armature": "Anna", "audio": "anna.wav", "output": "anna.blend"}'


class _Written(TypedDict, total=False):
    """A line as it stands in the manifest."""

    id: str
    scene: str
    in_scene: str
    armature: Required[str]
    audio: str
    strip: str
    idle: float
    start_frame: int
    settings: dict[str, object]
    output: str


_KEYS = frozenset(_Written.__annotations__)
_TEXTS = _KEYS - {"idle", "start_frame", "settings"}
IDLE_SETTINGS = frozenset(
    {
        *("speaker", "seed", "posture", "knees_deg", "lean_deg", "stance_m"),
        *("travel", "is_in_place", "keeps_hands_out", "tolerance_deg", "as_active_action"),
    }
)
"""What an idle can be asked for; all else is about a speech."""


class _Ended(TypedDict):
    """How a line ended, as it stands in the status file."""

    id: str
    mark: str
    exit_code: int
    text: str
    take: str
    output: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Line:
    """One take to make. Paths are absolute; `where` names manifest and line, `number` is the line's."""

    name: str
    number: int
    where: str
    armature: str
    output: Path
    scene: Path | None
    in_scene: str
    audio: str
    strip: str
    start_frame: int
    settings: Mapping[str, object]
    idle_s: float = 0.0

    @property
    def mark(self) -> str:
        """Return what tells this line from every other, wherever in the manifest it stands."""
        values = {name: value for name, value in asdict(self).items() if name not in {"name", "number", "where"}}
        if not self.idle_s:  # lines of before there were idles keep their marks
            del values["idle_s"]
        return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]


def read_manifest(
    manifest: Path, *, settings: type[GestureChoice], paths: Sequence[str], open_file: str = ""
) -> tuple[Line, ...]:
    """Read and check every line of a manifest, before anything is generated.

    Args:
        manifest: the file, JSON lines.
        settings: what `settings` may hold.
        paths: those of them that are files or folders.
        open_file: the open .blend file; '' if it has no name.

    Raises:
        InputError: naming all lines that are wrong, and what is wrong in each.
    """
    wrong, lines, base = list[Fault](), dict[str, Line](), manifest.resolve()
    for number, values, broken in entries(text_of(manifest, example=_EXAMPLE)):
        told = [broken] if broken else list(_faults(values, settings, open_file))
        if not told:
            # What has no fault is an object of these keys.
            line = _line(cast("_Written", values), base, number, paths, open_file)
            if line.mark in lines:
                told = [f"the same as {lines[line.mark].where}: delete one, or give another seed"]
            lines.setdefault(line.mark, line)
        wrong.extend(Fault(line=number, what=each) for each in told)
    if wrong:
        raise all_of(manifest, wrong)
    return tuple(lines.values())


def _faults(value: object, settings: type[GestureChoice], open_file: str) -> Iterator[str]:
    """Yield what is wrong with one line."""
    if not isinstance(value, dict):
        yield f"{shown(value)} instead of an object"
        return
    values = cast("dict[str, object]", value)
    for name in values:
        if name not in _KEYS:
            yield f"unknown key {name!r}{nearest(name, _KEYS)}"
    if "armature" not in values:
        yield "no 'armature'"
    for name in sorted(_TEXTS & set(values)):
        if not isinstance(values[name], str) or not values[name]:
            yield f"{name} {shown(values[name])}, which is no text"
    if not fits(values.get("start_frame", 1), int):
        yield f"start_frame {shown(values['start_frame'])}, which is no whole number"
    if "audio" in values and "strip" in values:
        yield "both an audio and a strip"
    if "idle" in values:
        yield from _faults_of_idle(values)
    if not ("scene" in values or "output" in values or open_file):
        yield "neither a scene nor an output: say where to save, for the open file has no name yet"
    given = values.get("settings", {})
    if not isinstance(given, dict):
        yield f"settings {shown(given)} instead of an object"
        return
    told = list(faults(settings, cast("dict[str, object]", given)))
    yield from told or _out_of_range(settings, cast("dict[str, object]", given))


def _faults_of_idle(values: Mapping[str, object]) -> Iterator[str]:
    least_s, most_s = IDLE_LENGTHS_S
    seconds = values["idle"]
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not least_s <= seconds <= most_s:
        yield f"idle {shown(seconds)}; it must be {least_s:g} to {most_s:g} s"
    yield from (f"both an idle and {each}: an idle has no speech" for each in ("audio", "strip") if each in values)
    given = values.get("settings")
    if isinstance(given, dict):
        no_use = sorted(set(cast("dict[str, object]", given)) - IDLE_SETTINGS)
        yield from (f"an idle has no setting {name!r}{nearest(name, IDLE_SETTINGS)}" for name in no_use)


def _out_of_range(settings: type[GestureChoice], values: Mapping[str, object]) -> Iterator[str]:
    known = about(settings)
    for name, value in values.items():
        if expected := known[name].refusal(cast("SettingValue", frozen(value))):
            yield f"{name} {shown(value)}; it must be {expected}"


def _line(values: _Written, manifest: Path, number: int, paths: Sequence[str], open_file: str) -> Line:
    base = manifest.parent
    scene = (base / values["scene"]).resolve() if "scene" in values else None
    given = {name: frozen(value) for name, value in values.get("settings", {}).items()}
    return Line(
        name=values.get("id", f"line {number}"),
        number=number,
        where=f"{manifest} line {number}",
        armature=values["armature"],
        output=(base / values["output"]).resolve() if "output" in values else scene or Path(open_file),
        scene=scene,
        in_scene=values.get("in_scene", ""),
        audio=str((base / values["audio"]).resolve()) if "audio" in values else "",
        strip=values.get("strip", ""),
        idle_s=float(values.get("idle", 0.0)),
        start_frame=values.get("start_frame", 1),
        settings={
            name: str((base / value).resolve()) if name in paths and isinstance(value, str) and value else value
            for name, value in given.items()
        },
    )


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Takes of a manifest that one process makes, by their order in it, from 1; both ends count."""

    first: int
    last: int

    @classmethod
    def of(cls, text: str) -> Chunk:
        """Return what `3-7`, or `3` alone, means.

        Raises:
            ValueError: if it means nothing.
        """
        found = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", text.strip())
        chunk = None if found is None else cls(first=int(found[1]), last=int(found[2] or found[1]))
        if chunk is None or not 1 <= chunk.first <= chunk.last:
            raise ValueError(text)
        return chunk

    def __str__(self) -> str:
        """Return it as it is given."""
        return f"{self.first}-{self.last}"

    def lines_of(self, lines: Sequence[Line], manifest: Path) -> tuple[Line, ...]:
        """Return these takes; fewer, or none, where the manifest ends sooner.

        Raises:
            InputError: if one goes into a file that another chunk writes too: two processes would lose each other's.
        """
        own = tuple(lines[self.first - 1 : self.last])
        outside = {line.output: line for line in lines if line not in own}
        torn = [
            Fault(line=line.number, what=f"goes into {line.output}, as line {outside[line.output].number} does")
            for line in own
            if line.output in outside
        ]
        if torn:
            what = [Fault(line=each.line, what=f"{each.what}: make both in one chunk, not in {self}") for each in torn]
            raise all_of(manifest, what)
        return own


class Status:
    """The file beside a manifest that says how each line ended; written after each, so a killed batch goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records: dict[str, _Ended] = {}
        for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            try:
                record = cast("_Ended", json_text.parse(text))
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
        record: _Ended = {
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
