"""The course of a retrieval training: steps, evaluations, which weights are kept, what is written."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from exges_core.arrays import Array
from exges_core.errors import Cancelled, InputError, message
from exges_core.retrieval.config import RetrievalConfig
from exges_core.retrieval.model import load_retrieval, save_retrieval
from training.command import check_length, device_of
from training.loop.processes import Processes
from training.loop.stopping import Stopping, set_aside, stopped_text
from training.retrieval.checkpoint import restore_state, write_state
from training.retrieval.presets import Ablation, RetrievalTraining
from training.retrieval.training_set import RetrievalSet
from training.retrieval.training_step import RetrievalState, calibrate, evaluate, make_state, train_step

GALLERY = 1024
"""Training segments, at most, in which validation looks for the right gesture."""
ALIKE = 8
"""Batches of a shuffle among which segments are sorted by length."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Train the retrieval model on a folder in BEAT2's layout.

    Attributes:
        data: the folder.
        out: the weights to write (.safetensors); the state to resume from lies beside it.
        minutes: how long to train, without reading and evaluation of the end.
        steps: train this many steps instead.
        seed: of weights, order and variation.
        resume: go on where a run with the same settings stopped.
        device: where to train.
        bf16: autocast; None = on a GPU (on a CPU, towers this small are faster without).
        threads: CPU threads; None = all.
        evaluate_every_s: seconds between evaluations (with `steps`: an evaluation every tenth of them).
        patience: stop after this many evaluations without a better validation recall; 0 = never.
        copies: train on this many copies of every take, too, with varied voice, room and microphone.
        cache: where computed features are kept; None = nowhere.
        ablation: leave one thing out, for the table of ablations.
    """

    data: Path
    out: Path
    minutes: float = 12.0
    steps: int | None = None
    seed: int = 0
    resume: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"
    bf16: bool | None = None
    threads: int | None = None
    evaluate_every_s: float = 60.0
    patience: int = 0
    copies: int = 0
    cache: Path | None = None
    ablation: Ablation = "none"

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: if one is out of range.
        """
        check_length(minutes=self.minutes, steps=self.steps, seed=self.seed)


def train(
    run: Run,
    train_set: RetrievalSet,
    val_set: RetrievalSet,
    *,
    settings: tuple[RetrievalConfig, RetrievalTraining],
    facts: Mapping[str, object],
    report: Callable[[str], None] = print,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, float]:
    """Train, keep the best, calibrate and write; returns the kept model's validation numbers.

    Started by ``torchrun``, all processes train, each on its share of every batch, and the first one evaluates and
    writes. Ctrl-C (or SIGTERM) ends it after the step it is in, with its state saved. A state that another run left is
    renamed before it is replaced.

    Raises:
        CheckpointError: if resuming without a usable state, or with one of other settings.
        OutputError: if state or weights cannot be written.
        InputError: if a loss is no longer a finite number; the last saved state stays.
        Cancelled: if it was asked to stop.
    """
    with Stopping() as stopping:
        _course(run, train_set, val_set, settings, facts, report, clock, stopping)
    return dict(load_retrieval(run.out).provenance["metrics"])


@dataclass(kw_only=True)
class _Kept:
    """What of a run lies on the disk: its state, and the weights of its best evaluation."""

    path: Path
    state: RetrievalState
    described: Mapping[str, Any]
    say: Callable[[str], None]
    spent_s: float = 0.0
    best: float = -1.0
    worse: int = 0
    is_own: bool = False

    def resume(self) -> None:
        """Bring the state to where the run stopped."""
        known = restore_state(self.path, self.state, config=self.described)
        self.spent_s, self.best, self.is_own = known["spent_s"], known["best"], True

    def write_state(self) -> None:
        """Write the state; another run's, which lies there, gets another name."""
        if not self.is_own and (older := set_aside(self.path)):
            self.say(f"{self.path} was another run's; it is {older.name} now")
        self.is_own = True
        facts = {"spent_s": self.spent_s, "best": self.best}
        write_state(self.path, self.state, config=self.described, facts=facts)

    def judge(self, run: Run, sets: tuple[RetrievalSet, RetrievalSet], losses: Mapping[str, float], how: _How) -> None:
        """Evaluate, and write the weights if they are the best so far; `sets` are those of validation and gallery."""
        val_set, shown = sets
        found = evaluate(self.state.student, val_set, jitter_frames=how.options.jitter_frames, gallery=shown)
        is_better = _goodness(found) > self.best
        self.worse = 0 if is_better else self.worse + 1
        self.say(_line(self.state, self.spent_s, losses, found))
        if is_better:
            self.best = _goodness(found)
            found |= calibrate(self.state.student, val_set, jitter_frames=how.options.jitter_frames)
            course = {"step": self.state.step, "minutes": self.spent_s / 60, "training": asdict(how.options)}
            save_retrieval(run.out, self.state.student, provenance={**how.facts, **course, "metrics": found})
        self.write_state()


@dataclass(frozen=True, kw_only=True)
class _How:
    """How a run trains, and what is said of it in the weights."""

    options: RetrievalTraining
    facts: Mapping[str, object]


def _course(
    run: Run,
    train_set: RetrievalSet,
    val_set: RetrievalSet,
    settings: tuple[RetrievalConfig, RetrievalTraining],
    facts: Mapping[str, object],
    report: Callable[[str], None],
    clock: Callable[[], float],
    stopping: Stopping,
) -> None:
    config, options = settings
    device = device_of(run.device)
    use_bf16 = device == "cuda" if run.bf16 is None else run.bf16
    processes = Processes.started(int(os.environ.get("WORLD_SIZE", "1")), device=device)
    say = report if processes.rank == 0 else _nothing
    described: dict[str, Any] = {"model": asdict(config), "training": asdict(options)}
    described |= {"seed": run.seed, "steps": run.steps, "gestures": list(train_set.kinds)}
    state = make_state(config, options, train_set, seed=run.seed, device=processes.place or device)
    kept = _Kept(path=run.out.with_suffix(".state.safetensors"), state=state, described=described, say=say)
    if run.resume:
        kept.resume()
    shown = train_set.subset(np.random.default_rng(0).permutation(len(train_set))[:GALLERY])
    started, next_evaluation_s = clock() - kept.spent_s, kept.spent_s + run.evaluate_every_s
    while (progress := _progress(run, state.step, kept.spent_s)) < 1.0:
        rows = _rows(train_set.stop - train_set.start, options.batch, step=state.step, seed=run.seed)
        seed = _seed(run.seed, state.step)
        pairs = train_set.pairs(rows, jitter_frames=options.jitter_frames, generator=np.random.default_rng(seed))
        losses = train_step(state, pairs, options, progress=progress, seed=seed, use_bf16=use_bf16, processes=processes)
        _check(losses, state.step)
        kept.spent_s = processes.agree(clock() - started)
        is_last = _progress(run, state.step, kept.spent_s) >= 1.0
        if processes.agree(float(stopping.is_asked)) and not is_last:
            if processes.rank == 0:
                kept.write_state()
            raise Cancelled(stopped_text(state.step, kept.path))
        is_due = state.step % max(run.steps // 10, 1) == 0 if run.steps else kept.spent_s >= next_evaluation_s
        if not (is_due or is_last):
            continue
        next_evaluation_s = kept.spent_s + run.evaluate_every_s
        if processes.rank == 0:
            kept.judge(run, (val_set, shown), losses, _How(options=options, facts=facts))
        if processes.agree(float(run.patience > 0 and kept.worse >= run.patience)):
            say(f"stopped: {run.patience} evaluations without a better validation recall")
            break


def _check(losses: Mapping[str, float], step: int) -> None:
    """Stop before weights that are no numbers are evaluated, shipped or saved over good ones."""
    strange = next((f"{name} {loss}" for name, loss in losses.items() if not math.isfinite(loss)), None)
    if strange is None:
        return
    do = "Look for a broken take, or train with another --seed; the last saved state stays."
    expected = "losses that are finite numbers"
    raise InputError(message(expected=expected, got=strange, where=f"step {step}", do=do))


def _nothing(_line: str) -> None: ...


def _progress(run: Run, step: int, spent_s: float) -> float:
    return step / run.steps if run.steps else spent_s / (run.minutes * 60.0)


def _seed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0])


def _rows(lengths: Array, batch: int, *, step: int, seed: int) -> Array:
    """Return the segments of a step: every epoch is one shuffle, and a step alone says where in it we are.

    Segments of similar length share a batch (within `ALIKE` batches of the shuffle): less padding, and nothing to be
    told from length alone.
    """
    count = len(lengths)
    batch = min(batch, count)
    per_epoch = count // batch
    epoch, place = divmod(step, per_epoch)
    generator = np.random.default_rng([seed, epoch])
    order = generator.permutation(count)[: per_epoch * batch]
    parts = [part[np.argsort(lengths[part], kind="stable")] for part in np.array_split(order, -(-per_epoch // ALIKE))]
    batches = np.concatenate(parts).reshape(per_epoch, batch)
    return batches[generator.permutation(per_epoch)[place]]


def _goodness(found: Mapping[str, float]) -> float:
    """Return what decides which weights are kept: recall of the own motion, and of the right gesture where labelled."""
    return found["recall_1"] + found["recall_5"] + found["recall_10"] + found.get("gesture_5", 0.0)


def _line(state: RetrievalState, spent_s: float, losses: Mapping[str, float], found: Mapping[str, float]) -> str:
    recall = " ".join(f"R@{count} {100 * found[f'recall_{count}']:.1f}" for count in (1, 5, 10))
    return (
        f"{spent_s:6.0f} s  step {state.step:5d}  contrast {losses['contrast']:.3f}  "
        f"matching {losses['matching']:.3f}  gesture {losses.get('gesture', 0.0):.3f}  "
        f"tau {state.student.temperature.item():.3f}  val {recall} %  "
        f"median rank {found['median_rank']:.0f} of {found['gallery']:.0f}"
        f"  right gesture in 5 {100 * found.get('gesture_5', math.nan):.1f} %"
    )
