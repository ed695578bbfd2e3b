"""How speakers carry themselves, by style: knees, hips, hands that rest low or are held high, and how fast they move.

Knees and hips are how far a joint is turned from the T-pose, about any axis, by leg; the median of a take. Hands rest
low while both wrists are below the pelvis joint; they are high while the higher one is 20 cm above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np

from exges_core.arrays import Array, Float, median
from exges_core.motion.rotations import rotvec_from_quat
from training.corpus.measures.measured_body import MeasuredBody
from training.corpus.measures.motion_statistics import limb_speeds
from training.corpus.script import SIDES

KNEES_DEG = (4.0, 18.0)
LOW_SHARE = (0.12, 0.3)
"""On average over styles; each style is free."""
HIGH_M = 0.2


@dataclass(frozen=True, kw_only=True)
class Carriage:
    """One take, or the mean over a style's takes.

    Attributes:
        straighter_knee_deg, softer_knee_deg: of both legs.
        less_bent_hip_deg, more_bent_hip_deg: of both legs.
        low, high: share of time in which both hands are low, one hand is high.
        wrist_m_per_s: mean speed of both wrists.
    """

    straighter_knee_deg: float
    softer_knee_deg: float
    less_bent_hip_deg: float
    more_bent_hip_deg: float
    low: float
    high: float
    wrist_m_per_s: float


def carriage(body: MeasuredBody) -> Carriage:
    """Measure a take."""
    knees, hips = (sorted(_turn_deg(body, f"{side}_{joint}") for side in SIDES) for joint in ("knee", "hip"))
    up = body.wrists_m[:, :, 1]
    return Carriage(
        straighter_knee_deg=knees[0], softer_knee_deg=knees[1], less_bent_hip_deg=hips[0], more_bent_hip_deg=hips[1],
        low=float((up < 0.0).all(axis=0).mean()), high=float((up > HIGH_M).any(axis=0).mean()),
        wrist_m_per_s=float(limb_speeds(body)["wrist"].mean()),
    )  # fmt: skip


def _turn_deg(body: MeasuredBody, joint: str) -> float:
    return float(median(np.rad2deg(np.linalg.norm(rotvec_from_quat(body.local(joint)), axis=-1))))


def carriage_by_style(takes: Sequence[tuple[str, Carriage]]) -> dict[str, Carriage]:
    """Return the mean over each speaker's takes, slowest hands first."""
    means = {name: _mean([one for owner, one in takes if owner == name]) for name, _ in takes}
    return dict(sorted(means.items(), key=lambda item: item[1].wrist_m_per_s))


def _mean(takes: Sequence[Carriage]) -> Carriage:
    rows: Float[Array, "takes measures"] = np.array([list(asdict(one).values()) for one in takes])
    names = [one.name for one in fields(Carriage)]
    return Carriage(**dict(zip(names, rows.mean(axis=0).tolist(), strict=True)))


def carriage_lines(by_style: dict[str, Carriage]) -> list[str]:
    """Format the section of the report."""
    lines = [
        "how speakers carry themselves (median knee and hip of the straighter and the softer leg, degrees; both hands"
        " below the pelvis; a hand 20 cm above; mean wrist speed, m/s)"
    ]
    for name, one in [*by_style.items(), ("all", _mean(list(by_style.values())))]:
        lines.append(
            f"  {name:10s} knees {one.straighter_knee_deg:4.1f} {one.softer_knee_deg:4.1f}"
            f"  hips {one.less_bent_hip_deg:4.1f} {one.more_bent_hip_deg:4.1f}"
            f"  low {one.low:4.0%}  high {one.high:4.0%}  wrists {one.wrist_m_per_s:.2f}"
            + (f"  OUT: {', '.join(faults)}" if (faults := _faults(name, one)) else "")
        )
    return lines


def _faults(name: str, one: Carriage) -> list[str]:
    faults: list[str] = []
    if not KNEES_DEG[0] <= one.straighter_knee_deg <= one.softer_knee_deg <= KNEES_DEG[1]:
        faults.append(f"knees (needs {KNEES_DEG[0]:g} to {KNEES_DEG[1]:g})")
    if name == "all" and not LOW_SHARE[0] <= one.low <= LOW_SHARE[1]:
        faults.append(f"hands low (needs {LOW_SHARE[0]:.0%} to {LOW_SHARE[1]:.0%})")
    return faults


def carriage_json(by_style: dict[str, Carriage]) -> dict[str, object]:
    """Return the same for JSON."""
    return {name: asdict(one) for name, one in by_style.items()}
