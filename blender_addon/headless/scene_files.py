# SPDX-License-Identifier: GPL-3.0-or-later
"""The .blend files of a batch: opened one after the other, and looked at before anything is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import bpy

from exges_core.errors import ExgesError, InputError
from exges_core.json_lines import Fault, all_of

from ..character import rigcache
from ..generation import checks
from ..scene import compat, lookup
from ..sound import strips
from . import batch


class SceneFiles:
    """Which file each line of a manifest is made in; None = the open one as it is, if no line names another."""

    def __init__(
        self, manifest: Path, lines: Sequence[batch.Line], status: batch.Status, *, restarts: bool = False
    ) -> None:
        self._manifest, self._status, self._restarts = manifest, status, restarts
        self._left = [line for line in lines if restarts or not status.is_done(line)]
        is_mixed = len({line.scene is None for line in lines}) > 1
        self._home = Path(bpy.data.filepath) if is_mixed and bpy.data.filepath else None

    def of(self, line: batch.Line) -> Path | None:
        """Return the file that a line is made in: where it goes to, if takes of this manifest are there already."""
        goes_on = self._status.is_begun(line.output) and not self._restarts
        return line.output if goes_on else line.scene or self._home

    def check(self) -> None:
        """Look for the scenes, characters and sounds of all lines that are left; each file is opened once.

        Raises:
            InputError: naming all that is missing, line by line.
        """
        wrong: list[Fault] = []
        places = dict.fromkeys(map(self.of, self._left))
        for place in sorted(places, key=lambda each: each is not None):  # the open file, before it is left
            own = [line for line in self._left if self.of(line) == place]
            try:
                open_file(place)
            except InputError as error:
                wrong += [Fault(line=line.number, what=str(error)) for line in own]
                continue
            wrong += [Fault(line=line.number, what=told) for line in own for told in _missing(line)]
        if wrong:
            raise all_of(self._manifest, wrong)


def open_file(path: Path | None) -> None:
    """Open a file; None = the open one stays.

    Raises:
        InputError: if it cannot be opened.
    """
    if path is None:
        return
    if not path.is_file():
        raise InputError(f"no file {path}")
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False)
    except RuntimeError as error:
        raise InputError(f"{path}: Blender could not open it ({str(error).strip()})") from error


def scene_of(line: batch.Line) -> bpy.types.Scene:
    """Return a line's scene in the open file.

    Raises:
        InputError: if it has no such scene.
    """
    scene = bpy.data.scenes.get(line.in_scene) if line.in_scene else bpy.context.scene
    if scene is None:
        names = ", ".join(repr(each.name) for each in bpy.data.scenes)
        raise InputError(f"no scene {line.in_scene!r} in the file, which has {names}")
    return scene


def sequencer_of(scene: bpy.types.Scene) -> bpy.types.Scene:
    """Return the scene whose sequencer is heard with a scene."""
    return compat.sequencer_scene(bpy.context) if scene == bpy.context.scene else scene


def _missing(line: batch.Line) -> Iterator[str]:
    """Yield what a line needs that the open file or the disk does not have."""
    try:
        scene = scene_of(line)
        checks.check_rate(scene)
    except ExgesError as error:
        yield str(error)
        return
    for each in (_why_no_character(line), _why_no_sound(line, scene)):
        if each:
            yield each


def _why_no_character(line: batch.Line) -> str:
    try:
        character = lookup.character(line.armature)
        if character.type != "ARMATURE":
            return f"no armature: {line.armature!r} is of type {character.type.lower()}"
        checks.check_character(character)
    except ExgesError as error:
        return str(error)
    found = rigcache.retargeter_of(character)
    return found if isinstance(found, str) else ""


def _why_no_sound(line: batch.Line, scene: bpy.types.Scene) -> str:
    if line.idle_s:
        return ""
    if line.audio:
        return "" if Path(line.audio).is_file() else f"no sound file {line.audio}"
    try:
        strips.check_source(strips.find_strip(sequencer_of(scene), line.strip))
    except ExgesError as error:
        return str(error)
    return ""
