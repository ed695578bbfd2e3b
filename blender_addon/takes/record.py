# SPDX-License-Identifier: GPL-3.0-or-later
"""What a take remembers: its settings, what the engine reported, the poses of candidates. Comparing takes.

All of it is stored on the take's Action, so that it is saved and copied with it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict, TypeVar, cast

import bpy
import numpy as np

from exges_core.arrays import Array
from exges_core.motion.rotations import quat_from_rotvec, rotvec_from_quat
from exges_core.settings import GenerationSettings, about, title_of

from ..scene import compat, lookup
from . import keyframes, marks, players

REPORT_KEY = "exges_report"
POSES_KEY = "exges_poses"
_DESCRIPTION = 200
"""Letters of an asset's description."""
_COMPARED = (
    ("score", "Score File"),
    ("use_keys", "Own keys"),
    ("bones", "Bones of own keys"),
    ("part", "Made again"),
    ("base", "Made from"),
    ("strip", "Strip"),
    ("audio", "File"),
    ("transcript", "Transcript"),
    ("transcript_text", "Text"),
    ("speaker_tier", "Said By"),
    ("heard_by", "Words from"),
    ("tolerance_deg", "Tolerance"),
    ("turns", "Rotation"),
    ("model", "Model"),
)
"""What of a take is compared beside its generation settings."""
_Value = TypeVar("_Value", str, int)


class Word(TypedDict):
    """A word of a report."""

    text: str
    start_s: float
    end_s: float
    confidence: NotRequired[float | None]


class Report(TypedDict, total=False):
    """What a take keeps of the engine's report, as JSON; `pipeline.report` says what it means."""

    words: list[Word]
    segments: list[dict[str, object]]
    gestures: list[dict[str, object]]
    retrieved: list[dict[str, object]]
    score: dict[str, list[object]]
    face: dict[str, object]
    warnings: list[str]
    asr: str
    duration_s: float
    timings_s: dict[str, float]
    sampler: str
    steps: int


def settings_of(action: bpy.types.Action) -> dict[str, object]:
    """Return the settings that made a take, by name: those of this version, or of the one that made it."""
    return cast("dict[str, object]", lookup.json_of(action, marks.TAKE_KEY))


def remembered(action: bpy.types.Action, name: str, default: _Value) -> _Value:
    """Return one of the settings that made a take; the default where it has none, or not of this type."""
    found = settings_of(action).get(name)
    return found if isinstance(found, type(default)) else default


def report(action: bpy.types.Action | None) -> Report:
    """Return what the engine reported of a take; {} if there is none."""
    return cast("Report", lookup.json_of(action, REPORT_KEY)) if action is not None and REPORT_KEY in action else {}


def packed_poses(path: Path) -> str:
    """Return the candidates' poses of a file as a take stores them, '' if there is none; a thread may do it."""
    if not path.is_file():
        return ""
    with np.load(path, allow_pickle=False) as arrays:
        quats, segment, clip = (cast("Array", arrays[name]) for name in ("local_quat_wxyz", "segment", "clip"))
    rotvecs = rotvec_from_quat(quats.astype(np.float64)).astype(np.float16)
    numbers = np.stack([segment, clip], axis=1).astype(np.int32)
    packed = (base64.b85encode(zlib.compress(each.tobytes(), 9)).decode() for each in (numbers, rotvecs))
    return json.dumps(list(packed))


def remember(action: bpy.types.Action, reported: Mapping[str, object], poses: str) -> None:
    """Store the engine's report and the candidates' packed poses with a take."""
    action[REPORT_KEY] = json.dumps({name: reported[name] for name in Report.__annotations__ if name in reported})
    if poses:
        action[POSES_KEY] = poses


def pose_of(action: bpy.types.Action, segment: int, clip: int) -> Array | None:
    """Return a candidate's key pose, joints x 4; None if the take does not have it."""
    if POSES_KEY not in action:
        return None
    packed = cast("list[str]", lookup.json_of(action, POSES_KEY))
    numbers, rotvecs = (zlib.decompress(base64.b85decode(each)) for each in packed)
    rows = np.frombuffer(numbers, dtype=np.int32).reshape(-1, 2)
    found = np.flatnonzero((rows == (segment, clip)).all(axis=1))
    if not len(found):
        return None
    poses = np.frombuffer(rotvecs, dtype=np.float16).reshape(len(rows), -1, 3)
    return quat_from_rotvec(poses[found[0]].astype(np.float64))


def shown(character: bpy.types.Object | None) -> bpy.types.Action | None:
    """Return the take that plays on a character, None if none does."""
    if character is None:
        return None
    found = [action for action in keyframes.takes_of(character) if keyframes.is_shown(character, action)]
    return found[-1] if found else None


def show(character: bpy.types.Object, name: str) -> None:
    """Let one take play: its track sounds and others are muted, or it becomes the active Action again."""
    keyframes.leave_tweak_mode(character)
    for player in players.of(character):
        _let_play(player, bpy.data.actions[name])
    keyframes.show_take(character, name)


def _let_play(player: compat.Player, take: bpy.types.Action) -> None:
    """Let what a take has for a player play, if it has no track there; let go of another take that would hide it."""
    part, animation = players.part_of(take, player), player.animation_data
    if animation is None:
        return
    played = [strip.action for track in animation.nla_tracks for strip in track.strips]
    has_track = take in (keyframes.take_in(action) for action in played)
    if keyframes.take_in(animation.action) is not None and animation.action != part:
        animation.action = None  # it would hide the tracks; it stays in the file
    if part is not None and not has_track:
        animation.action = part
        compat.assign_slot(animation, part, player)


def frames_of(action: bpy.types.Action) -> tuple[int, int]:
    """Return a take's first frame and the one after its last."""
    first, last = action.frame_range
    return round(first), round(last) + 1


def differences(one: bpy.types.Action, other: bpy.types.Action) -> list[tuple[str, str, str]]:
    """Return (setting, its value in one take, in the other) of all that differ."""
    first, second = settings_of(one), settings_of(other)
    rows = [(title, _said(first.get(name, usual)), _said(second.get(name, usual))) for name, title, usual in _rows()]
    return [row for row in rows if row[1] != row[2]]


def _rows() -> Iterator[tuple[str, str, object]]:
    """Yield name, title and default of what is compared; a take of an earlier version lacks what is new since."""
    defaults = GenerationSettings()
    for name, found in about(GenerationSettings).items():
        yield name, title_of(name, found), getattr(defaults, name)
    for name, title in _COMPARED:
        yield name, title, None


def _said(value: object) -> str:
    if value in (None, "", [], ()):
        return "-"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        named = cast("dict[str, object]", value)
        return str(named.get("name", named))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, cast("Sequence[object]", value)))
    return f"{value:g}" if isinstance(value, float) else str(value)


def mark_as_asset(action: bpy.types.Action, *, is_one: bool) -> None:
    """Put a take among the assets, under its words, or take it out again."""
    if not is_one:
        action.asset_clear()
        return
    action.asset_mark()
    words = " ".join(each["text"] for each in report(action).get("words", ()))
    assert action.asset_data is not None
    action.asset_data.description = words[:_DESCRIPTION]
    action.asset_data.tags.new("ExGes", skip_if_exists=True)


def others_with(action: bpy.types.Action, character: bpy.types.Object) -> list[str]:
    """Return the names of other objects on which an Action plays."""
    found: list[str] = []
    for thing in bpy.data.objects:
        animation = thing.animation_data
        if thing == character or animation is None:
            continue
        strips = [keyframes.take_in(strip.action) for track in animation.nla_tracks for strip in track.strips]
        if action in (animation.action, *strips):
            found.append(thing.name)
    return found


def remove(character: bpy.types.Object, name: str) -> str:
    """Delete a take, or only take it off the character where other objects play it too; return what was done."""
    keyframes.leave_tweak_mode(character)
    action = bpy.data.actions[name]
    others = others_with(action, character)
    if not others:
        keyframes.remove_take(character, name)
        return f"{name} was deleted."
    # The copy goes in its place, is what is deleted, and takes the character's own memory back with it.
    copy = cast("bpy.types.Action", action.copy())
    for player in players.of(character):
        _replace(player, action, copy)
    keyframes.remove_take(character, copy.name)
    action[marks.OWNER_KEY] = others[0]
    return f"{name} was taken off {character.name!r}; it still plays on {', '.join(others)}."


def _replace(player: compat.Player, take: bpy.types.Action, copy: bpy.types.Action) -> None:
    """Let a player play copies of a take and of its parts."""
    for user in compat.users_in(player.animation_data):
        if user.action is None or keyframes.take_in(user.action) != take:
            continue
        handle = compat.slot_handle_of(user)
        part = copy if user.action == take else cast("bpy.types.Action", user.action.copy())
        if part != copy:
            part[marks.LAYER_KEY] = copy
        user.action = part
        if compat.HAS_SLOTS:
            user.action_slot = next(slot for slot in part.slots if slot.handle == handle)
