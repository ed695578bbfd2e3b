# SPDX-License-Identifier: GPL-3.0-or-later
"""What moves a character's face: matched once, and again when its meshes, keys, binds or assignments have changed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import bpy

from exges_core.face.rigs import (
    GROUPS,
    LOST_NAME,
    Bind,
    FaceBones,
    FaceMatch,
    ShapeKey,
    match_bones,
    match_shapes,
)

from . import assignments, bones, meshes, vrm_binds

_SEEN_S = 0.2
"""Drawing asks several times in a moment."""
_MOST = 8
"""So many characters' faces are kept."""
_faces: dict[object, FaceSeen] = {}


@dataclass(frozen=True, kw_only=True)
class FaceSeen:
    """A character's face.

    Attributes:
        match: which shape key plays what.
        bones: which bones play what no shape key does.
        meshes: those with shape keys that can be animated.
        linked: those whose keys cannot, for their mesh is linked or an override of a linked one.
        pinned: those that show one shape key alone.
        absolute: those whose shape keys follow one another in time, and have no values.
        held: keys ("mesh/key") and bones that are driven, locked or muted.
    """

    match: FaceMatch
    bones: FaceBones = field(default_factory=FaceBones)
    meshes: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()
    absolute: tuple[str, ...] = ()
    held: frozenset[str] = frozenset()

    @property
    def can_move(self) -> bool:
        """Say whether anything of the face can be moved."""
        return bool(self.match.channels or self.bones.channels)

    @property
    def found(self) -> tuple[str, ...]:
        """Return a line for each mesh that plays: its name, how many keys, whose names they have; and for each bone."""
        counts = {mesh: sum(each.mesh == mesh for each in self.match.channels) for mesh in self.match.conventions}
        lines = [f"{mesh}: {counts[mesh]} keys, {title}" for mesh, title in self.match.conventions.items()]
        return (*lines, *(f"{each.bone}: {each.part}" for each in self.bones.channels))

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the parts of a performance that nothing plays."""
        return tuple(each for each in self.match.missing if not GROUPS[each] & self.bones.played)

    @property
    def doubtful(self) -> tuple[str, ...]:
        """Return a line for each key or bone that a person should look at."""
        return tuple(f"{name}: {why}" for name, why in {**self.match.doubtful, **self.bones.doubtful}.items())

    @property
    def left_alone(self) -> tuple[str, ...]:
        """Return a line for each key or mesh that is not touched."""
        return (*(f"{path}: {why}" for path, why in self.match.left_alone.items()), *self._whole_meshes)

    @property
    def _whole_meshes(self) -> tuple[str, ...]:
        lines = [
            f"{mesh}: its mesh is linked, and Blender saves no keys of it; make the mesh local" for mesh in self.linked
        ]
        lines += [f"{mesh}: its shape keys are absolute; make them relative" for mesh in self.absolute]
        return (*lines, *(f"{mesh}: shows one shape key alone; unpin it to see the face move" for mesh in self.pinned))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what a take with a face has to say: keys held or without a name, and meshes that cannot show it."""
        reasons: dict[str, list[str]] = {}
        for path, why in {**self.match.left_alone, **self.bones.left_alone}.items():
            if path in self.held or why == LOST_NAME:
                reasons.setdefault(why, []).append(path)
        lines = [f"{_listed(paths)}: {why}; left alone" for why, paths in reasons.items()]
        return (*lines, *self._whole_meshes)


def _listed(names: list[str]) -> str:
    """Return names in a row, of many the first three."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"


def face_of(character: bpy.types.Object) -> FaceSeen:
    """Return what moves a character's face, the animator's own assignments and its file's binds counted."""
    now_s, name = time.monotonic(), character.name_full
    if _Look.name == name and now_s < _Look.fresh_until_s and _Look.key in _faces:
        return _faces[_Look.key]
    seen, keys, binds = _read(character)
    chosen, skeleton = assignments.chosen_of(character), bones.of(character)
    key = (name, keys, binds, tuple(chosen.items()), bones.key_of(skeleton), *seen.values())
    if key not in _faces:
        while len(_faces) >= _MOST:
            del _faces[next(iter(_faces))]
        match = match_shapes(keys, chosen, binds)
        held = [each.path for each in keys if each.is_driven or each.is_locked]
        held += [each.name for each in skeleton if each.is_driven or each.is_locked]
        _faces[key] = FaceSeen(match=match, bones=match_bones(skeleton, match), held=frozenset(held), **seen)
    _Look.name, _Look.key, _Look.fresh_until_s = name, key, time.monotonic() + _SEEN_S
    return _faces[key]


class _Look:
    """The character that was asked for last, and until when its face counts."""

    name = ""
    key: object = None
    fresh_until_s = 0.0


def _read(
    character: bpy.types.Object,
) -> tuple[dict[str, tuple[str, ...]], tuple[ShapeKey, ...], tuple[Bind, ...]]:
    found = meshes.faced(character)
    linked = tuple(mesh for mesh, key in found.items() if not meshes.is_editable(key))
    absolute = tuple(mesh for mesh, key in found.items() if mesh not in linked and not key.use_relative)
    moving = tuple(mesh for mesh in found if mesh not in {*linked, *absolute})
    keys = tuple(shape for mesh in moving for shape in meshes.shapes_of(mesh, found[mesh]))
    pinned = tuple(mesh for mesh in moving if meshes.pinned(mesh))
    seen = {"meshes": moving, "linked": linked, "absolute": absolute, "pinned": pinned}
    return seen, keys, vrm_binds.of(character, found)


def look_again() -> None:
    """Let the next look be a fresh one; a face that is as it was keeps its match."""
    _Look.name = ""


def forget() -> None:
    """Forget everything: names may mean other things in another file."""
    _faces.clear()
    look_again()
