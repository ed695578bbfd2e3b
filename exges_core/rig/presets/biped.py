"""3ds Max Biped (Bip01, Bip001, Bip02...) and Microsoft's Rocketbox avatars, which are bipeds with a face."""

from __future__ import annotations

from exges_core.rig.presets.table import Preset, limbs, sided, trunk

_FINGERS = {
    f"{finger}{number + 1}": f"Finger{row}{number or ''}"
    for row, finger in enumerate(("thumb", "index", "middle", "ring", "pinky"))
    for number in range(3)
}
_BONES = {
    **trunk("Pelvis Spine Spine1 Spine2 Neck Head"),
    **sided(limbs("Thigh Calf Foot Toe0", "Clavicle UpperArm Forearm Hand"), "<L|R> {}"),
    **sided(_FINGERS, "<L|R> {}"),
}

BIPED = Preset(name="biped", title="3ds Max Biped", bones=_BONES)

ROCKETBOX = Preset(
    name="rocketbox",
    title="Rocketbox",
    bones={**_BONES, "jaw": ("MJaw",), **sided({"eye_smplhf": "Eye"}, "<L|R>{}")},
    signature=("MJaw", "LEye", "REye"),
)
