"""ARKit's 52 shapes by their own names, with halves of those in the middle and wholes of those with sides."""

from __future__ import annotations

from exges_core.face.names import ARKIT_NAMES
from exges_core.face.rigs.convention import Convention, Shape

_IN_THE_MIDDLE = ("browInnerUp", "cheekPuff", "mouthFunnel", "mouthPucker", "mouthRollLower", "mouthRollUpper",
                  "mouthShrugLower", "mouthShrugUpper", "mouthClose")  # fmt: skip
_SIDES = ("Left", "Right")
_STEMS = (name.removesuffix("Left") for name in ARKIT_NAMES if name.endswith("Left"))
_WHOLES = tuple(stem for stem in _STEMS if stem not in ("jaw", "mouth"))

ARKIT = Convention(
    name="arkit",
    title="ARKit",
    shapes={
        **{name: Shape(names=(name,), reads={name: 1.0}) for name in ARKIT_NAMES},
        **{
            f"{name}{side}": Shape(names=(f"{name}{side}",), reads={name: 1.0})
            for name in _IN_THE_MIDDLE
            for side in _SIDES
        },
        **{name: Shape(names=(name,), reads={f"{name}{side}": 0.5 for side in _SIDES}) for name in _WHOLES},
    },
)
