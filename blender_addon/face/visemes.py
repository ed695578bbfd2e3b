# SPDX-License-Identifier: GPL-3.0-or-later
"""One shape of a face for looking at, without keys: a viseme or a mood; then everything is as it was."""

from __future__ import annotations

from collections.abc import Mapping

import bpy

from exges_core.arrays import Array, Float
from exges_core.face.moods import MOODS
from exges_core.face.names import shape_of
from exges_core.face.rigs import values

from . import found, meshes

VISEMES: Mapping[str, Mapping[str, float]] = {
    "rest": {},
    "P B M": {"jawOpen": 0.1, "mouthClose": 0.1, "mouthRollLower": 0.22, "mouthRollUpper": 0.18, "mouthPress": 0.3},
    "F V": {"jawOpen": 0.08, "mouthRollLower": 0.5, "mouthUpperUp": 0.22},
    "TH": {"jawOpen": 0.16, "tongueOut": 0.3, "mouthLowerDown": 0.12},
    "T D N": {"jawOpen": 0.13, "mouthLowerDown": 0.12},
    "S Z": {"jawOpen": 0.06, "mouthLowerDown": 0.22, "mouthUpperUp": 0.12, "mouthStretch": 0.12},
    "SH CH": {"jawOpen": 0.08, "mouthFunnel": 0.5, "mouthPucker": 0.25},
    "K G": {"jawOpen": 0.2, "mouthLowerDown": 0.08},
    "R": {"jawOpen": 0.18, "mouthFunnel": 0.25, "mouthPucker": 0.3},
    "A": {"jawOpen": 0.62, "mouthLowerDown": 0.28, "mouthUpperUp": 0.12},
    "E": {"jawOpen": 0.4, "mouthLowerDown": 0.18, "mouthStretch": 0.15, "mouthSmile": 0.1},
    "I": {"jawOpen": 0.15, "mouthStretch": 0.25, "mouthSmile": 0.25},
    "O": {"jawOpen": 0.5, "mouthFunnel": 0.4, "mouthPucker": 0.15},
    "U": {"jawOpen": 0.14, "mouthFunnel": 0.25, "mouthPucker": 0.75},
}
"""Mouth shapes that look different, by what is said with them; values as the take's own mouth has them."""
EMOTIONS: tuple[str, ...] = tuple(MOODS)
NAMES: tuple[str, ...] = (*VISEMES, *EMOTIONS)
"""What can be looked at: visemes, then moods."""


class Shown:
    """The preview that is on a character now: (mesh, key) -> the value from before; names, no references."""

    name = ""
    character = ""
    before: Mapping[tuple[str, str], float] = {}  # noqa: RUF012 - replaced as a whole


def shown_on(character: bpy.types.Object) -> str:
    """Return which of `NAMES` is on a character now, '' if none is."""
    return Shown.name if Shown.character == character.name else ""


def preview(character: bpy.types.Object, name: str | None) -> bool:
    """Show a viseme or a mood on a face, without keys; None = put back what was. Return whether anything is shown.

    A take that plays shows again on the next frame.

    Raises:
        KeyError: if there is no such viseme or mood.
    """
    restore()
    if name is None:
        return False
    looks = values(found.face_of(character).match, _shape(name)[None])
    before: dict[tuple[str, str], float] = {}
    for mesh in dict.fromkeys(mesh for mesh, _ in looks):
        blocks = meshes.blocks_of(mesh)
        for (_, key), value in [each for each in looks.items() if each[0][0] == mesh and each[0][1] in blocks]:
            before[mesh, key] = blocks[key].value
            blocks[key].value = float(value[0])
    Shown.name, Shown.character, Shown.before = (name, character.name, before) if before else ("", "", {})
    return bool(before)


def _shape(name: str) -> Float[Array, "52"]:
    return shape_of(VISEMES[name] if name in VISEMES else MOODS[name])


def restore() -> bool:
    """Put back what a preview has changed; return whether there was one."""
    before, had = Shown.before, bool(Shown.name)
    forget()
    for (mesh, key), value in before.items():
        block = meshes.blocks_of(mesh).get(key)
        if block is not None:
            block.value = value
    return had


def forget() -> None:
    """Let what is shown count as what is: an undo has put it back, or another file is open."""
    Shown.name, Shown.character, Shown.before = "", "", {}
