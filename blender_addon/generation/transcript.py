# SPDX-License-Identifier: GPL-3.0-or-later
"""The transcript that settings name: a file, or a Text of the open file; and who speaks in it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import bpy

from exges_core.errors import TranscriptError
from exges_core.speech.speakers import speakers_of

from ..scene import cooperative
from ..scene.interface import redraw
from .settings import TakeSettings

_SUFFIXES = frozenset({".ass", ".ctm", ".eaf", ".json", ".lrc", ".sbv", ".srt", ".textgrid", ".tsv", ".txt", ".vtt"})
"""A Text that is named like one of these is one of these; of any other the content tells what it is."""
_FRESH_S, _POLL_S = 1.0, 0.1


def file_of(settings: TakeSettings, folder: Path) -> str | None:
    """Return the transcript as a file, None if there is none; a Text is written into the folder.

    Raises:
        TranscriptError: if the Text has gone or is empty.
    """
    if not settings.transcript_text:
        return bpy.path.abspath(settings.transcript) or None
    text = bpy.data.texts.get(settings.transcript_text)
    said = "" if text is None else text.as_string()
    if not said.strip():
        what = f"Text {settings.transcript_text!r} in this file" if text is None else f"words in the Text {text.name!r}"
        raise TranscriptError(f"No {what}. Write or paste the words into one, or choose none as the transcript.")
    suffix = Path(settings.transcript_text).suffix.lower()
    path = folder / f"transcript{suffix if suffix in _SUFFIXES else '.txt'}"
    path.write_text(said, encoding="utf-8")
    return str(path)


@dataclass(frozen=True, kw_only=True)
class _Version:
    """A file as it was at one moment."""

    path: str
    modified_ns: int
    size_bytes: int


class _Look:
    """The transcript that was looked at last, and the look in hand: whole files are read in a thread."""

    asked: str = ""
    asked_version: _Version | None = None
    fresh_until_s = 0.0
    version: _Version | None = None
    speakers: tuple[str, ...] = ()
    work: cooperative.Aside[tuple[str, ...]] | None = None
    looking_at: _Version | None = None


def speakers(path: str, *, may_wait: bool = bpy.app.background) -> tuple[str, ...]:
    """Return who speaks in a transcript file, () if it names nobody, cannot be read or is still being looked at.

    Args:
        path: as the panel has it; '' = no file.
        may_wait: True = nobody draws: look at once. Under a window a thread does it, and panels are drawn again.
    """
    version = _version(path)
    if version is None or version == _Look.version:
        return _Look.speakers if version is not None else ()
    if may_wait:
        _take_in(version, cooperative.Aside(lambda: speakers_of(Path(version.path))))
        return _Look.speakers
    if _Look.work is None:
        _Look.work, _Look.looking_at = cooperative.Aside(lambda: speakers_of(Path(version.path))), version
        if not bpy.app.timers.is_registered(poll):
            bpy.app.timers.register(poll, first_interval=_POLL_S)
    return ()


def _version(path: str) -> _Version | None:
    absolute = bpy.path.abspath(path)
    if _Look.asked != absolute or time.monotonic() > _Look.fresh_until_s:
        try:
            found = Path(absolute).stat() if path else None
        except (OSError, ValueError):
            found = None
        _Look.asked, _Look.fresh_until_s, _Look.asked_version = absolute, time.monotonic() + _FRESH_S, None
        if found is not None:
            _Look.asked_version = _Version(path=absolute, modified_ns=found.st_mtime_ns, size_bytes=found.st_size)
    return _Look.asked_version


def _take_in(version: _Version, work: cooperative.Aside[tuple[str, ...]]) -> None:
    _Look.speakers, _Look.version = work.result(), version


def poll() -> float | None:
    """Take in what the thread has found and let panels be drawn again; return when to ask again, None: never."""
    work, version = _Look.work, _Look.looking_at
    if work is None or version is None:
        return None
    if not work.is_done:
        return _POLL_S
    _Look.work = None
    _take_in(version, work)
    redraw(bpy.context)
    return None


def stop() -> None:
    """End the look in hand and forget everything."""
    if bpy.app.timers.is_registered(poll):
        bpy.app.timers.unregister(poll)
    work, _Look.work = _Look.work, None
    if work is not None:
        work.wait()
    _Look.version, _Look.asked = None, ""
