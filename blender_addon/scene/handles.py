# SPDX-License-Identifier: GPL-3.0-or-later
"""Bezier curves whose handles have lengths of their own, and how they are fitted to a dense motion; ours.

Numpy alone. What keys cannot show with handles of a third of the way, they often can with longer and shorter ones: many
small least-squares problems at once, linear in values and slopes, by Gauss and Newton's way in the handles' lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from exges_core.arrays import Array

from .segments import slopes_of
from .small_systems import solved

_THIRD = 1.0 / 3.0
_SHORT, _LONG, _BOTH = 0.05, 0.65, 0.99
"""How far a handle may reach, of the way to the next key; both of a segment together no farther than to each other."""
_SPAN = 5
"""Segments that are fitted together about one that is off."""
_STEPS, _DAMPING = 20, 0.5
_STIFF = 3.0
"""How much handles like to be a third of the way."""
_FEW = 0.75
"""With a smaller share of runs left, only these are fitted further."""
_GAIN = 0.3
"""How little weight what is not off keeps from one step to the next."""


@dataclass(eq=False)
class Curves:
    """Keys, groups of channels, and handles; slopes go on smoothly through a key.

    Attributes:
        keys: their frames.
        values, slopes: keys x groups x channels; slopes are per frame.
        reaches: keys x groups x channels x 2: how far the handles before and after reach, of the way to the next key.
    """

    keys: Array
    values: Array
    slopes: Array
    reaches: Array

    def scaled(self, by: Array | float) -> Curves:
        """Return the curves with values in another unit."""
        return Curves(keys=self.keys, values=self.values * by, slopes=self.slopes * by, reaches=self.reaches)

    def of(self, groups: Array) -> Curves:
        """Return some of the groups, as a copy."""
        return Curves(self.keys, self.values[:, groups], self.slopes[:, groups], self.reaches[:, groups])

    def put(self, groups: Array, part: Curves) -> None:
        """Take over some groups of the same keys."""
        self.values[:, groups], self.slopes[:, groups] = part.values, part.slopes
        self.reaches[:, groups] = part.reaches

    def follow(self, wanted: Array) -> None:
        """Let groups be where they should on both ends of segments in which they are off by more than 1."""
        is_off = self.off(wanted) > 1.0
        none = np.zeros_like(is_off[:1])
        is_end = np.concatenate([none, is_off]) | np.concatenate([is_off, none])
        frames = self.keys - self.keys[0]
        self.values[is_end], self.slopes[is_end] = wanted[frames][is_end], slopes_of(wanted)[frames][is_end]

    def shown(self) -> Array:
        """Return the values on every frame from the first key to the last."""
        if len(self.keys) < 2:
            return self.values
        frames: Array = np.arange(int(self.keys[0]), int(self.keys[-1]) + 1)
        place: Array = np.clip(np.searchsorted(self.keys, frames, side="right") - 1, 0, len(self.keys) - 2)
        length = (self.keys[place + 1] - self.keys[place]).astype(np.float64)[:, None, None]
        right, left = self.reaches[place, ..., 1], self.reaches[place + 1, ..., 0]
        share: Array = np.broadcast_to((frames - self.keys[place])[:, None, None] / length, right.shape)
        first, last = self.values[place], self.values[place + 1]
        inner = first + right * length * self.slopes[place], last - left * length * self.slopes[place + 1]
        time, is_own = share.copy(), (right != _THIRD) | (left != _THIRD)
        time[is_own] = _times(share[is_own], right[is_own], left[is_own])
        weights = _weights(time)
        return weights[0] * first + weights[1] * inner[0] + weights[2] * inner[1] + weights[3] * last

    def off(self, wanted: Array) -> Array:
        """Return how far each group is off at worst from each key to before the next, segments x groups."""
        errors = self.shown() - wanted
        distances: Array = np.sqrt((errors * errors).sum(axis=2))
        found: Array = np.maximum.reduceat(distances, self.keys[:-1] - self.keys[0], axis=0)
        found[-1] = np.maximum(found[-1], distances[-1])
        return found

    def split(self, frame: int) -> Curves:
        """Return the same curves with a key more."""
        place = int(np.searchsorted(self.keys, frame)) - 1
        length = float(self.keys[place + 1] - self.keys[place])
        share = (frame - float(self.keys[place])) / length
        right, left = self.reaches[place, ..., 1], self.reaches[place + 1, ..., 0]
        time = _times(np.full(right.shape, share), right, left)
        first, last = self.values[place], self.values[place + 1]
        inner = first + right * length * self.slopes[place], last - left * length * self.slopes[place + 1]
        at, value = (
            _cut((np.zeros_like(right), right, 1.0 - left, np.ones_like(right)), time),
            _cut((first, *inner, last), time),
        )
        slope = (value[1] - value[0]) / np.maximum(at[1] - at[0], 1e-9) / length
        reach = np.stack([(share - at[0]) / share, (at[1] - share) / (1.0 - share)], axis=-1)
        reaches = self.reaches.copy()
        reaches[place, ..., 1], reaches[place + 1, ..., 0] = right * time / share, left * (1.0 - time) / (1.0 - share)
        middle = (1.0 - time) * value[0] + time * value[1]
        return Curves(
            keys=np.insert(self.keys, place + 1, frame),
            values=np.insert(self.values, place + 1, middle, axis=0),
            slopes=np.insert(self.slopes, place + 1, slope, axis=0),
            reaches=np.insert(reaches, place + 1, reach, axis=0),
        )


def of_thirds(keys: Array, values: Array, slopes: Array) -> Curves:
    """Return curves of such keys whose handles reach a third of the way."""
    return Curves(keys=keys, values=values, slopes=slopes, reaches=np.full((*values.shape, 2), _THIRD))


def _cut(points: Sequence[Array], time: Array) -> tuple[Array, Array]:
    """Return the two points between which a cubic's own point lies at a time."""
    first, second, third = ((1.0 - time) * one + time * other for one, other in pairwise(points))
    return (1.0 - time) * first + time * second, (1.0 - time) * second + time * third


def _weights(time: Array) -> tuple[Array, Array, Array, Array]:
    rest = 1.0 - time
    return rest**3, 3.0 * time * rest * rest, 3.0 * time * time * rest, time**3


def _times(share: Array, right: Array, left: Array, *, near: Array | None = None) -> Array:
    """Return where on a segment's curve the share of its way lies, both from 0 to 1: a few of Newton's steps.

    Two do if it was found already with handles that are hardly shorter or longer.
    """
    time = (share if near is None else near).copy()
    for _ in range(6 if near is None else 2):
        rest = 1.0 - time
        at = 3.0 * time * rest * (right * rest + (1.0 - left) * time) + time**3
        slope = 3.0 * (rest * rest * right + 2.0 * rest * time * (1.0 - right - left) + time * time * left)
        time = np.clip(time - (at - share) / np.maximum(slope, 0.05), 0.0, 1.0)
    return time


def polish(curves: Curves, wanted: Array, off: Array, *, kept: Array, seed: int) -> None:
    """Fit handles, values and slopes about segments that are off by more than 1; nothing becomes worse.

    Args:
        curves: changed in place.
        wanted: the dense motion, frames x groups x channels.
        off: what `Curves.off` says.
        kept: per frame, True = the key there keeps its values.
        seed: of the order in which neighbours that are off have their turn.
    """
    firsts, groups = _chosen(off, np.random.default_rng(seed))
    if len(firsts):
        _Windows(curves, wanted, firsts, groups, kept).fit()


def _chosen(off: Array, generator: np.random.Generator) -> tuple[Array, Array]:
    """Return the first segments and the groups of windows about what is off, no two of a group over one another."""
    found: list[tuple[int, int]] = []
    for group in np.flatnonzero((off > 1.0).any(axis=0)).tolist():
        taken: list[int] = []
        for segment in generator.permutation(np.flatnonzero(off[:, group] > 1.0)).tolist():
            first = max(0, min(segment - _SPAN // 2, len(off) - _SPAN))
            if all(abs(first - other) >= _SPAN for other in taken):
                taken.append(first)
                found.append((first, group))
    firsts, groups = np.array(found, dtype=np.int64).reshape(-1, 2).T
    return firsts, groups


class _Windows:
    """Runs of a few segments, each of one group, fitted at once; windows x channels x frames, keys or segments.

    What the first and the last key of a run share with their neighbours stays.
    """

    places: Array
    groups: Array
    is_real: Array
    is_in: list[Array]
    length: Array
    share: Array
    time: Array | None
    wanted: Array
    at: Array
    is_free: Array

    def __init__(self, curves: Curves, wanted: Array, firsts: Array, groups: Array, kept: Array) -> None:
        span, last = min(_SPAN, len(curves.keys) - 1), len(curves.keys) - 1
        self.curves, self.places, self.groups = curves, firsts[:, None] + np.arange(span + 1), groups[:, None]
        keys: Array = curves.keys[self.places] - curves.keys[0]
        frames: Array = keys[:, :1] + np.arange(int((keys[:, -1] - keys[:, 0]).max()) + 1)
        self.is_real = frames <= keys[:, -1:]
        frames = np.minimum(frames, keys[:, -1:])
        segments: Array = np.clip((frames[:, :, None] >= keys[:, None]).sum(axis=2) - 1, 0, span - 1)
        windows = np.arange(len(firsts))[:, None]
        lengths: Array = (keys[windows, segments + 1] - keys[windows, segments]).astype(np.float64)
        self.length, share = lengths[:, None], ((frames - keys[windows, segments]) / lengths)[:, None]
        self.is_in = [((segments == each) & self.is_real)[:, None, :, None] for each in range(span)]
        self.wanted = wanted[frames, self.groups].transpose(0, 2, 1)
        self.at = np.broadcast_to(segments[:, None], self.wanted.shape)
        self.share, self.time = np.broadcast_to(share, self.wanted.shape), None
        inner = np.ones((len(firsts), span + 1), dtype=bool)
        inner[:, 0], inner[:, -1] = firsts == 0, firsts + span == last
        free = [inner & ~kept[keys], inner, np.ones((len(firsts), 2 * span), dtype=bool)]
        self.is_free = np.concatenate(free, axis=1)[:, None]

    def fit(self) -> None:
        """Fit, with ever more weight on what is off, and keep the best of it."""
        state = self._read()
        best, least = [each.copy() for each in state], np.full(len(self.places), np.inf)
        weight = np.ones((len(self.places), self.is_real.shape[1]))
        for step in range(_STEPS + 1):
            errors, columns = self._shown(state)
            distances: Array = np.sqrt((errors * errors).sum(axis=1))
            worst: Array = distances.max(axis=1)
            for kept, each in zip(best, state, strict=True):
                kept[worst < least] = each[worst < least]
            least = np.minimum(least, worst)
            is_left: Array = least > 1.0
            if step == _STEPS or not is_left.any():
                break
            weight = np.clip(weight * (_GAIN + distances / np.maximum(worst, 1e-12)[:, None]), 1e-3, None)
            weight /= weight.max(axis=1, keepdims=True)
            self._move(state, self._step(state, errors, columns, (weight * weight)[:, None]))
            if is_left.mean() < _FEW:
                self._write(best)
                state, best = [each[is_left] for each in state], [each[is_left] for each in best]
                least, weight = least[is_left], weight[is_left]
                self._keep(is_left)
        self._write(best)

    def _keep(self, is_left: Array) -> None:
        """Go on with some of the runs only."""
        for name in ("places", "groups", "is_real", "length", "share", "time", "wanted", "at", "is_free"):
            setattr(self, name, getattr(self, name)[is_left])
        self.is_in = [each[is_left] for each in self.is_in]

    def _read(self) -> list[Array]:
        """Return values, slopes, and reaches after the first and before the second key of every segment."""
        curves, places, groups = self.curves, self.places, self.groups
        of = (curves.values[places, groups], curves.slopes[places, groups])
        reaches = curves.reaches[places[:, :-1], groups, :, 1], curves.reaches[places[:, 1:], groups, :, 0]
        return [each.transpose(0, 2, 1).copy() for each in (*of, *reaches)]

    def _write(self, state: Sequence[Array]) -> None:
        values, slopes, right, left = (each.transpose(0, 2, 1) for each in state)
        curves, places, groups = self.curves, self.places, self.groups
        # Of keys at an end, which other windows share, nothing has changed but the handle on this side.
        curves.values[places, groups], curves.slopes[places, groups] = values, slopes
        curves.reaches[places[:, :-1], groups, :, 1], curves.reaches[places[:, 1:], groups, :, 0] = right, left

    def _shown(self, state: Sequence[Array]) -> tuple[Array, Array]:
        """Return by how much each frame is missed, and what it gains by more of what its segment has.

        That is: both values, both slopes, both reaches.
        """
        rows, columns = np.ogrid[: len(self.at), : self.at.shape[1]]
        of = (rows[:, :, None], columns[:, :, None])
        first, last = (state[0][(*of, self.at + each)] for each in (0, 1))
        one, other = (state[1][(*of, self.at + each)] * self.length for each in (0, 1))
        right, left = (each[(*of, self.at)] for each in state[2:])
        self.time = time = _times(self.share, right, left, near=self.time)
        weights, rest, inner = _weights(time), 1.0 - time, (first + right * one, last - left * other)
        errors = self.wanted - (weights[0] * first + weights[1] * inner[0] + weights[2] * inner[1] + weights[3] * last)
        rise = (
            rest * rest * (inner[0] - first) + 2.0 * rest * time * (inner[1] - inner[0]) + time**2 * (last - inner[1])
        )
        run = rest * rest * right + 2.0 * rest * time * (1.0 - right - left) + time * time * left
        slope = rise / np.maximum(run, 0.01)
        turns = (self.length * right * weights[1], -self.length * left * weights[2])
        longer = (weights[1] * (one - slope), weights[2] * (slope - other))
        columns = (weights[0] + weights[1], weights[2] + weights[3], *turns, *longer)
        return errors * self.is_real[:, None], np.stack(columns, axis=3)

    def _step(self, state: Sequence[Array], errors: Array, columns: Array, weight: Array) -> Array:
        """Return by how much to change all unknowns of every window and channel."""
        span, shape = len(self.is_in), errors.shape[:2]
        square, right_side = np.zeros((*shape, 4 * span + 2, 4 * span + 2)), np.zeros((*shape, 4 * span + 2))
        weighted = np.concatenate([columns, errors[..., None]], axis=3) * weight[..., None]
        for segment, is_in in enumerate(self.is_in):
            keys = span + 1 + segment
            rows = np.array([segment, segment + 1, keys, keys + 1, span + 1 + keys, 2 * span + 1 + keys])
            block = (columns * is_in).swapaxes(2, 3) @ weighted
            square[:, :, rows[:, None], rows] += block[..., :6]
            right_side[:, :, rows] += block[..., 6]
        stiff = slice(2 * span + 2, None)
        right_side[..., stiff] += _STIFF * (_THIRD - np.concatenate(list(state[2:]), axis=2))
        square *= self.is_free[..., None] & self.is_free[:, :, None]
        diagonal = np.arange(4 * span + 2)
        square[..., diagonal, diagonal] *= 1.0 + 1e-4
        square[..., diagonal, diagonal] += np.where(self.is_free, 1e-6, 1.0) + _STIFF * (diagonal >= stiff.start)
        return _DAMPING * solved(square, right_side * self.is_free)

    def _move(self, state: Sequence[Array], by: Array) -> None:
        """Change the unknowns, with handles as long as they may be."""
        span, start = len(self.is_in), 0
        for each, count in zip(state, (span + 1, span + 1, span, span), strict=True):
            each += by[..., start : start + count] if count > span else by[..., start : start + count].clip(-0.07, 0.07)
            start += count
        for each in state[2:]:
            np.clip(each, _SHORT, _LONG, out=each)
        too_long = np.maximum((state[2] + state[3]) / _BOTH, 1.0)
        for each in state[2:]:
            each /= too_long
