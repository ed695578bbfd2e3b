# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's property functions as a type checker can follow them.

`take: Annotated[str, StringProperty(name="Take")]` in a class under `@with_properties` is a text to a checker, and to
Blender, which reads properties where Python keeps types, the property itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar, get_args, get_origin, get_type_hints

import bpy

Function = Callable[..., object]
"""The stubs leave open whose property it is, which makes their own types unknown; Blender checks the arguments."""
BoolProperty: Function = bpy.props.BoolProperty  # pyright: ignore[reportUnknownMemberType]
CollectionProperty: Function = bpy.props.CollectionProperty  # pyright: ignore[reportUnknownMemberType]
EnumProperty: Function = bpy.props.EnumProperty  # pyright: ignore[reportUnknownMemberType]
FloatProperty: Function = bpy.props.FloatProperty  # pyright: ignore[reportUnknownMemberType]
IntProperty: Function = bpy.props.IntProperty  # pyright: ignore[reportUnknownMemberType]
PointerProperty: Function = bpy.props.PointerProperty  # pyright: ignore[reportUnknownMemberType]
StringProperty: Function = bpy.props.StringProperty  # pyright: ignore[reportUnknownMemberType]

_Class = TypeVar("_Class", bound=type)


def with_properties(cls: _Class) -> _Class:
    """Hand Blender the properties of a class, which stand beside their types."""
    own = cls.__annotations__
    for name, hint in get_type_hints(cls, include_extras=True).items():
        if name in own and get_origin(hint) is Annotated:
            own[name] = get_args(hint)[1]
    return cls
