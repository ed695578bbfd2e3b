"""Keep hands out of the body and of each other: capsules, the gaps between them, pushes that part them.

`self_gaps_m` measures with every finger; `pushes_m` says, with fewer capsules, where wrists have to go instead; ours.
"""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np

from exges_core.arrays import Array, Float, einsum
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import Pose
from exges_core.motion.rotations import quat_rotate
from exges_core.motion.skeleton import FINGERS, end_offset_m, joint_index

Capsule = tuple[Float[Array, "frames 3"], Float[Array, "frames 3"], float]
"""Both ends (metres) and the radius."""
_TRUNK = (
    ("pelvis", (-0.06, -0.02, 0.0), "pelvis", (0.06, -0.02, 0.0), 0.105),
    ("spine1", (-0.05, 0.0, 0.0), "spine1", (0.05, 0.0, 0.0), 0.095),
    ("spine2", (-0.06, 0.0, 0.01), "spine2", (0.06, 0.0, 0.01), 0.100),
    ("spine3", (-0.07, 0.06, 0.01), "spine3", (0.07, 0.06, 0.01), 0.100),
)
_ARM_RADIUS_M, _FINGER_RADIUS_M = 0.030, 0.009


def _at(pose: Pose, name: str, offset_m: tuple[float, float, float]) -> Array:
    place = joint_index(name)
    return pose.positions_m[:, place] + quat_rotate(pose.world_quat_wxyz[:, place], np.array(offset_m))


def trunk_capsules(pose: Pose) -> list[Capsule]:
    """Return the trunk as flat-ish capsules lying across it."""
    return [(_at(pose, a, start), _at(pose, b, stop), radius) for a, start, b, stop, radius in _TRUNK]


def head_capsules(pose: Pose) -> list[Capsule]:
    """Return the skull and the neck."""
    return [
        (_at(pose, "head", (0.0, 0.07, 0.0)), _at(pose, "head", (0.0, 0.09, 0.02)), 0.088),
        (_at(pose, "neck", (0.0, 0.0, 0.01)), _at(pose, "head", (0.0, 0.03, 0.0)), 0.045),
    ]


def hand_capsules(pose: Pose, side: str) -> list[Capsule]:
    """Return palm and fingers of one hand."""
    wrist = pose.positions_m[:, joint_index(f"{side}_wrist")]
    capsules: list[Capsule] = []
    for finger in FINGERS:
        joints = [joint_index(f"{side}_{finger}{number}") for number in (1, 2, 3)]
        points = [pose.positions_m[:, joint] for joint in joints]
        tip = end_offset_m(f"{side}_{finger}3")
        points.append(points[-1] + quat_rotate(pose.world_quat_wxyz[:, joints[-1]], tip))
        capsules.append((wrist, points[0], 0.013))
        capsules += [(a, b, _FINGER_RADIUS_M) for a, b in pairwise(points)]
    return capsules


def forearm_capsules(pose: Pose, side: str) -> list[Capsule]:
    """Return one forearm, without its end at the elbow."""
    elbow, wrist = (pose.positions_m[:, joint_index(f"{side}_{name}")] for name in ("elbow", "wrist"))
    return [(elbow + 0.25 * (wrist - elbow), wrist, _ARM_RADIUS_M)]


def _coarse_hand(pose: Pose, side: str) -> list[Capsule]:
    """Approximate a hand by six capsules: two for the palm, three fingers, the thumb."""
    wrist = pose.positions_m[:, joint_index(f"{side}_wrist")]
    capsules: list[Capsule] = []
    for finger, is_palm in (("index", True), ("middle", False), ("pinky", True), ("thumb", False)):
        first, last = (joint_index(f"{side}_{finger}{number}") for number in (1, 3))
        knuckle, middle = pose.positions_m[:, first], pose.positions_m[:, last]
        tip = middle + quat_rotate(pose.world_quat_wxyz[:, last], end_offset_m(f"{side}_{finger}3"))
        capsules += [(wrist, knuckle, 0.016)] if is_palm else []
        capsules += [(knuckle, middle, 0.012), (middle, tip, 0.010)]
    return capsules


def pushes_m(pose: Pose, *, spare_m: float = 0.006) -> dict[str, Float[Array, "frames 3"]]:
    """Return for each wrist the shift (metres, world axes) that takes it out of trunk, head and the other hand.

    Zero where nothing overlaps. Each hand gives way by half where both meet; `spare_m` is air left between surfaces.
    """
    forward = quat_rotate(pose.world_quat_wxyz[:, 0], np.array((0.0, 0.0, 1.0)))
    left = quat_rotate(pose.world_quat_wxyz[:, 0], np.array((1.0, 0.0, 0.0)))
    hands = {side: _coarse_hand(pose, side) for side in ("left", "right")}
    arms = {side: forearm_capsules(pose, side) for side in ("left", "right")}
    body = trunk_capsules(pose) + head_capsules(pose)
    pushes: dict[str, Array] = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        other = "right" if side == "left" else "left"
        out = 0.6 * forward + 0.8 * sign * left
        push = _deepest(hands[side], body, out, spare_m, 1.0)
        push = _larger(push, _deepest(arms[side], body, out, spare_m, 1.4))
        aside = sign * left + 0.3 * sign * forward
        push = push + _deepest(hands[side], hands[other] + arms[other], aside, spare_m, 0.55)
        push = push + _deepest(arms[side], hands[other] + arms[other], aside, spare_m, 0.55)
        pushes[side] = push
    return pushes


def _larger(first: Array, second: Array) -> Array:
    is_first = _length(first) >= _length(second)
    return np.where(is_first[:, None], first, second)


def _deepest(
    moving: list[Capsule], obstacles: list[Capsule], default: Array, spare_m: float, share: float
) -> Float[Array, "frames 3"]:
    """Return the shift that undoes the deepest overlap; where axes cross, `default` says which way is out."""
    deepest, shift = np.zeros(len(default)), np.zeros_like(default)
    centre, radius = _ball(moving)
    for c, d, rc in obstacles:
        apart = _length(centre - 0.5 * (c + d)) - 0.5 * _length(d - c)
        near = np.flatnonzero(apart < radius + rc + spare_m)
        for a, b, ra in moving if len(near) else ():
            away = _between(a[near], b[near], c[near], d[near])
            depth = ra + rc + spare_m - _length(away)
            is_worse = depth > deepest[near]
            if not is_worse.any():
                continue
            at, depth = near[is_worse], depth[is_worse]
            way = away[is_worse] + 0.35 * depth[:, None] * default[at]
            way /= np.maximum(_length(way), 1e-9)[:, None]
            shift[at], deepest[at] = share * depth[:, None] * way, depth
    return shift


def _ball(capsules: list[Capsule]) -> tuple[Float[Array, "frames 3"], Float[Array, "frames"]]:
    """Return a ball around all capsules."""
    ends = np.stack([end for a, b, _ in capsules for end in (a, b)])
    centre = ends.mean(axis=0)
    return centre, _length(ends - centre).max(axis=0) + max(radius for _, _, radius in capsules)


def gap_m(first: list[Capsule], second: list[Capsule]) -> Float[Array, "frames"]:
    """Return the smallest distance between the surfaces of two groups of capsules; negative where they overlap."""
    gaps = [segment_distance(a, b, c, d) - ra - rc for (a, b, ra), (c, d, rc) in product(first, second)]
    return np.min(gaps, axis=0)


def segment_distance(
    a: Float[Array, "frames 3"],
    b: Float[Array, "frames 3"],
    c: Float[Array, "frames 3"],
    d: Float[Array, "frames 3"],
) -> Float[Array, "frames"]:
    """Return the distance between the segments a-b and c-d."""
    return _length(_between(a, b, c, d))


def _between(a: Array, b: Array, c: Array, d: Array) -> Float[Array, "frames 3"]:
    """Return the vector from c-d's nearest point to a-b's (Ericson, Real-Time Collision Detection, 5.1.9)."""
    u, v, w = b - a, d - c, a - c
    uu, vv = np.maximum(_dot(u, u), 1e-12), np.maximum(_dot(v, v), 1e-12)
    uv, uw, vw = _dot(u, v), _dot(u, w), _dot(v, w)
    determinant = uu * vv - uv * uv
    s = np.where(determinant > 1e-12, np.clip((uv * vw - vv * uw) / np.maximum(determinant, 1e-12), 0.0, 1.0), 0.0)
    t = np.clip((uv * s + vw) / vv, 0.0, 1.0)
    s = np.clip((uv * t - uw) / uu, 0.0, 1.0)
    return w + s[:, None] * u - t[:, None] * v


def _dot(first: Array, second: Array) -> Array:
    return einsum("...i,...i->...", first, second)


def _length(vectors: Array) -> Array:
    return np.sqrt(_dot(vectors, vectors))


def self_gaps_m(clip: MotionClip) -> dict[str, Float[Array, "frames"]]:
    """Return the gaps (metres, negative inside) between hands and trunk, head, the other hand and the other forearm."""
    pose = clip.pose()
    hands = {side: hand_capsules(pose, side) for side in ("left", "right")}
    arms = {side: forearm_capsules(pose, side) for side in ("left", "right")}
    trunk, skull = trunk_capsules(pose), head_capsules(pose)
    return {
        "hand-hand": gap_m(hands["left"], hands["right"]),
        "hand-trunk": np.minimum(gap_m(hands["left"], trunk), gap_m(hands["right"], trunk)),
        "hand-head": np.minimum(gap_m(hands["left"], skull), gap_m(hands["right"], skull)),
        "hand-forearm": np.minimum(gap_m(hands["left"], arms["right"]), gap_m(hands["right"], arms["left"])),
        "forearm-forearm": gap_m(arms["left"], arms["right"]),
        "forearm-trunk": np.minimum(gap_m(arms["left"], trunk), gap_m(arms["right"], trunk)),
    }
