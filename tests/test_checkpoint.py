from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from exges_core import checkpoint
from exges_core.errors import CheckpointError


@dataclass(frozen=True, kw_only=True)
class Config:
    """A small configuration."""

    width: int
    sizes: tuple[int, ...]


def write(path: Path) -> dict[str, np.ndarray]:
    tensors = {"a.b": np.arange(6, dtype=np.float16).reshape(2, 3), "mean": np.ones(4, np.float32)}
    checkpoint.save(path, tensors, kind="denoiser", config={"width": 3, "sizes": [1, 2]}, provenance={"seed": 1})
    return tensors


def test_weights_come_back_bit_for_bit(tmp_path: Path) -> None:
    tensors = write(tmp_path / "w.safetensors")
    loaded = checkpoint.load(tmp_path / "w.safetensors", kind="denoiser")
    assert {name: array.tobytes() for name, array in loaded.tensors.items()} == {
        name: array.tobytes() for name, array in tensors.items()
    }
    assert checkpoint.config_from(Config, loaded.config, where="w") == Config(width=3, sizes=(1, 2))
    assert loaded.provenance["seed"] == 1
    assert [each.name for each in tmp_path.iterdir()] == ["w.safetensors"]


def test_another_kind_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "w.safetensors")
    with pytest.raises(CheckpointError, match="expected retrieval weights"):
        checkpoint.load(tmp_path / "w.safetensors", kind="retrieval")


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "FORMAT_VERSION", 99)
    write(tmp_path / "w.safetensors")
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="format 99"):
        checkpoint.load(tmp_path / "w.safetensors", kind="denoiser")


@pytest.mark.parametrize("keep", [0, 7, 100])
def test_a_file_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "w.safetensors"
    write(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="unreadable"):
        checkpoint.load(path, kind="denoiser")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="got nothing"):
        checkpoint.load(tmp_path / "none.safetensors", kind="denoiser")


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(CheckpointError, match="unknown \\['depth'\\], missing \\['sizes'\\]"):
        checkpoint.config_from(Config, {"width": 1, "depth": 2}, where="w")
