# SPDX-License-Identifier: GPL-3.0-or-later
"""One take of a character as FBX or glTF, through Blender's own exporters; the scene is left as it was.

Control rigs are sampled onto their deform bones, so that what a game engine or another program gets needs no controls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import addon_utils
import bpy
from bpy_extras.io_utils import ExportHelper

from exges_core.errors import ExgesError, InputError, OutputError, message

from . import compat, keyframes

SUFFIXES = (".fbx", ".glb", ".gltf")
_MODULES = {".fbx": "io_scene_fbx", ".glb": "io_scene_gltf2", ".gltf": "io_scene_gltf2"}


def export_take(
    context: bpy.types.Context, character: bpy.types.Object, take: str, path: Path, *, with_meshes: bool = True
) -> Path:
    """Write one take of a character and return its file.

    Args:
        context: whose scene and view layer the character is in; in Object Mode.
        character: an armature object.
        take: the take's Action.
        path: .fbx, .glb or .gltf decides the format.
        with_meshes: True = also the meshes that the armature deforms; False = the skeleton alone.

    Raises:
        InputError: if the character has no such take, is hidden or in another mode, or the suffix is unknown.
        OutputError: if the exporter fails or writes nothing.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        do = "Choose one of these endings."
        got = path.suffix or "no ending"
        raise InputError(message(expected=" or ".join(SUFFIXES), got=got, where=str(path), do=do))
    action = _action_of(context, character, take)
    addon_utils.enable(_MODULES[suffix])
    write = _write_fbx if suffix == ".fbx" else _write_gltf
    with _alone(context, character, action, with_meshes=with_meshes):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, is_deform_only=any(not bone.use_deform for bone in character.data.bones))
        except (RuntimeError, OSError) as error:
            raise OutputError(
                f"{path}: Blender's exporter failed ({error}). Choose another place or format."
            ) from error
    if not path.is_file():
        raise OutputError(f"{path}: Blender's exporter wrote nothing. Choose another place or format.")
    return path


def _action_of(context: bpy.types.Context, character: bpy.types.Object, take: str) -> bpy.types.Action:
    found = {action.name: action for action in keyframes.takes_of(character)}
    if take not in found:
        got = ", ".join(found) or "none"
        do = "Choose one of its takes."
        raise InputError(message(expected=f"a take {take!r}", got=got, where=character.name, do=do))
    if context.mode != "OBJECT":
        raise InputError(
            message(expected="Object Mode", got=context.mode, where="Export", do="Leave the other mode with Tab.")
        )
    if not character.visible_get(view_layer=context.view_layer):
        do = "Show the character and its collection."
        raise InputError(message(expected="a visible character", got="a hidden one", where=character.name, do=do))
    return found[take]


def meshes_of(scene: bpy.types.Scene, character: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the meshes of a scene that an armature deforms."""
    return [
        each
        for each in scene.objects
        if each.type == "MESH" and any(part.type == "ARMATURE" and part.object == character for part in each.modifiers)
    ]


@contextmanager
def _alone(
    context: bpy.types.Context, character: bpy.types.Object, action: bpy.types.Action, *, with_meshes: bool
) -> Generator[None]:
    """Let one take be all that plays and all that is selected; put everything back in any case."""
    keyframes.leave_tweak_mode(character)
    scene, layer, animation = context.scene, context.view_layer, character.animation_data
    selected, active = list(context.selected_objects), layer.objects.active
    times = scene.frame_start, scene.frame_end, scene.frame_current, scene.frame_subframe
    played, slot = animation.action, animation.action_slot if compat.HAS_SLOTS else None
    uses_nla = animation.use_nla
    first, last = action.frame_range
    try:
        animation.use_nla = False
        animation.action = action
        compat.assign_slot(animation, action)
        scene.frame_start, scene.frame_end = math.floor(first), math.ceil(last)
        for each in selected:
            each.select_set(False)
        for each in [character, *(meshes_of(scene, character) if with_meshes else [])]:
            each.select_set(True)
        layer.objects.active = character
        yield
    finally:
        animation.action = played
        if played is not None and slot is not None:
            animation.action_slot = slot
        animation.use_nla = uses_nla
        scene.frame_start, scene.frame_end = times[:2]
        scene.frame_set(times[2], subframe=times[3])
        for each in list(context.selected_objects):
            each.select_set(False)
        for each in selected:
            each.select_set(True)
        layer.objects.active = active


def _known(operator: Callable[..., object], options: dict[str, object]) -> dict[str, object]:
    """Return the options that this Blender's exporter has: names come and go between versions."""
    names = set(operator.get_rna_type().properties.keys())
    return {name: value for name, value in options.items() if name in names}


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
    bpy.ops.export_scene.fbx(filepath=str(path), **_known(bpy.ops.export_scene.fbx, options))


def _write_gltf(path: Path, *, is_deform_only: bool) -> None:
    options: dict[str, object] = {
        "export_format": "GLB" if path.suffix.lower() == ".glb" else "GLTF_SEPARATE",
        "use_selection": True,
        "export_animations": True,
        "export_animation_mode": "ACTIVE_ACTIONS",
        "export_force_sampling": True,
        "export_optimize_animation_size": False,
        "export_def_bones": is_deform_only,
        "export_morph": True,
    }
    bpy.ops.export_scene.gltf(filepath=str(path), **_known(bpy.ops.export_scene.gltf, options))


class ExgesExportTake(bpy.types.Operator, ExportHelper):
    """Write this take as FBX or glTF: skeleton, animation and, if wanted, the character's meshes."""

    bl_idname = "exges.export_take"
    bl_label = "Export Take"

    filename_ext = ".fbx"
    filter_glob: bpy.props.StringProperty(default="*.fbx;*.glb;*.gltf", options={"HIDDEN"})
    take: bpy.props.StringProperty(name="Take", description="The take's Action", options={"HIDDEN"})
    with_meshes: bpy.props.BoolProperty(
        name="Meshes", description="Also write the meshes that the armature deforms", default=True
    )

    def check(self, _context: bpy.types.Context) -> bool:
        """Leave the ending to the user: it chooses the format."""
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Export it."""
        character = context.scene.exges.character
        if character is None:
            self.report({"ERROR"}, "Choose the character's armature in the ExGes panel.")
            return {"CANCELLED"}
        path = Path(bpy.path.abspath(self.filepath))
        try:
            export_take(context, character, self.take, path, with_meshes=self.with_meshes)
        except ExgesError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"{self.take} was written to {path.name}.")
        return {"FINISHED"}


CLASSES = (ExgesExportTake,)
