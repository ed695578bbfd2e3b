"""Takes as one edits them, in a bare Blender, from the checkout; the stand-in's motion depends on the seed alone.

editing.py REPORT STANDIN ROOT
"""

import stat
import sys
from pathlib import Path

import bpy  # isort: skip
import numpy as np

from blender_addon.engine import session
from blender_addon.scene import compat, curves
from blender_addon.takes import controls, keyframes, record
from tests.addon.steps import scene_parts

report, standin, root = (Path(argument) for argument in sys.argv[1:4])
here, found = Path.cwd(), {}
FRAMES = range(1, 121, 7)


def engine(behaviour: str) -> str:
    path = here / f"python_{behaviour}"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" "{standin}" {behaviour} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


def press() -> bpy.types.Action:
    assert bpy.ops.exges.generate() == {"FINISHED"}
    return record.shown(body)


def posed(frames: range = FRAMES, *, is_local: bool = False) -> np.ndarray:
    """All bones as Blender evaluates them, in the armature's axes or each in its own, frames x bones x 4 x 4."""
    rows = []
    for frame in frames:
        scene.frame_set(frame)
        shown = body.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        rows.append([np.array(bone.matrix_basis if is_local else bone.matrix) for bone in shown])
    return np.array(rows)


def degrees(one: np.ndarray, other: np.ndarray) -> float:
    """The largest angle between bones of two poses."""
    relative = np.swapaxes(one[..., :3, :3], -1, -2) @ other[..., :3, :3]
    sine = 0.5 * np.linalg.norm(
        np.stack([relative[..., i, j] - relative[..., j, i] for i, j in ((2, 1), (0, 2), (1, 0))], axis=-1), axis=-1
    )
    return float(np.degrees(np.arctan2(sine, 0.5 * (np.trace(relative, axis1=-2, axis2=-1) - 1.0))).max())


def keys_of(take: bpy.types.Action) -> dict[tuple[str, int], np.ndarray]:
    keyed = curves.by_channel(compat.curves_of(take))
    return {place: curves.read(curve).floats["co"] for place, curve in keyed.items()}


def modes_now() -> dict[str, str]:
    return {bone.name: bone.rotation_mode for bone in body.pose.bones}


preferences = scene_parts.enable(engine("well"))
scene = bpy.context.scene
scene.render.fps = 30
body = scene_parts.body()
scene.exges.character = body
scene_parts.voice(here / "speech.wav", 4.0)
chosen = body.exges
chosen.source, chosen.audio, chosen.is_seed_locked, chosen.seed = "FILE", str(here / "speech.wav"), True, 7
body.pose.bones["left_knee"].rotation_mode = "ZXY"
body.pose.bones["right_knee"].rotation_mode = "AXIS_ANGLE"
modes_before = modes_now()

# The same take in quaternions, and in Euler angles with a key on every frame and with fewer.
plain = press()
quaternions, bone_by_bone = posed(), posed(range(1, 120), is_local=True)
chosen.turns = "euler"
euler = press()
found["euler_degrees"] = degrees(quaternions, posed())
paths = {path.rpartition(".")[2] for path, _ in keys_of(euler) if controls.turned_bone(path)}
found["euler_paths"] = sorted(paths)
found["euler_modes"] = sorted(set(modes_now().values()) - {"XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"})
found["euler_own_order"] = body.pose.bones["left_knee"].rotation_mode
steps = [np.abs(np.diff(co[:, 1])).max() for (path, _), co in keys_of(euler).items() if path.endswith("rotation_euler")]
found["euler_step"] = float(np.degrees(max(steps)))
chosen.bake, chosen.tolerance_deg = "FEWER", 0.5
fewer = press()
found["fewer_degrees"] = degrees(bone_by_bone, posed(range(1, 120), is_local=True))
count = {take.name: sum(len(co) for co in keys_of(take).values()) for take in (euler, fewer)}
found["fewer_share"] = count[fewer.name] / count[euler.name]
local = [curve.data_path for curve in compat.curves_of(fewer) if controls.turned_bone(curve.data_path)]
found["fewer_euler"] = all(path.endswith("rotation_euler") for path in local)

# Each take puts its own modes on; what a take is read by for a file goes back.
bpy.ops.exges.show_take(take=plain.name)
found["shown_again"] = [modes_now() == modes_before, degrees(quaternions, posed())]
body.exges.bake = "EVERY"
bpy.ops.exges.export_take(take=euler.name, filepath=str(here / "euler.bvh"))
bpy.ops.exges.export_take(take=plain.name, filepath=str(here / "plain.bvh"))
lines = [(here / f"{name}.bvh").read_text().split("Frame Time")[1].splitlines()[1:] for name in ("euler", "plain")]
numbers = [np.array([line.split() for line in each], dtype=float) for each in lines]
found["exported"] = [float(np.abs(numbers[0] - numbers[1]).max()), modes_now() == modes_before]

# A range stays in the form of its take, whatever the panel says.
bpy.ops.exges.show_take(take=euler.name)
scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 40, 70
chosen.part, chosen.turns, chosen.seed = "PREVIEW", "bones", 9
part = press()
outside = keys_of(euler).items()
found["range_outside"] = all(
    np.array_equal(co[(co[:, 0] < 40) | (co[:, 0] > 70)], now[(now[:, 0] < 40) | (now[:, 0] > 70)])
    for (place, co) in outside
    for now in [keys_of(part)[place]]
    if len(co) > 1
)
found["range_step"] = float(
    np.degrees(max(np.abs(np.diff(co[:, 1])).max() for (path, _), co in keys_of(part).items() if "euler" in path))
)
bpy.ops.exges.show_take(take=plain.name)
chosen.part, chosen.turns, chosen.seed = "WHOLE", "euler", 7

# A bone with own keys in its own mode keeps it; with the last take all modes go back.
body.pose.bones["left_elbow"].rotation_quaternion = (0.9, 0.1, 0.3, -0.2)
body.pose.bones["left_elbow"].keyframe_insert("rotation_quaternion", frame=20)
kept = press()
found["own_mode"] = [body.pose.bones[name].rotation_mode == "QUATERNION" for name in ("left_elbow", "right_elbow")]
chosen.turns = "bones"
press()
found["bones_again"] = modes_now() == modes_before
for take in keyframes.takes_of(body):
    bpy.ops.exges.delete_take(take=take.name)
found["all_back"] = modes_now() == modes_before
body.animation_data_clear()
chosen.turns = "euler"
press()
bpy.ops.exges.delete_take(take=record.shown(body).name)
found["only_one_back"] = modes_now() == modes_before
session.stop_engine()
scene_parts.leave(report, found)
