"""Channels become one as a listener would hear them: nothing cancels or waters down, dialogue stays clear."""

import struct
from pathlib import Path

import numpy as np
import pytest
from audio.sounds import RATE_HZ, alike, level_db, voice, write

from exges_core.audio.channels import ChannelSums, Layout, Mix
from exges_core.audio.waveform import Waveform, condition_of, read_waveform

ONE, OTHER = voice(4.0, seed=1), voice(4.0, seed=2)
TIMES_S = np.arange(ONE.shape[0]) / RATE_HZ
HUM = 0.3 * np.sin(2 * np.pi * 50 * TIMES_S)
IS_ONES_TURN = TIMES_S % 2 < 1
PCM = bytes.fromhex("000000001000800000aa00389b71")


def mixed(*channels: np.ndarray, layout: Layout | None = None, blocks: int = 3) -> Mix:
    together = np.stack(channels, axis=1).astype(np.float32)
    sums = ChannelSums(together.shape[1], RATE_HZ)
    for block in np.array_split(together, blocks):
        sums.add(block)
    return sums.mix(layout or Layout())


def weights(mix: Mix) -> list[float]:
    assert mix.weights is not None
    return [round(float(each), 2) for each in mix.weights * np.sign(mix.weights[np.flatnonzero(mix.weights)[0]])]


def noise(db: float, seed: int = 0) -> np.ndarray:
    return (10 ** (db / 20) * np.random.default_rng(seed).standard_normal(ONE.shape[0])).astype(np.float32)


def later(signal: np.ndarray, samples: int) -> np.ndarray:
    return np.concatenate([np.zeros(samples, dtype=np.float32), signal[:-samples]])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Waveform:
    return read_waveform(write(tmp_path_factory.mktemp("plain") / "a.wav", ONE))


@pytest.mark.parametrize(("left", "right"), [
    (ONE, -ONE), (ONE + noise(-45), -ONE + noise(-45, 1)), (ONE, -0.4 * ONE), (0.2 * ONE, -ONE),
    (ONE + HUM, -ONE + HUM),
])  # fmt: skip
def test_an_inverted_channel_is_turned_over(left: np.ndarray, right: np.ndarray) -> None:
    mix = mixed(left, right)
    assert weights(mix) == [0.5, -0.5]
    assert mix.notes == ("the two channels cancel each other (one is inverted): their difference is used",)


def test_an_inverted_recording_is_read_as_the_whole_one(tmp_path: Path, plain: Waveform) -> None:
    found = read_waveform(write(tmp_path / "a.wav", ONE, -ONE))
    assert alike(found.samples, plain.samples) > 0.9999
    assert level_db(found.samples) == pytest.approx(level_db(plain.samples), abs=0.01)
    assert "one is inverted" in found.notes[0]
    assert found.cut(0.5, 1.5).notes == found.notes


@pytest.mark.parametrize(("left", "right"), [
    (ONE, ONE), (ONE, 0.3 * OTHER), (ONE + noise(-40), ONE + noise(-40, 1)),
    (ONE + 0.05 * later(OTHER, 200), OTHER + 0.05 * later(ONE, 200)),
    (ONE, 0.8 * later(ONE, 5)), (ONE, 0.8 * later(ONE, 240)), (ONE * IS_ONES_TURN, OTHER * ~IS_ONES_TURN),
])  # fmt: skip
def test_what_stereo_is_meant_for_stays_the_mean(left: np.ndarray, right: np.ndarray) -> None:
    mix = mixed(left, right)
    assert mix.weights is None
    assert not mix.notes


@pytest.mark.parametrize("share", [0.15, 0.5, 0.8])
def test_a_part_that_is_inverted_is_not_lost(tmp_path: Path, plain: Waveform, share: float) -> None:
    is_inverted = np.arange(ONE.shape[0]) > (1 - share) * ONE.shape[0]
    found = read_waveform(write(tmp_path / "a.wav", ONE, np.where(is_inverted, -0.9, 0.9).astype(np.float32) * ONE))
    assert alike(found.samples, plain.samples) > 0.9999
    assert level_db(found.samples) == pytest.approx(level_db(plain.samples), abs=0.01)
    assert found.notes == ("the two channels cancel each other in parts: channel 1, the louder, is used alone",)


@pytest.mark.parametrize("empty", [0 * ONE, noise(-70)])
@pytest.mark.parametrize("place", [0, 1])
def test_an_empty_channel_costs_no_level(tmp_path: Path, plain: Waveform, empty: np.ndarray, place: int) -> None:
    channels = [ONE, empty] if place else [empty, ONE]
    found = read_waveform(write(tmp_path / "a.wav", *channels))
    assert level_db(found.samples) == pytest.approx(level_db(plain.samples), abs=0.01)
    assert found.notes == (f"channel {place + 1} of 2 carries nothing: left out",)


def test_a_channel_with_a_single_word_is_not_empty() -> None:
    is_word = (TIMES_S > 1.0) & (TIMES_S < 1.4)
    assert mixed(ONE, OTHER * is_word + noise(-80)).weights is None


def test_silence_on_all_channels_stays_silence(tmp_path: Path) -> None:
    found = read_waveform(write(tmp_path / "a.wav", 0 * ONE, 0 * ONE))
    assert condition_of(found).is_silent
    assert not found.notes


def test_unused_inputs_of_a_recorder_are_left_out() -> None:
    mix = mixed(noise(-75), ONE, 0.7 * ONE, noise(-75, 1))
    assert weights(mix) == [0.0, 0.5, 0.5, 0.0]
    assert mix.notes == ("channels 1, 4 of 4 carry nothing: left out",)


def test_of_several_channels_only_the_inverted_one_is_turned_over() -> None:
    mix = mixed(ONE, ONE, -0.9 * ONE, OTHER)
    assert weights(mix) == [0.25, 0.25, -0.25, 0.25]
    assert mix.notes == ("channel 3 of 4 inverted: turned over before the channels are joined",)


def test_film_sound_gives_its_dialogue(tmp_path: Path, plain: Waveform) -> None:
    music = [0.6 * voice(4.0, seed=seed) for seed in (5, 6, 7, 8, 9)]
    channels = np.stack([music[0], music[1], ONE, music[2], music[3], music[4]], axis=1)
    write(tmp_path / "a.flac", *channels.T)  # FLAC's six channels are 5.1
    found = read_waveform(tmp_path / "a.flac")
    assert alike(found.samples, plain.samples) > 0.999
    assert "centre, channel 3 of 6" in found.notes[0]
    write(tmp_path / "a.wav", *channels.T)  # a WAV without a mask: a recorder with six microphones
    assert read_waveform(tmp_path / "a.wav").notes == ()
    header = struct.pack("<HHIIHHHHIH14s", 0xFFFE, 6, RATE_HZ, RATE_HZ * 12, 12, 16, 22, 16, 0x3F, 1, PCM)
    sound = (np.rint(channels * 32767)).astype("<i2").tobytes()
    body = b"WAVEfmt " + struct.pack("<I", 40) + header + b"data" + struct.pack("<I", len(sound)) + sound
    (tmp_path / "mask.wav").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    assert alike(read_waveform(tmp_path / "mask.wav").samples, plain.samples) > 0.999


def test_without_dialogue_in_the_centre_the_rumble_alone_is_left_out() -> None:
    layout = Layout.of_mask(0x3F, 6)
    assert (layout.centre, layout.low_effects) == (2, 3)
    mix = mixed(ONE, OTHER, noise(-75), voice(4.0, seed=3), 0.5 * ONE, 0.5 * OTHER, layout=layout)
    assert weights(mix) == [0.25, 0.25, 0.0, 0.0, 0.25, 0.25]


@pytest.mark.parametrize(("mask", "channels", "centre"), [
    (0, 6, None), (0x3, 2, None), (0x3F, 4, None), (0x7, 3, 2), (0x33, 4, None),
])  # fmt: skip
def test_a_mask_that_does_not_fit_gives_no_roles(mask: int, channels: int, centre: int | None) -> None:
    assert Layout.of_mask(mask, channels).centre == centre
