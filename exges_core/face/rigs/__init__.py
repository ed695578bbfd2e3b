"""Any face: which of a character's shape keys and bones play ARKit's curves, and the values they take.

Numpy alone: Blender's own Python imports this room. Names and what they mean are in `tables`, one table for each
convention; `match` weighs them, `play` gives the keys their values.
"""

from exges_core.face.rigs.binds import Bind
from exges_core.face.rigs.bones import match_bones, turns
from exges_core.face.rigs.face_bone import BoneChannel, BoneMotion, FaceBone, FaceBones
from exges_core.face.rigs.keys import FaceChannel, ShapeKey
from exges_core.face.rigs.match import GROUPS, FaceMatch, match_shapes
from exges_core.face.rigs.mirror import mirrored_bones
from exges_core.face.rigs.play import values
from exges_core.face.rigs.spelling import LOST_NAME

__all__ = [
    "GROUPS",
    "LOST_NAME",
    "Bind",
    "BoneChannel",
    "BoneMotion",
    "FaceBone",
    "FaceBones",
    "FaceChannel",
    "FaceMatch",
    "ShapeKey",
    "match_bones",
    "match_shapes",
    "mirrored_bones",
    "turns",
    "values",
]
