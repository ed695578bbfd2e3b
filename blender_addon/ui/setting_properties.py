# SPDX-License-Identifier: GPL-3.0-or-later
"""A character's generation settings as Blender properties, made of the fields of `exges_core.settings`.

Type, range, unit, default, choices and tooltip are the field's. A number that is None unless somebody sets it has a
switch beside it; a text says None by being empty, a choice by `UNSET`. Three kinds of settings have no property
here: gestures and held parts are chosen in lists of their own, and the frame rate is the scene's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Literal, cast, get_args, get_type_hints

import bpy

from exges_core.settings import About, GenerationSettings, GestureChoice, SettingValue, about, title_of, titled

from ..engine import preferences
from ..generation.settings import TakeSettings
from ..scene.extension import Stored, stored
from ..scene.typed_properties import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty
from . import translations

_LISTED = {*about(GestureChoice), "busy"}
SETTINGS: Mapping[str, About] = {
    name: found
    for name, found in about(GenerationSettings).items()
    if name in about(TakeSettings) and name not in _LISTED
}
OVERRIDABLE: set[Literal["LIBRARY_OVERRIDABLE"]] = {"LIBRARY_OVERRIDABLE"}
"""So that settings can be changed on a character that is a library override, and are saved."""
UNSET = "DEFAULT"
_DIGITS = 4
"""Decimals of a number that count: Blender keeps 0.6 as 0.60000002."""
_DEFAULTS, _TYPES = GenerationSettings(), get_type_hints(GenerationSettings)


def switch_of(name: str) -> str | None:
    """Return the property that says whether a number is set at all; None if it always is."""
    kinds = get_args(_TYPES[name])
    return f"sets_{name}" if NoneType in kinds and (int in kinds or float in kinds) else None


def _styles(_self: object, context: bpy.types.Context, _typed: str) -> list[str]:
    found = preferences.of(context)
    return found.speakers.splitlines() if found else []


_SEARCHES: dict[str, dict[str, object]] = {"speaker": {"search": _styles, "search_options": set()}}
"""What is offered while a text is typed."""


def _properties() -> Iterable[tuple[str, object]]:
    """Yield each setting's property, and its switch where it has one."""
    for name, found in SETTINGS.items():
        title, text = title_of(name, found), found.help.removesuffix(".")
        yield name, _property(name, found, {"name": title, "description": text, "override": OVERRIDABLE})
        if switch := switch_of(name):
            told = f"Set it yourself; otherwise other settings decide. {text}"
            yield switch, BoolProperty(name=title, description=told, options=set(), override=OVERRIDABLE)


def _property(name: str, found: About, told: dict[str, object]) -> object:
    default: SettingValue = getattr(_DEFAULTS, name)
    kinds = get_args(_TYPES[name]) or (_TYPES[name],)
    if found.choices:
        return _choice(default, found, told)
    if isinstance(default, tuple):
        raise TypeError(f"{name}: Blender has no property for {_TYPES[name]}")
    if bool in kinds:
        return BoolProperty(default=default, options=set(), **told)
    if str in kinds:
        return StringProperty(default=default or "", options=set(), **told, **_SEARCHES.get(name, {}))
    kind, function = (float, FloatProperty) if float in kinds else (int, IntProperty)
    limits = {end: kind(value) for end, value in (("min", found.least), ("max", found.most)) if value is not None}
    return function(default=kind(default or found.usual or 0), options=set(), **limits, **told)


def _choice(default: SettingValue, found: About, told: dict[str, object]) -> object:
    told = {**told, "translation_context": translations.CONTEXT}
    items = [(choice, titled(choice), text) for choice, text in found.choices.items()]
    if isinstance(default, tuple):
        return EnumProperty(items=items, default=set(default), options={"ENUM_FLAG"}, **told)
    if default is None:
        items.insert(0, (UNSET, "Default", "As the model is meant to be used"))
    return EnumProperty(items=items, default=default or UNSET, options=set(), **told)


class SettingProperties:
    """The properties of all settings; the character's property group is one of these."""


SettingProperties.__annotations__ = dict(_properties())


def values_of(settings: Stored) -> dict[str, SettingValue]:
    """Return what a character has of each setting, as `GenerationSettings` takes it."""
    return {name: _value(settings, name, found) for name, found in SETTINGS.items()}


def _value(settings: Stored, name: str, found: About) -> SettingValue:
    switch, value = switch_of(name), getattr(settings, name)
    if switch is not None and not getattr(settings, switch):
        return None
    if isinstance(value, set):
        return tuple(choice for choice in found.choices if choice in value)
    if getattr(_DEFAULTS, name) is None and value in ("", UNSET):
        return None
    return round(value, _DIGITS) if isinstance(value, float) else value


def restore(settings: Stored, made_with: Mapping[str, object]) -> None:
    """Give a character the settings of a take; what the take does not know was at its default when it was made."""
    for name, found in SETTINGS.items():
        switch, value = switch_of(name), made_with.get(name, getattr(_DEFAULTS, name))
        if switch is not None:
            setattr(settings, switch, value is not None)
            if value is None:
                continue
        if isinstance(value, list | tuple):
            setattr(settings, name, set(cast("list[str]", value)))
        else:
            setattr(settings, name, value if value is not None else UNSET if found.choices else "")


def migrate() -> None:
    """Take over what an earlier version saved otherwise: one switch for two numbers."""
    for thing in bpy.data.objects:
        settings = stored(thing)
        if settings.is_fine and thing.library is None:
            settings.sets_intensity = settings.sets_retrieval_strength = True
            settings.is_fine = False
