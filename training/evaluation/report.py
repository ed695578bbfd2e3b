"""From takes and systems to the report: measures part by part, prints progress, and builds one page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from exges_core.arrays import Array, Float
from exges_core.datasets.recordings import Take
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.errors import InputError, message
from exges_core.metrics.evaluator import LoadedEvaluator
from exges_core.metrics.listening.judge import LoadedJudge
from exges_core.metrics.protocols import MetricProtocol
from exges_core.motion.clip import MotionClip
from exges_core.motion.skeleton import Skeleton
from exges_core.planning.planner_model import LoadedPlanner
from training.evaluation import charts
from training.evaluation.checks import Check, control_checks, generation_checks, listening_checks, missing
from training.evaluation.comparison import systems_of
from training.evaluation.control_table import (
    KEYS_ALONE,
    WITH_POSTURE,
    WITHOUT_POSTURE,
    ControlRow,
    ControlSystem,
    control_rows,
)
from training.evaluation.figures import Figure
from training.evaluation.generation_table import Measured, Yardstick, generation_rows, sampler_ratio
from training.evaluation.inputs import FULL
from training.evaluation.material import KnownTake
from training.evaluation.page import Page, strips_picture
from training.evaluation.real_voices import Voices, voices, word_error_of
from training.evaluation.systems import Flow, Made, Retriever, System
from training.evaluation.tables import Table, ablation_table, control_tables, generation_table, voices_table
from training.evaluation.variants import as_regression, with_inpainting
from training.evaluation.windows import cut_windows
from training.workers import HERE, WorkerOptions

OURS = "ours (mask input)"
INPAINTED = "same network, inpainting control only"
BLIND = "trained without the mask channel"
DSG = "trained without control, inpainting (DiffuseStyleGesture's way)"
REGRESSION = "regression (no diffusion)"
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Inputs:
    """Everything a report is made of.

    Attributes:
        takes: whose truth is known.
        recorded: the same takes as files, for recognition.
        real: real takes beside the authored ones, or none; `real_recorded` their files.
        training: clips of the training split, or none.
        training_skeletons: whose joints each of them is measured on; None = the canonical body's.
        joint_speed_m_per_s: what BC divides by; None = of the training clips.
        weights: denoisers by name; "full" among them.
        retriever: None = no motion base.
        planner: None = nobody plans.
        evaluator: None = no FGD.
        judge: None = nobody judges whose sound is whose.
        facts: about the run.
    """

    takes: Sequence[KnownTake]
    recorded: Sequence[Take]
    real: Sequence[KnownTake]
    real_recorded: Sequence[Take]
    training: Sequence[MotionClip]
    weights: Mapping[str, LoadedDenoiser]
    retriever: Retriever | None
    planner: LoadedPlanner | None
    evaluator: LoadedEvaluator | None
    judge: LoadedJudge | None
    protocol: MetricProtocol
    facts: Mapping[str, Any]
    training_skeletons: Sequence[Skeleton] | None = None
    joint_speed_m_per_s: Float[Array, "55"] | None = None


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How much is measured.

    Attributes:
        tables: numbers among 1, 2, 3; 4 = real voices.
        systems: keys of Table 1 and 3, or None = all.
        slow_takes: for systems of a thousand steps.
        windows: of Table 2 at most, per set of takes.
        asr_takes: on which recognition is tried, of either kind of voice.
        seed: of everything.
        score_guidance: of everything that plays a score.
    """

    tables: tuple[int, ...] = (1, 2, 3, 4)
    systems: tuple[str, ...] | None = None
    slow_takes: int = 2
    windows: int = 156
    asr_takes: int = 2
    seed: int = 0
    score_guidance: float = 1.0


@dataclass(kw_only=True)
class _Gathered:
    """What parts of the report add."""

    numbers: dict[str, Any] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    charts: dict[str, str] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    strips: tuple[Image.Image | None, float] = (None, 0.0)
    full: list[Made] = field(default_factory=list)


def make_report(
    inputs: Inputs, wishes: Wishes, *, workers: WorkerOptions = HERE, say: Say
) -> Iterator[tuple[Page, dict[str, object]]]:
    """Measure part after part; yield the page and the numbers so far after each, so that a stop loses one part only.

    Raises:
        InputError: if a system is wished for that does not exist.
    """
    started = time.perf_counter()
    found = _Gathered()
    yardstick = Yardstick(
        inputs.takes,
        inputs.training,
        inputs.protocol,
        inputs.evaluator,
        inputs.judge,
        training_skeletons=inputs.training_skeletons,
        joint_speed_m_per_s=inputs.joint_speed_m_per_s,
    )
    parts: list[Callable[[], None]] = []
    if {1, 3} & set(wishes.tables):
        parts.append(lambda: _generation(inputs, wishes, yardstick, found, workers, say))
    if 2 in wishes.tables:
        parts.append(lambda: _control(inputs, wishes, found, say))
    if 4 in wishes.tables and inputs.real:
        parts.append(lambda: _voices(inputs, wishes, yardstick, found, say))
    for part in parts:
        part()
        page = _page(inputs, wishes, found, minutes=(time.perf_counter() - started) / 60)
        yield page, {**found.numbers, "checks": [check.as_json() for check in found.checks]}


def _page(inputs: Inputs, wishes: Wishes, found: _Gathered, *, minutes: float) -> Page:
    picture, start_s = found.strips
    length = f"{len(inputs.takes)} takes, {inputs.facts['minutes']:g} minutes of speech"
    facts = {
        **inputs.facts,
        "protocol": inputs.protocol.name,
        "seed": wishes.seed,
        "score_guidance": wishes.score_guidance,
        "evaluator": None if inputs.evaluator is None else _facts_of(inputs.evaluator),
        "judge": None if inputs.judge is None else _facts_of(inputs.judge),
        "summary": f"{length}; measured in {minutes:.1f} minutes on {inputs.facts['machine']}.",
    }
    return Page(
        facts=facts,
        tables=sorted(found.tables, key=lambda table: table.title),
        charts=found.charts,
        checks=found.checks,
        strips=picture,
        strips_text=f"The liveliest seconds of {inputs.takes[0].id}, from {start_s:.1f} s on, by every system.",
    )


def _generation(
    inputs: Inputs, wishes: Wishes, yardstick: Yardstick, found: _Gathered, workers: WorkerOptions, say: Say
) -> None:
    systems, skipped = _wished(inputs, wishes)
    for key, why in skipped.items():
        say(f"skipped {key}: {why}")
    tables = generation_rows(
        systems, yardstick, seed=wishes.seed, slow_takes=wishes.slow_takes, workers=workers, say=say
    )
    floors = yardstick.floors
    found.numbers["generation"] = {
        "floors": None if floors is None else floors._asdict(),
        "rows": [row.as_json() for row in tables.rows],
        "sampler": sampler_ratio(tables.rows),
        "skipped": skipped,
    }
    found.strips, found.full = strips_picture(tables.shown), tables.full
    found.checks += [*generation_checks(tables.rows, floors), *listening_checks(tables.rows), *missing(skipped)]
    made = {1: generation_table(tables.rows, floors), 3: ablation_table(tables.rows)}
    for number in {1, 3} & set(wishes.tables):
        found.tables.append(made[number])
        marks = {} if floors is None else {"floor (training takes)": floors.held_out}
        if distances := _fgd_of(tables.rows, number):
            drawn = charts.intervals(distances, title="FGD, lower is better", marks=marks)
            found.charts[made[number].title] = drawn


def _wished(inputs: Inputs, wishes: Wishes) -> tuple[list[System], dict[str, str]]:
    """Return the requested systems that can run, and for each of the others why it cannot.

    Raises:
        InputError: if one is asked for that does not exist.
    """
    systems, skipped = systems_of(
        inputs.weights,
        inputs.retriever,
        inputs.planner,
        inputs.training,
        score_guidance=wishes.score_guidance,
        has_true_scores=all(take.score is not None for take in inputs.takes),
    )
    known = {each.key for each in systems} | set(skipped)
    if wishes.systems is not None:
        if unknown := set(wishes.systems) - known:
            expected, got = f"some of {', '.join(sorted(known))}", ", ".join(sorted(unknown))
            raise InputError(message(expected=expected, got=got, where="--systems", do="Choose among these."))
        systems = [each for each in systems if each.key in wishes.systems]
        skipped = {key: why for key, why in skipped.items() if key in wishes.systems}
    systems = [each for each in systems if set(each.tables) & set(wishes.tables)]
    if not wishes.slow_takes:
        skipped |= {each.key: "a thousand steps: --ddpm-clips 0" for each in systems if each.is_slow}
        systems = [each for each in systems if not each.is_slow]
    return systems, skipped


def _fgd_of(rows: Sequence[Measured], table: int) -> dict[str, Figure]:
    return {row.name: row.fgd for row in rows if table in row.tables and row.fgd is not None}


def _control(inputs: Inputs, wishes: Wishes, found: _Gathered, say: Say) -> None:
    for where, takes in (("authored test takes", inputs.takes), ("real takes", inputs.real)):
        if not takes:
            continue
        systems = control_systems(inputs.weights)
        windows = cut_windows(takes, inputs.weights[FULL].config.window_frames, most=wishes.windows)
        say(f"Table 2, {where}: {len(windows)} windows")
        rows = control_rows(systems, windows, seed=wishes.seed, say=say)
        found.numbers.setdefault("control", {})[where] = {
            "windows": len(windows),
            "rows": [row.as_json() for row in rows],
        }
        found.checks += control_checks(rows, OURS, where)
        tables = control_tables(rows, where)
        found.tables += tables
        lines = {name: _course(rows, name) for name in dict.fromkeys(row.system for row in rows)}
        found.charts[tables[0].title] = charts.courses(lines, title=f"MPJPE over the window, {where}", unit="mm")


def _course(rows: Sequence[ControlRow], system: str) -> dict[int, Figure]:
    return {row.given: row.errors["delivered_mpjpe_mm"] for row in rows if row.system == system}


def control_systems(weights: Mapping[str, LoadedDenoiser]) -> list[ControlSystem]:
    """Return what Table 2 compares, of the weights that are there."""
    ours = weights[FULL]
    found = [
        ControlSystem(name=OURS, model=ours, keeps_posture=True),
        ControlSystem(name=f"{OURS}{WITHOUT_POSTURE}", model=ours),
        ControlSystem(name=INPAINTED, model=with_inpainting(ours)),
    ]
    if "no-mask-channel" in weights:
        blind = weights["no-mask-channel"]
        found.append(ControlSystem(name=BLIND, model=blind))
        found.append(ControlSystem(name=f"{BLIND}{WITH_POSTURE}", model=blind, keeps_posture=True))
    if "no-control" in weights:
        found.append(ControlSystem(name=DSG, model=with_inpainting(weights["no-control"])))
    if "regression" in weights:
        found.append(ControlSystem(name=REGRESSION, model=as_regression(weights["regression"]), steps=1))
    sizes = {each.model.config.window_frames for each in found if each.model is not None}
    if len(sizes) > 1:
        got = f"windows of {sorted(sizes)} frames"
        do = "Train them with presets of one window."
        raise InputError(message(expected="networks of one window", got=got, where="--model", do=do))
    return [*found, ControlSystem(name=KEYS_ALONE, model=None)]


def _voices(inputs: Inputs, wishes: Wishes, yardstick: Yardstick, found: _Gathered, say: Say) -> None:
    groups: dict[str, Voices] = {}
    flow = Flow(
        denoiser=inputs.weights[FULL],
        retriever=inputs.retriever,
        scores=inputs.planner,
        score_guidance=wishes.score_guidance,
    )
    for name, takes, recorded, made in (
        ("real voice", inputs.real, inputs.real_recorded, []),
        ("synthetic voices", inputs.takes, inputs.recorded, found.full),
    ):
        say(f"Voices: {name}")
        few = list(recorded)[: wishes.asr_takes]
        heard = word_error_of(few, say=say) if few else None
        groups[name] = voices(takes, flow, yardstick, seed=wishes.seed, heard=heard, made=made, say=say)
    found.numbers["voices"] = {name: each.as_json() for name, each in groups.items()}
    found.tables.append(voices_table(groups))


def _facts_of(evaluator: LoadedEvaluator | LoadedJudge) -> dict[str, object]:
    kept = {
        name: evaluator.provenance[name] for name in ("steps", "minutes", "metrics") if name in evaluator.provenance
    }
    return {"file": evaluator.name, "sha256": evaluator.sha256, **kept}
