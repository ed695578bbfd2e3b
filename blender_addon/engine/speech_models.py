# SPDX-License-Identifier: GPL-3.0-or-later
"""Which recognisers are installed, and downloading another. No bpy in here.

Nothing is loaded to answer: only names and sizes of files are read, once a second at most, since panels ask on every
redraw.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from exges_core.errors import ExgesError
from exges_core.protocol import Fetch, JobProgress
from exges_core.speech import model_files
from exges_core.speech.model_files import MOONSHINE, POCKETSPHINX, WHISPER

from . import client
from .process import Launch

AUTO, NONE = "auto", "none"
_FRESH_S = 1.0
_TITLES = {AUTO: "Automatic", MOONSHINE.name: "Moonshine", POCKETSPHINX: "PocketSphinx", NONE: "None"}


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where an engine looks for speech models.

    Attributes:
        environment: environment variables that place its caches, and the models that came with the extension.
        has_whisper: False = this engine cannot run Whisper's models.
    """

    environment: Mapping[str, str]
    has_whisper: bool = True

    @property
    def variables(self) -> Mapping[str, str]:
        """Return all environment variables by which the engine finds models."""
        return {**os.environ, **self.environment}


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A model that can be downloaded.

    Attributes:
        model: the engine's name for it.
        what: its title and its languages.
        download_mb, disk_mb: size of the download and on disk, in MB.
        source: where it comes from.
    """

    model: str
    what: str
    download_mb: int
    disk_mb: int
    licence: str
    source: str


def _whisper(name: str, what: str, megabytes: int) -> Offer:
    return Offer(
        model=f"{WHISPER}{name}",
        what=f"Whisper {name}, {what}",
        download_mb=megabytes,
        disk_mb=megabytes,
        licence="MIT",
        source="OpenAI, by the package openai-whisper",
    )


OFFERS = (
    Offer(
        model=MOONSHINE.name,
        what=f"{MOONSHINE.title}, English",
        download_mb=round(MOONSHINE.wheel_bytes / 1e6),
        disk_mb=MOONSHINE.megabytes,
        licence=MOONSHINE.licence,
        source=f"the package {MOONSHINE.wheel.replace('==', ' ')}, by pip",
    ),
    _whisper("tiny", "any language", 76),
    _whisper("base.en", "English", 145),
    _whisper("base", "any language", 145),
    _whisper("small", "any language", 484),
    _whisper("medium", "any language", 1528),
    _whisper("turbo", "any language", 1618),
    _whisper("large-v3", "any language", 3087),
)
"""Moonshine first; Whisper's sizes are those of OpenAI's files."""


class _Seen:
    """What was found a moment ago, and in which places."""

    places: Places | None = None
    here: tuple[str, ...] = ()
    until_s = 0.0


def here(places: Places) -> tuple[str, ...]:
    """Return the recognisers installed now, by the engine's names; Automatic uses the first."""
    if _Seen.places != places or time.monotonic() > _Seen.until_s:
        found = model_files.recognisers_here(places.variables)
        _Seen.here = tuple(each for each in found if places.has_whisper or not each.startswith(WHISPER))
        _Seen.places, _Seen.until_s = places, time.monotonic() + _FRESH_S
    return _Seen.here


def forget() -> None:
    """Look again next time."""
    _Seen.places = None


def is_here(asr: str, places: Places) -> bool:
    """Return whether a recogniser works without a download; Automatic and None always do."""
    if asr in (AUTO, NONE) or asr in here(places):
        return True
    if not asr.startswith(WHISPER) or not places.has_whisper:
        return False
    name = asr.removeprefix(WHISPER)
    return bool(name) and (model_files.whisper_file(name, places.variables).is_file() or Path(name).is_file())


def is_known(asr: str) -> bool:
    """Return whether this is a recogniser's name at all."""
    return asr in _TITLES or (asr.startswith(WHISPER) and asr != WHISPER)


def title(asr: str) -> str:
    """Return a recogniser's title."""
    if asr.startswith(WHISPER):
        return f"Whisper {Path(asr.removeprefix(WHISPER)).name}"
    return _TITLES.get(asr, asr)


def offer_of(model: str) -> Offer | None:
    """Return the offer for a model, None if it cannot be downloaded."""
    return next((each for each in OFFERS if each.model == model), None)


def folder_of(model: str, places: Places) -> Path:
    """Return the folder that a model is downloaded to."""
    if model.startswith(WHISPER):
        return model_files.whisper_folder(places.variables)
    return MOONSHINE.folder_in(places.variables)


class Fetching:
    """Downloads a model in a worker of its own, so that takes can be generated meanwhile.

    Call `step` until it returns True.

    Attributes:
        model: the engine's name for it.
        started_s: when it began, on the monotonic clock.
    """

    def __init__(self, model: str, launch: Launch) -> None:
        self.model, self.started_s = model, time.monotonic()
        self._engine = client.Engine.of(launch)
        self._job = client.Job(self._engine, Fetch(id=uuid.uuid4().hex, model=model))

    @property
    def progress(self) -> JobProgress:
        """Return its stage and fraction."""
        return self._job.progress

    @property
    def is_cancelled(self) -> bool:
        """Return whether it was asked to stop."""
        return self._job.is_cancelled

    def step(self) -> bool:
        """Process the worker's messages; return True once the model is installed.

        Raises:
            Cancelled, InputError, OutputError, WorkerError: as `client.Job.step`; the worker has been ended by then.
        """
        try:
            is_done = self._job.step()
        except ExgesError:
            self.end()
            raise
        if is_done:
            self.end()
        return is_done

    def cancel(self) -> None:
        """Ask it to stop; a later `step` raises Cancelled."""
        self._job.cancel()

    def end(self) -> None:
        """End the worker without waiting for it."""
        forget()
        self._engine.leave()
