# SPDX-License-Identifier: GPL-3.0-or-later
"""Fewer keys for the same motion: dense samples -> smooth cubic segments within a tolerance on every frame; ours.

Numpy alone. One set of key frames is found for the whole body, so that keys stand in columns: the cheapest path through
segments of the dense motion, where poses that matter cost less; then keys go, or two become one, wherever values and
slopes of those around them can be fitted to make up for it. Each part of the body drops the keys it can do without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, einsum

from . import segments

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
_FITS, _HOPELESS = 8, 1.6
"""How often a fit is repeated with more weight on what is off, and how far it may be off to try again."""


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


@dataclass(eq=False)
class Fit:
    """Keys that show a motion.

    Attributes:
        keys: their frames.
        values, slopes: as the motion's values; what stands on other frames than the keys' means nothing.
    """

    keys: Array
    values: Array
    slopes: Array

    def of(self, groups: Array) -> Fit:
        """Return the same keys for some of the groups."""
        return Fit(keys=self.keys, values=self.values[:, groups], slopes=self.slopes[:, groups])

    def shown(self) -> Array:
        """Return the values on every frame."""
        if len(self.keys) < 2:
            return self.values
        of_values, of_slopes = segments.hermite(self.keys)
        flat = of_values @ _flat(self.values[self.keys]) + of_slopes @ _flat(self.slopes[self.keys])
        return flat.reshape(self.values.shape)


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


def fits(values: Array, parts: Sequence[Array], *, kept: Array) -> list[Fit]:
    """Return the keys of each part of a body; none is on a frame where the whole body has none.

    Args:
        values: frames x groups x channels; within a group the distance counts, 1 = as far as it may be off.
        parts: the groups of each part.
        kept: frames that stay keys with their values.
    """
    count, tight = len(values), values / _TIGHT
    if count < 3:
        return [_every(values).of(part) for part in parts]
    is_kept = np.zeros(count, dtype=bool)
    is_kept[[0, -1]] = True
    is_kept[kept[(kept >= 0) & (kept < count)]] = True
    matters = [poses_that_matter(tight[:, part]) for part in parts]
    # What moves most says which of them the whole body follows: arms, as a rule.
    path = [float(np.abs(np.diff(tight[:, part], axis=0)).sum()) / len(part) for part in parts]
    weight = np.max([each * by for each, by in zip(matters, path, strict=True)], axis=0) / (max(path) or 1.0)
    whole = _body(Motion(values=tight, kept=is_kept, matters=weight, loud=_loud(tight)))
    found: list[Fit] = []
    for part, each in zip(parts, matters, strict=True):
        motion = Motion(values=tight[:, part], kept=is_kept, matters=each.astype(np.float64), loud=np.arange(len(part)))
        fit = whole.of(part)
        _drop(motion, fit, is_free=~is_kept & ~each)
        _drop(motion, fit, is_free=~is_kept)
        found.append(Fit(keys=fit.keys, values=fit.values * _TIGHT, slopes=fit.slopes * _TIGHT))
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
        for each in () if motion.kept[frame] else sorted(better, key=lambda each: -motion.matters[each]):
            keys = fit.keys.copy()
            keys[place] = each
            if _refit(motion, fit, keys, place):
                break


def _drop(motion: Motion, fit: Fit, *, is_free: Array) -> None:
    """Take away every free key that those around it can make up for."""
    place = 1
    while place < len(fit.keys) - 1:
        if not (is_free[fit.keys[place]] and _refit(motion, fit, np.delete(fit.keys, place), place)):
            place += 1


def _merge(motion: Motion, fit: Fit) -> None:
    """Let one key take the place of two neighbours wherever those around them can make up for it."""
    place = 1
    while place < len(fit.keys) - 2:
        first, last = int(fit.keys[place]), int(fit.keys[place + 1])
        near = sorted(range(first, last + 1), key=lambda frame: abs(2 * frame - first - last))[:_CANDIDATES]
        near.sort(key=lambda frame: -motion.matters[frame])
        if motion.kept[[first, last]].any() or not any(
            _refit(motion, fit, np.concatenate([fit.keys[:place], [frame], fit.keys[place + 2 :]]), place)
            for frame in near
        ):
            place += 1


def _refit(motion: Motion, fit: Fit, keys: Array, place: int) -> bool:
    """Take other keys if values and slopes around a place among them can be fitted within the tolerance."""
    low, high = max(0, place - _REACH), min(len(keys) - 1, place + _REACH)
    part = keys[low : high + 1]
    if (part[1:] - part[:-1]).max() > _LONGEST:
        return False
    count = len(part)
    inner = np.arange(low > 0, count - (high < len(keys) - 1))
    # Unknown are slopes, which stand behind the values, and values.
    unknown = np.concatenate([count + inner, inner[~motion.kept[part[inner]]]])
    state = np.concatenate([_flat(fit.values[part]), _flat(fit.slopes[part])])
    weights = segments.weights_of(part)
    wanted, shape = motion.values[part[0] : part[-1] + 1], motion.values.shape[1:]
    loud = motion.loud
    if len(loud) < shape[0]:
        places = _flat(np.arange(shape[0] * shape[1]).reshape(1, *shape)[:, loud])[0]
        off = _flat(wanted[:, loud]) - _product(weights, state[:, places])
        if _fitted(weights[:, unknown], off, (len(loud), shape[1]), fits=1) is None:
            return False
    by = _fitted(weights[:, unknown], _flat(wanted) - _product(weights, state), shape)
    if by is None:
        return False
    state[unknown] += by
    fit.keys = keys
    fit.values[part], fit.slopes[part] = state[:count].reshape(-1, *shape), state[count:].reshape(-1, *shape)
    return True


def _fitted(weights: Array, off: Array, shape: tuple[int, ...], *, fits: int = _FITS) -> Array | None:
    """Return what to add to the unknowns so that nothing is farther off than 1, None if it does not come about.

    With one fit only: None if more would not help, however far off it is otherwise.
    """
    matter, by = np.ones((len(off), 1)), None
    for _ in range(fits):
        weighted = (weights * (matter * matter)).T
        square = weighted @ weights
        diagonal = square.ravel()[:: len(square) + 1]
        diagonal += 1e-9 * diagonal.sum()
        # Solving for hundreds of columns is spread over cores, too; the inverse of a dozen rows is not.
        by = _product(np.linalg.inv(square), _product(weighted, off))
        errors = (off - _product(weights, by)).reshape(len(off), *shape)
        squared: Array = einsum("fgc,fgc->fg", errors, errors).max(axis=1)
        worst = float(squared.max()) ** 0.5
        if worst <= 1.0:
            return by
        if worst > _HOPELESS:
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
