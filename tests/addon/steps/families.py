"""A take on a rig of every family as Blender evaluates it: rolled, posed, turned and scaled."""

import json
import os
import sys
from pathlib import Path

import bpy  # isort: skip
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from rig import blenrig_shape
from rig.blender import armature_of, turns_now
from rig.families import _SPECS, FAMILIES, family
from rig.families.bodies import A_POSE, T_POSE, body
from rig.families.openpose import POSES, openpose
from rig.motions import degrees_between, random_clip

from blender_addon.character import armature
from blender_addon.scene import coordinates
from blender_addon.takes import body_parts, keyframes
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import quat_from_matrix, quat_inverse, quat_multiply
from exges_core.motion.skeleton import joint_index
from exges_core.rig.options import EXACT
from exges_core.rig.retarget import Retargeter
from tools.demo_scene.scene import add_rigify_human

FRAMES = 3
START = 5


def add_hand_switches(thing: bpy.types.Object) -> None:
    """Let Auto-Rig Pro's hands follow their FK controls only when its switch says so, as the real rig does."""
    for side in ("l", "r"):
        control, hand = thing.pose.bones[f"c_hand_ik.{side}"], thing.pose.bones[f"hand.{side}"]
        control["ik_fk_switch"] = 0.0
        follow = hand.constraints.new("COPY_TRANSFORMS")
        follow.target, follow.subtarget = thing, f"c_hand_fk.{side}"
        driver = follow.driver_add("influence").driver
        variable = driver.variables.new()
        variable.targets[0].id = thing
        variable.targets[0].data_path = f'pose.bones["{control.name}"]["ik_fk_switch"]'
        driver.type = "AVERAGE"
    rest = {bone.name: bone.matrix_local.copy() for bone in thing.data.bones}
    for side in ("l", "r"):  # copied transforms must be the hand's own rest
        bpy.context.view_layer.objects.active = thing
        bpy.ops.object.mode_set(mode="EDIT")
        thing.data.edit_bones[f"hand.{side}"].matrix = rest[f"c_hand_fk.{side}"]
        bpy.ops.object.mode_set(mode="OBJECT")


def shown(scene: bpy.types.Scene, thing: bpy.types.Object, bones: list[str]) -> np.ndarray:
    """Evaluated turns: frames x bones x 4."""
    found = []
    for frame in range(FRAMES):
        scene.frame_set(START + frame)
        found.append([turns_now(thing, bone) for bone in bones])
    return quat_from_matrix(np.array(found))


def read_back(scene: bpy.types.Scene, thing: bpy.types.Object, retargeter: Retargeter) -> MotionClip:
    """What the rig's channels mean, read from the pose bones."""
    basis, places = [], []
    for frame in range(FRAMES):
        scene.frame_set(START + frame)
        basis.append([thing.pose.bones[bone].matrix_basis.to_quaternion() for bone, _ in retargeter.driven])
        places.append(thing.pose.bones[retargeter.rig_map.location_bone].location[:])
    return retargeter.to_canonical(np.array(basis), np.array(places), frame_rate_hz=30.0)


def try_family(scene: bpy.types.Scene, thing: bpy.types.Object, clip: MotionClip, rest: dict | None) -> dict:
    """Put a take on a rig and measure; rest: true turns of the joints at rest, None = the rig's own T-pose reading."""
    retargeter = armature.retargeter_of(thing)
    keyframes.add_take(scene, thing, clip, start_frame=START, settings={}, options=EXACT)
    wanted = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).world_quat_wxyz
    bones = dict(retargeter.bones)
    worst = degrees_off(scene, thing, retargeter, wanted, rest)
    back = read_back(scene, thing, retargeter)
    again = forward_kinematics(back.local_quat_wxyz, back.root_position_m).world_quat_wxyz
    joints = [joint_index(joint) for joint in bones]
    return {
        "degrees": worst,
        "round_trip_degrees": degrees_between(again[:, joints], wanted[:, joints]),
        "family": retargeter.rig_map.title,
        "bones": len(bones),
    }


def degrees_off(
    scene: bpy.types.Scene, thing: bpy.types.Object, retargeter: Retargeter, wanted: np.ndarray, rest: dict | None
) -> dict[str, float]:
    """Largest angle between each joint's bone as Blender shows it and the motion."""
    bones = dict(retargeter.bones)
    turned = shown(scene, thing, list(bones.values()))
    frame = quat_from_matrix(
        np.eye(3) if rest is not None else coordinates.BLENDER_FROM_CANONICAL @ retargeter.rig_from_canonical
    )
    worst: dict[str, float] = {}
    for place, joint in enumerate(bones):
        if rest is None:
            to_blender, to_canonical = coordinates.BLENDER_FROM_CANONICAL, coordinates.CANONICAL_FROM_BLENDER
            aligned = to_blender @ retargeter.alignment[joint] @ to_canonical
        else:
            aligned = rest[joint].T
        world = quat_multiply(quat_multiply(frame, wanted[:, joint_index(joint)]), quat_inverse(frame))
        truth = quat_multiply(world, quat_from_matrix(aligned))
        worst[joint] = degrees_between(turned[:, place], truth)
    return worst


def try_switches(scene: bpy.types.Scene, thing: bpy.types.Object, clip: MotionClip, rest: dict) -> dict:
    """Put the sliders back that a take holds, look again, and delete the take."""
    retargeter = armature.retargeter_of(thing)
    take = keyframes.takes_of(thing)[0]
    for place, curve in keyframes.curves_of_take(thing, take).items():
        curve.mute = place[0].endswith('"]')
    blenrig_shape.set_sliders(thing)
    wanted = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).world_quat_wxyz
    worst = degrees_off(scene, thing, retargeter, wanted, rest)
    for slider in blenrig_shape.sliders(thing):
        thing.pose.bones[slider[0]][slider[1]] = 0.5
    keyframes.remove_take(thing, take.name)
    left = {f"{bone}/{name}": thing.pose.bones[bone][name] for bone, name, _ in blenrig_shape.sliders(thing)}
    meant = {f"{bone}/{name}": value for bone, name, value in blenrig_shape.sliders(thing)}
    return {"degrees_without_switches": worst, "sliders_left": left, "sliders_meant": meant}


def roots_of(scene: bpy.types.Scene, thing: bpy.types.Object) -> dict:
    """How far the three roots go in a take, and how far they come apart, in metres."""
    heads = []
    for frame in range(FRAMES):
        scene.frame_set(START + frame)
        bones = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        heads.append([bones[name].head[:] for name in ("LHip", "RHip", "MidHip")])
    places = np.array(heads)
    curves = [(f'pose.bones["{bone}"].{what}', 0) for bone in ("RHip", "MidHip") for what in ("location", "rotation_x")]
    parts = body_parts.parts_of_places(thing, armature.retargeter_of(thing), curves)
    return {
        "parts": [parts[each] for each in curves],
        "went_m": float(np.linalg.norm(places[1:, 0] - places[0, 0], axis=-1).max()),
        "apart_m": float(np.linalg.norm(places - places[:, :1], axis=-1).max()),
    }


def main() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.0
    clip = random_clip(3, frames=FRAMES)
    found: dict[str, object] = {"version": bpy.app.version_string}
    cases = ("own", "a", "t")
    for number, name in enumerate(FAMILIES):
        pose = cases[number % 3]
        each = family(name, pose=pose, roll=number, placed=number, extras=number % 2 == 0)
        turns = body({"t": T_POSE, "a": A_POSE, "own": _SPECS[name].pose}[pose]).turns
        thing = armature_of(scene, each)
        if name == "auto_rig_pro_controls":
            add_hand_switches(thing)
        if name == "blenrig":
            blenrig_shape.join(thing)
        found[name] = {**try_family(scene, thing, clip, dict(turns)), "pose": pose}
        if name == "blenrig":
            found[name] |= try_switches(scene, thing, clip, dict(turns))
        bpy.data.objects.remove(thing)
    for pose in POSES:
        each = openpose(pose, roll=2)
        thing = armature_of(scene, each)
        found[f"openpose_{pose}"] = {
            **try_family(scene, thing, clip, dict(body(POSES[pose]).turns)),
            **roots_of(scene, thing),
        }
        bpy.data.objects.remove(thing)
    human = add_rigify_human(scene)
    found["rigify"] = {**try_family(scene, human, clip, None), "pose": "own"}
    Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")


main()
sys.stdout.flush()
os._exit(0)
