# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine generates, as tab and preferences show it: what each can do and takes, and why one is greyed out."""

from __future__ import annotations

import bpy

from ...engine import builtin, preferences, session
from ...engine.session import Running
from ...scene import extension
from ...scene.interface import translated
from .. import readiness
from .drawing import set_options, wrapped


def draw_choice(context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
    """Draw both engines to choose from, each with what it can do."""
    found = preferences.of(context)
    if found is None:
        return
    layout, why = layout.column(), readiness.why_no_builtin()
    layout.use_property_split = False  # a label beside each would leave the buttons empty
    column = layout.column(align=True)
    row = column.row()
    row.enabled = not why
    row.prop_enum(found, "engine", preferences.BUILTIN)
    if why:
        wrapped(context, column, why, "BLANK1")
    else:
        size = builtin.megabytes(extension.FOLDER)
        text = translated("Nothing to install, offline, English words by Moonshine · {size} MB, here", size=size)
        wrapped(context, column, text, "BLANK1")
    column = layout.column(align=True)
    column.prop_enum(found, "engine", preferences.OWN)
    wrapped(context, column, "CUDA or MPS, Whisper's languages, your own motion base; set up once", "BLANK1")


def draw_state(context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
    """Draw whether the engine runs; the choice opens below."""
    header, body = layout.panel("EXGES_engine", default_closed=True)
    _draw_state(context, header.row().split(factor=0.7))
    if body is not None:
        draw_choice(context, body)
        set_options(body.operator("preferences.addon_show", text="Preferences"), module=extension.NAME)


def _draw_state(context: bpy.types.Context, row: bpy.types.UILayout) -> None:
    engine = session.running_engine(context)
    hello = engine.hello if engine is not None else None
    if Running.is_checking:
        row.label(text="Starting the engine...", icon="SORTTIME")
    elif hello is not None:
        row.label(text=translated("Engine ready · {device}", device=hello.device), icon="CHECKMARK", translate=False)
    elif preferences.is_builtin(context):
        row.label(text="Built-in engine", icon="CHECKMARK")
    else:
        row.label(text="Engine not started", icon="RADIOBUT_OFF")
    row.operator("exges.check")
