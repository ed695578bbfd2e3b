"""The mirror image of what a face's bones do: each does what its partner on the other side did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.face.rigs.face_bone import BoneMotion, FaceBone
from exges_core.face.rigs.head_frame import left_of
from exges_core.rig.names import parse_name

_OTHER = {"": "", "left": "right", "right": "left"}


def mirrored_bones(bones: Sequence[FaceBone], motions: Mapping[str, BoneMotion]) -> dict[str, BoneMotion]:
    """Return motions of which left and right are exchanged; a bone without a partner keeps its own side.

    Args:
        bones: all of the armature's, at rest.
        motions: bone -> how it moves.
    """
    left = left_of(bones)
    if left is None:
        return dict(motions)
    across = np.eye(3) - 2.0 * np.outer(left, left)
    by_name = {bone.name: bone for bone in bones}
    places = {(parse_name(name).text, parse_name(name).side): name for name in motions}
    found: dict[str, BoneMotion] = {}
    for name in motions:
        parsed = parse_name(name)
        partner = places.get((parsed.text, _OTHER[parsed.side]), name)
        found[name] = _image(motions[partner], by_name[partner], by_name[name], across)
    return found


def _image(motion: BoneMotion, there: FaceBone, here: FaceBone, across: Float[Array, "3 3"]) -> BoneMotion:
    quat, offset = motion.quat_wxyz, motion.offset
    if quat is not None:
        axes = quat[:, 1:] @ (here.rest.T @ -across @ there.rest).T  # a turn's axis is mirrored and turns the other way
        quat = np.concatenate([quat[:, :1], axes], axis=1)
    if offset is not None:
        offset = offset @ (here.place_axes.T @ across @ there.place_axes).T
    return BoneMotion(quat_wxyz=quat, offset=offset)
