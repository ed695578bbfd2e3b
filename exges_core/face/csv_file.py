"""A face as the CSV of the Live Link Face app: a row a frame, ARKit's shapes and the turns of head and eyes.

Its head stays at 0: the head's turns are the motion's own. The eyes' turns are in radians, as the app writes them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.eyes import gaze_in
from exges_core.face.names import ARKIT_NAMES
from exges_core.files import replacing

_TURNS = tuple(f"{part}{turn}" for part in ("Head", "LeftEye", "RightEye") for turn in ("Yaw", "Pitch", "Roll"))
HEADER = ("Timecode", "BlendShapeCount", *(name[0].upper() + name[1:] for name in ARKIT_NAMES), *_TURNS)


def write_csv(path: Path, curves: Float[Array, "frames 52"], rate_hz: float) -> None:
    """Write a face's curves; atomically.

    Raises:
        OutputError: if it cannot be written.
    """
    left, up = np.deg2rad(gaze_in(curves)).T
    none = np.zeros_like(left)
    turns = np.stack([none, none, none, left, -up, none, left, -up, none], axis=1)
    count = len(ARKIT_NAMES) + len(_TURNS)
    lines = [",".join(HEADER)]
    for number, row in enumerate(np.concatenate([curves, turns], axis=1).tolist()):
        values = ",".join(f"{value:.5f}" for value in row)
        lines.append(f"{timecode(number, rate_hz)},{count},{values}")
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="ascii")


def timecode(frame: int, rate_hz: float) -> str:
    """Return a frame as hours:minutes:seconds:frames, counted without drop.

    >>> timecode(95, 30.0)
    '00:00:03:05'
    """
    seconds, left = divmod(frame, max(1, round(rate_hz)))
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{left:02d}"
