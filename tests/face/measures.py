"""What tells a face that is right from one that is not, measured on its curves alone; see the test for the bounds."""

from collections.abc import Iterable, Sequence

import numpy as np

from exges_core.face.names import COLUMN, columns_of
from exges_core.speech.phones import VOWELS

RATE_HZ = 30
NEAR_S = 0.04
HEIGHT = {
    "AA": 3, "AE": 3, "AO": 2.5, "AW": 3, "AY": 3, "AH": 2, "EH": 2, "OW": 1.8, "OY": 2.2, "EY": 1.7, "ER": 1.2,
    "IH": 1, "UH": 1, "IY": 0.3, "UW": 0.3,
}  # fmt: skip
"""How open a vowel is, as phonetics books draw it; not the numbers of the code."""
Timed = Sequence[tuple[str, float, float]]
"""Phones: name, start, end."""


def lip_gap(curves: np.ndarray) -> np.ndarray:
    """Return how far lips are apart, in jaws: the jaw less what closes the lips over it, and what parts the lips."""
    parted = curves[:, [*columns_of("mouthLowerDown"), *columns_of("mouthUpperUp")]].mean(axis=1)
    return curves[:, COLUMN["jawOpen"]] - curves[:, COLUMN["mouthClose"]] + parted


def is_bitten(curves: np.ndarray) -> np.ndarray:
    """Return where the lower lip is at the upper teeth: rolled in, the jaw nearly closed, the upper lip off."""
    upper = curves[:, columns_of("mouthUpperUp")].mean(axis=1)
    return (curves[:, COLUMN["mouthRollLower"]] >= 0.3) & (curves[:, COLUMN["jawOpen"]] <= 0.2) & (upper >= 0.08)


def share_reached(phones: Timed, names: Iterable[str], is_so: np.ndarray) -> float:
    """Return in how many of the phones something is so on a frame within 40 ms of the phone."""
    wanted = set(names)
    at_s = np.arange(len(is_so)) / RATE_HZ
    hits = [is_so[(at_s >= a - NEAR_S) & (at_s <= b + NEAR_S)].any() for name, a, b in phones if name in wanted]
    assert hits
    return float(np.mean(hits))


def vowel_openings(phones: Timed, jaw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (height, widest jaw) of every vowel."""
    at_s = np.arange(len(jaw)) / RATE_HZ
    rows = [
        (HEIGHT[name], jaw[(at_s >= a - NEAR_S) & (at_s <= b)].max(initial=0.0))
        for name, a, b in phones
        if name in VOWELS and b - a >= 0.05
    ]
    return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])


def lag_s(course: np.ndarray, reference: np.ndarray, most: int = 9) -> float:
    """Return by how much a course comes before a reference, by the top of their correlation, finer than a frame."""
    a, b = course - course.mean(), reference - reference.mean()
    scores = np.array(
        [
            float(np.dot(a[max(0, -k) : len(a) - max(0, k)], b[max(0, k) : len(b) - max(0, -k)]))
            for k in range(-most, most + 1)
        ]
    )
    top = int(scores[1:-1].argmax()) + 1
    left, middle, right = scores[top - 1 : top + 2]
    return (top - most + 0.5 * (left - right) / (left - 2 * middle + right)) / RATE_HZ


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Return the runs [start, stop) of what is true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(int), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
