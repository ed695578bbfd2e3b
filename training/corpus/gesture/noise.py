"""Time courses: coloured noise, minimum-jerk-like submovements and their sums. No meaning and no body parts in here.

A person's motion is a sum of overlapping submovements with smooth onsets, on a ground of noise that is strong at slow
and weak at fast rates. Ours, after Flash and Hogan (1985) and Morasso and Mussa-Ivaldi (1982).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import betainc

from exges_core.arrays import Array, Float
from exges_core.timeline import MOTION_RATE_HZ


def coloured(
    frames: int, channels: int, *, corner_hz: float, slope: float = 0.0, order: int = 2, generator: np.random.Generator
) -> Float[Array, "frames channels"]:
    """Draw noise of unit standard deviation with power ~ f^-slope, low-passed at `corner_hz`; ours.

    The expected (not the drawn) deviation is 1, so short pieces stay as calm as they happen to be.
    """
    padded = max(256, 2 * frames)
    rate = np.fft.rfftfreq(padded, 1.0 / MOTION_RATE_HZ)
    rate_or_lowest = np.maximum(rate, 0.04)
    gain = rate_or_lowest ** (-slope / 2) / np.sqrt(1.0 + (rate_or_lowest / corner_hz) ** (2 * order))
    gain[0] = 0.0
    white = np.fft.rfft(generator.standard_normal((padded, channels)), axis=0)
    expected = np.sqrt(2.0 * np.sum(gain**2) / padded)
    return np.fft.irfft(white * gain[:, None], n=padded, axis=0)[:frames] / expected


def progress(
    time_s: Float[Array, "..."],
    start_s: Float[Array, "..."],
    end_s: Float[Array, "..."],
    rise: Float[Array, "..."],
    fall: Float[Array, "..."],
) -> Float[Array, "..."]:
    """Return how much of a submovement is done, 0 to 1; speed ~ t^rise (1-t)^fall, minimum jerk at 2 and 2."""
    share = np.clip((time_s - start_s) / np.maximum(end_s - start_s, 1e-3), 0.0, 1.0)
    share, rise, fall = np.broadcast_arrays(share, rise, fall)
    done = np.where(share >= 1.0, 1.0, 0.0)
    is_under_way = (share > 0.0) & (share < 1.0)
    done[is_under_way] = betainc(rise[is_under_way] + 1.0, fall[is_under_way] + 1.0, share[is_under_way])
    return done


def frame_times(frames: int) -> Float[Array, "frames"]:
    """Return the instants of frames in seconds."""
    return np.arange(frames) / MOTION_RATE_HZ


@dataclass
class Track:
    """Channels over time: an initial value plus the sum of its submovements.

    Velocity is continuous however they overlap, which is what makes gestures flow into each other.
    """

    initial: Float[Array, "channels"]
    starts_s: list[float] = field(default_factory=list)
    ends_s: list[float] = field(default_factory=list)
    changes: list[Array] = field(default_factory=list)
    skews: list[float] = field(default_factory=list)

    def add(self, start_s: float, end_s: float, change: Float[Array, "channels"], skew: float = 0.0) -> None:
        """Append a submovement; positive `skew` peaks early (0.3 at 42 % of the time)."""
        self.starts_s.append(start_s)
        self.ends_s.append(max(end_s, start_s + 0.08))
        self.changes.append(np.asarray(change, dtype=np.float64))
        self.skews.append(skew)

    def pulse(
        self, start_s: float, top_s: float, end_s: float, size: Float[Array, "channels"], skew: float = 0.0
    ) -> None:
        """Append a movement there and back."""
        self.add(start_s, top_s, size, skew)
        self.add(top_s, end_s, -np.asarray(size), skew)

    def sample(self, frames: int) -> Float[Array, "frames channels"]:
        """Return the sum at every frame."""
        base = np.broadcast_to(self.initial, (frames, len(self.initial))).astype(np.float64)
        if not self.starts_s:
            return base.copy()
        skew = np.array(self.skews)
        done = progress(
            frame_times(frames)[:, None], np.array(self.starts_s), np.array(self.ends_s), 2.0 - skew, 2.0 + skew
        )
        return base + done @ np.array(self.changes)


def smooth(values: Float[Array, "frames channels"], sigma_s: float) -> Float[Array, "frames channels"]:
    """Blur along time with a Gaussian; the ends are held."""
    radius = max(1, round(3 * sigma_s * MOTION_RATE_HZ))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / (sigma_s * MOTION_RATE_HZ)) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(values, ((radius, radius), (0, 0)), mode="edge")
    return np.stack(
        [np.convolve(padded[:, channel], kernel, mode="valid") for channel in range(values.shape[1])], axis=1
    )
