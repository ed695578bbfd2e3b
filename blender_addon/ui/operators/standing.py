# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons for how a character stands: a pose that counts as its rest, and one that takes gesture about."""

from __future__ import annotations

import bpy

from exges_core.errors import ExgesError

from ...character import armature, rigcache, standing
from ...scene.extension import stored
from ...scene.interface import Button, Ending
from ...takes import reading
from .. import readiness


class ExgesUseStandingPose(Button, bpy.types.Operator):
    """Take the pose the character is in now as how it stands, instead of its rest pose. Takes made before stay."""

    bl_idname = "exges.use_standing_pose"
    bl_label = "Use This Pose as Standing Pose"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        return readiness.why_unchangeable(context)

    def execute(self, context: bpy.types.Context) -> Ending:
        """Save the pose; refuse one that shows no person standing."""
        character = readiness.chosen(context)
        found, before = rigcache.retargeter_of(character), standing.stance_of(character)
        if isinstance(found, str):
            return self.refused(found)
        standing.save(character, reading.pose_now(character, found))
        try:
            remark = armature.retargeter_of(character).rest.lean.remark
        except ExgesError as error:
            standing.save(character, before)
            return self.refused(error)
        if remark:
            self.report({"WARNING"}, f"Standing pose: {remark}.")
        readiness.forget()
        return {"FINISHED"}


class ExgesForgetStandingPose(Button, bpy.types.Operator):
    """Forget the standing pose: the rest pose is how the character stands again."""

    bl_idname = "exges.forget_standing_pose"
    bl_label = "Forget Standing Pose"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        why = readiness.why_unchangeable(context)
        return why or ("" if standing.text_of(readiness.chosen(context)) else "No standing pose is saved")

    def execute(self, context: bpy.types.Context) -> Ending:
        """Forget it."""
        standing.save(readiness.chosen(context), None)
        readiness.forget()
        return {"FINISHED"}


class ExgesGestureAboutPose(Button, bpy.types.Operator):
    """Let the next takes stand and rest as the character does now, and gesture about this pose."""

    bl_idname = "exges.gesture_about_pose"
    bl_label = "Gesture About This Pose"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        return readiness.why_unchangeable(context)

    def execute(self, context: bpy.types.Context) -> Ending:
        """Save the pose as joints of the canonical body, of those that the character has bones for."""
        character = readiness.chosen(context)
        found = rigcache.retargeter_of(character)
        if isinstance(found, str):
            return self.refused(found)
        stored(character).posture_text = reading.posture_now(character, found)
        return {"FINISHED"}


class ExgesForgetPosture(Button, bpy.types.Operator):
    """Let the next takes stand and rest as their speaker does."""

    bl_idname = "exges.forget_posture"
    bl_label = "Forget Posture"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is disabled, '' if it is not."""
        why = readiness.why_unchangeable(context)
        return why or ("" if stored(readiness.chosen(context)).posture_text else "No posture is saved")

    def execute(self, context: bpy.types.Context) -> Ending:
        """Forget it."""
        stored(readiness.chosen(context)).posture_text = ""
        return {"FINISHED"}


CLASSES = (ExgesUseStandingPose, ExgesForgetStandingPose, ExgesGestureAboutPose, ExgesForgetPosture)
