"""What retargeting keeps, and what carries the character over the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class RetargetOptions:
    """What is kept, and what carries the character over the ground.

    Attributes:
        travel: what follows the path: the bone that moves the whole body, the rig's root bone, or the object itself.
        is_in_place: True = the path is left out; sway and bounce stay.
        keep_feet: legs are bent so that feet stand and step where the motion has them, whatever the leg's proportions.
        keep_hands: arms are bent so that hands that touch each other keep touching.
        keep_out: arms are bent so that hands and forearms stay out of the body.
    """

    travel: Literal["hips", "root", "object"] = "hips"
    is_in_place: bool = False
    keep_feet: bool = True
    keep_hands: bool = True
    keep_out: bool = True


EXACT = RetargetOptions(keep_feet=False, keep_hands=False, keep_out=False)
"""Every mapped bone has its joint's world rotation exactly; feet and hands fall where the proportions put them."""
