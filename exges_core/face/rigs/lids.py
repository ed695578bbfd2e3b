"""Lids of bones: those that turn about the eye, and those that slide along its edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.rigs.bone_names import EYE, LOWER, UPPER
from exges_core.face.rigs.face_bone import BoneChannel, FaceBone

_UPPER_SHARE = 0.85
"""So much of the way between them the upper lid moves, the lower one the rest."""
_TURN_DEG = 35.0
"""How far an upper lid turns to close where the rig at rest does not tell."""
_TURNS_DEG = (8.0, 80.0)
_AT_EYE = 0.4
"""A lid turns about the eye if it hangs so near to its middle, as a share of the lid's own length."""


def lids(parts: Mapping[str, FaceBone], frame: Float[Array, "3 3"], played: frozenset[str]) -> Iterator[BoneChannel]:
    """Yield the lids of both eyes."""
    for side, name in (("left", "eyeBlinkLeft"), ("right", "eyeBlinkRight")):
        upper, lower = parts.get(f"{side} {UPPER}"), parts.get(f"{side} {LOWER}")
        if upper is None or name in played:
            continue
        if _turns(upper, parts.get(f"{side} {EYE}")):
            yield from _turning(upper, lower, frame, side, name)
        elif lower is not None:
            gap = lower.head - upper.head
            yield _sliding(upper, _UPPER_SHARE * gap, f"{side} {UPPER}", name)
            yield _sliding(lower, (_UPPER_SHARE - 1.0) * gap, f"{side} {LOWER}", name)


def _turns(lid: FaceBone, eye: FaceBone | None) -> bool:
    length = float(np.linalg.norm(lid.tail - lid.head))
    return eye is not None and float(np.linalg.norm(lid.head - eye.head)) <= _AT_EYE * max(length, 1e-9)


def _turning(
    upper: FaceBone, lower: FaceBone | None, frame: Float[Array, "3 3"], side: str, name: str
) -> Iterator[BoneChannel]:
    """Yield lids that turn: as far as they stand apart, the upper one most of it."""
    apart_deg = 0.0 if lower is None else _pitch_deg(upper, frame) - _pitch_deg(lower, frame)
    low, high = _TURNS_DEG
    if lower is None or not low <= apart_deg <= high:
        yield _turned(upper, _TURN_DEG, frame, f"{side} {UPPER}", name)
        return
    yield _turned(upper, _UPPER_SHARE * apart_deg, frame, f"{side} {UPPER}", name)
    yield _turned(lower, (_UPPER_SHARE - 1.0) * apart_deg, frame, f"{side} {LOWER}", name)


def _pitch_deg(lid: FaceBone, frame: Float[Array, "3 3"]) -> float:
    """Return how far above straight ahead a lid points."""
    along = lid.tail - lid.head
    return float(np.rad2deg(np.arctan2(along @ frame[:, 1], along @ frame[:, 2])))


def _turned(lid: FaceBone, down_deg: float, frame: Float[Array, "3 3"], part: str, name: str) -> BoneChannel:
    return BoneChannel(bone=lid.name, part=part, turns={name: lid.turn_of(frame[:, 0]) * np.deg2rad(down_deg)})


def _sliding(lid: FaceBone, move: Float[Array, "3"], part: str, name: str) -> BoneChannel:
    return BoneChannel(bone=lid.name, part=part, moves={name: lid.move_of(move)})
