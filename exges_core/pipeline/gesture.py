"""The flow in memory: a speech becomes a gesture (paper Eq. 1: x = F(a, c, c*)). No files, but those a person saves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path

from exges_core import __version__
from exges_core.arrays import Array, Float
from exges_core.control.controls import Keys
from exges_core.control.edits import Kept
from exges_core.control.masks import Observed
from exges_core.datasets.target_rigs import read_target
from exges_core.diffusion import longform
from exges_core.diffusion.batches import Batches
from exges_core.face.performance import Face
from exges_core.metrics.contact import physical_report
from exges_core.metrics.listening.accents import accent_report
from exges_core.motion.clip import MotionClip
from exges_core.motion.resample import change_rate
from exges_core.pipeline.acting import curves_of, face_of, face_report, nodding, unasked_face, with_jaw_and_eyes
from exges_core.pipeline.analyse import Speech
from exges_core.pipeline.energy import stillness
from exges_core.pipeline.given import Given, Trial, unheeded
from exges_core.pipeline.models import Models
from exges_core.pipeline.playing import Played
from exges_core.pipeline.preparing import Performance, Prepared, prepare, sampler_of
from exges_core.pipeline.report import (
    KeptReport,
    LibraryReport,
    ModelReport,
    Report,
    ScoreReport,
    decisions_of,
    retrieved_of,
    segments_of,
)
from exges_core.pipeline.stages import Stages
from exges_core.pipeline.writing import write_motion
from exges_core.postprocess.finish import finish, pin_again, without
from exges_core.postprocess.intensity import scale_gestures
from exges_core.protocol import OnProgress, ignore_progress
from exges_core.retrieval.choice import SegmentMatches
from exges_core.retrieval.library import MotionBase
from exges_core.score.records import Score
from exges_core.score.rests import calm_of
from exges_core.settings import FINISH_PARTS, GenerationSettings
from exges_core.timeline import MOTION_RATE_HZ, exact_rate

SHARES = {"retrieval": 0.1, "score": 0.02, "diffusion": 0.38, "finish": 0.05}
"""How much of the progress bar each stage gets, in order."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Gesture:
    """What a speech became.

    Attributes:
        clip: the motion.
        score: the strokes that it makes; None where nobody planned.
        report: what was decided and measured.
        matches: what was retrieved.
        base: where from; None without retrieval.
        kept: motion in it that stayed as it was.
        face: ARKit's 52 curves and what moved them; None where no face was asked for.
    """

    clip: MotionClip
    score: Score | None
    report: Report
    matches: tuple[SegmentMatches, ...] = ()
    base: MotionBase | None = None
    kept: Kept | None = None
    face: Face | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return fallbacks and doubts, in plain words."""
        return self.report.warnings

    def save(self, path: str | Path, *, rig: str | None = None) -> None:
        """Write the motion: .npz in BEAT2's layout, or .bvh, of our own body or in a rig's hierarchy; a face as .csv.

        Args:
            path: its suffix chooses the format.
            rig: a .bvh file with the rig's skeleton, a preset's JSON or a family's name.

        Raises:
            InputError: if the suffix is none of them, there is no face for a .csv, or the rig cannot be used.
            OutputError: if the file cannot be written.
        """
        target = None if rig is None else read_target(rig)
        write_motion(Path(path), self.clip, kept=self.kept, target=target, face=self.curves)

    @property
    def curves(self) -> Float[Array, "frames 52"] | None:
        """Return the face's curves at the clip's frames; None where no face was asked for."""
        return None if self.face is None else curves_of(self.clip, self.face)


_DEFAULTS, _NOTHING, _PRODUCT = GenerationSettings(), Given(), Trial()


def gesture(
    speech: Speech,
    models: Models,
    settings: GenerationSettings = _DEFAULTS,
    given: Given = _NOTHING,
    *,
    trial: Trial = _PRODUCT,
    on_progress: OnProgress = ignore_progress,
) -> Gesture:
    """Turn a speech into motion.

    Args:
        speech: what is said (`analyse`).
        models: loaded weights.
        settings: what is asked for.
        given: controls, kept motion, a score, a motion base.
        trial: for experiments.
        on_progress: told of the stages; may raise `Cancelled`.

    Raises:
        InputError: (and its children) if settings or what is given cannot be used.
        CheckpointError: if weights are missing or of another version.
        Cancelled: if `on_progress` asks for it.
    """
    stages = Stages(shares=SHARES, on_progress=on_progress)
    ready = prepare(speech, models, settings, given, trial, stages)
    batches = Batches(ready.wanted.sampling.config.windows_per_batch)
    with stages.stage("diffusion") as within:
        wanted = ready.wanted
        asked = (models.denoiser, wanted.audio_features, wanted.observed, wanted.sampling)
        made = longform.generate(*asked, score=wanted.score, batches=batches, on_progress=within)
    return complete(ready, made, stages, warning=batches.warning)


def complete(
    ready: Prepared, made: Float[Array, "frames 337"], stages: Stages, *, warning: str | None = None
) -> Gesture:
    """Make the clip of what the network said, its face, and the report.

    Args:
        ready: the speech.
        made: by `generate_together`.
        stages: of the same speech.
        warning: of what happened on the way.
    """
    take, given, settings, speech = ready.take, ready.take.given, ready.take.settings, ready.take.speech
    found, played, matches, observed, posture = (
        ready.found,
        ready.played,
        ready.matches,
        ready.observed,
        ready.posture,
    )
    score = None if played is None else played.score
    face = face_of(speech, score, settings, take.seed, stages, given.kept)
    with stages.stage("finish"):
        share = 1.0 if played is None else stillness(settings.vividness)
        raw = scale_gestures(made, take.energy.intensity, MOTION_RATE_HZ, share=share)
        finishing = without(settings.finish_without, cutoff_hz=settings.cutoff_hz)
        calm = None if played is None else calm_of(played.score, len(raw))
        clip = nodding(finish(raw, observed, finishing, given.kept, calm, posture), face, observed)
        clip = _held(clip, given, observed)
        moved = _at_rate(clip, settings.fps, given, observed)
        report = _report(take, clip, moved, played, matches, None if found is None else found.base)
    if face is not None:
        moved = with_jaw_and_eyes(moved, face, given.kept)
        report = replace(report, face=face_report(face, settings), warnings=(*report.warnings, *face.warnings))
    if warning is not None:
        report = replace(report, warnings=(*report.warnings, warning))
    return Gesture(
        clip=moved,
        score=score,
        report=timed(report, stages.timings_s),
        matches=matches,
        base=None if found is None else found.base,
        kept=given.kept,
        face=face,
    )


def timed(report: Report, timings_s: Mapping[str, float]) -> Report:
    """Return a report with the stages' times; hearing does not count for the real-time factor."""
    worked_s = sum(seconds for name, seconds in timings_s.items() if name not in ("words", "phones"))
    return replace(report, timings_s=dict(timings_s), rtf=worked_s * report.frame_rate / report.frames)


def _held(clip: MotionClip, given: Given, observed: Observed) -> MotionClip:
    """Return a finished motion with parts held as they shall be, and kept frames as they were."""
    if given.held is None:
        return clip
    settled = given.held.settled(clip, observed)
    return settled if given.kept is None else given.kept.restore(settled)


def _at_rate(clip: MotionClip, fps: float | None, given: Given, observed: Observed) -> MotionClip:
    """Return the motion at the rate asked for; a key between two frames of 30 is exact on the frame it has there."""
    rate = Fraction(MOTION_RATE_HZ) if fps is None else exact_rate(fps)
    moved = change_rate(clip, rate)
    if rate == MOTION_RATE_HZ:
        return moved
    if isinstance(given.controls, Keys):
        moved = pin_again(moved, given.controls.observed(moved.frames, anchor=observed.anchor, rate_hz=float(rate)))
    return moved if given.held is None or given.kept is not None else given.held.exact(moved)


def _report(
    take: Performance,
    clip: MotionClip,
    moved: MotionClip,
    played: Played | None,
    matches: tuple[SegmentMatches, ...],
    base: MotionBase | None,
) -> Report:
    """Return the report of a clip, measured as it was made, before its rate is changed."""
    heard, settings, kept, denoiser = take.speech.heard, take.settings, take.given.kept, take.models.denoiser
    controls = take.given.controls
    sampler, steps = sampler_of(settings)
    return Report(
        asr=heard.asr,
        duration_s=heard.waveform.duration_s,
        words=heard.words,
        segments=segments_of(heard),
        warnings=(
            *heard.warnings,
            *(() if played is None else played.warnings),
            *(() if controls is None else controls.warnings),
            *(() if kept is None else kept.warnings),
            *(() if take.given.held is None else take.given.held.warnings),
            *unasked_face(settings, kept),
            *unheeded(settings, take.given.held),
        ),
        exges=__version__,
        input=heard.source,
        seed=settings.seed,
        speaker=settings.speaker,
        style=take.style,
        device=take.models.device,
        model=ModelReport(name=denoiser.name, sha256=denoiser.sha256),
        library=None if base is None else LibraryReport(name=base.name, clips=len(base)),
        sampler=sampler,
        steps=steps,
        energy=settings.energy,
        **asdict(take.energy),
        vividness=None if played is None else settings.vividness,
        score=None if played is None else ScoreReport(score=played.score, texts=take.speech.texts),
        gestures=decisions_of(matches),
        retrieved=retrieved_of(matches),
        finish=tuple(part for part in FINISH_PARTS if part not in settings.finish_without),
        kept=None if kept is None else KeptReport(motion=kept.source, frames=int(kept.is_kept.sum())),
        frame_rate=moved.frame_rate_hz,
        frames=moved.frames,
        physical=physical_report(clip),
        listening=accent_report(clip, take.speech.features),
        timings_s={},
        rtf=0.0,
    )
