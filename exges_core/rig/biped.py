"""A rig as a tree of heads, and the legs and arms that were found in it. Numpy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array
from exges_core.rig.bones import Rig
from exges_core.rig.symmetry import Mirror

SAME = 0.004
"""Bones nearer than this are in one place."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tree:
    """A rig's heads in shares of its size, with children and mirror at hand."""

    rig: Rig
    mirror: Mirror
    heads: Array
    children: tuple[tuple[int, ...], ...]
    reach: Array
    """Length of the longest way down from each bone's head, heads only."""

    def above(self, bone: int) -> list[int]:
        """Return a bone and all above it, from the bone up."""
        path = [bone]
        while self.rig.parents[path[-1]] >= 0:
            path.append(self.rig.parents[path[-1]])
        return path

    def below(self, bone: int) -> list[int]:
        """Return a bone and all below it."""
        found = [bone]
        for each in found:
            found += self.children[each]
        return found

    def longest_way(self, bone: int) -> list[int]:
        """Return the bones along the longest way down, the bone itself first."""
        path = [bone]
        while self.children[path[-1]]:
            below = self.children[path[-1]]
            steps = np.linalg.norm(self.heads[list(below)] - self.heads[path[-1]], axis=1)
            path.append(below[int(np.argmax(self.reach[list(below)] + steps))])
        return path


def tree_of(rig: Rig, mirror: Mirror) -> Tree:
    """Return the rig as a tree in shares of its size."""
    heads = rig.heads / mirror.size
    below: list[list[int]] = [[] for _ in rig.names]
    reach = np.zeros(len(rig.names))
    for bone in range(len(rig.names) - 1, -1, -1):
        parent = rig.parents[bone]
        if parent >= 0:
            below[parent].insert(0, bone)
            reach[parent] = max(reach[parent], reach[bone] + float(np.linalg.norm(heads[bone] - heads[parent])))
    return Tree(rig=rig, mirror=mirror, heads=heads, children=tuple(map(tuple, below)), reach=reach)


@dataclass(frozen=True, kw_only=True, eq=False)
class Limb:
    """One limb of a mirrored pair: the bones along it from where it leaves the middle."""

    attach: int
    """The bone of the middle it hangs on; -1 if it hangs on nothing."""
    way: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Biped:
    """A choice of legs and arms, with the joints along one side of each."""

    legs: Limb
    arms: Limb
    leg: tuple[int, int, int]
    arm: tuple[int, int, int]
    up: Array
    score: float


def flat(tree: Tree, vector: Array) -> Array:
    """Return the part of a vector that lies in the mirror plane."""
    return vector - (vector @ tree.mirror.normal) * tree.mirror.normal


def joined(tree: Tree, legs: Limb, arms: Limb) -> int | None:
    """Return the lowest bone that both legs and arms hang on."""
    over = set(tree.above(legs.way[0])[1:])
    return next((bone for bone in tree.above(arms.way[0])[1:] if bone in over), None)


def shared(tree: Tree, biped: Biped, attach: int) -> int:
    """Return the lowest bone of the middle that both arms hang on: a collar may begin on the plane too."""
    other = tree.mirror.partner[biped.arms.way[0]]
    over = set(tree.above(int(other))) if other >= 0 else set(tree.above(attach))
    return next((bone for bone in tree.above(attach) if bone in over), attach)
