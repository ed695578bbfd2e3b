# SPDX-License-Identifier: GPL-3.0-or-later
"""What a character's own animation shows, as Blender evaluates it: IK, constraints and all. Takes are out of the way.

Every slice mutes the takes, looks at some frames and puts everything back: between two slices the scene is as it was.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import bpy
import numpy as np

from exges_core.arrays import Array
from exges_core.motion.rotations import quat_from_matrix
from exges_core.rig import Retargeter
from exges_core.rig.holding import OwnPose

from ..scene import compat, cooperative, coordinates, lookup
from . import before as before_takes
from . import keyframes, modes, user_keys

_SAME = 5e-3
"""Rest axes that differ by no more are the same, and rest places by this share of the character's height."""


def reading(name: str, scene: str, retargeter: Retargeter, frames: Array) -> cooperative.Work[OwnPose]:
    """Return a character's own pose on frames, slice by slice; one pose for all where nothing is animated.

    Raises:
        ExgesError: if the character, its bones or the scene have gone meanwhile.
    """
    shown, carrier = shown_bones(lookup.character(name), retargeter), _carrier(retargeter)
    is_still = not user_keys.own_channels(lookup.character(name))
    wanted = frames[:1] if is_still else frames
    found: list[Array] = []
    while len(found) < len(wanted):
        begun_s = cooperative.clock()
        lookup.pose_bones(name, retargeter)
        thing, place = lookup.character(name), lookup.scene(scene)
        with _without_takes(thing, place):
            while len(found) < len(wanted):
                found.append(_matrices(thing, place, shown, carrier, float(wanted[len(found)])))
                if cooperative.is_over(begun_s):
                    break
        yield None
    matrices = np.stack(found * (len(frames) if is_still else 1))
    rest = _rest_of(lookup.character(name), shown)
    return (yield from cooperative.aside(lambda: _pose(matrices, rest)))


def shown_bones(character: bpy.types.Object, retargeter: Retargeter) -> tuple[str, ...]:
    """Return for each driven bone the one that shows where its limb is: on control rigs another one, whoever moves it.

    That is a bone with the same rest place and axes, one that Rigify calls ORG or else one that deforms.
    """
    driven = [bone for bone, _ in retargeter.driven]
    if not retargeter.rig_map.switches:
        return tuple(driven)
    bones = lookup.armature_of(character).bones
    others = [each for each in bones if each.name not in driven and (each.use_deform or each.name.startswith("ORG-"))]
    others.sort(key=lambda each: not each.name.startswith("ORG-"))
    heads = np.array([each.head_local[:] for each in others])
    axes = np.array([each.matrix_local.to_3x3().normalized() for each in others])
    near = _SAME * max(character.dimensions[:])
    found: list[str] = []
    for name in driven:
        own = bones[name]
        is_there = np.linalg.norm(heads - np.array(own.head_local[:]), axis=1) < near
        turned = np.array(own.matrix_local.to_3x3().normalized())
        is_same = is_there & (np.abs(axes - turned).max(axis=(1, 2)) < _SAME)
        place = int(np.argmax(is_same)) if is_same.any() else -1
        found.append(name if place < 0 else others[place].name)
    return tuple(found)


def _carrier(retargeter: Retargeter) -> str:
    """Return the bone that carries the one that moves the body: what it does goes on under a take."""
    rig, name = retargeter.rig, retargeter.rig_map.location_bone
    above = rig.parents[rig.index(name)]
    return rig.names[above] if above >= 0 and rig.names[above] not in retargeter.chain.places else ""


def _matrices(
    character: bpy.types.Object, scene: bpy.types.Scene, shown: tuple[str, ...], carrier: str, frame: float
) -> Array:
    """Return the evaluated matrices of bones on a frame, as if what carries them were at rest."""
    scene.frame_set(int(np.floor(frame)), subframe=float(frame - np.floor(frame)))
    layer = bpy.context.view_layer if scene == bpy.context.scene else scene.view_layers[0]
    assert layer.depsgraph is not None  # the frame was evaluated
    bones = lookup.pose_of(character.evaluated_get(layer.depsgraph)).bones
    matrices = np.array([bones[name].matrix for name in shown], dtype=np.float64)
    if not carrier:
        return matrices
    rest = np.array(bones[carrier].bone.matrix_local, dtype=np.float64)
    return rest @ np.linalg.inv(np.array(bones[carrier].matrix, dtype=np.float64)) @ matrices


def _rest_of(character: bpy.types.Object, shown: tuple[str, ...]) -> Array:
    bones = lookup.armature_of(character).bones
    return np.array([bones[name].matrix_local for name in shown], dtype=np.float64)


def _pose(matrices: Array, rest: Array) -> OwnPose:
    axes = [each[..., :3, :3] / np.linalg.norm(each[..., :3, :3], axis=-2, keepdims=True) for each in (matrices, rest)]
    turned, still = (coordinates.frames_to_canonical(each) for each in axes)
    return OwnPose(
        turns_wxyz=quat_from_matrix(turned @ np.swapaxes(still, -1, -2)),
        heads=coordinates.points_to_canonical(matrices[..., :3, 3]),
    )


@contextmanager
def _without_takes(character: bpy.types.Object, scene: bpy.types.Scene) -> Generator[None]:
    """Let the character's own animation alone play, and what takes hold be as before the first one."""
    animation, takes = character.animation_data, keyframes.takes_of(character)
    frame = scene.frame_current, scene.frame_subframe
    try:
        if animation is None or not any(keyframes.is_shown(character, take) for take in takes):
            yield
        else:
            with _muted(character, animation):
                yield
    finally:
        scene.frame_set(frame[0], subframe=frame[1])


@contextmanager
def _muted(character: bpy.types.Object, animation: bpy.types.AnimData) -> Generator[None]:
    takes = keyframes.takes_of(character)
    playing = [each for each in animation.nla_tracks if not each.mute and _has_take(each)]
    active, slot = animation.action, animation.action_slot if compat.HAS_SLOTS else None
    before = before_takes.before_of(takes[0])
    now = before_takes.present(character, before)
    has_moved = any(curve.data_path == "location" for take in takes for curve in compat.own_curves(take))
    try:
        for each in playing:
            each.mute = True
        if keyframes.is_take(active):
            animation.action = None
        before_takes.put_back(character, before, has_moved=has_moved)
        with modes.worn(character, takes, None):
            yield
    finally:
        for each in playing:
            each.mute = False
        if keyframes.is_take(active):
            animation.action = active
            if slot is not None:
                animation.action_slot = slot
        before_takes.put_back(character, now, has_moved=has_moved)


def _has_take(track: bpy.types.NlaTrack) -> bool:
    return any(keyframes.take_in(strip.action) is not None for strip in track.strips)
