# SPDX-License-Identifier: GPL-3.0-or-later
"""The button that exports a take: file, format, with or without meshes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy_extras.io_utils import ExportHelper  # pyright: ignore[reportMissingModuleSource] - Blender has it

from exges_core.errors import ExgesError

from ...scene.interface import Button, Ending
from ...takes.export import SUFFIXES, export_take
from .. import readiness


def with_ending(path: str, ending: str) -> str:
    """Return a path with its format's ending replaced; dots in a take's name are no ending."""
    known = next((each for each in SUFFIXES if path.lower().endswith(each)), "")
    return path[: len(path) - len(known)] + ending


class ExgesExportTake(Button, bpy.types.Operator, ExportHelper):
    """Export this take as FBX, glTF or BVH: skeleton, animation and, optionally, the character's meshes."""

    bl_idname = "exges.export_take"
    bl_label = "Export Take"

    filename_ext = SUFFIXES[0]
    if TYPE_CHECKING:
        filter_glob: str
        take: str
        ending: str
        with_meshes: bool
    else:
        filter_glob: bpy.props.StringProperty(default=";".join(f"*{each}" for each in SUFFIXES), options={"HIDDEN"})
        take: bpy.props.StringProperty(name="Take", description="The take's action", options={"HIDDEN"})
        ending: bpy.props.EnumProperty(
            name="Format",
            description="File format",
            items=[
                (".fbx", "FBX", "For game engines and other 3D programs"),
                (".glb", "glTF Binary", "One file, for games and the web"),
                (".gltf", "glTF", "JSON with a separate binary file"),
                (".bvh", "BVH", "Motion only, on the canonical body in metres, for other tools to retarget"),
            ],
        )
        with_meshes: bpy.props.BoolProperty(
            name="Meshes", description="Export the meshes that the armature deforms as well; BVH has none", default=True
        )

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return readiness.why_no_take(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Open the file browser on the take's name beside the .blend file."""
        self.filepath = str(Path(bpy.data.filepath).parent / f"{bpy.path.clean_name(self.take)}{self.ending}")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, context: bpy.types.Context) -> bool:
        """Keep the file's ending in step with the format."""
        before, self.filepath = self.filepath, with_ending(self.filepath, self.ending)
        return before != self.filepath

    def execute(self, context: bpy.types.Context) -> Ending:
        """Write the file."""
        path = Path(bpy.path.abspath(self.filepath))
        try:
            export_take(context, readiness.chosen(context), self.take, path, with_meshes=self.with_meshes)
        except ExgesError as error:
            return self.refused(error)
        self.report({"INFO"}, f"Exported {self.take} to {path.name}.")
        return {"FINISHED"}


CLASSES = (ExgesExportTake,)
