"""All that a Blender file holds as one digest: every property of every data-block, and what is kept in none of them."""

import hashlib
from collections.abc import Iterator

import bpy

_NO_SCENE = {"window_managers", "screens", "workspaces", "brushes", "palettes", "libraries"}
"""Interface and tools: no part of anybody's animation."""
_SKIPPED = {"rna_type", "bl_rna", "preview", "is_updated", "is_updated_data", "session_uid", "id_data", "original"}


def digest() -> dict[str, str]:
    """Return a digest of each data-block, by kind and name."""
    found: dict[str, str] = {}
    for kind in sorted(each.identifier for each in bpy.data.bl_rna.properties if each.type == "COLLECTION"):
        if kind in _NO_SCENE:
            continue
        for block in getattr(bpy.data, kind):
            lines = hashlib.sha256()
            for line in _Walk().lines(block, ""):
                lines.update(line.encode("utf-8", errors="replace") + b"\n")
            found[f"{kind}/{block.name_full}"] = lines.hexdigest()
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the data-blocks that came, went, or are not what they were."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


class _Walk:
    """One data-block, every part of it once: bones know their parents and children."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, int]] = set()

    def lines(self, thing: bpy.types.bpy_struct, path: str) -> Iterator[str]:
        """Yield every property, a line each."""
        if isinstance(thing, bpy.types.FCurve):
            yield from _keys(thing, path)
        for prop in thing.bl_rna.properties:
            name = prop.identifier
            if name in _SKIPPED or (
                isinstance(thing, bpy.types.FCurve) and name in {"keyframe_points", "sampled_points"}
            ):
                continue
            try:
                value = getattr(thing, name)
            except (AttributeError, ValueError, TypeError):
                continue
            yield from self._value(prop, value, f"{path}.{name}")
        yield from _own(thing, path)

    def _value(self, prop: bpy.types.Property, value: object, path: str) -> Iterator[str]:
        if prop.type == "POINTER":
            yield from self._pointed(value, path)
        elif prop.type == "COLLECTION":
            for at, each in enumerate(value):
                yield from self._pointed(each, f"{path}[{at}]")
        elif getattr(prop, "is_array", False):
            yield f"{path} {[_flat(each) for each in value]}"
        else:
            yield f"{path} {sorted(value) if isinstance(value, set) else value!r}"

    def _pointed(self, value: object, path: str) -> Iterator[str]:
        if value is None or isinstance(value, bpy.types.ID):
            yield f"{path} -> {getattr(value, 'name_full', None)}"
        elif isinstance(value, bpy.types.bpy_struct):
            place = (value.bl_rna.identifier, value.as_pointer())
            if place in self.seen:
                yield f"{path} -> {getattr(value, 'name', '')}"
                return
            self.seen.add(place)
            yield from self.lines(value, path)


def _flat(value: object) -> object:
    return value if isinstance(value, bool | int | float) else [*value]


def _keys(curve: bpy.types.FCurve, path: str) -> Iterator[str]:
    for name, width in (("co", 2), ("handle_left", 2), ("handle_right", 2)):
        numbers = [0.0] * (width * len(curve.keyframe_points))
        curve.keyframe_points.foreach_get(name, numbers)
        yield f"{path}.{name} {numbers}"
    yield f"{path} {[(each.interpolation, each.type, each.easing) for each in curve.keyframe_points]}"


def _own(thing: bpy.types.bpy_struct, path: str) -> Iterator[str]:
    """Yield the custom properties."""
    try:
        names = sorted(thing.keys())
    except TypeError:
        return  # this kind has none
    for name in names:
        value = thing[name]
        plain = (
            value.to_dict() if hasattr(value, "to_dict") else value.to_list() if hasattr(value, "to_list") else value
        )
        yield f"{path}[{name!r}] {plain!r}"
