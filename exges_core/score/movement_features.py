"""What a movement looks like, beside its neighbours and the other hand: the numbers by which strokes are known.

All in arm lengths and seconds, seen from the hand's own side; logarithms where sizes vary by factors.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.score.movements import Course, rest_of
from exges_core.timeline import MOTION_RATE_HZ

_NEIGHBOURS = (-2, -1, 1, 2)
_AROUND_S = (0.5, 1.0, 2.0)
_LITTLE, _SLOW = 0.02, 0.05
"""Added before a logarithm is taken: what is smaller is nothing."""
_NOBODY_S = 3.0
"""Where there is no neighbour: so far away."""
_LAG_FRAMES = 8
_CHANGE = slice(4, 7)
_NET = 7
_SHOWN = [0, 1, 3, 4, 5, 6, 7]
"""What of a neighbour is looked at."""


def features_of(course: Course, movements: Int[Array, "movements 3"], side: int) -> Float[Array, "movements features"]:
    """Return the features of one hand's movements."""
    own = _own(course, movements, side)
    parts = [own, *(_neighbour(own, movements, step) for step in _NEIGHBOURS), _other_hand(course, movements, side)]
    parts += [_around(course, movements, side, reach_s) for reach_s in _AROUND_S]
    parts += [_turning(course, movements, hand) for hand in (side, 1 - side)]
    usual = np.full((len(movements), 1), np.log(course.usual + _SLOW))
    return np.concatenate([*parts, usual], axis=1)


def _travelled(course: Course, side: int) -> Float[Array, "frames"]:
    return np.cumsum(course.speed[:, side]) / MOTION_RATE_HZ


def _own(course: Course, movements: Array, side: int) -> Array:
    start, peak, end = movements.T
    places, speed, path = course.places[:, side], course.speed[:, side], _travelled(course, side)
    change, length = places[end] - places[start], path[end] - path[start]
    net, rest = np.linalg.norm(change, axis=-1), rest_of(course, side)
    columns = [
        (end - start) / MOTION_RATE_HZ,
        np.log(speed[peak] + _SLOW),
        np.log((speed[peak] + _SLOW) / (course.usual + _SLOW)),
        np.log(length + _LITTLE),
        *change.T,
        net,
        net / np.maximum(length, _LITTLE),
        *places[start].T,
        *places[end].T,
        np.linalg.norm(places[start] - rest, axis=-1),
        np.linalg.norm(places[end] - rest, axis=-1),
        (peak - start) / np.maximum(end - start, 1),
    ]
    return np.stack(columns, axis=1)


def _neighbour(own: Array, movements: Array, step: int) -> Array:
    """Return how far the movement `step` further is, how it looks, and whether it goes the same way."""
    columns = np.zeros((len(own), 3 + len(_SHOWN)))
    columns[:, :2] = np.sign(step) * _NOBODY_S, _NOBODY_S
    columns[:, 3:5] = np.log(_SLOW), np.log(_LITTLE)
    here = np.arange(max(0, -step), len(own) - max(0, step))
    there = here + step
    (start, peak, end), (its_start, its_peak, its_end) = movements[here].T, movements[there].T
    gap = its_start - end if step > 0 else start - its_end
    along = (own[here, _CHANGE] * own[there, _CHANGE]).sum(axis=1) / (own[here, _NET] * own[there, _NET] + 1e-3)
    shown = own[there][:, _SHOWN].T
    columns[here] = np.stack([(its_peak - peak) / MOTION_RATE_HZ, gap / MOTION_RATE_HZ, *shown, along], axis=1)
    return columns


def _other_hand(course: Course, movements: Array, side: int) -> Array:
    """Return what the other hand does meanwhile: as far, as fast, at the same time, the same way, where."""
    other = 1 - side
    start, _, end = movements.T
    path, its_path = _travelled(course, side), _travelled(course, other)
    length, its_length = path[end] - path[start], its_path[end] - its_path[start]
    alike = np.array([_alike(course, side, each) for each in movements]).reshape(len(movements), 4)
    places = course.places[:, other]
    return np.concatenate(
        [
            np.log(its_length + _LITTLE)[:, None],
            np.log((its_length + _LITTLE) / (length + _LITTLE))[:, None],
            alike,
            places[start],
            places[end],
            places[end] - places[start],
        ],
        axis=1,
    )


def _alike(course: Course, side: int, movement: Array) -> tuple[float, float, float, float]:
    """Return the other hand's top speed, how velocities and speeds go together, and how late its top is (s)."""
    start, peak, end = (int(frame) for frame in movement)
    span = slice(start, end + 1)
    velocity, its_velocity = course.velocity[span, side], course.velocity[span, 1 - side]
    together = float((velocity * its_velocity).sum() / np.sqrt((velocity**2).sum() * (its_velocity**2).sum() + 1e-6))
    speed, its_speed = course.speed[span, side], course.speed[span, 1 - side]
    about, its_about = speed - speed.mean(), its_speed - its_speed.mean()
    in_time = float((about * its_about).sum() / np.sqrt((about**2).sum() * (its_about**2).sum() + 1e-6))
    first = max(start - _LAG_FRAMES, 0)
    its_peak = first + int(course.speed[first : end + 1 + _LAG_FRAMES, 1 - side].argmax())
    return float(np.log(its_speed.max() + _SLOW)), together, in_time, (its_peak - peak) / MOTION_RATE_HZ


def _around(course: Course, movements: Array, side: int, reach_s: float) -> Array:
    """Return how much both hands move before and after, and where this one comes from and goes to."""
    start, _, end = movements.T
    reach = round(reach_s * MOTION_RATE_HZ)
    before, after = np.maximum(start - reach, 0), np.minimum(end + reach, course.frames - 1)
    busy: list[Array] = []
    for hand in (side, 1 - side):
        path = _travelled(course, hand)
        busy += [np.log((path[start] - path[before]) / reach_s + _LITTLE)]
        busy += [np.log((path[after] - path[end]) / reach_s + _LITTLE)]
    places = course.places[:, side]
    return np.concatenate([np.stack(busy, axis=1), places[before] - places[start], places[after] - places[end]], axis=1)


def _turning(course: Course, movements: Array, side: int) -> Array:
    """Return how much a hand turns during the movement and in the second before it, and how it is held at the end."""
    start, _, end = movements.T
    attitude = course.attitude[:, side]
    steps = np.linalg.norm(np.diff(attitude, axis=0, prepend=attitude[:1]), axis=-1) / np.sqrt(2.0)
    travelled = np.cumsum(steps)
    before = np.maximum(start - MOTION_RATE_HZ, 0)
    columns = [
        np.log(travelled[end] - travelled[start] + _LITTLE),
        np.linalg.norm(attitude[end] - attitude[start], axis=-1),
        np.log(travelled[start] - travelled[before] + _LITTLE),
        *attitude[end].T,
    ]
    return np.stack(columns, axis=1)
