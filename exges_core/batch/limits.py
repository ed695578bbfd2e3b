"""How long a clip may take: a worker that hangs in a library or on a lost drive says nothing, and must be ended.

The usual limit is no aim but far beyond the slowest that was measured (docs/batch.md), so that neither a slow machine
nor a large recogniser is ended wrongly. Limits change no clip, and no record has them.
"""

from __future__ import annotations

import faulthandler
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from exges_core.audio.waveform import MOST_DURATION_S
from exges_core.batch.patience import status_of
from exges_core.protocol import Idle, Request
from exges_core.speech.model_files import WHISPER, whisper_file
from exges_core.speech.whisper_speech import is_file_name

LOADING_S, PER_SPEECH_S = 300.0, 60.0
"""For loading whatever a worker's first clip needs, and for each second of sound."""
FETCHING_S = 3600.0
"""For a Whisper model that is named and has to be downloaded first."""
_LEAST_BYTES_PER_S = 1000.0
"""Of a sound whose length is not known: the least that speech is stored in."""
_STEP_S = 5.0
"""A driver looks every half second; what is far longer it has slept through."""
_MOST_S = 1e7
_TELLS_AT = 0.9


def usual_limit_s(request: Request | Idle, speech_s: float | None) -> float:
    """Return how long a clip may take where nobody said.

    Args:
        request: the clip.
        speech_s: its length; None = not known before it is decoded.
    """
    if isinstance(request, Idle):
        return LOADING_S + PER_SPEECH_S * request.seconds
    long_s = _at_most_s(request) if speech_s is None else speech_s
    return LOADING_S + PER_SPEECH_S * long_s + (FETCHING_S if _is_to_fetch(request.asr) else 0.0)


def _at_most_s(request: Request) -> float:
    try:
        whole_s = min(MOST_DURATION_S, status_of(Path(request.speech)).st_size / _LEAST_BYTES_PER_S)
    except OSError:  # it is gone by now, or its drive: its worker will say so
        return 0.0
    return whole_s if request.end_s is None else max(0.0, min(whole_s, request.end_s - request.start_s))


def _is_to_fetch(asr: str) -> bool:
    name = asr.removeprefix(WHISPER)
    return name != asr and not is_file_name(name) and not whisper_file(name).is_file()


def fault_of_limit(value: object) -> str:
    """Return what a limit must be; "" = it is."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= _MOST_S):
        return ""
    return f"0 (no limit) to {_MOST_S:.0f} seconds"


@contextmanager
def told_where(limit_s: float) -> Generator[None]:
    """Write to standard error where this process is when a clip comes near its limit: soon it cannot be asked."""
    if not limit_s:
        yield
        return
    faulthandler.dump_traceback_later(_TELLS_AT * limit_s)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


class Watch:
    """Which workers have been at a clip for too long; time that this very process slept through does not count.

    A laptop that slept, or a batch that was stopped by Ctrl-Z, would else find every clip in hand too late.
    """

    def __init__(self) -> None:
        self._last_s, self._awake_s = time.monotonic(), 0.0
        self._ends_s = dict[int, tuple[float, float]]()

    def begin(self, slot: int, limit_s: float) -> None:
        """Note that a worker has a clip, and how long it may take; 0 = for ever."""
        if limit_s:
            self._ends_s[slot] = self._now_s() + limit_s, limit_s

    def end(self, slot: int) -> None:
        """Note that a worker has none."""
        self._ends_s.pop(slot, None)

    def late(self) -> Mapping[int, float]:
        """Return who is too late by now, and what the limit was; ask often."""
        now_s = self._now_s()
        return {slot: limit_s for slot, (end_s, limit_s) in self._ends_s.items() if now_s >= end_s}

    def _now_s(self) -> float:
        now_s = time.monotonic()
        self._awake_s += min(now_s - self._last_s, _STEP_S)
        self._last_s = now_s
        return self._awake_s
