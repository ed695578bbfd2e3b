"""MakeHuman and MPFB: the default rig. Its game engine, CMU and Rigify rigs have their families' names."""

from __future__ import annotations

from exges_core.rig.presets.table import Preset, limbs, sided, trunk

_FINGERS = {
    f"{finger}{number}": f"finger{row}-{number}"
    for row, finger in enumerate(("thumb", "index", "middle", "ring", "pinky"), start=1)
    for number in (1, 2, 3)
}
_SIDE = "{}.<L|R>"

MAKEHUMAN = Preset(
    name="makehuman",
    title="MakeHuman default",
    bones={
        **trunk("root spine04 spine03 spine02 neck01 head"),
        "jaw": ("jaw",),
        **sided(limbs("upperleg01 lowerleg01 foot -", "clavicle upperarm01 lowerarm01 wrist"), _SIDE),
        **sided(_FINGERS, _SIDE),
        **sided({"eye_smplhf": "eye"}, _SIDE),
    },
)
"""It has a bone row for every toe and none for all of them: feet are rigid."""
