# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons of the face map: what a shape key plays, chosen by hand, and maps under a name."""

from typing import TYPE_CHECKING

import bpy

from exges_core.errors import ExgesError
from exges_core.face.rigs.preset_files import targets

from ...face import assignments, found, meshes, presets
from ...scene.extension import stored
from ...scene.interface import Button, Ending
from .. import readiness
from ..remembered import FACE

SHAPES = targets()
"""What a key may be said to play: ARKit's shapes, then those of other conventions."""


def _keys(_self: object, context: bpy.types.Context, _typed: str) -> list[str]:
    character = readiness.character_of(context)
    if character is None:
        return []
    return [f"{mesh}/{key}" for mesh in found.face_of(character).meshes for key in list(meshes.blocks_of(mesh))[1:]]


def _shapes(_self: object, _context: bpy.types.Context, _typed: str) -> list[str]:
    return list(SHAPES)


class _OfFace(Button):
    """Buttons that change what a face's keys play."""

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        why = readiness.why_unchangeable(context)
        if why:
            return why
        return "" if FACE.of(readiness.chosen(context)).meshes else "No shape keys: none of its meshes has any"

    @staticmethod
    def look_again() -> None:
        """Let panels and Generate see what has changed."""
        found.look_again()
        readiness.forget()


class ExgesEditFaceKey(_OfFace, bpy.types.Operator):
    """Choose what this shape key plays; leave it empty for nothing."""

    bl_idname = "exges.edit_face_key"
    bl_label = "Assign Shape Key"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    if TYPE_CHECKING:
        key: str
        shape: str
    else:
        key: bpy.props.StringProperty(
            name="Shape Key", description="Mesh and shape key", search=_keys, search_options=set()
        )
        shape: bpy.props.StringProperty(
            name="Plays",
            description="ARKit's name of what it shows, or another convention's; empty if the key stays as it is",
            search=_shapes,
        )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Open the dialog with what the key plays now."""
        self.shape = presets.map_of(FACE.of(readiness.chosen(context)).match).get(self.key, "")
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the dialog."""
        layout = self.layout
        assert layout is not None
        layout.prop(self, "key")
        layout.prop(self, "shape")

    def execute(self, context: bpy.types.Context) -> Ending:
        """Store it; refuse a key or shape that does not exist."""
        if self.key not in _keys(self, context, ""):
            return self.refused(f"There is no shape key {self.key!r}: it is named as mesh/key.")
        if self.shape and self.shape not in SHAPES:
            return self.refused(f"There is no shape {self.shape!r}: it is one of ARKit's, as jawOpen.")
        mesh, _, key = self.key.partition("/")
        assignments.choose(readiness.chosen(context), mesh, key, self.shape)
        self.look_again()
        return {"FINISHED"}


class ExgesResetFaceMap(_OfFace, bpy.types.Operator):
    """Discard what was chosen by hand and go back to what is found by binds and names."""

    bl_idname = "exges.reset_face_map"
    bl_label = "Reset"
    bl_options = {"UNDO"}  # noqa: RUF012

    if TYPE_CHECKING:
        key: str
    else:
        key: bpy.props.StringProperty(
            name="Shape Key", description="Mesh and shape key; empty: all", options={"HIDDEN", "SKIP_SAVE"}
        )

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        why = readiness.why_unchangeable(context)
        if why:
            return why
        return "" if assignments.chosen_of(readiness.chosen(context)) else "No shape key is assigned by hand"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Discard it."""
        mesh, _, key = self.key.partition("/")
        assignments.forget(readiness.chosen(context), mesh, key)
        self.look_again()
        return {"FINISHED"}


class ExgesSaveFaceMap(_OfFace, bpy.types.Operator):
    """Save the face map as a preset for other characters with the same shape keys."""

    bl_idname = "exges.save_face_map"
    bl_label = "Save"

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        why = super().why_not(context)
        return why or ("" if stored(readiness.chosen(context)).face_preset.strip() else "No name: give the preset one")

    def execute(self, context: bpy.types.Context) -> Ending:
        """Write the preset."""
        character = readiness.chosen(context)
        try:
            path = presets.save(stored(character).face_preset, character)
        except ExgesError as error:
            return self.refused(error)
        self.report({"INFO"}, f"Saved as {path}.")
        return {"FINISHED"}


class ExgesLoadFaceMap(_OfFace, bpy.types.Operator):
    """Load the saved face map of this name."""

    bl_idname = "exges.load_face_map"
    bl_label = "Load"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        why = super().why_not(context)
        if why:
            return why
        name = stored(readiness.chosen(context)).face_preset.strip()
        return "" if name in presets.names() else "No face map is saved under this name"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Replace what was chosen by the preset's."""
        character = readiness.chosen(context)
        try:
            count = presets.load(stored(character).face_preset.strip(), character)
        except ExgesError as error:
            return self.refused(error)
        self.look_again()
        self.report({"INFO"}, f"{count} shape {'key plays' if count == 1 else 'keys play'} as saved.")
        return {"FINISHED"}


CLASSES = (ExgesEditFaceKey, ExgesResetFaceMap, ExgesSaveFaceMap, ExgesLoadFaceMap)
