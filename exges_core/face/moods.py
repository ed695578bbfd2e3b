"""Moods: what each adds to a face, and what a mix of them does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.names import ARKIT_NAMES, COLUMN, columns_of, shape_of
from exges_core.settings import FaceSettings

MOODS: Mapping[str, Mapping[str, float]] = {
    "happy": {"mouthSmile": 0.65, "mouthDimple": 0.15, "cheekSquint": 0.5, "eyeSquint": 0.25, "browOuterUp": 0.1},
    "sad": {"browInnerUp": 0.8, "mouthFrown": 0.6, "mouthShrugLower": 0.3, "eyeSquint": 0.15, "eyeLookDown": 0.12},
    "angry": {"browDown": 0.85, "noseSneer": 0.3, "eyeSquint": 0.35, "mouthFrown": 0.25, "mouthPress": 0.2},
    "surprised": {"browInnerUp": 0.65, "browOuterUp": 0.75, "eyeWide": 0.7},
}
"""What each mood adds to a face, at full strength. None opens the mouth: in silence it stays shut."""

_SIDES = ("Left", "Right")
_OPPOSITES = (
    *(([COLUMN[f"mouthSmile{side}"]], [COLUMN[f"mouthFrown{side}"]]) for side in _SIDES),
    *(([COLUMN[f"eyeWide{side}"]], [COLUMN[f"eyeSquint{side}"]]) for side in _SIDES),
    *(([COLUMN[f"eyeLookUp{side}"]], [COLUMN[f"eyeLookDown{side}"]]) for side in _SIDES),
    ([COLUMN["browInnerUp"], *columns_of("browOuterUp")], columns_of("browDown")),
)
"""Shapes that pull one place two ways. Both brows are one place: the inner one is raised on both sides at once."""


def moods_in(settings: FaceSettings) -> dict[str, float]:
    """Return how strong each mood is that the settings ask for; a neutral face has none."""
    asked = {name: float(getattr(settings, f"face_{name}")) for name in MOODS}
    return {name: strength for name, strength in asked.items() if strength > 0.0}


def mood_of(strengths: Mapping[str, float]) -> Float[Array, "52"]:
    """Return what a mix of moods adds to a face: none of it above 1, and nothing that pulls against another."""
    mixed = np.zeros(len(ARKIT_NAMES))
    for name, strength in strengths.items():
        mixed = joined(mixed, strength * shape_of(MOODS[name]))
    return settled(mixed)


def joined(curves: Float[Array, "*some 52"], more: Float[Array, "*some 52"]) -> Float[Array, "*some 52"]:
    """Return two faces as one: their sum where both are small, never above 1, without an edge on the way there."""
    return curves + more * (1.0 - curves)


def settled(curves: Float[Array, "*some 52"]) -> Float[Array, "*some 52"]:
    """Return curves in which no shape pulls against its opposite: of smile and frown the difference stays."""
    found = np.array(curves)
    for one, other in _OPPOSITES:
        high, low = found[..., one].max(axis=-1), found[..., other].max(axis=-1)
        lost = np.minimum(high, low)
        for columns, most in ((one, high), (other, low)):
            left = np.divide(most - lost, most, out=np.ones_like(most), where=most > 0.0)
            found[..., columns] *= left[..., None]
    return found
