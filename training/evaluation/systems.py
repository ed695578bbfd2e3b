"""What makes motion in a comparison: the product's own flow, and retrieval as it uses it.

`Flow` is the product's own `pipeline.gesture`, in memory and with its defaults (a test holds it to the files that the
product writes); a system differs from it in an argument, which its name says, and in nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from exges_core import assets
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.diffusion.sampler import DEFAULT_SAMPLER
from exges_core.motion.clip import MotionClip
from exges_core.pipeline.gesture import gesture
from exges_core.pipeline.given import Given, Trial
from exges_core.pipeline.models import Models
from exges_core.pipeline.scoring import made_for, manner_of
from exges_core.planning.planner_model import LoadedPlanner
from exges_core.protocol import TOP_K
from exges_core.retrieval.choice import SearchSettings, SegmentMatches, choose, rivals_of
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval
from exges_core.retrieval.search import search
from exges_core.score.records import Score
from exges_core.settings import GenerationSettings
from training.evaluation.material import KnownTake

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
        return own if self.scores is None else manner_of(take.speech, self._models, own, drawn).style

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
