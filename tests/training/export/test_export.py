"""What is exported answers as PyTorch does, on any length and number of things."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from exges_core import checkpoint, exported
from exges_core.diffusion.config import DenoiserConfig
from exges_core.diffusion.denoiser import Denoiser
from exges_core.diffusion.onnx_model import load_onnx_denoiser
from exges_core.errors import CheckpointError, OutputError
from exges_core.motion.features import MOTION_CHANNELS
from exges_core.planning.planner_config import QUANTITIES, PlannerConfig
from exges_core.planning.planner_model import save_planner
from exges_core.planning.planner_network import PlannerNetwork
from exges_core.planning.word_habits import WordHabits
from exges_core.retrieval.config import RetrievalConfig
from exges_core.retrieval.encoders import RetrievalModel
from exges_core.retrieval.model import save_retrieval
from training.export import __main__ as export
from training.export import models, parity

SMALL = RetrievalConfig(width=16, layers=1, heads=2, feedforward=24, embedding=8, text_buckets=32, text_width=8)
SIZES = DenoiserConfig(
    latent=32, layers=1, heads=2, feed_forward=64, window_frames=32, styles=2, prior_rank=8, has_kriging=True,
    has_score=True,
)  # fmt: skip


def roused(network: torch.nn.Module) -> torch.nn.Module:
    """Return a network whose every weight counts: untrained ones begin with zeros."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for each in network.parameters():
            each.add_(0.1 * torch.randn(each.shape, generator=generator))
    return network


def denoiser(path: Path) -> None:
    tensors = {f"network.{name}": value.numpy() for name, value in roused(Denoiser(SIZES)).state_dict().items()}
    tensors["network.prior.basis"] = np.eye(MOTION_CHANNELS, SIZES.prior_rank, dtype=np.float32)
    statistics = {"motion_mean": np.ones(MOTION_CHANNELS, np.float32), "motion_std": np.ones(MOTION_CHANNELS)}
    config = {"denoiser": asdict(SIZES), "styles": ["ada", "bob"]}
    checkpoint.save(path, {**tensors, **statistics}, kind="denoiser", config=config, provenance={"steps": 1})


def retrieval(path: Path) -> None:
    model = roused(RetrievalModel(SMALL))
    assert isinstance(model, RetrievalModel)
    save_retrieval(path, model, provenance={})


def planner(path: Path) -> None:
    config = PlannerConfig(words=2, kinds=2, styles=1, width=16, layers=2, whether_width=12)
    edges = {name: np.linspace(-0.5, 0.5, config.bins + 1) for name in QUANTITIES}
    weights = roused(PlannerNetwork(config)).state_dict()
    said = {"kinds": ("beat", "huge"), "styles": ("ada",), "words": ("hello", "huge")}
    save_planner(path, config, weights, **said, habits=WordHabits.none(3, 2), edges=edges, provenance={})


@pytest.mark.parametrize(
    ("make", "write", "compare"),
    [
        (denoiser, models.denoiser, parity.of_denoisers),
        (retrieval, models.retrieval, parity.of_retrieval),
        (planner, models.planner, parity.of_planners),
    ],
    ids=["denoiser", "retrieval", "planner"],
)
def test_answers_are_those_of_pytorch_and_other_weights_are_found_out(
    tmp_path: Path,
    make: Callable[[Path], None],
    write: Callable[[Path], exported.Exported],
    compare: Callable[[Path, Path], float],
) -> None:
    weights, target = tmp_path / "weights.safetensors", tmp_path / "model.onnx.zip"
    make(weights)
    made = write(weights)
    assert export.write(target, weights, lambda _weights: made, compare) <= export.TOLERANCE
    before = target.read_bytes()
    found = exported.load(target, kind=made.kind)
    assert found.sha256 == checkpoint.load(weights, kind=found.kind).sha256
    assert "largest_difference" in found.provenance["onnx"]
    with pytest.raises(OutputError, match="Nothing was written"):
        export.write(target, weights, lambda _weights: made, lambda *paths: compare(*paths) + 1.0)
    assert target.read_bytes() == before


def test_a_file_of_another_kind_or_a_broken_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx.zip"
    made = exported.Exported(kind="planner", config={}, provenance={}, tensors={}, graphs={}, name="", sha256="")
    exported.save(path, made)
    with pytest.raises(CheckpointError, match="planner of format 1"):
        load_onnx_denoiser(path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(CheckpointError, match=r"training\.export"):
        load_onnx_denoiser(path)
    with pytest.raises(CheckpointError):
        load_onnx_denoiser(tmp_path / "missing.onnx.zip")
