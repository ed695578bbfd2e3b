"""Does the speech make the motion, or the seed? A design of n seeds by m speeches, every cell generated once."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import InputError, message

Paths = Float[Array, "seeds speeches frames channels"]


class Shares(NamedTuple):
    """Shares of the variance about the mean over all cells, frame by frame and channel by channel.

    Attributes:
        speech: that the means of speeches explain; seed: that those of seeds do; the rest is their interplay.
        speech_chance, seed_chance: what either explains of cells that have nothing in common, (n - 1) / (n m - 1).
    """

    speech: float
    seed: float
    speech_chance: float
    seed_chance: float


def variance_shares(paths: Paths) -> Shares:
    """Return the two-way analysis of variance (no interaction) of a full design, e.g. of wrist paths in metres; ours.

    Raises:
        InputError: with fewer than two seeds or speeches, or if every cell is the same.
    """
    _check(paths)
    seeds, speeches = paths.shape[:2]
    mean = paths.mean(axis=(0, 1), keepdims=True)
    total = float(((paths - mean) ** 2).sum())
    if total < 1e-12 * paths.size:
        expected, got = "motions that differ", "one motion in every cell"
        raise InputError(message(expected=expected, got=got, where="variance_shares", do="Generate every cell anew."))
    by_seed = float(((paths.mean(axis=1, keepdims=True) - mean) ** 2).sum()) * speeches
    by_speech = float(((paths.mean(axis=0, keepdims=True) - mean) ** 2).sum()) * seeds
    cells = seeds * speeches - 1
    return Shares(by_speech / total, by_seed / total, (speeches - 1) / cells, (seeds - 1) / cells)


def same_seed_correlation(paths: Paths) -> float:
    """Return the mean correlation over time of one seed's paths for two different speeches; 0 by chance.

    Pearson's r of each channel, mean over channels, pairs of speeches and seeds; a channel that never moves is left
    out. With the first two axes exchanged it is that of one speech with two seeds.

    Raises:
        InputError: with fewer than two seeds or speeches.
    """
    _check(paths)
    centred = paths - paths.mean(axis=2, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=2))
    found = [
        (centred[:, one] * centred[:, other]).sum(axis=1)[moves] / (size[:, one] * size[:, other])[moves]
        for one, other in combinations(range(paths.shape[1]), 2)
        if (moves := (size[:, one] > 1e-9) & (size[:, other] > 1e-9)).any()
    ]
    return float(np.concatenate(found).mean()) if found else float("nan")


def _check(paths: Paths) -> None:
    if min(paths.shape[:2]) < 2:
        expected, got = "at least two seeds and two speeches", f"{paths.shape[0]} and {paths.shape[1]}"
        raise InputError(message(expected=expected, got=got, where="seed against speech", do="Generate more cells."))
