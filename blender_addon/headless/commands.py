# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender without a window: `blender -b SCENE.blend -c exges generate|batch ...`, or `commands.run(argv)`.

generate   one take on a character of the open file
batch      a manifest of many: each line a file, a character, its speech and where the result goes
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import NoneType
from typing import get_args, get_origin, get_type_hints

import bpy

from exges_core.errors import Cancelled, ExgesError, OutputError
from exges_core.settings import About, about, option_of

from ..engine import client, preferences
from ..generation import idling, running
from ..generation.settings import TakeSettings, settings_for
from ..scene import compat
from . import batch, scene_files, spoken

DONE, REFUSED, CANCELLED = 0, 2, 130
PATHS = tuple(name for name, each in about(TakeSettings).items() if each.form in {"FILE", "DIR"})
"""Settings that are files: relative ones are meant from where the command runs, or from the manifest."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="blender -b SCENE.blend -c exges", description="Gestures from speech.")
    actions = parser.add_subparsers(dest="action", required=True)
    generate = actions.add_parser("generate", help="put a new take on a character of the open file")
    generate.add_argument("--armature", required=True, metavar="NAME", help="the character's armature object")
    speech = generate.add_mutually_exclusive_group()
    speech.add_argument("--audio", default="", metavar="FILE", help="a sound file")
    speech.add_argument("--strip", default="", metavar="NAME", help="a sound strip; default: the first one")
    generate.add_argument("--start-frame", type=int, default=1, help="where the speech of --audio begins")
    _add_settings(generate)
    generate.add_argument("--output", default="", metavar="OUT.blend", help="default: save the open file")
    many = actions.add_parser("batch", help="make every take of a manifest (JSON lines); goes on where it ended")
    many.add_argument("manifest", type=Path, metavar="MANIFEST.jsonl")
    many.add_argument("--status", type=Path, metavar="FILE", help="default: MANIFEST.jsonl[.FIRST-LAST].status.jsonl")
    many.add_argument(
        "--takes", type=batch.Chunk.of, metavar="FIRST-LAST", help="some of them, by their order: a farm's chunk"
    )
    many.add_argument("--restart", action="store_true", help="make every line again, done before or not")
    for each in (generate, many):
        each.add_argument("--python", default="", metavar="EXE", help="the engine's Python; default: the preferences'")
    return parser


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting of a take; those that are not given are missing from what is parsed."""
    types = get_type_hints(TakeSettings)
    for name, found in about(TakeSettings).items():
        _add_setting(parser, name, types[name], found)


def _add_setting(parser: argparse.ArgumentParser, name: str, wanted: object, found: About) -> None:
    option = option_of(name, found)
    help = f"{found.help.removesuffix('.')}; {found.range}." if found.range else found.help
    help = help.replace("%", "%%")  # argparse fills in what follows one
    if found.has_no_positive:
        parser.add_argument(f"--no-{option}", dest=name, action="store_false", default=argparse.SUPPRESS, help=help)
        return
    if wanted is bool:
        either = argparse.BooleanOptionalAction
        parser.add_argument(f"--{option}", dest=name, action=either, default=argparse.SUPPRESS, help=help)
        return
    kinds = _inside(wanted)
    is_row = get_origin(kinds) is tuple
    parser.add_argument(
        f"--{option}",
        dest=name,
        type=next(each for each in (str, int, float) if each in (get_args(kinds) if is_row else (kinds,))),
        choices=tuple(found.choices) or None,
        nargs=None if not is_row else "+" if Ellipsis in get_args(kinds) else len(get_args(kinds)),
        action="extend" if is_row and Ellipsis in get_args(kinds) else "store",
        default=argparse.SUPPRESS,
        metavar=found.form or found.unit or None,
        help=help,
    )


def _inside(wanted: object) -> object:
    """Return the type inside `X | None`."""
    if get_origin(wanted) in (None, tuple):
        return wanted
    return next(each for each in get_args(wanted) if each is not NoneType)


def run(argv: Sequence[str]) -> int:
    """Run a command and return its exit code: 0 done, 2 refused with one line, 130 cancelled."""
    try:
        options = _parser().parse_args(list(argv))
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else REFUSED
    try:
        with_engine = client.Engine.of(preferences.launch_of(bpy.context, python=options.python))
        try:
            return _generate(options, with_engine) if options.action == "generate" else _batch(options, with_engine)
        finally:
            with_engine.stop()
    except (Cancelled, KeyboardInterrupt):
        sys.stderr.write("exges: cancelled\n")
        return CANCELLED
    except ExgesError as error:
        sys.stderr.write(f"exges: {error}\n")
        return REFUSED


def _generate(options: argparse.Namespace, engine: client.Engine) -> int:
    target = options.output or bpy.data.filepath
    if not target:
        raise OutputError("--output: the open file has no name yet. Say where to save it.")
    place: dict[str, object] = {"strip": options.strip, "start_frame": options.start_frame}
    place |= {"audio": str(Path(options.audio).resolve()) if options.audio else ""}
    given: dict[str, object] = {name: value for name, value in vars(options).items() if name in about(TakeSettings)}
    given |= {name: str(Path(str(given[name])).resolve()) for name in PATHS if given.get(name)}
    settings = settings_for(bpy.context.scene.name, options.armature, {**place, **given})
    make_take(settings, engine)
    sequencer, audio = compat.sequencer_scene(bpy.context), str(place["audio"])
    warning = spoken.carry(sequencer, audio, options.start_frame) if audio else ""
    save(Path(target).resolve())
    sys.stderr.write(f"exges: {warning}\n" if warning else "")
    return DONE


def _batch(options: argparse.Namespace, engine: client.Engine) -> int:
    lines = batch.read_manifest(options.manifest, settings=TakeSettings, paths=PATHS, open_file=bpy.data.filepath)
    chunk: batch.Chunk | None = options.takes
    lines = lines if chunk is None else chunk.lines_of(lines, options.manifest)
    suffix = ".status.jsonl" if chunk is None else f".{chunk}.status.jsonl"
    status = batch.Status(options.status or options.manifest.with_name(options.manifest.name + suffix))
    files = scene_files.SceneFiles(options.manifest, lines, status, restarts=options.restart)
    files.check()
    worst = DONE
    for line in lines:
        if status.is_done(line) and not options.restart:
            sys.stdout.write(f"{line.name}: done before\n")
            continue
        started_s = time.monotonic()
        try:
            take, text = _make_line(line, engine, files.of(line))
        except Cancelled:
            raise
        except ExgesError as error:
            worst, code, text, take = REFUSED, REFUSED, str(error), ""
        else:
            code = DONE
        passed_s = time.monotonic() - started_s
        status.add(line, exit_code=code, text=text, take=take, seconds=passed_s)
        sys.stdout.write(
            f"{line.name}: {f'refused ({code}): {text}' if code else f'done, {take!r}, {passed_s:.1f} s'}"
            f"{f'. {text}' if text and not code else ''}\n"
        )
        sys.stdout.flush()
    return worst


def _make_line(line: batch.Line, engine: client.Engine, file: Path | None) -> tuple[str, str]:
    """Make a line's take in its file and save both it and its sound; return the take's name, and a warning or ''."""
    scene_files.open_file(file)
    for action in bpy.data.actions:  # saved, but its status was not written: Blender was killed between the two
        if action.get(batch.MARK) == line.mark:
            return action.name, ""
    scene = scene_files.scene_of(line)
    place = {"strip": line.strip, "audio": line.audio, "start_frame": line.start_frame}
    settings = settings_for(scene.name, line.armature, {**place, **line.settings})
    if line.idle_s:
        action = idling.MakingIdle.lasting(line.idle_s, settings, engine=engine).now()
    else:
        action = make_take(settings, engine, scene=scene)
    action[batch.MARK] = line.mark
    name = action.name
    sequencer = scene_files.sequencer_of(scene)
    warning = spoken.carry(sequencer, line.audio, line.start_frame) if line.audio else ""
    save(line.output)
    return name, warning


def make_take(
    settings: TakeSettings, engine: client.Engine, *, scene: bpy.types.Scene | None = None
) -> bpy.types.Action:
    """Make a take in the open file and wait for it.

    Raises:
        ExgesError: as `running.Making`.
    """
    sequencer = scene_files.sequencer_of(scene or bpy.context.scene)
    return running.Making(settings, sequencer=sequencer.name, engine=engine).now()


def save(target: Path) -> None:
    """Save the open file under a name; its folder is made.

    Raises:
        OutputError: if it cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        bpy.ops.wm.save_as_mainfile(filepath=str(target), copy=False)
    except (OSError, RuntimeError) as error:
        raise OutputError(
            f"{target}: could not be saved ({str(error).strip()}). Free some space, or choose another folder."
        ) from error
