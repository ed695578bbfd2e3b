# SPDX-License-Identifier: GPL-3.0-or-later
"""A take in parts of the body, in the tab: a row for each, and the animator's own Action below. Draws only."""

from __future__ import annotations

import bpy

from ...scene.interface import translated
from ...takes import layer_blending, layers, own_action, record
from .. import readiness
from ..layer_properties import settings_of
from .drawing import CharacterPanel, set_options


def draw_own_action(layout: bpy.types.UILayout, character: bpy.types.Object) -> None:
    """Offer to take the animator's Action back from below the takes."""
    if own_action.hiding(character, record.shown(character)) is None and own_action.below(character) is not None:
        layout.operator("exges.take_back", icon="TRIA_UP_BAR")


class ExgesLayersPanel(CharacterPanel):
    """The shown take, part by part."""

    bl_idname = "EXGES_PT_layers"
    bl_parent_id = "EXGES_PT_takes"
    bl_label = "Layers"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Show it only with a take."""
        return record.shown(readiness.character_of(context)) is not None

    def summary(self, context: bpy.types.Context) -> str:
        """Return how many parts are on."""
        character = readiness.character_of(context)
        take = record.shown(character)
        if character is None or take is None or not layers.is_split(character, take):
            return ""
        found = [layer for part, layer in layers.layers_of(character, take).items() if part != layers.BEFORE]
        on = [layer for layer in found if not (layer.strip.mute or layer.track.mute)]
        return translated("{count} of {all} on", count=len(on), all=len(found))

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, character = self.layout, readiness.chosen(context)
        take = record.shown(character)
        if take is None:
            return
        if not layers.is_split(character, take):
            layout.operator("exges.split_take", icon="NLA")
            layout.operator("exges.upper_body_only", icon="OUTLINER_OB_ARMATURE")
            return
        layout.operator("exges.upper_body_only", icon="OUTLINER_OB_ARMATURE")
        found = layers.layers_of(character, take)
        for part, layer in found.items():
            if part != layers.BEFORE:
                _draw_layer(layout, layer)
        is_adding = all(layer_blending.is_added(layer) for part, layer in found.items() if part != layers.BEFORE)
        button = layout.operator("exges.add_layer", text="Add All", icon="ADD", depress=is_adding)
        set_options(button, part="")
        layout.operator("exges.join_layers", icon="NLA_PUSHDOWN")


def _draw_layer(layout: bpy.types.UILayout, layer: layers.Layer) -> None:
    """Draw one part: off and on, influence, adding, animated; fades below."""
    column = layout.column(align=True)
    title, settings = translated(layers.PART_TITLES[layer.part]), settings_of(layer.action)
    row = column.row(align=True)
    row.prop(settings, "is_off", text="", icon="HIDE_ON" if settings.is_off else "HIDE_OFF", emboss=False)
    row = row.row(align=True)
    row.active = not settings.is_off
    is_animated = layers.is_animated(layer)
    if is_animated:
        row.prop(layer.strip, "influence", text=title, translate=False, slider=True)
    else:
        row.prop(settings, "level", text=title, translate=False, slider=True)
    button = row.operator("exges.animate_layer", text="", icon="FCURVE", depress=is_animated)
    set_options(button, part=layer.part)
    button = row.operator("exges.add_layer", text="", icon="ADD", depress=layer_blending.is_added(layer))
    set_options(button, part=layer.part)
    if not is_animated:
        row = column.row(align=True)
        row.active = not settings.is_off
        row.prop(settings, "fade_in")
        row.prop(settings, "fade_out")


CLASSES = (ExgesLayersPanel,)
