"""What is compared: the product's own flow, the flow without one of its parts, and baselines that need no network.

`Flow` is the product's own `pipeline.gesture`, in memory and with its defaults (a test holds it to the files that the
product writes); a system differs from it in an argument, which its name says, and in nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np

from exges_core import assets
from exges_core.arrays import Array
from exges_core.control.compose import compose
from exges_core.control.masks import ORIGIN
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.diffusion.sampler import DEFAULT_SAMPLER
from exges_core.motion.clip import MotionClip
from exges_core.pipeline.gesture import gesture
from exges_core.pipeline.given import Given, Trial
from exges_core.pipeline.models import Models
from exges_core.pipeline.scoring import made_for, style_of
from exges_core.planning.planner import LoadedPlanner
from exges_core.postprocess.finish import finish
from exges_core.protocol import TOP_K
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval
from exges_core.retrieval.search import SearchSettings, SegmentMatches, choose, rivals_of, search
from exges_core.score.records import Score
from exges_core.settings import GenerationSettings
from training.evaluation.material import KnownTake
from training.evaluation.stitching import held, somewhere_in, stitched
from training.evaluation.variants import as_regression, with_inpainting

CONSTANT_PROBABILITY = 0.5
"""What stands for the matching head's answer where it is left out: every segment's best clip is used, half sure."""


TRUE_SCORE = "true-score"
"""Key of the one system that is told what the truth does: no rival of the others."""


class Made(NamedTuple):
    """Motion, and the score that it was made by; None = nobody planned."""

    clip: MotionClip
    score: Score | None = None


@runtime_checkable
class Generator(Protocol):
    """Speech in, motion out."""

    def __call__(self, take: KnownTake, seed: int) -> Made:
        """Return motion for a take's speech; its truth is not looked at, but where the truth's score is asked for."""
        ...


@dataclass(frozen=True, kw_only=True)
class System:
    """One row of a table.

    Attributes:
        key: short name, as `--systems` takes it.
        name: as the tables show it.
        what: one line for the reader.
        make: makes the motion.
        tables: numbers of the tables it is in (1, 3).
        is_slow: a thousand steps: only on some takes.
    """

    key: str
    name: str
    what: str
    make: Generator
    tables: tuple[int, ...] = (1,)
    is_slow: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Retriever:
    """Retrieval as the product uses it, remembering what it found for each take.

    Attributes:
        has_head: False = without the matching head: every candidate is `CONSTANT_PROBABILITY`.
    """

    base: MotionBase
    model: LoadedRetrieval
    has_head: bool = True
    _found: dict[tuple[str, frozenset[str]], tuple[SegmentMatches, ...]] = field(default_factory=dict)

    def matches(self, take: KnownTake, rivals: frozenset[str] = frozenset()) -> tuple[SegmentMatches, ...]:
        """Return the candidates of a take's segments; gestures of rivals (`search.rivals_of`) stand back."""
        key = (take.id, rivals)
        if key not in self._found:
            settings = SearchSettings(rivals=rivals)
            found = search(self.base, self.model, take.audio, take.segments, TOP_K, settings=settings)
            self._found[key] = found if self.has_head else choose(_unsure(found), settings)
        return self._found[key]


def _unsure(matches: Sequence[SegmentMatches]) -> list[SegmentMatches]:
    return [
        replace(
            match,
            candidates=tuple(replace(each, probability=CONSTANT_PROBABILITY) for each in match.candidates),
        )
        for match in matches
    ]


@dataclass(frozen=True, kw_only=True, eq=False)
class Flow:
    """The product's flow from features to the finished clip.

    Attributes:
        denoiser: its styles are those that are asked for.
        retriever: None = nothing is retrieved.
        scores: the planner that writes them; "truth" = those of the takes; None = nobody plans, which is the paper.
        sampler, steps: of the diffusion.
        score_guidance: see `longform.Sampling`.
        shares_noise: draw all chances from the seed alone, whatever the speech, which the product does not do.
    """

    denoiser: LoadedDenoiser
    retriever: Retriever | None
    scores: LoadedPlanner | Literal["truth"] | None
    sampler: str = DEFAULT_SAMPLER
    steps: int | None = None
    score_guidance: float = 1.0
    shares_noise: bool = False

    def __call__(self, take: KnownTake, seed: int) -> Made:
        """Return the motion and the score that it plays.

        Raises:
            ValueError: if the truth's score is asked for and the take has none.
        """
        given = Given(
            score=self._truth(take) if self.scores == "truth" else None,
            base=None if self.retriever is None else self.retriever.base,
            matches=self.matches(take, seed),
        )
        trial = Trial(score_guidance=self.score_guidance, seed=seed if self.shares_noise else None)
        made = gesture(take.speech, self._models, self._settings(take, seed), given, trial=trial)
        return Made(made.clip, made.score)

    def style(self, take: KnownTake, seed: int) -> str | None:
        """Return whose manner a take gets: its speaker's if the network knows them, else as the product has it."""
        own = self._own(take)
        drawn = seed if self.shares_noise else take.speech.performance(seed)
        return own if self.scores is None else style_of(take.speech, self._models, own, drawn)

    def matches(self, take: KnownTake, seed: int) -> tuple[SegmentMatches, ...]:
        """Return what is retrieved for a take; nothing without a retriever."""
        if self.retriever is None:
            return ()
        return self.retriever.matches(take, rivals_of(take.style, self.denoiser.styles))

    def _own(self, take: KnownTake) -> str | None:
        return take.style if take.style in self.denoiser.styles else None

    @cached_property
    def _models(self) -> Models:
        planner = self.scores if isinstance(self.scores, LoadedPlanner) else assets.PLANNER
        retrieval = assets.RETRIEVAL if self.retriever is None else self.retriever.model
        device = "cuda" if self.denoiser.device.type == "cuda" else "cpu"
        return Models(device=device, denoiser=self.denoiser, retrieval=retrieval, planner=planner)

    def _settings(self, take: KnownTake, seed: int) -> GenerationSettings:
        return GenerationSettings(
            speaker=self._own(take),
            seed=seed,
            use_retrieval=self.retriever is not None,
            use_score=self.scores is not None,
            sampler=self.sampler,
            steps=self.steps,
        )

    def _truth(self, take: KnownTake) -> Score:
        if take.score is None:
            raise ValueError(f"Flow: {take.id} has no score of its own")
        return made_for(take.score, take.speech)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stitched:
    retriever: Retriever
    rest: Array

    def __call__(self, take: KnownTake, seed: int) -> Made:
        features = stitched(self.retriever.base, self.retriever.matches(take), take.frames, self.rest)
        empty = compose([], None, take.frames)
        return Made(finish(features, replace(empty, anchor=ORIGIN)))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Held:
    pose: Array

    def __call__(self, take: KnownTake, seed: int) -> Made:
        return Made(held(self.pose, take.frames))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Somewhere:
    clips: Sequence[MotionClip]

    def __call__(self, take: KnownTake, seed: int) -> Made:
        return Made(somewhere_in(self.clips, take.frames, generator=np.random.default_rng([seed, take.frames])))


WEIGHTS: Mapping[str, str] = {
    "full": "our denoiser",
    "regression": "the same network trained without diffusion",
    "no-control": "a network trained without control",
    "no-mask-channel": "a network that does not see the mask",
    "no-part-mask": "a network trained on masks of whole frames only",
    "no-curriculum": "a network trained without the curriculum",
}
"""Names that `--model NAME=FILE` knows."""


def systems_of(
    weights: Mapping[str, LoadedDenoiser],
    retriever: Retriever | None,
    planner: LoadedPlanner | None,
    training_clips: Sequence[MotionClip],
    *,
    score_guidance: float = 1.0,
    has_true_scores: bool = True,
) -> tuple[list[System], dict[str, str]]:
    """Return the systems that can be made of what is there, and why each of the others cannot.

    Args:
        weights: by names of `WEIGHTS`; "full" must be among them.
        retriever: None = no motion base.
        planner: None = nobody plans.
        training_clips: for the random clip; may be empty.
        score_guidance: of every system that plays a score.
        has_true_scores: the takes know what they were acted by.
    """
    full = Flow(denoiser=weights["full"], retriever=retriever, scores=planner, score_guidance=score_guidance)
    offered = [
        System(
            key="full",
            name="ExGes (ours)",
            what="planner, retrieval, control, 10 steps of DPM-Solver++(2M), finish: the product's defaults"
            if planner is not None
            else "retrieval, control, 10 steps of DPM-Solver++(2M), finish; nobody plans",
            make=full,
            tables=(1, 3),
        ),
        System(
            key="full-ddpm",
            name="ours, 1000 steps (DDPM)",
            what="the same with the paper's sampler",
            make=replace(full, sampler="ddpm"),
            is_slow=True,
        ),
        *_parts_left_out(full, has_true_scores),
        *_ablations(weights, full),
        *_baselines(weights, retriever, training_clips),
    ]
    found = [each for each in offered if isinstance(each, System)]
    return found, dict(each for each in offered if not isinstance(each, System))


def _parts_left_out(full: Flow, has_true_scores: bool) -> list[System | tuple[str, str]]:
    """Return the full system without retrieval, without a score, and told the truth's score."""
    found: list[System | tuple[str, str]] = []
    if full.retriever is None:
        found.append(("no-retrieval", "no motion base: the full system has no retrieval"))
    else:
        what, make = "the same network, noise and planner, nothing retrieved", replace(full, retriever=None)
        found.append(System(key="no-retrieval", name="w/o motion retrieval", what=what, make=make, tables=(1, 3)))
    if full.scores is None:
        found.append(("no-score", "no planner: the full system has no score"))
    else:
        what = "the paper's variant: nobody plans, key poses where retrieval puts them, the network is told no stroke"
        make = replace(full, scores=None)
        found.append(System(key="no-score", name="w/o score", what=what, make=make, tables=(1, 3)))
    if not has_true_scores:
        return [*found, (TRUE_SCORE, "takes without labels (events/): nobody knows their scores")]
    what = "the strokes that the truth was acted by instead of planned ones"
    make = replace(full, scores="truth")
    return [*found, System(key=TRUE_SCORE, name="score from truth", what=what, make=make, tables=(1, 3))]


def _ablations(weights: Mapping[str, LoadedDenoiser], full: Flow) -> list[System | tuple[str, str]]:
    """Return Table 3's other rows: the full system, score and all, but for one thing."""
    found: list[System | tuple[str, str]] = []
    if "no-control" in weights:
        blind = with_inpainting(weights["no-control"])
        what = "a network trained without control; retrieved gestures come in by inpainting"
        make = replace(full, denoiser=blind)
        found.append(System(key="no-control", name="w/o precision control", what=what, make=make, tables=(3,)))
    for key, name in (("no-part-mask", "w/o part mask"), ("no-curriculum", "w/o curriculum (ours)")):
        if key in weights:
            make = replace(full, denoiser=weights[key])
            found.append(System(key=key, name=name, what=WEIGHTS[key], make=make, tables=(3,)))
    found += [(key, _missing(key)) for key in ("no-control", "no-part-mask", "no-curriculum") if key not in weights]
    if full.retriever is None:
        return [*found, ("no-head", "no motion base")]
    what = f"every segment's best-scored clip is used, at a constant confidence of {CONSTANT_PROBABILITY:g}"
    make = replace(full, retriever=replace(full.retriever, has_head=False, _found={}))
    return [*found, System(key="no-head", name="w/o matching head (ours)", what=what, make=make, tables=(3,))]


def _baselines(
    weights: Mapping[str, LoadedDenoiser],
    retriever: Retriever | None,
    training_clips: Sequence[MotionClip],
) -> list[System | tuple[str, str]]:
    """Return Table 1's other ways to make motion; none of them has a score."""
    pose = weights["full"].stats.mean
    found: list[System | tuple[str, str]] = []
    if "regression" in weights:
        flow = Flow(denoiser=as_regression(weights["regression"]), retriever=retriever, scores=None, steps=1)
        what = "the same network trained to answer at once, with the same retrieval, no score"
        found.append(System(key="regression", name="regression (no diffusion)", what=what, make=flow))
    else:
        found.append(("regression", _missing("regression")))
    if "no-control" in weights:
        flow = Flow(denoiser=with_inpainting(weights["no-control"]), retriever=None, scores=None, sampler="ddpm")
        what = "a network trained without control, 1000 steps, no retrieval, no score"
        found.append(System(key="dsg", name="DiffuseStyleGesture-style", what=what, make=flow, is_slow=True))
    else:
        found.append(("dsg", _missing("no-control")))
    if retriever is None:
        found.append(("nearest", "no motion base"))
    else:
        what = "every segment's best-scored clip, blended into the next; no network after retrieval, no score"
        make = _Stitched(retriever=retriever, rest=pose)
        found.append(System(key="nearest", name="retrieved clips alone", what=what, make=make))
    found.append(
        System(key="mean-pose", name="mean pose", what="the training takes' mean, held", make=_Held(pose=pose))
    )
    if training_clips:
        what = "a training take's motion from a random place on: real, but of another speech"
        found.append(System(key="random", name="random clip", what=what, make=_Somewhere(clips=training_clips)))
    else:
        found.append(("random", "no training takes in this folder"))
    return found


def _missing(key: str) -> str:
    return f"no weights: give --model {key}=FILE ({WEIGHTS[key]})"
