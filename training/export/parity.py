"""How near ONNX Runtime's answers are to PyTorch's: both are asked the same random things."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from exges_core.arrays import Array
from exges_core.diffusion.config import AUDIO_CHANNELS, MASK_GROUPS, MOTION_CHANNELS, SCORE_CHANNELS
from exges_core.diffusion.model import load_denoiser
from exges_core.diffusion.onnx_model import load_onnx_denoiser
from exges_core.diffusion.predictor import Asked, Predictor
from exges_core.planning.memory import GAPS, MEMORY
from exges_core.planning.onnx_model import load_onnx_planner
from exges_core.planning.planner_config import TIMINGS
from exges_core.planning.planner_model import load_planner
from exges_core.planning.stroke_model import Past, StrokeModel, Strokes, TokensShown
from exges_core.planning.tokens import SCALARS, VECTOR_SIZE
from exges_core.retrieval.embedder import Embedder
from exges_core.retrieval.model import load_retrieval
from exges_core.retrieval.onnx_model import load_onnx_retrieval
from exges_core.retrieval.spoken import Spoken

LENGTHS = (31, 40, 1, 23)
"""Frames of clips: odd and even, one alone."""


def of_denoisers(weights: Path, written: Path) -> float:
    """Return the largest difference of any answer, in normalised motion."""
    return _largest(_denoised(load_denoiser(weights, is_bf16=False)), _denoised(load_onnx_denoiser(weights, written)))


def of_whole_numbers(weights: Path, written: Path) -> float:
    """Return by how much the faster graph's answers differ: root mean square over that of the answers themselves."""
    exact, fast = (_denoised(load_onnx_denoiser(weights, written, is_exact=exact)) for exact in (True, False))
    pairs = list(zip(exact, fast, strict=True))
    apart = sum(float(((one - other) ** 2).sum()) for one, other in pairs)
    return (apart / sum(float((one**2).sum()) for one, _ in pairs)) ** 0.5


def of_retrieval(weights: Path, written: Path) -> float:
    """Return the largest difference of any embedding or probability."""
    return _largest(_embedded(load_retrieval(weights)), _embedded(load_onnx_retrieval(weights, written)))


def of_planners(weights: Path, written: Path) -> float:
    """Return the largest difference of any logit or state."""
    return _largest(_planned(load_planner(weights)), _planned(load_onnx_planner(weights, written)))


def _largest(ours: Iterable[Array], theirs: Iterable[Array]) -> float:
    return max(float(np.abs(one - other).max()) for one, other in zip(ours, theirs, strict=True))


class _Drawn:
    """The same random numbers in the same order, whoever is asked."""

    def __init__(self) -> None:
        self.generator = np.random.default_rng(0)

    def __call__(self, *shape: int) -> Array:
        return self.generator.standard_normal(shape).astype(np.float32)

    def below(self, limit: int, *shape: int) -> Array:
        return np.floor(self.generator.random(shape) * limit).astype(np.int64)


def _denoised(model: Predictor) -> Iterable[Array]:
    drawn, frames = _Drawn(), model.config.window_frames
    for timestep in (model.config.training_steps - 1, model.config.training_steps // 2, 3):
        asked = Asked(
            x=drawn(5, frames, MOTION_CHANNELS),
            is_observed=drawn(5, frames, MASK_GROUPS) > 1.5,
            given=drawn(5, frames, MOTION_CHANNELS),
            audio=drawn(5, frames, AUDIO_CHANNELS),
            score=drawn(5, frames, SCORE_CHANNELS),
            timestep=timestep,
            style=np.full(5, len(model.styles), np.int64),
        )
        yield model.answer(asked)
        nothing = np.zeros_like(asked.is_observed)
        yield model.answer(
            asked._replace(is_observed=nothing, given=None, score=None, is_heard=False, style=0 * asked.style)
        )


def _embedded(model: Embedder) -> Iterable[Array]:
    drawn = _Drawn()
    speech = [drawn(length, model.config.audio_inputs) for length in LENGTHS]
    spoken = [Spoken(("hello",), drawn.below(2, length)) for length in LENGTHS]
    motion = [drawn(length, model.config.motion_inputs) for length in LENGTHS]
    for found in (model.embed_speech(speech, spoken), model.embed_motion(motion)):
        for frames, overall in found:
            yield from (frames, overall)
    one, other = drawn(7, model.config.embedding), drawn(7, model.config.embedding)
    unit = [each / np.linalg.norm(each, axis=1, keepdims=True) for each in (one, other)]
    yield model.probability(*unit)


def _planned(model: StrokeModel) -> Iterable[Array]:
    drawn, config = _Drawn(), model.config
    shown = TokensShown(
        scalars=drawn(40, SCALARS),
        words=drawn.below(config.words, 40, 6),
        weights=np.abs(drawn(40, 6)),
        vectors=drawn(40, VECTOR_SIZE),
        odds=drawn(40),
        shares=drawn(40, config.kind_columns),
        style=config.styles,
    )
    whether, which = model.encode(shown)
    past = Past(drawn(MEMORY), 0)
    kind, trunk = model.kind_logits(which[0], past, shown.shares[0])
    yield from (whether, which, np.array(model.stroke_logit(whether[0], past)), kind, trunk)
    yield from (model.hand_logits(trunk, 1), model.size_logits(trunk, 1, 2))
    strokes = Strokes(which[:3], np.array([0, 1, 1]), np.array([2, 0, 1]), drawn(3), drawn(3, GAPS))
    state = model.timing_start(strokes)
    yield state
    for number in range(len(TIMINGS)):
        yield from (model.timing_logits(number, state), model.after(number, state, np.array([0, 2, 1])))
