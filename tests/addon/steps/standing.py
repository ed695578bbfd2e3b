"""A rig whose rest is tilted and twisted, and the pose it is put into: pressed, saved, played, read back, forgotten."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import bpy  # isort: skip
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from rig.blender import armature_of, turns_now
from rig.families import family
from rig.motions import degrees_between, standing_and_swaying
from rig.stances import odd_and_way_back

from blender_addon import registration
from blender_addon.character import rigcache, standing
from blender_addon.generation import preparing
from blender_addon.scene.extension import stored
from blender_addon.takes import keyframes, reading
from blender_addon.ui import readiness
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import matrix_from_quat, quat_from_matrix, quat_from_rotvec
from exges_core.motion.skeleton import joint_index
from exges_core.rig import Retargeter, RetargetOptions

FRAMES, START = 4, 3
report = Path(sys.argv[1])


def played(thing: bpy.types.Object, bones: list[str]) -> np.ndarray:
    """A take on the character, as Blender evaluates it: frames x bones x 4."""
    scene, clip = bpy.context.scene, standing_and_swaying(FRAMES)
    keyframes.add_take(scene, thing, clip, start_frame=START, settings={}, options=RetargetOptions())
    found = []
    for frame in range(FRAMES):
        scene.frame_set(START + frame)
        found.append([turns_now(thing, bone) for bone in bones])
    return quat_from_matrix(np.array(found))


def put_into(thing: bpy.types.Object, stance: object) -> None:
    for name, turn in stance.turns_wxyz.items():
        thing.pose.bones[name].rotation_mode = "QUATERNION"
        thing.pose.bones[name].rotation_quaternion = turn.tolist()


def read_back_degrees(thing: bpy.types.Object, retargeter: Retargeter) -> float:
    """How far the pose on the last frame reads back from what was played."""
    pose = reading.pose_now(thing, retargeter)
    basis = np.stack([pose.turns_wxyz[bone] for bone, _ in retargeter.driven])[None]
    back = retargeter.to_canonical(basis, pose.location[None], frame_rate_hz=30.0)
    clip = standing_and_swaying(FRAMES)
    joints = [joint_index(joint) for joint in retargeter.bones if not joint.endswith(("hip", "knee", "ankle"))]
    here, there = (
        forward_kinematics(each.local_quat_wxyz, each.root_position_m).world_quat_wxyz[-1, joints]
        for each in (back, clip)
    )
    return degrees_between(here, there)


def postures(thing: bpy.types.Object) -> dict[str, object]:
    """The elbow bent by hand, saved as what takes gesture about: as the engine is told it, and after forgetting."""
    scene, retargeter = bpy.context.scene, rigcache.retargeter_of(thing)
    scene.frame_set(START)
    clip = standing_and_swaying(FRAMES)
    bent = clip.local_quat_wxyz.copy()
    bent[:, joint_index("left_elbow")] = quat_from_rotvec(np.deg2rad([0.0, -70.0, 0.0]))
    pose = retargeter.to_rig(replace(clip, local_quat_wxyz=bent))
    thing.animation_data_clear()
    for place, name in enumerate(pose.bones):
        thing.pose.bones[name].rotation_mode = "QUATERNION"
        thing.pose.bones[name].rotation_quaternion = pose.basis_quat_wxyz[0, place].tolist()
    pressed = sorted(bpy.ops.exges.gesture_about_pose())
    told = preparing.posture_file(readiness.take_settings(bpy.context), report.parent)
    turns = {joint: np.array(turn) for joint, turn in json.loads(Path(told).read_text())["joints"].items()}
    off = [
        degrees_between(turns[joint], bent[0, joint_index(joint)]) for joint in ("left_elbow", "right_elbow", "head")
    ]
    bpy.ops.exges.forget_posture()
    return {
        "posture_pressed": pressed,
        "posture_degrees": max(off),
        "posture_joints": len(turns),
        "posture_forgotten": preparing.posture_file(readiness.take_settings(bpy.context), report.parent) is None,
    }


def main() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    registration.register()
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.0
    straight = family("mixamo", roll=5)
    odd, back = odd_and_way_back(straight, "tilted")
    bones = [bone for joint, bone in straight.truth.items() if "collar" not in joint]
    wanted = played(armature_of(scene, straight), bones)
    # Turns are against each rig's own rest: the odd one's lies `rest` away from the straight one's.
    rest = {
        name: odd.rig.rest_matrix[odd.rig.index(name)] @ straight.rig.rest_matrix[odd.rig.index(name)].T
        for name in bones
    }
    thing = armature_of(scene, odd)
    thing.name = "Tilted"
    stored(scene).character = thing

    def off_degrees() -> float:
        turns = played(thing, bones)
        moved = np.einsum("fbij,bjk->fbik", matrix_from_quat(turns), np.stack([rest[name] for name in bones]))
        return degrees_between(quat_from_matrix(moved), wanted)

    found: dict[str, object] = {"without_degrees": off_degrees()}
    bpy.data.objects["Tilted"].animation_data_clear()
    put_into(thing, back)
    thing.pose.bones[straight.truth["pelvis"]].location = back.location.tolist()
    found["can_forget_nothing"] = bpy.ops.exges.forget_standing_pose.poll()
    found["pressed"] = sorted(bpy.ops.exges.use_standing_pose())
    found["with_degrees"] = off_degrees()
    found["read_back_degrees"] = read_back_degrees(thing, rigcache.retargeter_of(thing))
    path = report.parent / "saved.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))
    again = bpy.data.objects["Tilted"]
    saved = standing.stance_of(again)
    found["saved_degrees"] = degrees_between(
        np.stack([saved.turns_wxyz[name] for name in back.turns_wxyz]), np.stack(list(back.turns_wxyz.values()))
    )
    found |= postures(again)
    found["forgotten"] = sorted(bpy.ops.exges.forget_standing_pose())
    found["is_gone"] = standing.stance_of(again) is None and rigcache.retargeter_of(again).stance is None
    report.write_text(json.dumps(found), encoding="utf-8")


main()
sys.stdout.flush()
os._exit(0)
