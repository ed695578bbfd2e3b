"""Character Creator 3 and 4, iClone and AccuRIG: CC_Base_ names, with fingers by name or by number."""

from __future__ import annotations

from exges_core.rig.presets.table import Preset, limbs, sided, trunk

_FINGERS = {
    f"{finger}{number + 1}": (f"{name}{number + 1}", f"Finger{row}{number}")
    for row, (finger, name) in enumerate(
        (("thumb", "Thumb"), ("index", "Index"), ("middle", "Mid"), ("ring", "Ring"), ("pinky", "Pinky"))
    )
    for number in range(3)
}
_SIDE = "CC_Base_<L|R>_{}"

CHARACTER_CREATOR = Preset(
    name="character_creator",
    title="Character Creator",
    bones={
        **trunk("CC_Base_Hip CC_Base_Waist CC_Base_Spine01 CC_Base_Spine02 CC_Base_NeckTwist01 CC_Base_Head"),
        "jaw": ("CC_Base_JawRoot",),
        **sided(limbs("Thigh Calf Foot ToeBase", "Clavicle Upperarm Forearm Hand"), _SIDE),
        **sided(_FINGERS, _SIDE),
        **sided({"eye_smplhf": "Eye"}, _SIDE),
    },
)
"""The hip carries everything; CC_Base_Pelvis, which only the legs follow, stays as it is."""
