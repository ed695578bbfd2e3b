"""Where hands rest, and what lies between two places of a hand: round the body, along a bow. No time in here.

Places are wrist positions in the body frame, in arm lengths, x outward to the hand's own side.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from exges_core.arrays import Array, Float
from training.corpus.gesture.lexemes import HandKey, hand

REST_KEYS: dict[str, tuple[HandKey, HandKey]] = {
    "hanging": (hand(0.44, -0.19, -0.06, "I", "hang"), hand(0.44, -0.19, -0.06, "I", "hang")),
    "front": (
        hand(0.11, -0.08, 0.25, "BI", "clasp", fingers="ID"),
        hand(0.09, -0.11, 0.22, "BI", "cupped", fingers="ID"),
    ),
    "pockets": (
        hand(0.41, -0.10, 0.08, "I", "loose", fingers="D", elbow=18),
        hand(0.41, -0.11, 0.07, "I", "loose", fingers="D", elbow=18),
    ),
    "clasp": (
        hand(0.19, 0.19, 0.38, "BU", "clasp", fingers="IF"),
        hand(0.19, 0.15, 0.35, "BU", "cupped", fingers="IF"),
    ),
    "wrist": (
        hand(0.17, -0.03, 0.35, "BD", "clasp", fingers="ID"),
        hand(0.10, -0.07, 0.31, "BI", "hang", fingers="ID"),
    ),
    "hip": (hand(0.41, 0.15, 0.06, "ID", "cupped", fingers="FI", elbow=52), hand(0.44, -0.19, -0.06, "I", "hang")),
    "apart": (hand(0.34, 0.22, 0.33, "IU", "relaxed"), hand(0.35, 0.20, 0.31, "I", "relaxed")),
    "behind": (
        hand(0.06, -0.05, -0.36, "B", "cupped", fingers="IS"),
        hand(0.04, -0.09, -0.38, "B", "clasp", fingers="I"),
    ),
}
"""Dominant and other hand's key of each rest posture."""
BESIDE = (0.53, -0.10, -0.12)
"""Where a hand passes on its way behind the back."""
_ROUND = 1.5
"""How much farther a way round the body is than it is long: the shoulder turns over."""
OTHER_RESTS = ("hanging", "hanging", "hanging", "hanging", "clasp", "front", "apart")
"""What everybody's hands do now and then, as often as they are named."""


def moved(key: HandKey, by: Float[Array, "3"]) -> HandKey:
    """Return a key that much farther on."""
    at = np.array(key.at) + by
    return replace(key, at=(float(at[0]), float(at[1]), float(at[2])))


def is_behind(key: HandKey) -> bool:
    """Return whether the hand is behind the back."""
    return key.at[2] < -0.2


def goes_round(first: HandKey, second: HandKey) -> bool:
    """Return whether a hand would have to pass through the trunk or the shoulder: to or from behind the back."""
    return is_behind(first) != is_behind(second) and BESIDE not in (first.at, second.at)


def distance(first: HandKey, second: HandKey) -> float:
    """Return how far the way is, in arm lengths; round the body it counts more."""
    if goes_round(first, second):
        beside = np.array(BESIDE)
        way = np.linalg.norm(np.array(first.at) - beside) + np.linalg.norm(beside - np.array(second.at))
        return _ROUND * float(way)
    return float(np.linalg.norm(np.array(first.at) - np.array(second.at)))


def bow(change: Float[Array, "3"], bend: float, generator: np.random.Generator) -> tuple[float, float, float]:
    """Draw a bow across a movement: mostly upward and outward, sometimes the other way."""
    length = float(np.linalg.norm(change))
    if length < 1e-6:
        return (0.0, 0.0, 0.0)
    along = change / length
    lean = np.array((0.5, 0.55, 0.45)) * generator.choice((1.0, 1.0, -0.6)) + generator.normal(0.0, 0.7, 3)
    across = lean - along * float(lean @ along)
    across /= max(float(np.linalg.norm(across)), 1e-6)
    height = bend * length * float(np.abs(generator.normal(0.19, 0.08)))
    across = across * height
    return (float(across[0]), float(across[1]), float(across[2]))
