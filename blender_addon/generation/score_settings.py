# SPDX-License-Identifier: GPL-3.0-or-later
"""What a character's settings say of strokes: how many and how large, from which file, to which file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import bpy

from ..scene.extension import Stored

_OVERRIDABLE: set[Literal["LIBRARY_OVERRIDABLE"]] = {"LIBRARY_OVERRIDABLE"}


class ScoreSettings:
    """The part of a character's settings that is about its score."""

    vividness: bpy.props.FloatProperty(
        name="Vividness",
        description="Number and size of strokes: 0 stands, breathes and looks around, 1 as the speaker, 2 many and "
        "large ones",
        default=1.0,
        min=0.0,
        max=2.0,
        options=set(),
        override=_OVERRIDABLE,
    )
    use_score: bpy.props.BoolProperty(
        name="Plan Strokes",
        description="Plan which stroke falls on which word, then make the motion of it; off: the paper's own variant",
        default=True,
        options=set(),
        override=_OVERRIDABLE,
    )
    score: bpy.props.StringProperty(
        name="Score File",
        description="A file with the strokes to make, as Save Score writes it; empty: they are planned",
        subtype="FILE_PATH",
        options=set(),
        override=_OVERRIDABLE,
    )
    score_out: bpy.props.StringProperty(
        name="Save Score",
        description="A file that the next take's strokes are written to, to edit them and make them again; empty: none",
        subtype="FILE_PATH",
        options=set(),
        override=_OVERRIDABLE,
    )


def values_of(settings: Stored) -> dict[str, Any]:
    """Return what a wish has of it; what has no meaning beside the rest is as if it were not set."""
    if not settings.use_score:
        return {"use_score": False}
    return {
        "vividness": 1.0 if settings.score else round(settings.vividness, 4),
        "score": settings.score,
        "score_out": settings.score_out,
    }


def absolute(path: str) -> str | None:
    """Return a file as the engine is told it; Blender's own `//` means beside the open file."""
    return bpy.path.abspath(path) if path else None


def is_missing(settings: Stored) -> bool:
    """Say whether the strokes are to come from a file that is not there."""
    path = absolute(settings.score) if settings.use_score else None
    try:
        return path is not None and not Path(path).is_file()
    except (OSError, ValueError):  # nobody may look there, or no file can have this name
        return True
