"""What is compared: the product's own flow, the flow without one of its parts, and baselines that need no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array
from exges_core.control.compose import compose
from exges_core.control.masks import ORIGIN
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.diffusion.sampler import DEFAULT_SAMPLER, DEFAULT_STEPS
from exges_core.motion.clip import MotionClip
from exges_core.planning.planner_model import LoadedPlanner
from exges_core.postprocess.finish import finish
from training.evaluation.material import KnownTake
from training.evaluation.stitching import held, somewhere_in, stitched
from training.evaluation.systems import CONSTANT_PROBABILITY, TRUE_SCORE, Flow, Made, Retriever, System
from training.evaluation.variants import as_regression, with_inpainting


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
        *_whole(full),
        *_parts_left_out(full, has_true_scores),
        *_ablations(weights, full),
        *_baselines(weights, retriever, training_clips),
    ]
    found = [each for each in offered if isinstance(each, System)]
    return found, dict(each for each in offered if not isinstance(each, System))


def _whole(full: Flow) -> list[System]:
    """Return the full system with its own sampler and with the paper's."""
    steps = f"{DEFAULT_STEPS[DEFAULT_SAMPLER]} steps of DPM-Solver++(2M), finish"
    what = f"retrieval, control, {steps}; nobody plans"
    if full.scores is not None:
        what = f"planner, retrieval, control, {steps}: the product's defaults"
    slow = replace(full, sampler="ddpm")
    paper = "the same with the paper's sampler"
    return [
        System(key="full", name="ExGes (ours)", what=what, make=full, tables=(1, 3)),
        System(key="full-ddpm", name="ours, 1000 steps (DDPM)", what=paper, make=slow, is_slow=True),
    ]


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
    still = System(key="mean-pose", name="mean pose", what="the training takes' mean, held", make=_Held(pose=pose))
    return [*_other_networks(weights, retriever), _nearest(retriever, pose), still, _random(training_clips)]


def _other_networks(
    weights: Mapping[str, LoadedDenoiser], retriever: Retriever | None
) -> list[System | tuple[str, str]]:
    found: list[System | tuple[str, str]] = [("regression", _missing("regression")), ("dsg", _missing("no-control"))]
    if "regression" in weights:
        flow = Flow(denoiser=as_regression(weights["regression"]), retriever=retriever, scores=None, steps=1)
        what = "the same network trained to answer at once, with the same retrieval, no score"
        found[0] = System(key="regression", name="regression (no diffusion)", what=what, make=flow)
    if "no-control" in weights:
        flow = Flow(denoiser=with_inpainting(weights["no-control"]), retriever=None, scores=None, sampler="ddpm")
        what = "a network trained without control, 1000 steps, no retrieval, no score"
        found[1] = System(key="dsg", name="DiffuseStyleGesture-style", what=what, make=flow, is_slow=True)
    return found


def _nearest(retriever: Retriever | None, rest: Array) -> System | tuple[str, str]:
    if retriever is None:
        return "nearest", "no motion base"
    what = "every segment's best-scored clip, blended into the next; no network after retrieval, no score"
    make = _Stitched(retriever=retriever, rest=rest)
    return System(key="nearest", name="retrieved clips alone", what=what, make=make)


def _random(training_clips: Sequence[MotionClip]) -> System | tuple[str, str]:
    if not training_clips:
        return "random", "no training takes in this folder"
    what = "a training take's motion from a random place on: real, but of another speech"
    return System(key="random", name="random clip", what=what, make=_Somewhere(clips=training_clips))


def _missing(key: str) -> str:
    return f"no weights: give --model {key}=FILE ({WEIGHTS[key]})"
