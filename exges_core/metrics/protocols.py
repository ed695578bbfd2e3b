"""The named protocols as data: which rules a published figure was made by. Figures of two protocols never compare.

`emage-2024` is what most papers of the field report (ExGes's table included), `emage-2025` the newer public tools,
`clean` (ours, the default) the same measures without their slips. Facts of the public code, our words; docs/metrics.md
tells what each difference does to a figure. No mathematics in here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from exges_core.errors import InputError, message

CovarianceRule = Literal["if-singular", "in-root", "always"]
COVARIANCE_JITTER = 1e-6


@dataclass(frozen=True, kw_only=True)
class MetricProtocol:
    """One set of rules.

    Attributes:
        name: as in `PROTOCOLS`.
        covariance: where `COVARIANCE_JITTER` is added to the diagonals. "if-singular": under the matrix root, and only
            if a covariance has not full rank. "in-root": always, under the matrix root alone, so that a set against
            itself comes out just below zero. "always": to both covariances.
        beat_threshold: normalised speed above which a minimum of speed is a beat.
        is_threshold_early: the speed that is compared with the threshold is read 60 frames before the minimum.
        is_folded: beats are sought in abs(x - temporal mean) instead of positions.
        is_upright: global orientation and jaw are set to rest before beats are sought.
        is_speed_in_place: mean speeds are of positions without translation, as the speeds that they divide.
    """

    name: str
    covariance: CovarianceRule
    beat_threshold: float
    is_threshold_early: bool = False
    is_folded: bool = False
    is_upright: bool = False
    is_speed_in_place: bool = False


EMAGE_2024 = MetricProtocol(
    name="emage-2024", covariance="if-singular", beat_threshold=0.3, is_threshold_early=True, is_folded=True
)
EMAGE_2025 = MetricProtocol(
    name="emage-2025", covariance="in-root", beat_threshold=0.1, is_threshold_early=True, is_upright=True
)
CLEAN = MetricProtocol(name="clean", covariance="always", beat_threshold=0.3, is_speed_in_place=True)

PROTOCOLS: dict[str, MetricProtocol] = {each.name: each for each in (EMAGE_2024, EMAGE_2025, CLEAN)}


def protocol_named(name: str) -> MetricProtocol:
    """Return a protocol by its name.

    >>> protocol_named("emage-2024").is_folded
    True

    Raises:
        InputError: if there is none of that name.
    """
    if name not in PROTOCOLS:
        raise InputError(
            message(expected=f"one of {', '.join(PROTOCOLS)}", got=repr(name), where="protocol", do="Choose one.")
        )
    return PROTOCOLS[name]
