# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's property functions with a type that a checker knows: the stubs leave open whose property each one is."""

from __future__ import annotations

from collections.abc import Callable

import bpy

Function = Callable[..., object]
"""Blender itself checks the arguments, when it registers the class."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
BoolProperty: Function = bpy.props.BoolProperty
CollectionProperty: Function = bpy.props.CollectionProperty
EnumProperty: Function = bpy.props.EnumProperty
FloatProperty: Function = bpy.props.FloatProperty
IntProperty: Function = bpy.props.IntProperty
PointerProperty: Function = bpy.props.PointerProperty
StringProperty: Function = bpy.props.StringProperty
