"""An elbow swung out about the line from shoulder to wrist: the forearm leaves the body and the hand stays; ours."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float, einsum
from exges_core.motion.footlock import smooth_cover
from exges_core.motion.rotations import quat_from_rotvec, quat_multiply, quat_rotate
from exges_core.rig.contacts import Body
from exges_core.rig.depth import PosedSurface
from exges_core.rig.flesh import Flesh
from exges_core.rig.retarget_chain import Posed

_ANGLES_RAD = np.radians(np.arange(0.0, 75.0, 7.5))
"""Turns that are tried, smallest first: shoulders give no more."""


def swing_out(
    body: Body,
    flesh: Flesh,
    surface: PosedSurface,
    posed: Posed,
    side: str,
    share: Float[Array, "frames"],
    slack: float,
    ease: int,
) -> None:
    """Swing one elbow away from the body where its forearm lies deeper than `slack`, in place.

    Args:
        body: the rig.
        flesh: its surface.
        surface: that of the body, in motion.
        posed: the rig in motion.
        side: left or right.
        share: of the swing, per frame.
        slack: how deep a forearm may lie, rig units.
        ease: frames in which a swing comes and goes.
    """
    frames = np.flatnonzero(share > 0.0)
    if not len(frames) or not len(flesh.forearms[side]):
        return
    axis, way = _swing(body, posed, side, frames)
    least = np.zeros(len(frames), dtype=np.int64)
    least_depth, left = np.full(len(frames), np.inf), np.arange(len(frames))
    for number, angle in enumerate(_ANGLES_RAD):
        if not len(left):
            break
        moved = _turned(body, posed, side, frames, axis * (way * angle)[:, None])
        cut = Posed(turns_wxyz=moved.turns_wxyz[left], shift=moved.shift[left])
        points = flesh.forearms[side].posed(body.chain, cut)
        depth = surface.only(frames[left]).depths(points).depth.max(axis=1)
        is_less = depth < least_depth[left]
        least[left[is_less]], least_depth[left[is_less]] = number, depth[is_less]
        least[left[depth <= slack]] = number
        left = left[depth > slack]
    angle = np.zeros(len(share))
    angle[frames] = way * _ANGLES_RAD[least]
    angle = share * (smooth_cover(np.maximum(angle, 0.0), ease) - smooth_cover(np.maximum(-angle, 0.0), ease))
    moved = _turned(body, posed, side, frames, axis * angle[frames, None])
    posed.turns_wxyz[frames] = moved.turns_wxyz


def _swing(body: Body, posed: Posed, side: str, frames: Array) -> tuple[Array, Array]:
    """Return the line from shoulder to wrist, and which way (1 or -1) about it leads the elbow outwards."""
    names = [f"{side}_{name}" for name in ("shoulder", "elbow", "wrist")]
    cut = Posed(turns_wxyz=posed.turns_wxyz[frames], shift=posed.shift[frames])
    points, chest = body.chain.points(cut, names), body.chain.joint_places.get("spine3", 0)
    shoulder, elbow, wrist = (points[name] for name in names)
    line = wrist - shoulder
    axis = line / np.maximum(np.linalg.norm(line, axis=-1, keepdims=True), 1e-12)
    outward = body.rest.own_axes[:, 0] * (1.0 if side == "left" else -1.0)
    outward = quat_rotate(cut.turns_wxyz[:, chest], outward)
    leads = einsum("fx,fx->f", np.cross(axis, elbow - shoulder), outward)
    return axis, np.where(leads >= 0.0, 1.0, -1.0)


def _turned(body: Body, posed: Posed, side: str, frames: Array, turn: Array) -> Posed:
    """Return some frames with the arm, but not the hand, turned about the line from shoulder to wrist."""
    turns, added = posed.turns_wxyz[frames], quat_from_rotvec(turn)
    for name in ("shoulder", "elbow"):
        place = body.chain.joint_places[f"{side}_{name}"]
        turns[:, place] = quat_multiply(added, turns[:, place])
    body.chain.share_turns(turns)
    return Posed(turns_wxyz=turns, shift=posed.shift[frames])
