"""What is exported answers as PyTorch does, on any length and number of things."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import pytest
import torch
from light import WITHOUT_TORCH

from exges_core import assets, checkpoint, exported
from exges_core.diffusion.config import DenoiserConfig
from exges_core.diffusion.denoiser import Denoiser
from exges_core.diffusion.onnx_model import load_onnx_denoiser
from exges_core.errors import CheckpointError, OutputError
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import MOTION_CHANNELS
from exges_core.motion.npz import read_npz
from exges_core.planning.memory import MEMORY
from exges_core.planning.onnx_model import load_onnx_planner
from exges_core.planning.planner_config import QUANTITIES, PlannerConfig
from exges_core.planning.planner_model import load_planner, save_planner
from exges_core.planning.planner_network import PlannerNetwork
from exges_core.planning.stroke_model import Past
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


NOT_OF_GRAPHS = ("motion_", "edges.", "habits.", "log_temperature", "prior.correlation", "whether.hint.")
"""What else files hold: statistics, what is drawn from, training's own."""


def roused(network: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Return a network whose every weight counts: untrained ones begin with zeros."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for each in network.parameters():
            each.add_(0.1 * torch.randn(each.shape, generator=generator))
    return network


def denoiser(path: Path, seed: int) -> None:
    tensors = {f"network.{name}": value.numpy() for name, value in roused(Denoiser(SIZES), seed).state_dict().items()}
    tensors["network.prior.basis"] = np.eye(MOTION_CHANNELS, SIZES.prior_rank, dtype=np.float32)
    statistics = {"motion_mean": np.ones(MOTION_CHANNELS, np.float32), "motion_std": np.ones(MOTION_CHANNELS)}
    config = {"denoiser": asdict(SIZES), "styles": ["ada", "bob"]}
    checkpoint.save(path, {**tensors, **statistics}, kind="denoiser", config=config, provenance={"steps": 1})


def retrieval(path: Path, seed: int) -> None:
    model = roused(RetrievalModel(SMALL), seed)
    assert isinstance(model, RetrievalModel)
    save_retrieval(path, model, provenance={})


def planner(path: Path, seed: int) -> None:
    config = PlannerConfig(words=2, kinds=2, styles=1, width=16, layers=2, whether_width=12)
    edges = {name: np.linspace(-0.5, 0.5, config.bins + 1) for name in QUANTITIES}
    weights = roused(PlannerNetwork(config), seed).state_dict()
    said = {"kinds": ("beat", "huge"), "styles": ("ada",), "words": ("hello", "huge")}
    save_planner(path, config, weights, **said, habits=WordHabits.none(3, 2), edges=edges, provenance={})


class Known(NamedTuple):
    """A model on its way from weights to graphs."""

    make: Callable[[Path, int], None]
    kind: export.Kind


KINDS = {
    "denoiser": Known(denoiser, export.KINDS["denoiser"]),
    "retrieval": Known(retrieval, export.KINDS["retrieval"]),
    "planner": Known(planner, export.KINDS["planner"]),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with NAME.safetensors and, written from it, NAME.onnx.zip."""
    folder = tmp_path_factory.mktemp("models")
    for name, kind in KINDS.items():
        kind.make(folder / f"{name}.safetensors", 1)
        export.write(folder / f"{name}.onnx.zip", folder / f"{name}.safetensors", kind.kind)
    return folder


@pytest.mark.parametrize("name", KINDS)
def test_answers_are_those_of_pytorch_and_other_answers_are_found_out(folder: Path, tmp_path: Path, name: str) -> None:
    weights, target = folder / f"{name}.safetensors", folder / f"{name}.onnx.zip"
    found, compare = exported.load(target, kind=name), KINDS[name].kind.difference
    assert compare(weights, target) <= export.TOLERANCE
    assert found.sha256 == checkpoint.load(weights, kind=name).sha256
    assert found.provenance["largest_difference"] <= export.TOLERANCE
    other = tmp_path / "other.onnx.zip"
    other.write_bytes(b"as it was")
    off = KINDS[name].kind._replace(export=lambda _weights: found, difference=lambda *paths: compare(*paths) + 1.0)
    with pytest.raises(OutputError, match="Nothing was written"):
        export.write(other, weights, off)
    assert other.read_bytes() == b"as it was"


def test_a_planner_of_recordings_without_kinds_is_written(tmp_path: Path) -> None:
    """Strokes that were found in motion (BEAT2, a studio's takes) have no kind: the network still has one column."""
    config = PlannerConfig(words=2, kinds=0, styles=1, width=16, layers=2, whether_width=12)
    edges = {name: np.linspace(-0.5, 0.5, config.bins + 1) for name in QUANTITIES}
    weights, target = tmp_path / "kindless.safetensors", tmp_path / "kindless.onnx.zip"
    drawn = roused(PlannerNetwork(config), 1).state_dict()
    said = {"kinds": (), "styles": ("ada",), "words": ("hello", "huge")}
    save_planner(weights, config, drawn, **said, habits=WordHabits.none(3, 0), edges=edges, provenance={})
    export.write(target, weights, export.KINDS["planner"])
    assert exported.load(target, kind="planner").provenance["largest_difference"] <= export.TOLERANCE


def test_whole_numbers_are_near_and_what_is_not_is_refused(folder: Path, tmp_path: Path) -> None:
    weights, target = folder / "denoiser.safetensors", folder / "denoiser.onnx.zip"
    rounding = exported.load(target, kind="denoiser").provenance["rounding"]
    assert 1e-5 < rounding <= export.ROUNDING
    assert parity.of_whole_numbers(weights, target) == pytest.approx(rounding, rel=0.1)
    found = exported.load(target, kind="denoiser")
    off = export.KINDS["denoiser"]._replace(export=lambda _weights: found, rounding=lambda *_paths: 0.2)
    with pytest.raises(OutputError, match=r"whole numbers within 0.03.*got 0.2"):
        export.write(tmp_path / "other.onnx.zip", weights, off)
    assert not (tmp_path / "other.onnx.zip").exists()


@pytest.mark.parametrize("name", KINDS)
def test_graphs_name_every_weight_and_hold_none(folder: Path, name: str) -> None:
    found = exported.load(folder / f"{name}.onnx.zip", kind=name)
    weights = checkpoint.load(folder / f"{name}.safetensors", kind=name).tensors
    named = {weight for network in found.networks.values() for weight in network.weights}
    left = {each.removeprefix("network.") for each in weights if each not in named}
    assert not {each for each in left if not each.startswith(NOT_OF_GRAPHS)}
    for network in found.networks.values():
        tensors = onnx.load_from_string(network.model).graph.initializer
        elsewhere = {each.name for each in tensors if each.data_location == onnx.TensorProto.EXTERNAL}
        assert elsewhere == set(network.weights)
        assert b"site-packages" not in network.model


def test_graphs_depend_on_sizes_alone(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "denoiser.safetensors"
    denoiser(other, 2)
    found = exported.load(folder / "denoiser.onnx.zip", kind="denoiser")
    assert models.denoiser(other).networks == found.networks
    assert found.sha256 != checkpoint.load(other, kind="denoiser").sha256


def test_graphs_of_other_weights_or_sizes_are_refused(folder: Path, tmp_path: Path) -> None:
    weights, graphs = tmp_path / "mine.safetensors", tmp_path / "mine.onnx.zip"
    denoiser(weights, 2)
    with pytest.raises(
        CheckpointError, match=r"other sizes \(.*latent.*training\.export --denoiser .*mine\.safetensors"
    ):
        load_onnx_denoiser(weights)
    shutil.copy(folder / "denoiser.onnx.zip", graphs)
    with pytest.raises(CheckpointError, match=r"graphs of other weights .*or use the engine torch"):
        load_onnx_denoiser(weights)


def test_shipped_graphs_run_other_weights_of_their_sizes(tmp_path: Path) -> None:
    shipped = checkpoint.load(assets.PLANNER, kind="planner")
    tensors = {name: 1.5 * each if "stroke" in name else each for name, each in shipped.tensors.items()}
    mine = tmp_path / "mine.safetensors"
    checkpoint.save(mine, tensors, kind="planner", config=shipped.config, provenance={})
    changed, before = load_onnx_planner(mine), load_onnx_planner(assets.PLANNER)
    past, coded = Past(np.zeros(MEMORY, np.float32), 0), np.ones(before.config.whether_width + 16, np.float32)
    expected = load_planner(mine).stroke_logit(coded, past)
    assert changed.stroke_logit(coded, past) == pytest.approx(expected, abs=1e-4)
    assert before.stroke_logit(coded, past) != pytest.approx(expected, abs=1e-2)


def test_shipped_graphs_belong_to_the_shipped_weights() -> None:
    shipped = {
        "denoiser": (assets.DENOISER, assets.DENOISER_GRAPHS),
        "retrieval": (assets.RETRIEVAL, assets.RETRIEVAL_GRAPHS),
        "planner": (assets.PLANNER, assets.PLANNER_GRAPHS),
    }
    for name, (weights, graphs) in shipped.items():
        found = exported.load(graphs, kind=name)
        assert found.sha256 == checkpoint.load(weights, kind=name).sha256, (
            f"python -m training.export --{name} {weights}"
        )
        assert found.provenance["weights"] == weights.name
        assert KINDS[name].kind.difference(weights, graphs) <= export.TOLERANCE
        assert graphs.stat().st_size < 100_000
    folder = assets.DENOISER.parent
    assert sum(each.stat().st_size for each in folder.rglob("*") if "__pycache__" not in each.parts) < 60_000_000


GENERATE = """
import sys
engine, folder, speech, out = sys.argv[1:]
from pathlib import Path
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.models import Models
from exges_core.protocol import Request

denoiser, planner = (Path(folder, f"{name}.safetensors") for name in ("denoiser", "planner"))
models = Models(device="cpu", is_exact=True, denoiser=denoiser, planner=planner)
assert models.engine == engine
words = str(Path(speech).with_suffix(".json"))
generate_files(Request(id="one", speech=speech, transcript=words, outputs=(out,), use_retrieval=False), models)
"""


def test_a_take_is_made_without_pytorch_and_is_the_one_that_pytorch_makes(folder: Path, tmp_path: Path) -> None:
    made: list[MotionClip] = []
    for engine, before in (("onnx", WITHOUT_TORCH), ("torch", "")):
        out = tmp_path / f"{engine}.npz"
        command = [sys.executable, "-c", before + GENERATE, engine, folder, assets.DEMO_SPEECH, out]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        made.append(read_npz(out))
    near = np.abs((made[0].local_quat_wxyz * made[1].local_quat_wxyz).sum(axis=-1)).clip(max=1.0)
    assert np.degrees(2 * np.arccos(near)).max() <= 0.1
    np.testing.assert_allclose(made[0].root_position_m, made[1].root_position_m, atol=1e-3)


def test_a_file_of_another_kind_or_a_broken_one_is_refused(folder: Path, tmp_path: Path) -> None:
    weights = Path(shutil.copy(folder / "denoiser.safetensors", tmp_path))
    path = Path(shutil.copy(folder / "planner.onnx.zip", tmp_path / "denoiser.onnx.zip"))
    with pytest.raises(CheckpointError, match="planner of format 2"):
        load_onnx_denoiser(weights)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(CheckpointError, match=r"training\.export"):
        load_onnx_denoiser(weights)
    with pytest.raises(CheckpointError):
        load_onnx_denoiser(tmp_path / "missing.safetensors")
