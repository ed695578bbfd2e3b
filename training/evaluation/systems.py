"""What is compared: the product's own flow, the flow without one of its parts, and baselines that need no network.

`Flow` calls the very functions of `exges_core.pipeline` in its order and with its defaults (a test holds the two
together); a system differs from it in what its name says and in nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np

from exges_core.audio.fingerprint import performance_seed
from exges_core.control.compose import RetrievedPose, compose
from exges_core.control.masks import ORIGIN
from exges_core.diffusion import longform
from exges_core.diffusion.finish import finish
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.diffusion.sampler import DEFAULT_SAMPLER
from exges_core.energy import ENERGIES
from exges_core.motion.clip import MotionClip
from exges_core.motion.intensity import scale_gestures
from exges_core.pipeline import FRAMES_PER_POSE
from exges_core.protocol import TOP_K
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval
from exges_core.retrieval.search import SearchSettings, SegmentMatches, choose, rivals_of, search
from exges_core.timeline import MOTION_RATE_HZ
from training.evaluation.material import KnownTake
from training.evaluation.stitching import held, somewhere_in, stitched
from training.evaluation.variants import as_regression, with_inpainting

CONSTANT_PROBABILITY = 0.5
"""What stands for the matching head's answer where it is left out: every segment's best clip is used, half sure."""


@runtime_checkable
class Generator(Protocol):
    """Speech in, motion out."""

    def __call__(self, take: KnownTake, seed: int) -> MotionClip:
        """Return motion for a take's speech; its truth is not looked at."""
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
    _found: dict[tuple[str, bool], tuple[SegmentMatches, ...]] = field(default_factory=dict)

    def matches(self, take: KnownTake, styles: Sequence[str] = ()) -> tuple[SegmentMatches, ...]:
        """Return the candidates of a take's segments; of a network's styles, its speaker's own are preferred."""
        key = (take.id, bool(styles))
        if key not in self._found:
            settings = SearchSettings(rivals=rivals_of(take.style, styles))
            found = search(self.base, self.model, take.audio, take.segments, TOP_K, settings=settings)
            self._found[key] = found if self.has_head else choose(_unsure(found), settings)
        return self._found[key]

    def poses(self, take: KnownTake, styles: Sequence[str] = ()) -> list[RetrievedPose]:
        """Return the poses that are used; `styles` as in `matches`."""
        return [
            RetrievedPose(
                clip=self.base.clip(used.clip_index),
                key_time_s=used.key_time_s - used.source_start_s,
                query_time_s=used.query_time_s,
                confidence=used.probability,
            )
            for used in (match.used for match in self.matches(take, styles))
            if used is not None
        ]


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

    With `shares_noise` the noise is drawn from the seed alone, whatever the speech, which the product does not do.
    """

    denoiser: LoadedDenoiser
    retriever: Retriever | None
    sampler: str = DEFAULT_SAMPLER
    steps: int | None = None
    shares_noise: bool = False

    def __call__(self, take: KnownTake, seed: int) -> MotionClip:
        """Return the motion."""
        energy = ENERGIES["normal"]
        poses = [] if self.retriever is None else self.retriever.poses(take, self.denoiser.styles)
        observed = compose(
            poses, None, take.frames, frames_per_pose=FRAMES_PER_POSE, strength=energy.retrieval_strength
        )
        made = longform.generate(
            self.denoiser,
            take.audio,
            observed,
            longform.Sampling(
                style=take.style,
                seed=seed if self.shares_noise else performance_seed(seed, take.waveform),
                sampler=self.sampler,
                steps=self.steps,
                guidance=energy.guidance,
            ),
        )
        return finish(scale_gestures(made, energy.intensity, MOTION_RATE_HZ), observed)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stitched:
    retriever: Retriever
    rest: np.ndarray

    def __call__(self, take: KnownTake, seed: int) -> MotionClip:
        features = stitched(self.retriever.base, self.retriever.matches(take), take.frames, self.rest)
        empty = compose([], None, take.frames)
        return finish(features, replace(empty, anchor=ORIGIN))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Held:
    pose: np.ndarray

    def __call__(self, take: KnownTake, seed: int) -> MotionClip:
        return held(self.pose, take.frames)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Somewhere:
    clips: Sequence[MotionClip]

    def __call__(self, take: KnownTake, seed: int) -> MotionClip:
        return somewhere_in(self.clips, take.frames, generator=np.random.default_rng([seed, take.frames]))


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
    weights: Mapping[str, LoadedDenoiser], retriever: Retriever | None, training_clips: Sequence[MotionClip]
) -> tuple[list[System], dict[str, str]]:
    """Return the systems that can be made of what is there, and why each of the others cannot.

    Args:
        weights: by names of `WEIGHTS`; "full" must be among them.
        retriever: None = no motion base.
        training_clips: for the random clip; may be empty.
    """
    ours = weights["full"]
    pose = ours.stats.mean
    headless = None if retriever is None else replace(retriever, has_head=False, _found={})
    offered: list[System | tuple[str, str]] = [
        System(
            key="full",
            name="ExGes (ours)",
            what="retrieval, control, 10 steps of DPM-Solver++(2M), finish: the product's defaults",
            make=Flow(denoiser=ours, retriever=retriever),
            tables=(1, 3),
        ),
        System(
            key="full-ddpm",
            name="ours, 1000 steps (DDPM)",
            what="the same with the paper's sampler",
            make=Flow(denoiser=ours, retriever=retriever, sampler="ddpm"),
            is_slow=True,
        ),
        System(
            key="no-retrieval",
            name="w/o motion retrieval",
            what="the same network and noise, nothing retrieved",
            make=Flow(denoiser=ours, retriever=None),
            tables=(1, 3),
        ),
        *_ablations(weights, retriever, headless),
        *_baselines(weights, retriever, pose, training_clips),
    ]
    found = [each for each in offered if isinstance(each, System)]
    skipped = dict(each for each in offered if not isinstance(each, System))
    if retriever is None:
        # Without a motion base the full system is the one without retrieval.
        found = [each for each in found if each.key != "no-retrieval"]
        skipped["no-retrieval"] = "no motion base: the full system has no retrieval"
    return found, skipped


def _ablations(
    weights: Mapping[str, LoadedDenoiser], retriever: Retriever | None, headless: Retriever | None
) -> list[System | tuple[str, str]]:
    found: list[System | tuple[str, str]] = []
    if "no-control" in weights:
        blind = with_inpainting(weights["no-control"])
        what = "a network trained without control; retrieved poses come in by inpainting"
        make = Flow(denoiser=blind, retriever=retriever)
        found.append(System(key="no-control", name="w/o precision control", what=what, make=make, tables=(3,)))
    for key, name in (("no-part-mask", "w/o part mask"), ("no-curriculum", "w/o curriculum (ours)")):
        if key in weights:
            make = Flow(denoiser=weights[key], retriever=retriever)
            found.append(System(key=key, name=name, what=WEIGHTS[key], make=make, tables=(3,)))
    found += [(key, _missing(key)) for key in ("no-control", "no-part-mask", "no-curriculum") if key not in weights]
    if headless is None:
        return [*found, ("no-head", "no motion base")]
    what = f"every segment's best-scored clip is used, at a constant confidence of {CONSTANT_PROBABILITY:g}"
    make = Flow(denoiser=weights["full"], retriever=headless)
    return [*found, System(key="no-head", name="w/o matching head (ours)", what=what, make=make, tables=(3,))]


def _baselines(
    weights: Mapping[str, LoadedDenoiser],
    retriever: Retriever | None,
    pose: np.ndarray,
    training_clips: Sequence[MotionClip],
) -> list[System | tuple[str, str]]:
    found: list[System | tuple[str, str]] = []
    if "regression" in weights:
        flow = Flow(denoiser=as_regression(weights["regression"]), retriever=retriever, steps=1)
        what = "the same network trained to answer at once, with the same retrieval"
        found.append(System(key="regression", name="regression (no diffusion)", what=what, make=flow))
    else:
        found.append(("regression", _missing("regression")))
    if "no-control" in weights:
        flow = Flow(denoiser=with_inpainting(weights["no-control"]), retriever=None, sampler="ddpm")
        what = "a network trained without control, 1000 steps, no retrieval"
        found.append(System(key="dsg", name="DiffuseStyleGesture-style", what=what, make=flow, is_slow=True))
    else:
        found.append(("dsg", _missing("no-control")))
    if retriever is None:
        found.append(("nearest", "no motion base"))
    else:
        what = "every segment's best-scored clip, blended into the next; no network after retrieval"
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
