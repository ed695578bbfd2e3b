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
from dataclasses import MISSING, fields
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import bpy

from exges_core.errors import Cancelled, ExgesError, InputError, OutputError, message

from ..engine import client, preferences
from ..generation import running
from ..generation.settings import Wish
from ..scene import compat
from . import batch

DONE, REFUSED, CANCELLED = 0, 2, 130
PATHS = ("audio", "transcript", "library", "score", "score_out")
"""Settings that are files: relative ones are meant from where the command runs, or from the manifest."""
_PLACES = ("scene", "character", "strip", "audio", "start_frame")
_NAMES = {
    **{"transcript": "FILE", "speaker": "NAME", "library": "DIR"},
    **{"score": "FILE", "score_out": "FILE", "vividness": "0..2"},
    **{"asr": "NAME", "speaker_tier": "NAME", "transcript_text": "NAME"},
}
_SPELT = {"use_retrieval": "--retrieval", "use_keys": "--keys", "as_active_action": "--active-action"}


def settings_fields() -> dict[str, Any]:
    """Return what can be set for one take: a wish's fields, apart from where it happens, and their types."""
    hints = get_type_hints(Wish)
    return {each.name: hints[each.name] for each in fields(Wish) if each.name not in _PLACES}


def _inner(wanted: Any) -> Any:  # noqa: ANN401 - a type
    """Return the type inside `X | None`."""
    if get_origin(wanted) in (None, tuple):
        return wanted
    return next((each for each in get_args(wanted) if each is not NoneType), wanted)


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
    many.add_argument("--status", type=Path, metavar="FILE", help="default: MANIFEST.jsonl.status.jsonl")
    many.add_argument("--restart", action="store_true", help="make every line again, done before or not")
    for each in (generate, many):
        each.add_argument("--python", default="", metavar="EXE", help="the engine's Python; default: the preferences'")
    return parser


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting of a wish, so that the command line can ask for what the panel can."""
    defaults = {each.name: each.default for each in fields(Wish)}
    for name, wanted in settings_fields().items():
        wanted, option = _inner(wanted), _SPELT.get(name, f"--{name.replace('_', '-')}")
        default = None if defaults[name] is MISSING else defaults[name]
        if name == "use_score":  # --score names a file
            parser.add_argument("--no-score", dest=name, action="store_false", default=default)
        elif wanted is bool:
            parser.add_argument(option, dest=name, action=argparse.BooleanOptionalAction, default=default)
        elif wanted in (str, int, float):
            parser.add_argument(option, dest=name, type=wanted, default=default, metavar=_NAMES.get(name))
        elif get_origin(wanted) is tuple:
            count = "*" if get_args(wanted)[-1] is Ellipsis else len(get_args(wanted))
            kind = _inner(get_args(wanted)[0])
            parser.add_argument(option, dest=name, type=kind, nargs=count, default=default)


def run(argv: Sequence[str]) -> int:
    """Run a command and return its exit code: 0 done, 2 refused with one line, 130 cancelled."""
    try:
        options = _parser().parse_args(list(argv))
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else REFUSED
    try:
        python = options.python or preferences.python_of(bpy.context)
        with_engine = client.Engine(client.command_of(python), environment=preferences.engine_environment(bpy.context))
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
    given: dict[str, Any] = {name: getattr(options, name) for name in settings_fields()}
    given |= {name: str(Path(given[name]).resolve()) for name in PATHS if given.get(name)}
    wish = Wish(
        scene=bpy.context.scene.name,
        character=options.armature,
        strip=options.strip,
        audio=str(Path(options.audio).resolve()) if options.audio else "",
        start_frame=options.start_frame,
        **{name: _frozen(value) for name, value in given.items()},
    )
    make_take(wish, engine)
    save(Path(target).resolve())
    return DONE


def _batch(options: argparse.Namespace, engine: client.Engine) -> int:
    lines = batch.read_manifest(options.manifest, settings=settings_fields(), paths=PATHS, open_file=bpy.data.filepath)
    status = batch.Status(options.status or options.manifest.with_name(options.manifest.name + ".status.jsonl"))
    worst = DONE
    for line in lines:
        if status.is_done(line) and not options.restart:
            sys.stdout.write(f"{line.name}: done before\n")
            continue
        started_s = time.monotonic()
        try:
            take = _make_line(line, engine, goes_on=status.is_begun(line.output) and not options.restart)
        except Cancelled:
            raise
        except ExgesError as error:
            worst, code, text, take = REFUSED, REFUSED, str(error), ""
        else:
            code, text = DONE, ""
        passed_s = time.monotonic() - started_s
        status.add(line, exit_code=code, text=text, take=take, seconds=passed_s)
        sys.stdout.write(
            f"{line.name}: {f'refused ({code}): {text}' if code else f'done, {take!r}, {passed_s:.1f} s'}\n"
        )
        sys.stdout.flush()
    return worst


def _make_line(line: batch.Line, engine: client.Engine, *, goes_on: bool) -> str:
    """Make a line's take in its file and save it; return the take's name."""
    _open(line.output if goes_on else line.scene)
    for action in bpy.data.actions:  # saved, but its status was not written: Blender was killed between the two
        if action.get(batch.MARK) == line.mark:
            return action.name
    scene = bpy.data.scenes.get(line.in_scene) if line.in_scene else bpy.context.scene
    if scene is None:
        names = ", ".join(repr(each.name) for each in bpy.data.scenes)
        raise InputError(
            message(expected=f"a scene {line.in_scene!r}", got=names, where=line.where, do="Mend 'in_scene'.")
        )
    place = {"strip": line.strip, "audio": line.audio, "start_frame": line.start_frame}
    action = make_take(Wish(scene=scene.name, character=line.armature, **place, **line.settings), engine, scene=scene)
    action[batch.MARK] = line.mark
    name = action.name
    save(line.output)
    return name


def _frozen(value: Any) -> Any:  # noqa: ANN401 - a setting
    return tuple(value) if isinstance(value, list) else value


def make_take(wish: Wish, engine: client.Engine, *, scene: bpy.types.Scene | None = None) -> bpy.types.Action:
    """Generate a wish on the open file and wait for it.

    Raises:
        ExgesError: as `running.Making`.
    """
    sequencer = compat.sequencer_scene(bpy.context) if scene in (None, bpy.context.scene) else scene
    return running.Making(wish, sequencer=sequencer.name, engine=engine).now()


def _open(path: Path | None) -> None:
    """Open a file unless it is open and unchanged; None = the open one stays.

    Raises:
        InputError: if it cannot be opened.
    """
    if path is None:
        return
    if not path.is_file():
        raise InputError(message(expected="a .blend file", got="none", where=str(path), do="Check 'scene'."))
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False)
    except RuntimeError as error:
        raise InputError(f"{path}: Blender could not open it ({str(error).strip()}).") from error


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
