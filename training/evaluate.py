"""Measure the shipped system: ``python -m training.evaluate --data DIR --evaluator FILE --out DIR``.

Writes one self-contained page (report.html), the numbers (report.json), the tables (tables.md) and sample strips
(strips.png): the paper's Tables 1 to 3 and real voices beside synthetic ones, with floors, intervals and baselines.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exges_core import assets
from exges_core.datasets.recordings import read_folder
from exges_core.metrics.evaluator import load_evaluator
from exges_core.metrics.listening.judge import load_judge
from exges_core.metrics.protocols import protocol_named
from exges_core.motion.smplx_body import read_smplx
from exges_core.planning.planner_model import load_planner
from training.command import command_line, device_of, start, writable
from training.evaluation.inputs import facts_of, read_joint_speeds, read_retriever, read_weights, training_takes
from training.evaluation.material import known_take, skeleton_of, spread
from training.evaluation.page import write_page
from training.evaluation.report import Inputs, Wishes, make_report
from training.workers import WorkerOptions


@dataclass(frozen=True, kw_only=True)
class Evaluation(WorkerOptions):
    """Measure denoisers on takes whose motion is known; `workers` generate, in Tables 1 and 3.

    Attributes:
        data: a folder in BEAT2's layout.
        out: a folder for the report.
        model: NAME=FILE each: full (default: the shipped weights), regression, no-control, no-mask-channel,
            no-part-mask, no-curriculum. A system without its weights is left out, and the report says so.
        evaluator: weights of FGD's encoder, ours or the field's; None = no FGD.
        judge: weights of the judge of own against exchanged sound (`training.train_judge`).
        no_judge: leave it out.
        protocol: by which figures are comparable: clean (ours), emage-2024 (most papers), emage-2025.
        split: whose takes are measured.
        limit: so many takes, spread over the split.
        systems: keys of the rows of Tables 1 and 3; None = all that can be made.
        tables: 1 generation, 2 control, 3 ablations, 4 real voices.
        smplx: your own SMPL-X model (.npz): BC, L1div and MPJPE are then of its joints in each take's own shape, as in
            published figures; None = of the canonical body.
        joint_speeds: the corpus' mean joint speeds, by which BC divides (.npy of 55): for BEAT2 the field's own
            mean_vel_smplxflame_30.npy; None = of the training takes.
        real: a folder of real takes, measured beside the others in Table 2 and in real voices.
        retrieval: retrieval weights.
        library: the motion base they belong to.
        no_retrieval: leave retrieval out of everything.
        planner: weights of what plans the strokes.
        no_score: leave the score out of everything: the full system is the paper's variant.
        score_guidance: how closely the motion keeps to its score; 1 = off.
        ddpm_clips: takes for systems of a thousand steps (about two minutes each on two CPU cores); 0 = none.
        windows: of Table 2, at most, spread over the takes.
        train_clips: for floors, joint speeds and random clips.
        asr_takes: on which recognition is tried, of either kind of voice.
        seed: of noise.
        device: auto, cpu or cuda.
        threads: CPU threads; None = all.
    """

    data: Path
    out: Path
    model: tuple[str, ...] = ()
    evaluator: Path | None = None
    judge: Path = assets.JUDGE
    no_judge: bool = False
    protocol: Literal["clean", "emage-2024", "emage-2025"] = "clean"
    split: Literal["train", "val", "test", "additional", "all"] = "test"
    limit: int | None = None
    systems: tuple[str, ...] | None = None
    tables: tuple[Literal[1, 2, 3, 4], ...] = (1, 2, 3, 4)
    smplx: Path | None = None
    joint_speeds: Path | None = None
    real: Path | None = None
    retrieval: Path = assets.RETRIEVAL
    library: Path = assets.LIBRARY
    no_retrieval: bool = False
    planner: Path = assets.PLANNER
    no_score: bool = False
    score_guidance: float = 1.0
    ddpm_clips: int = 2
    windows: int = 156
    train_clips: int = 52
    asr_takes: int = 2
    seed: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int | None = None


def evaluate(options: Evaluation) -> Path:
    """Measure, write, and return the page's path.

    Raises:
        InputError: if data, names or systems cannot be used.
        CheckpointError: if weights cannot.
        OutputError: if the report cannot be written.
    """
    writable(options.out / "report.html")
    inputs = inputs_of(options)
    wishes = Wishes(
        tables=options.tables,
        systems=options.systems,
        slow_takes=options.ddpm_clips,
        windows=options.windows,
        asr_takes=options.asr_takes,
        seed=options.seed,
        score_guidance=options.score_guidance,
    )
    text = ""
    for page, numbers in make_report(inputs, wishes, workers=options, say=say):
        write_page(page, numbers, options.out)
        text = page.markdown()
        say(f"wrote {options.out / 'report.html'}")
    say(text)
    return options.out / "report.html"


def inputs_of(options: Evaluation) -> Inputs:
    """Read takes and weights.

    Raises:
        InputError: if data or names cannot be used.
        CheckpointError: if weights cannot.
    """
    device = device_of(options.device)
    weights = read_weights(options.model, assets.DENOISER, device=device)
    retriever = read_retriever(None if options.no_retrieval else options.library, options.retrieval, device=device)
    planner = None if options.no_score else load_planner(options.planner)
    recorded = spread(read_folder(options.data, options.split), options.limit)
    real = read_folder(options.real, "all") if options.real is not None else []
    body = None if options.smplx is None else read_smplx(options.smplx)
    takes = [known_take(take, options.data, body) for take in recorded]
    training = training_takes(options.data, options.train_clips)
    say(f"{len(takes)} takes, {sum(take.truth.duration_s for take in takes) / 60:.1f} minutes")
    command = command_line("training.evaluate", [shortened(each) for each in sys.argv[1:]])
    return Inputs(
        takes=takes,
        recorded=recorded,
        real=[known_take(take, model=body) for take in real],
        real_recorded=real,
        training=[take.clip for take in training],
        training_skeletons=[skeleton_of(take, body) for take in training],
        weights=weights,
        retriever=retriever,
        planner=planner,
        evaluator=None if options.evaluator is None else load_evaluator(options.evaluator),
        judge=None if options.no_judge else load_judge(options.judge),
        protocol=protocol_named(options.protocol),
        facts=facts_of(
            *(command, takes, weights, retriever, planner),
            device=device,
            smplx=options.smplx,
            joint_speeds=options.joint_speeds,
        ),
        joint_speed_m_per_s=None if options.joint_speeds is None else read_joint_speeds(options.joint_speeds),
    )


def shortened(argument: str) -> str:
    """Return NAME=FILE without the file's folder if that is absolute: nobody's business, and different elsewhere."""
    name, equals, file = argument.partition("=")
    return f"{name}={Path(file).name}" if equals and Path(file).is_absolute() else argument


def say(line: str) -> None:
    """Print progress at once."""
    print(line, flush=True)


if __name__ == "__main__":
    start(evaluate, Evaluation, about=__doc__)
