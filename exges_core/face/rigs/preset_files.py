"""A user's own face preset as a JSON file: what each key of a family of faces plays, checked on load.

    {"format": "exges-face-preset", "version": 1, "name": "hero", "title": "Hero of our film",
     "keys": {"Mouth_Drop": "jawOpen", "M_B_P": "oculus:PP", "Old_Smile": ""}}

`keys` is key -> one of ARKit's shapes, or a convention's shape, or "" for none. docs/face.md explains it to people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from exges_core.face.rigs.keys import ShapeKey
from exges_core.face.rigs.match import FaceMatch
from exges_core.face.rigs.tables import CONVENTIONS
from exges_core.files import write_json
from exges_core.json_lines import is_object
from exges_core.rig.preset_checks import did_you_mean, json_of, kind_of, refuse, text_in

FORMAT = "exges-face-preset"
VERSION = 1
_FIELDS = ("format", "version", "name", "title", "keys")


@dataclass(frozen=True, kw_only=True)
class FacePreset:
    """What keys play, whatever mesh they are on.

    Attributes:
        name: stable identifier.
        title: for people.
        keys: key -> what it plays, as `match_shapes` takes what is chosen.
    """

    name: str
    title: str
    keys: Mapping[str, str]

    def chosen(self, keys: Iterable[ShapeKey]) -> dict[str, str]:
        """Return what it chooses for a character's keys, as `match_shapes` takes it."""
        return {key.path: self.keys[key.name] for key in keys if key.name in self.keys}


def targets() -> tuple[str, ...]:
    """Return everything that a key may be chosen for: ARKit's shapes first, then those of the other conventions."""
    return tuple(
        shape if convention.name == "arkit" else f"{convention.name}:{shape}"
        for convention in CONVENTIONS
        for shape in convention.shapes
    )


def preset_of(match: FaceMatch, *, name: str, title: str) -> FacePreset:
    """Return a matched face's own preset: its keys play exactly this, on this character and those like it."""
    keys = {channel.key: channel.target for channel in match.channels}
    return FacePreset(name=name, title=title, keys=keys)


def write_preset(path: Path, preset: FacePreset) -> None:
    """Write a preset, atomically.

    Raises:
        OutputError: if it cannot be written.
    """
    write_json(path, preset_as_json(preset))


def preset_as_json(preset: FacePreset) -> dict[str, object]:
    """Return a preset as `read_preset` takes it."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": preset.name,
        "title": preset.title,
        "keys": dict(preset.keys),
    }


def read_preset(path: Path) -> FacePreset:
    """Read and check a preset.

    Raises:
        RigMatchError: if the file cannot be read, is no JSON, or any field is not as described; the message names the
            field, what was expected there and what stands there.
    """
    return preset_from_json(json_of(path, "face preset"), where=str(path))


def preset_from_json(record: object, *, where: str) -> FacePreset:
    """Return the preset that a JSON value holds; `where` is named in errors.

    Raises:
        RigMatchError: see `read_preset`.
    """
    if not is_object(record):
        refuse(where, f"an object with {', '.join(_FIELDS)}", kind_of(record), "Save a preset anew.")
    if record.get("format") != FORMAT:
        got = repr(record.get("format")) if "format" in record else "no format"
        refuse(where, f'"format": "{FORMAT}"', got, "Choose a face preset that ExGes has written.")
    version = record.get("version")
    if isinstance(version, bool) or version != VERSION:
        refuse(where, f'"version": {VERSION}', repr(version), "Update ExGes, or save the preset anew.")
    for field in _FIELDS:
        if field not in record:
            refuse(where, f"a field {field!r}", f"only {', '.join(map(str, record))}", "Add it.")
    for field in record:
        if field not in _FIELDS:
            refuse(
                where, f"fields {', '.join(_FIELDS)}", repr(field), did_you_mean(str(field), _FIELDS, "docs/face.md")
            )
    name, title = (text_in(record[field], where, field) for field in ("name", "title"))
    return FacePreset(name=name, title=title, keys=_keys(record["keys"], where))


def _keys(value: object, where: str) -> dict[str, str]:
    if not is_object(value):
        refuse(where, "'keys' as an object, key -> shape", kind_of(value), 'Write "Mouth_Drop": "jawOpen".')
    known = targets()
    keys: dict[str, str] = {}
    for key, target in value.items():
        if not isinstance(target, str) or (target and target not in known):
            do = did_you_mean(str(target), known, "docs/face.md")
            refuse(where, f"a shape, or an empty text, for {key!r}", kind_of(target), do)
        keys[key] = target
    return keys
