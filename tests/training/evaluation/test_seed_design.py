"""The design of seeds by speeches: joined and cut speeches, every cell once, and the command with the shipped flow."""

from pathlib import Path

import numpy as np
import pytest

from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.errors import InputError
from training.evaluation.material import KnownTake
from training.evaluation.seed_design import design, frames_of, seed_against_speech, speeches_of
from training.evaluation.systems import Flow
from training.seed_against_speech import Design, files_of, measure


def sound(seconds: float, value: float) -> Waveform:
    return Waveform(samples=np.full(round(16_000 * seconds), value, np.float32))


def test_short_sounds_are_joined_and_long_ones_cut() -> None:
    sounds = [("a", sound(1.5, 0.1)), ("b", sound(1.0, 0.2)), ("c", sound(5.0, 0.3))]
    found = speeches_of(sounds, seconds=2.0, most=9)
    assert [name for name, _ in found] == ["a", "b", "c"]
    assert all(each.duration_s == 2.0 for _, each in found)
    np.testing.assert_allclose(found[0][1].samples[[0, 23_999, 24_000]], [0.1, 0.1, 0.2])
    np.testing.assert_allclose(found[1][1].samples[[0, 7_999, 8_000]], [0.2, 0.2, 0.3])
    assert len(speeches_of(sounds, seconds=2.0, most=2)) == 2
    with pytest.raises(InputError, match="two times 9 s"):
        speeches_of(sounds, seconds=9.0, most=4)


def test_a_network_that_hears_nothing_is_all_seed(denoiser: LoadedDenoiser, takes: list[KnownTake]) -> None:
    flow = Flow(denoiser=denoiser, retriever=None, scores=None, steps=3)
    silent = [KnownTake(**{**takes[0].__dict__, "audio": np.zeros_like(takes[0].audio)})] * 2
    frames = takes[0].frames
    deaf = seed_against_speech(
        design(lambda seed, speech: flow(silent[speech], seed).clip, seeds=2, speeches=2, frames=frames)
    )
    assert (deaf.seed, deaf.speech) == pytest.approx((1.0, 0.0), abs=1e-6)
    assert deaf.same_seed == pytest.approx(1.0)
    assert deaf.same_speech < 0.9, "an untrained network's mean motion"


def test_the_command_measures_both_ways(
    takes: list[KnownTake],
    denoiser_file: Path,
    planner_file: Path,
    retrieval_files: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    for place, take in enumerate(takes):
        write_waveform(tmp_path / f"{place}.wav", take.waveform)
    options = Design(
        sounds=(tmp_path,), seeds=2, speeches=2, seconds=4.0, model=denoiser_file, asr="none",
        planner=planner_file, retrieval=retrieval_files[0], library=retrieval_files[1], json=tmp_path / "found.json",
    )  # fmt: skip
    found = measure(options)
    assert list(found) == ["with retrieval", "without retrieval"]
    assert all(each.speech_chance == pytest.approx(1 / 3) for each in found.values())
    assert (tmp_path / "found.json").read_text(encoding="utf-8").startswith("{")
    assert frames_of(4.0) == 120
    with pytest.raises(InputError, match="SOUND"):
        files_of((tmp_path / "found.json",))
