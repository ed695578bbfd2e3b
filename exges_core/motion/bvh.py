"""BVH in and out.

Reading takes what is found in the wild: any channel order, position channels on any joint, any frame rate, End Sites,
names with namespaces or spaces and in any encoding, tabs, any line ends. Writing gives one clean hierarchy with
SMPL-X's names in METRES (Blender imports BVH at global_scale 1, so one unit is one metre), standing on the ground,
with angles free of wraps.
No retargeting in here: see the rig room.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import SkeletonError, message
from exges_core.motion.bvh_names import shown_names, text_of
from exges_core.motion.bvh_reading import Reader
from exges_core.motion.bvh_writing import PLACES, TURNS, hierarchy_lines, motion_table, write_lines
from exges_core.motion.clip import MotionClip
from exges_core.motion.euler import quat_from_euler
from exges_core.motion.skeleton import (
    DEFAULT_SKELETON,
    JOINT_NAMES,
    Skeleton,
    end_offset_m,
    joint_index,
)

SOLE_M = 0.015
"""How far below the ball of the foot the ground is when the body stands."""
_LARGEST_BYTES, _HEAD_BYTES = 2**29, 2**12
"""Of a file, which is three hours at 30 Hz; of its beginning, which tells whether it is a BVH at all."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BvhMotion:
    """What a BVH file says, in its own names and units.

    Attributes:
        names: of the joints for people, namespaces included.
        parents: -1 for the root.
        offsets: parent to joint at rest, file units.
        end_sites: (parent joint, offset) of each End Site.
        local_quat_wxyz: rotations against the parent.
        local_position: place against the parent, file units: the position channels where a joint has them (they
            replace the offset, as Blender reads them), else its offset.
        frame_rate_hz: a frame time within 0.02 % of a whole rate reads as that rate.
        channels: of each joint in the file's order, 'Xp', 'Zr', ... (axis; position or rotation); () = ours.
        written_names: the names as their bytes are in the file (see `bvh_names`), for writing; () = as `names`.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Float[Array, "joints 3"]
    end_sites: tuple[tuple[int, tuple[float, float, float]], ...]
    local_quat_wxyz: Float[Array, "frames joints 4"]
    local_position: Float[Array, "frames joints 3"]
    frame_rate_hz: float
    channels: tuple[tuple[str, ...], ...] = ()
    written_names: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        """Return the number of frames, which may be 0: a rest pose alone."""
        return len(self.local_quat_wxyz)


def plain_name(name: str) -> str:
    """Return a joint name without its namespaces: 'mixamorig:Hips' -> 'Hips', 'a|b:Hips' -> 'Hips'."""
    return name.replace("|", ":").rsplit(":", 1)[-1].strip()


def read_bvh(path: Path) -> BvhMotion:
    """Read a BVH file.

    Raises:
        SkeletonError: if it is missing, malformed or larger than 512 MB; the message has the line number.
    """
    try:
        text = _text(path)
    except OSError as error:
        got = "a folder" if path.is_dir() else error.strerror or str(error) if path.exists() else "nothing"
        raise SkeletonError(message(expected="a BVH file", got=got, where=str(path), do="Check the path.")) from error
    reader = Reader(text, str(path))
    reader.hierarchy()
    frames, frame_time_s = reader.header()
    joints = reader.joints
    table = reader.values(frames, sum(len(joint.channels) for joint in joints))
    quats = np.zeros((frames, len(joints), 4))
    quats[..., 0] = 1.0
    offsets = np.array([joint.offset for joint in joints], dtype=np.float64)
    positions = np.tile(offsets, (frames, 1, 1))
    column = 0
    for index, joint in enumerate(joints):
        block = table[:, column : column + len(joint.channels)]
        column += len(joint.channels)
        turns = [place for place, channel in enumerate(joint.channels) if channel[1] == "r"]
        if turns:
            order = "".join(joint.channels[place][0] for place in turns)
            quats[:, index] = quat_from_euler(np.radians(block[:, turns]), order)
        for place, channel in enumerate(joint.channels):
            if channel[1] == "p":
                positions[:, index, "XYZ".index(channel[0])] = block[:, place]
    rate_hz = 1.0 / frame_time_s
    whole = round(rate_hz)
    written = tuple(joint.name for joint in joints)
    return BvhMotion(
        names=shown_names(written),
        parents=tuple(joint.parent for joint in joints),
        offsets=offsets,
        end_sites=tuple(reader.end_sites),
        local_quat_wxyz=quats,
        local_position=positions,
        frame_rate_hz=float(whole) if whole and abs(rate_hz / whole - 1) < 2e-4 else rate_hz,
        channels=tuple(tuple(joint.channels) for joint in joints),
        written_names=written,
    )


def _text(path: Path) -> str:
    """Return a file's text, or as much of it as shows that it is no BVH.

    Raises:
        OSError: if it cannot be read.
        SkeletonError: if it is too large.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size > _LARGEST_BYTES:
            got, do = f"{size / 2**20:.0f} MB", "Cut it, or write it with fewer frames a second."
            most = f"a BVH file of at most {_LARGEST_BYTES / 2**20:.0f} MB"
            raise SkeletonError(message(expected=most, got=got, where=str(path), do=do))
        file.seek(0)
        head = file.read(_HEAD_BYTES)
        first = text_of(head).split(maxsplit=1)[:1]
        is_other = bool(first) and not first[0].upper().startswith("HIERARCHY")
        return text_of(head if is_other else head + file.read())


def clip_from_bvh(motion: BvhMotion, *, where: str = "BVH") -> MotionClip:
    """Return the clip of a BVH in our own hierarchy (SMPL-X names, T-pose rest, Y up), joints in any order.

    Joints that the file lacks stay at rest. Position channels of joints other than the pelvis are ignored. A unit is a
    metre, or a centimetre if the thigh at rest is longer than 5 of them.

    Args:
        motion: what `read_bvh` returned.
        where: file, for the message.

    Raises:
        SkeletonError: if there is no frame or a joint of the body proper is missing.
    """
    names = [plain_name(name) for name in motion.names]
    missing = [name for name in JOINT_NAMES[:22] if name not in names]
    if missing:
        raise SkeletonError(
            message(
                expected="a BVH with SMPL-X's joint names",
                got=f"no {', '.join(missing[:5])}" + (f" and {len(missing) - 5} more" if missing[5:] else ""),
                where=where,
                do="Use a file written by ExGes, or retarget from your own rig with a rig preset.",
            )
        )
    thigh = float(np.linalg.norm(motion.offsets[names.index("left_knee")]))
    scale = 0.01 if thigh > 5 else 1.0
    quats = np.zeros((motion.frames, len(JOINT_NAMES), 4))
    quats[..., 0] = 1.0
    for joint, name in enumerate(JOINT_NAMES):
        if name in names:
            quats[:, joint] = motion.local_quat_wxyz[:, names.index(name)]
    return MotionClip.checked(
        local_quat_wxyz=quats,
        root_position_m=motion.local_position[:, names.index("pelvis")] * scale,
        frame_rate_hz=motion.frame_rate_hz,
        where=where,
    )


def write_motion(path: Path, motion: BvhMotion) -> None:
    """Write a BVH as it was read: its own names byte for byte, hierarchy, unit and channels; atomically.

    A joint without three rotation channels gets 'ZXY'; if no joint has places, the root gets X Y Z.

    Raises:
        OutputError: if it cannot be written.
    """
    channels = [_complete(motion.channels, joint) for joint in range(len(motion.names))]
    names = motion.written_names or motion.names
    lines, order = hierarchy_lines(names, motion.parents, motion.offsets, channels, motion.end_sites)
    table = motion_table(motion.local_quat_wxyz, motion.local_position, channels, order)
    write_lines(path, lines, table, motion.frame_rate_hz)


def _complete(channels: Sequence[tuple[str, ...]], joint: int) -> tuple[str, ...]:
    own = channels[joint] if channels else ()
    turns = tuple(each for each in own if each[1] == "r")
    if joint == 0 and not any(each[1] == "p" for row in channels for each in row):
        own = (*PLACES, *turns)
    return own if len(turns) == 3 else (*(each for each in own if each[1] == "p"), *TURNS)


def write_bvh(path: Path, clip: MotionClip, skeleton: Skeleton = DEFAULT_SKELETON) -> None:
    """Write a clip as BVH: metres, Y up, 'ZXY' Euler degrees without wraps; atomically.

    The root's OFFSET lifts the rest pose to stand on the ground, so that Blender's armature does; root positions are
    absolute and do not add to it.

    Raises:
        OutputError: if it cannot be written.
    """
    rest = skeleton.rest_positions_m()
    sole = rest[[joint_index("left_foot"), joint_index("right_foot")], 1].min() - SOLE_M
    offsets = skeleton.rest_offsets_m.copy()
    offsets[0] = [0.0, -sole, 0.0]
    position = np.broadcast_to(offsets, (clip.frames, *offsets.shape)).copy()
    position[:, 0] = clip.root_position_m
    motion = BvhMotion(
        names=skeleton.names,
        parents=skeleton.parents,
        offsets=offsets,
        end_sites=end_sites_of(skeleton),
        local_quat_wxyz=clip.local_quat_wxyz,
        local_position=position,
        frame_rate_hz=clip.frame_rate_hz,
    )
    write_motion(path, motion)


def end_sites_of(skeleton: Skeleton) -> tuple[tuple[int, tuple[float, float, float]], ...]:
    """Return where the chains of our own body end."""
    ends = [joint for joint, name in enumerate(skeleton.names) if joint not in skeleton.parents or name == "head"]
    return tuple((joint, tuple(end_offset_m(skeleton.names[joint]).tolist())) for joint in ends)
