"""The skeleton as a graph of edges, and how it shrinks: which edges see one another, which are pooled together.

Skeleton-aware convolution (Aberman et al. 2020) lives on edges, not joints. An edge is (joint nearer to the root, joint
at its other end). Pure; no network and no weights.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Bool

Edge = tuple[int, int]
_ROOT = 0


class Pooling(NamedTuple):
    """Which edges become one (`groups`, indices into the edges before), and the edges after."""

    groups: list[tuple[int, ...]]
    edges: list[Edge]


def edges_of(parents: Sequence[int]) -> list[Edge]:
    """Return one edge per joint: the bone that ends in it, and for the root an edge to a virtual joint.

    So channels of joint j are channels of edge j.
    """
    return [(_ROOT, len(parents)), *((parent, joint) for joint, parent in enumerate(parents) if joint != _ROOT)]


def is_near(edges: Sequence[Edge], distance: int) -> Bool[Array, "edges edges"]:
    """Return which edges are at most `distance` shared joints apart; every edge is near itself."""
    touches = np.array([[bool(set(one) & set(other)) for other in edges] for one in edges])
    return np.linalg.matrix_power(touches.astype(np.int64), distance) > 0


def pooled(edges: Sequence[Edge]) -> Pooling:
    """Pool the edges of each chain two by two from its start; of an odd number the first stays alone.

    A chain runs from the root or a branching to the next branching or end, in depth-first order. The root is not a
    branching: chains begin there anyway.
    """
    groups: list[tuple[int, ...]] = []
    after: list[Edge] = []
    for chain in _chains(edges):
        alone = len(chain) % 2
        for group in (chain[:alone], *(chain[place : place + 2] for place in range(alone, len(chain), 2))):
            if group:
                groups.append(tuple(group))
                after.append((edges[group[0]][0], edges[group[-1]][1]))
    return Pooling(groups=groups, edges=after)


def _chains(edges: Sequence[Edge]) -> list[list[int]]:
    degree = Counter(joint for edge in edges for joint in edge)
    leaving: dict[int, list[int]] = defaultdict(list)
    for place, (start, _) in enumerate(edges):
        leaving[start].append(place)

    def walk(joint: int, chain: list[int]) -> Iterator[list[int]]:
        if joint != _ROOT and degree[joint] != 2:
            yield chain
            chain = []
        for place in leaving[joint]:
            yield from walk(edges[place][1], [*chain, place])

    return list(walk(_ROOT, []))
