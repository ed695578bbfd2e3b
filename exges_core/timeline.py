"""Exact time: seconds <-> frames <-> samples, and the windows that cover a long take.

Frame k of a motion at rate r is the instant k / r. Rounding is to the nearest frame with halves up, everywhere, and it
is stated here once. Ratios are never truncated (samples per frame is 533.33, not 533). Only the standard library.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from exges_core.errors import InputError, message

MOTION_RATE_HZ = 30
"""Frame rate of everything inside the package; other rates exist only at the border."""
AUDIO_RATE_HZ = 16_000
"""Sample rate of everything inside the package."""


RATES_HZ = (1, 240)
"""Slowest and fastest frame rate that a motion is written at."""
_BROADCAST_HZ = (24, 30, 48, 60, 120)
"""Rates that television slowed down by 1000/1001 and that are written with too few digits ever since."""


def exact_rate(rate: str | float) -> Fraction:
    """Return a frame rate as the fraction that is meant: 23.976 is 24000/1001, and so for 29.97, 59.94 and their kin.

    >>> exact_rate("29.97")
    Fraction(30000, 1001)

    Raises:
        InputError: if it is no number, or outside `RATES_HZ`.
    """
    least, most = RATES_HZ
    try:
        found = Fraction(str(rate))
    except (ValueError, ZeroDivisionError):
        found = Fraction(0)
    if not least <= found <= most:
        do = "Use 24, 25, 30, 50, 60, 23.976 or 29.97, for one."
        raise InputError(
            message(expected=f"a frame rate from {least} to {most}", got=str(rate), where="frame rate", do=do)
        )
    meant = (Fraction(whole * 1000, 1001) for whole in _BROADCAST_HZ)
    return next((each for each in meant if abs(found - each) < Fraction(1, 125)), found)


def frame_at(time_s: float, rate_hz: float = MOTION_RATE_HZ) -> int:
    """Return the frame nearest to a time (halves go up).

    >>> frame_at(1.5), frame_at(1.5, rate_hz=24)
    (45, 36)
    """
    return math.floor(time_s * rate_hz + 0.5)


def time_of(frame: float, rate_hz: float = MOTION_RATE_HZ) -> float:
    """Return the instant of a frame in seconds."""
    return frame / rate_hz


def frames_in(duration_s: float, rate_hz: float = MOTION_RATE_HZ) -> int:
    """Return how many frames a duration holds: the nearest whole number, at least 1."""
    return max(1, frame_at(duration_s, rate_hz))


@dataclass(frozen=True, kw_only=True)
class Window:
    """A run of frames [start, stop) of a take."""

    start: int
    stop: int

    def __len__(self) -> int:
        """Return the number of frames."""
        return self.stop - self.start


def cover(frames: int, *, window: int, overlap: int) -> tuple[Window, ...]:
    """Cover `frames` frames by equal windows that overlap at least `overlap` frames; ours.

    The windows are spread evenly, so the last one ends on the last frame and none is shorter than the others. A take
    shorter than a window gives one window [0, window): the caller pads.

    Raises:
        ValueError: if `frames` < 1 or not 0 <= `overlap` < `window`.
    """
    if frames < 1 or not 0 <= overlap < window:
        raise ValueError(f"cover: need frames >= 1 and 0 <= overlap < window, got {frames=}, {window=}, {overlap=}")
    if frames <= window:
        return (Window(start=0, stop=window),)
    count = math.ceil((frames - overlap) / (window - overlap))
    last = frames - window
    starts = [math.floor(last * Fraction(index, count - 1) + Fraction(1, 2)) for index in range(count)]
    return tuple(Window(start=start, stop=start + window) for start in starts)
