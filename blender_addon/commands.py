# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender without a window: `blender -b SCENE.blend -c exges generate --armature NAME ...`, or `commands.run(argv)`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import bpy

from exges_core.errors import Cancelled, ExgesError, OutputError

from . import compat, generation, job, operators, preferences

DONE, REFUSED, CANCELLED = 0, 2, 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="blender -b SCENE.blend -c exges", description="Gestures from speech.")
    actions = parser.add_subparsers(dest="action", required=True)
    generate = actions.add_parser("generate", help="put a new take on a character of the open file")
    generate.add_argument("--armature", required=True, metavar="NAME", help="the character's armature object")
    speech = generate.add_mutually_exclusive_group()
    speech.add_argument("--audio", default="", metavar="FILE", help="a sound file")
    speech.add_argument("--strip", default="", metavar="NAME", help="a sound strip; default: the first one")
    generate.add_argument("--start-frame", type=int, default=1, help="where the speech of --audio begins")
    generate.add_argument("--transcript", default="", metavar="FILE")
    generate.add_argument("--speaker", default="", metavar="NAME")
    generate.add_argument("--seed", type=int, default=0)
    generate.add_argument("--no-retrieval", action="store_true")
    generate.add_argument("--active-action", action="store_true", help="the active Action instead of an NLA track")
    generate.add_argument("--output", default="", metavar="OUT.blend", help="default: save the open file")
    generate.add_argument("--python", default="", metavar="EXE", help="the engine's Python; default: the preferences'")
    return parser


def run(argv: Sequence[str]) -> int:
    """Run a command on the open file and return its exit code: 0 done, 2 refused with one line, 130 cancelled."""
    try:
        options = _parser().parse_args(list(argv))
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else REFUSED
    try:
        _generate(options)
    except (Cancelled, KeyboardInterrupt):
        sys.stderr.write("exges: cancelled\n")
        return CANCELLED
    except ExgesError as error:
        sys.stderr.write(f"exges: {error}\n")
        return REFUSED
    return DONE


def _generate(options: argparse.Namespace) -> None:
    context = bpy.context
    target = options.output or bpy.data.filepath
    if not target:
        raise OutputError("--output: the open file has no name yet. Say where to save it.")
    python = options.python or preferences.python_of(context)
    wish = generation.Wish(
        scene=context.scene.name,
        character=options.armature,
        strip=options.strip,
        audio=str(Path(options.audio).resolve()) if options.audio else "",
        start_frame=options.start_frame,
        transcript=str(Path(options.transcript).resolve()) if options.transcript else "",
        speaker=options.speaker,
        seed=options.seed,
        use_retrieval=not options.no_retrieval,
        as_active_action=options.active_action,
    )
    engine = job.Engine(job.command_of(python))
    try:
        plan = generation.prepare(wish, sequencer=compat.sequencer_scene(context))
        operators.generate_now(plan, engine)
    finally:
        engine.stop()
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(Path(target).resolve()), copy=False)
    except RuntimeError as error:
        raise OutputError(
            f"{target}: could not be saved ({error}). Choose a folder that exists and is writable."
        ) from error
