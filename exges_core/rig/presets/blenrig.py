"""BlenRig 6: the FK controls of its biped.

Its FK bones stand behind constraints that copy IK bones; sliders on the ``properties_`` bones take those away: ik_* = 1
is FK, space_* = 1 lets a control turn with what it hangs from. Shoulders follow the arms by themselves unless
SHLDR_AUTO is 0. Arms turn with the chest but hang from the shoulders; the control of a whole finger is its first bone.
Measured on the biped of BlenRig 6.
"""

from __future__ import annotations

from exges_core.rig.bones import Switch
from exges_core.rig.presets.table import Preset, limbs, sided

_SIDE = "{}_<L|R>"
_FINGERS = {"thumb": "thumb", "index": "ind", "middle": "mid", "ring": "ring", "pinky": "lit"}


def _fingers() -> dict[str, str]:
    """Return joint -> bone of one hand; thumbs have no palm bone, so their numbers are one lower."""
    found = {"thumb1": "fing_thumb_1", "thumb2": "fing_thumb_ctrl", "thumb3": "fing_thumb_3"}
    for finger, bone in _FINGERS.items():
        if finger != "thumb":
            found |= {f"{finger}1": f"fing_{bone}_ctrl", f"{finger}2": f"fing_{bone}_3", f"{finger}3": f"fing_{bone}_4"}
    return found


def _logical_parents() -> dict[str, str]:
    parents = {"neck_1_fk": "spine_3_fk", "maxi": "head_fk"}
    for side in ("L", "R"):
        parents |= {f"{bone}_{side}": "spine_3_fk" for bone in ("shoulder", "arm_fk")}
        parents |= {f"thigh_fk_{side}": "pelvis_ctrl", f"fing_thumb_1_{side}": f"hand_fk_{side}"}
        for bone in _FINGERS.values():
            if bone != "thumb":
                parents |= {
                    f"fing_{bone}_ctrl_{side}": f"hand_fk_{side}",
                    f"fing_{bone}_3_{side}": f"fing_{bone}_ctrl_{side}",
                }
        parents[f"fing_thumb_3_{side}"] = f"fing_thumb_ctrl_{side}"
    return parents


def _switches() -> tuple[Switch, ...]:
    """Return FK everywhere, everything turning with what it hangs from, nothing pinned, shoulders left alone."""
    found = [("properties_head", name, 1.0) for name in ("ik_head", "space_head", "space_neck")]
    found.append(("properties_torso", "ik_torso", 1.0))
    for side in ("L", "R"):
        arm, leg = f"properties_arm_{side}", f"properties_leg_{side}"
        ones = ("ik_arm", "space_arm", "space_hand", *(f"ik_fing_{bone}" for bone in ("all", *_FINGERS.values())))
        found += [(arm, f"{name}_{side}", 1.0) for name in ones]
        found += [(leg, f"{name}_{side}", 1.0) for name in ("ik_leg", "space_leg")]
        found += [(arm, f"pin_elbow_{side}", 0.0), (leg, f"pin_knee_{side}", 0.0)]
        found += [(f"shoulder_{side}", f"SHLDR_AUTO_{way}_{side}", 0.0) for way in ("BACK", "DOWN", "FORW", "UP")]
    return tuple(Switch(bone=bone, name=name, value=value) for bone, name, value in found)


BLENRIG = Preset(
    name="blenrig",
    title="BlenRig 6 biped",
    bones={
        "pelvis": ("pelvis_ctrl",),
        "spine1": ("spine_1_fk",),
        "spine2": ("spine_2_fk",),
        "spine3": ("spine_3_fk",),
        "neck": ("neck_1_fk",),
        "head": ("head_fk",),
        "jaw": ("maxi",),
        **sided(limbs("thigh_fk shin_fk foot_fk foot_toe_1_fk", "shoulder arm_fk forearm_fk hand_fk"), _SIDE),
        **sided(_fingers(), _SIDE),
    },
    location_bone="master_torso",
    carriers={"master_torso": "pelvis"},
    logical_parents=_logical_parents(),
    hangs_from={f"arm_fk_{side}": f"shoulder_{side}" for side in ("L", "R")},
    switches=_switches(),
    signature=("master_torso", "arm_fk_L", "thigh_fk_L", "spine_1_fk", "properties_arm_L"),
)
