# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's own interface: have it drawn again, say a sentence in its language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import bpy

Ending = set[Literal["RUNNING_MODAL", "CANCELLED", "FINISHED", "PASS_THROUGH", "INTERFACE"]]
"""What a button's `execute`, `invoke` and `modal` return."""
Button = bpy.types.Operator if TYPE_CHECKING else object
"""What a part of several buttons stands on: Blender itself wants to see its own class in the whole ones alone."""


def redraw(context: bpy.types.Context) -> None:
    """Let every 3D View and the preferences show the new state."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
            elif area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":  # not the view itself: a heavy scene would be drawn ten times a second
                        region.tag_redraw()


def translated(text: str, **values: object) -> str:
    """Return a sentence in the user's language with values put in."""
    return bpy.app.translations.pgettext_iface(text).format(**values)
