"""A queue's chunks of a manifest in processes of their own, out of order, one killed and made again.

farm.py REPORT STAND-IN-ENGINE ROOT TASKS.json
"""

import json
import os
import signal
import stat
import subprocess
import sys
import time
import wave
from pathlib import Path

import bpy  # isort: skip
import numpy as np

from blender_addon import commands, registration
from blender_addon.scene import compat
from tests.addon.steps import scene_parts

report, standin, root, tasks = Path(sys.argv[1]), sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
here = Path.cwd()
found: dict[str, object] = {}
engine = here / "engine"
engine.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" "{standin}" well "$@"\n')
engine.chmod(engine.stat().st_mode | stat.S_IEXEC)
bpy.ops.wm.read_factory_settings(use_empty=True)
registration.register()
scene_parts.body("Anna")
bpy.ops.wm.save_as_mainfile(filepath=str(here / "stage.blend"))
with wave.open(str(here / "speech.wav"), "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(16000)
    file.writeframes((9000 * np.sin(np.arange(32000) / 20.0)).astype("<i2").tobytes())
OUTPUTS = ("one.blend", "two.blend", "three.blend")


def manifest(folder: str) -> Path:
    """The same takes, into a folder."""
    row = {"scene": "stage.blend", "armature": "Anna", "audio": "speech.wav"}
    rows = [
        {**row, "output": f"{folder}/{name}", "settings": {"seed": at, "use_retrieval": False}}
        for at, name in enumerate(OUTPUTS)
    ]
    path = here / f"{folder}.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def arguments_of(task: dict) -> list[str]:
    """A task's command, from the word that names the extension's command on."""
    (command,) = task["commands"]
    given = command["parameters"]["args"]
    assert given[:3] == ["-b", "-c", "exges"]
    return [*(each.replace("MANIFEST", str(here / "farmed.jsonl")) for each in given[3:]), "--python", str(engine)]


def started(task: dict) -> subprocess.Popen[str]:
    steps = Path(__file__).with_name("farm_task.py")
    command = [sys.executable, "-P", str(steps), *arguments_of(task)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def killed_after_its_first_take(task: dict, status: Path) -> int:
    process = started(task)
    while process.poll() is None and not (status.is_file() and status.read_bytes().endswith(b"\n")):
        time.sleep(0.003)
    process.send_signal(signal.SIGKILL)
    return process.wait()


def keys_in(path: Path) -> dict[str, list[list[float]]]:
    """What a file's takes hold."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    return {
        action.name: [[*point.co] for curve in compat.curves_of(action) for point in curve.keyframe_points]
        for action in bpy.data.actions
    }


os.chdir(here)
farmed, whole = manifest("farmed"), manifest("whole")
last = started(tasks[1])
status = here / f"{farmed.name}.1-2.status.jsonl"
found["killed"] = killed_after_its_first_take(tasks[0], status)
found["done_when_killed"] = len(status.read_text(encoding="utf-8").splitlines())
again = started(tasks[0])
found["said_again"], found["code_again"] = again.communicate()[0], again.returncode
found["said_last"], found["code_last"] = last.communicate()[0], last.returncode
found["whole"] = commands.run(["batch", str(whole), "--python", str(engine)])
found["beyond"] = commands.run(["batch", str(farmed), "--takes", "7-9", "--python", str(engine)])
same = [keys_in(here / "farmed" / name) == keys_in(here / "whole" / name) != {} for name in OUTPUTS]
found["same"], found["files"] = same, sorted(each.name for each in (here / "farmed").iterdir())
both = [json.loads(line) for line in farmed.read_text(encoding="utf-8").splitlines()]
both[1]["output"] = both[2]["output"]
farmed.write_text("\n".join(map(json.dumps, both)), encoding="utf-8")
found["torn"] = started(tasks[0]).communicate()[0]
scene_parts.leave(report, found)
