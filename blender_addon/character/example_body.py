# SPDX-License-Identifier: GPL-3.0-or-later
"""The example character's body: lofts of elliptic rings along the canonical body's bones, weighted. No bpy in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from exges_core.arrays import Array
from exges_core.motion.skeleton import (
    FINGERS,
    JOINT_NAMES,
    PARENTS,
    REST_OFFSETS_M,
    STANDING_PELVIS_HEIGHT_M,
    end_offset_m,
    joint_index,
)

LEFT_OUT = ("left_eye_smplhf", "right_eye_smplhf")
"""Joints without a bone."""
SKIN, JOINT, DARK = 0, 1, 2
COLOURS = ((0.74, 0.63, 0.51), (0.06, 0.23, 0.33), (0.015, 0.018, 0.022))
_SEGMENTS, _CAPS = 16, 4
_SOLE = 0.37
"""How flat a foot is."""
_TRUNK = (
    # height over the hips, half width, half depth, how far forward (m)
    (-0.155, 0.030, 0.040, 0.000),
    (-0.130, 0.110, 0.085, -0.002),
    (-0.070, 0.155, 0.108, -0.005),
    (0.000, 0.160, 0.110, -0.008),
    (0.080, 0.145, 0.100, -0.010),
    (0.160, 0.132, 0.092, -0.008),
    (0.240, 0.140, 0.098, -0.006),
    (0.320, 0.155, 0.110, -0.006),
    (0.400, 0.158, 0.104, -0.012),
    (0.445, 0.130, 0.082, -0.018),
    (0.475, 0.085, 0.062, -0.022),
    (0.492, 0.040, 0.040, -0.024),
)
_HEAD = (
    # height over the head joint, half width, half depth, how far forward (m)
    (-0.040, 0.020, 0.026, 0.052),
    (-0.025, 0.045, 0.052, 0.040),
    (0.010, 0.064, 0.080, 0.024),
    (0.060, 0.075, 0.096, 0.012),
    (0.110, 0.078, 0.100, 0.006),
    (0.150, 0.072, 0.092, 0.002),
    (0.180, 0.050, 0.064, 0.000),
    (0.194, 0.014, 0.018, 0.000),
)
_TUBES = (
    # bone, where it ends, radius at both, material
    ("{}_hip", "{}_knee", 0.084, 0.052, SKIN),
    ("{}_knee", "{}_ankle", 0.054, 0.034, SKIN),
    ("{}_knee", "", 0.056, 0.056, JOINT),
    ("{}_ankle", "", 0.040, 0.040, JOINT),
    ("{}_ankle", "{}_foot", 0.036, 0.016, SKIN),
    ("{}_foot", "tip", 0.040, 0.032, SKIN),
    ("{}_collar", "{}_shoulder", 0.058, 0.056, SKIN),
    ("{}_shoulder", "", 0.060, 0.060, JOINT),
    ("{}_shoulder", "{}_elbow", 0.050, 0.038, SKIN),
    ("{}_elbow", "", 0.041, 0.041, JOINT),
    ("{}_elbow", "{}_wrist", 0.037, 0.026, SKIN),
    ("{}_wrist", "", 0.029, 0.029, JOINT),
)
_FINGER_RADII_M = {"index": 0.0098, "middle": 0.0100, "ring": 0.0096, "pinky": 0.0086, "thumb": 0.0118}


def joints_m() -> dict[str, Array]:
    """Return every joint's place at rest in Blender's axes (Z up, facing -Y), soles on the ground, in metres."""
    places: list[Array] = []
    for parent, offset in zip(PARENTS, REST_OFFSETS_M, strict=True):
        start = places[parent] if parent >= 0 else np.array([0.0, STANDING_PELVIS_HEIGHT_M, 0.0])
        places.append(start + (offset if parent >= 0 else 0.0))
    return {name: _turned(place) for name, place in zip(JOINT_NAMES, places, strict=True)}


def tail_m(name: str) -> Array:
    """Return where a joint's bone ends, in Blender's axes."""
    main = {"pelvis": "spine1", "spine3": "neck", "left_wrist": "left_middle1", "right_wrist": "right_middle1"}
    child = main.get(name) or next(
        (each for each, parent in zip(JOINT_NAMES, PARENTS, strict=True) if parent == joint_index(name)), ""
    )
    if not child or name == "head":
        return joints_m()[name] + _turned(end_offset_m(name))
    return joints_m()[child]


def parent_of(name: str) -> str:
    """Return the joint above, '' for the hips."""
    parent = PARENTS[joint_index(name)]
    return JOINT_NAMES[parent] if parent >= 0 else ""


@dataclass(kw_only=True)
class Body:
    """A mesh with its materials' slots by face, and by bone the weights of its vertices."""

    points_m: list[Array] = field(default_factory=list[Array])
    faces: list[tuple[int, ...]] = field(default_factory=list[tuple[int, ...]])
    slots: list[int] = field(default_factory=list[int])
    weights: dict[str, list[tuple[int, float]]] = field(default_factory=dict[str, list[tuple[int, float]]])

    def loft(
        self, centres: Array, across: Array, along: Array, slot: int, weights: Sequence[dict[str, float]] | str
    ) -> None:
        """Add a closed loft of ellipses.

        Args:
            centres: of the rings, rings x 3.
            across: first half axis of each, rings x 3.
            along: second half axis of each, rings x 3.
            slot: the material.
            weights: by ring, or one bone for all.
        """
        base, rings = sum(len(each) for each in self.points_m), len(centres)
        angles = np.linspace(0.0, 2.0 * np.pi, _SEGMENTS, endpoint=False)[None, :, None]
        ellipses = centres[:, None] + np.cos(angles) * across[:, None] + np.sin(angles) * along[:, None]
        self.points_m.append(ellipses.reshape(-1, 3))
        for ring in range(rings):
            given = {weights: 1.0} if isinstance(weights, str) else weights[ring]
            for bone, share in given.items():
                members = range(base + ring * _SEGMENTS, base + (ring + 1) * _SEGMENTS)
                self.weights.setdefault(bone, []).extend((member, share) for member in members)
        for ring in range(rings - 1):
            low, high = base + ring * _SEGMENTS, base + (ring + 1) * _SEGMENTS
            for here in range(_SEGMENTS):
                after = (here + 1) % _SEGMENTS
                self.faces.append((low + here, low + after, high + after, high + here))
        last = base + (rings - 1) * _SEGMENTS
        self.faces.append(tuple(range(base + _SEGMENTS - 1, base - 1, -1)))
        self.faces.append(tuple(range(last, last + _SEGMENTS)))
        self.slots += [slot] * (len(self.faces) - len(self.slots))

    def tube(
        self, start: Array, stop: Array, radii: tuple[float, float], slot: int, bone: str, *, flat: float = 1.0
    ) -> None:
        """Add a tapered capsule; with `flat` its half height is that share of its half width."""
        axis = stop - start
        length = float(np.linalg.norm(axis))
        axis = axis / length if length > 0.0 else np.array([0.0, 0.0, 1.0])
        up = np.array([0.0, 0.0, 1.0]) if abs(axis[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
        across = np.cross(axis, up)
        across /= np.linalg.norm(across)
        turns = np.linspace(0.04, 0.5 * np.pi, _CAPS + 1)
        first, second = radii
        places = np.concatenate([-first * np.cos(turns), length + second * np.cos(turns[::-1])])
        sizes = np.concatenate([first * np.sin(turns), second * np.sin(turns[::-1])])[:, None]
        self.loft(start + np.outer(places, axis), sizes * across, flat * sizes * np.cross(across, axis), slot, bone)


def body() -> Body:
    """Return the whole body at rest."""
    made, joints = Body(), joints_m()
    _loft_upright(made, _TRUNK, joints["pelvis"], _trunk_weights(joints))
    made.tube(joints["neck"], joints["head"] + (0.0, 0.0, 0.03), (0.05, 0.045), JOINT, "neck")
    _loft_upright(made, _HEAD, joints["head"], "head")
    for side in ("left", "right"):
        eye = joints[f"{side}_eye_smplhf"]
        made.tube(eye, eye, (0.013, 0.013), DARK, "head")
        for bone, end, first, second, slot in _TUBES:
            name = bone.format(side)
            stop = tail_m(name) if end == "tip" else joints[end.format(side) if end else name]
            flat = _SOLE if end == "tip" else 1.0
            made.tube(joints[name], stop, (first, second), slot, name, flat=flat)
        _hand(made, joints, side)
    return made


def _loft_upright(
    made: Body,
    rings: Sequence[tuple[float, float, float, float]],
    base: Array,
    weights: Sequence[dict[str, float]] | str,
) -> None:
    table = np.array(rings)
    zero = np.zeros(len(table))
    centres = base + np.stack([zero, -table[:, 3], table[:, 0]], axis=1)
    across, along = np.stack([table[:, 1], zero, zero], axis=1), np.stack([zero, table[:, 2], zero], axis=1)
    made.loft(centres, across, along, SKIN, weights)


def _trunk_weights(joints: dict[str, Array]) -> list[dict[str, float]]:
    """Return each ring's bones: between two joints of the spine, both have a share."""
    chain = ("pelvis", "spine1", "spine2", "spine3")
    heights = [float(joints[each][2]) + 0.03 for each in chain]
    found: list[dict[str, float]] = []
    for height, *_ in _TRUNK:
        at = float(np.interp(height + joints["pelvis"][2], heights, range(len(chain))))
        low = min(int(at), len(chain) - 2)
        found.append({chain[low]: 1.0 - (at - low), chain[low + 1]: at - low})
    return found


def _hand(made: Body, joints: dict[str, Array], side: str) -> None:
    """Add the palm and the fingers."""
    wrist = f"{side}_wrist"
    for finger in FINGERS:
        radius = _FINGER_RADII_M[finger]
        for bone in (f"{side}_{finger}{number}" for number in (1, 2, 3)):
            made.tube(joints[bone], tail_m(bone), (radius, 0.92 * radius), SKIN, bone)
            radius *= 0.92
        if finger != "thumb":
            made.tube(joints[wrist], joints[f"{side}_{finger}1"], (0.017, 0.0125), SKIN, wrist)
    made.tube(joints[wrist], joints[f"{side}_thumb1"], (0.018, 0.014), SKIN, wrist)


def _turned(place_m: Array) -> Array:
    """Return a canonical place (Y up, facing +Z) in Blender's axes."""
    x, y, z = place_m
    return np.array([x, -z, y])
