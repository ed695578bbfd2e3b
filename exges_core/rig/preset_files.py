"""A user's own table of bones as a JSON file: made from a match, edited by hand, shared, checked on load.

    {"format": "exges-rig-preset", "version": 1, "name": "hero", "title": "Hero of our film",
     "bones": {"pelvis": "Root_M", "left_elbow": ["Elbow_L", "ForeArm_L"], ...}}

`bones` is joint -> the names its bone may have, best first. The other fields of `presets.Preset` may follow:
location_bone, carriers, logical_parents, hangs_from, switches, signature. docs/rigs.md explains them to people.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeGuard

from exges_core.files import write_json
from exges_core.json_lines import is_list, is_object
from exges_core.motion.skeleton import JOINT_NAMES
from exges_core.rig.bones import REQUIRED_JOINTS, Switch
from exges_core.rig.match import RigMap
from exges_core.rig.preset_checks import did_you_mean, json_of, kind_of, refuse, text_in
from exges_core.rig.presets import Preset

FORMAT = "exges-rig-preset"
VERSION = 1
_REQUIRED_FIELDS = ("format", "version", "name", "title", "bones")
_FIELDS = (*_REQUIRED_FIELDS, "location_bone", "carriers", "logical_parents", "hangs_from", "switches", "signature")
_LARGEST_VALUE = 1e9
"""Of a switch; NaN is not less, either."""
_EXAMPLE = '"left_elbow": "ForeArm.L" or "left_elbow": ["ForeArm.L", "forearm_l"]'


def preset_of(rig_map: RigMap, *, name: str, title: str) -> Preset:
    """Return a matched rig's own table: exactly these bones, for this character and those like it."""
    return Preset(
        name=name,
        title=title,
        bones={joint: (bone,) for joint, bone in rig_map.bones.items()},
        location_bone=rig_map.location_bone if rig_map.location_bone != rig_map.bones.get("pelvis") else None,
        carriers=dict(rig_map.carriers),
        logical_parents=dict(rig_map.logical_parents),
        hangs_from=dict(rig_map.hangs_from),
        switches=rig_map.switches,
    )


def preset_as_json(preset: Preset) -> dict[str, object]:
    """Return a table as `read_preset` takes it; a joint with one name as a plain string, empty fields left out."""
    record: dict[str, object] = {
        "format": FORMAT,
        "version": VERSION,
        "name": preset.name,
        "title": preset.title,
        "bones": {joint: names[0] if len(names) == 1 else list(names) for joint, names in preset.bones.items()},
        "location_bone": preset.location_bone,
        "carriers": dict(preset.carriers),
        "logical_parents": dict(preset.logical_parents),
        "hangs_from": dict(preset.hangs_from),
        "switches": [{"bone": each.bone, "name": each.name, "value": each.value} for each in preset.switches],
        "signature": list(preset.signature),
    }
    return {field: value for field, value in record.items() if field in _REQUIRED_FIELDS or value}


def write_preset(path: Path, preset: Preset) -> None:
    """Write a table, atomically.

    Raises:
        OutputError: if it cannot be written.
    """
    write_json(path, preset_as_json(preset))


def read_preset(path: Path) -> Preset:
    """Read and check a table.

    Raises:
        RigMatchError: if the file cannot be read, is no JSON, or any field is not as described; the message names the
            field, what was expected there and what stands there.
    """
    return preset_from_json(json_of(path, "rig preset"), where=str(path))


def preset_from_json(record: object, *, where: str) -> Preset:
    """Return the table that a JSON value holds.

    Args:
        record: what `json.loads` gave.
        where: named in errors: a file, a property.

    Raises:
        RigMatchError: see `read_preset`.
    """
    fields = _checked_fields(record, where)
    bones = _checked_bones(fields["bones"], where)
    location = fields.get("location_bone")
    if location is not None:
        location = text_in(location, where, "location_bone")
    return Preset(
        name=text_in(fields["name"], where, "name"),
        title=text_in(fields["title"], where, "title"),
        bones=bones,
        location_bone=location,
        carriers={
            bone: _joint(joint, where, f"carriers[{bone!r}]")
            for bone, joint in _pairs(fields.get("carriers", {}), where, "carriers").items()
        },
        logical_parents=_pairs(fields.get("logical_parents", {}), where, "logical_parents"),
        hangs_from=_pairs(fields.get("hangs_from", {}), where, "hangs_from"),
        switches=tuple(
            _switch(each, where, f"switches[{place}]")
            for place, each in enumerate(_list(fields.get("switches", []), where, "switches"))
        ),
        signature=tuple(
            text_in(each, where, f"signature[{place}]")
            for place, each in enumerate(_list(fields.get("signature", []), where, "signature"))
        ),
    )


def _checked_fields(record: object, where: str) -> Mapping[str, object]:
    if not is_object(record):
        refuse(where, "an object with format, version, name, title, bones", kind_of(record), "Save a preset anew.")
    if record.get("format") != FORMAT:
        got = repr(record.get("format")) if "format" in record else "no format"
        refuse(where, f'"format": "{FORMAT}"', got, "Choose a rig preset that ExGes has written.")
    version = record.get("version")
    if isinstance(version, bool) or version != VERSION:
        refuse(where, f'"version": {VERSION}', repr(version), "Update ExGes, or save the preset anew.")
    for field in _REQUIRED_FIELDS:
        if field not in record:
            refuse(where, f"a field {field!r}", f"only {', '.join(map(str, record))}", "Add it.")
    for field in record:
        if field not in _FIELDS:
            refuse(where, f"fields {', '.join(_FIELDS)}", repr(field), did_you_mean(str(field), _FIELDS))
    return record


def _checked_bones(value: object, where: str) -> dict[str, tuple[str, ...]]:
    if not is_object(value):
        refuse(where, "'bones' as an object, joint -> bone", kind_of(value), f"Write {_EXAMPLE}.")
    bones: dict[str, tuple[str, ...]] = {}
    owners: dict[str, str] = {}
    for joint, names in value.items():
        _joint(joint, where, "bones")
        listed = [names] if isinstance(names, str) else names
        if not _are_names(listed):
            refuse(where, f"a bone's name or a list of names for {joint!r}", kind_of(names), f"Write {_EXAMPLE}.")
        bones[joint] = tuple(listed)
        if owners.setdefault(listed[0], joint) != joint:
            refuse(
                where,
                "a bone of its own for every joint",
                f"{listed[0]!r} for both {owners[listed[0]]!r} and {joint!r}",
                "Leave the joint out that has no bone.",
            )
    lacking = [joint for joint in REQUIRED_JOINTS if joint not in bones]
    if lacking:
        refuse(where, "bones for all required joints", f"none for {', '.join(lacking)}", "Name their bones.")
    return {joint: bones[joint] for joint in JOINT_NAMES if joint in bones}


def _joint(value: object, where: str, field: str) -> str:
    if not isinstance(value, str) or value not in JOINT_NAMES:
        do = did_you_mean(str(value), JOINT_NAMES)
        refuse(where, f"a joint of the canonical body in {field!r}", repr(value), do)
    return value


def _list(value: object, where: str, field: str) -> list[object]:
    if not is_list(value):
        refuse(where, f"a list for {field!r}", kind_of(value), "Write it in square brackets.")
    return value


def _pairs(value: object, where: str, field: str) -> dict[str, str]:
    if not _are_texts(value):
        refuse(where, f"an object of text -> text for {field!r}", kind_of(value), "Name bones by their full names.")
    return dict(value)


def _are_names(value: object) -> TypeGuard[list[str]]:
    return is_list(value) and bool(value) and all(isinstance(name, str) and name for name in value)


def _are_texts(value: object) -> TypeGuard[Mapping[str, str]]:
    return is_object(value) and all(isinstance(each, str) for pair in value.items() for each in pair)


def _switch(value: object, where: str, field: str) -> Switch:
    fields = ("bone", "name", "value")
    if not is_object(value) or set(value) != set(fields):
        refuse(
            where, f"{field!r} with {', '.join(fields)}", kind_of(value), "Give the bone, its property and a number."
        )
    number = value["value"]
    if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) <= _LARGEST_VALUE:
        refuse(where, f"a number for {field!r}", repr(number), "Write the value the property must have.")
    return Switch(
        bone=text_in(value["bone"], where, f"{field}.bone"),
        name=text_in(value["name"], where, f"{field}.name"),
        value=float(number),
    )
