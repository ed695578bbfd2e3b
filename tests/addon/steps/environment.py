"""The preferences' side of the engine's environment, in a bare Blender: where it goes, and when the button is off."""

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import bpy

report, archive = (Path(argument) for argument in sys.argv[1:3])
MODULE = "bl_ext.user_default.exges"
BUSY = ("render_init", "render_complete", "render_cancel", "animation_playback_pre", "animation_playback_post")
found: dict[str, object] = {}
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
from bl_ext.user_default.exges.engine import client, environment, preferences, session  # noqa: E402
from bl_ext.user_default.exges.engine.process import Launch  # noqa: E402
from bl_ext.user_default.exges.ui import readiness  # noqa: E402
from bl_ext.user_default.exges.ui.operators import environment as environment_buttons  # noqa: E402

own = bpy.context.preferences.addons[MODULE].preferences


def refusal(operator: object) -> str:
    try:
        operator()
    except RuntimeError as error:
        return str(error)
    return ""


# A zip without the built-in engine: the other one is chosen, and switching keeps what was set.
found["engine"] = [own.engine, readiness.why_no_engine(bpy.context)]
own.python, own.device = sys.executable, "cpu"
own.engine = "BUILTIN"
found["builtin"] = [readiness.why_no_engine(bpy.context), bpy.ops.exges.generate.poll(), refusal(bpy.ops.exges.check)]
own.engine = "OWN"
found["switched_back"] = [own.python == sys.executable, own.device, readiness.why_no_engine(bpy.context)]
own.python, own.device = "", "auto"

found["online"] = bpy.app.online_access
found["reason_offline"] = environment_buttons.creation_reason(bpy.context)
found["poll_offline"] = bpy.ops.exges.create_environment.poll()
own.wheels = str(Path.cwd())
found["reason_with_wheels"] = environment_buttons.creation_reason(bpy.context)
found["no_wheels_in_folder"] = refusal(bpy.ops.exges.create_environment)
(Path.cwd() / "torch-2.9-py3-none-any.whl").write_text("")
own.base_python = str(Path.cwd() / "no_python")
found["no_python"] = refusal(bpy.ops.exges.create_environment)
own.base_python = ""
recipe = preferences.recipe_of(bpy.context)
found["root"] = str(recipe.root)
found["wheel"] = recipe.wheel.is_file()
found["python"] = recipe.python == sys.executable
found["buttons"] = [name for name in dir(bpy.ops.exges) if "check" in name or "examine" in name]
own.python = str(Path.cwd() / "nothing")
found["check"] = refusal(bpy.ops.exges.check)
environment_buttons.examine(bpy.context)
found["examined"] = environment_buttons.State.last_text
found["log"] = refusal(bpy.ops.exges.open_environment_log)
own.cache_folder = str(Path.cwd() / "Zwischen speicher")
folder = preferences.work_folder(bpy.context)
stale = folder.with_name("exges-job-old")
stale.mkdir()
os.utime(stale, (0, 0))
second = preferences.work_folder(bpy.context)
found["work"] = [folder.parent == Path(own.cache_folder), folder.is_dir(), second.is_dir(), stale.exists()]
found["engine_environment"] = preferences.engine_environment(bpy.context)
own.cache_folder = str(report.parent / "found_file")
(report.parent / "found_file").write_text("")
try:
    preferences.work_folder(bpy.context)
    found["cache_blocked"] = ""
except environment.OutputError as error:
    found["cache_blocked"] = str(error)
# While Blender renders, a job under way gives way; nothing of that is left afterwards.
scene, seen = bpy.context.scene, []
scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
scene.render.engine, scene.cycles.samples = "CYCLES", 1
scene.render.resolution_x = scene.render.resolution_y = 8
session.Running.engine = client.Engine.of(Launch(command=(sys.executable, "-c", "input()")))
session.Running.engine.start()
session.Running.current = SimpleNamespace(close=lambda: None)
bpy.app.handlers.render_pre.append(lambda *_: seen.append(session.Running.engine.gives_way))
bpy.ops.render.render()
found["rendering"] = [seen, session.Running.engine.gives_way, sorted(session.Running.busy_with)]
counts = [len(getattr(bpy.app.handlers, name)) for name in BUSY]
bpy.ops.preferences.addon_disable(module=MODULE)
found["handlers"] = [counts, [len(getattr(bpy.app.handlers, name)) for name in BUSY]]
found["running"] = [environment_buttons.State.creation is None, environment_buttons.State.examination is None]
report.write_text(json.dumps(found), encoding="utf-8")
sys.stdout.flush()
os._exit(0)
