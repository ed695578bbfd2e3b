# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons of retrieved gestures: leaf through the segments, pin, ban, none, look at the pose."""

import bpy

from ...character import rigcache
from ...scene.extension import Stored, stored
from ...scene.interface import Button, Ending
from ...takes import gestures, keyframes, preview, record
from .. import readiness

_NAVIGATION = {"MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "MOUSEMOVE", "INBETWEEN_MOUSEMOVE", "TIMER"}


def _segments(context: bpy.types.Context) -> tuple[gestures.Segment, ...]:
    return gestures.of_take(record.shown(readiness.character_of(context)))


def _shown(context: bpy.types.Context) -> tuple[bpy.types.Object, bpy.types.Action]:
    """Return the character and its take where `poll` has made sure of both."""
    character = readiness.chosen(context)
    take = record.shown(character)
    assert take is not None
    return character, take


def _segment(operator: "_OfSegments", context: bpy.types.Context) -> gestures.Segment | None:
    """Return the operator's segment; say so and return None if the shown take has none."""
    found = _segments(context)
    if not 0 <= operator.segment < len(found):
        operator.report({"ERROR"}, f"The shown take has no segment {operator.segment}.")
        return None
    return found[operator.segment]


class _OfSegments(Button):
    """Buttons that need a take with segments."""

    segment: bpy.props.IntProperty(name="Segment", description="The segment's number", options={"HIDDEN"})
    clip: bpy.props.IntProperty(name="Gesture", description="The gesture's number", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        why = "" if _segments(context) else "Generate a take first: its gestures are listed then"
        character = readiness.character_of(context)
        if character is not None and character.library is not None:
            why = "The character is linked: make a library override"
        if why:
            cls.poll_message_set(why)
        return not why

    def begun(self, context: bpy.types.Context) -> Stored:
        """Return the character's settings, its wishes numbered as the shown take's segments."""
        character, take = _shown(context)
        gestures.begin(stored(character), record.remembered(take, "speech_key", ""))
        return stored(character)


class ExgesStepSegment(_OfSegments, bpy.types.Operator):
    """Go to another segment of the speech, and to its time."""

    bl_idname = "exges.step_segment"
    bl_label = "Segment"

    step: bpy.props.IntProperty(
        name="Step", description="How many segments on; 0: to the current frame's", default=1, options={"HIDDEN"}
    )

    def execute(self, context: bpy.types.Context) -> Ending:
        """Go there."""
        found, scene = _segments(context), context.scene
        start = record.remembered(_shown(context)[1], "first_frame", 1)
        rate_hz = keyframes.scene_rate_hz(scene)
        if self.step == 0:
            now_s = (scene.frame_current - start) / rate_hz
            begun = [each.number for each in found if each.start_s <= now_s]
            stored(scene).segment = begun[-1] if begun else 0
            return {"FINISHED"}
        stored(scene).segment = min(max(stored(scene).segment + self.step, 0), len(found) - 1)
        scene.frame_set(start + round(found[stored(scene).segment].start_s * rate_hz))
        return {"FINISHED"}


class ExgesPinGesture(_OfSegments, bpy.types.Operator):
    """Use this gesture here in the next take, however sure the search is; again: leave it to the search."""

    bl_idname = "exges.pin_gesture"
    bl_label = "Pin"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    def execute(self, context: bpy.types.Context) -> Ending:
        """Pin it."""
        segment = _segment(self, context)
        if segment is None or self.clip not in {each.clip for each in segment.candidates}:
            self.report({"ERROR"}, f"Gesture {self.clip} was not found for this segment.")
            return {"CANCELLED"}
        gestures.pin(self.begun(context), segment, self.clip)
        return {"FINISHED"}


class ExgesNoGesture(_OfSegments, bpy.types.Operator):
    """Leave this segment to the speech alone in the next take; again: let the search decide."""

    bl_idname = "exges.no_gesture"
    bl_label = "No Gesture"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Silence it."""
        segment = _segment(self, context)
        if segment is None:
            return {"CANCELLED"}
        gestures.silence(self.begun(context), segment)
        return {"FINISHED"}


class ExgesBanGesture(_OfSegments, bpy.types.Operator):
    """Never use this gesture for this character; again: allow it."""

    bl_idname = "exges.ban_gesture"
    bl_label = "Ban"
    bl_options = {"UNDO"}  # noqa: RUF012

    def execute(self, context: bpy.types.Context) -> Ending:
        """Ban it."""
        settings = stored(readiness.chosen(context))
        sources = {each.clip: each.source for segment in _segments(context) for each in segment.candidates}
        if self.clip not in sources and not gestures.is_banned(settings, self.clip):
            self.report({"ERROR"}, f"Gesture {self.clip} was not found for this speech.")
            return {"CANCELLED"}
        gestures.ban(self.begun(context), self.clip, sources.get(self.clip, ""))
        return {"FINISHED"}


class ExgesForgetWishes(bpy.types.Operator):
    """Forget all pins, bans and segments without a gesture."""

    bl_idname = "exges.forget_wishes"
    bl_label = "Forget All"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        character = readiness.character_of(context)
        if character is None or not stored(character).wishes:
            cls.poll_message_set("Nothing is pinned, banned or left without a gesture")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> Ending:
        """Forget them."""
        stored(readiness.chosen(context)).wishes.clear()
        return {"FINISHED"}


class ExgesPreviewGesture(_OfSegments, bpy.types.Operator):
    """Show this gesture's pose on the character, at its time; any click or key puts everything back."""

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
            self.report({"ERROR"}, f"The take does not have the pose of gesture {self.clip}. Generate it again.")
            return False
        rate_hz = keyframes.scene_rate_hz(context.scene)
        frame = record.remembered(take, "first_frame", 1) + round(chosen.time_s * rate_hz)
        preview.show(context.scene, character, retargeter, pose, frame)
        return True

    def execute(self, context: bpy.types.Context) -> Ending:
        """Show it; End Preview puts everything back."""
        return {"FINISHED"} if self._show(context) else {"CANCELLED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Show it until something is pressed."""
        if not self._show(context):
            return {"CANCELLED"}
        if bpy.app.background:
            return {"FINISHED"}
        context.window_manager.modal_handler_add(self)
        context.workspace.status_text_set("Preview: click or press any key to go back")
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Let the view be turned; anything else ends the preview."""
        if event.type in _NAVIGATION or event.value != "PRESS":
            return {"PASS_THROUGH"}
        self.cancel(context)
        return {"FINISHED"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Put everything back."""
        context.workspace.status_text_set(None)
        preview.restore()


class ExgesEndPreview(bpy.types.Operator):
    """Put everything back as it was before the preview."""

    bl_idname = "exges.end_preview"
    bl_label = "End Preview"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        if preview.Shown.before is None:
            cls.poll_message_set("No gesture is being previewed")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> Ending:
        """Put it back."""
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
