"""MPFB's OpenPose rig, made here: bones named after the joint at their end, three roots, neither hands nor head."""

import numpy as np
from rig.families import Family, _about, _frames, _object_matrix
from rig.families.bodies import A_POSE, T_POSE, Pose, body

from exges_core.rig.bones import Rig

POSES = {"t": T_POSE, "a": A_POSE, "bent": Pose(arms_down=40.0, elbows_forward=35.0, legs_apart=6.0)}
TRUTH = {
    "pelvis": "LHip",
    "spine3": "MidHip",
    "head": "Neck",
    **{
        f"{side}_{joint}": f"{side[0].upper()}{bone}"
        for side in ("left", "right")
        for joint, bone in {
            "hip": "Knee",
            "knee": "Ankle",
            "ankle": "BigToe",
            "collar": "Shoulder",
            "shoulder": "Elbow",
            "elbow": "Wrist",
        }.items()
    },
}
"""Joint -> the bone that plays it."""
_BONES = {
    "MidHip": ("", "pelvis", "neck"),
    "Neck": ("MidHip", "neck", "head+0,0.06,0.12"),
    **{
        f"{side}{bone}": (f"{side}{above}" if above in ("Hip", "Knee", "Ankle", "Shoulder", "Elbow") else above, *ends)
        for side in "LR"
        for bone, (above, *ends) in {
            "Hip": ("", "pelvis", "*_hip"),
            "Knee": ("Hip", "*_hip", "*_knee"),
            "Ankle": ("Knee", "*_knee", "*_ankle"),
            "BigToe": ("Ankle", "*_ankle", "*_foot"),
            "Heel": ("Ankle", "*_ankle", "*_ankle+0,-0.06,-0.04"),
            "Shoulder": ("MidHip", "neck", "*_shoulder"),
            "Elbow": ("Shoulder", "*_shoulder", "*_elbow"),
            "Wrist": ("Elbow", "*_elbow", "*_wrist"),
        }.items()
    },
    "LSmallToe": ("LBigToe", "left_foot", "left_foot+0.05,0,0"),
    "RSmallToe": ("RBigToe", "right_foot", "right_foot+-0.05,0,0"),
}


def openpose(pose: str = "bent", *, roll: int | None = None, tails: str = "child") -> Family:
    """Return the rig.

    Args:
        pose: one of POSES.
        roll: seed of a random turn of every bone about its own length; None = none.
        tails: "child" = bones reach to the next joint; "none" = every bone ends where it begins.
    """
    at_rest, sides = body(POSES[pose]), {"L": "left", "R": "right"}
    ends = [[at.replace("*", sides.get(name[0], "")) for at in row[1:]] for name, row in _BONES.items()]
    heads, tips = (np.stack([at_rest.at(row[place]) for row in ends]) for place in (0, 1))
    frames = _frames(tips - heads, "y", mirrored=np.zeros(len(heads), bool))
    if roll is not None:
        frames = frames @ _about("y", np.random.default_rng(roll).uniform(-np.pi, np.pi, size=len(heads)))
    names = tuple(_BONES)
    rig = Rig(
        names=names,
        parents=tuple(names.index(row[0]) if row[0] else -1 for row in _BONES.values()),
        heads=heads,
        tails=heads if tails == "none" else tips,
        rest_matrix=frames,
        inherits_rotation=np.ones(len(names), dtype=bool),
    )
    return Family(
        name="openpose", title="MPFB OpenPose", rig=rig, truth=TRUTH, unit=1.0, world_from_rig=_object_matrix(1.0, None)
    )
