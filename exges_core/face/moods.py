"""Moods: what each adds to a face, and what a mix of them does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.names import ARKIT_NAMES, shape_of
from exges_core.settings import FaceSettings

MOODS: Mapping[str, Mapping[str, float]] = {
    "happy": {"mouthSmile": 0.5, "mouthDimple": 0.15, "cheekSquint": 0.4, "eyeSquint": 0.2, "browOuterUp": 0.08},
    "sad": {"browInnerUp": 0.55, "mouthFrown": 0.45, "mouthShrugLower": 0.25, "eyeSquint": 0.12, "eyeLookDown": 0.12},
    "angry": {"browDown": 0.65, "noseSneer": 0.25, "eyeSquint": 0.3, "mouthFrown": 0.2, "mouthPress": 0.15},
    "surprised": {"browInnerUp": 0.5, "browOuterUp": 0.6, "eyeWide": 0.5},
}
"""What each mood adds to a face, at full strength. None opens the mouth: in silence it stays shut."""


def moods_in(settings: FaceSettings) -> dict[str, float]:
    """Return how strong each mood is that the settings ask for; a neutral face has none."""
    asked = {name: float(getattr(settings, f"face_{name}")) for name in MOODS}
    return {name: strength for name, strength in asked.items() if strength > 0.0}


def mood_of(strengths: Mapping[str, float]) -> Float[Array, "52"]:
    """Return what a mix of moods adds to a face."""
    return sum((strength * shape_of(MOODS[name]) for name, strength in strengths.items()), np.zeros(len(ARKIT_NAMES)))
