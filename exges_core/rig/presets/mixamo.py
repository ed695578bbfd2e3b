"""Mixamo's names and those who took them over: Ready Player Me, MotionBuilder's characters, ZeroEGGS, CMU's BVH.

In all of them LeftArm is the upper arm and LeftLeg the shin. They differ in the trunk.
"""

from __future__ import annotations

from exges_core.rig.presets.table import Preset, limbs, numbered, sided, trunk

_LIMBS = limbs("UpLeg Leg Foot ToeBase", "Shoulder Arm ForeArm Hand")
_SIDE = "<Left|Right>{}"
_SHORT = {"index": "Index", "middle": "Mid", "pinky": "Pinky", "ring": "Ring", "thumb": "Thumb"}
_FINGERS = numbered("Hand{finger}{n}", **{**_SHORT, "middle": "Middle"})
_BODY = {**sided(_LIMBS, _SIDE), **sided(_FINGERS, _SIDE)}
_EYES = sided({"eye_smplhf": "Eye"}, _SIDE)

MIXAMO = Preset(name="mixamo", title="Mixamo", bones={**trunk("Hips Spine Spine1 Spine2 Neck Head"), **_BODY, **_EYES})

READY_PLAYER_ME = Preset(
    name="ready_player_me",
    title="Ready Player Me",
    bones=MIXAMO.bones,
    signature=("LeftEye", "RightEye", "HeadTop_End"),
    foreign=("mixamorig",),
)
"""Mixamo's own X-Bot has the same eyes and head's end; its names begin with mixamorig."""

ZEROEGGS = Preset(
    name="zeroeggs_bvh",
    title="ZeroEGGS BVH",
    bones={**trunk("Hips Spine Spine1 Spine3 Neck Head"), **_BODY},
    signature=("Spine3", "Neck1"),
)
"""Also BEAT's and other BVH files with four spine and two neck bones; the bones between take their share."""

CMU = Preset(
    name="cmu_bvh",
    title="CMU BVH",
    bones={
        **trunk("Hips LowerBack Spine Spine1 Neck Head"),
        **sided(_LIMBS, _SIDE),
    },
    signature=("LowerBack", "LHipJoint", "RHipJoint"),
)
"""CMU's motions as BVH for MotionBuilder, and MakeHuman's CMU rig; their finger bones stand for whole hands."""

CMU_DAZ = Preset(
    name="cmu_daz_bvh",
    title="CMU BVH for DAZ and Poser",
    bones={
        **trunk("hip abdomen - chest neck head"),
        **sided(limbs("Thigh Shin Foot -", "Collar Shldr ForeArm Hand"), "<l|r>{}"),
        **sided(numbered("{finger}{n}", **_SHORT), "<l|r>{}"),
        **sided({"eye_smplhf": "Eye"}, "<left|right>{}"),
    },
)

CMU_ASF = Preset(
    name="cmu_asf",
    title="CMU ASF/AMC",
    bones={
        **trunk("root lowerback upperback thorax lowerneck head"),
        **sided(limbs("femur tibia foot toes", "clavicle humerus radius wrist"), "<l|r>{}"),
    },
    signature=("lhumerus", "rhumerus"),
)
