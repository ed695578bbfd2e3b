"""Do speakers differ, and halves of a corpus not? A Frechet distance over windows, and a classifier of style.

FGD-style, PCA features: windows of 2 s, hopping 1 s, with 5 poses a second; rot6d of spine, neck, head, collars,
shoulders, elbows and wrists and their rates; centred, each of the two groups scaled to unit variance, 24 principal
components (8 between speakers, whose clouds are small). It is no published FGD (no encoder): only its own figures
compare. Between and within speakers: always one half of a speaker's windows in time against the other half of its own
or another's, so that all clouds are equally large.

Classifier: linear discriminants with a shared, shrunk covariance over each take's statistics (means of those of its
stretches of 10 s); whole takes are held out one at a time. The same for single stretches of 10 s of the six styles that
are farthest apart: what differs at a glance. Beside it, per statistic, the share of the variance of takes
that speakers explain (intraclass correlation: 0 = none of it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np

from exges_core.arrays import Array, Float, Int, einsum, median, percentile
from exges_core.metrics.frechet import frechet_distance, gaussian_of
from exges_core.motion.rotations import quat_inverse, quat_multiply, rot6d_from_quat
from exges_core.motion.skeleton import joint_index
from training.corpus.measures.carriage import HIGH_M
from training.corpus.measures.measured_body import MeasuredBody, pitch_yaw_roll_deg
from training.corpus.measures.signals import RATE_HZ, correlation, speed

UPPER = (
    "spine1", "spine2", "spine3", "neck", "head", "left_collar", "right_collar", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
COMPONENTS, SPEAKER_COMPONENTS = 24, 8
GLANCED, GLANCE_NEEDED = 6, 0.7
"""How many styles must differ at a glance, and how often they must be told by 10 s."""
_TAKES_TO_LEARN = 3
_MAIN_WAYS = 4
"""In how many directions styles are looked at for the farthest ones; in all of them chance would choose."""
_EVERY, _WINDOW, _HOP = 6, 10, 5
_STYLE_FRAMES = 300
_SHRINK = 0.5
STATISTICS = (
    "left out", "left up", "left forward", "right out", "right up", "right forward", "left up sd", "right up sd",
    "left speed", "right speed", "left speed p95", "right speed p95", "stillness", "symmetry", "head speed",
    "hip speed", "stance", "lean", "trunk turn", "trunk tilt", "nodding", "head turning",
    "hands low", "hand high",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class TakeStyle:
    """What is kept of a take: whose it is, its motion windows and the style statistics of each 10 s."""

    speaker: str
    windows: Float[Array, "windows features"]
    stretches: Float[Array, "stretches statistics"]

    @property
    def statistics(self) -> Float[Array, "statistics"]:
        """Return the means over its stretches; NaN for a take under 10 s."""
        return self.stretches.mean(axis=0) if len(self.stretches) else np.full(len(STATISTICS), np.nan)


@dataclass(frozen=True, kw_only=True)
class StyleSummary:
    """Figures over all takes; None where there are too few takes or speakers.

    Attributes:
        takes, speakers: how many.
        halves: distance between disjoint halves of the takes (every speaker's takes go to alternate halves).
        within, between: mean distance of a speaker's own halves in time, and of different speakers'.
        accuracy: share of held-out takes whose speaker was told.
        tried: how many takes that is; speakers told apart.
        candidates: how many speakers there were to choose from.
        glanced: the six (or fewer) styles farthest apart.
        glance_accuracy: share of their 10 s stretches, whole takes held out, whose style was told; None if there
            are too few takes.
        explained: share of each statistic's variance that speakers explain; empty if no speaker has two takes.
    """

    takes: int
    speakers: int
    halves: float | None
    within: float | None
    between: float | None
    accuracy: float | None
    tried: int
    candidates: int
    glanced: tuple[str, ...]
    glance_accuracy: float | None
    explained: dict[str, float]


def take_style(speaker: str, body: MeasuredBody) -> TakeStyle:
    """Keep what the comparison needs of a take."""
    return TakeStyle(speaker=speaker, windows=motion_windows(body), stretches=style_stretches(body))


def motion_windows(body: MeasuredBody) -> Float[Array, "windows features"]:
    """Return flattened windows: first all rotations, then all rates (per second)."""
    joints = [joint_index(name) for name in UPPER]
    every = rot6d_from_quat(body.clip.local_quat_wxyz[:, joints]).reshape(-1, 6 * len(joints))
    poses, rates = every[::_EVERY], np.gradient(every, 1 / RATE_HZ, axis=0)[::_EVERY]
    starts = range(0, len(poses) - _WINDOW + 1, _HOP)
    rows = [np.concatenate([track[k : k + _WINDOW].ravel() for track in (poses, rates)]) for k in starts]
    return np.array(rows, dtype=np.float32)


def style_stretches(body: MeasuredBody) -> Float[Array, "stretches statistics"]:
    """Return where each hand is and how hands, head, trunk and hips are carried and move, for every 10 s."""
    going = body.wrist_speed_m_per_s
    left, right = np.gradient(body.smooth_wrists_m, 1 / RATE_HZ, axis=1)
    head, pelvis = speed(body.at("head")), speed(body.at("pelvis"))
    stance = np.linalg.norm((body.at("left_ankle") - body.at("right_ankle"))[:, (0, 2)], axis=-1)
    trunk = pitch_yaw_roll_deg(quat_multiply(quat_inverse(body.world("pelvis")), body.world("spine3")))
    gaze = pitch_yaw_roll_deg(quat_multiply(quat_inverse(body.world("spine3")), body.world("head")))
    rows: list[list[float]] = []
    for start in range(0, body.clip.frames - _STYLE_FRAMES + 1, _STYLE_FRAMES):
        here = slice(start, start + _STYLE_FRAMES)
        fast = going[:, here]
        row = [*median(body.wrists_m[:, here], axis=1).ravel(), *body.wrists_m[:, here, 1].std(axis=1)]
        row += [*np.log(fast.mean(axis=1) + 1e-3), *np.log(percentile(fast, 95, axis=1) + 1e-3)]
        row += [float(np.mean(fast < 0.1)), correlation(left[here], right[here])]
        row += [float(np.log(track[here].mean() + 1e-3)) for track in (head, pelvis)]
        row += [float(median(stance[here])), *trunk[here].mean(axis=0), *gaze[here, :2].std(axis=0)]
        up = body.wrists_m[:, here, 1]
        row += [float((up < 0.0).all(axis=0).mean()), float((up > HIGH_M).any(axis=0).mean())]
        rows.append([float(value) for value in row])
    return np.array(rows).reshape(len(rows), len(STATISTICS))


def principal(takes: Sequence[TakeStyle]) -> list[Float[Array, "windows components"]]:
    """Project every take's windows on the principal components of all."""
    windows = np.concatenate([take.windows for take in takes])
    mean = windows.mean(axis=0)
    half = windows.shape[1] // 2
    scale = np.concatenate(
        [np.full(half, max(float(np.sqrt((windows - mean)[:, group].var(axis=0).sum())), 1e-6))
         for group in (slice(None, half), slice(half, None))]
    )  # fmt: skip
    centred = (windows - mean) / scale
    _, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    kept = vectors[:, ::-1][:, :COMPONENTS]
    return [((take.windows - mean) / scale) @ kept for take in takes]


def style_summary(takes: Sequence[TakeStyle]) -> StyleSummary:
    """Compare halves and speakers."""
    usable = [take for take in takes if len(take.windows) > COMPONENTS and np.isfinite(take.statistics).all()]
    names = sorted({take.speaker for take in usable})
    by_speaker = {name: [k for k, take in enumerate(usable) if take.speaker == name] for name in names}
    halves = within = between = None
    if len(usable) >= 2:
        clouds = principal(usable)
        halves = _between_halves(clouds, by_speaker)
        within, between = _speakers_apart(clouds, by_speaker)
    items = np.array([take.statistics for take in usable]).reshape(len(usable), len(STATISTICS))
    labels = np.array([names.index(take.speaker) for take in usable], dtype=np.int64)
    accuracy, tried = tell_apart(items, labels)
    shares = explained_by(items, labels)
    glanced, glance_accuracy = at_a_glance(usable)
    return StyleSummary(
        takes=len(usable), speakers=len(names), halves=halves, within=within, between=between,
        accuracy=accuracy, tried=tried, candidates=len(names), glanced=glanced, glance_accuracy=glance_accuracy,
        explained=dict(zip(STATISTICS, shares.tolist(), strict=True)) if shares is not None else {},
    )  # fmt: skip


def _distance(first: Array, second: Array) -> float:
    return frechet_distance(gaussian_of(first), gaussian_of(second))


def _between_halves(clouds: list[Array], by_speaker: dict[str, list[int]]) -> float:
    """Deal each speaker's takes out in turn; who got the odd one changes from speaker to speaker."""
    sides: tuple[list[int], list[int]] = ([], [])
    for own in by_speaker.values():
        for take in own:
            sides[0 if len(sides[0]) <= len(sides[1]) else 1].append(take)
    return _distance(*(np.concatenate([clouds[take] for take in side]) for side in sides))


def _speakers_apart(clouds: list[Array], by_speaker: dict[str, list[int]]) -> tuple[float | None, float | None]:
    """Return mean distances of halves of one speaker, and of halves of two."""
    halves: dict[str, tuple[Array, Array]] = {}
    least = min(sum(len(clouds[take]) for take in own) for own in by_speaker.values())
    for name, own in by_speaker.items():
        cloud = np.concatenate([clouds[take][:, :SPEAKER_COMPONENTS] for take in own])
        halves[name] = (cloud[: least // 2], cloud[-(least // 2) :])
    if len(halves) < 2 or least < 4 * SPEAKER_COMPONENTS:
        return None, None
    fits = {name: (gaussian_of(first), gaussian_of(second)) for name, (first, second) in halves.items()}
    within = [frechet_distance(*pair) for pair in fits.values()]
    between = [frechet_distance(fits[a][0], fits[b][1]) for a, b in combinations(fits, 2)]
    return float(np.mean(within)), float(np.mean(between))


def tell_apart(items: Float[Array, "takes statistics"], labels: Int[Array, "takes"]) -> tuple[float | None, int]:
    """Hold every take out in turn and guess its label from the others.

    Returns:
        Accuracy (None if no take can be held out) and how many were: a label's only take cannot be.
    """
    held_out = [take for take in range(len(labels)) if np.sum(labels == labels[take]) > 1]
    if len(set(labels.tolist())) < 2 or not held_out:
        return None, 0
    right = 0
    for take in held_out:
        rest = np.arange(len(labels)) != take
        right += _nearest_class(items[rest], labels[rest], items[take]) == labels[take]
    return float(right / len(held_out)), len(held_out)


def at_a_glance(takes: Sequence[TakeStyle], most: int = GLANCED) -> tuple[tuple[str, ...], float | None]:
    """Tell the styles that are farthest apart by 10 s of motion; whole takes are held out one at a time.

    Returns:
        The styles, of speakers with three takes or more (fewer teach nothing), and the share of stretches that were
        told; None if there are fewer than two such speakers.
    """
    owners = [take.speaker for take in takes]
    usable = [take for take in takes if owners.count(take.speaker) >= _TAKES_TO_LEARN and len(take.stretches)]
    names = _farthest(usable, most)
    chosen = [take for take in usable if take.speaker in names]
    if len(names) < 2:
        return (), None
    right: list[bool] = []
    for asked in chosen:
        rest = [take for take in chosen if take is not asked]
        labels = np.concatenate([[names.index(take.speaker)] * len(take.stretches) for take in rest])
        known = np.concatenate([take.stretches for take in rest])
        right += [_nearest_class(known, labels, row) == names.index(asked.speaker) for row in asked.stretches]
    return names, float(np.mean(right))


def _farthest(takes: Sequence[TakeStyle], most: int) -> tuple[str, ...]:
    """Return the speakers whose mean statistics lie farthest apart: both ends first, then who is farthest from all."""
    names = sorted({take.speaker for take in takes})
    if len(names) <= most:
        return tuple(names)
    every = np.concatenate([take.stretches for take in takes])
    own = [np.concatenate([take.stretches for take in takes if take.speaker == name]) for name in names]
    within = np.sqrt(np.mean([one.var(axis=0) for one in own], axis=0))
    means = np.array([(one.mean(axis=0) - every.mean(axis=0)) / np.maximum(within, 1e-9) for one in own])
    means = means @ np.linalg.svd(means, full_matrices=False)[2][:_MAIN_WAYS].T
    away = np.linalg.norm(means[:, None] - means[None], axis=-1)
    kept = [int(index) for index in np.unravel_index(int(away.argmax()), away.shape)]
    while len(kept) < most:
        kept.append(int(np.argmax(away[:, kept].min(axis=1))))
    return tuple(names[index] for index in kept)


def _nearest_class(known: Array, labels: Array, asked: Array) -> int:
    """Return the class under whose Gaussian an item is likeliest; one covariance, shrunk to its diagonal, for all."""
    scale = np.maximum(known.std(axis=0), 1e-9)
    known, asked = known / scale, asked / scale
    classes, place = np.unique(labels, return_inverse=True)
    means = np.stack([known[labels == name].mean(axis=0) for name in classes])
    off = known - means[place]
    spread = off.T @ off / max(len(known) - len(classes), 1)
    shrunk = (1 - _SHRINK) * spread + _SHRINK * np.diag(np.diag(spread)) + 1e-3 * np.eye(len(spread))
    away = asked - means
    return int(classes[np.argmin(einsum("kc,cd,kd->k", away, np.linalg.inv(shrunk), away))])


def explained_by(
    items: Float[Array, "takes statistics"], labels: Int[Array, "takes"]
) -> Float[Array, "statistics"] | None:
    """Return the intraclass correlation of each statistic (one-way analysis of variance); None without repeats."""
    classes, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(classes) < 2 or len(labels) == len(classes):
        return None
    means = np.stack([items[labels == name].mean(axis=0) for name in classes])
    between = (counts[:, None] * (means - items.mean(axis=0)) ** 2).sum(axis=0) / (len(classes) - 1)
    within = ((items - means[place]) ** 2).sum(axis=0) / (len(labels) - len(classes))
    size = (len(labels) - (counts**2).sum() / len(labels)) / (len(classes) - 1)
    return (between - within) / np.maximum(between + (size - 1) * within, 1e-12)


def style_lines(summary: StyleSummary) -> list[str]:
    """Format the section of the report."""
    lines = [
        f"styles ({summary.takes} takes, {summary.speakers} speakers;"
        f" FGD-style, {COMPONENTS} PCA features of 2 s windows)",
        f"  disjoint halves of the takes: {_shown(summary.halves)}",
        f"  halves of one speaker: {_shown(summary.within)}; of two speakers: {_shown(summary.between)}"
        f" ({SPEAKER_COMPONENTS} features)",
    ]
    if summary.accuracy is None:
        return [*lines, "  telling speakers apart: not measured (needs two speakers, one of them with two takes)"]
    chance = 1 / summary.candidates
    verdict = "" if summary.accuracy >= 3 * chance else "  OUT (needs 3 times chance)"
    ordered = sorted(summary.explained.items(), key=lambda item: -item[1])
    told = f"{summary.accuracy:.1%} of {summary.tried} held-out takes, chance {chance:.1%}{verdict}"
    shares = ", ".join(f"{name} {share:.2f}" for name, share in ordered)
    return [
        *lines, *_glance_lines(summary), f"  telling speakers apart: {told}",
        f"  variance explained by the speaker: {shares}",
    ]  # fmt: skip


def _shown(value: float | None) -> str:
    return "not measured (too few takes)" if value is None else f"{value:.3f}"


def _glance_lines(summary: StyleSummary) -> list[str]:
    if summary.glance_accuracy is None:
        return [f"  told by 10 s of motion: not measured (needs two speakers with {_TAKES_TO_LEARN} takes)"]
    verdict = "" if summary.glance_accuracy >= GLANCE_NEEDED else f"  OUT (needs {GLANCE_NEEDED:.0%})"
    return [
        f"  told by 10 s of motion: {summary.glance_accuracy:.1%}, chance {1 / len(summary.glanced):.1%}"
        f" ({', '.join(summary.glanced)}){verdict}"
    ]


def style_json(summary: StyleSummary) -> dict[str, object]:
    """Return the same for JSON."""
    return asdict(summary)
