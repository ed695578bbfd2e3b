# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion and its speech -> a .blend with a Rigify human, a video with sound, a picture.

    python -m blender_addon.showcase --motion M.npz --speech S.wav --blend O.blend [--video OUT.mp4] [--picture P.png]
                                     [--beside M2.npz [--titles LEFT RIGHT]]

Runs in any process with bpy, headless. The motion is applied by the code of the operator. With `--beside` two humans
stand side by side, whole, both seen from the same side.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

# bpy first: it puts addon_utils on the path.
import bpy  # isort: skip
import addon_utils

from exges_core.errors import ExgesError
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz

from . import compat, keyframes, mannequin, stage

VIDEO_SIZE = (480, 540)
PAIR_SIZE = (960, 640)
PICTURE_SIZE = (800, 900)
_APART_M, _AWAY_M, _PAIR_LENS, _PAIR_TURN_RAD = 0.87, 8.0, 82.0, 0.25
"""Of a pair: half the way between them, to the camera, its focal length in mm, and how far both turn from it."""
_BUILT, _PICTURED = 0.05, 0.2
"""Shares of the whole that are done by then."""


def build_scene(clip: MotionClip, speech: Path | None) -> bpy.types.Scene:
    """Return a fresh scene: studio, Rigify human with a body, the clip as a take, the speech in the sequencer."""
    scene = _studio([clip], speech)
    add_human(scene, clip, speech)
    stage.add_camera(scene, aim=(0.0, 0.0, 1.34), distance=3.35, yaw_rad=0.24)
    return scene


def build_pair(left: MotionClip, right: MotionClip, speech: Path | None, titles: Sequence[str]) -> bpy.types.Scene:
    """Return a fresh scene with two humans in one studio, a title above each, the speech in the sequencer."""
    scene = _studio([left, right], speech)
    for clip, side, title in zip((left, right), (-1.0, 1.0), titles, strict=True):
        rig = add_human(scene, clip, speech)
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


def add_human(scene: bpy.types.Scene, clip: MotionClip, speech: Path | None) -> bpy.types.Object:
    """Add a Rigify human with a body and the clip as its take; return its control rig."""
    rig = add_rigify_human(scene)
    mannequin.add_mannequin(scene, rig)
    settings = {"speech": speech.name if speech else "", "made_by": "showcase"}
    keyframes.add_take(scene, rig, clip, start_frame=1, settings=settings)
    return rig


def add_rigify_human(scene: bpy.types.Scene) -> bpy.types.Object:
    """Generate Rigify's human and return its control rig; the metarig is removed."""
    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_human_metarig_add()
    metarig = bpy.context.object
    before = set(bpy.data.objects)
    bpy.ops.pose.rigify_generate()
    rig = next(each for each in bpy.data.objects if each not in before and each.type == "ARMATURE")
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.data.objects.remove(metarig)
    rig.name = "ExGes human"
    return rig


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m blender_addon.showcase", description=__doc__.splitlines()[0])
    parser.add_argument("--motion", type=Path, required=True, help="BEAT2-layout .npz")
    parser.add_argument("--speech", type=Path, help="sound file that the motion goes with")
    parser.add_argument("--blend", type=Path, required=True)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--picture-time", type=float, default=2.0, help="seconds into the motion")
    parser.add_argument("--samples", type=int, default=24, help="of the picture")
    parser.add_argument("--video-budget", type=float, default=170.0, help="seconds to render in; fewer fps if slower")
    parser.add_argument("--seconds", type=float, help="use only the beginning")
    parser.add_argument("--beside", type=Path, help="another motion, played beside the first")
    parser.add_argument("--titles", nargs=2, default=("", ""), metavar=("LEFT", "RIGHT"), help="above them")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Build, save and render; return the exit code. Standard output tells `progress FRACTION STAGE`, line by line."""
    options = _arguments(sys.argv[1:] if argv is None else argv)
    try:
        clips = [read_npz(path) for path in (options.motion, options.beside) if path is not None]
    except ExgesError as error:
        sys.stderr.write(f"showcase: {error}\n")
        return 2
    if options.seconds is not None:
        clips = [clip.cut(0, min(clip.frames, round(options.seconds * clip.frame_rate_hz))) for clip in clips]
    _tell(0.0, "building the Rigify human")
    if len(clips) == 1:
        scene, size = build_scene(clips[0], options.speech), VIDEO_SIZE
    else:
        scene, size = build_pair(clips[0], clips[1], options.speech, options.titles), PAIR_SIZE
    for path in (options.blend, options.video, options.picture):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(options.blend.resolve()))
    _tell(_BUILT, f"saved {options.blend.name}")
    if options.picture is not None:
        frame = min(scene.frame_end, 1 + round(options.picture_time * keyframes.scene_rate_hz(scene)))
        _tell(_BUILT, "rendering the picture")
        stage.render_picture(scene, options.picture.resolve(), frame=frame, size=PICTURE_SIZE, samples=options.samples)
    if options.video is not None:
        rate_hz = stage.render_video(
            scene,
            options.video.resolve(),
            size=size,
            sound=str(options.speech.resolve()) if options.speech else None,
            budget_s=options.video_budget,
            on_share=lambda share: _tell(_PICTURED + (1.0 - _PICTURED) * share, "filming"),
        )
        _tell(1.0, f"filmed {scene.frame_end} frames at {rate_hz:g} fps")
    return 0


def _tell(fraction: float, stage_name: str) -> None:
    sys.stdout.write(f"progress {fraction:.4f} {stage_name}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    shutil.rmtree(bpy.app.tempdir, ignore_errors=True)
    # Leaving through the interpreter crashes or hangs bpy once Rigify has run; everything is written by now.
    os._exit(code)
