"""The first half of the flow: what is retrieved, planned and observed, before the network is asked."""

from __future__ import annotations

from dataclasses import dataclass

from exges_core.control.masks import Observed
from exges_core.control.standing import Posture
from exges_core.diffusion import longform
from exges_core.diffusion.sampler import DEFAULT_SAMPLER, DEFAULT_STEPS
from exges_core.diffusion.together import Wanted
from exges_core.errors import InputError, message
from exges_core.pipeline.acting import check_face
from exges_core.pipeline.analyse import Speech
from exges_core.pipeline.energy import Energy, energy_of
from exges_core.pipeline.given import Given, Trial, posture_of
from exges_core.pipeline.models import Models
from exges_core.pipeline.playing import Played, beside_kept, observe, play, taken
from exges_core.pipeline.scoring import Manner, manner_of, planned_score, still
from exges_core.pipeline.stages import Stages
from exges_core.planning.casting import CastingSettings
from exges_core.postprocess.posture import taken_off
from exges_core.protocol import TOP_K
from exges_core.retrieval.choice import SearchSettings, SegmentMatches
from exges_core.retrieval.constraints import settings_of
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.search import search
from exges_core.score.busy import busy_of
from exges_core.settings import GenerationSettings, check


@dataclass(frozen=True, kw_only=True, eq=False)
class Performance:
    """One speech on its way through the flow.

    Attributes:
        energy: the settings' values where they leave them open.
        seed: of the performance.
        manner: whose.
    """

    speech: Speech
    models: Models
    settings: GenerationSettings
    given: Given
    energy: Energy
    seed: int
    manner: Manner

    @property
    def style(self) -> str | None:
        """Return whose manner it has."""
        return self.manner.style


@dataclass(frozen=True, kw_only=True, eq=False)
class Retrieved:
    """What retrieval found, under the user's constraints."""

    base: MotionBase
    matches: tuple[SegmentMatches, ...]
    constraints: SearchSettings


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """One speech before the network is asked: what was decided, and what is wanted of it."""

    take: Performance
    found: Retrieved | None
    played: Played | None
    matches: tuple[SegmentMatches, ...]
    observed: Observed
    posture: Posture | None
    wanted: Wanted


def prepare(
    speech: Speech, models: Models, settings: GenerationSettings, given: Given, trial: Trial, stages: Stages
) -> Prepared:
    """Decide what a speech's motion shall be: retrieve, plan, compose the mask.

    Raises:
        InputError: as `gesture`.
        CheckpointError: as `gesture`.
        Cancelled: as `gesture`.
    """
    check_settings(settings)
    with stages.timed("score"):
        take, keys = _take(speech, models, settings, given, trial), given.observed(speech.frames)
    with stages.stage("retrieval"):
        found = _retrieve(take) if settings.use_retrieval else None
    with stages.stage("score"):
        played, matches, observed = _score(take, found, keys)
    told = None if played is None else played.channels(speech.frames)
    shown, posture = observed, posture_of(settings, given.posture)
    if posture is not None:
        shown = taken_off(observed, posture, models.denoiser.stats)
    return Prepared(
        take=take,
        found=found,
        played=played,
        matches=matches,
        observed=observed,
        posture=posture,
        wanted=Wanted(audio_features=speech.features, observed=shown, sampling=_sampling(take, trial), score=told),
    )


def _take(speech: Speech, models: Models, settings: GenerationSettings, given: Given, trial: Trial) -> Performance:
    models.rivals_of(settings.speaker)  # refuses a style that nobody knows
    seed = speech.performance(settings.seed) if trial.seed is None else trial.seed
    asked = Manner(style=settings.speaker)
    manner = manner_of(speech, models, settings.speaker, seed) if settings.use_score else asked
    return Performance(
        speech=speech,
        models=models,
        settings=settings,
        given=given,
        energy=energy_of(settings),
        seed=seed,
        manner=manner,
    )


def _retrieve(take: Performance) -> Retrieved:
    base = take.given.base or take.models.base()
    segments = take.speech.heard.segments
    # A manner that the seed chose keeps nobody's gestures out.
    own = SearchSettings(rivals=take.models.rivals_of(take.settings.speaker))
    constraints, matches = settings_of(base, len(segments), take.settings, settings=own), take.given.matches
    if matches is None:
        matches = search(base, take.models.retrieval, take.speech.features, segments, TOP_K, settings=constraints)
    return Retrieved(base=base, matches=matches, constraints=constraints)


def _score(
    take: Performance, retrieved: Retrieved | None, keys: Observed | None
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


def _play(take: Performance, retrieved: Retrieved | None) -> Played:
    score, doubts, busy = take.given.score, take.given.doubts, busy_of(take.settings.busy)
    if score is None:
        score = planned_score(take.speech, take.models, take.settings, manner=take.manner, seed=take.seed)
        doubts = (*doubts, *still(score, take.speech, take.settings, take.style))
        score = beside_kept(score, take.given.kept)
    if retrieved is None:
        return play(score, None, (), CastingSettings(busy=busy), doubtful=doubts)
    rivals = take.models.rivals_of(take.style)
    base, asked = retrieved.base, retrieved.constraints
    settings = CastingSettings(rivals=rivals, banned=asked.banned, seed=take.seed, busy=busy)
    return play(score, base, retrieved.matches, settings, pinned=asked.pinned, doubtful=doubts)


def _sampling(take: Performance, trial: Trial) -> longform.Sampling:
    sampler, steps = sampler_of(take.settings)
    return longform.Sampling(
        style=take.style,
        seed=take.seed,
        sampler=sampler,
        steps=steps,
        guidance=take.energy.guidance,
        score_guidance=trial.score_guidance,
    )


def sampler_of(settings: GenerationSettings) -> tuple[str, int]:
    """Return the sampler and its steps, where the settings leave them open."""
    sampler = settings.sampler or DEFAULT_SAMPLER
    return sampler, DEFAULT_STEPS[sampler] if settings.steps is None else settings.steps
