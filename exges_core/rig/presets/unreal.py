"""Unreal's mannequins and what follows their names: UE4, UE5 (Manny, Quinn), MetaHuman bodies, MakeHuman's game rig."""

from __future__ import annotations

from exges_core.rig.presets.table import Preset, limbs, numbered, sided, trunk

_SIDE = "{}_<l|r>"
_BODY = {
    **sided(limbs("thigh calf foot ball", "clavicle upperarm lowerarm hand"), _SIDE),
    **sided(numbered("{finger}_0{n}"), _SIDE),
}

UNREAL_4 = Preset(
    name="unreal4",
    title="Unreal 4",
    bones={**trunk("pelvis spine_01 spine_02 spine_03 neck_01 head"), **_BODY},
    needs=("spine1", "spine2", "spine3", "neck", "left_collar", "right_collar"),
)

UNREAL_5 = Preset(
    name="unreal5",
    title="Unreal 5",
    bones={**trunk("pelvis spine_01 spine_03 spine_05 neck_01 head"), **_BODY},
    signature=("spine_05", "neck_02"),
)

METAHUMAN = Preset(
    name="metahuman",
    title="MetaHuman",
    bones={
        **UNREAL_5.bones,
        "jaw": ("FACIAL_C_Jaw",),
        **sided({"eye_smplhf": "FACIAL_{}_Eye"}, lambda bone, which: bone.format(which[0].upper())),
    },
    signature=("spine_05", "neck_02", "FACIAL_C_FacialRoot"),
)
"""The face's own bones follow its own controls: we only turn jaw and eyes where a map asks for it."""
