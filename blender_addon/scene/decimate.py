# SPDX-License-Identifier: GPL-3.0-or-later
"""Fewer keys for the same motion: dense samples -> smooth cubic segments within a tolerance on every frame; ours.

Numpy alone. One set of key frames is found for the whole body, so that keys stand in columns: the cheapest path through
segments of the dense motion, where poses that matter cost less; then keys go, or two become one, wherever values and
slopes of those around them can be fitted to make up for it. Each part of the body drops the keys it can do without. The
body's keys may be a little too few, for handles of their own lengths make up for that (`handles`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from exges_core.arrays import Array, einsum

from . import handles, segments, small_systems

_TIGHT = 0.999
"""Of the tolerance: the rest is for rounding to the 32 bits that Blender keeps of values and handles."""
_CHEAPER = 0.35
"""How much less a key costs on a pose that matters."""
_CALM = 0.1
"""Below this share of its greatest speed a part rests."""
_LONGEST = 256
"""Frames without a key, at most: beyond, time would grow with the square of a still take's length."""
_REACH = 3
"""Keys to either side whose values and slopes may make up for one that goes."""
_CANDIDATES = 5
"""Frames to try for one key in place of two."""
_NEAR = 3
"""Frames that a key may move by to come to a pose that matters."""
_PRODUCT = 150_000
"""Multiplications of one matrix product, at most."""
_LOUD = 10
"""So many groups are asked first whether keys fit."""
_LOOSE = (1.2, 1.3)
"""How much farther off a group may be before handles are fitted: one that trembles, any other."""
_TREMBLING = 0.45
"""From this share of its speed on, a group's change of speed from frame to frame is a tremor."""
_POLISHED = 5
"""How often handles are fitted before keys are added, and again before there is one on every frame."""
_HOPELESS = (1.45, 1.16, 1.1, 1.08, 1.06, 1.04, 1.02, 1.0)
"""How far off a fit may be, first and each time it is repeated with more weight on what is off; else it never fits."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """What is to be shown with fewer keys.

    Attributes:
        values: frames x groups x channels; within a group the distance counts, 1 = the tolerance.
        kept: per frame, True = stays a key with its values.
        matters: per frame, from 0 to 1.
        loud: groups that move most: what does not fit them need not be tried on all.
    """

    values: Array
    kept: Array
    matters: Array
    loud: Array

    @cached_property
    def loudest(self) -> tuple[Array, Array]:
        """Return the values of the loud groups, frames x their channels in a row, and where these are among all."""
        groups, channels = self.values.shape[1:]
        places: Array = np.arange(groups * channels).reshape(groups, channels)[self.loud].ravel()
        return np.ascontiguousarray(_flat(self.values)[:, places]), places

    def beyond(self, firsts: Array, lasts: Array) -> list[bool]:
        """Return of segments, by their first and last frames, whether nothing that is fitted will do."""
        return segments.are_beyond(self.values, firsts, lasts).tolist()


@dataclass(eq=False)
class Fit:
    """Keys that show a motion.

    Attributes:
        keys: their frames.
        values, slopes: as the motion's values; what stands on other frames than the keys' means nothing.
        refused: runs of keys that did not fit, not to be tried again.
    """

    keys: Array
    values: Array
    slopes: Array
    refused: set[bytes] = field(default_factory=set)

    def of(self, groups: Array) -> Fit:
        """Return the same keys for some of the groups."""
        return Fit(keys=self.keys, values=self.values[:, groups], slopes=self.slopes[:, groups])

    def scaled(self, by: Array) -> Fit:
        """Return the same with values in another unit."""
        return Fit(keys=self.keys, values=self.values * by, slopes=self.slopes * by)

    def curves(self) -> handles.Curves:
        """Return what the keys show, with handles of a third of the way."""
        return handles.of_thirds(self.keys, self.values[self.keys], self.slopes[self.keys])


def poses_that_matter(values: Array) -> Array:
    """Return per frame whether a part rests there, begins or ends to, or turns back: where its speed is least.

    Args:
        values: frames x groups x channels of the part.
    """
    speed: Array = np.sqrt((segments.slopes_of(values) ** 2).sum(axis=(1, 2)))
    is_calm: Array = speed < _CALM * np.percentile(speed, 95)
    is_edge: Array = is_calm & ~(np.roll(is_calm, 1) & np.roll(is_calm, -1))
    is_least: Array = (speed <= _around(speed, 4).min(axis=1)) & (speed < np.roll(speed, 1))
    return is_edge | (is_least & (speed < 0.5 * _around(speed, 15).max(axis=1)))


def _around(speed: Array, reach: int) -> Array:
    """Return the speeds about every frame, frames x (2 reach + 1)."""
    return np.lib.stride_tricks.sliding_window_view(np.pad(speed, reach, mode="edge"), 2 * reach + 1)


def fits(values: Array, parts: Sequence[Array], *, kept: Array) -> list[handles.Curves]:
    """Return the keys of each part of a body; hardly one is on a frame where the whole body has none.

    Args:
        values: frames x groups x channels; within a group the distance counts, 1 = as far as it may be off.
        parts: the groups of each part.
        kept: frames that stay keys with their values.
    """
    count, tight = len(values), values / _TIGHT
    if count < 3:
        return [_every(values).of(part).curves() for part in parts]
    is_kept = np.zeros(count, dtype=bool)
    is_kept[[0, -1]] = True
    is_kept[kept[(kept >= 0) & (kept < count)]] = True
    matters = [poses_that_matter(tight[:, part]) for part in parts]
    # What moves most says which of them the whole body follows: arms, as a rule.
    path = [float(np.abs(np.diff(tight[:, part], axis=0)).sum()) / len(part) for part in parts]
    weight = np.max([each * by for each, by in zip(matters, path, strict=True)], axis=0) / (max(path) or 1.0)
    loose = _looseness(tight)
    rough = tight / loose
    whole = _body(Motion(values=rough, kept=is_kept, matters=weight, loud=_loud(rough))).scaled(loose)
    used = np.zeros(count, dtype=bool)
    used[whole.keys] = True
    found: dict[int, handles.Curves] = {}
    for number in sorted(range(len(parts)), key=lambda each: -path[each]):
        part, each = parts[number], matters[number]
        motion = Motion(values=tight[:, part], kept=is_kept, matters=each.astype(np.float64), loud=np.arange(len(part)))
        fit = whole.of(part)
        _tighten(motion, fit)
        _drop(motion, fit, is_free=~is_kept & ~each)
        _drop(motion, fit, is_free=~is_kept)
        found[number] = _polished(motion, fit.curves(), used).scaled(_TIGHT)
    _system_of.cache_clear()  # tens of megabytes
    return [found[number] for number in range(len(parts))]


def _looseness(values: Array) -> Array:
    """Return how much farther a group may be off before handles are fitted, as groups x 1: less where it trembles."""
    speed: Array = np.abs(np.diff(values, axis=0)).sum(axis=(0, 2))
    change: Array = np.abs(np.diff(values, n=2, axis=0)).sum(axis=(0, 2))
    return np.where(change > _TREMBLING * speed, *_LOOSE)[:, None]


def _tighten(motion: Motion, fit: Fit) -> None:
    """Fit the keys that are there once more wherever they are too far off."""
    for place in np.flatnonzero((fit.curves().off(motion.values) > 1.0).any(axis=1)).tolist():
        _refit(motion, fit, fit.keys, place)


def _polished(motion: Motion, curves: handles.Curves, used: Array) -> handles.Curves:
    """Return curves that are nowhere too far off: by their handles, by keys more where that does not help."""
    wrong: Array = np.flatnonzero((curves.off(motion.values) > 1.0).any(axis=0))
    wanted, turn = motion.values[:, wrong], 0
    while ((off := curves.of(wrong).off(wanted)) > 1.0).any():
        if turn >= _POLISHED:
            places = np.flatnonzero((off > 1.0).any(axis=1))
            new = _all_inside if turn >= 2 * _POLISHED else _wanting
            for frame in new(curves.keys, places, used):
                curves = curves.split(frame)
                used[frame] = True
            off = curves.of(wrong).off(wanted)
        part = curves.of(wrong)
        if turn >= 2 * _POLISHED:
            part.follow(wanted)
            off = part.off(wanted)
        handles.polish(part, wanted, off, kept=motion.kept, seed=turn)
        curves.put(wrong, part)
        turn += 1
    return curves


def _all_inside(keys: Array, places: Array, _used: Array) -> list[int]:
    return [frame for place in places.tolist() for frame in range(int(keys[place]) + 1, int(keys[place + 1]))]


def _wanting(keys: Array, places: Array, used: Array) -> list[int]:
    """Return where keys more are set: in the middle of segments, no neighbours at once, where others have one."""
    found: list[int] = []
    last = -2
    for place in places.tolist():
        inner: Array = np.arange(int(keys[place]) + 1, int(keys[place + 1]))
        if place > last + 1 and len(inner):
            last, middle = place, 0.5 * (keys[place] + keys[place + 1])
            near: Array = inner[used[inner]] if used[inner].any() else inner
            found.append(int(near[np.abs(near - middle).argmin()]))
    return found


def _loud(values: Array) -> Array:
    """Return the few groups that move most; all where there are few."""
    path: Array = np.abs(np.diff(values, axis=0)).sum(axis=(0, 2))
    return np.argsort(-path, kind="stable")[:_LOUD]


def _every(values: Array) -> Fit:
    return Fit(keys=np.arange(len(values)), values=values.copy(), slopes=segments.slopes_of(values))


def _body(motion: Motion) -> Fit:
    """Return the keys of a whole body."""
    fit = _every(motion.values)
    fit.keys = segments.cheapest_keys(motion.values, 1.0 - _CHEAPER * motion.matters, kept=motion.kept)
    for _ in range(2):
        before = len(fit.keys)
        _drop(motion, fit, is_free=~motion.kept)
        _merge(motion, fit)
        _slide(motion, fit)
        if len(fit.keys) == before:
            break
    return fit


def _slide(motion: Motion, fit: Fit) -> None:
    """Move keys onto poses nearby that matter more."""
    for place in range(1, len(fit.keys) - 1):
        before, frame, after = fit.keys[place - 1 : place + 2]
        near = range(max(before + 2, frame - _NEAR), min(after - 1, frame + _NEAR + 1))
        better = [each for each in near if motion.matters[each] > motion.matters[frame]]
        better.sort(key=lambda each: -motion.matters[each])
        for each in () if motion.kept[frame] else _possible(motion, before, better, after):
            keys = fit.keys.copy()
            keys[place] = each
            if _refit(motion, fit, keys, place):
                break


def _drop(motion: Motion, fit: Fit, *, is_free: Array) -> None:
    """Take away every free key that those around it can make up for."""
    beyond, place = motion.beyond(fit.keys[:-2], fit.keys[2:]), 1
    while place < len(fit.keys) - 1:
        is_worth_it = is_free[fit.keys[place]] and not beyond[place - 1]
        if is_worth_it and _refit(motion, fit, np.delete(fit.keys, place), place):
            first, last = max(0, place - 2), min(len(fit.keys) - 2, place)
            about = fit.keys[first : last + 2]
            beyond[first : last + 1] = motion.beyond(about[:-2], about[2:])
        else:
            place += 1


def _merge(motion: Motion, fit: Fit) -> None:
    """Let one key take the place of two neighbours wherever those around them can make up for it."""
    place = 1
    while place < len(fit.keys) - 2:
        before, first, last, after = fit.keys[place - 1 : place + 3].tolist()
        near = sorted(range(first, last + 1), key=lambda frame: abs(2 * frame - first - last))[:_CANDIDATES]
        near.sort(key=lambda frame: -motion.matters[frame])
        if motion.kept[[first, last]].any() or not any(
            _refit(motion, fit, np.concatenate([fit.keys[:place], [frame], fit.keys[place + 2 :]]), place)
            for frame in _possible(motion, before, near, after)
        ):
            place += 1


def _possible(motion: Motion, before: int, near: Sequence[int], after: int) -> list[int]:
    """Return the frames on which a key between two others may do."""
    ends, middles = np.array([[before], [after]]), np.array([near, near], dtype=np.int64)
    beyond = motion.beyond(np.minimum(ends, middles).ravel(), np.maximum(ends, middles).ravel())
    return [frame for frame, one, other in zip(near, beyond, beyond[len(near) :], strict=False) if not (one or other)]


def _refit(motion: Motion, fit: Fit, keys: Array, place: int) -> bool:
    """Take other keys if values and slopes around a place among them can be fitted within the tolerance."""
    low, high = max(0, place - _REACH), min(len(keys) - 1, place + _REACH)
    part = keys[low : high + 1]
    name = part.tobytes()
    if name in fit.refused or (part[1:] - part[:-1]).max() > _LONGEST:
        return False
    fit.refused.add(name)
    system = _system(name, low == 0, high == len(keys) - 1, motion.kept[part].tobytes())
    state = np.concatenate([_flat(fit.values[part]), _flat(fit.slopes[part])])
    frames, shape = slice(int(part[0]), int(part[-1]) + 1), motion.values.shape[1:]
    if len(motion.loud) < shape[0]:
        wanted, places = motion.loudest
        off = wanted[frames] - _product(system.weights, state[:, places])
        if _fitted(system, off, (len(motion.loud), shape[1]), fits=1) is None:
            return False
    by = _fitted(system, _flat(motion.values[frames]) - _product(system.weights, state), shape)
    if by is None:
        return False
    state[system.unknown] += by
    fit.refused.discard(name)
    fit.keys, count = keys, len(part)
    fit.values[part], fit.slopes[part] = state[:count].reshape(-1, *shape), state[count:].reshape(-1, *shape)
    return True


@dataclass(frozen=True, kw_only=True, eq=False)
class _System:
    """What a run of keys weighs on its frames.

    Attributes:
        weights: of values and, behind them, slopes: frames x twice the keys.
        unknown: which of these are fitted.
        free: their weights.
        inverse: unknown x frames: the best fit with the same weight on every frame.
    """

    weights: Array
    unknown: Array
    free: Array
    inverse: Array


def _system(keys: bytes, is_first: bool, is_last: bool, kept: bytes) -> _System:
    frames = np.frombuffer(keys, dtype=np.int64)
    return _system_of((frames - frames[0]).tobytes(), is_first, is_last, kept)


@lru_cache(maxsize=1500)
def _system_of(keys: bytes, is_first: bool, is_last: bool, kept: bytes) -> _System:
    frames, is_kept = np.frombuffer(keys, dtype=np.int64), np.frombuffer(kept, dtype=np.bool_)
    inner = np.arange(not is_first, len(frames) - (not is_last))
    # Unknown are slopes, which stand behind the values, and values.
    unknown = np.concatenate([len(frames) + inner, inner[~is_kept[inner]]])
    weights = segments.weights_of(frames)
    free = np.ascontiguousarray(weights[:, unknown])
    return _System(weights=weights, unknown=unknown, free=free, inverse=_inverse(free, free.T))


def _inverse(free: Array, weighted: Array) -> Array:
    square = weighted @ free
    diagonal = square.ravel()[:: len(square) + 1]
    diagonal += 1e-9 * diagonal.sum()
    return small_systems.inverse(square) @ weighted


def _fitted(system: _System, off: Array, shape: tuple[int, ...], *, fits: int = len(_HOPELESS)) -> Array | None:
    """Return what to add to the unknowns so that nothing is farther off than 1, None if it does not come about.

    With one fit only: None if more would not help, however far off it is otherwise.
    """
    matter, by, inverse = np.ones((len(off), 1)), None, system.inverse
    for turn, hopeless in enumerate(_HOPELESS[:fits]):
        if turn:
            inverse = _inverse(system.free, (system.free * (matter * matter)).T)
        by = _product(inverse, off)
        errors = (off - _product(system.free, by)).reshape(len(off), *shape)
        squared: Array = einsum("fgc,fgc->fg", errors, errors).max(axis=1)
        worst = float(squared.max()) ** 0.5
        if worst <= 1.0:
            return by
        if not worst <= hopeless:  # nor where it is no number
            return None
        matter *= 0.3 + (np.sqrt(squared) / worst)[:, None]
    return by if fits == 1 else None


def _product(one: Array, other: Array) -> Array:
    """Return a matrix product in pieces so small that no library spreads one over cores.

    Where these are busy, a piece is waited for until they are not: thousands of products took a minute in place of one
    second.
    """
    width = max(1, _PRODUCT // one.size)
    if width >= other.shape[1]:
        return one @ other
    return np.concatenate([one @ other[:, at : at + width] for at in range(0, other.shape[1], width)], axis=1)


def _flat(values: Array) -> Array:
    return values.reshape(len(values), -1)
