"""The zip in a bare Blender: install, enable, generate through operator and command, disable, twice."""

import contextlib
import json
import os
import stat
import sys
import wave
from pathlib import Path

import bpy
import numpy as np

report, archive, standin, root = (Path(argument) for argument in sys.argv[1:5])
found: dict[str, object] = {}
here = Path.cwd()
sys.path[:] = [each for each in sys.path if Path(each).resolve() != root.resolve()]  # Blender knows no checkout


def tone(path: Path, seconds: float = 4.0) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        one = (9000 * np.sin(np.arange(int(44100 * seconds)) / 20.0)).astype("<i2")
        file.writeframes(np.repeat(one, 2).tobytes())


def engine(behaviour: str) -> str:
    path = here / f"python_{behaviour}"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec "{sys.executable}" "{standin}" {behaviour} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


def armature() -> bpy.types.Object:
    from exges_core.motion.skeleton import DEFAULT_SKELETON, JOINT_NAMES, PARENTS

    data = bpy.data.armatures.new("Body")
    body = bpy.data.objects.new("Body", data)
    bpy.context.scene.collection.objects.link(body)
    bpy.context.view_layer.objects.active = body
    bpy.ops.object.mode_set(mode="EDIT")
    heads = DEFAULT_SKELETON.rest_positions_m() + np.array([0.0, 0.935, 0.0])
    for index, name in enumerate(JOINT_NAMES):
        bone = data.edit_bones.new(name)
        x, y, z = heads[index]
        bone.head, bone.tail = (x, -z, y), (x, -z, y + 0.05)
        if PARENTS[index] >= 0:
            bone.parent = data.edit_bones[JOINT_NAMES[PARENTS[index]]]
    bpy.ops.object.mode_set(mode="OBJECT")
    return body


def left_behind() -> list[str]:
    types = [name for name in dir(bpy.types) if name.upper().startswith("EXGES")]
    return types + [name for name in ("exges",) if hasattr(bpy.types.Scene, name)]


bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
import exges_core  # noqa: E402

found["enabled"] = "bl_ext.user_default.exges" in bpy.context.preferences.addons
found["core_is_bundled"] = str(here) in str(Path(exges_core.__file__).resolve())
found["heavy"] = sorted(set(sys.modules) & {"torch", "scipy", "librosa", "faiss"})

from bl_ext.user_default.exges import commands  # noqa: E402
from bl_ext.user_default.exges.generation import preparing  # noqa: E402
from bl_ext.user_default.exges.generation.settings import TakeSettings  # noqa: E402
from bl_ext.user_default.exges.scene import compat, cooperative  # noqa: E402
from bl_ext.user_default.exges.sound import strips  # noqa: E402
from bl_ext.user_default.exges.ui import translations  # noqa: E402

found["bone_map"] = {code: table["*", "Bone Map"] for code, table in translations.tables().items()}

scene = bpy.context.scene
scene.render.fps, scene.render.fps_base = 24, 1.0
body = armature()
tone(here / "speech.wav")
if compat.HAS_SOUND:
    strip = compat.add_sound(scene, name="Speech", filepath=str(here / "speech.wav"), channel=1, frame=21)
    compat.add_sound(scene, name="Music", filepath=str(here / "speech.wav"), channel=2, frame=1)
    strip.frame_offset_start = 24
    cooperative.now(strips.mixing(strips.strips_heard(scene.name, (strip.name,)), here / "mixed.wav"))
    with wave.open(str(here / "mixed.wav"), "rb") as file:
        found["mixdown"] = [file.getnchannels(), file.getframerate(), file.getnframes() / file.getframerate()]
    found["range_kept"] = [scene.frame_start, scene.frame_end, strip.mute]
    given = {"strip": "Speech"}
else:
    given = {"audio": str(here / "speech.wav"), "start_frame": 45}

found["refused_without_engine"] = bpy.ops.exges.generate.poll()
preferences = bpy.context.preferences.addons["bl_ext.user_default.exges"].preferences
preferences.python = engine("well")
found["checked"] = list(bpy.ops.exges.check())
scene.exges.character = body
body.exges.source = "STRIP" if compat.HAS_SOUND else "FILE"
for name, value in given.items():
    setattr(body.exges, name, value)
body.exges.seed = 3
body.pose.bones["left_elbow"].rotation_mode = "QUATERNION"
body.pose.bones["left_elbow"].rotation_quaternion = (0.8, 0.0, 0.6, 0.0)
body.pose.bones["left_elbow"].keyframe_insert("rotation_quaternion", frame=60)
own_action = body.animation_data.action
plan = preparing.prepare(TakeSettings(scene=scene.name, character="Body", **given), sequencer=scene)
found["controls"] = json.loads(Path(plan.request.controls).read_text())
plan.discard()
found["operator"] = list(bpy.ops.exges.generate())
take = next(action for action in bpy.data.actions if "exges_take" in action)
found["take_range"] = list(take.frame_range)
found["take_settings"] = json.loads(take["exges_take"])
found["own_keys"] = [len(curve.keyframe_points) for curve in compat.curves_of(own_action)]
found["tracks"] = [track.name for track in body.animation_data.nla_tracks]

actions = len(bpy.data.actions)
for behaviour in ("refuses", "dies_inside"):
    preferences.python = engine(behaviour)
    try:
        bpy.ops.exges.generate()
        found[behaviour] = ""
    except RuntimeError as error:
        found[behaviour] = str(error)
found["unchanged_after_failures"] = actions == len(bpy.data.actions)

output = here / "out.blend"
arguments = [
    "generate",
    "--armature",
    "Body",
    "--audio",
    str(here / "speech.wav"),
    "--seed",
    "9",
    "--python",
    engine("well"),
]
with contextlib.redirect_stderr(sys.stdout):
    found["command"] = commands.run([*arguments, "--output", str(output)])
    found["command_wrong_name"] = commands.run([*arguments[:2], "Nobody", *arguments[3:], "--output", str(output)])
    found["command_wrong_option"] = commands.run(["generate", "--nonsense"])
found["blend"] = output.is_file()

for _ in range(2):
    bpy.ops.preferences.addon_disable(module="bl_ext.user_default.exges")
    found.setdefault("left_behind", []).extend(left_behind())
    bpy.ops.preferences.addon_enable(module="bl_ext.user_default.exges")
found["again"] = hasattr(bpy.types.Scene, "exges")
report.write_text(json.dumps(found), encoding="utf-8")
sys.stdout.flush()
os._exit(0)
