"""BVH in and out.

Reading takes what is found in the wild: any channel order, position channels on any joint, any frame rate, End Sites,
names with namespaces or spaces, tabs, any line ends. Writing gives one clean hierarchy with SMPL-X's names in METRES
(Blender imports BVH at global_scale 1, so one unit is one metre), standing on the ground, with angles free of wraps.
No retargeting in here: see the rig room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from exges_core.arrays import Float
from exges_core.errors import SkeletonError, message
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
_ADVICE = "Export the motion again as BVH."


@dataclass(frozen=True, kw_only=True, eq=False)
class BvhMotion:
    """What a BVH file says, in its own names and units.

    Attributes:
        names: of the joints as written, namespaces included.
        parents: -1 for the root.
        offsets: parent to joint at rest, file units.
        end_sites: (parent joint, offset) of each End Site.
        local_quat_wxyz: rotations against the parent.
        local_position: place against the parent, file units: the position channels where a joint has them (they
            replace the offset, as Blender reads them), else its offset.
        frame_rate_hz: a frame time within 0.02 % of a whole rate reads as that rate.
        channels: of each joint in the file's order, 'Xp', 'Zr', ... (axis; position or rotation); () = ours.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Float[np.ndarray, "joints 3"]
    end_sites: tuple[tuple[int, tuple[float, float, float]], ...]
    local_quat_wxyz: Float[np.ndarray, "frames joints 4"]
    local_position: Float[np.ndarray, "frames joints 3"]
    frame_rate_hz: float
    channels: tuple[tuple[str, ...], ...] = ()

    @property
    def frames(self) -> int:
        """Return the number of frames, which may be 0: a rest pose alone."""
        return len(self.local_quat_wxyz)


def plain_name(name: str) -> str:
    """Return a joint name without its namespaces: 'mixamorig:Hips' -> 'Hips', 'a|b:Hips' -> 'Hips'."""
    return name.replace("|", ":").rsplit(":", 1)[-1].strip()


@dataclass(kw_only=True)
class _Joint:
    """A joint while the hierarchy is being read."""

    name: str
    parent: int
    offset: tuple[float, ...] = (0.0, 0.0, 0.0)
    channels: list[str] = field(default_factory=list)


class _Reader:
    """Reads one file line by line and knows where it is."""

    def __init__(self, text: str, where: str) -> None:
        self.where = where
        self.lines = text.splitlines()
        self.line = 0
        self.joints: list[_Joint] = []
        self.end_sites: list[tuple[int, tuple[float, float, float]]] = []

    def wrong(self, expected: str, got: str, line: int | None = None) -> SkeletonError:
        """Return the error for the present line, or for another one (counted from 1)."""
        number = self.line if line is None else line
        return SkeletonError(message(expected=expected, got=got, where=f"{self.where}, line {number}", do=_ADVICE))

    def statements(self) -> Iterator[list[str]]:
        """Yield the words of each line; braces are statements of their own wherever they stand."""
        while self.line < len(self.lines):
            text = self.lines[self.line]
            self.line += 1
            for part in text.replace("{", "\n{\n").replace("}", "\n}\n").split("\n"):
                words = part.split()
                if words:
                    yield words
        self.line = len(self.lines)

    def numbers(self, words: list[str], count: int, what: str) -> tuple[float, ...]:
        """Return exactly `count` finite numbers."""
        try:
            values = tuple(float(word) for word in words)
        except ValueError:
            values = ()
        if len(values) != count or not np.isfinite(values).all():
            raise self.wrong(f"{count} numbers for {what}", repr(" ".join(words)))
        return values

    def channels(self, words: list[str]) -> list[str]:
        """Return channel names as 'Xp', 'Zr', ... (axis and kind)."""
        count, names = words[1:2], [word.lower() for word in words[2:]]
        kinds = [f"{name[0].upper()}{name[1]}" for name in names if name[1:] in ("position", "rotation")]
        is_valid = len(kinds) == len(names) == len(set(kinds)) and all(kind[0] in "XYZ" for kind in kinds)
        if count != [str(len(names))] or not is_valid:
            raise self.wrong("CHANNELS, their count and names like Xposition or Zrotation", repr(" ".join(words)))
        return kinds

    def hierarchy(self) -> None:
        """Read up to and including the line MOTION."""
        statements = self.statements()
        if [word.upper() for word in next(statements, [])] != ["HIERARCHY"]:
            raise self.wrong("the word HIERARCHY first", repr(self.lines[0][:40]) if self.lines else "an empty file")
        # What is open: the index of a joint, or None for an End Site. `pending` waits for its brace.
        open_blocks: list[int | None] = []
        pending: int | str | None = "nothing"
        for words in statements:
            keyword = words[0].upper()
            if pending != "nothing" and keyword != "{":
                raise self.wrong("an opening brace", repr(" ".join(words)))
            if keyword == "MOTION":
                if open_blocks or not self.joints:
                    raise self.wrong("a closed hierarchy with a root", f"MOTION with {len(open_blocks)} open braces")
                return
            if keyword in ("ROOT", "JOINT", "END"):
                pending = self._begin(keyword, words, open_blocks)
            elif keyword == "{":
                if isinstance(pending, str):
                    raise self.wrong("ROOT, JOINT or End Site before a brace", "{")
                open_blocks.append(pending)
                pending = "nothing"
            elif keyword == "}":
                if not open_blocks:
                    raise self.wrong("as many closing braces as opening ones", "one more")
                open_blocks.pop()
            else:
                self._property(keyword, words, open_blocks)
        raise self.wrong("the word MOTION", "the end of the file")

    def _begin(self, keyword: str, words: list[str], open_blocks: list[int | None]) -> int | None:
        """Note a new joint or End Site; return its index (None for an End Site)."""
        parent = open_blocks[-1] if open_blocks else -1
        is_root = keyword == "ROOT"
        if parent is None or is_root != (parent == -1) or (is_root and self.joints):
            raise self.wrong("one ROOT, and JOINTs and End Sites inside it", repr(" ".join(words)))
        if keyword == "END":
            return None
        if len(words) < 2:
            raise self.wrong(f"a name after {keyword}", "none")
        self.joints.append(_Joint(name=" ".join(words[1:]), parent=parent))
        return len(self.joints) - 1

    def _property(self, keyword: str, words: list[str], open_blocks: list[int | None]) -> None:
        """Read OFFSET or CHANNELS of what is open."""
        if keyword not in ("OFFSET", "CHANNELS") or not open_blocks:
            raise self.wrong("ROOT, JOINT, End Site, OFFSET, CHANNELS or a brace", repr(" ".join(words)[:60]))
        current = open_blocks[-1]
        if keyword == "OFFSET":
            x, y, z = self.numbers(words[1:], 3, "OFFSET")
            if current is not None:
                self.joints[current].offset = (x, y, z)
            else:
                parent = next(block for block in reversed(open_blocks) if block is not None)
                self.end_sites.append((parent, (x, y, z)))
        elif current is not None:
            self.joints[current].channels = self.channels(words)

    def header(self) -> tuple[int, float]:
        """Read the lines Frames and Frame Time; return the frame count and the frame time in seconds."""
        statements = self.statements()
        values: list[float] = []
        for keyword in ("FRAMES", "FRAMETIME"):
            words = next(statements, [])
            name, colon, number = " ".join(words).partition(":")
            if name.replace(" ", "").upper() != keyword or not colon:
                raise self.wrong("'Frames:' and then 'Frame Time:' after MOTION", repr(" ".join(words)[:60]))
            values.extend(self.numbers(number.split(), 1, keyword))
        frames, frame_time_s = values
        if frames < 0 or frames != int(frames) or frame_time_s <= 0:
            raise self.wrong("a whole number of frames and a positive frame time", f"{frames:g} and {frame_time_s:g}")
        return int(frames), frame_time_s

    def values(self, frames: int, width: int) -> np.ndarray:
        """Return the motion table, frames x channels.

        Reads everything at once; only when that does not fit are the lines searched for the culprit.
        """
        body = self.lines[self.line :]
        try:
            table = np.array(" ".join(body).split(), dtype=np.float64)
        except ValueError:
            table = np.full(1, np.nan)
        if table.size == frames * width and np.isfinite(table).all():
            return table.reshape(frames, width)
        count = 0
        for number, text in enumerate(body, start=self.line + 1):
            words = text.split()
            self.line = number
            if words:
                self.numbers(words, width, "one frame, one per channel")
                count += 1
        raise self.wrong(f"{frames} frames, as 'Frames:' says", f"{count}")


def read_bvh(path: Path) -> BvhMotion:
    """Read a BVH file.

    Raises:
        SkeletonError: if it is missing or malformed; the message has the line number.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise SkeletonError(
            message(expected="a BVH file", got=str(error), where=str(path), do="Check the path.")
        ) from error
    reader = _Reader(text, str(path))
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
    return BvhMotion(
        names=tuple(joint.name for joint in joints),
        parents=tuple(joint.parent for joint in joints),
        offsets=offsets,
        end_sites=tuple(reader.end_sites),
        local_quat_wxyz=quats,
        local_position=positions,
        frame_rate_hz=float(whole) if whole and abs(rate_hz / whole - 1) < 2e-4 else rate_hz,
        channels=tuple(tuple(joint.channels) for joint in joints),
    )


def clip_from_bvh(motion: BvhMotion, *, metres_per_unit: float | None = None, where: str = "BVH") -> MotionClip:
    """Return the clip of a BVH in our own hierarchy (SMPL-X names, T-pose rest, Y up), joints in any order.

    Joints that the file lacks stay at rest. Position channels of joints other than the pelvis are ignored.

    Args:
        motion: what `read_bvh` returned.
        metres_per_unit: None = 1, or 0.01 if the thigh at rest is longer than 5 units (a file in centimetres).
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
    scale = metres_per_unit if metres_per_unit is not None else (0.01 if thigh > 5 else 1.0)
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
    """Write a BVH as it was read: its own names, hierarchy, unit and channels; atomically.

    A joint without three rotation channels gets 'ZXY'; if no joint has places, the root gets X Y Z.

    Raises:
        OutputError: if it cannot be written.
    """
    channels = [_complete(motion.channels, joint) for joint in range(len(motion.names))]
    lines, order = hierarchy_lines(motion.names, motion.parents, motion.offsets, channels, motion.end_sites)
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
