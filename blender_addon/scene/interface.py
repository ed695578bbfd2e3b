# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's interface: what buttons share, redrawing, the user's language."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Literal

import bpy

Ending = set[Literal["RUNNING_MODAL", "CANCELLED", "FINISHED", "PASS_THROUGH", "INTERFACE"]]
"""What an operator's `execute`, `invoke` and `modal` return."""
_Operator = bpy.types.Operator if TYPE_CHECKING else object


class Button(_Operator):
    """What all buttons share: why one is greyed out, and how one refuses.

    Finished buttons name `bpy.types.Operator` themselves: Blender registers every subclass of it.
    """

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return ""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Grey the button out and give the reason in its tooltip."""
        try:
            why = cls.why_not(context)
        except Exception as error:  # noqa: BLE001 - a reason, or none is shown; 4.2 would run it
            traceback.print_exc()
            why = f"A defect in ExGes, see the console for all of it ({type(error).__name__}: {error})"
        if why:
            cls.poll_message_set(why)
        return not why

    def refused(self, reason: object) -> Ending:
        """Report an error and end."""
        self.report({"ERROR"}, str(reason))
        return {"CANCELLED"}


def redraw(context: bpy.types.Context) -> None:
    """Redraw the sidebar of every 3D View, and the preferences."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
            elif area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":  # the view itself would draw a heavy scene ten times a second
                        region.tag_redraw()


def translated(text: str, **values: object) -> str:
    """Return a message in the user's language with its values filled in."""
    return bpy.app.translations.pgettext_iface(text).format(**values)


def counted(count: int, one: str, many: str, **values: object) -> str:
    """Return a message with {count} in the user's language: one form for 1, another for the rest."""
    return translated(one if count == 1 else many, count=count, **values)
