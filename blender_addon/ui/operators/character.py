# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons for the character: which armature, its bone map, its own keys."""

from typing import TYPE_CHECKING

import bpy

from exges_core.errors import ExgesError
from exges_core.motion.skeleton import JOINT_NAMES

from ...character import armature, bone_map, rigcache
from ...scene import compat, lookup
from ...scene.extension import stored
from ...scene.interface import Button, Ending
from ...takes import user_keys
from .. import readiness


def _joints(_self: object, _context: bpy.types.Context, _typed: str) -> list[str]:
    return list(JOINT_NAMES)


class _OfCharacter(Button):
    """Buttons that change a character's settings."""

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        return readiness.why_unchangeable(context)


class ExgesUseActive(Button, bpy.types.Operator):
    """Use the active armature as the character."""

    bl_idname = "exges.use_active"
    bl_label = "Use Active Armature"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return (
            "No armature is active: select one" if context.object is None or context.object.type != "ARMATURE" else ""
        )

    def execute(self, context: bpy.types.Context) -> Ending:
        """Store it as the scene's character."""
        stored(context.scene).character = context.object
        readiness.forget()
        return {"FINISHED"}


class ExgesEditMap(_OfCharacter, bpy.types.Operator):
    """Choose the bone that plays this joint; leave it empty if none does."""

    bl_idname = "exges.edit_map"
    bl_label = "Choose Bone"
    bl_options = {"UNDO"}  # noqa: RUF012

    if TYPE_CHECKING:
        joint: str
        bone: str
    else:
        joint: bpy.props.StringProperty(name="Joint", description="Joint of the canonical body", search=_joints)
        bone: bpy.props.StringProperty(name="Bone", description="Bone that plays the joint; empty if none does")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Open the dialog with the bone mapped now."""
        retargeter = rigcache.retargeter_of(readiness.chosen(context))
        self.bone = "" if isinstance(retargeter, str) else retargeter.rig_map.bones.get(self.joint, "")
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the dialog."""
        character, layout = readiness.chosen(context), self.layout
        assert layout is not None
        layout.prop(self, "joint")
        layout.prop_search(self, "bone", character.data, "bones")

    def execute(self, context: bpy.types.Context) -> Ending:
        """Store the correction; refuse a joint or bone that does not exist."""
        character = readiness.chosen(context)
        if self.joint not in JOINT_NAMES:
            return self.refused(f"There is no joint {self.joint!r}.")
        overrides = {**bone_map.overrides_of(character), self.joint: self.bone}
        if self.bone and self.bone not in lookup.armature_of(character).bones:
            return self.refused(f"The armature has no bone {self.bone!r}.")
        try:
            bone_map.map_of(armature.rig_of(character), overrides)
        except ExgesError as error:
            # Kept: a map corrected joint by joint is incomplete for a while, and the panel says what is missing.
            self.report({"WARNING"}, str(error))
        bone_map.set_bone(character, self.joint, self.bone)
        readiness.forget()
        return {"FINISHED"}


class ExgesResetMap(_OfCharacter, bpy.types.Operator):
    """Discard corrections of the bone map and go back to the detected bones."""

    bl_idname = "exges.reset_map"
    bl_label = "Reset"
    bl_options = {"UNDO"}  # noqa: RUF012

    if TYPE_CHECKING:
        joint: str
    else:
        joint: bpy.props.StringProperty(
            name="Joint",
            description="Joint to reset; empty: all joints",
            options={"HIDDEN", "SKIP_SAVE"},
        )

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        why = super().why_not(context)
        return why or ("" if stored(readiness.chosen(context)).overrides else "No corrections of the bone map")

    def execute(self, context: bpy.types.Context) -> Ending:
        """Discard them."""
        bone_map.forget(readiness.chosen(context), self.joint)
        readiness.forget()
        return {"FINISHED"}


class ExgesSaveMap(_OfCharacter, bpy.types.Operator):
    """Save the bone map as a preset for other characters with the same bones."""

    bl_idname = "exges.save_map"
    bl_label = "Save"

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        why = super().why_not(context)
        return why or ("" if stored(readiness.chosen(context)).preset.strip() else "No name: give the preset one")

    def execute(self, context: bpy.types.Context) -> Ending:
        """Write the preset."""
        character = readiness.chosen(context)
        try:
            found = armature.retargeter_of(character).rig_map
            path = bone_map.save_preset(stored(character).preset, found)
        except ExgesError as error:
            return self.refused(error)
        self.report({"INFO"}, f"Saved as {path}.")
        return {"FINISHED"}


class ExgesLoadMap(_OfCharacter, bpy.types.Operator):
    """Load the saved bone map of this name."""

    bl_idname = "exges.load_map"
    bl_label = "Load"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        why = super().why_not(context)
        if why:
            return why
        name = stored(readiness.chosen(context)).preset.strip()
        return "" if name in bone_map.preset_names() else "No bone map is saved under this name"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Replace the corrections by the preset's."""
        character = readiness.chosen(context)
        try:
            bone_map.load_preset(character, stored(character).preset.strip(), armature.rig_of(character))
        except ExgesError as error:
            return self.refused(error)
        readiness.forget()
        return {"FINISHED"}


class ExgesChooseBones(_OfCharacter, bpy.types.Operator):
    """Respect keys on the selected bones only."""

    bl_idname = "exges.choose_bones"
    bl_label = "Use Selected Bones"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Store their names."""
        character = readiness.chosen(context)
        names = [bone.name for bone in lookup.pose_of(character).bones if compat.is_selected(bone)]
        if not names:
            return self.refused("No bone is selected: select some in Pose Mode.")
        settings = stored(character)
        settings.bones.clear()
        for name in names:
            settings.bones.add().bone = name
        settings.only_bones = True
        return {"FINISHED"}


class ExgesCountKeys(_OfCharacter, bpy.types.Operator):
    """Cycle the keys on this frame: hard, soft, ignored."""

    bl_idname = "exges.count_keys"
    bl_label = "Hard, Soft, Ignored"
    bl_options = {"UNDO"}  # noqa: RUF012

    if TYPE_CHECKING:
        frame: int
    else:
        frame: bpy.props.IntProperty(name="Frame", description="Frame of the keys", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> Ending:
        """Store the next kind; no entry means hard."""
        settings = stored(readiness.chosen(context))
        turn = (user_keys.HARD, user_keys.SOFT, user_keys.IGNORED)
        place = next((index for index, each in enumerate(settings.keyed) if each.frame == self.frame), None)
        if place is None:
            item = settings.keyed.add()
            item.frame, item.kind = self.frame, user_keys.SOFT
        elif settings.keyed[place].kind == user_keys.IGNORED:
            settings.keyed.remove(place)
        else:
            settings.keyed[place].kind = turn[turn.index(settings.keyed[place].kind) + 1]
        return {"FINISHED"}


class ExgesGoToFrame(Button, bpy.types.Operator):
    """Jump to this frame."""

    bl_idname = "exges.go_to_frame"
    bl_label = "Go to Frame"

    if TYPE_CHECKING:
        frame: int
    else:
        frame: bpy.props.IntProperty(name="Frame", description="Frame to jump to", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> Ending:
        """Set the current frame."""
        context.scene.frame_set(self.frame)
        return {"FINISHED"}


CLASSES = (
    ExgesUseActive,
    ExgesEditMap,
    ExgesResetMap,
    ExgesSaveMap,
    ExgesLoadMap,
    ExgesChooseBones,
    ExgesCountKeys,
    ExgesGoToFrame,
)
