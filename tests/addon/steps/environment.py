"""The preferences' side of the engine's environment, in a bare Blender: where it goes, and when the button is off."""

import json
import os
import sys
from pathlib import Path

import bpy

report, archive = (Path(argument) for argument in sys.argv[1:3])
MODULE = "bl_ext.user_default.exges"
found: dict[str, object] = {}
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
from bl_ext.user_default.exges.engine import environment, preferences  # noqa: E402
from bl_ext.user_default.exges.ui.operators import environment as environment_buttons  # noqa: E402

own = bpy.context.preferences.addons[MODULE].preferences


def refusal(operator: object) -> str:
    try:
        operator()
    except RuntimeError as error:
        return str(error)
    return ""


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
bpy.ops.preferences.addon_disable(module=MODULE)
found["running"] = [environment_buttons.State.creation is None, environment_buttons.State.examination is None]
report.write_text(json.dumps(found), encoding="utf-8")
sys.stdout.flush()
os._exit(0)
