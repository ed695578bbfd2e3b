"""Torch modules with one `forward` each, as the graphs of an exported model take their inputs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import torch
from torch import Tensor, nn

from exges_core.diffusion.denoiser import Denoiser
from exges_core.planning.planner_config import TIMINGS
from exges_core.planning.planner_network import PlannerNetwork, Shown
from exges_core.retrieval.encoders import RetrievalModel, SpokenWords

if TYPE_CHECKING:
    from torch.onnx import ONNXProgram

OPSET = 20
_export = cast("Callable[..., ONNXProgram | None]", torch.onnx.export)
Free: TypeAlias = dict[int, Any]
"""Axes whose length is free, by the name of it."""


class DenoiserGraph(nn.Module):
    """The whole network, prior and all."""

    def __init__(self, network: Denoiser) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        x: Tensor,
        shown: Tensor,
        audio: Tensor,
        timestep: Tensor,
        style: Tensor,
        is_heard: Tensor,
        score: Tensor,
        given: Tensor,
    ) -> Tensor:
        """Return the predicted clean motion."""
        return self.network(x, shown, audio, timestep, style, is_heard, score, given)


class SpeechGraph(nn.Module):
    """The speech tower that reads, or one that hears alone."""

    def __init__(self, model: RetrievalModel) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, inputs: Tensor, is_valid: Tensor, grams: Tensor | None = None, place: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return embeddings per frame and overall."""
        words = None if grams is None or place is None else SpokenWords(grams, place)
        found = self.model.embed_audio(inputs, is_valid, words)
        return found.frames, found.overall


class MotionGraph(nn.Module):
    """The motion tower."""

    def __init__(self, model: RetrievalModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor, is_valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return embeddings per frame and overall."""
        found = self.model.embed_motion(inputs, is_valid)
        return found.frames, found.overall


class MatchingGraph(nn.Module):
    """The matching head and its calibration."""

    def __init__(self, model: RetrievalModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, speech: Tensor, motion: Tensor) -> Tensor:
        """Return probabilities."""
        head = self.model.matching
        return head.probability(head(speech, motion))


class EncodeGraph(nn.Module):
    """What each token of a take asks for."""

    def __init__(self, network: PlannerNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        scalars: Tensor,
        words: Tensor,
        weights: Tensor,
        vectors: Tensor,
        odds: Tensor,
        shares: Tensor,
        style: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Return whether and which."""
        rows = [each[None] for each in (scalars, words, weights, vectors, odds, shares)]
        shown = Shown(*rows, style=style[None], is_token=torch.ones_like(odds)[None])
        return self.network.whether.encode(shown)[0], self.network.encode(shown)[0]


class StrokeGraph(nn.Module):
    """Whether there is a stroke."""

    def __init__(self, network: PlannerNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, coded: Tensor, memory: Tensor, last: Tensor) -> Tensor:
        """Return its logit."""
        return self.network.whether(coded, memory, last)


class KindGraph(nn.Module):
    """Which kind it is, and what the rest depends on."""

    def __init__(self, network: PlannerNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, coded: Tensor, memory: Tensor, last: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and the trunk."""
        trunk = self.network.trunk(coded, memory, last)
        return self.network.kind_logits(coded, trunk, shares), trunk


class HandGraph(nn.Module):
    """Which hand makes it."""

    def __init__(self, network: PlannerNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, trunk: Tensor, kind: Tensor) -> Tensor:
        """Return logits."""
        return self.network.hand_logits(trunk, kind)


class SizeGraph(nn.Module):
    """How large it is."""

    def __init__(self, network: PlannerNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, trunk: Tensor, kind: Tensor, hand: Tensor) -> Tensor:
        """Return logits of bins."""
        return self.network.size_logits(trunk, kind, hand)


class StartGraph(nn.Module):
    """What the timing of strokes depends on."""

    def __init__(self, network: PlannerNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, coded: Tensor, kind: Tensor, hand: Tensor, log_size: Tensor, gaps: Tensor) -> Tensor:
        """Return the first state."""
        return self.network.timing_start(coded, kind, hand, log_size, gaps)


class TimingGraph(nn.Module):
    """The logits of a time, by its number: all heads are one table."""

    def __init__(self, network: PlannerNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, number: Tensor, state: Tensor) -> Tensor:
        """Return logits of bins."""
        heads = [each for each in self.network.timings if isinstance(each, nn.Linear)]
        weight = torch.stack([each.weight for each in heads]).index_select(0, number[None])[0]
        bias = torch.stack([each.bias for each in heads]).index_select(0, number[None])[0]
        return nn.functional.gelu(state) @ weight.T + bias


class AfterGraph(nn.Module):
    """What the next time depends on; after the last one, what it did."""

    def __init__(self, network: PlannerNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, number: Tensor, state: Tensor, bins: Tensor) -> Tensor:
        """Return the next state."""
        chosen = [each.weight for each in self.network.chosen if isinstance(each, nn.Embedding)]
        chosen += [torch.zeros_like(chosen[0])] * (len(TIMINGS) - len(chosen))
        return state + torch.stack(chosen).index_select(0, number[None])[0].index_select(0, bins)


def to_onnx(module: nn.Module, inputs: Mapping[str, Tensor], free: Sequence[Free], outputs: Sequence[str]) -> bytes:
    """Return a module as a serialised ONNX model, every weight under its own name.

    Args:
        module: in evaluation mode.
        inputs: an example of each, by name.
        free: for each input the axes whose length is free.
        outputs: names.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's own old calls: nobody here can mend them
        program = _export(
            module.eval(),
            kwargs={name: each.clone() for name, each in inputs.items()},  # of two that are one, one would be lost
            dynamo=True,
            optimize=False,  # it works out what is made of weights; `untied` does the rest
            opset_version=OPSET,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=dict(zip(inputs, free, strict=True)),
            verbose=False,
        )
    assert program is not None
    return program.model_proto.SerializeToString(deterministic=True)
