"""Auto-Rig Pro: the FK controls of a rig in Blender, and the bones of what it exports.

Its IK_FK slider is a property of the IK controls: 0 = IK, 1 = FK. The spine hangs below the root master beside the
pelvis control, so the master turns with the pelvis.
"""

from __future__ import annotations

from exges_core.rig.bones import Switch
from exges_core.rig.presets.table import Preset, fingers, limbs, sided, trunk

_SIDE = "{}.<l|r>"

CONTROLS = Preset(
    name="auto_rig_pro",
    title="Auto-Rig Pro controls",
    bones={
        **trunk("c_root.x c_spine_01.x c_spine_02.x c_spine_03.x c_neck.x c_head.x"),
        "jaw": ("c_jawbone.x",),
        **sided(limbs("c_thigh_fk c_leg_fk c_foot_fk c_toes_fk", "c_shoulder c_arm_fk c_forearm_fk c_hand_fk"), _SIDE),
        **sided(fingers(lambda finger, number: f"c_{finger}{number}"), _SIDE),
    },
    location_bone="c_root_master.x",
    carriers={"c_root_master.x": "pelvis"},
    logical_parents={
        **{f"c_arm_fk.{side}": f"c_shoulder.{side}" for side in ("l", "r")},
        **{
            f"c_{finger}1.{side}": f"c_hand_fk.{side}"
            for side in ("l", "r")
            for finger in ("thumb", "index", "middle", "ring", "pinky")
        },
        **{f"c_thigh_fk.{side}": "c_root.x" for side in ("l", "r")},
        "c_neck.x": "c_spine_03.x",
        "c_head.x": "c_neck.x",
    },
    switches=tuple(
        Switch(bone=f"{control}.{side}", name="ik_fk_switch", value=1.0)
        for control in ("c_hand_ik", "c_foot_ik")
        for side in ("l", "r")
    ),
    signature=("c_root_master.x", "c_arm_fk.l", "c_thigh_fk.l", "c_spine_01.x"),
)

EXPORTED = Preset(
    name="auto_rig_pro_export",
    title="Auto-Rig Pro",
    bones={
        **trunk("root.x spine_01.x spine_02.x spine_03.x neck.x head.x"),
        "jaw": ("jawbone.x", "c_jawbone.x"),
        **sided(
            {
                "hip": ("thigh_stretch", "thigh"),
                "knee": ("leg_stretch", "leg"),
                "ankle": "foot",
                "foot": "toes_01",
                "collar": "shoulder",
                "shoulder": ("arm_stretch", "arm"),
                "elbow": ("forearm_stretch", "forearm"),
                "wrist": "hand",
            },
            _SIDE,
        ),
        **sided(
            {
                f"{finger}{number}": (f"{finger}{number}", f"c_{finger}{number}")
                for finger in ("thumb", "index", "middle", "ring", "pinky")
                for number in (1, 2, 3)
            },
            _SIDE,
        ),
        **sided({"eye_smplhf": "c_eye"}, _SIDE),
    },
)
