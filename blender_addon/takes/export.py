# SPDX-License-Identifier: GPL-3.0-or-later
"""One take of a character as FBX or glTF, through Blender's own exporters, or as BVH; the scene is left as it was.

Control rigs are sampled onto their deform bones, so that what a game engine or another program gets needs no controls.
A BVH has the body that ExGes moves, SMPL-X's joints in metres, whatever the character: what other tools retarget from.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol, cast

import addon_utils  # pyright: ignore[reportMissingModuleSource] - Blender has it
import bpy
import numpy as np

from exges_core.errors import InputError, OutputError, message
from exges_core.motion.bvh import write_bvh

from ..character import armature
from ..face import meshes
from ..scene import compat, cooperative, lookup
from . import keyframes, layers, modes, players, reading, record

SUFFIXES = (".fbx", ".glb", ".gltf", ".bvh")
_MODULES = {".fbx": "io_scene_fbx", ".glb": "io_scene_gltf2", ".gltf": "io_scene_gltf2"}


def export_take(
    context: bpy.types.Context, character: bpy.types.Object, take: str, path: Path, *, with_meshes: bool = True
) -> Path:
    """Write one take of a character and return its file.

    Args:
        context: whose scene and view layer the character is in; in Object Mode.
        character: an armature object.
        take: the take's Action.
        path: .fbx, .glb, .gltf or .bvh decides the format.
        with_meshes: True = also the meshes that the armature deforms; False = the skeleton alone, as in every BVH.

    Raises:
        InputError: if the character has no such take, is hidden or in another mode, or the suffix is unknown; if a BVH
            is asked for and the take is in layers.
        RigMatchError: if a BVH is asked for and the character's bones cannot be mapped.
        OutputError: if the exporter fails or writes nothing.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        do = "Choose one of these endings."
        got = path.suffix or "no ending"
        raise InputError(message(expected=" or ".join(SUFFIXES), got=got, where=str(path), do=do))
    action = _action_of(character, take)
    if suffix == ".bvh":
        layers.require_whole(character, action, "Export as BVH")
        with modes.worn(character, keyframes.takes_of(character), action):
            _write_bvh(context.scene, character, action, path)
        return path
    _require_alone(context, character)
    addon_utils.enable(_MODULES[suffix])  # pyright: ignore[reportUnknownMemberType] - its stub leaves a handler open
    is_of_scene = layers.is_split(character, action)
    write = _write_fbx if suffix == ".fbx" else partial(_write_gltf, is_of_scene=is_of_scene)
    with (
        _alone(context, character, action, with_meshes=with_meshes),
        modes.worn(character, keyframes.takes_of(character), action),
    ):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            is_deform_only = any(not bone.use_deform for bone in lookup.armature_of(character).bones)
            write(path, is_deform_only=is_deform_only)
        except (RuntimeError, OSError) as error:
            raise OutputError(
                f"{path}: Blender's exporter failed ({error}). Choose another place or format."
            ) from error
    if not path.is_file():
        raise OutputError(f"{path}: Blender's exporter wrote nothing. Choose another place or format.")
    return path


def _write_bvh(scene: bpy.types.Scene, character: bpy.types.Object, action: bpy.types.Action, path: Path) -> None:
    """Write what the take's curves show on every frame of the scene as the body's own motion."""
    start, stop = record.frames_of(action)
    clip = cooperative.now(
        reading.clipping(
            character.name,
            armature.retargeter_of(character),
            lambda: lookup.curves_of_action(action.name),
            np.arange(start, stop, dtype=np.float64),
            rate_hz=lookup.scene_rate_hz(scene),
        )
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent}: cannot be made ({error.strerror}). Choose another place.") from error
    write_bvh(path, clip)


def _action_of(character: bpy.types.Object, take: str) -> bpy.types.Action:
    found = {action.name: action for action in keyframes.takes_of(character)}
    if take not in found:
        got = ", ".join(found) or "none"
        do = "Choose one of its takes."
        raise InputError(message(expected=f"a take {take!r}", got=got, where=character.name, do=do))
    return found[take]


def _require_alone(context: bpy.types.Context, character: bpy.types.Object) -> None:
    """Refuse what Blender's exporters cannot select."""
    if context.mode != "OBJECT":
        raise InputError(
            message(expected="Object Mode", got=context.mode, where="Export", do="Leave the other mode with Tab.")
        )
    if not character.visible_get(view_layer=context.view_layer):
        do = "Show the character and its collection."
        raise InputError(message(expected="a visible character", got="a hidden one", where=character.name, do=do))


def meshes_of(scene: bpy.types.Scene, character: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the meshes of a scene that an armature deforms, and those that are part of the character's face."""
    faced = meshes.faced(character)
    return [
        each
        for each in scene.objects
        if each.type == "MESH" and (each.name in faced or any(_deforms(part, character) for part in each.modifiers))
    ]


def _deforms(modifier: bpy.types.Modifier, character: bpy.types.Object) -> bool:
    return modifier.type == "ARMATURE" and cast("bpy.types.ArmatureModifier", modifier).object == character


@contextmanager
def _alone(
    context: bpy.types.Context, character: bpy.types.Object, action: bpy.types.Action, *, with_meshes: bool
) -> Generator[None]:
    """Let one take be all that plays and all that is selected; put everything back in any case.

    A take in layers plays with what lies below it: that is what it is in layers for.
    """
    keyframes.leave_tweak_mode(character)
    scene, layer = context.scene, context.view_layer
    selected, active = list(context.selected_objects), layer.objects.active
    times = scene.frame_start, scene.frame_end, scene.frame_current, scene.frame_subframe
    played = [_Played(each) for each in players.animations(character)]
    first, last = action.frame_range
    try:
        if layers.is_split(character, action):
            keyframes.show_take(character, action.name)
        else:
            for player in players.of(character):
                _let_play(player, action)
            keyframes.rest_faces(character, action)
        scene.frame_start, scene.frame_end = math.floor(first), math.ceil(last)
        for each in selected:
            each.select_set(False)
        for each in [character, *(meshes_of(scene, character) if with_meshes else [])]:
            each.select_set(True)
        layer.objects.active = character
        yield
    finally:
        for each in played:
            each.put_back()
        scene.frame_start, scene.frame_end = times[:2]
        scene.frame_set(times[2], subframe=times[3])
        for each in list(context.selected_objects):
            each.select_set(False)
        for each in selected:
            each.select_set(True)
        layer.objects.active = active


class _Played:
    """What a character, or shape keys, played."""

    def __init__(self, animation: bpy.types.AnimData) -> None:
        self._animation = animation
        self._action, self._slot = animation.action, animation.action_slot if compat.HAS_SLOTS else None
        self._uses_nla = animation.use_nla
        self._muted = [(track, track.mute) for track in animation.nla_tracks]

    def put_back(self) -> None:
        """Let it play that again."""
        self._animation.action = self._action
        if self._action is not None and self._slot is not None:
            self._animation.action_slot = self._slot
        self._animation.use_nla = self._uses_nla
        for track, is_muted in self._muted:
            track.mute = is_muted


def _let_play(player: compat.Player, take: bpy.types.Action) -> None:
    """Let what a take has for a player be all that plays there."""
    part, animation = players.part_of(take, player), player.animation_data
    if animation is not None:
        animation.use_nla = False
        animation.action = part
        if part is not None:
            compat.assign_slot(animation, part, player)


class _Exporter(Protocol):
    """An operator of `bpy.ops` that writes a file."""

    def get_rna_type(self) -> bpy.types.Struct: ...

    def __call__(self, **options: object) -> object: ...


def _export(operator: object, path: Path, options: dict[str, object]) -> None:
    """Call one of Blender's exporters with the options that it has: names come and go between versions."""
    exporter = cast("_Exporter", operator)
    known = set(exporter.get_rna_type().properties.keys())
    exporter(filepath=str(path), **{name: value for name, value in options.items() if name in known})


def _write_fbx(path: Path, *, is_deform_only: bool) -> None:
    options: dict[str, object] = {
        "use_selection": True,
        "object_types": {"ARMATURE", "MESH"},
        "add_leaf_bones": False,
        "use_armature_deform_only": is_deform_only,
        "bake_anim": True,
        "bake_anim_use_nla_strips": False,
        "bake_anim_use_all_actions": False,
        "bake_anim_simplify_factor": 0.0,
    }
    _export(bpy.ops.export_scene.fbx, path, options)


def _write_gltf(path: Path, *, is_deform_only: bool, is_of_scene: bool) -> None:
    options: dict[str, object] = {
        "export_format": "GLB" if path.suffix.lower() == ".glb" else "GLTF_SEPARATE",
        "use_selection": True,
        "export_animations": True,
        "export_animation_mode": "SCENE" if is_of_scene else "ACTIVE_ACTIONS",
        "export_anim_single_armature": False,  # else 4.2 adds every other Action of the file that fits the bones
        "export_force_sampling": True,
        "export_optimize_animation_size": False,
        "export_def_bones": is_deform_only,
        "export_morph": True,
    }
    _export(bpy.ops.export_scene.gltf, path, options)
