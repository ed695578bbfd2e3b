# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel sets on a layer of a take: nothing is stored here, the layer's strip has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..scene.typed_properties import BoolProperty, FloatProperty
from ..takes import layers

_Group = bpy.types.PropertyGroup


def _layer(group: _Group) -> layers.Layer | None:
    return layers.layer_playing(cast("bpy.types.Action", group.id_data))


def _level(group: _Group) -> float:
    layer = _layer(group)
    return layers.level_of(layer) if layer else 1.0


def _set_level(group: _Group, value: float) -> None:
    layer = _layer(group)
    if layer:
        layers.set_level(layer, value)


def _is_off(group: _Group) -> bool:
    layer = _layer(group)
    return layer is not None and (layer.track.mute or layer.strip.mute)


def _set_off(group: _Group, value: bool) -> None:
    layer = _layer(group)
    if layer:
        layers.set_off(layer, is_off=value)


def _fade_in(group: _Group) -> float:
    layer = _layer(group)
    return layer.strip.blend_in if layer else 0.0


def _set_fade_in(group: _Group, value: float) -> None:
    layer = _layer(group)
    if layer:
        layers.set_fades(layer, fade_in=value)


def _fade_out(group: _Group) -> float:
    layer = _layer(group)
    return layer.strip.blend_out if layer else 0.0


def _set_fade_out(group: _Group, value: float) -> None:
    layer = _layer(group)
    if layer:
        layers.set_fades(layer, fade_out=value)


class ExgesLayer(bpy.types.PropertyGroup):
    """A layer of a take, as an Action has it."""

    if TYPE_CHECKING:
        level: float
        is_off: bool
        fade_in: float
        fade_out: float
    else:
        level: FloatProperty(
            name="Influence",
            description="How much of this part comes from the take; the rest comes from what lies below",
            min=0.0,
            max=1.0,
            subtype="FACTOR",
            options=set(),
            get=_level,
            set=_set_level,
        )
        is_off: BoolProperty(
            name="Off",
            description="Leave this part of the body to what lies below the take",
            options=set(),
            get=_is_off,
            set=_set_off,
        )
        fade_in: FloatProperty(
            name="Fade In",
            description="Frames over which this part of the take comes in",
            min=0.0,
            precision=0,
            step=100,
            options=set(),
            get=_fade_in,
            set=_set_fade_in,
        )
        fade_out: FloatProperty(
            name="Fade Out",
            description="Frames over which this part of the take goes out",
            min=0.0,
            precision=0,
            step=100,
            options=set(),
            get=_fade_out,
            set=_set_fade_out,
        )


def settings_of(action: bpy.types.Action) -> ExgesLayer:
    """Return what the panel sets on a layer."""
    return cast("ExgesLayer", action.exges_layer)  # pyright: ignore[reportAttributeAccessIssue]
