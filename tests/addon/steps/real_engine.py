"""The zip in a bare Blender with the real engine: a sound strip becomes moving F-curves on a Rigify human."""

import json
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType

import bpy  # isort: skip - addon_utils is found only after it
import addon_utils

report, archive, speech, python, root = sys.argv[1:6]
found: dict[str, object] = {}
sys.path[:] = [each for each in sys.path if Path(each).resolve() != Path(root).resolve()]  # Blender knows no checkout


def leave(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    traceback.print_exception(kind, error, trace)
    sys.stderr.flush()
    os._exit(1)


sys.excepthook = leave  # Rigify can hang a process that leaves politely
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True)
addon_utils.enable("rigify", default_set=True)
from bl_ext.user_default.exges.scene import compat  # noqa: E402

scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = 25, 1.0
bpy.ops.object.armature_human_metarig_add()
bpy.ops.pose.rigify_generate()
rig = next(each for each in bpy.data.objects if each.type == "ARMATURE" and "rig_id" in each.data)
bpy.context.preferences.addons["bl_ext.user_default.exges"].preferences.python = python
os.environ["PYTHONPATH"] = root  # for the engine: its environment need not have exges installed
scene.exges.character = rig
if compat.HAS_SOUND:
    compat.add_sound(scene, name="Speech", filepath=speech, channel=1, frame=11)
    rig.exges.strip = "Speech"
else:
    rig.exges.source, rig.exges.audio, rig.exges.start_frame = "FILE", speech, 11
found["operator"] = list(bpy.ops.exges.generate())

take = next(action for action in bpy.data.actions if "exges_take" in action)
found["range"] = list(take.frame_range)
found["settings"] = json.loads(take["exges_take"])
curves = compat.curves_of(take)
found["types"] = sorted({point.type for curve in curves for point in curve.keyframe_points})


def hand_at(frame: int) -> list[float]:
    scene.frame_set(frame)
    evaluated = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return list(evaluated.pose.bones["DEF-hand.L"].head)


found["hand"] = [hand_at(frame) for frame in range(12, 80, 4)]
found["fps"] = scene.render.fps
Path(report).write_text(json.dumps(found), encoding="utf-8")
sys.stdout.flush()
os._exit(0)
