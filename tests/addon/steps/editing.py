"""Takes as one edits them, in a bare Blender, from the checkout; the stand-in's motion depends on the seed alone.

editing.py REPORT STANDIN ROOT
"""

import stat
import sys
from pathlib import Path

import bpy  # isort: skip
import mathutils
import numpy as np

from blender_addon.character import rigcache
from blender_addon.engine import session
from blender_addon.scene import compat, curves, tracks
from blender_addon.takes import controls, editing, keyframes, record, splice, turns
from blender_addon.ui.operators import editing as editing_buttons
from blender_addon.ui.panels import editing as editing_panel
from blender_addon.ui.panels import takes as takes_panel
from exges_core.motion.rotations import quat_from_rotvec
from tests.addon.steps import paper, scene_parts

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
chosen.turns = "bones"

# A take in the active Action, changed there, and back; the own Action is kept meanwhile.
body.pose.bones["left_hip"].keyframe_insert("rotation_quaternion", frame=1)
own = body.animation_data.action
take = press()
scene.frame_set(1)
before, name, own_name, own_keys = posed(), take.name, own.name, keys_of(own)
body.animation_data.action = own  # as animators have it: some own Action is active
compat.assign_slot(body.animation_data, own)
with_own = posed()
for curve in compat.curves_of(take):
    curve.keyframe_points[3].select_control_point = True
assert bpy.ops.exges.edit_take() == {"FINISHED"}
animation = body.animation_data
texts = paper.draw_all((*editing_panel.CLASSES, *takes_panel.CLASSES))
found["edit"] = {
    "active": animation.action == take,
    "slot": not compat.HAS_SLOTS or animation.action_slot == take.slots[0],
    "selected": any(len(curves.selected_frames(curve)) for curve in compat.curves_of(take)),
    "same": degrees(before, posed()),
    "again": editing_buttons.ExgesEditTake.why_not(bpy.context),
    "object": bpy.context.view_layer.objects.active == body,
    "shown": record.shown(body) == take,
}
bpy.ops.ed.undo_push(message="Edit Take")
bpy.ops.wm.save_as_mainfile(filepath=str(here / "editing.blend"))
bpy.ops.wm.open_mainfile(filepath=str(here / "editing.blend"))
scene, body = bpy.context.scene, bpy.data.objects["Body"]
chosen, animation, take = body.exges, body.animation_data, bpy.data.actions[name]
own = bpy.data.actions[own_name]
found["reloaded"] = [editing.edited(body) == take, degrees(before, posed())]
curve = curves.by_channel(compat.curves_of(take))['pose.bones["head"].rotation_quaternion', 1]
curve.keyframe_points[20].co[1] += 0.2
curve.keyframe_points.insert(200.0, 0.3)
bpy.ops.ed.undo_push(message="Edited")
assert bpy.ops.exges.back_into_strip() == {"FINISHED"}
(strip,) = [strip for track in animation.nla_tracks for strip in track.strips if strip.action == take]
found["back"] = {
    "own": animation.action == own and (not compat.HAS_SLOTS or animation.action_slot == own.slots[0]),
    "own_same": all(np.array_equal(co, own_keys[place]) for place, co in keys_of(own).items()),
    "elsewhere": degrees(with_own[4:9], posed()[4:9]),
    "edited": degrees(with_own, posed(range(21, 22))),
    "strip": [strip.frame_start, strip.frame_end],
    "why_not": editing_buttons.ExgesBackIntoStrip.why_not(bpy.context),
}
bpy.ops.ed.undo_push(message="Back into Strip")
session.say("A take is ready.")
seen = rigcache.retargeter_of(body)
bpy.ops.ed.undo()
found["undone"] = editing.edited(bpy.data.objects["Body"]) is not None
found["said_after_undo"] = session.Running.last_message
session.say("The engine ended.", is_bad_news=True)
bpy.ops.ed.redo()
found["said_after_redo"] = session.Running.last_message
found["map_outlives_undo"] = rigcache.retargeter_of(bpy.data.objects["Body"]) is seen
body, scene = bpy.data.objects["Body"], bpy.context.scene
chosen, animation = body.exges, body.animation_data
found["redone"] = [editing.edited(body) is None, animation.action.name]


def editing_again() -> None:
    if editing.edited(body) is None:
        bpy.ops.exges.edit_take()
    assert editing.edited(body) is not None


# Everything else may be done meanwhile.
count = len(keyframes.takes_of(body))
editing_again()
chosen.seed = 11
second = press()
found["meanwhile"] = {
    "generate": [editing.edited(body) is None, len(keyframes.takes_of(body)) - count],
    "own_below": [track.name for track in animation.nla_tracks][-2:] == [own.name, second.name],
}
editing_again()
bpy.ops.exges.show_take(take=name)
found["meanwhile"]["show"] = [editing.edited(body) is None, record.shown(body).name == name]
editing_again()
bpy.ops.exges.flip_takes()
found["meanwhile"]["flip"] = [editing.edited(body) is None, record.shown(body).name == second.name]
editing_again()
bpy.ops.exges.export_take(take=second.name, filepath=str(here / "second.bvh"))
found["meanwhile"]["export"] = (here / "second.bvh").is_file()
editing_again()
chosen.part = "PREVIEW"
scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 40, 70
third = press()
chosen.part = "WHOLE"
found["meanwhile"]["range"] = [editing.edited(body) is None, record.settings_of(third)["base"] == second.name]
editing_again()
bpy.ops.exges.delete_take(take=third.name)
found["meanwhile"]["delete"] = [editing.edited(body) is None, len(keyframes.takes_of(body)) - count]
body.animation_data_clear()
for action in list(bpy.data.actions):
    bpy.data.actions.remove(action)
chosen.as_active_action = True
press()
try:
    bpy.ops.exges.edit_take()
    found["active_already"] = "IT RAN"
except RuntimeError as error:
    found["active_already"] = str(error)
chosen.as_active_action = False
bpy.ops.exges.delete_take(take=record.shown(body).name)

# A key set on top of a take: what happens, what is said, what becomes of it.
for bake in ("EVERY", "FEWER"):
    chosen.bake, chosen.tolerance_deg = bake, 0.5
    take = press()
    scene.frame_set(30)
    plain = posed(range(1, 59))
    told = [editing.hidden(body) is None, editing_buttons.ExgesBlendKeys.poll(bpy.context)]
    scene.frame_set(30)
    bone = body.pose.bones["left_elbow"]
    bone.rotation_quaternion = (0.8, 0.5, 0.2, -0.27)
    bone.keyframe_insert("rotation_quaternion", frame=30)
    mine, elbow = np.array(bone.rotation_quaternion), body.pose.bones.find("left_elbow")
    frozen = posed(range(1, 59), is_local=True)[:, elbow]
    hidden = editing.hidden(body)
    texts = paper.draw_all(editing_panel.CLASSES)
    own = body.animation_data.action
    own_keys = keys_of(own)
    assert bpy.ops.exges.blend_keys(ease_s=0.5) == {"FINISHED"}
    blended = posed(range(1, 59))
    quats = posed(range(30, 31), is_local=True)[0, elbow]
    quats = np.array(mathutils.Matrix(quats.tolist()).to_quaternion())
    away = np.abs(np.arange(1, 59) - 30) > 16
    steps = np.abs(np.diff(blended[:, elbow], axis=0)).max(axis=(1, 2))
    found[f"on_top_{bake}"] = {
        "quiet": told,
        "frozen": float(np.abs(frozen - frozen[0]).max()),
        "hidden": [list(hidden.bones), hidden.first, hidden.last, hidden.before, hidden.after],
        "texts": texts,
        "at_key": float(2 * np.degrees(np.arccos(min(1.0, abs(float(mine @ quats) / np.linalg.norm(mine)))))),
        "away": degrees(plain[away], blended[away]),
        "others": degrees(np.delete(plain, elbow, 1)[:, :10], np.delete(blended, elbow, 1)[:, :10]),
        "step": float(steps.max()),
        "own_same": all(np.array_equal(co, own_keys[place]) for place, co in keys_of(own).items()),
        "own_key_in_take": [
            float(frame)
            for place, curve in curves.by_channel(compat.curves_of(record.shown(body))).items()
            if place == ('pose.bones["left_elbow"].rotation_quaternion', 0)
            for frame in curves.own_frames(curve)
        ],
        "old_stays": take.name in [each.name for each in keyframes.takes_of(body)] and chosen.compared == take.name,
        "now": editing.hidden(body) is None,
    }
    for each in keyframes.takes_of(body):
        bpy.ops.exges.delete_take(take=each.name)
    body.animation_data_clear()
    bpy.data.actions.remove(own)

# A range's new angles go on in the triple, the turns and the axis of those that stay, however they were found.
course = np.cumsum(np.random.default_rng(5).normal(scale=0.05, size=(120, 3)), axis=0) + np.array([2.0, 0.3, -1.0])
numbers, part, frames = curves.numbers(), (40, 80), np.arange(120)
for mode, middle in (("ZXY", 1), ("XZY", 2), ("AXIS_ANGLE", None)):
    kind, stays = turns.in_mode(mode, quat_from_rotvec(course))
    other = np.where(np.arange(3) == middle, np.pi - stays, stays + np.pi) if middle is not None else -stays
    other = other + 2.0 * np.pi * np.array([1, -2, 3, 0] if middle is not None else [1, 0, 0, 0])[: stays.shape[1]]
    path = f"there.rotation_{kind}"
    base, fresh = {}, {}
    for channel in range(stays.shape[1]):
        keys = tracks.dense(frames, stays[:, channel], numbers)
        edges = (float(stays[39, channel]), float(stays[80, channel]))
        none = np.empty(0)
        base[path, channel] = splice.Kept(group="", keys=keys, edges=edges, gap_frames=none, gap_values=none)
        fresh[path, channel] = tracks.Track(group="", keys=tracks.dense(frames, other[:, channel], numbers))
    middles = {} if middle is None else {path: middle}
    splice.keep_outside(fresh, base, part, numbers, own_frames=set(), rate_hz=30.0, middles=middles)
    off = [np.abs(track.keys.values - stays[:, channel]).max() for (_, channel), track in fresh.items()]
    found.setdefault("led_over", []).append(float(max(off)))
session.stop_engine()
scene_parts.leave(report, found)
