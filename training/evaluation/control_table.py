"""Table 2 (paper 5.2, issue 5): how near the truth a window comes when 0, 1, 2 or 3 whole poses of it are given.

Errors are root-aligned (MPJPE) or also turned and scaled (PA-MPJPE), over the whole window and at the frames given, of
the network's own motion ("own") and after the given poses are pinned and the difference is spread over their
neighbours, as the product does ("delivered"), the same for every system. Given frames divide the window evenly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from exges_core.arrays import Array, Float, Int, einsum, interp
from exges_core.control.masks import ORIGIN
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.diffusion.sampler import DEFAULT_SAMPLER, DEFAULT_STEPS
from exges_core.metrics.position_error import mpjpe_mm, pa_mpjpe_mm
from exges_core.motion.features import clip_from_features
from exges_core.motion.skeleton import Skeleton
from exges_core.postprocess.residual import spread_residual
from exges_core.timeline import MOTION_RATE_HZ
from training.evaluation.figures import Figure, over_clips
from training.evaluation.windows import TrueWindows, given_frames, observed_poses, sample_windows

GIVEN = (0, 1, 2, 3)
WITHOUT_POSTURE, WITH_POSTURE = ", without keeping their posture", ", keeping their posture"
"""Ends of names of systems that tell which part of our control does what: no rivals of ours, see `verdicts`."""
KEYS_ALONE = "the given poses alone, interpolated (no network)"
MEASURES: dict[str, Callable[[Array, Array], Array]] = {"mpjpe_mm": mpjpe_mm, "pa_mpjpe_mm": pa_mpjpe_mm}
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ControlSystem:
    """What is asked for motion under control.

    Attributes:
        model: None = no network: the given poses interpolated.
        steps: of the default sampler.
        keeps_posture: part of our control (`exges_core.control.posture`), and of nobody else's.
    """

    name: str
    model: LoadedDenoiser | None
    steps: int = DEFAULT_STEPS[DEFAULT_SAMPLER]
    keeps_posture: bool = False


@dataclass(frozen=True, kw_only=True)
class ControlRow:
    """Errors of one system with one number of poses given; keys of `errors` as in `row_errors`."""

    system: str
    given: int
    errors: Mapping[str, Figure]

    def as_json(self) -> dict[str, object]:
        """Return the row as the report has it."""
        return {
            "system": self.system,
            "given": self.given,
            **{name: each.as_json() for name, each in self.errors.items()},
        }


def control_rows(
    systems: Sequence[ControlSystem],
    windows: TrueWindows,
    *,
    seed: int,
    given: Sequence[int] = GIVEN,
    say: Say = lambda _line: None,
) -> list[ControlRow]:
    """Measure every system with every number of poses given, on the same windows with the same noise."""
    truth = _positions_m(windows.motion, windows.skeletons)
    rows: list[ControlRow] = []
    for system in systems:
        for count in given:
            at = given_frames(windows.motion.shape[1], count)
            if system.model is None:
                own = interpolated(windows.motion, at)
            else:
                own = sample_windows(
                    system.model, windows, at, seed=seed, steps=system.steps, keeps_posture=system.keeps_posture
                )
            errors = row_errors(own, windows, at, truth, is_exact=system.model is None)
            rows.append(ControlRow(system=system.name, given=count, errors=errors))
            window = errors["delivered_mpjpe_mm"]
            say(f"  {system.name}, {count} given: {window.value:.1f} mm ({window.low:.1f}-{window.high:.1f})")
    return rows


def row_errors(
    own: Float[Array, "windows frames channels"],
    windows: TrueWindows,
    given: Int[Array, "given"],
    truth_m: Float[Array, "windows frames joints 3"],
    *,
    is_exact: bool = False,
) -> dict[str, Figure]:
    """Return "own_", "delivered_" (whole window) and "own_key_" errors by name; the latter only if poses are given.

    `is_exact` says that the given poses are in the motion already.
    """
    found: dict[str, Figure] = {}
    kinds = {"own": own, "delivered": own if is_exact else delivered(own, windows.motion, given)}
    for kind, motion in kinds.items():
        positions = _positions_m(motion, windows.skeletons)
        for measure, error_of in MEASURES.items():
            errors = _framewise(error_of, positions, truth_m)
            found[f"{kind}_{measure}"] = _figure(errors, windows.take)
            if len(given) and kind == "own":
                found[f"own_key_{measure}"] = _figure(errors[:, given], windows.take)
    return found


def delivered(
    own: Float[Array, "windows frames channels"],
    truth: Float[Array, "windows frames channels"],
    given: Int[Array, "given"],
) -> Float[Array, "windows frames channels"]:
    """Return the windows with the given poses exact and the difference spread over their neighbours."""
    if not len(given):
        return own
    masks = (observed_poses(each, given) for each in truth)
    return np.stack([spread_residual(each, mask) for each, mask in zip(own, masks, strict=True)])


def interpolated(
    truth: Float[Array, "windows frames channels"], given: Int[Array, "given"]
) -> Float[Array, "windows frames channels"]:
    """Return the given poses, interpolated between and held before and behind; without any, the windows' mean pose."""
    frames = truth.shape[1]
    if not len(given):
        return np.broadcast_to(truth.mean(axis=(0, 1), dtype=np.float64), truth.shape).astype(np.float32)
    share = np.stack([interp(np.arange(frames), given, row) for row in np.eye(len(given))], axis=1)
    return einsum("fg,wgc->wfc", share, truth[:, given]).astype(np.float32)


def falls(rows: Sequence[ControlRow], system: str, measure: str) -> bool | None:
    """Return whether an error falls with every pose given (1, 2, 3 ...); None without two such rows."""
    counted = sorted((row.given, row.errors[measure].value) for row in rows if row.system == system and row.given)
    return all(after[1] < before[1] for before, after in pairwise(counted)) if len(counted) > 1 else None


def verdicts(rows: Sequence[ControlRow], ours: str) -> dict[str, dict[str, bool | None]]:
    """Return, per measure, issue 5's "Effect": whether ours falls, and lies below each other network at 1, 2 and 3."""
    names = dict.fromkeys(row.system for row in rows if row.system not in (ours, KEYS_ALONE))
    others = [name for name in names if not name.endswith((WITHOUT_POSTURE, WITH_POSTURE))]
    found: dict[str, dict[str, bool | None]] = {}
    for measure in (f"{kind}_{name}" for kind in ("own", "delivered") for name in MEASURES):
        own = {row.given: row.errors[measure].value for row in rows if row.system == ours and row.given}
        found[measure] = {"falls": falls(rows, ours, measure)}
        for other in others:
            its = {row.given: row.errors[measure].value for row in rows if row.system == other and row.given}
            found[measure][f"below {other}"] = all(own[count] < its[count] for count in own)
    return found


def _positions_m(
    motion: Float[Array, "windows frames channels"], skeletons: Sequence[Skeleton]
) -> Float[Array, "windows frames joints 3"]:
    clips = (clip_from_features(window, ORIGIN, MOTION_RATE_HZ) for window in motion)
    return np.stack([clip.positions_m(skeleton) for clip, skeleton in zip(clips, skeletons, strict=True)])


def _framewise(
    error_of: Callable[[Array, Array], Array],
    found_m: Float[Array, "windows frames joints 3"],
    truth_m: Float[Array, "windows frames joints 3"],
) -> Float[Array, "windows frames"]:
    windows, frames = found_m.shape[:2]
    flat = (each.reshape(windows * frames, -1, 3) for each in (found_m, truth_m))
    return error_of(*flat).reshape(windows, frames)


def _figure(errors: Float[Array, "windows frames"], take: Int[Array, "windows"]) -> Figure:
    """Return the mean over windows, with an interval over takes; over windows where there is one take only."""
    numbers = np.unique(take)
    each = errors.mean(axis=1)
    groups = [each[take == number] for number in numbers] if len(numbers) > 1 else list(each[:, None])
    sums = np.array([[group.sum(), len(group)] for group in groups], np.float64)

    def mean_of(chosen: Int[Array, "groups"]) -> float:
        total, count = sums[chosen].sum(axis=0)
        return float(total / count)

    return over_clips(mean_of, len(groups))
