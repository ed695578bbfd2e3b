"""The first minute in a bare Blender, from the checkout: what is meant unasked, the example, offers after a take.

first_minute.py REPORT STANDIN ROOT
"""

import contextlib
import io
import json
import stat
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import bpy  # isort: skip
import numpy as np

from blender_addon import commands, registration
from blender_addon.character import rigcache
from blender_addon.scene import compat
from blender_addon.sound import strips
from blender_addon.ui import readiness
from blender_addon.ui.operators import environment as environment_buttons
from blender_addon.ui.operators import first_minute
from blender_addon.ui.panels import main, setup
from tests.addon.steps import paper, scene_parts

report, standin, root = (Path(argument) for argument in sys.argv[1:4])
here, found = Path.cwd(), {}
engine = here / "python"
engine.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" "{standin}" well "$@"\n')
engine.chmod(engine.stat().st_mode | stat.S_IEXEC)
own = scene_parts.enable("")
context, scene = bpy.context, bpy.context.scene


def meant() -> str:
    thing = readiness.character_of(context)
    return thing.name if thing is not None else ""


def reason() -> str:
    readiness.forget()
    return readiness.reason(context, is_fresh=True)


def panel(*panels: type) -> list[str]:
    return paper.draw_all(panels or (main.ExgesMainPanel, main.ExgesGeneratePanel))


# Set Up: its size before the click, time left after it.
found["no_engine"] = panel(main.ExgesMainPanel)
own.device = "cuda"
found["size_cuda"] = environment_buttons.size_of(context)
own.device, own.wheels = "cpu", str(here)
found["size_wheels"] = environment_buttons.size_of(context)
own.wheels = ""
found["size_cpu"] = environment_buttons.size_of(context)
creation = SimpleNamespace(
    started_s=time.monotonic() - 61.0, left_s=None, is_slower=False, text="Downloading torch", fraction=0.25
)
found["times"] = [setup.time_of(creation)]
for left_s, is_slower in ((200.0, False), (200.0, True), (40.4, False), (0.0, False), (30.0, True)):
    creation.left_s, creation.is_slower = left_s, is_slower
    found["times"].append(setup.time_of(creation))
environment_buttons.State.creation = creation
found["creating"] = panel(main.ExgesMainPanel)
environment_buttons.State.creation = None
own.python = str(engine)

# Which armature is meant while none is chosen; drawing writes nothing.
found["none"] = [meant(), reason()]
found["steps"] = [first_minute.steps_done(context)]
found["fresh"] = panel(main.ExgesMainPanel)
one = scene_parts.body("One")
context.view_layer.objects.active = None
found["only_one"] = meant()
two = scene_parts.body("Two")
context.view_layer.objects.active = None
found["several"] = [meant(), reason()]
two.hide_set(True)
found["one_seen"] = meant()
two.hide_set(False)
context.view_layer.objects.active = two
found["active"] = meant()
skin = bpy.data.objects.new("Skin", bpy.data.meshes.new("Skin"))
scene.collection.objects.link(skin)
skin.modifiers.new("Armature", "ARMATURE").object = one
context.view_layer.objects.active = skin
found["of_its_mesh"] = meant()
panel()
found["nothing_written"] = scene.exges.character is None
found["no_sound"] = reason()
found["steps"].append(first_minute.steps_done(context))
for each in (one, two, skin):
    bpy.data.objects.remove(each)

# Without an engine an example is added, and no take of it is tried.
own.python = ""
assert bpy.ops.exges.add_example() == {"FINISHED"}
found["without_engine"] = [
    scene.exges.character.name,
    list(first_minute.steps_done(context)),
    first_minute.are_steps_shown(context),
]
for each in tuple(scene.objects):
    bpy.data.objects.remove(each)
for strip in strips.sound_strips(scene):
    compat._new_strips(scene).remove(strip)
own.python = str(engine)
readiness.forget()

# An example at one click: beside what stands there, chosen, with speech of its own, and a take of it.
bpy.ops.mesh.primitive_cube_add(size=2.0)
found["offered"] = panel(main.ExgesMainPanel)
assert bpy.ops.exges.add_example() == {"FINISHED"}
found["made"] = [action.name for action in bpy.data.actions if "exges_take" in action]
found["steps"].append(first_minute.steps_done(context))
found["walked"] = panel(main.ExgesMainPanel)
bpy.ops.exges.decline(offer=first_minute.STEPS)
found["hidden"] = [own.shows_first_steps, "First Steps" in panel(main.ExgesMainPanel)]
own.shows_first_steps = True
example = scene.exges.character
body = example.children[0]
retargeter = rigcache.retargeter_of(example)
found["example"] = [example.name, context.object == example, len(retargeter.rig_map.bones)]
found["example_lacks"] = [list(retargeter.rig_map.missing), dict(retargeter.rig_map.doubtful)]
found["example_x"] = example.location.x
weights = np.zeros(len(body.data.vertices))
for vertex in body.data.vertices:
    weights[vertex.index] = sum(group.weight for group in vertex.groups)
found["weights"] = [float(weights.min()), float(weights.max())]
found["soles"] = float(min(vertex.co.z for vertex in body.data.vertices))
found["heard"] = [strip.name for strip in strips.sound_strips(scene)]
found["packed"] = [strip.sound.packed_file is not None for strip in strips.sound_strips(scene)]
found["words"] = example.exges.transcript_text.as_string()[:5]
found["has_sound"] = compat.HAS_SOUND
found["example_ready"] = reason()

# A take, and what is offered then.
scene.exges.character = None
scene.frame_end, scene.sync_mode = 20, "NONE"
assert bpy.ops.exges.generate() == {"FINISHED"}
found["kept"] = scene.exges.character == example
last = first_minute.end_offered(context)
found["offers"] = panel(main.ExgesGeneratePanel)
found["unchanged"] = [scene.frame_end, scene.sync_mode]
found["last"] = [last, round(bpy.data.actions[-1].frame_range[1])]
found["sync"] = [first_minute.is_sync_offered(context)]
bpy.ops.exges.decline(offer=first_minute.END)
found["end_declined"] = first_minute.end_offered(context)
scene.exges.end_declined = 0
bpy.ops.exges.extend_end()
found["extended"] = [scene.frame_end, first_minute.end_offered(context), bpy.ops.exges.extend_end.poll()]
bpy.ops.exges.sync_to_audio()
found["sync"] += [first_minute.is_sync_offered(context), scene.sync_mode == "AUDIO_SYNC"]
scene.sync_mode = "NONE"
bpy.ops.exges.decline(offer=first_minute.SYNC)
found["sync"].append(first_minute.is_sync_offered(context))

# A batch's file carries the speech.
scene_parts.voice(here / "speech.wav", 2.0)
for strip in strips.sound_strips(scene):
    strip.name = "Example Speech"
bpy.ops.wm.read_homefile(use_empty=True)
scene_parts.body("Anna")
bpy.ops.wm.save_as_mainfile(filepath=str(here / "scene.blend"))
line = {"scene": "scene.blend", "armature": "Anna", "audio": "speech.wav", "output": "deep/out.blend", "start_frame": 7}
lines = [{**line, "id": str(seed), "settings": {"seed": seed}} for seed in (1, 2)]
lines.append({**line, "id": "3", "start_frame": 40})
(here / "many.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
said = io.StringIO()
with contextlib.redirect_stdout(said):
    found["batch"] = [commands.run(["batch", str(here / "many.jsonl"), "--python", str(engine)]), said.getvalue()]
(here / "speech.wav").unlink()  # the .blend is sent on alone
bpy.ops.wm.open_mainfile(filepath=str(here / "deep/out.blend"))
carried = strips.sound_strips(bpy.context.scene)
found["carried"] = [
    [compat.strip_range(strip)[0], strip.channel, strip.sound.packed_file is not None] for strip in carried
]
found["registered"] = all(each in registration._CLASSES for each in first_minute.CLASSES)
scene_parts.leave(report, found)
