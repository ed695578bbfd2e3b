# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion and its speech -> a .blend with a Rigify human, a video with sound, a picture.

    python -m tools.demo_scene --motion M.npz --speech S.wav --blend O.blend [--video OUT.mp4] [--picture P.png]
                               [--beside M2.npz [--titles LEFT RIGHT]] [--mannequin]

Runs in any process with bpy, headless. Motion and face are applied by the code of the operator. The human is the one
that `python -m tools.human` has made; where there is none, or with `--mannequin`, a mannequin stands in. With
`--beside` two mannequins stand side by side, whole, both seen from the same side.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import bpy

from blender_addon.character import human_file
from blender_addon.scene import lookup
from exges_core.errors import ExgesError
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
from tools.demo_scene import scene, stage

VIDEO_SIZE = (480, 540)
HUMAN_VIDEO_SIZE = (720, 540)
PAIR_SIZE = (960, 640)
PICTURE_SIZE = (800, 900)
_BUILT, _PICTURED = 0.05, 0.2
"""Shares of the whole that are done by then."""


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.demo_scene", description=__doc__.splitlines()[0])
    parser.add_argument("--motion", type=Path, required=True, help="BEAT2-layout .npz")
    parser.add_argument("--speech", type=Path, help="sound file that the motion goes with")
    parser.add_argument("--blend", type=Path, required=True)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--picture-time", type=float, default=2.0, help="seconds into the motion")
    parser.add_argument("--samples", type=int, default=24, help="of the picture")
    parser.add_argument("--video-budget", type=float, default=300.0, help="seconds to render in; fewer fps if slower")
    parser.add_argument("--seconds", type=float, help="use only the beginning")
    parser.add_argument("--beside", type=Path, help="another motion, played beside the first")
    parser.add_argument("--mannequin", action="store_true", help="even if the human is here")
    parser.add_argument("--titles", nargs=2, default=("", ""), metavar=("LEFT", "RIGHT"), help="above them")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Build, save and render; return the exit code. Standard output tells `progress FRACTION STAGE`, line by line."""
    options = _arguments(sys.argv[1:] if argv is None else argv)
    try:
        clips = [read_npz(path) for path in (options.motion, options.beside) if path is not None]
    except ExgesError as error:
        sys.stderr.write(f"demo_scene: {error}\n")
        return 2
    if options.seconds is not None:
        clips = [clip.cut(0, min(clip.frames, round(options.seconds * clip.frame_rate_hz))) for clip in clips]
    _tell(0.0, "building the Rigify human")
    try:
        built, size, human = _built(clips, options)
    except ExgesError as error:
        sys.stderr.write(f"demo_scene: {error}\n")
        return 2
    for path in (options.blend, options.video, options.picture):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(options.blend.resolve()))
    _tell(_BUILT, f"saved {options.blend.name}")
    if options.picture is not None:
        frame = min(built.frame_end, 1 + round(options.picture_time * lookup.scene_rate_hz(built)))
        _tell(_BUILT, "rendering the picture")
        camera = human.portrait if human else built.objects["Camera"]
        path = options.picture.resolve()
        stage.render_picture(built, camera, path, frame=frame, size=PICTURE_SIZE, samples=options.samples)
    if options.video is not None:
        rate_hz = stage.render_video(
            built,
            options.video.resolve(),
            size=size,
            sound=str(options.speech.resolve()) if options.speech else None,
            budget_s=options.video_budget,
            inset=human.inset if human else None,
            on_share=lambda share: _tell(_PICTURED + (1.0 - _PICTURED) * share, "filming"),
        )
        _tell(1.0, f"filmed {built.frame_end} frames at {rate_hz:g} fps")
    return 0


def _built(
    clips: Sequence[MotionClip], options: argparse.Namespace
) -> tuple[bpy.types.Scene, tuple[int, int], scene.HumanScene | None]:
    """Return the scene, the size of its film, and the human in it if there is one.

    Raises:
        ExgesError: if the human cannot be read, or the motion not be put on it.
    """
    if len(clips) == 2:
        return scene.build_pair(clips[0], clips[1], options.speech, options.titles), PAIR_SIZE, None
    path = None if options.mannequin else human_file.human_path()
    if path is not None:
        human = scene.build_human_scene(clips[0], options.motion, options.speech, human_file.read_human(path))
        return human.scene, HUMAN_VIDEO_SIZE, human
    if not options.mannequin:
        sys.stdout.write("note no human is here (python -m tools.human makes her): a mannequin stands in\n")
    return scene.build_scene(clips[0], options.speech), VIDEO_SIZE, None


def _tell(fraction: float, stage_name: str) -> None:
    sys.stdout.write(f"progress {fraction:.4f} {stage_name}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    shutil.rmtree(bpy.app.tempdir, ignore_errors=True)
    # Leaving through the interpreter crashes or hangs bpy once Rigify has run; everything is written by now.
    os._exit(code)
