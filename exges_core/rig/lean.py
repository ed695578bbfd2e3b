"""How a rest pose leans: the whole figure (tipped over, as nobody stands) or its trunk alone (a stoop); ours.

Files whose rest is taken from a frame of their motion, or from a parent that is turned, show a person tipped over like
a plank: legs and trunk in one line, 20 or 40 degrees off. That is undone. A trunk that leans above upright legs may be
how this character stands (an ogre, a fighter): that is kept, and said. People at rest keep both to 9 degrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.rig.bones import highest_of

_TIPPED_DEG = 15.0
"""From here on a line from between the ankles to the neck is no standing person's; their weight would not be above
their feet. Rigs of ten makers keep it to 3 degrees."""
_IN_LINE_DEG = 25.0
"""Legs and trunk further apart than this are bent at the hips, not tipped over together."""
_STOOPED_DEG = 20.0
"""From here on a trunk's lean is worth a word; rigs of ten makers keep it to 9 degrees."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Lean:
    """How far a figure at rest leans.

    Attributes:
        degrees: of the whole figure if that is tipped over, else of the trunk.
        toward: "forward", "back", "to its left" or "to its right".
        is_tipped: True = legs and trunk lean as one.
        upright: the turn that stands the figure up, in rig axes; identity unless it is tipped over.
    """

    degrees: float
    toward: str
    is_tipped: bool
    upright: Float[Array, "3 3"]

    @property
    def is_stooped(self) -> bool:
        """Say whether the trunk alone leans by more than people at rest do."""
        return not self.is_tipped and self.degrees >= _STOOPED_DEG

    @property
    def remark(self) -> str:
        """Return what a person should know of it, in words; "" where there is nothing to tell."""
        much = f"leans {self.toward} by {self.degrees:.0f} degrees at rest"
        if self.is_tipped:
            return f"the whole body {much}, which is undone"
        return f"the trunk {much}, which counts as standing straight" if self.is_stooped else ""


def lean_of(heads: Mapping[str, Array], rig_from_canonical: Float[Array, "3 3"]) -> Lean:
    """Measure how a figure leans.

    Args:
        heads: joint -> where it is at rest, all required joints among them.
        rig_from_canonical: which way is left, up and front, as `bones.body_frame` says.
    """
    hips, ankles = (0.5 * (heads[f"left_{name}"] + heads[f"right_{name}"]) for name in ("hip", "ankle"))
    neck = highest_of(heads, ("neck", "head"))
    up = rig_from_canonical[:, 1]
    is_tipped = _degrees(neck - ankles, up) > _TIPPED_DEG and _degrees(hips - ankles, neck - hips) < _IN_LINE_DEG
    line = neck - ankles if is_tipped else neck - hips
    upright = np.eye(3)
    if is_tipped:
        upright = rig_from_canonical @ _frame(line, heads["left_hip"] - heads["right_hip"]).T
    return Lean(
        degrees=_degrees(line, up),
        toward=_toward(line @ rig_from_canonical),
        is_tipped=is_tipped,
        upright=upright,
    )


def _degrees(one: Array, other: Array) -> float:
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other)), one @ other)))


def _toward(line: Array) -> str:
    """Return where a line from below upwards leads, canonical axes."""
    if abs(line[0]) > abs(line[2]):
        return "to its left" if line[0] > 0.0 else "to its right"
    return "forward" if line[2] > 0.0 else "back"


def _frame(line: Array, left: Array) -> Array:
    """Return the axes of a figure from its own up and about its left."""
    up = line / np.linalg.norm(line)
    left = left - (left @ up) * up
    left = left / np.linalg.norm(left)
    return np.stack([left, up, np.cross(left, up)], axis=-1)
