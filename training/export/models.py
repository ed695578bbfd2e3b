"""Each model that ONNX Runtime runs, as graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.export import Dim

from exges_core import __version__, checkpoint
from exges_core.diffusion import onnx_model as onnx_denoiser
from exges_core.diffusion.config import AUDIO_CHANNELS, MASK_GROUPS, MOTION_CHANNELS, SCORE_CHANNELS
from exges_core.diffusion.model import load_denoiser
from exges_core.exported import Exported
from exges_core.planning import onnx_model as onnx_planner
from exges_core.planning.memory import GAPS, MEMORY
from exges_core.planning.planner_model import LoadedPlanner, load_planner
from exges_core.planning.tokens import SCALARS, VECTOR_SIZE
from exges_core.retrieval import onnx_model as onnx_retrieval
from exges_core.retrieval.model import load_retrieval
from exges_core.retrieval.spoken import MOST_GRAMS
from training.export import graphs
from training.export.untied import untied
from training.export.whole_numbers import in_whole_numbers

_LAYERS = (f"{onnx_denoiser.NETWORK}local.", f"{onnx_denoiser.NETWORK}encoder.")
_NEAR = 6
"""Known words that one word may be a mean of: only an example's size."""


def denoiser(path: Path) -> Exported:
    """Return a denoiser as graphs, in float32 and faster.

    Raises:
        CheckpointError: if the file cannot be used.
    """
    model = load_denoiser(path, is_bf16=False)
    batch, frames = 2, model.config.window_frames

    def zeros(channels: int) -> Tensor:
        return torch.zeros(batch, frames, channels)

    inputs = {
        "x": zeros(MOTION_CHANNELS),
        "shown": zeros(MASK_GROUPS),
        "audio": zeros(AUDIO_CHANNELS),
        "timestep": torch.zeros(batch, dtype=torch.int64),
        "style": torch.zeros(batch, dtype=torch.int64),
        "is_heard": torch.ones(batch, dtype=torch.bool),
        "score": zeros(SCORE_CHANNELS),
        "given": zeros(MOTION_CHANNELS),
    }
    windows = Dim("windows")
    graph = graphs.to_onnx(graphs.DenoiserGraph(model.network), inputs, [{0: windows}] * len(inputs), ["clean"])
    made = _exported("denoiser", path, onnx_denoiser.sizes_of(model.config), {onnx_denoiser.GRAPH: graph})
    fast = in_whole_numbers(made.networks[onnx_denoiser.GRAPH], is_wanted=_is_of_a_layer)
    return replace(made, networks={**made.networks, onnx_denoiser.FAST_GRAPH: fast})


def _is_of_a_layer(weight: str) -> bool:
    """Say whether a weight is of the transformer: what enters it is normed, so seven bits hold it."""
    return weight.startswith(_LAYERS)


def retrieval(path: Path) -> Exported:
    """Return a retrieval model as graphs.

    Raises:
        CheckpointError: if the file cannot be used.
    """
    model = load_retrieval(path)
    config, half, clips, pairs = model.config, Dim("half"), Dim("clips"), Dim("pairs")
    is_valid = torch.ones(3, 10, dtype=torch.bool)
    long = {0: clips, 1: 2 * half}
    speech = {"inputs": torch.zeros(3, 10, config.audio_inputs), "is_valid": is_valid}
    free: list[graphs.Free] = [long, long]
    if config.text_buckets:
        speech["grams"] = torch.ones(4, MOST_GRAMS, dtype=torch.int64)
        speech["place"] = torch.ones(3, 10, dtype=torch.int64)
        free += [{0: Dim("words")}, long]
    motion = {"inputs": torch.zeros(3, 10, config.motion_inputs), "is_valid": is_valid}
    pair = {"speech": torch.zeros(3, config.embedding), "motion": torch.zeros(3, config.embedding)}
    both = ["frames", "overall"]
    named = {
        onnx_retrieval.SPEECH: graphs.to_onnx(graphs.SpeechGraph(model.model), speech, free, both),
        onnx_retrieval.MOTION: graphs.to_onnx(graphs.MotionGraph(model.model), motion, [long, long], both),
        onnx_retrieval.MATCHING: graphs.to_onnx(
            graphs.MatchingGraph(model.model), pair, [{0: pairs}, {0: pairs}], ["probability"]
        ),
    }
    return _exported("retrieval", path, onnx_retrieval.sizes_of(config), named, prefix="model.")


def planner(path: Path) -> Exported:
    """Return a planner as graphs.

    Raises:
        CheckpointError: if the file cannot be used.
    """
    model = load_planner(path)
    return _exported("planner", path, onnx_planner.sizes_of(model.config), _planner_graphs(model))


def _exported(
    kind: str, path: Path, sizes: Mapping[str, Any], named: Mapping[str, bytes], *, prefix: str = ""
) -> Exported:
    """Return graphs without their weights, and where they come from."""
    weights = checkpoint.load(path, kind=kind)
    versions = {name: version(name) for name in ("torch", "onnx", "onnxscript", "onnxruntime")}
    return Exported(
        kind=kind,
        sizes=sizes,
        sha256=weights.sha256,
        provenance={"weights": weights.name, "opset": graphs.OPSET, "exges": __version__, "versions": versions},
        networks={name: untied(each, weights.tensors, prefix) for name, each in named.items()},
    )


def _planner_graphs(model: LoadedPlanner) -> dict[str, bytes]:
    network, config = model.network, model.config
    context, whether = config.width + config.style_width, config.whether_width + config.style_width
    one, tokens, strokes = torch.tensor(1), Dim("tokens"), Dim("strokes")
    memory, trunk, state = torch.zeros(MEMORY), torch.zeros(config.width), torch.zeros(3, config.width)
    numbers, coded = torch.ones(3, dtype=torch.int64), torch.zeros(context)
    shown = {
        "scalars": torch.zeros(7, SCALARS),
        "words": torch.zeros(7, _NEAR, dtype=torch.int64),
        "weights": torch.zeros(7, _NEAR),
        "vectors": torch.zeros(7, VECTOR_SIZE),
        "odds": torch.zeros(7),
        "shares": torch.zeros(7, config.kind_columns),
    }
    asked = {"coded": coded, "memory": memory, "last": one, "shares": torch.zeros(config.kind_columns)}
    timed = {"coded": torch.zeros(3, context), "kind": numbers, "hand": numbers, "log_size": torch.zeros(3)}
    seen = {"coded": torch.zeros(whether), "memory": memory, "last": one}
    free: graphs.Free = {0: strokes}

    def of(
        graph: type[torch.nn.Module], inputs: Mapping[str, Tensor], shapes: list[graphs.Free], *outputs: str
    ) -> bytes:
        return graphs.to_onnx(graph(network), inputs, shapes, outputs or ["logits"])

    near = Dim("near")
    of_tokens: list[graphs.Free] = [
        {0: tokens, 1: near} if name in ("words", "weights") else {0: tokens} for name in shown
    ]
    return {
        "encode": of(graphs.EncodeGraph, shown | {"style": one}, [*of_tokens, {}], "whether", "which"),
        "stroke": of(graphs.StrokeGraph, seen, [{}] * 3),
        "kind": of(graphs.KindGraph, asked, [{}] * 4, "logits", "trunk"),
        "hand": of(graphs.HandGraph, {"trunk": trunk, "kind": one}, [{}] * 2),
        "size": of(graphs.SizeGraph, {"trunk": trunk, "kind": one, "hand": one}, [{}] * 3),
        "start": of(graphs.StartGraph, timed | {"gaps": torch.zeros(3, GAPS)}, [free] * 5, "state"),
        "timing": of(graphs.TimingGraph, {"number": one, "state": state}, [{}, free]),
        "after": of(graphs.AfterGraph, {"number": one, "state": state, "bins": numbers}, [{}, free, free], "next"),
    }
