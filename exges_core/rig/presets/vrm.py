"""VRM 0 and 1: the humanoid's own bone names, VRoid's, and those the VRM add-on for Blender renames to."""

from __future__ import annotations

from exges_core.rig.presets.table import Preset, fingers, limbs, numbered, sided, trunk

_LIMBS = limbs("UpperLeg LowerLeg Foot Toes", "Shoulder UpperArm LowerArm Hand")
_PHALANGES = ("Proximal", "Intermediate", "Distal")
_THUMB_1 = ("Metacarpal", "Proximal", "Distal")


def _finger(finger: str, number: int, thumb: tuple[str, str, str]) -> str:
    name = {"pinky": "Little"}.get(finger, finger.capitalize())
    return name + (thumb if finger == "thumb" else _PHALANGES)[number - 1]


def _humanoid(name: str, title: str, thumb: tuple[str, str, str]) -> Preset:
    return Preset(
        name=name,
        title=title,
        bones={
            **trunk("hips spine chest upperChest neck head"),
            "jaw": ("jaw",),
            **sided(_LIMBS, "<left|right>{}"),
            **sided(fingers(lambda finger, number: _finger(finger, number, thumb)), "<left|right>{}"),
            **sided({"eye_smplhf": "Eye"}, "<left|right>{}"),
        },
        needs=("spine1", "spine2", "neck", "left_collar", "right_collar", "left_index1", "right_index1"),
    )


VRM_0 = _humanoid("vrm0", "VRM 0", _PHALANGES)
VRM_1 = _humanoid("vrm1", "VRM 1", _THUMB_1)

VROID = Preset(
    name="vroid",
    title="VRoid",
    bones={
        **trunk(
            "J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Chest J_Bip_C_UpperChest J_Bip_C_Neck J_Bip_C_Head",
        ),
        **sided({**_LIMBS, "foot": "ToeBase"}, "J_Bip_<L|R>_{}"),
        **sided(
            numbered("{finger}{n}", index="Index", middle="Middle", pinky="Little", ring="Ring", thumb="Thumb"),
            "J_Bip_<L|R>_{}",
        ),
        **sided({"eye_smplhf": "FaceEye"}, "J_Adj_<L|R>_{}"),
    },
)
