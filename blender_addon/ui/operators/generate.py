# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons that drive the engine: Generate, 3 Variations, Cancel, Check."""

import bpy

from exges_core.errors import Cancelled, WorkerError
from exges_core.protocol import Hello

from ...character import rigcache
from ...engine import client, preferences
from ...engine.session import Running, engine_for, say, stop_engine
from ...face import visemes
from ...generation import running, seeds
from ...generation.settings import TakeSettings
from ...scene import compat
from ...scene.extension import stored
from ...scene.interface import Button, Ending, redraw
from ...takes import keyframes, preview, record, user_keys
from .. import readiness
from . import driven
from . import environment as environment_buttons

_TICK_S = 0.1
VARIATIONS = 3


def _asked(context: bpy.types.Context, *, count: int = 1) -> tuple[TakeSettings, ...]:
    """Return what is asked of the next takes: the panel's seed unless such a take was made, others after it.

    Raises:
        InputError: if the range that is chosen is not there.
    """
    preview.restore()
    visemes.restore()
    readiness.keep_choice(context)
    character = readiness.chosen(context)
    keyframes.leave_tweak_mode(character)  # its Action would hide the animator's own
    settings = readiness.take_settings(context)
    return (settings,) if stored(character).is_seed_locked else seeds.fresh(settings, count=count)


class ExgesGenerate(driven.Driven[bpy.types.Action], bpy.types.Operator):
    """Make a take of the speech; press again for another one, unless the seed is locked. Esc cancels."""

    bl_idname = "exges.generate"
    bl_label = "Generate"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return disabled_reason(context)

    def begun(self, context: bpy.types.Context) -> running.Making:
        """Start the take."""
        return making(context)

    def done(self, outcome: bpy.types.Action) -> str:
        """Return that it is ready, with the engine's warnings."""
        return told(outcome)


def making(context: bpy.types.Context) -> running.Making:
    """Return the job that makes a take as the panel asks for it.

    Raises:
        ExgesError: if there is no engine, or the range that is chosen is not there.
    """
    (settings,) = _asked(context)
    return running.Making(
        settings,
        sequencer=compat.sequencer_scene(context).name,
        engine=engine_for(context),
        shown=stored(readiness.chosen(context)).seed,
    )


def told(take: bpy.types.Action) -> str:
    """Return that a take is ready, with the engine's warnings."""
    return " ".join((f"{take.name} is ready.", *_warnings(take)))


def _warnings(take: bpy.types.Action) -> list[str]:
    """Return the engine's warnings of a new take as sentences."""
    rigcache.forget()
    user_keys.forget()
    warnings = [client.without_options(each) for each in record.report(take).get("warnings", ())]
    return [f"{each[:1].upper()}{each[1:]}." for each in warnings]


class ExgesVariations(driven.Driven[running.Made], bpy.types.Operator):
    """Make three takes of the speech one after the other, each with its own seed. Esc keeps what is ready."""

    bl_idname = "exges.variations"
    bl_label = "3 Variations"  # each is an undo step of its own, pushed by the job

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        why = disabled_reason(context)
        if not why and stored(readiness.chosen(context)).is_seed_locked:
            return "The seed is locked, and one seed gives one take: unlock it"
        return why

    def begun(self, context: bpy.types.Context) -> running.MakingSeveral:
        """Start the first take."""
        return running.MakingSeveral(
            _asked(context, count=VARIATIONS),
            sequencer=compat.sequencer_scene(context).name,
            engine=engine_for(context),
            shown=stored(readiness.chosen(context)).seed,
        )

    def done(self, outcome: running.Made) -> str:
        """Return which takes are ready, why there are no more, and the engine's warnings."""
        names = ", ".join(take.name for take in outcome.takes)
        count = len(outcome.takes)
        text = f"{count} of {VARIATIONS} variations {'is' if count == 1 else 'are'} ready: {names}."
        told = dict.fromkeys(each for take in outcome.takes for each in _warnings(take))  # mostly the same ones
        return " ".join((text, *((str(outcome.ended_by),) if outcome.ended_by else ()), *told))

    def _finish(self, outcome: running.Made) -> Ending:
        ending = super()._finish(outcome)
        if outcome.ended_by is not None and not isinstance(outcome.ended_by, Cancelled):
            say(Running.last_message, is_bad_news=True)
            self.report({"WARNING"}, Running.last_message)
        return ending


def disabled_reason(context: bpy.types.Context, *, lasts_s: float = 0.0) -> str:
    """Return why Generate cannot run now, '' if it can; for `lasts_s` seconds at least, as `readiness.reason`."""
    if Running.current is not None:
        return Running.current.reason
    if Running.is_checking:
        return "The engine is being checked"
    if environment_buttons.State.creation is not None:
        return "The environment is being created"
    return readiness.reason(context, lasts_s=lasts_s)


class ExgesCancel(Button, bpy.types.Operator):
    """Stop the current job; the scene stays unchanged."""

    bl_idname = "exges.cancel"
    bl_label = "Cancel"

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return "Nothing is being generated" if Running.current is None else ""

    def execute(self, context: bpy.types.Context) -> Ending:
        """Ask the job to stop."""
        if Running.current is not None:
            Running.current.cancel()
        return {"FINISHED"}


class ExgesCheck(Button, bpy.types.Operator):
    """Restart the engine and show its version, device and styles, its weights, and whatever is missing."""

    bl_idname = "exges.check"
    bl_label = "Check"

    _timer: bpy.types.Timer | None = None

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return "The engine is busy" if Running.current is not None or Running.is_checking else ""

    def execute(self, context: bpy.types.Context) -> Ending:
        """Without a window: start the engine, wait for its hello, end it."""
        try:
            return self._greet(context, client.check(preferences.launch_of(context)))
        except WorkerError as error:
            return self._refuse(context, error)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Under a window: start the engine and let the timer wait for its hello."""
        if bpy.app.background:
            return self.execute(context)
        stop_engine(waits=False)
        try:
            engine_for(context).start()
        except WorkerError as error:
            return self._refuse(context, error)
        Running.is_checking = True
        say("")
        self._timer = context.window_manager.event_timer_add(_TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        redraw(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Wait for the hello; Esc cancels."""
        if event.type not in {"TIMER", "ESC"}:
            return {"PASS_THROUGH"}
        engine = Running.engine
        try:
            if engine is None or event.type == "ESC":
                stop_engine(waits=False)
                raise WorkerError("Engine: the check was cancelled.")
            engine.receive()
        except WorkerError as error:
            self.cancel(context)
            return self._refuse(context, error)
        if engine.hello is None:
            return {"PASS_THROUGH"}
        self.cancel(context)
        return self._greet(context, engine.hello)

    def cancel(self, context: bpy.types.Context) -> None:
        """Remove the timer."""
        context.window_manager.event_timer_remove(self._timer)
        Running.is_checking = False

    def _greet(self, context: bpy.types.Context, hello: Hello) -> Ending:
        count = len(hello.speakers)
        styles = f", {count} {'style' if count == 1 else 'styles'}" if count else ""
        self._remember(
            context, f"exges {hello.exges_version}: {hello.backend} on {hello.device}{styles}", hello.speakers
        )
        self.report({"INFO"}, Running.last_message)
        environment_buttons.examine(context)
        return {"FINISHED"}

    def _refuse(self, context: bpy.types.Context, error: WorkerError) -> Ending:
        self._remember(context, str(error), (), is_bad_news=True)
        return self.refused(error)

    @staticmethod
    def _remember(
        context: bpy.types.Context, text: str, speakers: tuple[str, ...], *, is_bad_news: bool = False
    ) -> None:
        say(text, is_bad_news=is_bad_news)
        found = preferences.of(context)
        if found is not None:
            found.last_check, found.speakers = text, "\n".join(speakers)
        redraw(context)


CLASSES = (ExgesGenerate, ExgesVariations, ExgesCancel, ExgesCheck)
