# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene itself: one human, or two side by side, each with a motion; the speech in the sequencer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# bpy first: it puts addon_utils on the path.
import bpy  # isort: skip
import addon_utils

from blender_addon.character.human_file import Human, HumanBone
from blender_addon.scene import compat
from blender_addon.takes import keyframes
from exges_core.motion.clip import MotionClip
from tools.demo_scene import human, mannequin, stage

_APART_M, _AWAY_M, _PAIR_LENS, _PAIR_TURN_RAD = 0.87, 8.0, 82.0, 0.25
"""Of a pair: half the way between them, to the camera, its focal length in mm, and how far both turn from it."""


def build_scene(clip: MotionClip, speech: Path | None) -> bpy.types.Scene:
    """Return a fresh scene: studio, Rigify mannequin, the clip as a take, the speech in the sequencer."""
    scene = _studio([clip], speech)
    add_mannequin(scene, clip, speech)
    stage.add_camera(scene, aim=(0.0, 0.0, 1.34), distance=3.35, yaw_rad=0.24)
    return scene


@dataclass(frozen=True, kw_only=True)
class HumanScene:
    """A scene with a human: the film's camera is the scene's, its inset shows the face, the portrait is for print."""

    scene: bpy.types.Scene
    inset: stage.Inset
    portrait: bpy.types.Object


def build_human_scene(clip: MotionClip, motion: Path, speech: Path | None, character: Human) -> HumanScene:
    """Return a scene as `build_scene` does, with a human whose face moves, too."""
    scene = _studio([clip], speech)
    rig = add_rigify_human(scene, character.bones)
    human.add_meshes(scene, rig, character)
    human.add_take(scene, rig, clip, motion, {"speech": speech.name if speech else "", "made_by": "demo_scene"})
    stage.use_workbench(scene)  # again: it shows colours that are there
    face = stage.add_camera(scene, aim=(0.0, -0.06, 1.5), distance=1.4, yaw_rad=0.24, lens_mm=128.0, name="Face")
    stage.follow(face, rig, human.HEAD, share=0.25)
    portrait = stage.add_camera(scene, aim=(-0.03, 0.0, 1.24), distance=2.4, yaw_rad=0.24, name="Portrait")
    stage.add_camera(scene, aim=(0.2, 0.0, 1.16), distance=3.3, yaw_rad=0.24)
    inset = stage.Inset(camera=face, size=(208, 240), place=(244, 138))
    return HumanScene(scene=scene, inset=inset, portrait=portrait)


def build_pair(left: MotionClip, right: MotionClip, speech: Path | None, titles: Sequence[str]) -> bpy.types.Scene:
    """Return a fresh scene with two humans in one studio, a title above each, the speech in the sequencer."""
    scene = _studio([left, right], speech)
    for clip, side, title in zip((left, right), (-1.0, 1.0), titles, strict=True):
        rig = add_mannequin(scene, clip, speech)
        # The camera sees both under one angle, wherever in the picture they stand.
        rig.rotation_euler.z = _PAIR_TURN_RAD - math.atan2(side * _APART_M, _AWAY_M)
        rig.location.x = side * _APART_M
        stage.add_title(scene, title, place=(side * _APART_M, 0.6, 2.05), size=0.13)
    stage.add_camera(scene, aim=(0.0, 0.0, 1.0), distance=_AWAY_M, yaw_rad=0.0, lens_mm=_PAIR_LENS)
    return scene


def _studio(clips: Sequence[MotionClip], speech: Path | None) -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.0
    scene.frame_start = 1
    scene.frame_end = max(1, *(round(clip.frames * 30.0 / clip.frame_rate_hz) for clip in clips))
    if speech is not None:
        strip = compat.add_sound(scene, name=speech.stem, filepath=str(speech.resolve()), channel=1, frame=1)
        strip.sound.pack()  # the file may be sent on alone
    stage.add_floor(scene)
    stage.add_lights(scene)
    stage.use_workbench(scene)
    return scene


def add_mannequin(scene: bpy.types.Scene, clip: MotionClip, speech: Path | None) -> bpy.types.Object:
    """Add a Rigify mannequin with the clip as its take; return its control rig."""
    rig = add_rigify_human(scene)
    mannequin.add_mannequin(scene, rig)
    settings = {"speech": speech.name if speech else "", "made_by": "demo_scene"}
    keyframes.add_take(scene, rig, clip, start_frame=1, settings=settings)
    return rig


def add_rigify_human(scene: bpy.types.Scene, bones: Sequence[HumanBone] = ()) -> bpy.types.Object:
    """Generate Rigify's human, with these bones of its metarig where they say; return its control rig alone."""
    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_human_metarig_add()
    metarig = bpy.context.object
    assert metarig is not None  # just added
    if bones:
        human.fit_metarig(metarig, bones)
    before = set(bpy.data.objects)
    bpy.ops.pose.rigify_generate()
    rig = next(each for each in bpy.data.objects if each not in before and each.type == "ARMATURE")
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.data.objects.remove(metarig)
    rig.name = "ExGes human"
    return rig
