# SPDX-License-Identifier: GPL-3.0-or-later
"""Setting the engine up, as tab and preferences show it: the button with its size, then progress and time left."""

from __future__ import annotations

import time

import bpy

from ...engine import environment
from ...scene import extension
from ...scene.interface import translated
from ..operators import environment as environment_buttons
from .drawing import set_options, shortened, wrapped

_WIDTH = 96
_MINUTE_S = 90.0
"""From so many seconds on, minutes are told."""


def draw_setup(context: bpy.types.Context, layout: bpy.types.UILayout) -> None:
    """Draw Set Up in the tab: what it takes before the click, how far it is after."""
    creation = environment_buttons.State.creation
    if creation is not None:
        draw_creation(layout, creation)
        return
    row = layout.row(align=True)
    row.scale_y = 1.5
    row.operator("exges.create_environment", icon="IMPORT")
    set_options(row.operator("preferences.addon_show", text="", icon="PREFERENCES"), module=extension.NAME)
    wrapped(context, layout, environment_buttons.size_of(context))
    reason, told = environment_buttons.creation_reason(context), environment_buttons.State.last_text
    if reason or told:
        is_bad_news = environment_buttons.State.is_bad_news and not reason
        wrapped(context, layout, shortened(reason or told), "ERROR" if is_bad_news else "INFO")
    if reason and not bpy.app.online_access:
        layout.prop(context.preferences.system, "use_online_access")


def draw_creation(layout: bpy.types.UILayout, creation: environment.Creation) -> None:
    """Draw the environment's progress and its Cancel button."""
    layout.label(text=creation.text[:_WIDTH], icon="IMPORT")
    layout.progress(factor=creation.fraction, text=f"{creation.fraction:.0%} · {time_of(creation)}")
    row = layout.row(align=True)
    row.operator("exges.cancel_environment", icon="CANCEL")
    row.operator("exges.open_environment_log", icon="TEXT")


def time_of(creation: environment.Creation) -> str:
    """Return the time left, or the time passed while none can be told."""
    left_s = creation.left_s
    if left_s is None:
        passed_s = int(time.monotonic() - creation.started_s)
        return f"{passed_s // 60}:{passed_s % 60:02d}"
    if left_s >= _MINUTE_S:
        minutes = -int(-left_s // 60)
        if creation.is_slower:
            return translated("slower, over {minutes} min left", minutes=minutes)
        return translated("{minutes} min left", minutes=minutes)
    seconds = max(1, round(left_s))
    if creation.is_slower:
        return translated("slower, over {seconds} s left", seconds=seconds)
    return translated("{seconds} s left", seconds=seconds)
