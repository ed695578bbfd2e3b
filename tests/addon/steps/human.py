"""The human in Blender: as the example character and on a Rigify human, with a take of body and face.

human.py REPORT HUMAN: HUMAN is the file that tools/human made.
"""

import json
import os
import sys
from pathlib import Path

import bpy  # isort: skip
import numpy as np

from blender_addon import registration
from blender_addon.character import example, example_human
from blender_addon.character.human_file import read_human
from blender_addon.face import found as faces
from blender_addon.scene import compat
from blender_addon.scene.extension import stored
from blender_addon.takes import players
from exges_core.face.names import ARKIT_NAMES, COLUMN
from exges_core.motion.clip import MotionClip
from exges_core.motion.skeleton import JOINT_NAMES, joint_index
from tools.demo_scene import human as humans
from tools.demo_scene.scene import add_rigify_human

FRAMES = 20
report, path = Path(sys.argv[1]), Path(sys.argv[2])
human = read_human(path)
found: dict[str, object] = {}
scene = bpy.context.scene


def places(thing: bpy.types.Object) -> np.ndarray:
    """A mesh as Blender shows it now, in world axes."""
    shown = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = shown.to_mesh()
    points = np.empty(3 * len(mesh.vertices), dtype=np.float32)
    mesh.vertices.foreach_get("co", points)
    shown.to_mesh_clear()
    matrix = np.array(shown.matrix_world)
    return points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def mesh(character: bpy.types.Object, name: str) -> bpy.types.Object:
    return next(each for each in character.children if each.name.split(".")[0].endswith(f" {name}"))


def without_bone(character: bpy.types.Object) -> list[str]:
    """Vertices that no bone of the character moves wholly."""
    bones, wrong = character.data.bones, []
    for each in character.children:
        names = [group.name for group in each.vertex_groups]
        sums = [sum(part.weight for part in point.groups if names[part.group] in bones) for point in each.data.vertices]
        wrong += [each.name] if np.abs(np.array(sums) - 1.0).max() > 1e-3 else []
    return wrong


def motion(frames: int) -> tuple[MotionClip, Path]:
    """The left forearm goes up and comes down; the jaw opens in the middle, lids blink at the end."""
    quats = np.zeros((frames, len(JOINT_NAMES), 4))
    quats[..., 0] = 1.0
    curves = np.zeros((frames, len(ARKIT_NAMES)))
    swing = np.sin(np.linspace(0.0, np.pi, frames))
    for joint, most in (("left_shoulder", -1.2), ("right_shoulder", 1.2)):  # arms hang
        quats[:, joint_index(joint)] = (np.cos(most / 2), 0.0, 0.0, np.sin(most / 2))
    half = -0.5 * 2.0 * swing
    quats[:, joint_index("left_elbow")] = np.stack([np.cos(half), 0 * half, np.sin(half), 0 * half], axis=1)
    curves[:, COLUMN["jawOpen"]] = 0.8 * swing
    curves[-3:, COLUMN["eyeBlinkLeft"]] = 1.0
    clip = MotionClip(local_quat_wxyz=quats, root_position_m=np.tile([0.0, 0.9, 0.0], (frames, 1)), frame_rate_hz=30.0)
    file = report.with_name("motion.npz")
    np.savez(file, face_arkit=curves, face_arkit_names=np.array(ARKIT_NAMES), mocap_frame_rate=30.0)
    return clip, file


def said_of(character: bpy.types.Object) -> dict[str, object]:
    """What a take does on a character."""
    clip, file = motion(FRAMES)
    scene.render.fps = 30
    faces.look_again()
    seen = faces.face_of(character)
    humans.add_take(scene, character, clip, file, {"made_by": "test"})
    take = next(each for each in bpy.data.actions if each.name.startswith("ExGes take"))
    body, eyes = mesh(character, "Body"), mesh(character, "Lashes")
    scene.frame_set(1)
    rest, lids = places(body), places(eyes)
    scene.frame_set(1 + FRAMES // 2)
    middle = places(body)
    scene.frame_set(FRAMES)
    blink = places(eyes)
    points = np.array([each.co[:] for each in body.data.vertices])
    is_chin = (np.abs(points[:, 0]) < 0.004) & (points[:, 1] < -0.1) & (points[:, 2] < 1.40) & (points[:, 2] > 1.36)
    is_hand = points[:, 0] > 0.4
    keys = players.faces(character)
    result = {
        "played": sorted(seen.match.played),
        "missing": list(seen.missing),
        "left_alone": list(seen.left_alone),
        "bodyless": without_bone(character),
        "chin_m": float((rest - middle)[is_chin, 2].max()),
        "hand_m": float(np.linalg.norm((middle - rest)[is_hand], axis=1).mean()),
        "lid_m": float(np.linalg.norm(blink - lids, axis=1).max()),
        "faces": {name: len(players.curves_of(take, key)) for name, key in keys.items()},
        "actions": len({part.name for part in (take, *players.parts_of(take))}),
        "slots": len(take.slots) if compat.HAS_SLOTS else None,
    }
    for each in (*players.parts_of(take), take):
        bpy.data.actions.remove(each)
    return result


registration.register()
# The example, as the extension with the human in it adds it; here the file lies elsewhere.
example_human.came_with_us = lambda: human
for each in tuple(bpy.data.objects):
    bpy.data.objects.remove(each)
assert bpy.ops.exges.add_example() == {"FINISHED"}
character = scene.exges.character
found["example"] = [character.name, len(character.data.bones), sorted(each.name for each in character.children)]
found["asks_for_face"] = stored(character).face
found["ends"] = [
    bone.name for bone in character.data.bones if not 0.004 < bone.length < 0.5 or not np.isfinite(bone.length)
]
found["on_example"] = said_of(character)

rig = add_rigify_human(scene, human.bones)
humans.add_meshes(scene, rig, human)
found["face_bones"] = [bone.name for bone in rig.data.bones if bone.name.startswith(("DEF-lid", "DEF-lip", "DEF-jaw"))]
found["on_rigify"] = said_of(rig)
found["colours"] = [
    each.name for each in (*rig.children, *character.children) if each.type == "MESH" and not each.data.color_attributes
]

# A damaged file leaves nothing half-made behind.
count = len(bpy.data.objects)
path.with_name("broken.npz").write_bytes(path.read_bytes()[:1000])
example_human.came_with_us = lambda: read_human(path.with_name("broken.npz"))
try:
    example.add(bpy.context)
except ValueError as error:
    found["damaged"] = [str(error), len(bpy.data.objects) - count]

report.write_text(json.dumps(found), encoding="utf-8")
# bpy may crash on the way out once Rigify has run.
os._exit(0)
