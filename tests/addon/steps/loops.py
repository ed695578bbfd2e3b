"""Idles and mirror images in a bare Blender, from the checkout, with the real engine.

loops.py REPORT PYTHON ROOT
"""

import json
import stat
import sys
from pathlib import Path

import bpy  # isort: skip
import numpy as np

from blender_addon import commands
from blender_addon.scene import compat, curves
from blender_addon.takes import keyframes, record
from blender_addon.ui import readiness
from blender_addon.ui.operators import loops as loop_buttons
from blender_addon.ui.panels import loops as loops_panel
from tests.addon.steps import paper, scene_parts

report, python, root = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
found: dict[str, object] = {}
engine = Path.cwd() / "python_real"
engine.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{python}" "$@"\n')
engine.chmod(engine.stat().st_mode | stat.S_IEXEC)
scene_parts.enable(str(engine))
scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = 24, 1.0
scene.frame_end = 400
body = scene_parts.body()
scene.exges.character = body
chosen = body.exges
TURN, START = 100, 21  # 4.17 s: no whole number of frames at 30 a second
NAMES = [bone.name for bone in body.pose.bones]
SIDES = {"left": "right", "right": "left"}


def other(name: str) -> str:
    side = name.split("_")[0]
    return name.replace(side, SIDES[side], 1) if side in SIDES else name


def heads(frame: float) -> np.ndarray:
    """Where every bone's head and tail is on a frame."""
    scene.frame_set(int(frame), subframe=frame % 1)
    bones = body.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    return np.array([[*bones[name].head, *bones[name].tail] for name in NAMES])


def course(first: int, last: int) -> np.ndarray:
    return np.array([heads(frame) for frame in range(first, last)])


def points(action: bpy.types.Action) -> dict[tuple[str, int], list[list[float]]]:
    channels = curves.by_channel(compat.curves_of(action))
    return {channel: curves.read(curve).floats["co"].tolist() for channel, curve in channels.items()}


def jumps(places: np.ndarray, order: int) -> np.ndarray:
    """Root mean square over bones of differences."""
    return np.sqrt(np.square(np.diff(places[..., :3], n=order, axis=0)).sum(axis=-1).mean(axis=-1))


def seam(first: int) -> list[float]:
    """Largest of the differences across the end of the first turn, against the 99th percentile of the others."""
    places = course(first, first + 2 * TURN)
    ratios = []
    for order in (1, 2, 3):
        sizes = jumps(places, order)
        across = range(TURN - order, TURN)
        inside = np.delete(sizes, across)
        ratios.append(float(sizes[list(across)].max() / np.percentile(inside, 99)))
    return ratios


# An idle from the current frame on; its strip repeats to the end of the scene.
scene.frame_set(START)
chosen.idle_frames, chosen.seed = TURN, 7
found["pressed"] = list(bpy.ops.exges.idle_loop())
idle = record.shown(body)
found["range"] = list(idle.frame_range)
strip = next(strip for track in body.animation_data.nla_tracks for strip in track.strips if strip.action == idle)
found["strip"] = [strip.frame_start, strip.frame_end, strip.repeat]
found["seam"] = seam(START)
turns = [heads(START + at) for at in (0, TURN, 3 * TURN)]
found["turns_apart"] = [float(np.abs(each - turns[0]).max()) for each in turns]
found["moves"] = float(np.ptp(course(START, START + TURN), axis=0).max())
found["settings"] = {key: record.settings_of(idle)[key] for key in ("seed", "idle_frames", "fps", "first_frame")}
found["drawn"] = paper.draw_all(loops_panel.CLASSES, [])

# Again: another seed, and another motion.
scene.frame_set(START)
bpy.ops.exges.idle_loop()
again = record.shown(body)
found["again"] = [record.settings_of(again)["seed"] != 7, float(np.abs(heads(START + 9) - turns[0]).max()) > 1e-3]


# It stands as the next take does, with bent knees.
def mean_bend_deg(first: str, second: str) -> float:
    """Return the angle between two bones in the mean over a turn."""
    bends = []
    for frame in range(START, START + TURN, 10):
        scene.frame_set(frame)
        bends.append(body.pose.bones[first].vector.angle(body.pose.bones[second].vector))
    return float(np.degrees(np.mean(bends)))


own_knee = mean_bend_deg("left_hip", "left_knee")
chosen.seed, chosen.is_seed_locked, chosen.sets_knees_deg, chosen.knees_deg = 7, True, True, 50.0
scene.frame_set(START)
bpy.ops.exges.idle_loop()
found["knees"] = [own_knee, mean_bend_deg("left_hip", "left_knee"), record.settings_of(record.shown(body))["knees_deg"]]
chosen.sets_knees_deg = chosen.is_seed_locked = False

# As the active Action its curves cycle; few keys close, too.
chosen.as_active_action, chosen.bake, chosen.tolerance_deg = True, "FEWER", 0.5
chosen.seed, chosen.is_seed_locked = 11, True
scene.frame_set(START)
bpy.ops.exges.idle_loop()
active = body.animation_data.action
turned = [curve for curve in compat.curves_of(active) if len(curve.keyframe_points) > 1]
found["cycles"] = all([each.type for each in curve.modifiers] == ["CYCLES"] for curve in turned)
found["few_keys"] = max(len(curve.keyframe_points) for curve in turned) < TURN
found["active_turns_apart"] = float(np.abs(heads(START + 5 * TURN) - heads(START)).max())
found["active_seam"] = seam(START)
bpy.ops.exges.delete_take(take=active.name)
chosen.as_active_action, chosen.bake, chosen.is_seed_locked = False, "EVERY", False

# The mirror image, and that one's.
bpy.ops.exges.show_take(take=idle.name)
own = course(START, START + TURN)
curve = curves.by_channel(compat.curves_of(idle))['pose.bones["head"].rotation_quaternion', 1]
found["mirrored"] = list(bpy.ops.exges.mirror_take())
image = record.shown(body)
found["image_is_new"] = image != idle and idle in keyframes.takes_of(body)
swapped = own[:, [NAMES.index(other(name)) for name in NAMES]] * [-1.0, 1.0, 1.0, -1.0, 1.0, 1.0]
shown = course(START, START + TURN)
found["image_off"] = float(np.abs(shown - swapped)[..., :3].max())
found["differs"] = float(np.abs(shown - own).max())
found["image_repeats"] = float(np.abs(heads(START + TURN) - shown[0]).max())
bpy.ops.exges.mirror_take(take=image.name)
twice = record.shown(body)
found["twice_off"] = float(np.abs(course(START, START + TURN) - own).max())
found["said"] = [record.settings_of(each)["is_mirrored"] for each in (image, twice)]
found["type"] = sorted({key.type for curve in compat.curves_of(image) for key in curve.keyframe_points})

# What cannot be.
chosen.idle_frames = 20
readiness.forget()
found["too_short"] = loop_buttons.ExgesIdleLoop.why_not(bpy.context)
chosen.idle_frames, chosen.travel = TURN, "object"
scene.frame_set(START)
bpy.ops.exges.idle_loop()
travelling = record.shown(body)
try:
    bpy.ops.exges.mirror_take(take=travelling.name)
    found["refused"] = ""
except RuntimeError as error:
    found["refused"] = str(error)
chosen.travel = "hips"

# In a batch: the same idle as the button's, and one of another seed, later.
blend, manifest = Path.cwd() / "idles.blend", Path.cwd() / "idles.jsonl"
bpy.ops.wm.save_as_mainfile(filepath=str(blend))
pressed = points(idle)
line = {"scene": blend.name, "armature": body.name, "idle": TURN / 24, "output": "out.blend"}
lines = [
    {**line, "id": "same", "start_frame": START, "settings": {"seed": 7}},
    {**line, "id": "later", "start_frame": 300, "settings": {"seed": 8, "as_active_action": True}},
]
manifest.write_text("\n".join(map(json.dumps, lines)))
found["batch"] = commands.run(["batch", str(manifest), "--python", str(engine)])
takes = [json.loads(each)["take"] for each in Path(f"{manifest}.status.jsonl").read_text().splitlines()]
same, later = (bpy.data.actions[each] for each in takes)
found["batch_same"] = [points(same) == pressed, len(pressed) > 50, points(later) != pressed]
found["batch_later"] = list(later.frame_range)
found["batch_again"] = commands.run(["batch", str(manifest), "--python", str(engine)])
scene_parts.leave(report, found)
