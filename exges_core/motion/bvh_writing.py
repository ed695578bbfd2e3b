"""Any joint tree and its motion -> BVH text: the target's own names, order, offsets, channels and End Sites.

Angles are free of wraps, files are put in place atomically. What the numbers mean is decided by the callers: ``bvh``
writes our own body in metres, target rigs keep their own unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.files import replacing
from exges_core.motion.euler import euler_from_quat

WRITTEN_ORDER = "ZXY"
"""Euler order of what is written where the target has none of its own. The middle axis is the one that may not reach 90
degrees; about X (a bone's own length in the arms, flexion in the legs) a talking person stays furthest from it."""
TURNS: tuple[str, ...] = tuple(f"{axis}r" for axis in WRITTEN_ORDER)
"""Rotation channels in that order, as `hierarchy_lines` takes them."""
PLACES: tuple[str, ...] = ("Xp", "Yp", "Zp")
_KINDS = {"p": "position", "r": "rotation"}


def hierarchy_lines(
    names: Sequence[str],
    parents: Sequence[int],
    offsets: Float[Array, "joints 3"],
    channels: Sequence[Sequence[str]],
    end_sites: Sequence[tuple[int, tuple[float, float, float]]],
) -> tuple[list[str], list[int]]:
    """Return the lines of a hierarchy and its joints in the order written: depth first, children as they come.

    Args:
        names: of the joints, written as they are (`bvh_names`).
        parents: -1 for the root; parents come first.
        offsets: parent to joint at rest.
        channels: per joint, 'Xp', 'Zr', ... (axis; position or rotation).
        end_sites: (joint, offset) of what ends a chain.
    """
    lines, order = ["HIERARCHY"], list[int]()

    def offset(depth: int, vector: Sequence[float] | Array) -> str:
        x, y, z = (round(float(value), 6) + 0.0 for value in vector)
        return "\t" * depth + f"OFFSET {x:.6f} {y:.6f} {z:.6f}"

    def add(joint: int, depth: int) -> None:
        order.append(joint)
        tabs = "\t" * depth
        lines.extend([f"{tabs}{'JOINT' if depth else 'ROOT'} {names[joint]}", f"{tabs}{{"])
        lines.append(offset(depth + 1, offsets[joint]))
        words = [f"{channel[0]}{_KINDS[channel[1]]}" for channel in channels[joint]]
        lines.append(f"{tabs}\tCHANNELS {len(words)} {' '.join(words)}".rstrip())
        for child, parent in enumerate(parents):
            if parent == joint:
                add(child, depth + 1)
        for ended, end in end_sites:
            if ended == joint:
                lines.extend([f"{tabs}\tEnd Site", f"{tabs}\t{{", offset(depth + 2, end), f"{tabs}\t}}"])
        lines.append(f"{tabs}}}")

    add(0, 0)
    return lines, order


def motion_table(
    local_quat_wxyz: Float[Array, "frames joints 4"],
    local_position: Float[Array, "frames joints 3"],
    channels: Sequence[Sequence[str]],
    order: Sequence[int],
) -> Float[Array, "frames values"]:
    """Return the rows of a MOTION block: places in the file's unit, angles in degrees, joints in the order written."""
    turns = {joint: "".join(each[0] for each in channels[joint] if each[1] == "r") for joint in order}
    degrees: dict[int, Array] = {}
    for axes in sorted(set(turns.values()) - {""}):
        joints = [joint for joint in order if turns[joint] == axes]
        angles = np.degrees(euler_from_quat(local_quat_wxyz[:, joints], axes))
        degrees |= {joint: angles[:, place] for place, joint in enumerate(joints)}
    columns: list[Array] = []
    for joint in order:
        for channel in channels[joint]:
            if channel[1] == "p":
                columns.append(local_position[:, joint, "XYZ".index(channel[0])])
            else:
                columns.append(degrees[joint][:, turns[joint].index(channel[0])])
    return np.stack(columns, axis=1)


def write_lines(
    path: Path, hierarchy: Sequence[str], table: Float[Array, "frames values"], frame_rate_hz: float
) -> None:
    """Write a hierarchy and its motion; atomically.

    Raises:
        OutputError: if it cannot be written.
    """
    row = " ".join(["%.6f"] * table.shape[1]) + "\n"
    lines = [*hierarchy, "MOTION", f"Frames: {len(table)}", f"Frame Time: {1.0 / frame_rate_hz:.10f}"]
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as file,
    ):
        file.write("\n".join(lines) + "\n")
        file.writelines(row % tuple(values.tolist()) for values in table)
