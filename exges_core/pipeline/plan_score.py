"""The score of a speech alone: files in, a score's file and a report out."""

from __future__ import annotations

from pathlib import Path

from exges_core import __version__
from exges_core.files import require_places
from exges_core.pipeline.analyse import Speech, hear_job
from exges_core.pipeline.models import Models
from exges_core.pipeline.report import ModelReport, PlanReport, ScoreReport, segments_of
from exges_core.pipeline.scoring import manner_of, planned_score, score_of_file, still
from exges_core.pipeline.stages import Stages
from exges_core.protocol import OnProgress, Plan, Progress, ignore_progress
from exges_core.score.asking import check_asked
from exges_core.score.busy import busy_of, check_inside, with_free_hands
from exges_core.score.files import write_score
from exges_core.score.records import Score, Stroke

SHARES = {"words": 0.9, "features": 0.05, "score": 0.05}
"""Of the progress bar: once the words are known the rest is done in a moment."""


def plan_score(job: Plan, models: Models, *, on_progress: OnProgress = ignore_progress) -> PlanReport:
    """Plan the strokes of a speech and write them to a file; locked strokes of the job's own score stay.

    Raises:
        InputError: (and its children) if the speech, transcript, style, given score or vividness cannot be used.
        CheckpointError: if weights are missing or of another version.
        OutputError: if the file cannot be written.
        Cancelled: if `on_progress` asks for it.
    """
    check_asked(job)
    require_places((job.score_out,))
    models.rivals_of(job.speaker)  # refuses a style that nobody knows before anything is heard
    stages = Stages(shares=SHARES, on_progress=on_progress)
    with stages.stage("words") as within:
        heard = hear_job(job, on_progress=within)
    with stages.stage("features"):
        speech = Speech.of(heard)
    with stages.stage("score"):
        seed = speech.performance(job.seed)
        manner = manner_of(speech, models, job.speaker, seed)
        locked, doubtful = _locked(job, speech, models)
        busy = busy_of(job.busy)
        check_inside(busy, heard.waveform.duration_s)
        planned = planned_score(speech, models, job, manner=manner, seed=seed, locked=locked)
        score, without = with_free_hands(planned, busy)
        doubtful = (*doubtful, *still(planned, speech, job, manner.style), *without)
        write_score(Path(job.score_out), score, words=speech.texts)
    on_progress(Progress(stage="done", fraction=1.0))
    return _report(job, models, speech, manner.style, score, doubtful, stages)


def _locked(job: Plan, speech: Speech, models: Models) -> tuple[tuple[Stroke, ...], tuple[str, ...]]:
    """Return the strokes of the job's own score that stay, and what is doubtful about it."""
    base = models.base_named(job.library) if job.use_retrieval else None
    if job.score is None:
        return (), ()
    found, doubtful = score_of_file(job.score, speech, models, base)
    locked = tuple(stroke for stroke in found.strokes if stroke.is_locked)
    return locked, doubtful if locked else (*doubtful, f"{job.score}: no stroke is locked, so all are replanned")


def _report(
    job: Plan,
    models: Models,
    speech: Speech,
    style: str | None,
    score: Score,
    doubtful: tuple[str, ...],
    stages: Stages,
) -> PlanReport:
    heard = speech.heard
    return PlanReport(
        asr=heard.asr,
        duration_s=heard.waveform.duration_s,
        words=heard.words,
        segments=segments_of(heard),
        warnings=(*heard.warnings, *doubtful),
        exges=__version__,
        input=job.speech,
        seed=job.seed,
        speaker=job.speaker,
        style=style,
        vividness=job.vividness,
        model=ModelReport(name=models.planner.name, sha256=models.planner.sha256),
        score=ScoreReport(score=score, texts=speech.texts),
        timings_s=stages.timings_s,
    )
