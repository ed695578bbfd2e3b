# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons for retrieved gestures: step through the segments, pin, ban, none, preview the pose."""

from typing import TYPE_CHECKING

import bpy

from ...character import rigcache
from ...scene import lookup
from ...scene.extension import Stored, stored
from ...scene.interface import Button, Ending
from ...takes import gestures, preview, record
from .. import readiness

NAVIGATION = {"MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "MOUSEMOVE", "INBETWEEN_MOUSEMOVE", "TIMER"}


def _segments(context: bpy.types.Context) -> tuple[gestures.Segment, ...]:
    return gestures.of_take(record.shown(readiness.character_of(context)))


def _shown(context: bpy.types.Context) -> tuple[bpy.types.Object, bpy.types.Action]:
    """Return the character and its take; `poll` has checked that both exist."""
    character = readiness.chosen(context)
    take = record.shown(character)
    assert take is not None
    return character, take


def _segment(operator: "_OfSegments", context: bpy.types.Context) -> gestures.Segment | None:
    """Return the operator's segment; report and return None if the shown take has no such segment."""
    found = _segments(context)
    if not 0 <= operator.segment < len(found):
        operator.report({"ERROR"}, f"The take has no segment {operator.segment + 1}.")
        return None
    return found[operator.segment]


class _OfSegments(Button):
    """Buttons that need a take with segments."""

    if TYPE_CHECKING:
        segment: int
        clip: int
    else:
        segment: bpy.props.IntProperty(name="Segment", description="Number of the segment", options={"HIDDEN"})
        clip: bpy.props.IntProperty(name="Gesture", description="Number of the gesture", options={"HIDDEN"})

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        if readiness.character_of(context) is None or _segments(context):
            return readiness.why_unchangeable(context)
        return "No take yet: generate one, and its gestures are listed here"

    def begun(self, context: bpy.types.Context) -> Stored:
        """Return the character's settings, its pins and bans matched to the shown take's segments."""
        character, take = _shown(context)
        gestures.begin(stored(character), record.remembered(take, "speech_key", ""))
        return stored(character)


class ExgesStepSegment(_OfSegments, bpy.types.Operator):
    """Jump to another segment of the speech and to its frame."""

    bl_idname = "exges.step_segment"
    bl_label = "Segment"

    if TYPE_CHECKING:
        step: int
    else:
        step: bpy.props.IntProperty(
            name="Step",
            description="Segments to step by; 0: the segment at the current frame",
            default=1,
            options={"HIDDEN"},
        )

    def execute(self, context: bpy.types.Context) -> Ending:
        """Step, and set the current frame; 0 keeps it."""
        found, scene = _segments(context), context.scene
        start = record.remembered(_shown(context)[1], "first_frame", 1)
        rate_hz = lookup.scene_rate_hz(scene)
        if self.step == 0:
            now_s = (scene.frame_current - start) / rate_hz
            begun = [each.number for each in found if each.start_s <= now_s]
            stored(scene).segment = begun[-1] if begun else 0
            return {"FINISHED"}
        number: int = min(max(stored(scene).segment + self.step, 0), len(found) - 1)
        stored(scene).segment = number
        scene.frame_set(start + round(found[number].start_s * rate_hz))
        return {"FINISHED"}


class ExgesPinGesture(_OfSegments, bpy.types.Operator):
    """Use this gesture here in the next take, whatever its probability. Press again to unpin it."""

    bl_idname = "exges.pin_gesture"
    bl_label = "Pin"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    def execute(self, context: bpy.types.Context) -> Ending:
        """Pin or unpin it."""
        segment = _segment(self, context)
        if segment is None or self.clip not in {each.clip for each in segment.candidates}:
            return self.refused(f"Gesture {self.clip} is not a candidate for this segment.")
        gestures.pin(self.begun(context), segment, self.clip)
        return {"FINISHED"}


class ExgesNoGesture(_OfSegments, bpy.types.Operator):
    """Use no retrieved gesture for this segment in the next take. Press again to let the search decide."""

    bl_idname = "exges.no_gesture"
    bl_label = "No Gesture"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Set or clear it."""
        segment = _segment(self, context)
        if segment is None:
            return {"CANCELLED"}
        gestures.silence(self.begun(context), segment)
        return {"FINISHED"}


class ExgesBanGesture(_OfSegments, bpy.types.Operator):
    """Never use this gesture on this character, or allow it again."""

    bl_idname = "exges.ban_gesture"
    bl_label = "Ban"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Ban or allow it."""
        settings = stored(readiness.chosen(context))
        names = {each.clip: found.called(each) for found in _segments(context) for each in found.candidates}
        if self.clip not in names and not gestures.is_banned(settings, self.clip):
            return self.refused(f"Gesture {self.clip} is not a candidate for this speech.")
        gestures.ban(self.begun(context), self.clip, names.get(self.clip, ""))
        return {"FINISHED"}


class ExgesForgetWishes(Button, bpy.types.Operator):
    """Clear all pins, bans and segments set to no gesture."""

    bl_idname = "exges.forget_wishes"
    bl_label = "Clear All"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        character = readiness.character_of(context)
        has_any = character is not None and stored(character).wishes
        return "" if has_any else "Nothing is pinned, banned or set to no gesture"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Clear them."""
        stored(readiness.chosen(context)).wishes.clear()
        return {"FINISHED"}


class ExgesPreviewGesture(_OfSegments, bpy.types.Operator):
    """Show this gesture's pose on the character at its frame. The next click or key ends it, and does its own work."""

    bl_idname = "exges.preview_gesture"
    bl_label = "Preview"

    def _show(self, context: bpy.types.Context) -> bool:
        (character, take), segment = _shown(context), _segment(self, context)
        if segment is None:
            return False
        retargeter = rigcache.retargeter_of(character)
        chosen = next((each for each in segment.candidates if each.clip == self.clip), None)
        pose = record.pose_of(take, segment.number, self.clip)
        if chosen is None or pose is None or isinstance(retargeter, str):
            self.report({"ERROR"}, f"The take holds no pose for gesture {self.clip}: generate it again.")
            return False
        rate_hz = lookup.scene_rate_hz(context.scene)
        frame = record.remembered(take, "first_frame", 1) + round(chosen.time_s * rate_hz)
        preview.show(context.scene, character, retargeter, pose, frame)
        return True

    def execute(self, context: bpy.types.Context) -> Ending:
        """Show it; End Preview restores the scene."""
        return {"FINISHED"} if self._show(context) else {"CANCELLED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Show it until a click or key press."""
        if not self._show(context):
            return {"CANCELLED"}
        if bpy.app.background:
            return {"FINISHED"}
        context.window_manager.modal_handler_add(self)
        context.workspace.status_text_set("Preview: it ends at the next click or key")
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Let everything through, and end the preview on all but navigation of the view; Esc does nothing else."""
        if event.type in NAVIGATION or event.value != "PRESS":
            return {"PASS_THROUGH"}
        self.cancel(context)
        return {"FINISHED"} if event.type == "ESC" else {"FINISHED", "PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Restore the scene."""
        context.workspace.status_text_set(None)
        preview.restore()


class ExgesEndPreview(Button, bpy.types.Operator):
    """Restore the scene to before the preview."""

    bl_idname = "exges.end_preview"
    bl_label = "End Preview"

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return "No gesture is being previewed" if preview.Shown.before is None else ""

    def execute(self, context: bpy.types.Context) -> Ending:
        """Restore the scene."""
        preview.restore()
        return {"FINISHED"}


CLASSES = (
    ExgesStepSegment,
    ExgesPinGesture,
    ExgesNoGesture,
    ExgesBanGesture,
    ExgesForgetWishes,
    ExgesPreviewGesture,
    ExgesEndPreview,
)
