"""What joins the chains of a rig of BlenRig's shape: constraints behind its FK controls, driven by sliders on bones."""

import bpy

DEFAULTS = {
    "properties_head": {"ik_head": 1.0, "space_head": 1.0, "space_neck": 0.0},
    "properties_torso": {"ik_torso": 0.0},
    "properties_arm_{}": {"ik_arm_{}": 0.0, "space_arm_{}": 0.0, "space_hand_{}": 0.0},
    "properties_leg_{}": {"ik_leg_{}": 0.0, "space_leg_{}": 0.0},
    "shoulder_{}": {"SHLDR_AUTO_UP_{}": 45.0},
}
FINGERS = ("thumb", "ind", "mid", "ring", "lit")


def sliders(thing: bpy.types.Object) -> list[tuple[str, str, float]]:
    """Bone, name and value of every slider, at values that leave FK out."""
    both = [
        (bone.format(side), name.format(side), value)
        for bone, values in DEFAULTS.items()
        for name, value in values.items()
        for side in ("L", "R")
    ]
    return [each for each in dict.fromkeys(both) if each[0] in thing.pose.bones]


def set_sliders(thing: bpy.types.Object) -> None:
    """Put every slider where it is before a take."""
    for bone, name, value in sliders(thing):
        thing.pose.bones[bone][name] = value
    thing.update_tag()


def join(thing: bpy.types.Object) -> None:
    """Add the sliders and the constraints that they drive."""
    _lay_tracks(thing)
    set_sliders(thing)
    for side in ("L", "R"):
        arm, leg = f"properties_arm_{side}", f"properties_leg_{side}"
        _spaces(thing, f"arm_mstr_{side}", f"arm_scale_{side}", (arm, f"space_arm_{side}"))
        _spaces(thing, f"thigh_mstr_{side}", f"leg_scale_{side}", (leg, f"space_leg_{side}"))
        ik_arm, ik_leg = (arm, f"ik_arm_{side}"), (leg, f"ik_leg_{side}")
        for bone, ik in (("arm", ik_arm), ("forearm", ik_arm), ("thigh", ik_leg), ("shin", ik_leg)):
            _copied(thing, f"{bone}_fk_mstr_{side}", f"{bone}_ik_{side}", "COPY_TRANSFORMS", f"1 - {ik[1]}", ik)
        _copied(thing, f"arm_fk_mstr_{side}", f"arm_place_{side}", "COPY_LOCATION")
        _copied(thing, f"thigh_fk_mstr_{side}", f"leg_scale_{side}", "COPY_LOCATION")
        hand = (arm, f"space_hand_{side}")
        _copied(thing, f"hand_fk_{side}", f"hand_ik_ctrl_{side}", "COPY_TRANSFORMS", f"1 - {hand[1]}", hand)
        _copied(thing, f"foot_fk_{side}", f"foot_ik_mstr_{side}", "COPY_TRANSFORMS", f"1 - {ik_leg[1]}", ik_leg)
        auto = (f"shoulder_{side}", f"SHLDR_AUTO_UP_{side}")
        _copied(thing, f"shoulder_mstr_{side}", "spine_3_def", "COPY_ROTATION", f"{auto[1]} / 90", auto)
        for finger in FINGERS:
            _copied(thing, f"fing_{finger}_ctrl_track_{side}", f"fing_{finger}_ctrl_{side}", "COPY_ROTATION")
    _spaces(thing, "neck_base_hinge", "spine_3_fk", ("properties_head", "space_neck"))
    torso = ("properties_torso", "ik_torso")
    _copied(thing, "spine_1_fk_mstr", "spine_1_ik", "COPY_ROTATION", "1 - ik_torso", torso)


def _lay_tracks(thing: bpy.types.Object) -> None:
    """Give the bones that copy a finger's control its rest: copied rotations must be their own."""
    bpy.context.view_layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    bones = thing.data.edit_bones
    for name in [f"fing_{finger}_ctrl_track_{side}" for finger in FINGERS for side in ("L", "R")]:
        bones[name].matrix = bones[name.replace("_track", "")].matrix.copy()
    bpy.ops.object.mode_set(mode="OBJECT")


def _spaces(thing: bpy.types.Object, bone: str, follows: str, slider: tuple[str, str]) -> None:
    """Let a bone go with another as far as a slider says, else with the whole body."""
    armature = thing.pose.bones[bone].constraints.new("ARMATURE")
    for subtarget, expression in ((follows, slider[1]), ("master_body_pivot", f"1 - {slider[1]}")):
        target = armature.targets.new()
        target.target, target.subtarget = thing, subtarget
        _drive(thing, target, "weight", expression, slider)


def _copied(
    thing: bpy.types.Object,
    bone: str,
    source: str,
    kind: str,
    expression: str = "",
    slider: tuple[str, str] | None = None,
) -> None:
    copied = thing.pose.bones[bone].constraints.new(kind)
    copied.target, copied.subtarget = thing, source
    if slider:
        _drive(thing, copied, "influence", expression, slider)


def _drive(
    thing: bpy.types.Object, owner: bpy.types.bpy_struct, name: str, expression: str, slider: tuple[str, str]
) -> None:
    driver = owner.driver_add(name).driver
    variable = driver.variables.new()
    variable.name = slider[1]
    variable.targets[0].id = thing
    variable.targets[0].data_path = f'pose.bones["{slider[0]}"]["{slider[1]}"]'
    driver.expression = expression
