# SPDX-License-Identifier: GPL-3.0-or-later
"""What the buttons do. Generate runs modal under a window and synchronously without one; both drive the same job."""

import time

import bpy

from exges_core.errors import Cancelled, ExgesError
from exges_core.protocol import Result

from . import compat, generation, job, keyframes, preferences

_TICK_S = 0.15


class Running:
    """The one engine and the one job in hand, shared by operator and panel."""

    engine: job.Engine | None = None
    current: job.Job | None = None
    last_message: str = ""


def engine_for(python: str) -> job.Engine:
    """Return the warm engine of an environment; another environment ends the old one."""
    command = job.command_of(python)
    if Running.engine is None or Running.engine.command != command:
        stop_engine()
        Running.engine = job.Engine(command)
    return Running.engine


def stop_engine() -> None:
    """End the engine, if there is one."""
    if Running.engine is not None:
        Running.engine.stop()
    Running.engine = None
    Running.current = None


def wish_of(scene: bpy.types.Scene) -> generation.Wish:
    """Return a scene's settings as a wish."""
    settings = scene.exges
    is_file = settings.source == "FILE"
    return generation.Wish(
        scene=scene.name,
        character=settings.character.name if settings.character else "",
        strip="" if is_file else settings.strip,
        audio=settings.audio if is_file else "",
        start_frame=settings.start_frame,
        transcript=settings.transcript,
        speaker=settings.speaker,
        seed=settings.seed,
        use_retrieval=settings.use_retrieval,
        use_keys=settings.use_keys,
        as_active_action=settings.as_active_action,
    )


def generate_now(plan: generation.Plan, engine: job.Engine) -> bpy.types.Action:
    """Run a plan to its take without a window.

    Raises:
        ExgesError: as `job.run` and `generation.finish`.
    """
    try:
        return generation.finish(plan, job.run(job.Job(engine, plan.request)))
    finally:
        plan.discard()


class ExgesGenerate(bpy.types.Operator):
    """Generate gestures for the speech and put them on the character as a new take. Esc cancels."""

    bl_idname = "exges.generate"
    bl_label = "Generate"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's own form

    _plan: generation.Plan | None = None
    _timer: bpy.types.Timer | None = None

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        reason = disabled_reason(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Generate without a window: start, wait, apply."""
        try:
            engine = engine_for(preferences.python_of(context))
            plan = generation.prepare(wish_of(context.scene), sequencer=compat.sequencer_scene(context))
            action = generate_now(plan, engine)
        except ExgesError as error:
            return self._refuse(error)
        return self._done(action)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Generate under a window: the timer drives the job, Blender stays free."""
        if bpy.app.background:
            return self.execute(context)
        try:
            engine = engine_for(preferences.python_of(context))
            self._plan = generation.prepare(wish_of(context.scene), sequencer=compat.sequencer_scene(context))
            Running.current = job.Job(engine, self._plan.request)
        except ExgesError as error:
            return self._refuse(error)
        Running.last_message = ""
        self._timer = context.window_manager.event_timer_add(_TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Drive the job from the timer; Esc asks it to stop."""
        if event.type == "ESC" and event.value == "PRESS" and Running.current is not None:
            Running.current.cancel()
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        for area in context.screen.areas if context.screen else ():
            area.tag_redraw()
        try:
            if Running.current is None:
                raise Cancelled("Generation was cancelled.")
            if not Running.current.step():
                return {"PASS_THROUGH"}
            action = self._apply(Running.current.result)
        except ExgesError as error:
            self._clear(context)
            return self._refuse(error)
        self._clear(context)
        return self._done(action)

    def _apply(self, result: Result) -> bpy.types.Action:
        return generation.finish(self._plan, result)

    def _clear(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self._timer)
        self._plan.discard()
        Running.current = None

    def cancel(self, context: bpy.types.Context) -> None:
        """Leave nothing behind when Blender itself ends the operator."""
        if Running.current is not None:
            Running.current.cancel()
        self._clear(context)

    def _refuse(self, error: ExgesError) -> set[str]:
        Running.last_message = str(error)
        self.report({"INFO" if isinstance(error, Cancelled) else "ERROR"}, str(error))
        return {"CANCELLED"}

    def _done(self, action: bpy.types.Action) -> set[str]:
        Running.last_message = f"{action.name} is on the character."
        self.report({"INFO"}, Running.last_message)
        return {"FINISHED"}


def disabled_reason(context: bpy.types.Context) -> str:
    """Return why Generate cannot run now, '' if it can."""
    settings = context.scene.exges
    if Running.current is not None:
        return "A take is being generated"
    found = preferences.of(context)
    if found is None or not found.python:
        return "Choose the engine's Python in the add-on's preferences"
    if settings.character is None:
        return "Choose the character's armature"
    if settings.source == "FILE" and not settings.audio:
        return "Choose a sound file"
    if settings.source == "STRIP" and not settings.strip:
        return "The sequencer has no sound strip"
    return ""


class ExgesCancel(bpy.types.Operator):
    """Stop the generation that runs; the scene stays as it is."""

    bl_idname = "exges.cancel"
    bl_label = "Cancel"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Ask the job to stop."""
        if Running.current is not None:
            Running.current.cancel()
        return {"FINISHED"}


class ExgesShowTake(bpy.types.Operator):
    """Play this take and mute the character's other takes."""

    bl_idname = "exges.show_take"
    bl_label = "Show Take"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    take: bpy.props.StringProperty(name="Take", description="The take's Action")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Show it."""
        character = context.scene.exges.character
        if character is None or self.take not in {each.name for each in keyframes.takes_of(character)}:
            self.report({"ERROR"}, f"The character has no take {self.take!r}.")
            return {"CANCELLED"}
        keyframes.show_take(character, self.take)
        return {"FINISHED"}


class ExgesDeleteTake(bpy.types.Operator):
    """Delete this take; the rig's switches go back to what they were before the first one."""

    bl_idname = "exges.delete_take"
    bl_label = "Delete Take"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012

    take: bpy.props.StringProperty(name="Take", description="The take's Action")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Delete it."""
        character = context.scene.exges.character
        if character is None or self.take not in {each.name for each in keyframes.takes_of(character)}:
            self.report({"ERROR"}, f"The character has no take {self.take!r}.")
            return {"CANCELLED"}
        keyframes.remove_take(character, self.take)
        return {"FINISHED"}


def progress_text() -> str:
    """Return the running job's progress in words."""
    running = Running.current
    if running is None:
        return ""
    left_s = running.seconds_left
    rest = f" · {left_s:.0f} s left" if left_s is not None else f" · {time.monotonic() - running.started_s:.0f} s"
    return f"{running.progress.stage} {running.progress.fraction:.0%}{rest} · Esc cancels"


CLASSES = (ExgesGenerate, ExgesCancel, ExgesShowTake, ExgesDeleteTake)
