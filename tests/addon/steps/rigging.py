"""Circumstances a character may be in: parents, scales, locks, IK, other ways to travel, exports."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import bpy  # isort: skip
import numpy as np
from mathutils import Matrix

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from rig.blender import armature_of, turns_now
from rig.families import family
from rig.families.bodies import A_POSE, body
from rig.motions import degrees_between, random_clip, standing_and_swaying

from blender_addon.character import armature, skin
from blender_addon.scene import compat, coordinates
from blender_addon.takes import export, keyframes
from exges_core.errors import InputError, RigMatchError
from exges_core.motion.bvh import clip_from_bvh, read_bvh
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import matrix_from_quat, quat_from_matrix
from exges_core.motion.skeleton import joint_index
from exges_core.rig.options import EXACT
from tools.demo_scene.scene import add_rigify_human

START = 1


def paths_of(action: bpy.types.Action) -> set[tuple[str, int]]:
    return {(curve.data_path, curve.array_index) for curve in compat.curves_of(action)}


def head_in_world(thing: bpy.types.Object, bone: str) -> np.ndarray:
    posed = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array(posed.matrix_world @ posed.pose.bones[bone].head)


def heads_over(scene: bpy.types.Scene, thing: bpy.types.Object, bone: str, frames: int) -> np.ndarray:
    found = []
    for frame in range(frames):
        scene.frame_set(START + frame)
        found.append(head_in_world(thing, bone))
    return np.array(found)


def refusals(scene: bpy.types.Scene) -> dict[str, str]:
    """What the error says of stretched, sheared and mirrored characters."""
    found: dict[str, str] = {}
    thing = armature_of(scene, family("mixamo"))
    parent = bpy.data.objects.new("Stretched", None)
    scene.collection.objects.link(parent)
    for name, own, above in (
        ("own", (1.0, 1.0, 2.0), (1.0, 1.0, 1.0)),
        ("parent", (1.0, 1.0, 1.0), (1.0, 1.3, 1.0)),
        ("mirrored", (-1.0, 1.0, 1.0), (1.0, 1.0, 1.0)),
        ("even", (2.0, 2.0, 2.0), (0.5, 0.5, 0.5)),
    ):
        thing.parent, thing.scale, parent.scale = parent, own, above
        bpy.context.view_layer.update()
        try:
            armature.retargeter_of(thing)
            found[name] = ""
        except RigMatchError as error:
            found[name] = str(error)
    bpy.data.objects.remove(thing)
    return found


def travels(scene: bpy.types.Scene) -> dict[str, float]:
    """How far the hips' way in the world differs, in metres, by what travels, on a turned parent."""
    clip = random_clip(4, frames=60, size=0.1)
    way = np.linspace(0.0, 1.5, 60)[:, None] * np.array([0.3, 0.0, 1.0]) + np.array([0.0, 0.93, 0.0])
    clip = MotionClip(local_quat_wxyz=clip.local_quat_wxyz, root_position_m=way, frame_rate_hz=30.0)
    thing = armature_of(scene, family("unreal5", roll=2))
    parent = bpy.data.objects.new("Turned", None)
    scene.collection.objects.link(parent)
    parent.matrix_world = Matrix.Translation((1.0, 2.0, 0.5)) @ Matrix.Rotation(0.7, 4, "Z") @ Matrix.Scale(0.8, 4)
    thing.parent = parent
    thing.location = (0.2, 0.1, 0.0)
    bpy.context.view_layer.update()
    found: dict[str, float] = {}
    hips = armature.retargeter_of(thing).bones["pelvis"]
    for travel in ("hips", "root", "object"):
        options = replace(EXACT, travel=travel)
        action = keyframes.add_take(scene, thing, clip, start_frame=START, settings={}, options=options)
        heads = heads_over(scene, thing, hips, 60)
        first = heads if travel == "hips" else first
        found[travel] = float(np.abs(heads - first).max())
        found[f"{travel}_range_m"] = float(np.ptp(heads, axis=0).max())
        keyframes.remove_take(thing, action.name)
    found["place_back"] = float(np.abs(np.array(thing.location) - [0.2, 0.1, 0.0]).max())
    return found


def locks(scene: bpy.types.Scene) -> dict[str, object]:
    """Locked channels get no keys and stay; the hand beyond a locked forearm still turns as it must."""
    each = family("mixamo", roll=6)
    thing = armature_of(scene, each)
    forearm, neck, hips = (thing.pose.bones[each.truth[joint]] for joint in ("left_elbow", "neck", "pelvis"))
    forearm.rotation_mode, forearm.lock_rotation = "YZX", (True, False, True)
    forearm.rotation_euler = (0.02, 0.5, -0.03)
    neck.lock_rotation = (True, True, True)
    hips.lock_location = (False, True, False)
    hips.bone.use_local_location = False
    clip = random_clip(8, frames=3)
    action = keyframes.add_take(scene, thing, clip, start_frame=START, settings={}, options=EXACT)
    wanted = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).world_quat_wxyz
    turned = []
    for frame in range(3):
        scene.frame_set(START + frame)
        turned.append([turns_now(thing, each.truth["left_wrist"])])
    keyed = {f"{path.split(chr(34))[1]}.{path.rsplit('.', 1)[1]}.{index}" for path, index in paths_of(action)}
    return {
        "hand_degrees": degrees_between(quat_from_matrix(np.array(turned))[:, 0], wanted[:, joint_index("left_wrist")]),
        "forearm": sorted(name for name in keyed if name.startswith(f"{forearm.name}.")),
        "neck": sorted(name for name in keyed if name.startswith(f"{neck.name}.")),
        "hips": sorted(name for name in keyed if name.startswith(f"{hips.name}.location")),
        "held": [forearm.rotation_euler[0], forearm.rotation_euler[2]],
    }


def global_locations(scene: bpy.types.Scene) -> float:
    """How far the hips are off, in metres, when their location is in the parent's axes."""
    each = family("unreal4", roll=9)
    clip = random_clip(9, frames=3)
    found = []
    for is_local in (True, False):
        thing = armature_of(scene, each)
        thing.data.bones[each.truth["pelvis"]].use_local_location = is_local
        keyframes.add_take(scene, thing, clip, start_frame=START, settings={}, options=EXACT)
        found.append(heads_over(scene, thing, each.truth["pelvis"], 3))
        bpy.data.objects.remove(thing)
    return float(np.abs(found[0] - found[1]).max())


def own_ik(scene: bpy.types.Scene) -> dict[str, object]:
    """A hand-made IK on an arm is keyed off with the take and back on without it."""
    each = family("blender", pose="a")
    thing = armature_of(scene, each)
    goal = bpy.data.objects.new("Goal", None)
    scene.collection.objects.link(goal)
    goal.location = (0.4, -0.4, 1.0)
    forearm = thing.pose.bones[each.truth["left_elbow"]]
    constraint = forearm.constraints.new("IK")
    constraint.target, constraint.chain_count, constraint.influence = goal, 2, 0.75
    limit = forearm.constraints.new("LIMIT_SCALE")
    clip = random_clip(10, frames=3, size=0.2)
    action = keyframes.add_take(scene, thing, clip, start_frame=START, settings={}, options=EXACT)
    wanted = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).world_quat_wxyz
    scene.frame_set(START + 1)
    rest = body(A_POSE).turns["left_wrist"]
    truth = quat_from_matrix(matrix_from_quat(wanted[1, joint_index("left_wrist")]) @ rest.T)
    found = {
        "hand_degrees": degrees_between(quat_from_matrix(turns_now(thing, each.truth["left_wrist"])), truth),
        "influence_with": constraint.influence,
        "keyed": [path for path, _ in paths_of(action) if "constraints" in path],
        "limit": limit.influence,
    }
    scene.frame_set(START)
    keyframes.remove_take(thing, action.name)
    scene.frame_set(START + 1)
    return {**found, "influence_without": constraint.influence}


def feet(scene: bpy.types.Scene, human: bpy.types.Object) -> dict[str, float]:
    """How far Rigify's planted feet move, in metres, while the hips sway."""
    clip = standing_and_swaying(30)
    found: dict[str, float] = {}
    for name, options in (("kept", None), ("exact", EXACT)):
        action = keyframes.add_take(scene, human, clip, start_frame=START, settings={}, options=options)
        for side in ("L", "R"):
            heads = heads_over(scene, human, f"ORG-toe.{side}", 30)
            found[f"{name}.{side}"] = float(np.ptp(heads, axis=0).max())
        keyframes.remove_take(human, action.name)
    return found


def exports(scene: bpy.types.Scene, human: bpy.types.Object, folder: Path) -> dict[str, object]:
    """Write takes as FBX and glTF, read them back in and compare where hands are."""
    each = family("mixamo", roll=3)
    mixamo = armature_of(scene, each)
    clip = standing_and_swaying(24)
    scene.frame_start, scene.frame_end = 50, 90
    found: dict[str, object] = {}

    def state() -> tuple[int, int, list[str]]:
        return scene.frame_start, scene.frame_end, [thing.name for thing in bpy.context.selected_objects]

    for character, bone in ((mixamo, each.truth["left_wrist"]), (human, "DEF-hand.L")):
        take = keyframes.add_take(scene, character, clip, start_frame=11, settings={})
        scene.frame_set(20)
        there = head_in_world(character, bone)
        for suffix in (".fbx", ".glb"):
            before = state()
            path = export.export_take(bpy.context, character, take.name, folder / f"{character.name}{suffix}")
            is_same = before == state()
            plays = keyframes.is_shown(character, take) and character.animation_data.use_nla
            known = set(bpy.data.objects)
            if suffix == ".glb":
                bpy.ops.import_scene.gltf(filepath=str(path))
            elif hasattr(bpy.ops.wm, "fbx_import") and bpy.app.version >= (5, 0, 0):
                bpy.ops.wm.fbx_import(filepath=str(path))
            else:
                bpy.ops.import_scene.fbx(filepath=str(path))
            new = [thing for thing in bpy.data.objects if thing not in known]
            back = next(thing for thing in new if thing.type == "ARMATURE")
            frames = back.animation_data.action.frame_range
            scene.frame_set(round(frames[0]) + 9)
            here = head_in_world(back, bone)
            found[f"{character.name}{suffix}"] = {
                "off_m": float(np.linalg.norm(here - there)),
                "frames": round(frames[1] - frames[0]) + 1,
                "scene_same": is_same,
                "plays": plays,
            }
            for thing in new:
                bpy.data.objects.remove(thing)
        path = export.export_take(bpy.context, character, take.name, folder / f"{character.name}.bvh")
        back = clip_from_bvh(read_bvh(path))
        arms = [joint_index(f"left_{name}") for name in ("shoulder", "elbow", "wrist")]
        off = degrees_between(back.local_quat_wxyz[:, arms], clip.local_quat_wxyz[:, arms])
        found[f"{character.name}.bvh"] = {
            "degrees": float(np.max(off)),
            "frames": back.frames,
            "hz": back.frame_rate_hz,
        }
    try:
        export.export_take(bpy.context, human, "no such", folder / "x.fbx")
    except InputError as error:
        found["no_take"] = str(error)
    try:
        export.export_take(bpy.context, human, take.name, folder / "x.obj")
    except InputError as error:
        found["no_format"] = str(error)
    return found


def cube(scene: bpy.types.Scene, name: str, half: float) -> bpy.types.Object:
    data = bpy.data.meshes.new(name)
    corners = [(x, y, z) for x in (-half, half) for y in (-half, half) for z in (-half, half)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    data.from_pydata(corners, [], faces)
    thing = bpy.data.objects.new(name, data)
    scene.collection.objects.link(thing)
    return thing


def skins(scene: bpy.types.Scene) -> dict[str, object]:
    """What is read of the meshes a character wears: where they are at rest, which bone has them, what is left out."""
    each = family("mixamo")
    thing = armature_of(scene, each)
    found: dict[str, object] = {"bare": skin.mesh_of(thing) is None}
    spine, hand = each.truth["spine2"], each.truth["left_wrist"]
    shirt = cube(scene, "Shirt", 0.1)
    shirt.scale, shirt.location = (-2.0, 2.0, 2.0), (0.0, 0.0, 1.2)
    shirt.modifiers.new("Armature", "ARMATURE").object = thing
    for name, weight in ((spine, 0.7), (hand, 0.3), ("Cloth", 1.0)):
        shirt.vertex_groups.new(name=name).add(list(range(8)), weight, "REPLACE")
    cup = cube(scene, "Cup", 0.03)
    cup.parent, cup.parent_type, cup.parent_bone = thing, "BONE", hand
    hidden = cube(scene, "Hidden", 0.5)
    hidden.parent, hidden.hide_render = thing, True
    bpy.context.view_layer.update()
    wanted = {
        name: coordinates.points_to_canonical(
            np.array(thing.matrix_world.inverted() @ each_thing.matrix_world.translation)
        )
        for name, each_thing in (("shirt", shirt), ("cup", cup))
    }
    thing.pose.bones[hand].rotation_mode = "XYZ"
    thing.pose.bones[hand].rotation_euler = (1.0, 0.5, 0.0)
    bpy.context.view_layer.update()
    mesh = skin.mesh_of(thing)
    assert mesh is not None
    corners = mesh.vertices[mesh.triangles]
    volumes = np.einsum("tx,tx->t", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6.0
    owner = [mesh.bones[place] for place in mesh.bone]
    is_cup = np.array([name == hand for name in owner])
    found["owners"] = sorted(set(owner))
    found["wanted_owners"] = sorted({spine, hand})
    found["vertices"] = len(owner)
    for name, own in (("shirt", ~is_cup), ("cup", is_cup)):
        found[f"{name}_m"] = float(np.abs(mesh.vertices[own].mean(axis=0) - wanted[name]).max() / each.unit)
    found["volume_m3"] = float(volumes.sum()) / each.unit**3
    for worn in (shirt, cup, hidden, thing):
        bpy.data.objects.remove(worn)
    return found


def main() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.0
    found: dict[str, object] = {
        "version": bpy.app.version_string,
        "refusals": refusals(scene),
        "travels": travels(scene),
        "locks": locks(scene),
        "global_location_m": global_locations(scene),
        "own_ik": own_ik(scene),
        "skins": skins(scene),
    }
    human = add_rigify_human(scene)
    found["feet"] = feet(scene, human)
    found["exports"] = exports(scene, human, Path(sys.argv[1]).parent)
    Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")


main()
sys.stdout.flush()
os._exit(0)
