# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons that download a speech model, after a dialog and in the background; a timer drives."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from exges_core.errors import Cancelled, ExgesError

from ...engine import preferences, speech_models
from ...scene.interface import Button, Ending, redraw, translated
from .. import readiness

_TICK_S = 0.25
_FRESH_S, _GOOD_NEWS_S = 1.0, 120.0
_DIALOG_WIDTH = 420


class State:
    """The download under way, the message about the last one, and why none can start."""

    fetching: speech_models.Fetching | None = None
    last_text: str = ""
    is_bad_news: bool = False
    said_s: float = 0.0
    lacking: str = ""
    fresh_until_s: float = 0.0


def _say(text: str, *, is_bad_news: bool = False) -> None:
    State.last_text, State.is_bad_news, State.said_s = text, is_bad_news, time.monotonic()


def news() -> str:
    """Return the message about the last download: bad news until the next try, good news for two minutes."""
    is_old = time.monotonic() - State.said_s > _GOOD_NEWS_S
    return "" if is_old and not State.is_bad_news else State.last_text


def _wheels_of(context: bpy.types.Context) -> Path | None:
    """Return the wheel folder if it holds Moonshine's wheel: then no network is needed."""
    found = preferences.of(context)
    folder = Path(bpy.path.abspath(found.wheels)) if found is not None and found.wheels else None
    name = speech_models.MOONSHINE.wheel.replace("-", "_").replace("==", "-")
    return folder if folder is not None and any(folder.glob(f"{name}-*.whl")) else None


def fetch_reason(context: bpy.types.Context) -> str:
    """Return why no model can be downloaded now, '' if one can; looks at files once a second at most."""
    if State.fetching is not None:
        return "A speech model is being downloaded"
    if time.monotonic() > State.fresh_until_s:
        State.lacking, State.fresh_until_s = _look_for_lacks(context), time.monotonic() + _FRESH_S
    return State.lacking


def _look_for_lacks(context: bpy.types.Context) -> str:
    why = readiness.why_no_engine(context)
    if why:
        return why
    if not bpy.app.online_access and _wheels_of(context) is None:
        return "Blender's online access is off: allow it in Preferences > System > Network, or choose a wheel folder"
    return ""


def _begin(context: bpy.types.Context, model: str) -> None:
    """Start a worker that downloads a model.

    Raises:
        ExgesError: if there is no engine, or the cache folder cannot be created.
    """
    launch, wheels = preferences.launch_of(context), _wheels_of(context)
    if wheels is not None and model == speech_models.MOONSHINE.name:
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
        launch = replace(launch, environment={**launch.environment, **offline})
    State.fetching = speech_models.Fetching(model, launch)
    _say("")


def _advance() -> bool:
    """Take one step; return True while the download goes on."""
    fetching = State.fetching
    if fetching is None:
        return False
    try:
        if not fetching.step():
            return True
        name = speech_models.title(fetching.model)
        _say(f"{name} is installed. Automatic uses it unless a better one is installed; Recogniser lists them all.")
    except ExgesError as error:
        _say(str(error), is_bad_news=not isinstance(error, Cancelled))
    except Exception:
        stop()  # a defect goes to the console, and the next click works
        raise
    State.fetching = None
    return False


def _tick() -> float | None:
    try:
        goes_on = _advance()
    finally:
        readiness.forget()
        redraw(bpy.context)
    return _TICK_S if goes_on else None


class ExgesGetModel(Button, bpy.types.Operator):
    """Download a speech model, once. Its size, source and folder are shown first."""

    bl_idname = "exges.get_model"
    bl_label = "Get Speech Model"

    if TYPE_CHECKING:
        model: str
    else:
        model: bpy.props.EnumProperty(
            name="Model",
            description="Model that recognises the words",
            items=[
                (each.model, each.what, f"{each.download_mb} MB download, licence {each.licence}")
                for each in speech_models.OFFERS
            ],
        )

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return fetch_reason(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Ending:
        """Ask for confirmation."""
        return context.window_manager.invoke_props_dialog(
            self, width=_DIALOG_WIDTH, title="Get Speech Model", confirm_text="Download"
        )

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the model's size, licence, source and folder."""
        layout, offer = self.layout, speech_models.offer_of(self.model)
        assert layout is not None
        assert offer is not None  # the menu has no other models
        layout.prop(self, "model")
        folder = speech_models.folder_of(self.model, preferences.model_places(context))
        column = layout.column(align=True)
        column.scale_y = 0.8
        for text in (
            translated(
                "Download: {download} MB, then {disk} MB on disk", download=offer.download_mb, disk=offer.disk_mb
            ),
            translated("From: {source}", source=offer.source),
            translated("Licence: {licence}", licence=offer.licence),
            translated("To: {folder}", folder=folder),
        ):
            column.label(text=text, translate=False)

    def execute(self, context: bpy.types.Context) -> Ending:
        """Start the download; without a window, wait for it."""
        try:
            _begin(context, self.model)
        except ExgesError as error:
            _say(str(error), is_bad_news=True)
            return self.refused(error)
        if not bpy.app.background:
            bpy.app.timers.register(_tick, first_interval=_TICK_S, persistent=True)
            return {"FINISHED"}
        while _advance():
            time.sleep(_TICK_S)
        self.report({"ERROR" if State.is_bad_news else "INFO"}, State.last_text)
        return {"CANCELLED"} if State.is_bad_news else {"FINISHED"}


class ExgesCancelModel(Button, bpy.types.Operator):
    """Stop the download; no partial file is left behind."""

    bl_idname = "exges.cancel_model"
    bl_label = "Cancel"

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return "No speech model is being downloaded" if State.fetching is None else ""

    def execute(self, context: bpy.types.Context) -> Ending:
        """Ask the worker to stop."""
        if State.fetching is not None:
            State.fetching.cancel()
        return {"FINISHED"}


def stop() -> None:
    """End the download: the add-on is being disabled, or Blender is quitting."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    if State.fetching is not None:
        State.fetching.end()
    State.fetching = None


CLASSES = (ExgesGetModel, ExgesCancelModel)
