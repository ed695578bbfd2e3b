"""Where a Rigify human's bones go in the base mesh, and how much each of its deforming bones moves each vertex."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from exges_core.arrays import Array, Float
from tools.human.basemesh import Base
from tools.human.source import Archive

_RIG = "mpfb2/rigs/rigify/rig.human.json"
_WEIGHTS = "mpfb2/rigs/rigify/weights.human_toes.json"
HEAD = "DEF-spine.006"
_TRUNK = ("spine", *(f"spine.00{number}" for number in range(1, 7)))
_SIDED = (
    "pelvis", "thigh", "shin", "foot", "toe", "heel.02", "shoulder", "upper_arm", "forearm", "hand",
    *(f"palm.0{number}" for number in (1, 2, 3, 4)),
    *(f"{name}.0{number}" for name in ("thumb", "f_index", "f_middle", "f_ring", "f_pinky") for number in (1, 2, 3)),
)  # fmt: skip
BONES: tuple[str, ...] = (*_TRUNK, *(f"{name}.{side}" for side in ("L", "R") for name in _SIDED))
"""Of Rigify's human, without face and breasts."""
_HALVES: Mapping[str, tuple[str, str]] = {
    "DEF-elbow-helper": ("DEF-upper_arm.{}.001", "DEF-forearm.{}"),
    "DEF-knee-helper": ("DEF-thigh.{}.001", "DEF-shin.{}"),
    "DEF-shoulder-helper": ("DEF-shoulder.{}", "DEF-upper_arm.{}"),
    "DEF-pelvis-helper": ("DEF-spine", "DEF-thigh.{}"),
    "DEF-pelvis-helper.front": ("DEF-spine", "DEF-thigh.{}"),
}
"""Bones that lie half way between two others, which share their weight here."""
_MASK = "mhmask"


@dataclass(frozen=True, kw_only=True)
class Bone:
    """A bone of the metarig: its ends in metres, its roll in radians."""

    name: str
    head_m: Float[Array, "3"]
    tail_m: Float[Array, "3"]
    roll_rad: float


def read_bones(archive: Archive, base: Base) -> tuple[Bone, ...]:
    """Return the metarig's bones where this person has them."""
    table: dict[str, Any] = archive.table(_RIG)
    table = table.get("bones", table)
    return tuple(
        Bone(
            name=name,
            head_m=_place(table[name]["head"], base),
            tail_m=_place(table[name]["tail"], base),
            roll_rad=float(table[name]["roll"]),
        )
        for name in BONES
    )


def _place(told: Mapping[str, Any], base: Base) -> Array:
    """Return where an end of a bone is: in a joint's cube, at a vertex, amid some, or at three for one axis each."""
    strategy = told["strategy"]
    if strategy == "CUBE":
        return base.joint_m(told["cube_name"].removeprefix("joint-"))
    if strategy == "VERTEX":
        return base.points_m[told["vertex_index"]]
    chosen = base.points_m[told["vertex_indices"]]
    return chosen.mean(axis=0) if strategy == "MEAN" else np.diagonal(chosen).copy()


def read_weights(archive: Archive, base: Base) -> tuple[tuple[str, ...], Float[Array, "vertices bones"]]:
    """Return the deforming bones' names, and what share of each vertex of the base mesh each has."""
    table: Mapping[str, list[tuple[int, float]]] = archive.table(_WEIGHTS)["weights"]
    names: dict[str, int] = {}
    pairs = [
        (names.setdefault(bone, len(names)), share, np.array(rows))
        for name, rows in table.items()
        if not name.startswith(_MASK)
        for bone, share in _deforming(name)
    ]
    weights = np.zeros((len(base.points_m), len(names)))
    for column, share, rows in pairs:
        weights[rows[:, 0].astype(np.int64), column] += share * rows[:, 1]
    return tuple(names), weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)


def _deforming(name: str) -> tuple[tuple[str, float], ...]:
    """Return which of Rigify's deforming bones take over a weight, and their shares."""
    stem, dot, side = name.rpartition(".")
    if dot and stem in _HALVES:
        return tuple((each.format(side), 0.5) for each in _HALVES[stem])
    if name.startswith("breast"):
        return (("DEF-spine.003", 1.0),)
    if name.startswith("toe"):
        return ((f"DEF-toe.{side}", 1.0),)
    bare = name.removeprefix("DEF-")
    bare = bare.removesuffix(".001") if bare.count(".") == 2 else bare
    return ((f"DEF-{name.removeprefix('DEF-')}", 1.0),) if bare in BONES else ((HEAD, 1.0),)
