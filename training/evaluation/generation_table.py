"""Tables 1 and 3 (paper 5.1, 5.4): FGD, BC and L1div of each system's motion for the same speech, beside real motion.

FGD is measured against the true motion of all takes; its floors are real against real (`intervals.frechet_floors`).
Intervals are bootstrapped over the generated clips. Systems of a thousand steps run on a few takes only; the default
sampler's figures on the same takes stand beside theirs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.diffusion.sampler import DEFAULT_SAMPLER, DEFAULT_STEPS
from exges_core.metrics.beats import BeatConsistency, beat_consistency, mean_joint_speed_m_per_s
from exges_core.metrics.contact import physical_report
from exges_core.metrics.diversity import l1_total_m
from exges_core.metrics.evaluator import LoadedEvaluator
from exges_core.metrics.frechet import frechet_gesture_distance
from exges_core.metrics.intervals import FrechetFloors, frechet_floors
from exges_core.metrics.listening.judge import LoadedJudge
from exges_core.metrics.protocols import MetricProtocol
from exges_core.motion.clip import MotionClip
from exges_core.motion.skeleton import Skeleton
from exges_core.score.records import Score
from training.evaluation.figures import Figure, over_clips
from training.evaluation.listening_columns import Listening, listening_of
from training.evaluation.material import KnownTake
from training.evaluation.stitching import somewhere_in
from training.evaluation.systems import Generator, Made, System
from training.workers import HERE, WorkerOptions

FGD_RESAMPLES = 100
"""A Frechet distance costs a tenth of a second."""
PHYSICAL = (
    "wrist_speed_p50_m_per_s",
    "wrist_speed_p95_m_per_s",
    "wrist_jerk_p95_m_per_s3",
    "foot_slide_p95_m_per_s",
    "ground_penetration_p95_mm",
    "glitch_share",
)
"""Figures of `metrics.contact` in the tables; medians over clips."""
EXCHANGED, OTHER_PLAN = "exchanged", "full@other-plan"
Latents = Float[Array, "_ channels"]
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """One row: what was measured of one system's clips.

    Attributes:
        key, name, what, tables: of the system; "real" for the truth.
        clips: how many takes.
        rtf: seconds of generation per second of motion, features of the speech not counted; None for real motion.
        fgd: None where there is no evaluator, or for real motion (whose floors are told instead).
        bc, bc_excess, l1div: see `exges_core.metrics`.
        physical: `PHYSICAL` by name.
        latents: of each clip.
        listening: whether the motion belongs to its speech.
    """

    key: str
    name: str
    what: str
    tables: tuple[int, ...]
    clips: int
    rtf: float | None
    fgd: Figure | None
    bc: Figure
    bc_excess: Figure
    l1div: Figure
    physical: Mapping[str, float]
    latents: list[Latents]
    listening: Listening

    def as_json(self) -> dict[str, object]:
        """Return the row as the report has it."""
        figures = {"fgd": self.fgd, "bc": self.bc, "bc_excess": self.bc_excess, "l1div": self.l1div}
        return {
            "key": self.key,
            "name": self.name,
            "what": self.what,
            "tables": list(self.tables),
            "clips": self.clips,
            "rtf": self.rtf,
            **{name: None if each is None else each.as_json() for name, each in figures.items()},
            "physical": dict(self.physical),
            "listening": self.listening.as_json(),
        }


class Yardstick:
    """Everything that systems are measured against: takes, protocol, evaluator, real latents, joint speeds."""

    def __init__(
        self,
        takes: Sequence[KnownTake],
        training_clips: Sequence[MotionClip],
        protocol: MetricProtocol,
        evaluator: LoadedEvaluator | None,
        judge: LoadedJudge | None = None,
        *,
        training_skeletons: Sequence[Skeleton] | None = None,
        joint_speed_m_per_s: Float[Array, "55"] | None = None,
    ) -> None:
        self.takes, self.protocol, self.evaluator, self.judge = takes, protocol, evaluator, judge
        truths = [take.truth for take in takes]
        # BC divides speeds by the corpus's own; a folder without training takes has only the takes at hand.
        bodies = training_skeletons if training_clips else [take.skeleton for take in takes]
        if joint_speed_m_per_s is None:
            joint_speed_m_per_s = mean_joint_speed_m_per_s(training_clips or truths, protocol, skeletons=bodies)
        self.joint_speed_m_per_s = joint_speed_m_per_s
        self.real = self.latents(truths)
        self.floors = self._floors(self.latents(training_clips))

    def latents(self, clips: Sequence[MotionClip]) -> list[Latents]:
        """Return the evaluator's latents of clips; none without an evaluator."""
        return [] if self.evaluator is None else self.evaluator.embed_many(clips)

    def _floors(self, training: list[Latents]) -> FrechetFloors | None:
        if self.evaluator is None or len(self.real) < 2:
            return None
        found = frechet_floors(
            training or self.real, self.real, self.protocol, generator=np.random.default_rng(0), splits=10
        )
        return found if training else found._replace(held_out=float("nan"))  # not known without training takes

    def fgd(self, generated: Sequence[Latents]) -> Figure | None:
        """Return FGD of clips against the truth of all takes."""
        if self.evaluator is None or sum(len(each) for each in generated) < 2:
            return None

        def distance(chosen: Int[Array, "clips"]) -> float:
            return frechet_gesture_distance(self.real, [generated[int(place)] for place in chosen], self.protocol)

        return over_clips(distance, len(generated), resamples=FGD_RESAMPLES)

    def beats(self, clips: Sequence[MotionClip], takes: Sequence[KnownTake]) -> BeatConsistency:
        """Return BC of clips with their takes' sound."""
        return beat_consistency(
            clips,
            [take.waveform for take in takes],
            self.protocol,
            joint_speed_m_per_s=self.joint_speed_m_per_s,
            skeletons=[take.skeleton for take in takes],
        )

    def measure(
        self,
        clips: Sequence[MotionClip],
        takes: Sequence[KnownTake],
        *,
        system: System | None = None,
        rtf: float | None = None,
        scores: Sequence[Score | None] = (),
    ) -> Measured:
        """Return the row of clips made for the speech of `takes`.

        Args:
            clips: to be measured.
            takes: as many.
            system: whose clips they are; None = the truth.
            rtf: seconds of generation per second of motion.
            scores: that the clips were made by, as many; none = nobody planned.
        """
        latents, beats = self.latents(clips), self.beats(clips, takes)
        totals = np.array(
            [[l1_total_m(clip, take.skeleton), clip.frames] for clip, take in zip(clips, takes, strict=True)]
        )

        def l1div(chosen: Int[Array, "clips"]) -> float:
            total, frames = totals[chosen].sum(axis=0)
            return float(total / frames)

        reports = [physical_report(clip) for clip in clips]
        return Measured(
            key="real" if system is None else system.key,
            name="real motion" if system is None else system.name,
            what="the truth" if system is None else system.what,
            tables=(1, 3) if system is None else system.tables,
            clips=len(clips),
            rtf=rtf,
            fgd=None if system is None else self.fgd(latents),
            bc=_beats(beats, lambda each: each.score),
            bc_excess=_beats(beats, lambda each: each.excess),
            l1div=over_clips(l1div, len(clips)),
            physical={name: float(np.median([report[name] for report in reports])) for name in PHYSICAL},
            latents=latents,
            listening=listening_of(clips, takes, self.judge, scores),
        )


def _beats(beats: BeatConsistency, figure: Callable[[BeatConsistency], float]) -> Figure:
    return over_clips(lambda chosen: figure(beats.drawn(chosen)), len(beats.clip_scores))


@dataclass(frozen=True, kw_only=True, eq=False)
class GenerationTables:
    """All rows, and one take's motion by every system, for strips.

    Attributes:
        shown_take: the first.
        shown: system's name -> its motion of `shown_take`; "real motion" among them.
        full: what the full system made of every take; empty if it was not asked for.
    """

    rows: list[Measured]
    shown_take: KnownTake
    shown: dict[str, MotionClip]
    full: list[Made]


def generation_rows(
    systems: Sequence[System],
    yardstick: Yardstick,
    *,
    seed: int,
    slow_takes: int,
    workers: WorkerOptions = HERE,
    say: Say = lambda _line: None,
) -> GenerationTables:
    """Run every system on every take (slow ones on `slow_takes` of them) and measure.

    After the slow DDPM comes the default sampler on the same takes ("full@few"), after the full system what it scores
    against the plans of other takes (`OTHER_PLAN`), if "full" is among the systems. Takes are made by `workers`.
    """
    takes = yardstick.takes
    shown_take = takes[0]
    shown = {"real motion": shown_take.truth}
    rows = [yardstick.measure([take.truth for take in takes], takes, scores=[take.score for take in takes])]
    say(_told(rows[0]))
    if len(takes) > 1:
        rows.append(exchanged_row(yardstick))
        say(_told(rows[-1]))
    few = [round(place) for place in np.linspace(0, len(takes) - 1, min(slow_takes, len(takes)))]
    full: list[Made] = []
    for system in systems:
        chosen = few if system.is_slow else list(range(len(takes)))
        if not chosen:
            continue
        made, seconds_s = list[Made](), 0.0
        asked = [(takes[number], seed + number) for number in chosen]
        for each, took_s in workers.each(partial(_timed, system.make), asked):
            made.append(each)
            seconds_s += took_s
            if system.is_slow:
                say(f"  {system.key}: {len(made)} of {len(chosen)} takes, {seconds_s:.0f} s")
        mine = [takes[number] for number in chosen]
        rtf = seconds_s / sum(take.truth.duration_s for take in mine)
        rows.append(_row(yardstick, made, mine, system, rtf=rtf))
        say(_told(rows[-1]))
        shown[system.name] = made[0].clip
        if system.key == "full":
            full = made
            rows += _against_other_plans(rows[-1], full, takes)
        elif system.is_slow and full and system.key == "full-ddpm":
            name = f"ours, {DEFAULT_STEPS[DEFAULT_SAMPLER]} steps, the same takes"
            beside = replace(system, key="full@few", name=name, is_slow=False)
            rows.append(_row(yardstick, [full[int(number)] for number in few], mine, beside))
            say(_told(rows[-1]))
    return GenerationTables(rows=rows, shown_take=shown_take, shown=shown, full=full)


def _timed(make: Generator, asked: tuple[KnownTake, int]) -> tuple[Made, float]:
    """Return what a system makes of a take with a seed, and the seconds it took."""
    started = time.perf_counter()
    return make(*asked), time.perf_counter() - started


def _row(
    yardstick: Yardstick, made: Sequence[Made], takes: Sequence[KnownTake], system: System, *, rtf: float | None = None
) -> Measured:
    clips, scores = [each.clip for each in made], [each.score for each in made]
    return yardstick.measure(clips, takes, system=system, rtf=rtf, scores=scores)


def _against_other_plans(row: Measured, made: Sequence[Made], takes: Sequence[KnownTake]) -> list[Measured]:
    """Return the chance of the plan's columns: each motion against the plan of the take before; none without plans."""
    if len(made) < 2 or any(each.score is None for each in made):
        return []
    plans = [made[place - 1].score for place in range(len(made))]
    found = listening_of([each.clip for each in made], takes, None, plans)
    listening = replace(row.listening, plan_hits=found.plan_hits, plan_correlation=found.plan_correlation)
    name, what = f"{row.name}, plan of another take", "the same motion against the plan of the take before: chance"
    return [
        replace(row, key=OTHER_PLAN, name=name, what=what, tables=(1,), rtf=None, fgd=None, listening=listening),
    ]


@dataclass(frozen=True, kw_only=True, eq=False)
class _OfAnother:
    takes: Sequence[KnownTake]

    def __call__(self, take: KnownTake, seed: int) -> Made:
        """Return as much of the truth of the take before this one, and this one's score, which it does not know."""
        before = self.takes[[each.id for each in self.takes].index(take.id) - 1]
        clip = somewhere_in([before.truth], take.frames, generator=np.random.default_rng([seed, take.frames]))
        return Made(clip, take.score)


def exchanged_row(yardstick: Yardstick) -> Measured:
    """Return the row of real motion with another take's sound: what a perfect mover scores who hears nothing.

    Its FGD is left out: it is the truth's own motion.
    """
    takes = yardstick.takes
    what = "each take's speech with the truth of the take before it"
    system = System(key=EXCHANGED, name="real motion of another take", what=what, make=_OfAnother(takes=takes))
    return replace(_row(yardstick, [system.make(take, 0) for take in takes], takes, system), fgd=None)


def _told(row: Measured) -> str:
    fgd = "" if row.fgd is None else f"FGD {row.fgd.value:.3f} ({row.fgd.low:.3f}-{row.fgd.high:.3f})  "
    speed = "" if row.rtf is None else f"  RTF {row.rtf:.3f}"
    hits, of_plan = row.listening.hits, row.listening.plan_hits
    strokes = "" if hits is None else f"hits {hits.value:+.3f} over chance  "
    strokes += "" if of_plan is None else f"of its plan {of_plan.value:+.3f}  "
    return (
        f"{row.name}: {fgd}{strokes}BC {row.bc.value:.3f} ({row.bc_excess.value:+.3f} over shifted)  "
        f"L1div {row.l1div.value:.2f}{speed}  [{row.clips} clips]"
    )


def sampler_ratio(rows: Sequence[Measured]) -> Mapping[str, float] | None:
    """Return FGD of the default sampler over that of 1000-step DDPM on the same takes (issue 5: within 5 %)."""
    found = {row.key: row.fgd for row in rows}
    few, slow = found.get("full@few"), found.get("full-ddpm")
    if few is None or slow is None:
        return None
    return {"default": few.value, "ddpm": slow.value, "ratio": few.value / slow.value}
