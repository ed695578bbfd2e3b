"""The mannequin of the pictures: a pose as tapered capsules in camera space, grouped into parts. No drawing in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.rotations import quat_rotate
from exges_core.motion.skeleton import FINGERS, JOINT_NAMES, end_offset_m, joint_index


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape:
    """A tapered capsule in camera space (x right, y up, z towards the viewer)."""

    start_m: Float[Array, "3"]
    stop_m: Float[Array, "3"]
    start_radius_m: float
    stop_radius_m: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """Shapes that are painted as one, with one outline.

    Attributes:
        shapes: the capsules.
        side: left, right or middle.
        depth_m: larger = nearer to the viewer.
        is_ink: painted in the outline's colour (eyes).
    """

    shapes: tuple[Shape, ...]
    side: str
    depth_m: float
    is_ink: bool = False


_LIMBS = (
    (("hip", "knee", 0.075, 0.052),),
    (("knee", "ankle", 0.052, 0.034),),
    (("ankle", "foot", 0.036, 0.03), ("foot", "tip", 0.03, 0.02)),
    (("shoulder", "elbow", 0.047, 0.036),),
    (("elbow", "wrist", 0.036, 0.025),),
)
_TORSO = (
    ("left_hip", "right_hip", 0.085, 0.085),
    ("pelvis", "spine1", 0.125, 0.115),
    ("spine1", "spine3", 0.115, 0.13),
    ("spine3", "left_shoulder", 0.11, 0.05),
    ("spine3", "right_shoulder", 0.11, 0.05),
    ("left_shoulder", "right_shoulder", 0.052, 0.052),
)


class _Body:
    """Points of a posed body in camera space."""

    def __init__(self, positions_m: Array, world_quat_wxyz: Array, turn_wxyz: Array) -> None:
        self.positions, self.world, self.turn = positions_m, world_quat_wxyz, turn_wxyz

    def joint(self, name: str) -> Array:
        return quat_rotate(self.turn, self.positions[joint_index(name)])

    def near(self, name: str, offset_m: Sequence[float] | Array) -> Array:
        """Return a point fixed to a joint."""
        place = joint_index(name)
        return quat_rotate(self.turn, self.positions[place] + quat_rotate(self.world[place], np.asarray(offset_m)))

    def end(self, name: str) -> Array:
        return self.near(name, end_offset_m(name))


def _shape(start_m: Array, stop_m: Array, start_radius_m: float, stop_radius_m: float) -> Shape:
    return Shape(start_m=start_m, stop_m=stop_m, start_radius_m=start_radius_m, stop_radius_m=stop_radius_m)


def _part(shapes: Sequence[Shape], side: str, nearer_m: float = 0.0, *, is_ink: bool = False) -> Part:
    depth = float(np.mean([(shape.start_m[2] + shape.stop_m[2]) / 2 for shape in shapes]))
    return Part(shapes=tuple(shapes), side=side, depth_m=depth + nearer_m, is_ink=is_ink)


def _hand(body: _Body, side: str) -> list[Part]:
    """Return palm, fingers and thumb, each finger a part of its own so that poses can be told apart."""
    wrist = body.joint(f"{side}_wrist")
    knuckles = [body.joint(f"{side}_{finger}1") for finger in FINGERS[:4]]
    palm = [_shape(wrist, knuckle, 0.016, 0.013) for knuckle in knuckles]
    thumb = body.joint(f"{side}_thumb1")
    parts = [_part([*palm, _shape(wrist, thumb, 0.016, 0.014)], side)]
    for finger in FINGERS:
        names = [f"{side}_{finger}{number}" for number in (1, 2, 3)]
        points = [*(body.joint(name) for name in names), body.end(names[-1])]
        radii = (0.0105, 0.0095, 0.0085, 0.007)
        pairs = zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True)
        parts.append(_part([_shape(*pair) for pair in pairs], side))
    return parts


def _head(body: _Body) -> list[Part]:
    """Return the neck, the skull with its chin and nose, and the eyes where they can be seen."""
    skull = [
        _shape(body.near("head", (0, 0.075, -0.005)), body.near("head", (0, 0.085, 0.01)), 0.09, 0.09),
        _shape(body.near("head", (0, 0.055, 0.025)), body.near("jaw", (0, -0.005, 0.005)), 0.076, 0.05),
        _shape(body.near("head", (0, 0.055, 0.085)), body.near("head", (0, 0.03, 0.115)), 0.01, 0.013),
    ]
    neck = [_shape(body.near("neck", (0, 0.0, 0.012)), body.near("head", (0, 0.03, 0.0)), 0.044, 0.046)]
    head = _part(skull, "middle", 0.05)
    parts = [_part(neck, "middle"), head]
    for name in ("left_eye_smplhf", "right_eye_smplhf"):
        outward = body.near(name, (0, 0, 0.02)) - body.joint(name)
        if outward[2] > 0.004:
            eye = body.near(name, (0, 0, 0.012))
            parts.append(
                Part(shapes=(_shape(eye, eye, 0.009, 0.009),), side="middle", depth_m=head.depth_m + 1e-3, is_ink=True)
            )
    return parts


def parts_of(
    positions_m: Float[Array, "55 3"],
    world_quat_wxyz: Float[Array, "55 4"],
    turn_wxyz: Float[Array, "4"],
) -> list[Part]:
    """Return the parts of one posed body, turned into camera space by `turn_wxyz`."""
    if len(positions_m) != len(JOINT_NAMES):
        raise ValueError(f"parts_of: expected {len(JOINT_NAMES)} joints, got {len(positions_m)}")
    body = _Body(positions_m, world_quat_wxyz, turn_wxyz)
    parts = [_part([_shape(body.joint(a), body.joint(b), ra, rb) for a, b, ra, rb in _TORSO], "middle")]
    parts += _head(body)
    for side in ("left", "right"):
        for limb in _LIMBS:
            shapes = [
                _shape(
                    body.joint(f"{side}_{a}"),
                    body.end(f"{side}_{a}") if b == "tip" else body.joint(f"{side}_{b}"),
                    ra,
                    rb,
                )
                for a, b, ra, rb in limb
            ]
            parts.append(_part(shapes, side))
        parts += _hand(body, side)
    return parts
