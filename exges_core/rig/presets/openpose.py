"""MPFB's OpenPose rig: 23 bones, each named after the joint at its end.

So LElbow is the upper arm and LKnee the thigh. Trunk and hips are three roots beside each other: MidHip is the whole
spine, LHip and RHip turn with the pelvis. It has neither hands nor a head: Neck is both neck and head, LWrist the
forearm with the hand on it. A skeleton whose bones begin at the joints of OpenPose's names is none of these.
"""

from __future__ import annotations

from exges_core.rig.presets.table import Preset, sided

OPENPOSE = Preset(
    name="openpose",
    title="MPFB OpenPose",
    bones={
        "pelvis": ("LHip",),
        "spine3": ("MidHip",),
        "neck": ("Neck",),
        **sided(
            {
                "hip": "Knee",
                "knee": "Ankle",
                "ankle": "BigToe",
                "collar": "Shoulder",
                "shoulder": "Elbow",
                "elbow": "Wrist",
            },
            "<L|R>{}",
        ),
    },
    location_bone="LHip",
    carriers={"RHip": "pelvis"},
    together=("pelvis", "spine3"),
    signature=("MidHip", "LHip", "RHip", "LBigToe", "RBigToe", "LSmallToe", "LHeel"),
)
