"""SmartBody's characters: the Jt names of its newer bodies (Brad, Rachel), and the names that its own motions have."""

from __future__ import annotations

from exges_core.rig.presets.table import Preset, fingers, limbs, numbered, sided, trunk

_SIDE = "{}<Lf|Rt>"


def _finger(finger: str, number: int) -> str:
    return f"Jt{'Little' if finger == 'pinky' else finger.capitalize()}{'ABC'[number - 1]}"


SMARTBODY = Preset(
    name="smartbody",
    title="SmartBody",
    bones={
        **trunk("JtRoot JtSpineA JtSpineB JtSpineC JtNeckA JtSkullA"),
        "jaw": ("JtJaw",),
        **sided(limbs("JtHip JtKnee JtAnkle JtBall", "JtClavicle JtShoulder JtElbow JtWrist"), _SIDE),
        **sided(fingers(_finger), _SIDE),
        **sided({"eye_smplhf": "JtEye"}, _SIDE),
    },
)
"""Its JtPelvis carries the legs alone: the root is what moves the whole body, and turns with the pelvis."""

SMARTBODY_MOTIONS = Preset(
    name="smartbody_motions",
    title="SmartBody's own skeleton",
    bones={
        **trunk("base spine1 spine2 spine3 spine4 skullbase"),
        **sided(limbs("hip knee ankle forefoot", "sternoclavicular shoulder elbow wrist"), "<l|r>_{}"),
        **sided(numbered("{finger}{n}"), "<l|r>_{}"),
        **sided({"eye_smplhf": "eyeball"}, "{}_<left|right>"),
    },
    signature=("skullbase", "l_sternoclavicular", "r_sternoclavicular"),
)
