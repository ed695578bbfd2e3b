"""Where the joints of a body are: canonical proportions or others, in a T-pose, an A-pose or a family's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exges_core.motion.rotations import matrix_from_quat, quat_from_rotvec
from exges_core.motion.skeleton import (
    FINGERS,
    JOINT_NAMES,
    PARENTS,
    REST_OFFSETS_M,
    STANDING_PELVIS_HEIGHT_M,
    end_offset_m,
)


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Rest pose in degrees from the T-pose; both sides alike."""

    arms_down: float = 0.0
    elbows_forward: float = 0.0
    legs_apart: float = 0.0
    fingers_curled: float = 0.0
    knees_bent: float = 0.0


T_POSE = Pose()
A_POSE = Pose(arms_down=45.0, elbows_forward=8.0, legs_apart=5.0, fingers_curled=8.0)

BUILDS: Mapping[str, Mapping[str, float]] = {
    "average": {},
    "heroic": {"legs": 1.1, "arms": 1.05, "shoulders": 1.25, "trunk": 1.05, "head": 0.95},
    "child": {"legs": 0.62, "arms": 0.62, "shoulders": 0.7, "trunk": 0.68, "neck": 0.7, "head": 0.95, "hands": 0.65},
    "stylised": {"legs": 0.8, "arms": 0.8, "shoulders": 0.8, "trunk": 0.75, "head": 1.6, "hands": 1.1},
}
_PART = {
    **{name: "trunk" for name in ("left_hip", "right_hip", "spine1", "spine2", "spine3")},
    **{f"{side}_{name}": "legs" for side in ("left", "right") for name in ("knee", "ankle", "foot")},
    **{f"{side}_{name}": "shoulders" for side in ("left", "right") for name in ("collar", "shoulder")},
    **{f"{side}_{name}": "arms" for side in ("left", "right") for name in ("elbow", "wrist")},
    **{name: "hands" for name in JOINT_NAMES if any(finger in name for finger in FINGERS)},
    "neck": "trunk",
    "head": "neck",
    **{name: "head" for name in ("jaw", "left_eye_smplhf", "right_eye_smplhf")},
}


@dataclass(frozen=True, kw_only=True)
class Body:
    """Positions (metres, Y up, facing +Z, on the ground) and turns of the canonical joints at rest."""

    positions: Mapping[str, np.ndarray]
    turns: Mapping[str, np.ndarray]

    def at(self, place: str) -> np.ndarray:
        """Return a place of the notation in `hierarchy`."""
        if place == "floor":
            return np.zeros(3)
        if ">" in place:
            start, rest = place.split(">", 1)
            stop, share = rest.split(":")
            return self.at(start) + float(share) * (self.at(stop) - self.at(start))
        joint, _, offset = place.partition("+")
        base = self.positions[joint]
        return base + self.turns[joint] @ np.array([float(x) for x in offset.split(",")]) if offset else base

    def end(self, joint: str) -> np.ndarray:
        """Return where a chain that ends with this joint ends."""
        return self.positions[joint] + self.turns[joint] @ end_offset_m(joint)


def body(pose: Pose, build: str = "average") -> Body:
    """Return the joints of a body at rest."""
    scales = BUILDS[build]
    positions: dict[str, np.ndarray] = {}
    turns: dict[str, np.ndarray] = {}
    for index, name in enumerate(JOINT_NAMES):
        local = _local(pose, name)
        parent = PARENTS[index]
        if parent < 0:
            positions[name], turns[name] = np.zeros(3), local
            continue
        above = JOINT_NAMES[parent]
        offset = REST_OFFSETS_M[index] * scales.get(_PART.get(name, ""), 1.0)
        positions[name] = positions[above] + turns[above] @ offset
        turns[name] = turns[above] @ local
    below = STANDING_PELVIS_HEIGHT_M + float(REST_OFFSETS_M[[1, 4, 7, 10], 1].sum())
    lowest = min(float(positions[f"{side}_foot"][1]) for side in ("left", "right"))
    lift = np.array([0.0, below - lowest, 0.0])
    return Body(positions={name: place + lift for name, place in positions.items()}, turns=turns)


def _local(pose: Pose, name: str) -> np.ndarray:
    side, _, part = name.partition("_")
    finger = part[:-1]
    degrees = {
        "collar": (0.0, 0.0, -0.08 * pose.arms_down),
        "shoulder": (0.0, 0.0, -0.92 * pose.arms_down),
        "elbow": (0.0, -pose.elbows_forward, 0.0),
        "hip": (-0.5 * pose.knees_bent, 0.0, pose.legs_apart),
        "knee": (pose.knees_bent, 0.0, 0.0),
        "ankle": (-0.5 * pose.knees_bent, 0.0, -pose.legs_apart),
    }.get(part, (0.0, 0.0, -pose.fingers_curled) if finger in FINGERS and finger != "thumb" else (0.0, 0.0, 0.0))
    vector = np.deg2rad(np.array(degrees, dtype=np.float64))
    if side == "right":
        vector = vector * np.array([1.0, -1.0, -1.0])
    return matrix_from_quat(quat_from_rotvec(vector))


__all__ = ["A_POSE", "BUILDS", "T_POSE", "Body", "Pose", "body"]
