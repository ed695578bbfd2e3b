"""Zero set-up, in a bare Blender without a network: install the zip, Add Example, Generate, and hear the words.

zero_setup.py REPORT ZIP: run by test_zero_setup.py, which has taken the network away and looks at files afterwards.
"""

import itertools
import json
import os
import socket
import sys
import time
from pathlib import Path

import bpy

report, archive = (Path(argument) for argument in sys.argv[1:3])
MODULE = "bl_ext.user_default.exges"
begun_s, found = time.monotonic(), {}
seconds: dict[str, float] = {}


def note(what: str, since_s: float) -> None:
    seconds[what] = round(time.monotonic() - since_s, 2)


def is_online() -> bool:
    """Whether anything but this machine can be reached."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as channel:
        channel.settimeout(1.0)
        return channel.connect_ex(("9.9.9.9", 53)) == 0


def takes() -> list[bpy.types.Action]:
    return [action for action in bpy.data.actions if "exges_take" in action]


def travel(character: bpy.types.Object, take: bpy.types.Action) -> float:
    """How far the wrists move in all, in metres."""
    places = []
    for frame in range(*map(round, take.frame_range), 3):
        bpy.context.scene.frame_set(frame)
        bones = character.pose.bones
        places.append([bones[f"{side}_wrist"].head.copy() for side in ("left", "right")])
    pairs = itertools.pairwise(places)
    return sum((now - was).length for before, after in pairs for was, now in zip(before, after, strict=True))


bpy.ops.wm.read_factory_settings(use_empty=False)
found["online"] = is_online()
since_s = time.monotonic()
bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
note("install", since_s)
from bl_ext.user_default.exges.engine import session  # noqa: E402
from bl_ext.user_default.exges.scene import compat  # noqa: E402
from bl_ext.user_default.exges.takes import heard_words, record  # noqa: E402
from bl_ext.user_default.exges.ui import readiness  # noqa: E402

own, scene = bpy.context.preferences.addons[MODULE].preferences, bpy.context.scene
found["engine"] = [own.engine, own.python, readiness.why_no_engine(bpy.context)]
found["shown_mb"] = readiness.builtin.megabytes(readiness.extension.FOLDER)
found["fps"] = scene.render.fps

# Click 1: a character, a voice and a take.
since_s = time.monotonic()
found["example"] = list(bpy.ops.exges.add_example())
note("add_example", since_s)
character = scene.exges.character
found["first"] = [record.settings_of(takes()[0]).get("seed"), travel(character, takes()[0])]
found["first_words"] = record.report(takes()[0])["words"]
found["hello"] = [session.Running.engine.hello.backend, session.Running.engine.hello.device]
note("first_minute", begun_s)

# Click 2: another take, by the engine that is warm now.
since_s = time.monotonic()
found["generate"] = list(bpy.ops.exges.generate())
note("generate", since_s)
found["second"] = [record.settings_of(takes()[1]).get("seed"), travel(character, takes()[1])]
found["curves"] = len(compat.curves_of(takes()[1]))

# Without its text: who recognises the words, and which ones?
character.exges.transcript_text = None
readiness.forget()
since_s = time.monotonic()
found["hear"] = list(bpy.ops.exges.hear_words())
note("hear", since_s)
heard = heard_words.of(character)
found["heard"] = [heard.asr, [each.text for each in heard.words]]
since_s = time.monotonic()
found["generate_heard"] = list(bpy.ops.exges.generate())
note("generate_heard", since_s)
found["third"] = [record.report(takes()[-1])["words"], travel(character, takes()[-1])]
process = session.Running.engine._process
found["peak_mb"] = next(
    (
        round(int(line.split()[1]) / 1024)
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    ),
    0,
)
mapped, heavy = Path(f"/proc/{process.pid}/maps").read_text(), ("torch", "scipy", "librosa", "numba", "faiss", "PIL")
found["heavy"] = [name for name in heavy if f"/{name}/" in mapped]
bpy.ops.preferences.addon_disable(module=MODULE)
limit_s = time.monotonic() + 10.0
while Path(f"/proc/{process.pid}").exists() and time.monotonic() < limit_s:
    time.sleep(0.05)
found["ended"] = not Path(f"/proc/{process.pid}").exists()
found["seconds"] = seconds
report.write_text(json.dumps(found), encoding="utf-8")
sys.stdout.flush()
os._exit(0)
