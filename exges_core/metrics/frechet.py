"""Frechet distance between Gaussians: how far apart two clouds of features are in place and in shape.

d^2 = |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) (Dowson and Landau 1982), in float64. The trace of the root is the
sum of the singular values of C2^(1/2) C1^(1/2), which symmetric eigenvalues give without a complex matrix root and
without a jitter where a covariance is singular. No features are computed in here: `evaluator` gives the latents of
gestures, of which `frechet_gesture_distance` is FGD.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import InputError, message
from exges_core.metrics.protocols import CLEAN, COVARIANCE_JITTER, MetricProtocol

FGD_SCALE = 10.0
"""The field prints Frechet gesture distances times ten."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Gaussian:
    """Mean and full covariance of a cloud of features."""

    mean: Float[Array, "channels"]
    covariance: Float[Array, "channels channels"]


def gaussian_of(features: Float[Array, "items channels"], *, jitter: float = 0.0) -> Gaussian:
    """Fit a Gaussian.

    Args:
        features: at least two items, finite.
        jitter: added to the diagonal of the covariance (1e-6 in some protocols).

    Raises:
        InputError: for fewer items, other shapes, or values that are not finite.
    """
    if features.ndim != 2 or len(features) < 2 or not np.isfinite(features).all():
        raise InputError(
            message(
                expected="at least two rows of finite features",
                got=f"shape {features.shape}",
                where="Frechet distance",
                do="Give more, or unbroken, motion.",
            )
        )
    cloud = features.astype(np.float64)
    covariance = np.cov(cloud, rowvar=False).reshape(cloud.shape[1], cloud.shape[1])
    return Gaussian(mean=cloud.mean(axis=0), covariance=covariance + jitter * np.eye(cloud.shape[1]))


def frechet_distance(first: Gaussian, second: Gaussian) -> float:
    """Return the squared Frechet (2-Wasserstein) distance of two Gaussians, as FGD and FID report it; never negative.

    Raises:
        InputError: if they have different numbers of channels.
    """
    if first.mean.shape != second.mean.shape:
        raise InputError(
            message(
                expected=f"{len(first.mean)} channels on both sides",
                got=f"{len(second.mean)}",
                where="Frechet distance",
                do="Compute both with the same features.",
            )
        )
    shift = first.mean - second.mean
    spread = np.trace(first.covariance) + np.trace(second.covariance) - 2.0 * _cross(first, second)
    return float(shift @ shift + max(spread, 0.0))


def frechet_gesture_distance(
    real: Sequence[Float[Array, "_ channels"]],
    generated: Sequence[Float[Array, "_ channels"]],
    protocol: MetricProtocol = CLEAN,
) -> float:
    """Return FGD (Yoon et al. 2020) times ten: the Frechet distance over the latent frames of all clips.

    Comparable only within one evaluator, one protocol and about one number of latents: with few latents it is biased
    upwards (print the floors of `intervals.frechet_floors` beside it).

    >>> clips = [np.random.default_rng(seed).normal(size=(50, 4)) for seed in (0, 1)]
    >>> round(frechet_gesture_distance(clips, [clip + 0.5 for clip in clips]), 3)  # 4 channels * 0.5 squared * 10
    10.0

    Args:
        real: latents of each real clip (`evaluator.LoadedEvaluator.embed`).
        generated: the same of each generated clip.
        protocol: its covariance rule alone matters here.

    Returns:
        The distance, x10. In "emage-2025" it may be below zero by less than 0.01 (`protocols.MetricProtocol`).

    Raises:
        InputError: if a side has fewer than two latent frames, or values that are not finite.
    """
    first, second = (gaussian_of(_joined(side, name)) for side, name in ((real, "real"), (generated, "generated")))
    if protocol.covariance == "always":
        return FGD_SCALE * frechet_distance(_jittered(first), _jittered(second))
    is_jittered = protocol.covariance == "in-root" or _is_singular(first) or _is_singular(second)
    if not is_jittered:
        return FGD_SCALE * frechet_distance(first, second)
    shift = first.mean - second.mean
    spread = np.trace(first.covariance) + np.trace(second.covariance)
    return FGD_SCALE * float(shift @ shift + spread - 2.0 * _cross(_jittered(first), _jittered(second)))


def _joined(clips: Sequence[Array], name: str) -> Array:
    if not clips:
        raise InputError(message(expected=f"{name} clips", got="none", where="FGD", do="Give at least one clip."))
    return np.concatenate(list(clips))


def _jittered(fitted: Gaussian) -> Gaussian:
    return replace(fitted, covariance=fitted.covariance + COVARIANCE_JITTER * np.eye(len(fitted.mean)))


def _is_singular(fitted: Gaussian) -> bool:
    return int(np.linalg.matrix_rank(fitted.covariance, hermitian=True)) < len(fitted.mean)


def _cross(first: Gaussian, second: Gaussian) -> float:
    """Return tr (C1 C2)^(1/2)."""
    return float(np.linalg.svd(_root(second.covariance) @ _root(first.covariance), compute_uv=False).sum())


def _root(covariance: Float[Array, "channels channels"]) -> Float[Array, "channels channels"]:
    """Return the symmetric square root; eigenvalues below zero are rounding and count as zero."""
    values, vectors = np.linalg.eigh(0.5 * (covariance + covariance.T))
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
