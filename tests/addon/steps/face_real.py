"""A face with the real engine: two takes of different words as Blender shows them, and the command line's.

face_real.py REPORT PYTHON
"""

import json
import sys
import wave
from pathlib import Path

import bpy  # isort: skip

from blender_addon.engine import session
from blender_addon.headless import commands
from blender_addon.takes import players, record
from exges_core.face.names import ARKIT_NAMES
from tests.addon.steps import scene_parts
from tests.addon.steps.face_parts import head

report, python = Path(sys.argv[1]), sys.argv[2]
here, found = Path.cwd(), {}
SECONDS, RATE_HZ, FROM_S = 6.0, 30, 2.0


def shown(take: bpy.types.Action) -> list[list[float]]:
    """All 52 values on every frame, as Blender evaluates them."""
    start, stop = record.frames_of(take)
    blocks = bpy.data.objects["Head"].data.shape_keys.key_blocks
    rows = []
    for frame in range(start, stop):
        bpy.context.scene.frame_set(frame)
        rows.append([round(blocks[name].value, 5) for name in ARKIT_NAMES])
    return rows


def cut(path: Path, target: Path, from_s: float) -> None:
    """Write the rest of a sound, and of its words, from a time on."""
    with wave.open(str(path), "rb") as file:
        parameters = file.getparams()
        file.setpos(round(from_s * parameters.framerate))
        samples = file.readframes(parameters.nframes)
    with wave.open(str(target), "wb") as file:
        file.setparams(parameters)
        file.writeframes(samples)
    words = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    rest = [{**each, "start_s": each["start_s"] - from_s, "end_s": each["end_s"] - from_s} for each in words]
    text = json.dumps([each for each in rest if each["start_s"] >= 0.0])
    target.with_suffix(".json").write_text(text, encoding="utf-8")


def told(take: bpy.types.Action) -> dict[str, object]:
    reported = record.report(take)
    return {"curves": shown(take), "phones": reported["face"]["phones"], "warnings": reported["warnings"]}


scene_parts.enable(python)
scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = RATE_HZ, 1.0
body = scene_parts.body()
head(body, "Head", ARKIT_NAMES)
scene.exges.character = body
scene_parts.talk(here / "speech.wav", python, SECONDS)
scene_parts.give_speech(body, here / "speech.wav", 1)
body.exges.transcript, body.exges.seed, body.exges.face = str(here / "speech.json"), 4, True
found["operator"] = list(bpy.ops.exges.generate())
found["panel"] = told(record.shown(body))

# The words of the last four seconds are another take: what fits one does not fit the other.
session.stop_engine()
bpy.ops.wm.save_as_mainfile(filepath=str(here / "scene.blend"))
cut(here / "speech.wav", here / "rest.wav", FROM_S)
argv = ["generate", "--armature", body.name, "--audio", str(here / "rest.wav"), "--transcript", str(here / "rest.json")]
argv += ["--seed", "4", "--face-happy", "0.5"]
found["refused"] = commands.run([*argv, "--output", str(here / "no.blend"), "--python", python])
argv += ["--face", "--output", str(here / "out.blend")]
found["command"] = commands.run([*argv, "--python", python])
body = bpy.data.objects["Body"]
happy = record.shown(body)
found["happy"] = told(happy)
found["parts"] = [len(players.curves_of(happy, key)) for key in players.faces(body).values()]
scene_parts.leave(report, found)
