"""Bones of a face: which is the jaw, an eye, a lid, a brow, a lip, and how each turns or moves with ARKit's curves.

Names say which bone it is, the rig at rest says how it moves: a chin goes down and back, eyes turn about the axes of
the head, lids close as far as they stand apart, brows and lips go by the width of eyes and mouth. A bone plays only
what no shape key plays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.names import ARKIT_NAMES, COLUMN
from exges_core.face.rigs.bone_names import BROW, EYE, JAW, TARGET, member_of, part_of
from exges_core.face.rigs.brows import brows
from exges_core.face.rigs.face_bone import BoneChannel, BoneMotion, FaceBone, FaceBones
from exges_core.face.rigs.head_frame import frame_of
from exges_core.face.rigs.lids import lids
from exges_core.face.rigs.lips import JAW_SHARE, Jaw, Mouth, closes, lips, mouth_of
from exges_core.face.rigs.match import FaceMatch
from exges_core.face.rigs.moving_bones import Members, channels_of, members_of
from exges_core.motion.rotations import quat_from_rotvec

JAW_DEG = 22.0
"""How far a jaw turns at `jawOpen` 1, as in `face.joints`: a chin 10 cm from its hinge then moves 4 cm."""
OUT_DEG, UP_DEG = 32.0, 25.0
"""How far an eye turns where a look is 1, as in `face.eyes`."""
_SIDES = {"left": "Left", "right": "Right"}
_PARTS: Mapping[str, str] = {
    **{"jaw": "jawOpen", "gaze": "eyeLookUpLeft", "blinks": "eyeBlinkLeft"},
    **{"brows": "browDownLeft", "lips": "mouthFunnel"},
}

_SHAPES: Mapping[str, str] = {JAW: "jawOpen", "lid": "eyeBlink", "eye": "eyeLook", "target": "eyeLook", BROW: "brow"}
"""What the shapes of a part begin with, by the last word of its name; those of lips with "mouth"."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rig:
    """A face's bones, which is which, and what shape keys play already."""

    bones: Sequence[FaceBone]
    parts: Mapping[str, FaceBone]
    members: Members
    frame: Float[Array, "3 3"]
    match: FaceMatch

    @cached_property
    def mouth(self) -> Mouth | None:
        """Return the mouth at rest; None if its lips tell none."""
        return mouth_of(self.members.by_part, self.parts, self.frame)


def match_bones(
    bones: Sequence[FaceBone], match: FaceMatch | None = None, *, frame: Float[Array, "3 3"] | None = None
) -> FaceBones:
    """Return which bones play what of a face's curves no shape key plays.

    Args:
        bones: all of the armature's, at rest.
        match: of the character's shape keys; None = there are none.
        frame: armature from head, columns left, up, forward; None = found from the bones.
    """
    match = match or FaceMatch()
    parts, alone = _parts(bones)
    members = members_of(bones)
    face = [*parts.values(), *members.bones]
    if frame is None:
        frame = frame_of(bones, face)
    if frame is None or not face:
        doubtful = {bone.name: "left and right cannot be told apart: no bones in pairs" for bone in face}
        return FaceBones(missing=_missing(match.played), doubtful=doubtful, left_alone={**alone, **members.alone})
    rig = _Rig(bones=bones, parts=parts, members=members, frame=frame, match=match)
    channels = [
        *_jaw(rig),
        *_gaze(parts, frame, match.played),
        *lids(parts, frame, match.played),
        *_moving(rig),
    ]
    alone |= members.alone
    played = frozenset(name for each in channels for name in (*each.turns, *each.moves))
    playing = {channel.bone for channel in channels}
    alone |= {bone.name: _why_not(bone, match.played) for bone in face if bone.name not in playing | set(alone)}
    return FaceBones(
        channels=tuple(channels),
        missing=_missing(match.played | played),
        doubtful=_doubts(parts, members, frame, playing),
        left_alone=alone,
        played=played,
    )


def turns(face_bones: FaceBones, curves: Float[Array, "frames 52"]) -> dict[str, BoneMotion]:
    """Return bone -> how it moves at every frame, in its own axes and beside what else moves it."""
    return {
        each.bone: BoneMotion(
            quat_wxyz=quat_from_rotvec(_sum(each.turns, curves)) if each.turns else None,
            offset=_sum(each.moves, curves) if each.moves else None,
        )
        for each in face_bones.channels
    }


def _sum(vectors: Mapping[str, Float[Array, "3"]], curves: Float[Array, "frames 52"]) -> Float[Array, "frames 3"]:
    rows = np.zeros((len(ARKIT_NAMES), 3))
    for name, vector in vectors.items():
        rows[COLUMN[name]] = vector
    return curves @ rows


def _missing(played: frozenset[str]) -> tuple[str, ...]:
    return tuple(part for part, shape in _PARTS.items() if shape not in played)


def _parts(bones: Sequence[FaceBone]) -> tuple[dict[str, FaceBone], dict[str, str]]:
    """Return part -> the bone that plays it, and bone -> why it is left alone."""
    best: dict[str, tuple[int, FaceBone]] = {}
    alone: dict[str, str] = {}
    for bone in bones:
        part, rank = part_of(bone.name)
        if not part:
            continue
        if bone.is_driven or bone.is_locked:
            alone[bone.name] = "a driver moves it" if bone.is_driven else "locked"
        elif part not in best or rank < best[part][0]:
            best[part] = (rank, bone)
    played = {part: bone for part, (_, bone) in best.items()}
    return played, {name: why for name, why in alone.items() if part_of(name)[0] not in played}


def _jaw(rig: _Rig) -> Iterator[BoneChannel]:
    """Yield the jaw; it turns along with keys of its family that shape the skin alone."""
    bone, match = rig.parts.get(JAW), rig.match
    if bone is None or ("jawOpen" in match.played and not match.jaw_deg):
        return
    turn = bone.turn_of(rig.frame[:, 0]) * np.deg2rad(match.jaw_deg or JAW_DEG)
    lips_close = rig.mouth is not None and closes(rig.members.by_part, rig.bones, bone.name, match.played)
    by_itself = JAW_SHARE if "jawOpen" not in match.played and lips_close else 1.0
    back = {} if "mouthClose" in match.played else {"mouthClose": -by_itself * turn}
    yield BoneChannel(bone=bone.name, part=JAW, turns={"jawOpen": turn, **back})


def _moving(rig: _Rig) -> Iterator[BoneChannel]:
    """Yield brows and lips."""
    members, played = rig.members, rig.match.played
    moves = brows(members.by_part.get(BROW, ()), rig.parts, rig.frame, played)
    if rig.mouth is not None:
        bone = rig.parts.get(JAW)
        turn = rig.frame[:, 0] * np.deg2rad(JAW_DEG)
        jaw = None if bone is None else Jaw(hinge=bone.head, turn=turn, name=bone.name)
        moves |= lips(members.by_part, rig.bones, rig.mouth, jaw, played)
    else:
        why = "nothing tells how wide the mouth is, or its lips are not one above the other"
        members.alone |= {bone.name: why for part, here in members.by_part.items() if part != BROW for bone in here}
    yield from channels_of(moves, rig.bones, rig.frame[:, 2], members.alone)


def _gaze(parts: Mapping[str, FaceBone], frame: Float[Array, "3 3"], played: frozenset[str]) -> Iterator[BoneChannel]:
    """Yield the target that both eyes follow, or else each eye."""
    if any(name.startswith("eyeLook") for name in played):
        return
    eyes = {side: parts[f"{side} {EYE}"] for side in _SIDES if f"{side} {EYE}" in parts}
    target = parts.get(TARGET)
    if target is not None and eyes:
        ahead = (target.head - np.mean([eye.head for eye in eyes.values()], axis=0)) @ frame[:, 2]
        if ahead > 0:
            sideways = {"left": 0.5 * ahead * np.deg2rad(OUT_DEG) * frame[:, 0]}
            upwards = 0.5 * ahead * np.deg2rad(UP_DEG) * frame[:, 1]
            both = {**_looks("left", sideways["left"], upwards), **_looks("right", sideways["left"], upwards)}
            yield BoneChannel(bone=target.name, part=TARGET, moves=_mapped(target.move_of, both))
            return
    for side, eye in eyes.items():
        looks = _looks(side, np.deg2rad(OUT_DEG) * frame[:, 1], -np.deg2rad(UP_DEG) * frame[:, 0])
        yield BoneChannel(bone=eye.name, part=f"{side} {EYE}", turns=_mapped(eye.turn_of, looks))


def _looks(side: str, leftwards: Float[Array, "3"], upwards: Float[Array, "3"]) -> dict[str, Float[Array, "3"]]:
    """Return an eye's looks by what a look to the left and one upwards do."""
    out = leftwards if side == "left" else -leftwards
    name = _SIDES[side]
    return {
        f"eyeLookOut{name}": out, f"eyeLookIn{name}": -out, f"eyeLookUp{name}": upwards, f"eyeLookDown{name}": -upwards
    }  # fmt: skip


def _mapped(
    change: Callable[[Float[Array, "3"]], Float[Array, "3"]], vectors: Mapping[str, Float[Array, "3"]]
) -> dict[str, Float[Array, "3"]]:
    return {name: change(vector) for name, vector in vectors.items()}


def _doubts(
    parts: Mapping[str, FaceBone], members: Members, frame: Float[Array, "3 3"], playing: set[str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    jaw = parts.get(JAW)
    if jaw is not None and jaw.name in playing and float((jaw.tail - jaw.head) @ frame[:, 2]) <= 0:
        found[jaw.name] = "it does not point to the front: see whether it opens the mouth"
    eyes = [parts[f"{side} {EYE}"].head @ frame[:, 1] for side in _SIDES if f"{side} {EYE}" in parts]
    for brow in members.by_part.get(BROW, ()):
        if eyes and brow.name in playing and float(brow.head @ frame[:, 1]) < min(eyes):
            found[brow.name] = "it lies below the eyes: see whether it is the brow"
    return found


def _why_not(bone: FaceBone, played: frozenset[str]) -> str:
    part = part_of(bone.name)[0] or member_of(bone.name)[0]
    shape = _SHAPES.get(part.split()[-1] if part != JAW else JAW, "mouth")
    is_played = any(name.startswith(shape) for name in played)
    return "shape keys play this" if is_played else "other bones play this"
