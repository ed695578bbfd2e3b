# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons for a take in parts of the body, and for the animator's own Action below it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import bpy

from exges_core.errors import ExgesError

from ...character import rigcache
from ...scene import cooperative
from ...scene.interface import Button, Ending
from ...takes import keyframes, layer_blending, layers, own_action, preview, record, splitting, user_keys
from .. import readiness


class _OfShownTake(Button):
    """Buttons that need a shown take."""

    needs_layers = True

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        why = readiness.why_unchangeable(context)
        if why:
            return why
        character = readiness.chosen(context)
        take = record.shown(character)
        if take is None:
            return "No take is shown"
        if layers.is_split(character, take) != cls.needs_layers:
            return "Split the take into layers first" if cls.needs_layers else "The take is in layers already"
        return ""

    def _done(self, context: bpy.types.Context, work: Callable[[bpy.types.Object, bpy.types.Action], str]) -> Ending:
        """Do something with the character and its shown take; say what was done."""
        preview.restore()
        character = readiness.chosen(context)
        take = record.shown(character)
        assert take is not None
        try:
            keyframes.leave_tweak_mode(character)
            text = work(character, take)
        except ExgesError as error:
            return self.refused(error)
        finally:
            character.update_tag()
            rigcache.forget()
            user_keys.forget()
            readiness.forget()
        if text:
            self.report({"INFO"}, text)
        return {"FINISHED"}


class ExgesSplitTake(_OfShownTake, bpy.types.Operator):
    """Put the shown take into layers: one NLA track for each part of the body, to switch, fade and blend on its own."""

    bl_idname = "exges.split_take"
    bl_label = "Split into Layers"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form
    needs_layers = False

    def execute(self, context: bpy.types.Context) -> Ending:
        """Split it."""
        return self._done(context, _split)


def _split(character: bpy.types.Object, take: bpy.types.Action) -> str:
    splitting.split(character, take, cooperative.now(rigcache.requiring(character.name)))
    count = len([part for part in layers.layers_of(character, take) if part != layers.BEFORE])
    return f"{take.name} is in {count} layers."


class ExgesJoinLayers(_OfShownTake, bpy.types.Operator):
    """Put the layers back into one Action and strip: all parts on and replacing, your edits of keys kept."""

    bl_idname = "exges.join_layers"
    bl_label = "Join Layers"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Join them."""

        def join(character: bpy.types.Object, take: bpy.types.Action) -> str:
            layer_blending.join(character, take)
            return f"{take.name} is in one piece."

        return self._done(context, join)


class ExgesUpperBodyOnly(_OfShownTake, bpy.types.Operator):
    """Leave legs and root to your own animation, and half of the trunk; splits the take if need be."""

    bl_idname = "exges.upper_body_only"
    bl_label = "Upper Body Only"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        why = readiness.why_unchangeable(context)
        return why or ("" if record.shown(readiness.chosen(context)) else "No take is shown")

    def execute(self, context: bpy.types.Context) -> Ending:
        """Switch the layers."""

        def switch(character: bpy.types.Object, take: bpy.types.Action) -> str:
            if not layers.is_split(character, take):
                _split(character, take)
            layers.upper_body_only(character, take)
            return ""

        return self._done(context, switch)


class ExgesAddLayer(_OfShownTake, bpy.types.Operator):
    """Add this part's movement to the animation below, about the pose the take begins in. Press again to replace it."""

    bl_idname = "exges.add_layer"
    bl_label = "Add to What Lies Below"
    bl_options = {"UNDO"}  # noqa: RUF012

    if TYPE_CHECKING:
        part: str
    else:
        part: bpy.props.StringProperty(
            name="Part", description="The part of the body; empty: all of them", options={"HIDDEN"}
        )

    def execute(self, context: bpy.types.Context) -> Ending:
        """Let it add, or replace again if it adds."""

        def blend(character: bpy.types.Object, take: bpy.types.Action) -> str:
            found = layers.layers_of(character, take)
            parts = [part for part in found if part != layers.BEFORE and self.part in {"", part}]
            is_on = not all(layer_blending.is_added(found[part]) for part in parts)
            layer_blending.set_added(character, take, parts, is_on=is_on)
            return ""

        return self._done(context, blend)


class ExgesAnimateLayer(_OfShownTake, bpy.types.Operator):
    """Let this part's influence follow keys of your own, beginning with its fades. Press again to drop the keys."""

    bl_idname = "exges.animate_layer"
    bl_label = "Animate Influence"
    bl_options = {"UNDO"}  # noqa: RUF012

    if TYPE_CHECKING:
        part: str
    else:
        part: bpy.props.StringProperty(name="Part", description="The part of the body", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> Ending:
        """Hand the influence over, or take it back."""

        def animate(character: bpy.types.Object, take: bpy.types.Action) -> str:
            layer = layers.layers_of(character, take).get(self.part)
            if layer is not None:
                layers.set_animated(layer, is_on=not layers.is_animated(layer))
            return ""

        return self._done(context, animate)


class ExgesPutBelow(Button, bpy.types.Operator):
    """Move your active Action into an NLA track below the takes, which it hides now."""

    bl_idname = "exges.put_below"
    bl_label = "Put My Action Below"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        why = readiness.why_unchangeable(context)
        if why:
            return why
        character = readiness.chosen(context)
        hidden = own_action.hiding(character, record.shown(character))
        return "" if hidden else "No Action of yours hides the take"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Move it."""
        return _restacked(self, context, own_action.put_below, "{name} plays below the takes.")


class ExgesTakeBack(Button, bpy.types.Operator):
    """Make your Action below the takes the active one again, as it was before it went there."""

    bl_idname = "exges.take_back"
    bl_label = "Take My Action Back"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        why = readiness.why_unchangeable(context)
        if why:
            return why
        character = readiness.chosen(context)
        if own_action.below(character) is None:
            return "No Action of yours was put below the takes"
        animation = character.animation_data
        is_free = animation is not None and (animation.action is None or animation.use_tweak_mode)
        return "" if is_free else "Another Action is active: put it below first"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Move it back."""
        return _restacked(self, context, own_action.take_back, "{name} is the active Action again.")


def _restacked(
    button: Button, context: bpy.types.Context, move: Callable[[bpy.types.Object], bpy.types.Action], said: str
) -> Ending:
    """Move the animator's Action, and let layers go with what lies below them now."""
    preview.restore()
    character = readiness.chosen(context)
    try:
        own = move(character)
        layer_blending.renew(character)
    except ExgesError as error:
        return button.refused(error)
    finally:
        character.update_tag()
        user_keys.forget()
        readiness.forget()
    button.report({"INFO"}, said.format(name=own.name))
    return {"FINISHED"}


CLASSES = (
    ExgesSplitTake,
    ExgesJoinLayers,
    ExgesUpperBodyOnly,
    ExgesAddLayer,
    ExgesAnimateLayer,
    ExgesPutBelow,
    ExgesTakeBack,
)
