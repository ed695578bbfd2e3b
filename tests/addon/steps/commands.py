"""The command line in a bare Blender, from the checkout: one take, batches that go on, every wrong line."""

import contextlib
import io
import json
import os
import stat
import sys
import wave
from pathlib import Path

import bpy  # isort: skip
import numpy as np

from blender_addon import commands, registration
from blender_addon.headless import batch
from blender_addon.scene import coordinates
from exges_core.motion.skeleton import DEFAULT_SKELETON, JOINT_NAMES, PARENTS

report, standin, root = (Path(argument) for argument in sys.argv[1:4])
found: dict[str, object] = {}
here = Path.cwd() / "Fälle & 動き"
here.mkdir()


def engine(behaviour: str) -> str:
    path = here / f"python_{behaviour}"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" "{standin}" {behaviour} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


def body(name: str) -> None:
    data = bpy.data.armatures.new(name)
    armature = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(armature)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    heads = coordinates.points_to_blender(DEFAULT_SKELETON.rest_positions_m() + np.array([0.0, 0.935, 0.0]))
    for index, joint in enumerate(JOINT_NAMES):
        bone = data.edit_bones.new(joint)
        bone.head, bone.tail = heads[index], heads[index] + np.array([0.0, 0.0, 0.05])
        if PARENTS[index] >= 0:
            bone.parent = data.edit_bones[JOINT_NAMES[PARENTS[index]]]
    bpy.ops.object.mode_set(mode="OBJECT")


def run(*argv: str) -> tuple[int, str]:
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        code = commands.run(argv)
    return code, said.getvalue()


def takes(path: Path) -> list[str]:
    if Path(bpy.data.filepath) == path:
        return sorted(action.name for action in bpy.data.actions)
    with bpy.data.libraries.load(str(path)) as (inside, _wanted):
        return sorted(name for name in inside.actions)


def manifest(name: str, *lines: object) -> Path:
    path = here / name
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text, encoding="utf-8-sig")  # as Windows' Notepad does
    return path


bpy.ops.wm.read_factory_settings(use_empty=True)
registration.register()
bpy.context.scene.name = "Stage"
body("Anna")
body("Bert")
for thing in (bpy.data.objects.new("Light", bpy.data.lights.new("Light", "POINT")), bpy.data.objects.new("Cart", None)):
    bpy.context.scene.collection.objects.link(thing)
scene = here / "Szene 1.blend"
bpy.ops.wm.save_as_mainfile(filepath=str(scene))
with wave.open(str(here / "speech.wav"), "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(16000)
    file.writeframes((9000 * np.sin(np.arange(32000) / 20.0)).astype("<i2").tobytes())

well, dies = engine("well"), engine("dies_inside")
os.chdir(here)
one = ["generate", "--armature", "Anna", "--audio", "speech.wav", "--seed", "4", "--no-retrieval"]
found["generate"] = run(*one, "--output", "deep/er/out.blend", "--python", well)
found["generate_takes"] = takes(here / "deep/er/out.blend")
take = next(action for action in bpy.data.actions if "exges_take" in action)
settings = json.loads(take["exges_take"])
found["generate_settings"] = [settings["seed"], settings["use_retrieval"], settings["use_keys"]]
found["help"] = run("generate", "--help")
(here / "blocked").write_text("")
found["blocked"] = run(*one, "--output", "blocked/out.blend", "--python", well)
found["no_engine"] = run(*one, "--output", "out2.blend", "--python", str(here / "nothing"))
found["no_preferences"] = run(*one, "--output", "out2.blend")

anna = {"id": "anna", "scene": "Szene 1.blend", "armature": "Anna", "audio": "speech.wav", "output": "both.blend"}
bert = {**anna, "id": "bert", "armature": "Bert", "start_frame": 30, "settings": {"seed": 2}}
lost = {**anna, "id": "lost", "audio": "none.wav", "output": "lost.blend"}
found["lost"] = run("batch", str(manifest("lost.jsonl", anna, lost, "", bert)), "--python", well)
found["lost_left"] = [
    name for name in ("both.blend", "lost.blend", "lost.jsonl.status.jsonl") if (here / name).exists()
]
lost["audio"] = "speech.wav"
many = manifest("many.jsonl", anna, lost, "", bert)
found["batch"] = run("batch", str(many), "--python", engine("dies_in_the_second"))
found["batch_takes"] = takes(here / "both.blend")
found["scene_untouched"] = takes(scene)
status = Path(f"{many}.status.jsonl")
found["status"] = [json.loads(line) for line in status.read_text(encoding="utf-8").splitlines()]
found["again"] = run("batch", str(many), "--python", well)
found["again_takes"] = takes(here / "both.blend")

lines = status.read_text(encoding="utf-8").splitlines()  # killed between saving Bert's take and noting it
status.write_text("\n".join([lines[0], lines[2][:20]]), encoding="utf-8")
found["resumed"] = run("batch", str(many), "--python", well)
found["resumed_takes"] = takes(here / "both.blend")

found["dies"] = run("batch", str(manifest("dies.jsonl", {**anna, "output": "dies.blend"})), "--python", dies)
found["dies_left"] = (here / "dies.blend").exists()
for name, line in {
    "no_json": "{",
    "unknown_key": {**anna, "sceen": "x"},
    "unknown_setting": {**anna, "settings": {"sead": 1}},
    "wrong_type": {**anna, "settings": {"seed": "one"}},
    "out_of_range": {**anna, "settings": {"vividness": 9, "finish_without": ["feet", "hands"]}},
    "both_speeches": {**anna, "strip": "Speech"},
    "short_idle": {**anna, "idle": 1.5, "settings": {"vividness": 1.2, "seed": 3}},
    "endless_idle": {"armature": "Anna", "output": "o.blend", "idle": True},
}.items():
    found[name] = run("batch", str(manifest(f"{name}.jsonl", line)), "--python", well)
found["twice"] = run("batch", str(manifest("twice.jsonl", anna, {**anna, "id": "other"})), "--python", well)
nameless = {name: value for name, value in anna.items() if name != "armature"}
several = manifest("several.jsonl", nameless, bert, {**anna, "start_frame": 1.5}, 7)
found["several"] = run("batch", str(several), "--python", well)
found["no_manifest"] = run("batch", "nowhere.jsonl", "--python", well)
missing = {**anna, "scene": "gone.blend", "output": "gone_out.blend"}
elsewhere = {**anna, "in_scene": "Nowhere", "output": "nowhere.blend"}
nobody = {**anna, "armature": "Nobody", "output": "nobody.blend"}
light = {**anna, "armature": "Light", "output": "light.blend"}
silent = {name: value for name, value in anna.items() if name != "audio"}
wrong = (missing, elsewhere, nobody, light, silent, {**silent, "strip": "Speech"}, {**anna, "armature": "Cart"})
found["missing"] = run("batch", str(manifest("missing.jsonl", *wrong)), "--python", str(here / "no engine is asked"))
here_and_there = [{**anna, "scene": "Szene 1.blend", "output": "m1.blend"}, {**bert, "output": "m2.blend"}]
del here_and_there[1]["scene"]
bpy.ops.wm.open_mainfile(filepath=str(scene))
found["mixed"] = run("batch", str(manifest("mixed.jsonl", *here_and_there)), "--python", well)
found["mixed_takes"] = [len(takes(here / name)) for name in ("m1.blend", "m2.blend")]
found["fits"] = [
    batch.fits((1, 2), tuple[int, ...]),
    batch.fits((1.0, 2), tuple[float, float]),
    batch.fits(None, str | None),
    not batch.fits(True, int),
    not batch.fits((1,), tuple[int, int]),
]
report.write_text(json.dumps(found), encoding="utf-8")
sys.stdout.flush()
os._exit(0)
