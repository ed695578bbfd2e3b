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
from exges_core.diffusion.sampler import DEFAULT_SAMPLER, DEFAULT_STEPS
from exges_core.errors import InputError, message
from exges_core.face.performance import Face
from exges_core.metrics.contact import physical_report
from exges_core.metrics.listening.accents import accent_report
from exges_core.motion.clip import MotionClip
from exges_core.motion.resample import change_rate
from exges_core.pipeline.acting import check_face, curves_of, face_of, face_report, nodding, with_jaw_and_eyes
from exges_core.pipeline.analyse import Speech
from exges_core.pipeline.energy import Energy, energy_of, stillness
from exges_core.pipeline.given import Given, Trial, posture_of, unheeded
from exges_core.pipeline.models import Models
from exges_core.pipeline.playing import Played, beside_kept, observe, play, taken
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
from exges_core.pipeline.scoring import planned_score, still, style_of
from exges_core.pipeline.stages import Stages
from exges_core.pipeline.writing import write_motion
from exges_core.planning.casting import CastingSettings
from exges_core.postprocess.finish import finish, pin_again, without
from exges_core.postprocess.intensity import scale_gestures
from exges_core.postprocess.posture import taken_off
from exges_core.protocol import TOP_K, OnProgress, ignore_progress
from exges_core.retrieval.choice import SearchSettings, SegmentMatches
from exges_core.retrieval.constraints import settings_of
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.search import search
from exges_core.score.busy import busy_of
from exges_core.score.records import Score
from exges_core.score.rests import calm_of
from exges_core.settings import FINISH_PARTS, GenerationSettings, check
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


@dataclass(frozen=True, kw_only=True, eq=False)
class _Take:
    """One speech on its way through the flow.

    Attributes:
        energy: the settings' values where they leave them open.
        seed: of the performance.
        style: whose manner.
    """

    speech: Speech
    models: Models
    settings: GenerationSettings
    given: Given
    energy: Energy
    seed: int
    style: str | None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Retrieved:
    """What retrieval found, under the user's constraints."""

    base: MotionBase
    matches: tuple[SegmentMatches, ...]
    constraints: SearchSettings


_DEFAULTS, _NOTHING, _PRODUCT = GenerationSettings(), Given(), Trial()


def check_settings(settings: GenerationSettings) -> None:
    """Refuse settings that are out of range or contradict each other.

    Raises:
        InputError: naming the setting.
    """
    check(settings)
    check_face(settings)
    if settings.pins and not settings.use_retrieval:
        where, do = f"--pin {settings.pins[0]}", "Leave out the pins, or --no-retrieval."
        raise InputError(message(expected="retrieval, for a pinned gesture", got="none", where=where, do=do))


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
    check_settings(settings)
    stages = Stages(shares=SHARES, on_progress=on_progress)
    with stages.timed("score"):
        take, keys = _take(speech, models, settings, given, trial), given.observed(speech.frames)
    with stages.stage("retrieval"):
        found = _retrieve(take) if settings.use_retrieval else None
    with stages.stage("score"):
        played, matches, observed = _score(take, found, keys)
    with stages.stage("diffusion") as within:
        sampling = _sampling(take, trial)
        told = None if played is None else played.channels(speech.frames)
        shown, posture = observed, posture_of(settings, given)
        if posture is not None:
            shown = taken_off(observed, posture, models.denoiser.stats)
        made = longform.generate(models.denoiser, speech.features, shown, sampling, score=told, on_progress=within)
    score = None if played is None else played.score
    face = face_of(speech, score, settings, take.seed, stages)
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


def _take(speech: Speech, models: Models, settings: GenerationSettings, given: Given, trial: Trial) -> _Take:
    models.rivals_of(settings.speaker)  # refuses a style that nobody knows
    seed = speech.performance(settings.seed) if trial.seed is None else trial.seed
    style = style_of(speech, models, settings.speaker, seed) if settings.use_score else settings.speaker
    return _Take(
        speech=speech,
        models=models,
        settings=settings,
        given=given,
        energy=energy_of(settings),
        seed=seed,
        style=style,
    )


def _retrieve(take: _Take) -> _Retrieved:
    base = take.given.base or take.models.base()
    segments = take.speech.heard.segments
    # A manner that the seed chose keeps nobody's gestures out.
    own = SearchSettings(rivals=take.models.rivals_of(take.settings.speaker))
    constraints, matches = settings_of(base, len(segments), take.settings, settings=own), take.given.matches
    if matches is None:
        matches = search(base, take.models.retrieval, take.speech.features, segments, TOP_K, settings=constraints)
    return _Retrieved(base=base, matches=matches, constraints=constraints)


def _score(
    take: _Take, retrieved: _Retrieved | None, keys: Observed | None
) -> tuple[Played | None, tuple[SegmentMatches, ...], Observed]:
    """Return the score and what plays it, what was retrieved and is used by it, and the control mask."""
    strength, joints = take.energy.retrieval_strength, take.settings.retrieval_joints
    shown = retrieved if strength else None  # at strength 0 the motion is that without a base, exactly
    played = _play(take, shown) if take.settings.use_score else None
    matches = () if retrieved is None else retrieved.matches
    if shown is not None:
        matches = taken(matches, played)
    base = None if retrieved is None else retrieved.base
    observed = observe(played, matches, base, keys, take.speech.frames, strength=strength, joints=joints)
    return played, matches, observed


def _play(take: _Take, retrieved: _Retrieved | None) -> Played:
    score, doubts, busy = take.given.score, take.given.doubts, busy_of(take.settings.busy)
    if score is None:
        score = planned_score(take.speech, take.models, take.settings, style=take.style, seed=take.seed)
        doubts = (*doubts, *still(score, take.speech, take.settings, take.style))
        score = beside_kept(score, take.given.kept)
    if retrieved is None:
        return play(score, None, (), CastingSettings(busy=busy), doubtful=doubts)
    rivals = take.models.rivals_of(take.style)
    base, asked = retrieved.base, retrieved.constraints
    settings = CastingSettings(rivals=rivals, banned=asked.banned, seed=take.seed, busy=busy)
    return play(score, base, retrieved.matches, settings, pinned=asked.pinned, doubtful=doubts)


def _sampling(take: _Take, trial: Trial) -> longform.Sampling:
    sampler, steps = _sampler_of(take.settings)
    return longform.Sampling(
        style=take.style,
        seed=take.seed,
        sampler=sampler,
        steps=steps,
        guidance=take.energy.guidance,
        score_guidance=trial.score_guidance,
    )


def _sampler_of(settings: GenerationSettings) -> tuple[str, int]:
    sampler = settings.sampler or DEFAULT_SAMPLER
    return sampler, DEFAULT_STEPS[sampler] if settings.steps is None else settings.steps


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
    take: _Take,
    clip: MotionClip,
    moved: MotionClip,
    played: Played | None,
    matches: tuple[SegmentMatches, ...],
    base: MotionBase | None,
) -> Report:
    """Return the report of a clip, measured as it was made, before its rate is changed."""
    heard, settings, kept, denoiser = take.speech.heard, take.settings, take.given.kept, take.models.denoiser
    sampler, steps = _sampler_of(settings)
    return Report(
        asr=heard.asr,
        duration_s=heard.waveform.duration_s,
        words=heard.words,
        segments=segments_of(heard),
        warnings=(
            *heard.warnings,
            *(() if played is None else played.warnings),
            *(() if kept is None else kept.warnings),
            *(() if take.given.held is None else take.given.held.warnings),
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
