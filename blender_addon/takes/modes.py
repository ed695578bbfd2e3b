# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotation modes that takes give to bones: put on with the take that plays, taken off with the last."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import bpy

from ..scene import lookup

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import (
        ObjectRotationModeItems,  # pyright: ignore[reportMissingModuleSource] - of the stubs alone
    )

MODES_KEY = "exges_modes"
"""Custom property of a take that gives bones another rotation mode: bone -> [the take's mode, the one before], JSON."""


def remember(take: bpy.types.Action, modes: Mapping[str, tuple[str, str]]) -> None:
    """Store which modes a take gives to bones, and which they had before."""
    if modes:
        take[MODES_KEY] = json.dumps(modes)


def _of(take: bpy.types.Action) -> dict[str, list[str]]:
    return cast("dict[str, list[str]]", lookup.json_of(take, MODES_KEY)) if lookup.text_of(take, MODES_KEY) else {}


def of(take: bpy.types.Action | None) -> dict[str, str]:
    """Return bone -> the mode that a take gives it."""
    return {} if take is None else {bone: given for bone, (given, _) in _of(take).items()}


def before(takes: Iterable[bpy.types.Action]) -> dict[str, str]:
    """Return bone -> the mode that it had before takes gave it others."""
    found: dict[str, str] = {}
    for take in takes:
        for bone, (_, had) in _of(take).items():
            found.setdefault(bone, had)
    return found


def put(character: bpy.types.Object, takes: Iterable[bpy.types.Action], shown: bpy.types.Action | None) -> None:
    """Give bones the modes of the take that plays, and those that it leaves alone their own."""
    _set(character, {**before(takes), **of(shown)})


def _set(character: bpy.types.Object, wanted: Mapping[str, str]) -> None:
    bones = lookup.pose_of(character).bones
    for name, mode in wanted.items():
        if name in bones and bones[name].rotation_mode != mode:
            bones[name].rotation_mode = cast("ObjectRotationModeItems", mode)


def fits(character: bpy.types.Object, takes: Iterable[bpy.types.Action], take: bpy.types.Action) -> bool:
    """Say whether bones have the modes now that a take is written for."""
    bones = lookup.pose_of(character).bones
    wanted = {**before(takes), **of(take)}
    return all(bones[name].rotation_mode == mode for name, mode in wanted.items() if name in bones)


@contextmanager
def worn(
    character: bpy.types.Object, takes: Iterable[bpy.types.Action], take: bpy.types.Action | None
) -> Generator[None]:
    """Let bones have the modes of one take meanwhile; of None, their own."""
    wanted = {**before(takes), **of(take)}
    bones = lookup.pose_of(character).bones
    now = {name: bones[name].rotation_mode for name in wanted if name in bones}
    try:
        _set(character, wanted)
        yield
    finally:
        _set(character, now)
