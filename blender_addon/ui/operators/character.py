# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons of a character: which one, its bone map, its own keys."""

import bpy

from exges_core.errors import ExgesError
from exges_core.motion.skeleton import JOINT_NAMES

from ...character import armature, bone_map, rigcache
from ...scene import lookup
from ...scene.extension import stored
from ...scene.interface import Button, Ending
from ...takes import user_keys
from .. import readiness


def _joints(_self: object, _context: bpy.types.Context, _typed: str) -> list[str]:
    return list(JOINT_NAMES)


class _OfCharacter(Button):
    """Buttons that need a character."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        why = cls.why_not(context)
        if why:
            cls.poll_message_set(why)
        return not why

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        character = readiness.character_of(context)
        if character is None:
            return "Choose the character's armature"
        return "The character is linked: make a library override" if character.library is not None else ""


class ExgesUseActive(bpy.types.Operator):
    """Let the active armature be the character."""

    bl_idname = "exges.use_active"
    bl_label = "Use Active Armature"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        if context.object is None or context.object.type != "ARMATURE":
            cls.poll_message_set("Select an armature")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> Ending:
        """Choose it."""
        stored(context.scene).character = context.object
        readiness.forget()
        return {"FINISHED"}


class ExgesEditMap(_OfCharacter, bpy.types.Operator):
    """Say which bone plays a joint; an empty bone: none does."""

    bl_idname = "exges.edit_map"
    bl_label = "Choose Bone"
    bl_options = {"UNDO"}  # noqa: RUF012

    joint: bpy.props.StringProperty(name="Joint", description="The joint of the body", search=_joints)
    bone: bpy.props.StringProperty(name="Bone", description="The bone that plays it; empty: none does")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Ask for the bone."""
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
        """Correct the map, unless the correction cannot be."""
        character = readiness.chosen(context)
        if self.joint not in JOINT_NAMES:
            self.report({"ERROR"}, f"There is no joint {self.joint!r}.")
            return {"CANCELLED"}
        overrides = {**bone_map.overrides_of(character), self.joint: self.bone}
        if self.bone and self.bone not in lookup.armature_of(character).bones:
            self.report({"ERROR"}, f"The armature has no bone {self.bone!r}.")
            return {"CANCELLED"}
        try:
            bone_map.map_of(armature.rig_of(character), overrides)
        except ExgesError as error:
            # A map that is not whole yet is being made: it is kept, and the panel says what is missing.
            self.report({"WARNING"}, str(error))
        bone_map.set_bone(character, self.joint, self.bone)
        readiness.forget()
        return {"FINISHED"}


class ExgesResetMap(_OfCharacter, bpy.types.Operator):
    """Forget corrections of the bone map: what is found by itself counts again."""

    bl_idname = "exges.reset_map"
    bl_label = "Reset"
    bl_options = {"UNDO"}  # noqa: RUF012

    joint: bpy.props.StringProperty(
        name="Joint", description="The joint whose correction is forgotten; empty: all", options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        why = super().why_not(context)
        return why or ("" if stored(readiness.chosen(context)).overrides else "The bone map is as it was found")

    def execute(self, context: bpy.types.Context) -> Ending:
        """Forget them."""
        bone_map.forget(readiness.chosen(context), self.joint)
        readiness.forget()
        return {"FINISHED"}


class ExgesSaveMap(_OfCharacter, bpy.types.Operator):
    """Save the bone map under the preset's name, for other characters with these bones."""

    bl_idname = "exges.save_map"
    bl_label = "Save"

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        why = super().why_not(context)
        return why or ("" if stored(readiness.chosen(context)).preset.strip() else "Name the preset first")

    def execute(self, context: bpy.types.Context) -> Ending:
        """Save it."""
        character = readiness.chosen(context)
        try:
            found = armature.retargeter_of(character).rig_map
            path = bone_map.save_preset(stored(character).preset, found)
        except ExgesError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Saved as {path}.")
        return {"FINISHED"}


class ExgesLoadMap(_OfCharacter, bpy.types.Operator):
    """Give this character the saved bone map."""

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
        return "" if name in bone_map.preset_names() else "There is no saved bone map of this name"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Load it."""
        character = readiness.chosen(context)
        try:
            bone_map.load_preset(character, stored(character).preset.strip(), armature.rig_of(character))
        except ExgesError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        readiness.forget()
        return {"FINISHED"}


class ExgesChooseBones(_OfCharacter, bpy.types.Operator):
    """Let only keys of the bones that are selected now count."""

    bl_idname = "exges.choose_bones"
    bl_label = "Choose Selected"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Remember them."""
        character = readiness.chosen(context)
        names = [bone.name for bone in lookup.pose_of(character).bones if _is_selected(bone)]
        if not names:
            self.report({"ERROR"}, "No bone is selected. Select some in Pose Mode.")
            return {"CANCELLED"}
        settings = stored(character)
        settings.bones.clear()
        for name in names:
            settings.bones.add().bone = name
        settings.only_bones = True
        return {"FINISHED"}


def _is_selected(bone: bpy.types.PoseBone) -> bool:
    return bone.select if hasattr(bone, "select") else bone.bone.select  # pyright: ignore[reportAttributeAccessIssue]


class ExgesCountKeys(_OfCharacter, bpy.types.Operator):
    """Let the keys on a frame be hard, soft or ignored, in turn."""

    bl_idname = "exges.count_keys"
    bl_label = "Hard, Soft, Ignored"
    bl_options = {"UNDO"}  # noqa: RUF012

    frame: bpy.props.IntProperty(name="Frame", description="The frame of the keys", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> Ending:
        """Go on to the next."""
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


class ExgesGoToFrame(bpy.types.Operator):
    """Go to this frame."""

    bl_idname = "exges.go_to_frame"
    bl_label = "Go to Frame"

    frame: bpy.props.IntProperty(name="Frame", description="The frame to go to", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> Ending:
        """Go there."""
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
