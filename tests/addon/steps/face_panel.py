"""The face in the tab, in a bare Blender, from the checkout: switch, map by hand, presets, visemes, phones.

face_panel.py REPORT STANDIN ROOT
"""

import json
import stat
import sys
import time
from pathlib import Path

import bpy  # isort: skip

from blender_addon import registration
from blender_addon.face import assignments, presets, visemes
from blender_addon.face import found as faces
from blender_addon.generation import ranges
from blender_addon.takes import record
from blender_addon.ui import readiness, remembered
from blender_addon.ui.panels import drawing
from blender_addon.ui.panels import face as face_panel
from exges_core.face.names import ARKIT_NAMES
from exges_core.face.rigs.preset_files import FacePreset, write_preset
from tests.addon.steps import paper, scene_parts

report, standin, root = (Path(argument) for argument in sys.argv[1:4])
here, found = Path.cwd(), {}
JAPANESE = "顔がありません：名前の分かるシェイプキーがありません。「顔の対応」で割り当ててください"
PANELS = tuple(each for each in registration._CLASSES if issubclass(each, bpy.types.Panel))
engine = here / "python"
engine.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" "{standin}" well "$@"\n')
engine.chmod(engine.stat().st_mode | stat.S_IEXEC)


def mesh(name: str, keys: tuple[str, ...], parent: bpy.types.Object) -> bpy.types.Object:
    """A triangle with shape keys, below an armature."""
    data = bpy.data.meshes.new(name)
    data.from_pydata([(0.0, 0.0, 0.0), (0.1, 0.0, 0.0), (0.0, 0.1, 0.0)], [], [(0, 1, 2)])
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    thing.parent = parent
    for key in ("Basis", *keys):
        thing.shape_key_add(name=key)
    return thing


def press(name: str, **given: object) -> str:
    """Press a button; return '' or the sentence of its refusal."""
    try:
        result = getattr(bpy.ops.exges, name)(**given)
        return "" if "FINISHED" in result else str(result)
    except RuntimeError as error:
        return str(error).strip()


def looked() -> None:
    faces.look_again()
    readiness.forget()


def drawn() -> list[str]:
    looked()
    return [text for text in paper.draw_all(PANELS) if text]


def values(name: str) -> list[float]:
    return [round(each.value, 4) for each in bpy.data.objects[name].data.shape_keys.key_blocks]


def playing(path: str) -> str:
    """What a key plays on the body now."""
    return presets.map_of(faces.face_of(body).match).get(path, "")


def whole_face() -> list[list[float]]:
    return [values(name) for name in ("Head", "Teeth")]


scene_parts.enable(str(engine))
scene = bpy.context.scene
body = scene_parts.body()
scene.exges.character = body
settings = body.exges
bpy.ops.object.mode_set(mode="EDIT")
for name in ("jaw", "left_eye_smplhf", "right_eye_smplhf"):
    body.data.edit_bones.remove(body.data.edit_bones[name])
bpy.ops.object.mode_set(mode="OBJECT")
scene_parts.voice(here / "speech.wav", 4.0)
settings.source, settings.audio, settings.start_frame = "FILE", str(here / "speech.wav"), 31

# No face: said, nothing can be pressed.
found["faceless"] = [readiness.why_no_face(bpy.context), drawn()]
found["faceless_presses"] = {
    "preview_viseme": press("preview_viseme", viseme="P B M"),
    "edit_face_key": press("edit_face_key", key="Head/jawOpen", shape="jawOpen"),
    "save_face_map": press("save_face_map"),
    "add_phones": press("add_phones"),
}
odd = mesh("Odd", ("Peter", "Paul"), body)
looked()
found["nameless"] = readiness.why_no_face(bpy.context)
bpy.data.objects.remove(odd)

# A face of two meshes: one key locked, one driven, one with a name nobody knows, one nearly known.
head = mesh("Head", (*ARKIT_NAMES, "Weird", "fix_jawOpen_zzz"), body)
mesh("Teeth", ("jawOpen", "jawLeft"), body)
blocks = head.data.shape_keys.key_blocks
blocks["cheekPuff"].lock_shape = True
blocks["noseSneerLeft"].driver_add("value").driver.expression = "0.25"
blocks["mouthSmileLeft"].value = 0.3
bpy.context.view_layer.update()
found["seen"] = drawn()
found["summary"] = paper.draw_all((face_panel.ExgesFacePanel, face_panel.ExgesFaceMapPanel))

# By hand: a key is assigned, silenced, reset; wrong names are refused.
found["wrong_key"] = press("edit_face_key", key="Head/Nobody", shape="jawOpen")
found["wrong_shape"] = press("edit_face_key", key="Head/Weird", shape="jawOpener")
found["assigned"] = [press("edit_face_key", key="Head/Weird", shape="tongueOut"), playing("Head/Weird")]
found["silenced"] = [press("edit_face_key", key="Head/mouthFunnel", shape=""), playing("Head/mouthFunnel")]
found["by_hand"] = drawn()
settings.face_preset = "my face"
found["saved"] = [press("save_face_map"), presets.names()]
found["reset_one"] = [press("reset_face_map", key="Head/mouthFunnel"), assignments.chosen_of(body)]
found["reset_all"] = [press("reset_face_map"), assignments.chosen_of(body), press("reset_face_map")]

# A face of bones alone: listed, and a viseme turns them and turns them back.
other = scene_parts.body("Other")
scene.exges.character = other
found["of_bones"] = drawn()
jaw = other.pose.bones["jaw"]
jaw.rotation_quaternion = (0.9, 0.1, 0.2, 0.3)
turned = [list(jaw.rotation_quaternion)]
press("preview_viseme", viseme="A")
turned.append(list(jaw.rotation_quaternion))
press("preview_viseme", viseme="A")
found["turned"] = [*turned, list(jaw.rotation_quaternion)]

# The preset on this character, with keys of the same names on a mesh of another name.
mesh("Kopf", ("Weird", "jawOpen", "jawLeft", "mouthFunnel"), other)
looked()
other.exges.face_preset = "my face"
found["loaded"] = [press("load_face_map"), assignments.chosen_of(other)]
other.exges.face_preset = "nobody's"
found["no_preset"] = press("load_face_map")
(presets.folder() / "broken.json").write_text("{}", encoding="utf-8")
other.exges.face_preset = "broken"
found["broken_preset"] = press("load_face_map")
strange = FacePreset(name="strange", title="Strange", keys={"b": "jawOpen"})
write_preset(presets.folder() / "strange.json", strange)
other.exges.face_preset = "strange"
found["strange_preset"] = [press("load_face_map"), assignments.chosen_of(other)]
other.exges.face_preset = "../escape"
found["escaping_preset"] = press("save_face_map")
scene.exges.character = body
looked()

# A viseme: shown, toggled, another one instead; put back by saving, undoing, Generate.
rest = whole_face()
found["shown"] = {}
for name in visemes.NAMES:
    press("preview_viseme", viseme=name)
    found["shown"][name] = [whole_face() != rest, visemes.shown_on(body)]
    press("preview_viseme", viseme=name)
    assert whole_face() == rest, name
press("preview_viseme", viseme="P B M")
press("preview_viseme", viseme="A")
jaw = blocks.find("jawOpen")
found["opened"] = [each[place] for each, place in zip(whole_face(), (jaw, 1), strict=True)]
found["no_viseme"] = press("preview_viseme", viseme="Q")
press("preview_viseme", viseme="A")
found["put_back"] = {"toggled": whole_face() == rest}
press("preview_viseme", viseme="A")
bpy.ops.wm.save_as_mainfile(filepath=str(here / "kept.blend"), copy=True)
found["put_back"]["saved"] = whole_face() == rest and not visemes.Shown.name
bpy.ops.ed.undo_push(message="before")
press("edit_face_key", key="Head/Weird", shape="tongueOut")
bpy.ops.ed.undo_push(message="Assign Shape Key")
press("preview_viseme", viseme="O")
bpy.ops.ed.undo()
scene = bpy.context.scene
body, settings = bpy.data.objects["Body"], bpy.data.objects["Body"].exges
found["put_back"]["undone"] = whole_face() == rest and not visemes.Shown.name
found["undone_assignment"] = assignments.chosen_of(body)
press("preview_viseme", viseme="O")
settings.face = True
found["generated"] = press("generate")
found["put_back"]["generated"] = not visemes.Shown.name

# Phones as markers: beside words and one's own, removed alone, never the bounds of a range.
take = record.shown(body)
reported = record.report(take)
names = (("W", 0.2), ("EH", 0.3), ("L", 0.4), ("HH", 0.6), ("AH", 0.65), ("HH", 1.0))
reported["face"] = {"phones": [{"name": name, "start_s": at_s, "end_s": at_s, "word": 0} for name, at_s in names]}
take[record.REPORT_KEY] = json.dumps(reported)
scene.timeline_markers.new("HH", frame=10)
rate_hz = scene.render.fps
found["phones"] = [press("add_words"), press("add_phones"), press("add_phones")]
found["marked"] = sorted([each.frame, each.name] for each in scene.timeline_markers)
found["first_frames"] = [31 + round(at_s * rate_hz) for _, at_s in names]
scene.timeline_markers.new("end", frame=200)
scene.frame_set(40)
found["range"] = ranges.part_of(scene, body, ranges.MARKERS)
found["removed"] = [press("remove_phones"), press("remove_phones")]
found["left"] = sorted([each.frame, each.name] for each in scene.timeline_markers)

# Asked dozens of times in one drawing, the meshes are read once; another name is seen a moment later.
reads = []
read = faces.meshes.shapes_of
faces.meshes.shapes_of = lambda name, key: reads.append(name) or read(name, key)
looked()
remembered._GLANCE_S, usual_s = 600.0, remembered._GLANCE_S  # a busy machine draws slowly
paper.draw_all(PANELS)
found["reads"] = sorted(reads)
bpy.data.objects["Teeth"].data.shape_keys.key_blocks["jawLeft"].name = "renamed"
remembered._GLANCE_S = usual_s
faces.look_again()
remembered.FACE.until_s = time.monotonic()
found["renamed"] = paper.draw_all(PANELS)

# Sentences without spaces are wrapped, too.
found["wrapped"] = {}
for text in (JAPANESE, "No face: no shape keys or face bones were found", "x" * 70):
    found["wrapped"][text] = lines = []
    drawing.wrapped(paper.PaperContext(), paper.Paper(lines, []), text)
scene_parts.leave(report, found)
