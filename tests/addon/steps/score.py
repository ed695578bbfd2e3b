"""Strokes in a bare Blender, from the checkout: how vivid, from a file, to a file, by window, command line and batch.

score.py REPORT STANDIN ROOT: the stand-in reads and writes real score files, and makes a stroke where one is asked for.
"""

import json
import stat
import sys
from pathlib import Path

import bpy  # isort: skip

from blender_addon import commands
from blender_addon.engine import session
from blender_addon.generation import preparing
from blender_addon.takes import record
from blender_addon.ui import readiness
from blender_addon.ui.panels import bone_map as bone_map_panel
from blender_addon.ui.panels import gestures as gestures_panel
from blender_addon.ui.panels import main as main_panel
from blender_addon.ui.panels import score as score_panel
from blender_addon.ui.panels import takes as takes_panel
from tests.addon.steps import paper, scene_parts

report, standin, root = (Path(argument) for argument in sys.argv[1:4])
here, found = Path.cwd() / "Gesten & 動き", {}
here.mkdir()
PANELS = (
    *main_panel.CLASSES,
    *bone_map_panel.CLASSES,
    *main_panel.LATER,
    *score_panel.CLASSES,
    *gestures_panel.CLASSES,
    *takes_panel.CLASSES,
)


def asked() -> list[object]:
    """What the engine would be asked for now."""
    plan = preparing.prepare(readiness.take_settings(bpy.context), sequencer=bpy.context.scene)
    request = plan.request
    plan.discard()
    return [request.vividness, request.use_score, request.score, request.score_out]


def press(name: str, **given: object) -> str:
    """Press a button; return '' or the sentence of its refusal."""
    try:
        result = getattr(bpy.ops.exges, name)(**given)
        return "" if "FINISHED" in result else str(result)
    except RuntimeError as error:
        return str(error).strip()


def newest() -> bpy.types.Action:
    return record.shown(body)


def remembered(action: bpy.types.Action) -> list[object]:
    settings = record.settings_of(action)
    return [settings[name] for name in ("vividness", "use_score", "score", "score_out")]


engine = here / "python"
engine.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" "{standin}" well "$@"\n')
engine.chmod(engine.stat().st_mode | stat.S_IEXEC)
scene_parts.enable(str(engine))
scene = bpy.context.scene
body = scene_parts.body()
scene.exges.character = body
scene_parts.voice(here / "speech.wav", 4.0)
settings = body.exges
settings.source, settings.audio = "FILE", str(here / "speech.wav")
bpy.ops.wm.save_as_mainfile(filepath=str(here / "saved.blend"))

# What is set is what is asked for; what has no meaning beside the rest is not.
found["plain"] = asked()
settings.vividness = 5.0
found["limited"] = settings.vividness
settings.vividness, settings.score_out = 0.6, "//scores/first.json"
found["set"] = asked()
found["first"] = [press("generate"), remembered(newest()), "1 stroke" in paper.draw_all(PANELS)]
first = newest()
found["written"] = json.loads((here / "scores" / "first.json").read_text(encoding="utf-8"))["strokes"][0]["size"]

# An edited score is played; a file that is gone is said before anything is asked.
score = json.loads((here / "scores" / "first.json").read_text(encoding="utf-8"))
score["strokes"].append({**score["strokes"][0], "hand": "left"})
(here / "mine.json").write_text(json.dumps(score), encoding="utf-8")
settings.score, settings.score_out = "//mine.json", ""
found["from_file"] = asked()
found["second"] = [press("generate"), "2 strokes" in paper.draw_all(PANELS)]
found["differences"] = {title: [here_, there] for title, here_, there in record.differences(newest(), first)}
score["strokes"][0]["end_s"] = 0.1
(here / "mine.json").write_text(json.dumps(score), encoding="utf-8")
found["backwards"] = press("generate")
settings.score = "//gone.json"
found["gone"] = [readiness.reason(bpy.context, is_fresh=True), bpy.ops.exges.generate.poll()]
settings.use_score = False
found["without"] = [readiness.reason(bpy.context, is_fresh=True), asked(), press("generate"), remembered(newest())]
found["no_score_in_report"] = "score" not in record.report(newest())
press("reuse_settings", take=first.name)
found["reused"] = [round(settings.vividness, 4), settings.use_score, settings.score, settings.score_out]
bpy.ops.wm.save_as_mainfile(filepath=str(here / "saved.blend"))
bpy.ops.wm.open_mainfile(filepath=str(here / "saved.blend"))
body = bpy.data.objects["Body"]
found["reloaded"] = [round(body.exges.vividness, 4), body.exges.use_score, body.exges.score_out]
session.stop_engine()

# The command line and batches: paths are relative to the shell's folder, and to the manifest.
one = ["generate", "--armature", "Body", "--audio", str(here / "speech.wav"), "--python", str(engine)]
target = ["--output", str(here / "out.blend")]
mine = Path("cli.json").resolve()
mine.write_text((here / "scores" / "first.json").read_text(encoding="utf-8"), encoding="utf-8")
found["cli"] = [
    commands.run([*one, *target, "--score", "cli.json", "--score-out", "cli_out.json"]),
    remembered(newest()) == [1.0, True, str(mine), str(Path("cli_out.json").resolve())],
    Path("cli_out.json").is_file(),
]
found["cli_vivid"] = [commands.run([*one, *target, "--vividness", "1.5"]), remembered(newest())]
found["cli_without"] = [commands.run([*one, *target, "--no-score"]), remembered(newest())]
line = {"armature": "Body", "audio": "speech.wav", "scene": "saved.blend", "output": "batch.blend"}
line["settings"] = {"score": "scores/first.json", "score_out": "scores/batch.json"}
(here / "batch.jsonl").write_text(json.dumps(line), encoding="utf-8")
found["batch"] = [
    commands.run(["batch", str(here / "batch.jsonl"), "--python", str(engine)]),
    (here / "scores" / "batch.json").is_file(),
]
bpy.ops.preferences.addon_disable(module=scene_parts.MODULE)
found["left"] = [name for name in dir(bpy.types) if name.upper().startswith("EXGES")]
scene_parts.leave(report, found)
