"""Linear filters along the first axis: a Gaussian, a zero-phase low-pass, any kernel by overlapping blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np

from exges_core.arrays import Array, Float, convolve

Edge = Literal["reflect", "nearest"]
_PADDING: dict[Edge, Literal["symmetric", "edge"]] = {"reflect": "symmetric", "nearest": "edge"}
_TRUNCATED = 4.0
_BLOCK = 32
"""Frames filtered by one product; between blocks only the filter's two states pass."""


def gaussian(
    values: Float[Array, "frames *channels"], sigma: float, *, edge: Edge = "reflect"
) -> Float[Array, "frames *channels"]:
    """Return values under a Gaussian cut off at 4 sigma, float64: `scipy.ndimage.gaussian_filter1d` along frames.

    Args:
        values: at least one frame.
        sigma: standard deviation in frames.
        edge: what is beyond the ends: reflect = their mirror image (d c b a | a b c d), nearest = their last value.
    """
    kernel = _bell(sigma)
    reach = len(kernel) // 2
    rows = np.asarray(values, np.float64).reshape(len(values), -1)
    padded = np.pad(rows, ((reach, reach), (0, 0)), mode=_PADDING[edge])
    smooth = [_mirrored(each, kernel) for each in padded.T]
    return np.stack(smooth, axis=-1).reshape(values.shape)


def _mirrored(course: Float[Array, "padded"], kernel: Float[Array, "taps"]) -> Float[Array, "frames"]:
    """Return the course under a symmetric kernel, summed both ways: peaks that mirror each other stay equal."""
    return 0.5 * (convolve(course, kernel, "valid") + convolve(course[::-1], kernel, "valid")[::-1])


@lru_cache(maxsize=32)
def _bell(sigma: float) -> Float[Array, "taps"]:
    reach = int(_TRUNCATED * sigma + 0.5)
    bell = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / sigma))
    return bell / bell.sum()


def convolved(values: Float[Array, "frames channels"], kernel: Float[Array, "taps"]) -> Float[Array, "frames channels"]:
    """Return values under a kernel of odd length, centred, zeros beyond the ends: `scipy.signal.oaconvolve`'s "same".

    Blocks of frames are filtered by FFT and their overlaps added: rounding stays within a block's length of its cause.
    """
    frames, taps = len(values), len(kernel)
    size = min((1 << power for power in range(taps.bit_length(), 20)), key=lambda size: _cost(size, frames, taps))
    step = size - taps + 1
    blocks = -(-frames // step)
    padded = np.zeros((blocks * step, values.shape[1]))
    padded[:frames] = values
    # Time last: an FFT along rows in memory is twice as fast.
    rows = np.moveaxis(padded.reshape(blocks, step, -1), 1, 2)
    parts = np.fft.irfft(np.fft.rfft(rows, size) * np.fft.rfft(kernel, size), size)
    whole = np.zeros((values.shape[1], blocks * step + taps - 1))
    for number in range(blocks):
        whole[:, number * step : number * step + size] += parts[number]
    return np.ascontiguousarray(whole[:, taps // 2 : taps // 2 + frames].T)


def _cost(size: int, frames: int, taps: int) -> float:
    """Return about how long FFTs of a size take for all frames."""
    return -(-frames // (size - taps + 1)) * size * float(np.log2(size) + 2.0)


def low_pass_both_ways(
    values: Float[Array, "frames *channels"], cutoff: float, *, beyond: int
) -> Float[Array, "frames *channels"]:
    """Return values under a second-order Butterworth filter, forwards and backwards, float64.

    What `scipy.signal.sosfiltfilt` gives with `butter(2, cutoff, fs=1)` and odd padding.

    Args:
        values: more than `beyond` frames.
        cutoff: where the filter halves the power, in turns a frame, below 0.5; both ways it halves the amplitude.
        beyond: frames by which the ends are continued, turned about their last value.
    """
    rows = np.asarray(values, np.float64).reshape(len(values), -1)
    frames = len(rows) + 2 * beyond
    blocks = np.empty((-(-frames // _BLOCK), _BLOCK, rows.shape[1]))
    course = blocks.reshape(-1, rows.shape[1])
    course[:beyond] = 2.0 * rows[0] - rows[beyond:0:-1]
    course[beyond : beyond + len(rows)] = rows
    course[beyond + len(rows) : frames] = 2.0 * rows[-1] - rows[-2 : -beyond - 2 : -1]
    course[frames:] = 0.0
    forwards, backwards = _blocks_of(cutoff)
    forth = _one_way(blocks, range(len(blocks)), forwards, course[0])
    last = forth.reshape(course.shape)[frames - 1]
    # What fills the last block is as if its last frame had been there for ever.
    forth.reshape(course.shape)[frames:] = last
    back = _one_way(forth, range(len(blocks))[::-1], backwards, last)
    return back.reshape(course.shape)[beyond : beyond + len(rows)].reshape(values.shape)


class _Blocks(NamedTuple):
    """What the filter makes of a block of frames.

    Attributes:
        own: of a block's input, its output without a past and, in the last two rows, the state it leaves behind.
        past: of the state before a block, what it adds to the output.
        onward: of the state before a block, what is left of it behind.
        settled: the state when the input has been 1 for ever.
    """

    own: Float[Array, "block+2 block"]
    past: Float[Array, "block 2"]
    onward: Float[Array, "2 2"]
    settled: Float[Array, "2"]


def _one_way(
    blocks: Float[Array, "count block channels"], order: Sequence[int], by: _Blocks, first: Float[Array, "channels"]
) -> Float[Array, "count block channels"]:
    """Return blocks filtered one after the other, as if the first value had been there for ever."""
    made = by.own @ blocks
    states = made[:, _BLOCK:]
    state = by.settled[:, None] * first
    for number in order:
        left = states[number].copy()
        states[number] = state
        state = by.onward @ state + left
    filtered = by.past @ states
    filtered += made[:, :_BLOCK]
    return filtered


@lru_cache(maxsize=32)
def _blocks_of(cutoff: float) -> tuple[_Blocks, _Blocks]:
    """Return what the filter makes of blocks forwards and backwards."""
    (b0, b1, b2), (a1, a2) = _butterworth(cutoff)
    transition, entering = np.array([[-a1, 1.0], [-a2, 0.0]]), np.array([b1 - a1 * b0, b2 - a2 * b0])
    powers = [np.eye(2)]
    for _ in range(_BLOCK):
        powers.append(powers[-1] @ transition)
    past = np.stack([each[0] for each in powers[:_BLOCK]])
    left = np.stack([powers[_BLOCK - 1 - place] @ entering for place in range(_BLOCK)], axis=1)
    impulse = np.concatenate([[b0], past[:-1] @ entering])
    apart = np.arange(_BLOCK)[:, None] - np.arange(_BLOCK)
    response = np.where(apart >= 0, impulse[np.maximum(apart, 0)], 0.0)
    onward, settled = powers[_BLOCK], np.array([1.0 - b0, b2 - a2])
    turned = np.concatenate([response[::-1, ::-1], left[:, ::-1]])
    return (
        _Blocks(own=np.concatenate([response, left]), past=past, onward=onward, settled=settled),
        _Blocks(own=turned, past=np.ascontiguousarray(past[::-1]), onward=onward, settled=settled),
    )


def _butterworth(cutoff: float) -> tuple[tuple[float, float, float], tuple[float, float]]:
    """Return the filter's numerator and denominator (less its leading 1) by the bilinear transform."""
    k = math.tan(math.pi * cutoff)
    scale = 1.0 / (1.0 + math.sqrt(2.0) * k + k * k)
    gain = k * k * scale
    return (gain, 2.0 * gain, gain), (2.0 * (k * k - 1.0) * scale, (1.0 - math.sqrt(2.0) * k + k * k) * scale)
