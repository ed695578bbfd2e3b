"""Takes on two rigs: how far the evaluated pose is from the canonical motion, and what else changed."""

import json
import os
import sys
from pathlib import Path

import bpy  # isort: skip
import numpy as np

from blender_addon.character import armature
from blender_addon.scene import compat, coordinates, lookup
from blender_addon.takes import body_parts, keyframes, marks
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import matrix_from_quat, quat_from_rotvec
from exges_core.motion.skeleton import DEFAULT_SKELETON, JOINT_NAMES, PARENTS, joint_index
from exges_core.rig.options import EXACT
from tools.demo_scene.scene import add_rigify_human

FRAMES = 40


def smooth_clip(rate_hz: float = 30.0) -> MotionClip:
    """A wild but smooth dance of all joints."""
    generator = np.random.default_rng(7)
    time_s = np.arange(FRAMES)[:, None, None] / rate_hz
    phase, size = generator.uniform(0, 6.28, (1, 55, 3)), generator.normal(scale=0.45, size=(1, 55, 3))
    path = np.cumsum(generator.normal(scale=0.004, size=(FRAMES, 3)), axis=0)
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(size * np.sin(3.0 * time_s + phase)),
        root_position_m=path + np.array([0.4, 0.93, -0.2]),
        frame_rate_hz=rate_hz,
    )


def smplx_armature(scene: bpy.types.Scene) -> bpy.types.Object:
    """An armature with SMPL-X's names, standing at the origin, bones pointing up with odd rolls."""
    data = bpy.data.armatures.new("Body")
    body = bpy.data.objects.new("Body", data)
    scene.collection.objects.link(body)
    bpy.context.view_layer.objects.active = body
    bpy.ops.object.mode_set(mode="EDIT")
    heads = coordinates.points_to_blender(DEFAULT_SKELETON.rest_positions_m() + np.array([0.0, 0.935, 0.0]))
    for index, name in enumerate(JOINT_NAMES):
        bone = data.edit_bones.new(name)
        bone.head, bone.tail = heads[index], heads[index] + np.array([0.0, 0.01, 0.05])
        bone.roll = 0.1 * index
        if PARENTS[index] >= 0:
            bone.parent = data.edit_bones[JOINT_NAMES[PARENTS[index]]]
    bpy.ops.object.mode_set(mode="OBJECT")
    return body


def worst_degrees(
    scene: bpy.types.Scene, character: bpy.types.Object, clip: MotionClip, start: int
) -> dict[str, float]:
    """Largest angle between each bone as Blender evaluates it and the clip at that frame's own time."""
    retargeter = armature.retargeter_of(character)
    rate_hz = lookup.scene_rate_hz(scene)
    resampled = clip if clip.frame_rate_hz == rate_hz else clip.resample(rate_hz)
    world = forward_kinematics(resampled.local_quat_wxyz, resampled.root_position_m).world_quat_wxyz
    frame_turn = retargeter.rig_from_canonical
    worst: dict[str, float] = {}
    for frame in range(0, resampled.frames, 7):
        scene.frame_set(start + frame)
        posed = character.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        for joint, bone in retargeter.bones.items():
            now = coordinates.frames_to_canonical(np.array(posed[bone].matrix.to_3x3().normalized()))
            rest = coordinates.frames_to_canonical(np.array(posed[bone].bone.matrix_local.to_3x3()))
            shown = frame_turn.T @ now @ rest.T @ retargeter.alignment[joint].T @ frame_turn
            wanted = matrix_from_quat(world[frame, joint_index(joint)])
            angle = np.degrees(np.arccos(np.clip(0.5 * (np.trace(shown.T @ wanted) - 1.0), -1.0, 1.0)))
            worst[joint] = max(worst.get(joint, 0.0), float(angle))
    return worst


def try_rig(scene: bpy.types.Scene, character: bpy.types.Object, clip: MotionClip) -> dict[str, object]:
    """Apply a take and measure."""
    before = (scene.render.fps, scene.render.fps_base, scene.frame_start, scene.frame_end, scene.frame_current)
    switches = [
        (each.bone, each.name, float(character.pose.bones[each.bone][each.name]))
        for each in armature.retargeter_of(character).rig_map.switches
    ]
    elbow = character.pose.bones[armature.retargeter_of(character).rig_map.bones["left_elbow"]]
    elbow.location = (0.01, 0.02, 0.03)
    own_pose = [*elbow.location, *elbow.rotation_quaternion, *elbow.rotation_euler]
    action = keyframes.add_take(scene, character, clip, start_frame=11, settings={"seed": 5}, options=EXACT)
    after = (scene.render.fps, scene.render.fps_base, scene.frame_start, scene.frame_end, scene.frame_current)
    curves = compat.curves_of(action)
    frames = {float(point.co[0]) for curve in curves for point in curve.keyframe_points}
    quats: dict[str, list[np.ndarray]] = {}
    for curve in curves:
        if curve.data_path.endswith("rotation_quaternion"):
            values = np.array([point.co[1] for point in curve.keyframe_points])
            quats.setdefault(curve.data_path, []).append(values)
    jumps = [float(np.sum(np.array(each)[:, 1:] * np.array(each)[:, :-1], axis=0).min()) for each in quats.values()]
    found: dict[str, object] = {
        "degrees": worst_degrees(scene, character, clip, 11),
        "mapped": len(armature.retargeter_of(character).rig_map.bones),
        "key_types": sorted({point.type for curve in curves for point in curve.keyframe_points}),
        "first": min(frames),
        "last": max(frames),
        "whole": all(frame == int(frame) for frame in frames),
        "smallest_dot": min(jumps),
        "scene_same": before == after,
        "slots": len(action.slots) if compat.HAS_SLOTS else None,
        "groups": all(curve.group is not None for curve in curves),
        "settings": json.loads(action[marks.TAKE_KEY]),
        "takes": [take.name for take in keyframes.takes_of(character)],
        "switch_parts": switch_parts(character, action),
    }
    second = keyframes.add_take(scene, character, clip, start_frame=11, settings={"seed": 6})
    found["muted"] = [track.mute for track in character.animation_data.nla_tracks]
    keyframes.show_take(character, action.name)
    scene.frame_set(25)
    keyframes.remove_take(character, action.name)  # the older first: its memory passes on
    found["other_plays"] = keyframes.is_shown(character, second)
    scene.frame_set(30)
    keyframes.remove_take(character, second.name)
    scene.frame_set(25)
    found["pose_back"] = own_pose == [*elbow.location, *elbow.rotation_quaternion, *elbow.rotation_euler]
    found["left_over"] = len(bpy.data.actions) + len(character.animation_data.nla_tracks)
    found["switches_back"] = switches == [
        (bone, name, float(character.pose.bones[bone][name])) for bone, name, _ in switches
    ]
    return found


def switch_parts(character: bpy.types.Object, action: bpy.types.Action) -> dict[str, str]:
    """Which part of the body each switch of a take goes with."""
    places = {(curve.data_path, curve.array_index) for curve in compat.curves_of(action)}
    parts = body_parts.parts_of_places(character, armature.retargeter_of(character), places)
    return {path: part for (path, _), part in parts.items() if path.endswith('"]')}


def main() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.0
    clip = smooth_clip()
    found = {"smplx": try_rig(scene, smplx_armature(scene), clip)}
    rig = add_rigify_human(scene)
    found["rigify"] = try_rig(scene, rig, clip)
    for mode, bone in (("XYZ", "left_elbow"), ("ZYX", "right_wrist"), ("AXIS_ANGLE", "head")):
        bpy.data.objects["Body"].pose.bones[bone].rotation_mode = mode
    scene.render.fps, scene.render.fps_base = 24, 1.001
    found["modes_24000_1001"] = try_rig(scene, bpy.data.objects["Body"], clip)
    Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")


main()
sys.stdout.flush()
os._exit(0)
