"""What a hand holds is no hand: swords, cups and bags told from fingers by their shape alone; ours.

A thing that is carried is an island of the mesh: no edge joins it to the arm. It goes further than fingers do, or its
middle lies beside every bone of the hand, whereas a nail, a ring or a robot's knuckle lies about one.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Bool, einsum
from exges_core.rig.patch import Mesh
from exges_core.rig.rest import unit
from exges_core.rig.retarget_chain import Chain

_HAND_M = (0.19, 0.30)
"""Lengths of a hand: what bones say counts between these, for a grown-up."""
_BEYOND, _BESIDE = 1.4, 0.22
"""Shares of the hand's length: what is further from the wrist, or with its middle further from its bones, is held."""
_WELD = 1e-4
"""Vertices nearer than this share of a metre are one: files part them for the sake of textures."""


def held_by(
    chain: Chain, mesh: Mesh, side: str, is_hand: Bool[Array, "vertices"], is_bone: Bool[Array, "bones"], scale: float
) -> Bool[Array, "vertices"]:
    """Return which vertices that a hand carries belong to something it holds; none, where nothing else were left.

    Args:
        chain: the rig's driven bones.
        mesh: the character's.
        side: left or right.
        is_hand: the vertices that the hand carries.
        is_bone: the rig's bones that do so.
        scale: rig units per metre of a person as big as this character.
    """
    held = np.zeros(len(is_hand), dtype=bool)
    own = np.flatnonzero(is_hand)
    if not len(own):
        return held
    starts, stops = _bones(chain, is_bone, side, scale)
    _, wrist = chain.anchors[f"{side}_wrist"]
    shortest, longest = (scale * each for each in _HAND_M)
    length = min(max(float(np.linalg.norm(stops - wrist, axis=-1).max()), shortest), longest)
    island, is_loose = _islands(mesh, is_hand, _WELD * scale)
    is_far = np.linalg.norm(mesh.vertices - wrist, axis=-1) > _BEYOND * length
    for number in np.unique(island[own]):
        these = own[island[own] == number]
        beside = _apart(mesh.vertices[these].mean(axis=0), starts, stops) > _BESIDE * length
        held[these] = is_far[these] | (is_loose[number] and (beside or is_far[these].any()))
    return held if not held[own].all() else np.zeros_like(held)


def _bones(chain: Chain, is_bone: Array, side: str, scale: float) -> tuple[Array, Array]:
    """Return where the bones of a hand begin and end; the last of a finger goes on as the one before."""
    rig, (_, wrist), (_, elbow) = chain.rig, chain.anchors[f"{side}_wrist"], chain.anchors[f"{side}_elbow"]
    rows = [(wrist, wrist + _HAND_M[0] * scale * unit(wrist - elbow))]
    for index, above in enumerate(rig.parents):
        if is_bone[index] and above >= 0 and is_bone[above]:
            rows += [(rig.heads[above], rig.heads[index]), (rig.heads[index], 2 * rig.heads[index] - rig.heads[above])]
    starts, stops = np.array(rows).transpose(1, 0, 2)
    return starts, stops


def _apart(point: Array, starts: Array, stops: Array) -> float:
    """Return how far a point is from the nearest segment."""
    along = stops - starts
    share = einsum("sx,sx->s", point - starts, along) / np.maximum(einsum("sx,sx->s", along, along), 1e-12)
    near = starts + np.clip(share, 0.0, 1.0)[:, None] * along
    return float(np.linalg.norm(near - point, axis=-1).min())


def _islands(mesh: Mesh, is_hand: Array, weld: float) -> tuple[Array, Array]:
    """Return each vertex's island among the triangles about a hand, and which islands nothing joins to the arm."""
    rows = mesh.triangles[is_hand[mesh.triangles].any(axis=1)]
    used = np.unique(np.concatenate([rows.reshape(-1), np.flatnonzero(is_hand)]))
    places = np.round(mesh.vertices[used] / weld).astype(np.int64)
    corner = np.zeros(len(is_hand), dtype=np.int64)
    corner[used] = np.unique(places, axis=0, return_inverse=True)[1].reshape(-1)
    joined, label = corner[rows], np.arange(len(used))
    while True:
        least = label.copy()
        np.minimum.at(least, joined, label[joined].min(axis=1)[:, None])
        least = least[least]
        if (least == label).all():
            break
        label = least
    is_loose = np.ones(len(label), dtype=bool)
    is_loose[label[joined[~is_hand[rows]]]] = False
    return label[corner], is_loose
