"""A take in layers over a walk of the animator's own, from the checkout: what Blender shows, and what the keys hold."""

import sys
from pathlib import Path

import bpy  # isort: skip - addon_utils is found only after it
import numpy as np

from blender_addon.scene import compat, curves
from blender_addon.takes import export, keyframes, layer_blending, layers, record
from blender_addon.ui import layer_properties
from blender_addon.ui.panels import editing as editing_panel
from blender_addon.ui.panels import layers as layers_panel
from blender_addon.ui.panels import takes as takes_panel
from exges_core.errors import ExgesError
from tests.addon.steps import paper, scene_parts, walk

report = Path(sys.argv[1])
here, found = Path.cwd(), {}
FRAMES = range(1, 62, 10)
LEGS = [f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle", "foot")]
WALKING = ["pelvis", *(each for each in LEGS if "foot" not in each)]


def poses(names: list[str] | None = None, frames: range = FRAMES) -> np.ndarray:
    """Where bones are and how they are turned, as Blender evaluates them: frames x bones x 16."""
    shown = []
    for frame in frames:
        scene.frame_set(frame)
        bones = body.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        shown.append([np.array(bones[name].matrix).ravel() for name in names or [each.name for each in bones]])
    return np.array(shown)


def off(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max())


def parts() -> dict[str, layers.Layer]:
    there = layers.layers_of(body, take)
    return {part: layer for part, layer in there.items() if part != layers.BEFORE}


def keys_of(*actions: bpy.types.Action) -> dict[object, bytes]:
    return {
        (curve.data_path, curve.array_index): curves.read(curve).floats["co"].tobytes()
        for action in actions
        for curve in compat.curves_of(action)
    }


def values_of(*actions: bpy.types.Action) -> np.ndarray:
    there = {
        (curve.data_path, curve.array_index): curves.read(curve).values
        for action in actions
        for curve in compat.curves_of(action)
    }
    return np.concatenate([there[place] for place in sorted(there)])


def refused(function: object, *given: object, **named: object) -> str:
    try:
        function(*given, **named)
    except (ExgesError, RuntimeError) as error:
        return str(error)
    return ""


def new_take(size: float = 0.35) -> bpy.types.Action:
    clip = walk.gesturing(size=size)
    settings = {"seed": 1, "speech_from": "FILE", "audio": "speech.wav"}
    return keyframes.add_take(scene, body, clip, start_frame=3, settings=settings)


def panel() -> list[str]:
    return paper.draw_all((editing_panel.ExgesEditingPanel, takes_panel.ExgesTakesPanel, layers_panel.ExgesLayersPanel))


scene_parts.enable(sys.executable)
scene = bpy.context.scene
body = scene_parts.body()
scene.exges.character = body
# One bone has quaternions of the other sign in the walk, one turns by Euler angles; a switch holds a constraint.
body.pose.bones["left_knee"].rotation_mode = "XYZ"
target = bpy.data.objects.new("Target", None)
scene.collection.objects.link(target)
pull = body.pose.bones["right_elbow"].constraints.new("DAMPED_TRACK")
pull.target = target
own = walk.walk(body, but=("left_knee",))
animation = body.animation_data_create()
animation.action = own
compat.assign_slot(animation, own)
alone, alone_legs = poses(WALKING), poses(LEGS)
original = keys_of(own)
animation.action = None

# In one piece, and in layers; the animator's own Action above and below.
take = new_take()
whole, of_take = poses(), keys_of(take)
found["split"] = list(bpy.ops.exges.split_take())
found["layers"] = [layer.track.name for layer in parts().values()]
found["slots"] = all(compat.slot_handle_of(each.strip) != 0 for each in parts().values())
found["split_off"] = off(poses(), whole)
found["part_of_switch"] = [
    part for part, layer in parts().items() if any("constraints" in path for path, _ in keys_of(layer.action))
]
animation.action = own
compat.assign_slot(animation, own)
found["hidden_off"] = off(poses(WALKING), alone)
found["drawn_hidden"] = panel()
found["put_below"] = list(bpy.ops.exges.put_below())
found["below_off"] = off(poses(), whole)
bpy.ops.exges.take_back()
found["taken_back"] = [animation.action == own, off(poses(WALKING), alone), keys_of(own) == original]
bpy.ops.exges.put_below()

# Legs and root off: they walk on, far behind the cycle's keys. Half a trunk lies between.
bpy.ops.exges.upper_body_only()
found["feet_off_m"] = float(np.abs(poses(LEGS)[..., [3, 7, 11]] - alone_legs[..., [3, 7, 11]]).max())
found["legs_off"] = off(poses(LEGS), alone_legs)
found["arms_move"] = off(poses(["left_elbow"])[..., :3], poses(["left_elbow"], range(2, 63, 10))[..., :3])
found["trunk_level"] = layer_properties.settings_of(parts()["trunk"].action).level
found["drawn"] = panel()
for layer in parts().values():
    layer.strip.mute = False
    layers.set_level(layer, 1.0)


def turn(frame: int, bone: str = "left_hip") -> np.ndarray:
    scene.frame_set(frame)
    return np.array(body.pose.bones[bone].rotation_quaternion)


def angle(one: np.ndarray, other: np.ndarray) -> float:
    """Degrees between two rotations, whatever their signs."""
    cosine = abs(one @ other) / (np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.degrees(2.0 * np.arccos(min(1.0, cosine))))


legs = layer_properties.settings_of(parts()["legs"].action)
takes_own = turn(21)
parts()["legs"].track.mute = True
found["off"] = [legs.is_off]
legs.is_off = False
found["off"] += [parts()["legs"].track.mute, parts()["legs"].strip.mute]
legs.is_off = True
found["off"] += [legs.is_off, parts()["legs"].strip.mute]
walks = turn(21)
legs.is_off = False
legs.level = 0.5
found["half"] = [angle(turn(21), walks), angle(turn(21), takes_own), angle(walks, takes_own)]
legs.level, legs.fade_in = 1.0, 20.0
found["fades"] = [angle(turn(13), walks), angle(turn(13), takes_own)]
fading = turn(13)
legs.level = 0.999999  # Blender's own fades end at 1: less is a curve, of the same form
found["fade_curve"] = angle(fading, turn(13))
bpy.ops.exges.animate_layer(part="legs")
curve = next(each for each in parts()["legs"].strip.fcurves if each.data_path == "influence")
curve.keyframe_points.clear()
curve.keyframe_points.insert(1, 1.0)
curve.keyframe_points.insert(21, 0.0)
properties: list[str] = []
paper.draw_all((layers_panel.ExgesLayersPanel,), properties)
found["animated"] = [angle(turn(21), walks), layers.is_animated(parts()["legs"]), properties.count("influence")]
found["drawn_properties"] = properties
bpy.ops.exges.animate_layer(part="legs")
legs.level, legs.fade_in = 1.0, 0.0
found["as_before"] = off(poses(), whole)

# Added, and back; with an edit meanwhile.
bpy.ops.exges.add_layer(part="")
found["added"] = [layer_blending.is_added(each) for each in parts().values()]
found["adds_to"] = off(poses(), whole)
scene.frame_set(30)
found["switch_held"] = pull.influence
bpy.ops.exges.add_layer(part="")
found["back"] = keys_of(*(each.action for each in parts().values())) == of_take
for path, channels in layer_blending._by_path(parts()["left arm"].action).items():
    if "left_shoulder" in path:
        for each in channels.values():
            each.keyframe_points[9].co[1] += 0.05
edited = values_of(*(each.action for each in parts().values()))
bpy.ops.exges.add_layer(part="left arm")
bpy.ops.exges.add_layer(part="left arm")
found["back_edited"] = off(values_of(*(each.action for each in parts().values())), edited)

# Other operations, saved and opened again.
layers.set_level(parts()["head"], 0.25)
parts()["hands"].strip.mute = True
state = poses()
found["export_bvh"] = refused(export.export_take, bpy.context, body, take.name, here / "take.bvh")
found["asset"] = refused(bpy.ops.exges.mark_take, take=take.name)
found["to_base"] = refused(bpy.ops.exges.add_to_base)
other = new_take(0.1)
found["other_shown"] = [record.shown(body) == other, all(each.track.mute for each in parts().values())]
bpy.ops.exges.show_take(take=take.name)
found["shown_again"] = off(poses(), state)
bpy.ops.exges.delete_take(take=other.name)
scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 12, 30
body.exges.source, body.exges.audio, body.exges.part = "FILE", str(scene_parts.voice(here / "a.wav", 3.0)), "PREVIEW"
found["range"] = refused(bpy.ops.exges.generate)
bpy.ops.wm.save_as_mainfile(filepath=str(here / "saved.blend"))
bpy.ops.wm.open_mainfile(filepath=str(here / "saved.blend"))
scene, body = bpy.context.scene, bpy.data.objects["Body"]
animation, take, own = body.animation_data, record.shown(body), bpy.data.actions["Walk"]
found["reopened"] = [off(poses(), state), list(parts()), parts()["hands"].strip.mute]
export.export_take(bpy.context, body, take.name, here / "take.glb", with_meshes=False)
found["exported"] = (here / "take.glb").stat().st_size
found["export_leaves"] = off(poses(), state)

# Joined: as it was, but for the edit.
found["joined"] = list(bpy.ops.exges.join_layers())
now = keys_of(take)
found["changed"] = sorted(
    {path for path, _ in now if any(now[path, c] != of_take[path, c] for c in range(4) if (path, c) in now)}
)
found["tracks"] = [track.name for track in animation.nla_tracks]
found["actions"] = sorted(each.name for each in bpy.data.actions)

# A take that stands still adds nothing to the walk; the walk's numbers may have the other sign.
bpy.ops.exges.delete_take(take=take.name)
found["deleted"] = [track.name for track in animation.nla_tracks]
take = new_take(0.0)
for track in animation.nla_tracks:
    track.mute = track.name != "Walk"
walking = poses(WALKING)
record.show(body, take.name)
bpy.ops.exges.split_take()
bpy.ops.exges.add_layer(part="")
found["nothing_added"] = off(poses(WALKING), walking)
bpy.ops.exges.join_layers()
for path, channels in layer_blending._by_path(own).items():
    for each in channels.values() if path.endswith("quaternion") else ():
        curves.write(each, curves.read(each).negated())
bpy.ops.exges.split_take()
takes_own = turn(21)
layers.set_level(parts()["legs"], 0.5)
mixed = turn(21)
parts()["legs"].strip.mute = True
found["other_sign"] = [angle(mixed, turn(21)), angle(mixed, takes_own), angle(turn(21), takes_own)]
of_take = keys_of(take)
bpy.ops.exges.join_layers()
found["sign_joined"] = keys_of(take) == of_take

# Twice: in layers, deleted whole.
bpy.ops.exges.split_take()
bpy.ops.exges.delete_take(take=take.name)
found["all_gone"] = [[track.name for track in animation.nla_tracks], [each.name for each in bpy.data.actions]]
scene_parts.leave(report, found)
