"""The posture that somebody asks a take to gesture about: how it stands, and where its hands rest. A record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import ControlError, message
from exges_core.motion.skeleton import JOINT_NAMES

_LENGTH = 0.1
"""Quaternions further from length 1 than this are no rotations."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Posture:
    """A pose of rest: local rotations by joint (w, x, y, z), rest = identity; joints that are not named stay as made.

    The pelvis' heading does not count: a take faces where it faces.

    Attributes:
        turns_wxyz: joint -> turn.
        knees_deg: how far both knees together are bent, on average; None = as in the joints, or as made.
        lean_deg: how far the trunk leans, forward is positive; None = the same.
        stance_m: how far apart the ankles are; None = the same.
    """

    turns_wxyz: Mapping[str, Float[Array, "4"]] = field(default_factory=dict[str, Array])
    knees_deg: float | None = None
    lean_deg: float | None = None
    stance_m: float | None = None

    @property
    def has_numbers(self) -> bool:
        """Return whether anything is asked for in numbers."""
        return not (self.knees_deg is None and self.lean_deg is None and self.stance_m is None)

    def __post_init__(self) -> None:
        for joint, turn in self.turns_wxyz.items():
            values = np.asarray(turn, dtype=np.float64)
            if joint not in JOINT_NAMES:
                raise _wrong("joints of the canonical body", repr(joint), "Name them as docs/control.md does.")
            if not abs(float(np.linalg.norm(values)) - 1.0) < _LENGTH:
                raise _wrong(f"a unit quaternion (w, x, y, z) for {joint}", str(turn)[:80], "Correct it.")


def _wrong(expected: str, got: str, do: str) -> ControlError:
    return ControlError(message(expected=expected, got=got, where="posture", do=do))
