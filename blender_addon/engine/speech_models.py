# SPDX-License-Identifier: GPL-3.0-or-later
"""Which recognisers the engine has here, and a model on its way to it. No bpy in here.

Nothing is loaded to answer: only names and sizes of files are looked at, once a second at most, for panels ask at
every redraw.
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

AUTO, NONE = "auto", "none"
_FRESH_S = 1.0
_TITLES = {AUTO: "Automatic", MOONSHINE.name: "Moonshine", POCKETSPHINX: "PocketSphinx", NONE: "None"}


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A model that can be fetched.

    Attributes:
        model: as the engine calls it.
        what: what people call it, and what it hears.
        download_mb, disk_mb: how much comes over the line and how much stays.
        source: who gives it.
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
"""Moonshine first; sizes of Whisper's are those of its makers' files."""


class _Seen:
    """What was found a moment ago, and for which places."""

    places: Mapping[str, str] | None = None
    here: tuple[str, ...] = ()
    until_s = 0.0


def _environment(places: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment that the engine runs in, as far as it tells where models are."""
    return {**os.environ, **places}


def here(places: Mapping[str, str]) -> tuple[str, ...]:
    """Return what can recognise speech now, as the engine names it; Automatic takes the first.

    Args:
        places: the environment variables that tell the engine where its caches are.
    """
    if _Seen.places != places or time.monotonic() > _Seen.until_s:
        _Seen.here = model_files.recognisers_here(_environment(places))
        _Seen.places, _Seen.until_s = dict(places), time.monotonic() + _FRESH_S
    return _Seen.here


def forget() -> None:
    """Let the next look be a fresh one."""
    _Seen.places = None


def is_here(asr: str, places: Mapping[str, str]) -> bool:
    """Return whether a recogniser can work without a download; Automatic and None always can."""
    if asr in (AUTO, NONE) or asr in here(places):
        return True
    if not asr.startswith(WHISPER):
        return False
    name = asr.removeprefix(WHISPER)
    return bool(name) and (model_files.whisper_file(name, _environment(places)).is_file() or Path(name).is_file())


def is_known(asr: str) -> bool:
    """Return whether this names a recogniser at all."""
    return asr in _TITLES or (asr.startswith(WHISPER) and asr != WHISPER)


def title(asr: str) -> str:
    """Return what people call a recogniser."""
    if asr.startswith(WHISPER):
        return f"Whisper {Path(asr.removeprefix(WHISPER)).name}"
    return _TITLES.get(asr, asr)


def offer_of(model: str) -> Offer | None:
    """Return what is known of a model that can be fetched, None of any other."""
    return next((each for each in OFFERS if each.model == model), None)


def folder_of(model: str, places: Mapping[str, str]) -> Path:
    """Return the folder that a model is fetched into."""
    if model.startswith(WHISPER):
        return model_files.whisper_folder(_environment(places))
    return MOONSHINE.folder_in(_environment(places))


class Fetching:
    """A model on its way, in a worker of its own: takes can be made meanwhile. `step` until it returns True.

    Attributes:
        model: as the engine calls it.
        started_s: when it began.
    """

    def __init__(self, model: str, *, python: str, environment: Mapping[str, str]) -> None:
        self.model, self.started_s = model, time.monotonic()
        self._engine = client.Engine(client.command_of(python), environment=environment)
        self._job = client.Job(self._engine, Fetch(id=uuid.uuid4().hex, model=model))

    @property
    def progress(self) -> JobProgress:
        """Return how far it is."""
        return self._job.progress

    @property
    def is_cancelled(self) -> bool:
        """Return whether it was asked to stop."""
        return self._job.is_cancelled

    def step(self) -> bool:
        """Take in what the worker said; return True when the model is there.

        Raises:
            Cancelled, InputError, OutputError, WorkerError: as `client.Job.step`; the worker is ended then.
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
