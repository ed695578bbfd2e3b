"""Takes with the real engine: keyed poses survive, a range is made anew and the rest stays, words, gestures, reload."""

import json
import math
import os
import sys
from pathlib import Path

import bpy  # isort: skip - addon_utils is found only after it
import numpy as np

from blender_addon.engine import session
from blender_addon.scene import compat, curves
from blender_addon.takes import gestures, keyframes, preview, record
from tests.addon.steps import scene_parts

report, python, seconds = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
here, found = Path.cwd(), {}
RATE_HZ, START = 24, 11
LAST = START + int(seconds * RATE_HZ) - 1


def keys_of(action: bpy.types.Action) -> dict[tuple[str, int], curves.Keys]:
    return {place: curves.read(curve) for place, curve in curves.by_channel(compat.curves_of(action)).items()}


def degrees(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    cosine = abs(float(np.dot(one, other)) / (np.linalg.norm(one) * np.linalg.norm(other)))
    return 2.0 * math.degrees(math.acos(min(1.0, cosine)))


def speeds(action: bpy.types.Action, bone: str) -> np.ndarray:
    """How far a bone turns from frame to frame, in degrees."""
    channels = curves.by_channel(compat.curves_of(action))
    path = f'pose.bones["{bone}"].rotation_quaternion'
    turns = np.stack([curves.read(channels[path, channel]).values for channel in range(4)], axis=1).astype(float)
    turns /= np.linalg.norm(turns, axis=1, keepdims=True)
    return np.degrees(2.0 * np.arccos(np.clip(np.abs((turns[1:] * turns[:-1]).sum(axis=1)), 0.0, 1.0)))


def same_outside(new: bpy.types.Action, old: bpy.types.Action, first: int, last: int) -> bool:
    fresh, kept = keys_of(new), keys_of(old)
    for place, keys in kept.items():
        outside = keys.where((keys.frames < first) | (keys.frames > last))
        there = fresh[place].where(np.isin(fresh[place].frames, outside.frames))
        for name in ("co", "handle_left", "handle_right"):
            if outside.floats[name].tobytes() != there.floats[name].tobytes():
                return False
        if (outside.ints["type"] != there.ints["type"]).any():
            return False
    return set(kept) <= set(fresh)


scene_parts.enable(python)
scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = RATE_HZ, 1.0
body = scene_parts.body()
scene_parts.talk(here / "speech.wav", python, seconds)
scene_parts.give_speech(body, here / "speech.wav", START)
scene.exges.character = body
settings = body.exges
settings.transcript = str(here / "speech.json")
settings.seed = 4

# Three poses, each with several bones, and a later one with a single bone.
poses: dict[int, dict[str, tuple[float, ...]]] = {}
generator = np.random.default_rng(3)
for share in (0.2, 0.5, 0.8):
    frame = START + int(share * (LAST - START))
    for name in ("left_shoulder", "left_elbow", "right_shoulder", "right_elbow", "spine2", "neck"):
        size = 0.15 if name in ("spine2", "neck") else 0.6
        vector = generator.normal(scale=size, size=3)
        if name == "left_shoulder":
            vector += (0.0, 0.9, 0.0)
        angle = float(np.linalg.norm(vector))
        quat = (math.cos(angle / 2), *(math.sin(angle / 2) * vector / angle))
        body.pose.bones[name].rotation_quaternion = quat
        body.pose.bones[name].keyframe_insert("rotation_quaternion", frame=frame)
        poses.setdefault(frame, {})[name] = tuple(body.pose.bones[name].rotation_quaternion)
own = body.animation_data.action
before = {place: keys.floats["co"].tobytes() for place, keys in keys_of(own).items()}
found["operator"] = list(bpy.ops.exges.generate())
first = record.shown(body)
found["worst_degrees"] = 0.0
for frame, pose in poses.items():
    scene.frame_set(frame)
    evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    for name, quat in pose.items():
        found["worst_degrees"] = max(found["worst_degrees"], degrees(evaluated[name].rotation_quaternion, quat))
found["own_keys_kept"] = before == {place: keys.floats["co"].tobytes() for place, keys in keys_of(own).items()}
pops = []
for name in ("left_elbow", "right_elbow", "left_shoulder", "right_shoulder"):
    turned = speeds(first, name)
    near = np.zeros(len(turned), dtype=bool)
    for frame in poses:
        near[frame - START - 2 : frame - START + 2] = True
    pops.append(float(turned[near].max() / max(np.percentile(turned, 99), 1e-6)))
found["pop"] = max(pops)

# Words, segments, gestures.
segments = gestures.of_take(first)
found["segments"] = len(segments)
found["add_words"] = list(bpy.ops.exges.add_words())
own_marker = scene.timeline_markers.new("mine", frame=40)
found["markers"] = len(scene.timeline_markers) - 1
found["words"] = len(record.report(first)["words"])
bpy.ops.exges.remove_words()
found["markers_left"] = [marker.name for marker in scene.timeline_markers]
with_candidates = next(each for each in segments if len(each.candidates) > 1)
scene.frame_set(30)
state = {bone.name: tuple(bone.rotation_quaternion) for bone in body.pose.bones}
bpy.ops.exges.preview_gesture(segment=with_candidates.number, clip=with_candidates.candidates[1].clip)
shown = {bone.name: tuple(bone.rotation_quaternion) for bone in body.pose.bones}
found["preview_turned"] = sum(degrees(state[name], shown[name]) > 1.0 for name in state)
previewed_at = scene.frame_current
bpy.ops.exges.end_preview()
found["preview_back"] = state == {bone.name: tuple(bone.rotation_quaternion) for bone in body.pose.bones}
found["preview_frame"] = scene.frame_current
scene.frame_set(previewed_at)  # the preview stands at the gesture's own frame: legs are compared with the take there
legs = {name: tuple(body.pose.bones[name].rotation_quaternion) for name in ("left_knee", "right_knee")}
found["preview_legs"] = max(degrees(legs[name], shown[name]) for name in legs)
scene.frame_set(30)

# The take goes into a base of the user's own, which is searched beside the shipped one from then on.
scene.exges.library, scene.exges.licence = str(here / "base"), "CC0-1.0"
found["add_to_base"] = list(bpy.ops.exges.add_to_base())
found["base"] = (here / "base" / "base.json").is_file()
found["working_folders"] = [path.name for path in here.glob("exges-job-*")]

# A range anew: a pin, a silence and a ban in it, all else frozen.
middle = segments[len(segments) // 2]
choice = middle.candidates[-1].clip
bpy.ops.exges.pin_gesture(segment=middle.number, clip=choice)
bpy.ops.exges.no_gesture(segment=0)
banned = next(each.clip for each in segments[1].candidates if each.clip != choice)
bpy.ops.exges.ban_gesture(segment=1, clip=banned)
part = (START + round(0.35 * seconds * RATE_HZ), START + round(0.6 * seconds * RATE_HZ))
for frame in part:
    scene.timeline_markers.new("cut", frame=frame).select = True
own_marker.select = False
settings.part, settings.seed = "MARKERS", 99
found["range_operator"] = list(bpy.ops.exges.generate())
second = record.shown(body)
found["outside_same"] = same_outside(second, first, part[0], part[1] - 1)
inside, former = speeds(second, "left_elbow"), speeds(first, "left_elbow")
a, b = part[0] - START, part[1] - START
found["inside_differs"] = float(np.abs(inside[a:b] - former[a:b]).max())
seams = [float(speeds(second, name)[[a - 1, b - 1]].max()) for name in ("left_elbow", "right_elbow", "spine2", "head")]
found["seam_degrees"] = max(seams)
found["usual_degrees"] = float(max(np.percentile(speeds(first, name), 99) for name in ("left_elbow", "right_elbow")))
scene.frame_set(next(frame for frame in poses if part[0] <= frame < part[1]))
evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
found["inside_key_degrees"] = max(
    degrees(evaluated[name].rotation_quaternion, quat) for name, quat in poses[scene.frame_current].items()
)
decided = {each.number: each for each in gestures.of_take(second)}
found["pinned"] = decided[middle.number].used is not None and decided[middle.number].used.clip == choice
found["silent"] = decided[0].used is None
found["banned"] = all(each.clip != banned for segment in decided.values() for each in segment.candidates)
found["differences"] = [title for title, _, _ in record.differences(second, first)]

# An edit inside a take is the animator's own key, and stays in the next take.
bone = body.pose.bones["head"]
animation = body.animation_data
curve = curves.by_channel(compat.curves_of(second))['pose.bones["head"].rotation_quaternion', 1]
edited = part[1] + 20
point = min(curve.keyframe_points, key=lambda each: abs(each.co[0] - edited))
point.co[1] += 0.12
point.type = "KEYFRAME"
goal = [
    curves.by_channel(compat.curves_of(second))['pose.bones["head"].rotation_quaternion', channel].evaluate(edited)
    for channel in range(4)
]
settings.part, settings.bake = "WHOLE", "FEWER"
bpy.ops.exges.generate()
third = record.shown(body)
scene.frame_set(edited)
evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
found["edited_degrees"] = degrees(evaluated["head"].rotation_quaternion, goal)
dense = sum(len(keys.frames) for keys in keys_of(first).values())
sparse = sum(len(keys.frames) for keys in keys_of(third).values())
found["fewer_keys"] = sparse / dense

# Flip, save, reload, delete.
bpy.ops.exges.show_take(take=first.name)
found["compared"] = settings.compared == third.name
bpy.ops.exges.flip_takes()
found["flipped"] = record.shown(body).name == third.name
bpy.ops.wm.save_as_mainfile(filepath=str(here / "saved.blend"))
names = [each.name for each in keyframes.takes_of(body)]
bpy.ops.wm.open_mainfile(filepath=str(here / "saved.blend"))
body = bpy.data.objects["Body"]
found["reloaded"] = names == [each.name for each in keyframes.takes_of(body)]
found["settings_reloaded"] = [body.exges.seed, body.exges.bake, len(body.exges.wishes), body.exges.transcript != ""]
found["report_reloaded"] = len(gestures.of_take(record.shown(body)))
found["pose_reloaded"] = record.pose_of(bpy.data.actions[names[0]], middle.number, choice) is not None
for name in list(names):
    bpy.ops.exges.delete_take(take=name)
found["left"] = [len(keyframes.takes_of(body)), preview.Shown.before is None]

# Three variations hear the words once: those after the first find them in the cache.
session.stop_engine()
os.environ["EXGES_CACHE"] = str(here / "cache")
settings, scene = body.exges, bpy.context.scene
settings.transcript, settings.recogniser, settings.bake, settings.seed = "", "pocketsphinx", "EVERY", 5
found["variations"] = list(bpy.ops.exges.variations())
three = keyframes.takes_of(body)
found["variation_seeds"] = [record.settings_of(each)["seed"] for each in three]
found["hearing_s"] = [record.report(each)["timings_s"]["words"] for each in three]
found["same_words"] = len({json.dumps([record.report(each)[name] for name in ("words", "segments")]) for each in three})
turned = [speeds(each, "left_elbow") for each in three]
found["variations_differ"] = [float(np.abs(turned[0] - each).max()) for each in turned[1:]]
found["words_kept"] = len(list((here / "cache" / "words").glob("*.json")))
bpy.ops.preferences.addon_disable(module=scene_parts.MODULE)
scene_parts.leave(report, found)
