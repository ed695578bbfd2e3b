"""A face's curves that are there already: read from a motion's .npz, resampled, kept beside new ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.face.names import ARKIT_NAMES
from exges_core.motion.footlock import away_from
from exges_core.motion.npz import read_arrays

CURVES, NAMES = "face_arkit", "face_arkit_names"
"""What a motion's .npz calls them."""
_BLENDED_FRAMES = 8


def read_curves(path: Path, frames: int) -> tuple[Float[Array, "frames 52"] | None, tuple[str, ...]]:
    """Return a motion's face, its shapes in ARKit's order, and what is said of it; None where there is none to use.

    Raises:
        SkeletonError: if the file is damaged.
    """
    if path.suffix.lower() != ".npz":
        return None, ()
    arrays = read_arrays(path, (CURVES, NAMES))
    if CURVES not in arrays:
        return None, ()
    curves = arrays[CURVES]
    names = arrays[NAMES].ravel().tolist() if NAMES in arrays else list(ARKIT_NAMES)
    got = _fault(curves, names, frames)
    if got:
        return None, (f"{path.name}: {CURVES} is left out: {got}",)
    return curves[:, [names.index(name) for name in ARKIT_NAMES]].astype(np.float32, copy=False), ()


def _fault(curves: Array, names: Sequence[object], frames: int) -> str:
    if curves.dtype.kind not in "fiu" or curves.shape != (frames, len(ARKIT_NAMES)):
        return f"it is {curves.dtype} {curves.shape}, and should be numbers ({frames}, {len(ARKIT_NAMES)})"
    if sorted(map(str, names)) != sorted(ARKIT_NAMES):
        return f"{NAMES} are not ARKit's"
    if not np.isfinite(curves).all() or curves.min() < 0.0 or curves.max() > 1.0:
        return "it goes beyond 0 to 1"
    return ""


def at_rate(curves: Float[Array, "some 52"], rate_hz: float, frames: int, to_hz: float) -> Float[Array, "frames 52"]:
    """Return curves at so many frames of another rate, linear in time; at the same one, every bit."""
    if to_hz == rate_hz and frames == len(curves):
        return curves
    place = np.clip(np.arange(frames) * rate_hz / to_hz, 0, len(curves) - 1)
    before = np.floor(place).astype(np.int64)
    share = (place - before)[:, None].astype(curves.dtype)
    return (1 - share) * curves[before] + share * curves[np.minimum(before + 1, len(curves) - 1)]


def placed(curves: Float[Array, "some 52"], start: int, frames: int) -> Float[Array, "frames 52"]:
    """Return curves of a take from its frame `start` on; before and behind, its first and last ones."""
    return curves[np.clip(np.arange(frames) - start, 0, len(curves) - 1)]


def beside(
    curves: Float[Array, "frames 52"], old: Float[Array, "frames 52"], is_kept: Bool[Array, "frames"]
) -> Float[Array, "frames 52"]:
    """Return new curves that blend into old ones, whose kept frames stay to the bit."""
    share = away_from(is_kept, _BLENDED_FRAMES)[:, None].astype(curves.dtype)
    blended = (1 - share) * old + share * curves
    return np.where(is_kept[:, None], old, blended)
