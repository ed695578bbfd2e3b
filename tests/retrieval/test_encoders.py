from pathlib import Path

import numpy as np
import pytest
import torch

from exges_core.errors import CheckpointError
from exges_core.retrieval.config import RetrievalConfig
from exges_core.retrieval.encoders import RetrievalModel
from exges_core.retrieval.model import LoadedRetrieval, load_retrieval, save_retrieval
from exges_core.retrieval.spoken import Spoken

TINY = RetrievalConfig(audio_inputs=5, motion_inputs=7, width=16, layers=2, heads=2, feedforward=24, embedding=8)
SAME = 1e-5


@pytest.fixture
def model() -> RetrievalModel:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return RetrievalModel(TINY).eval()


@pytest.mark.parametrize("frames", [1, 2, 9, 30])
def test_a_clip_alone_is_embedded_as_in_a_batch_with_longer_ones(
    model: RetrievalModel, generator: np.random.Generator, frames: int
) -> None:
    clips = [generator.normal(size=(length, 5)).astype(np.float32) for length in (frames, 41, 12)]
    loaded = LoadedRetrieval(model=model, name="tiny", sha256="", provenance={})
    nothing = [Spoken((), np.zeros(len(clip), np.int64)) for clip in clips]
    (_, together), *_ = loaded.embed_speech(clips, nothing)
    ((_, alone),) = loaded.embed_speech(clips[:1], nothing[:1])
    np.testing.assert_allclose(alone, together, atol=SAME)


def test_embeddings_have_unit_length_and_padding_is_zero(model: RetrievalModel) -> None:
    is_valid = torch.arange(11)[None] < torch.tensor([[11], [4]])
    inputs = torch.randn(2, 11, 7, generator=torch.Generator().manual_seed(1))
    embedded = model.embed_motion(inputs, is_valid)
    torch.testing.assert_close(embedded.overall.norm(dim=-1), torch.ones(2))
    torch.testing.assert_close(embedded.frames.norm(dim=-1), is_valid.float())


def test_what_lies_in_the_padding_does_not_matter(model: RetrievalModel) -> None:
    is_valid = torch.arange(12)[None] < 7
    inputs = torch.randn(1, 12, 5, generator=torch.Generator().manual_seed(1))
    other = torch.where(is_valid[..., None], inputs, 1e3)
    torch.testing.assert_close(model.embed_audio(inputs, is_valid), model.embed_audio(other, is_valid))


def test_max_pooling_is_the_maximum_over_valid_frames(model: RetrievalModel) -> None:
    embedded = model.embed_audio(torch.ones(1, 6, 5).cumsum(1), torch.arange(6)[None] < 4)
    expected = torch.nn.functional.normalize(embedded.frames[0, :4].amax(0), dim=-1)
    torch.testing.assert_close(embedded.overall[0], expected)


def test_evaluating_twice_changes_nothing(model: RetrievalModel) -> None:
    inputs, is_valid = torch.ones(2, 8, 5), torch.ones(2, 8, dtype=torch.bool)
    assert torch.equal(model.embed_audio(inputs, is_valid).overall, model.embed_audio(inputs, is_valid).overall)


def test_temperature_stays_in_its_clamp(model: RetrievalModel) -> None:
    with torch.no_grad():
        model.log_temperature.fill_(9.0)
        assert model.temperature.item() == pytest.approx(0.5)
        model.log_temperature.fill_(-99.0)
        assert model.temperature.item() == pytest.approx(0.001)


def test_weights_come_back_and_damage_is_named(model: RetrievalModel, tmp_path: Path) -> None:
    path = tmp_path / "retrieval.safetensors"
    model.matching.calibration.copy_(torch.tensor([0.7, -0.2]))
    save_retrieval(path, model, provenance={"seed": 3})
    loaded = load_retrieval(path)
    assert loaded.provenance == {"seed": 3}
    assert torch.equal(loaded.model.matching.calibration, model.matching.calibration)
    inputs, is_valid = torch.ones(1, 8, 5), torch.ones(1, 8, dtype=torch.bool)
    torch.testing.assert_close(
        loaded.model.embed_audio(inputs, is_valid).overall,
        model.embed_audio(inputs, is_valid).overall,
        atol=2e-3,
        rtol=0,
    )
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError):
        load_retrieval(path)
