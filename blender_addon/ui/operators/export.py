# SPDX-License-Identifier: GPL-3.0-or-later
"""The button that exports a take: where to, in which format, with or without meshes."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy_extras.io_utils import ExportHelper

from exges_core.errors import ExgesError

from ...scene.interface import Ending
from ...takes.export import SUFFIXES, export_take
from .. import readiness


def with_ending(path: str, ending: str) -> str:
    """Return a file's name with another of our endings; dots of a take's own name are no ending."""
    known = next((each for each in SUFFIXES if path.lower().endswith(each)), "")
    return path[: len(path) - len(known)] + ending


class ExgesExportTake(bpy.types.Operator, ExportHelper):
    """Write this take as FBX, glTF or BVH: skeleton, animation and, if wanted, the character's meshes."""

    bl_idname = "exges.export_take"
    bl_label = "Export Take"

    filename_ext = SUFFIXES[0]
    filter_glob: bpy.props.StringProperty(default=";".join(f"*{each}" for each in SUFFIXES), options={"HIDDEN"})
    take: bpy.props.StringProperty(name="Take", description="The take's Action", options={"HIDDEN"})
    ending: bpy.props.EnumProperty(
        name="Format",
        description="What is written",
        items=[
            (".fbx", "FBX", "For game engines and other 3D programs"),
            (".glb", "glTF Binary", "One file, for games and the web"),
            (".gltf", "glTF", "Text with a file of numbers beside it"),
            (".bvh", "BVH", "The motion alone, on a plain body in metres that other tools retarget from"),
        ],
    )
    with_meshes: bpy.props.BoolProperty(
        name="Meshes", description="Also write the meshes that the armature deforms; a BVH has none", default=True
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        return readiness.has_take(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Ask where to, under the take's name beside the scene's file."""
        self.filepath = str(Path(bpy.data.filepath).parent / f"{bpy.path.clean_name(self.take)}{self.ending}")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, context: bpy.types.Context) -> bool:
        """Let the chosen format be the file's ending."""
        before, self.filepath = self.filepath, with_ending(self.filepath, self.ending)
        return before != self.filepath

    def execute(self, context: bpy.types.Context) -> Ending:
        """Export it."""
        path = Path(bpy.path.abspath(self.filepath))
        try:
            export_take(context, readiness.chosen(context), self.take, path, with_meshes=self.with_meshes)
        except ExgesError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"{self.take} was written to {path.name}.")
        return {"FINISHED"}


CLASSES = (ExgesExportTake,)
