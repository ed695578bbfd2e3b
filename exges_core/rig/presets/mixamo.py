"""Mixamo: characters of mixamo.com, with or without the ``mixamorig:`` namespace."""

from __future__ import annotations

from exges_core.rig.presets.table import Preset, fingers, sided

_LIMBS = {
    "hip": "UpLeg",
    "knee": "Leg",
    "ankle": "Foot",
    "foot": "ToeBase",
    "collar": "Shoulder",
    "shoulder": "Arm",
    "elbow": "ForeArm",
    "wrist": "Hand",
}


def _side(bone: str, which: str) -> str:
    return f"{which.capitalize()}{bone}"


MIXAMO = Preset(
    name="mixamo",
    title="Mixamo",
    bones={
        "pelvis": ("Hips",),
        "spine1": ("Spine",),
        "spine2": ("Spine1",),
        "spine3": ("Spine2",),
        "neck": ("Neck",),
        "head": ("Head",),
        **sided(_LIMBS, _side),
        **sided(fingers(lambda finger, number: f"Hand{finger.capitalize()}{number}"), _side),
    },
)
