"""Lips of bones: one smooth field of moves over the mouth, which every bone follows from where it lies at rest.

Lengths are shares of half the mouth's width, measured from corner to corner. A field bends no corner off its lip. Lips
that close over an open jaw meet at one height, whatever share of the jaw's way a rig lets each of them go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.rigs.bone_names import CORNER, EYE, LOWER_LIP, UPPER_LIP
from exges_core.face.rigs.face_bone import FaceBone, above
from exges_core.face.rigs.moving_bones import Moves

JAW_SHARE = 0.5
"""So much of what an open jaw does it takes back itself where the lips close over it; the lips do the rest."""
_GOES: Mapping[str, float] = {UPPER_LIP: 0.05, CORNER: 0.42, LOWER_LIP: 1.0}
"""How much of the jaw's way each goes on rigs whose constraints carry the lips: Rigify's, measured (see the tests)."""
_MEET = 0.3
"""Where lips meet that close over an open jaw, as a share of the jaw's way."""
_CLOSED_AT, _OPEN_AT = 0.15, 0.5
"""How far a jaw is open as lips close over it, and as a lower lip goes along: a jaw's way is an arc."""
_HALF_WIDTH_OF_EYES = 0.41
"""Half a mouth's width where no corners tell it, in the distance of the eyes."""
_NARROWEST, _WIDEST = 0.1, 0.6
"""Half a mouth's width, in the distance of the eyes."""
_SIDES = ((1.0, "Left"), (-1.0, "Right"))
_OFF_MIDDLE = 0.1
"""A bone so near to the middle is neither a left one nor a right one."""
_SPEECH = frozenset({"jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthLowerDownLeft", "mouthUpperUpLeft"})
"""Where keys move one of these, they speak, and bones of lips would speak twice."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Mouth:
    """A mouth at rest.

    Attributes:
        middle: between the corners.
        half_width: from there to a corner, in the armature's unit.
        frame: armature from head, columns left, up, forward.
    """

    middle: Float[Array, "3"]
    half_width: float
    frame: Float[Array, "3 3"]

    def across(self, bone: FaceBone) -> float:
        """Return where a bone lies, from -1, the right corner, to 1, the left one."""
        return float(np.clip((bone.head - self.middle) @ self.frame[:, 0] / self.half_width, -1.0, 1.0))


def mouth_of(
    members: Mapping[str, Sequence[FaceBone]], parts: Mapping[str, FaceBone], frame: Float[Array, "3 3"]
) -> Mouth | None:
    """Return the mouth that bones of lips make; None if nothing tells how wide it is, or its lips are not in order."""
    corners, upper, lower = (members.get(part, ()) for part in (CORNER, UPPER_LIP, LOWER_LIP))
    if upper and lower and _height(upper, frame) <= _height(lower, frame):
        return None
    eyes = [parts[name].head for name in (f"left {EYE}", f"right {EYE}") if name in parts]
    eyes_apart = abs(float((eyes[0] - eyes[1]) @ frame[:, 0])) if len(eyes) == 2 else None
    across = [float(bone.head @ frame[:, 0]) for bone in corners]
    if len(corners) >= 2 and np.ptp(across) > 0.0:
        half_width = 0.5 * float(np.ptp(across))
        if eyes_apart and not _NARROWEST <= half_width / eyes_apart <= _WIDEST:
            return None
    elif eyes_apart:
        half_width = _HALF_WIDTH_OF_EYES * eyes_apart
    else:
        half_width = 0.0
    if not half_width or not (corners or upper or lower):
        return None
    return Mouth(middle=_middle(corners or (*upper, *lower), frame), half_width=half_width, frame=frame)


def _height(bones: Sequence[FaceBone], frame: Float[Array, "3 3"]) -> float:
    return float(np.mean([bone.head @ frame[:, 1] for bone in bones]))


def _middle(bones: Sequence[FaceBone], frame: Float[Array, "3 3"]) -> Float[Array, "3"]:
    """Return the middle between the outermost bones on both sides."""
    across = [float(bone.head @ frame[:, 0]) for bone in bones]
    return 0.5 * (bones[int(np.argmin(across))].head + bones[int(np.argmax(across))].head)


@dataclass(frozen=True, kw_only=True, eq=False)
class Jaw:
    """A jaw that bones turn: where about, and by which turn at `jawOpen` 1, in the armature's axes."""

    hinge: Float[Array, "3"]
    turn: Float[Array, "3"]
    name: str

    def way(self, at: Float[Array, "3"], opening: float) -> Float[Array, "3"]:
        """Return a point's way with the jaw, as if it were straight, at 1; it is met where the jaw is so far open."""
        arm, angle = at - self.hinge, opening * float(np.linalg.norm(self.turn))
        axis = self.turn / float(np.linalg.norm(self.turn))
        turned = arm * np.cos(angle) + np.cross(axis, arm) * np.sin(angle) + axis * (axis @ arm) * (1.0 - np.cos(angle))
        return (turned - arm) / opening


def lips(
    members: Mapping[str, Sequence[FaceBone]],
    bones: Sequence[FaceBone],
    mouth: Mouth,
    jaw: Jaw | None,
    played: frozenset[str],
) -> dict[str, tuple[str, Moves]]:
    """Return lip bone -> its part, and where it goes.

    Args:
        members: part -> its bones.
        bones: all of the armature's.
        mouth: as it is at rest.
        jaw: the bone that opens it; None if none does.
        played: the ARKit shapes that keys play.
    """
    by_name = {bone.name: bone for bone in bones}
    speaks, is_closing = not played & _SPEECH, jaw is not None and closes(members, bones, jaw.name, played)
    found: dict[str, tuple[str, Moves]] = {}
    for part, here in members.items():
        for bone in here if part in _GOES else ():
            across = mouth.across(bone)
            moves = {name: mouth.half_width * mouth.frame @ move for name, move in _moods(part, across)}
            if speaks:
                moves |= {name: mouth.half_width * mouth.frame @ move for name, move in _speech(part, across)}
                if jaw is not None:
                    moves |= _with_jaw(part, bone, by_name, jaw, is_closing=is_closing)
            side = "left " if across > _OFF_MIDDLE else "right " if across < -_OFF_MIDDLE else ""
            kept = {name: move for name, move in moves.items() if name not in played and np.abs(move).max() > 0.0}
            found[bone.name] = f"{side}{part}", kept
    return found


def closes(
    members: Mapping[str, Sequence[FaceBone]], bones: Sequence[FaceBone], jaw_name: str, played: frozenset[str]
) -> bool:
    """Say whether lips of bones close over an open jaw: both are there and speak, the upper one stays with the head."""
    if played & _SPEECH:
        return False
    upper, lower = (members.get(part, ()) for part in (UPPER_LIP, LOWER_LIP))
    if not upper or not lower or not all(bone.can_move for bone in (*upper, *lower)):
        return False
    by_name = {bone.name: bone for bone in bones}
    return float(np.mean([_goes(UPPER_LIP, bone, by_name, jaw_name) for bone in upper])) < 0.5


def _goes(part: str, bone: FaceBone, by_name: Mapping[str, FaceBone], jaw_name: str) -> float:
    """Return which share of the jaw's way a bone goes by itself."""
    above_jaw = set(above(by_name[jaw_name], by_name))
    for name in above(bone, by_name):
        if name == jaw_name:
            return 1.0
        if name in above_jaw:
            return 0.0
        if by_name[name].is_carried:
            return _GOES[part]
    return 0.0


def _with_jaw(
    part: str, bone: FaceBone, by_name: Mapping[str, FaceBone], jaw: Jaw, *, is_closing: bool
) -> Iterator[tuple[str, Array]]:
    """Yield how a bone closes over an open jaw; and how one goes along that the jaw should take with it, but leaves."""
    goes, own = _goes(part, bone, by_name, jaw.name), 0.0
    if part != UPPER_LIP and goes == 0.0:
        own = _GOES[part]
        yield "jawOpen", own * jaw.way(bone.head, _OPEN_AT)
    if is_closing:
        left_open = 1.0 - JAW_SHARE
        yield "mouthClose", ((_MEET - goes) * left_open - own) * jaw.way(bone.head, left_open * _CLOSED_AT)
    else:
        yield "mouthClose", -own * jaw.way(bone.head, _OPEN_AT)


def _moods(part: str, across: float) -> Iterator[tuple[str, Array]]:
    """Yield what moods do, in half widths: left, up, forward. The nearer to a corner, the more of it."""
    for sign, side in _SIDES:
        corner = _smooth(max(sign * across, 0.0))
        yield f"mouthSmile{side}", corner * np.array([0.28 * sign, 0.3, -0.1])
        yield f"mouthFrown{side}", corner * np.array([0.05 * sign, -0.32, -0.04])
        yield f"mouthDimple{side}", corner * np.array([0.16 * sign, 0.03, -0.12])
        yield f"mouthStretch{side}", corner * np.array([0.24 * sign, -0.06, -0.06])


def _speech(part: str, across: float) -> Iterator[tuple[str, Array]]:
    """Yield what speech does, in half widths: left, up, forward. The nearer to the middle, the more lips part."""
    middle = 1.0 - across * across
    is_upper, is_lower = part == UPPER_LIP, part == LOWER_LIP
    yield "mouthPucker", np.array([-0.42 * across, 0.0, 0.1 + 0.16 * middle])
    parting = 0.1 * is_upper - 0.14 * is_lower
    yield "mouthFunnel", np.array([-0.25 * across, parting * middle, 0.08 + 0.16 * middle])
    for sign, side in _SIDES:
        half = _smooth(0.5 + sign * across) * middle
        yield f"mouthUpperUp{side}", np.array([0.0, 0.28 * half * is_upper, 0.02 * half * is_upper])
        yield f"mouthLowerDown{side}", np.array([0.0, -0.3 * half * is_lower, 0.02 * half * is_lower])
        pressed = 0.02 * half * (float(is_lower) - float(is_upper))
        yield f"mouthPress{side}", np.array([0.0, pressed, -0.06 * half * (is_upper or is_lower)])
    yield "mouthRollLower", middle * is_lower * np.array([0.0, 0.16, -0.28])
    yield "mouthRollUpper", middle * is_upper * np.array([0.0, -0.04, -0.2])
    yield "mouthShrugLower", middle * np.array([0.0, 0.1 * is_lower + 0.06 * is_upper, 0.05 * is_lower])
    yield "mouthShrugUpper", middle * is_upper * np.array([0.0, 0.1, 0.03])


def _smooth(share: float) -> float:
    inside = min(max(share, 0.0), 1.0)
    return inside * inside * (3.0 - 2.0 * inside)
