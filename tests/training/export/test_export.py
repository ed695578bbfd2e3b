"""What is exported answers as PyTorch does, on any length and number of things."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch

from exges_core import assets, checkpoint, exported
from exges_core.diffusion.config import DenoiserConfig
from exges_core.diffusion.denoiser import Denoiser
from exges_core.diffusion.onnx_model import load_onnx_denoiser
from exges_core.errors import CheckpointError, OutputError
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import MOTION_CHANNELS
from exges_core.motion.npz import read_npz
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


class Known(NamedTuple):
    """A model on its way from weights to graphs."""

    make: Callable[[Path], None]
    export: Callable[[Path], exported.Exported]
    difference: Callable[[Path, Path], float]


KINDS = {
    "denoiser": Known(denoiser, models.denoiser, parity.of_denoisers),
    "retrieval": Known(retrieval, models.retrieval, parity.of_retrieval),
    "planner": Known(planner, models.planner, parity.of_planners),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with NAME.safetensors and, written from it, NAME.onnx.zip."""
    folder = tmp_path_factory.mktemp("models")
    for name, kind in KINDS.items():
        kind.make(folder / f"{name}.safetensors")
        export.write(folder / f"{name}.onnx.zip", folder / f"{name}.safetensors", kind.export, kind.difference)
    return folder


@pytest.mark.parametrize("name", KINDS)
def test_answers_are_those_of_pytorch_and_other_weights_are_found_out(folder: Path, tmp_path: Path, name: str) -> None:
    weights, target = folder / f"{name}.safetensors", folder / f"{name}.onnx.zip"
    found, compare = exported.load(target, kind=name), KINDS[name].difference
    assert compare(weights, target) <= export.TOLERANCE
    assert found.sha256 == checkpoint.load(weights, kind=name).sha256
    assert "largest_difference" in found.provenance["onnx"]
    other = tmp_path / "other.onnx.zip"
    other.write_bytes(b"as it was")
    with pytest.raises(OutputError, match="Nothing was written"):
        export.write(other, weights, lambda _weights: found, lambda *paths: compare(*paths) + 1.0)
    assert other.read_bytes() == b"as it was"


WITHOUT_TORCH = """
import sys
from importlib.abc import MetaPathFinder

class Gone(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}")

sys.meta_path.insert(0, Gone())
"""
GENERATE = """
import sys
from pathlib import Path
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.models import Models
from exges_core.protocol import Request

folder, suffix, speech, out = Path(sys.argv[1]), *sys.argv[2:]
denoiser = folder / f"denoiser{suffix}"
if suffix == ".safetensors":
    from exges_core.diffusion.model import load_denoiser
    denoiser = load_denoiser(denoiser, is_bf16=False)
models = Models(device="cpu", denoiser=denoiser, planner=folder / f"planner{suffix}")
words = str(Path(speech).with_suffix(".json"))
generate_files(Request(id="one", speech=speech, transcript=words, outputs=(out,), use_retrieval=False), models)
"""


def test_a_take_is_made_without_pytorch_and_is_the_one_that_pytorch_makes(folder: Path, tmp_path: Path) -> None:
    made: list[MotionClip] = []
    for suffix, before in ((".onnx.zip", WITHOUT_TORCH), (".safetensors", "")):
        out = tmp_path / f"{suffix[1:5]}.npz"
        command = [sys.executable, "-c", before + GENERATE, folder, suffix, assets.DEMO_SPEECH, out]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        made.append(read_npz(out))
    near = np.abs((made[0].local_quat_wxyz * made[1].local_quat_wxyz).sum(axis=-1)).clip(max=1.0)
    assert np.degrees(2 * np.arccos(near)).max() <= 0.1
    np.testing.assert_allclose(made[0].root_position_m, made[1].root_position_m, atol=1e-3)


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
