"""Points of tubes of human girth about the bones of a rig that has no mesh; ours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exges_core.arrays import Array
from exges_core.motion.skeleton import FINGERS
from exges_core.rig.patch import Patch
from exges_core.rig.rest import SPINE, RestPose, unit
from exges_core.rig.retarget_chain import Chain

SIDES = ("left", "right")
_TUBES_M: tuple[tuple[str, tuple[str, ...], tuple[float, float]], ...] = (
    ("pelvis", SPINE, (0.155, 0.11)),
    ("spine1", ("spine2", "spine3", "neck", "head"), (0.145, 0.105)),
    ("spine2", ("spine3", "neck", "head"), (0.15, 0.11)),
    ("spine3", ("neck", "head"), (0.15, 0.11)),
    ("neck", ("head",), (0.055, 0.055)),
    ("head", (), (0.075, 0.095)),
    *((f"{side}_hip", (f"{side}_knee",), (0.08, 0.08)) for side in SIDES),
    *((f"{side}_knee", (f"{side}_ankle",), (0.055, 0.055)) for side in SIDES),
    *((f"{side}_elbow", (f"{side}_wrist",), (0.037, 0.037)) for side in SIDES),
    *((f"{side}_wrist", (f"{side}_middle1", f"{side}_index1"), (0.04, 0.014)) for side in SIDES),
    *((f"{side}_{name}1", (f"{side}_{name}2",), (0.009, 0.009)) for side in SIDES for name in FINGERS),
    *((f"{side}_{name}2", (f"{side}_{name}3",), (0.009, 0.009)) for side in SIDES for name in FINGERS),
)
"""Tubes about bare bones: from a joint to the first of these that the rig has, half widths across and fore-and-aft
in canonical metres (people of middle height); a head goes on upwards (from the neck's bone if it
has none), a hand without fingers as the forearm does."""
_HEAD_M, _NECK_M, _HAND_M = 0.20, 0.15, 0.15
_ROUND = np.linspace(0.0, 2.0 * np.pi, 32, endpoint=False)


def tubes_about(chain: Chain, rest: RestPose) -> Patch:
    """Return the points of tubes about the bones, each carried by the bone that it begins at."""
    points, normals, places = list[Array](), list[Array](), list[Array]()
    for joint, ends, half_widths in _TUBES_M:
        if joint not in rest.points:
            continue
        start, stop = rest.points[joint], _end(chain, rest, joint, ends)
        out, ring = _ring(rest, joint, stop - start, np.array(half_widths) * rest.scale)
        along = np.linspace(0.0, 1.0, max(2, round(float(np.linalg.norm(stop - start)) / (0.02 * rest.scale))))
        centres = start + along[:, None] * (stop - start)
        points.append((centres[:, None] + ring).reshape(-1, 3))
        normals.append(np.broadcast_to(out, (len(along), *out.shape)).reshape(-1, 3))
        places.append(np.full(len(points[-1]), chain.anchors[joint][0]))
    return Patch(points=np.concatenate(points), normals=np.concatenate(normals), places=np.concatenate(places))


def _end(chain: Chain, rest: RestPose, joint: str, ends: Sequence[str]) -> Array:
    """Return where a tube ends."""
    start, there = rest.points[joint], next((rest.points[name] for name in ends if name in rest.points), None)
    if there is not None:
        return there
    if joint == "head":
        height = _HEAD_M if "head" in chain.rig_map.bones else _HEAD_M + _NECK_M
        return start + height * rest.scale * rest.own_axes[:, 1]
    along = start - rest.points[joint.replace("wrist", "elbow")] if joint.endswith("wrist") else np.zeros(3)
    return start + _HAND_M * rest.scale * unit(along)


def _ring(rest: RestPose, joint: str, along: Array, half_widths: Array) -> tuple[Array, Array]:
    """Return the normals and the points of a tube's cross-section, about its axis."""
    side = joint.partition("_")[0]
    knuckles = [rest.heads[name] for name in (f"{side}_index1", f"{side}_pinky1") if name in rest.heads]
    is_hand = joint.endswith("wrist") and len(knuckles) == 2
    wide = knuckles[0] - knuckles[1] if is_hand else rest.own_axes[:, 0]
    along = unit(along)
    if abs(float(unit(wide) @ along)) > 0.9:
        wide = rest.own_axes[:, 2]
    across = unit(wide - (wide @ along) * along)
    deep = np.cross(along, across)
    width, depth = half_widths
    ring = width * np.cos(_ROUND)[:, None] * across + depth * np.sin(_ROUND)[:, None] * deep
    out = depth * np.cos(_ROUND)[:, None] * across + width * np.sin(_ROUND)[:, None] * deep
    return out / np.linalg.norm(out, axis=-1, keepdims=True), ring
