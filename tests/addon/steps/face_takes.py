"""Takes with a face as one goes on with them, in a bare Blender, from the checkout: layers, export, copies, undo.

face_takes.py REPORT STANDIN ROOT
"""

import json
import stat
import sys
from pathlib import Path

import bpy  # isort: skip
import numpy as np

from blender_addon.engine import session
from blender_addon.face import visemes
from blender_addon.scene import compat
from blender_addon.takes import editing, keyframes, layers, marks, own_action, players, record, user_keys
from blender_addon.ui.layer_properties import settings_of
from tests.addon.steps import scene_parts
from tests.addon.steps.face_parts import head, jaw_of, value_of

report, standin, root = (Path(argument) for argument in sys.argv[1:4])
here, found = Path.cwd(), {}
FRAMES = range(1, 61)
SHAPES = (
    "jawOpen",
    "mouthClose",
    "mouthSmileLeft",
    "mouthSmileRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "browInnerUp",
)


def engine(behaviour: str) -> str:
    path = here / f"python_{behaviour}"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" "{standin}" {behaviour} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


def press() -> bpy.types.Action:
    assert bpy.ops.exges.generate() == {"FINISHED"}
    return record.shown(body())


def body() -> bpy.types.Object:
    return bpy.data.objects["Body"]


def seen(name: str = "jawOpen", mesh: str = "Head") -> np.ndarray:
    rows = []
    for frame in FRAMES:
        bpy.context.scene.frame_set(frame)
        rows.append(value_of(mesh, name))
    return np.array(rows)


def off(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max())


def below() -> list[list[str]]:
    """What lies below layers on shape keys: names of strips, names of Actions."""
    actions = sorted(each.name for each in bpy.data.actions if marks.FACE_BELOW_KEY in each)
    return [sorted(each for each in users_of_keys() if each in actions), actions]


def users_of_keys() -> list[str]:
    """What plays on shape keys."""
    return [
        user.action.name
        for key in bpy.data.shape_keys
        for user in compat.users_in(key.animation_data)
        if user.action is not None
    ]


scene_parts.enable(engine("well"))
scene = bpy.context.scene
scene.render.fps = 30
scene_parts.body()
scene_parts.voice(here / "speech.wav", 4.0)
head(body(), "Head", SHAPES)
head(body(), "Teeth", ("jawOpen",), bone="head")
bpy.data.objects["Head"].data.shape_keys.key_blocks["browInnerUp"].value = 0.25  # no take has made it so
scene.exges.character = body()
chosen = body().exges
chosen.source, chosen.audio, chosen.is_seed_locked, chosen.seed = "FILE", str(here / "speech.wav"), True, 7
chosen.face = True
jaw = jaw_of(7)

# One step of undo takes body and face away, one of redo brings both back.
bpy.ops.ed.undo_push(message="before")
name = press().name
bpy.ops.ed.undo_push(message="made")
found["made"] = off(seen(), jaw)
bpy.ops.ed.undo()
found["undone"] = [len(bpy.data.actions), users_of_keys(), value_of("Head", "jawOpen")]
bpy.ops.ed.redo()
found["redone"] = [record.shown(body()).name == name, off(seen(), jaw), off(seen(mesh="Teeth"), jaw)]

# A preview shows a viseme without keys, over a take, too; what was comes back, also before a file is saved.
scene = bpy.context.scene
scene.frame_set(20)
was = value_of("Head", "jawOpen")
found["preview"] = [visemes.preview(body(), "A"), value_of("Head", "jawOpen"), value_of("Teeth", "jawOpen")]
depsgraph = bpy.context.evaluated_depsgraph_get()
found["preview_seen"] = bpy.data.objects["Head"].evaluated_get(depsgraph).data.vertices[0].co.z
visemes.preview(body(), None)
found["preview_back"] = value_of("Head", "jawOpen") == was
visemes.preview(body(), "happy")

# Saved and opened again: takes that play and one that is an active Action no more keep their faces.
chosen = body().exges
chosen.as_active_action, chosen.seed = True, 8
second = press().name
record.show(body(), name)
bpy.ops.wm.save_as_mainfile(filepath=str(here / "takes.blend"))
bpy.ops.wm.open_mainfile(filepath=str(here / "takes.blend"))
scene, chosen = bpy.context.scene, body().exges
found["loaded"] = off(seen(), jaw)
record.show(body(), second)
found["active"] = [off(seen(), jaw_of(8)), body().animation_data.action.name == second]
record.show(body(), name)
found["back"] = off(seen(), jaw)
bpy.data.actions[name].name = "The good one"
name = "The good one"
bpy.data.objects["Head"].data.shape_keys.name = "Face keys"
record.show(body(), second)
record.show(body(), name)
found["renamed"] = off(seen(), jaw)
keyframes.remove_take(body(), second)
found["removed_active"] = sorted(each.name for each in bpy.data.actions if second in each.name)
chosen.as_active_action, chosen.seed = False, 7

# In layers: the face's own row switches it off, weakens it, lets it fade, and adds it to keys of one's own.
take = bpy.data.actions[name]
digest = user_keys.digest(body())
bpy.ops.exges.split_take()
rows = layers.layers_of(body(), take)
found["rows"] = list(rows)
found["split"] = off(seen(), jaw)
own = user_keys.own_channels(players.faces(body())["Head"])
found["below"] = [below(), list(own), user_keys.digest(body()) == digest]
row = settings_of(rows[layers.FACE].action)
row.level = 0.5
found["level"] = off(seen(), 0.5 * jaw)
row.is_off = True
found["off"] = [float(np.ptp(seen())), value_of("Head", "jawOpen"), float(np.ptp(seen(mesh="Teeth")))]
found["off_brow"] = seen("browInnerUp")[[0, 59]].tolist()
row.is_off, row.level = False, 1.0
row.fade_in = 10.0
found["fade"] = [float(seen()[0]), off(seen()[12:], jaw[12:])]
row.fade_in = 0.0
try:
    bpy.ops.exges.animate_layer(part=layers.FACE)
except RuntimeError as error:
    found["animated"] = str(error)
bpy.ops.exges.add_layer(part=layers.FACE)
found["added"] = sorted({strip.blend_type for _, strip in players.strips_of(body(), take)})
found["added_seen"] = [off(seen(), jaw), off(seen(mesh="Teeth"), jaw)]
bpy.ops.exges.join_layers()
found["joined"] = [off(seen(), jaw), off(seen(mesh="Teeth"), jaw), layers.is_split(body(), take)]
found["joined_below"] = below()

# Edited in the active Action, shape keys too, and back.
assert bpy.ops.exges.edit_take() == {"FINISHED"}
key = players.faces(body())["Head"]
found["edit"] = [editing.edited(body()) == take, key.animation_data.use_tweak_mode, off(seen(), jaw)]
keyframes.leave_tweak_mode(body())
found["edited"] = [key.animation_data.use_tweak_mode, key.animation_data.action is None, off(seen(), jaw)]

# Keys of one's own over the take hide it, go below it, come back, and are blended in.
block = key.key_blocks["jawOpen"]
block.value = 0.0
block.keyframe_insert("value", frame=30)
own = key.animation_data.action
found["hiding"] = own_action.hiding(body(), take) == own
bpy.ops.exges.put_below()
found["put_below"] = off(seen(), jaw)
bpy.ops.exges.split_take()
row = settings_of(layers.layers_of(body(), take)[layers.FACE].action)
row.is_off = True
lying = [curve.data_path for name in below()[1] for curve in compat.curves_of(bpy.data.actions[name])]
found["own_below"] = [float(np.ptp(seen())), sum("jawOpen" in each for each in lying), value_of("Head", "browInnerUp")]
row.is_off = False
bpy.ops.exges.join_layers()
bpy.ops.exges.take_back()
found["taken_back"] = float(np.ptp(seen()))
bpy.ops.exges.blend_keys()
blended = seen()
found["blended"] = [float(blended[29]), off(blended[[0, 59]], jaw[[0, 59]]), float(np.abs(np.diff(blended)).max())]
keyframes.remove_take(body(), record.shown(body()).name)

bpy.data.actions.remove(own)

# Mirrored: left does what right did.
record.show(body(), name)
sides = {each: seen(each) for each in SHAPES}
bpy.ops.exges.mirror_take(take=name)
found["mirrored"] = [
    off(seen("mouthSmileLeft"), sides["mouthSmileRight"]),
    off(seen("eyeLookInRight"), sides["eyeLookInLeft"]),
    off(seen("jawOpen"), sides["jawOpen"]),
    off(sides["mouthSmileLeft"], sides["mouthSmileRight"]),
]
bpy.ops.exges.split_take()
found["mirrored_below"] = len(below()[0])
keyframes.remove_take(body(), record.shown(body()).name)
found["removed_below"] = below()
record.show(body(), name)

# Exported with its shape keys.
bpy.ops.exges.export_take(take=name, filepath=str(here / "take.glb"))
text = (here / "take.glb").read_bytes()
chunk = json.loads(text[20 : 20 + int.from_bytes(text[12:16], "little")])
found["gltf"] = sorted({each["target"]["path"] for each in chunk["animations"][0]["channels"]})
bpy.ops.exges.export_take(take=name, filepath=str(here / "take.fbx"))
found["fbx"] = (here / "take.fbx").read_bytes().count(b"DeformPercent")
found["exported"] = [off(seen(), jaw), players.faces(body())["Head"].animation_data.action is not None]

# A copied character plays the same take; taken off one, it stays on the other, in layers, too.
bpy.ops.scene.new(type="FULL_COPY")
copy = next(each for each in bpy.context.scene.objects if each.type == "ARMATURE")
found["copied"] = off(seen(mesh=next(iter(players.faces(copy)))), jaw)
bpy.context.window.scene = scene
found["taken_off"] = record.remove(body(), name)
bpy.context.window.scene = next(each for each in bpy.data.scenes if each != scene)
found["still"] = off(seen(mesh=next(iter(players.faces(copy)))), jaw)
bpy.context.scene.exges.character = copy
bpy.ops.exges.split_take()
bpy.ops.scene.new(type="FULL_COPY")
other = next(each for each in bpy.context.scene.objects if each.type == "ARMATURE")
record.remove(copy, name)
found["still_split"] = [off(seen(mesh=next(iter(players.faces(other)))), jaw), len(below()[0])]
keyframes.remove_take(other, name)
found["left"] = [users_of_keys(), [each.name for each in bpy.data.actions]]
session.stop_engine()
scene_parts.leave(report, found)
