"""Fingers by shape: which rows of bones below a hand are thumb, index, middle, ring and pinky. Numpy alone."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from exges_core.arrays import Array, svd

_TOO_LONG = 1.3
"""A row that reaches further than so many forearms is a prop."""
_METACARPAL = 0.3
"""A bone that begins nearer to the wrist than this share of the way to its row's end is no finger yet."""
_THUMB_ANGLE = np.cos(np.deg2rad(18.0))
"""A thumb points at least so much off the fingers' common direction."""
_NAMES = {
    1: ("index",),
    2: ("index", "pinky"),
    3: ("index", "middle", "pinky"),
    4: ("index", "middle", "ring", "pinky"),
}


@runtime_checkable
class Hand(Protocol):
    """What is read of a rig: heads and children."""

    @property
    def heads(self) -> Array:
        """Return the place of every bone."""
        ...

    @property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """Return the bones below each."""
        ...


def fingers_of(tree: Hand, wrist: int, forearm: Array) -> dict[str, int]:
    """Return finger joints ('index1' ... 'thumb3') -> bones below a wrist; empty if there are no fingers.

    Args:
        tree: heads and children of the rig.
        wrist: the hand's bone.
        forearm: elbow to wrist, in the heads' unit.
    """
    length = float(np.linalg.norm(forearm))
    rows = [row for row in _rows(tree, wrist) if _is_finger(tree, wrist, row, length)]
    if len(rows) < 2:  # one row alone stands for the whole hand, as in CMU's skeletons
        return {}
    start = tree.heads[wrist]
    directions = np.stack([_unit(tree.heads[row].mean(axis=0) - start) for row in rows])
    common = _unit(np.median(directions, axis=0))
    found: dict[str, int] = {}
    thumb = int(np.argmin(directions @ common))
    is_thumb = directions[thumb] @ common < _THUMB_ANGLE
    if is_thumb:
        found |= {f"thumb{number}": bone for number, bone in enumerate(rows[thumb][:3], start=1)}
        across = directions[thumb] - (directions[thumb] @ common) * common
        rows = [row for place, row in enumerate(rows) if place != thumb]
    else:
        across = np.zeros(3)
    rows = [_without_metacarpal(tree, start, row) for row in rows]
    knuckles: Array = np.stack([tree.heads[row[0]] for row in rows])
    # The knuckles' own line says the order, the thumb which end is the index.
    line = _unit(svd(knuckles - knuckles.mean(axis=0))[2][0]) if len(rows) > 1 else across
    line = -line if line @ across < 0.0 else line
    order = np.argsort(np.negative(knuckles @ line))
    if not is_thumb and len(rows) > 1:
        return found
    for finger, place in zip(_NAMES.get(len(rows), ()), order, strict=False):
        found |= {f"{finger}{number}": bone for number, bone in enumerate(rows[int(place)][:3], start=1)}
    return found


def _unit(vector: Array) -> Array:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def _rows(tree: Hand, wrist: int) -> list[list[int]]:
    """Return every way from the hand to a last bone, without what it shares with other ways."""
    rows: list[list[int]] = []

    def follow(bone: int, row: list[int]) -> None:
        below = tree.children[bone]
        if not below:
            rows.append(row)
        for child in below:
            follow(child, [*(row if len(below) == 1 else []), child])

    for child in tree.children[wrist]:
        follow(child, [child])
    return [row for row in rows if len(row) > 1]


def _is_finger(tree: Hand, wrist: int, row: list[int], forearm: float) -> bool:
    distances = np.linalg.norm(tree.heads[row] - tree.heads[wrist], axis=1)
    return bool(distances[-1] < _TOO_LONG * forearm and distances[-1] > distances[0])


def _without_metacarpal(tree: Hand, wrist: Array, row: list[int]) -> list[int]:
    distances = np.linalg.norm(tree.heads[row] - wrist, axis=1)
    return row[1:] if len(row) > 2 and distances[0] < _METACARPAL * distances[-1] else row
