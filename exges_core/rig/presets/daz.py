"""DAZ Genesis 3, 8 and 8.1 (bend and twist bones in line) and Genesis 9.

The hip carries everything; the pelvis bone, which only the legs follow, stays as it is.
"""

from __future__ import annotations

from exges_core.rig.presets.table import Preset, limbs, numbered, sided, trunk

_EIGHT = {"index": "Index", "middle": "Mid", "pinky": "Pinky", "ring": "Ring", "thumb": "Thumb"}

GENESIS_8 = Preset(
    name="daz_genesis8",
    title="DAZ Genesis 8",
    bones={
        **trunk("hip abdomenLower abdomenUpper chestLower neckLower head"),
        "jaw": ("lowerJaw",),
        **sided(limbs("ThighBend Shin Foot Toe", "Collar ShldrBend ForearmBend Hand"), "<l|r>{}"),
        **sided(numbered("{finger}{n}", **_EIGHT), "<l|r>{}"),
        **sided({"eye_smplhf": "Eye"}, "<l|r>{}"),
    },
)

GENESIS_9 = Preset(
    name="daz_genesis9",
    title="DAZ Genesis 9",
    bones={
        **trunk("hip spine1 spine2 spine3 neck1 head"),
        "jaw": ("lowerjaw",),
        **sided(limbs("thigh shin foot toes", "shoulder upperarm forearm hand"), "<l|r>_{}"),
        **sided(numbered("{finger}{n}", middle="mid"), "<l|r>_{}"),
        **sided({"eye_smplhf": "eye"}, "<l|r>_{}"),
    },
)
