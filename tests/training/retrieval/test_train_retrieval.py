import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from retrieval.sets import random_set

from exges_core.errors import Cancelled, CheckpointError
from exges_core.retrieval.model import load_retrieval
from exges_core.retrieval.spoken import gram_table
from exges_core.speech.segments import Segment
from exges_core.speech.words import Word
from training.data.labels import Mark, read_marks, tags_of
from training.data.takes import TakeArrays
from training.retrieval.presets import (
    RETRIEVAL_MODEL_TINY,
    RETRIEVAL_TRAINING_TINY,
    Ablation,
    RetrievalTraining,
    ablated,
)
from training.retrieval.subset import choose_stretches
from training.retrieval.training import Run, _rows, train
from training.retrieval.training_set import PairBatch, RetrievalSet, identity_of, vary_speech, vary_words
from training.retrieval.training_step import embed_set, evaluate, learning_rate, make_state, momentum_at, train_step

PLAIN = replace(
    RETRIEVAL_TRAINING_TINY,
    gain=0.0,
    tilt=0.0,
    mel_shift=0,
    pitch_shift=0.0,
    noise=0.0,
    mask_share=0.0,
    mel_mask=0,
    motion_noise=0.0,
    text_dropout=0.0,
    sound_dropout=0.0,
    word_dropout=0.0,
    word_swap=0.0,
    spelling_dropout=0.0,
    gesture_positives=0.0,
    gesture_weight=0.0,
)
SETTINGS = (RETRIEVAL_MODEL_TINY, RETRIEVAL_TRAINING_TINY)


def segment(start_s: float, end_s: float, text: str = "") -> Segment:
    return Segment(start_s=start_s, end_s=end_s, text=text, words=(), note="")


@pytest.fixture
def one_thread() -> None:
    torch.set_num_threads(1)


def test_one_batch_overfits(generator: np.random.Generator, one_thread: None) -> None:
    data = random_set(generator, 16)
    state = make_state(RETRIEVAL_MODEL_TINY, PLAIN, data, seed=1, device="cpu")
    pairs = data.pairs(np.arange(16), jitter_frames=0, generator=generator)
    losses = [train_step(state, pairs, PLAIN, progress=0.1, seed=step) for step in range(40)]
    assert evaluate(state.student, data, jitter_frames=0)["recall_1"] == 1.0
    assert losses[-1]["matching"] < 0.3 * losses[0]["matching"]


def test_the_papers_objective_trains(generator: np.random.Generator, one_thread: None) -> None:
    data = random_set(generator, 16)
    options = replace(PLAIN, objective="paper", alpha_ramp=0.0)
    state = make_state(RETRIEVAL_MODEL_TINY, options, data, seed=1, device="cpu")
    pairs = data.pairs(np.arange(16), jitter_frames=0, generator=generator)
    losses = [train_step(state, pairs, options, progress=0.1, seed=step)["matching"] for step in range(30)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5])


def test_segments_of_the_same_words_share_an_identity() -> None:
    assert identity_of("This, is it!", "a") == identity_of("this is it", "b")
    assert identity_of("", "a") != identity_of("", "b")


def test_a_set_is_cut_from_takes_and_stays_inside_them(generator: np.random.Generator) -> None:
    takes = [
        TakeArrays(
            id=name,
            speaker="",
            split="train",
            motion=np.tile(np.array([1, 0, 0, 0, 1, 0] * 55 + [0] * 7, np.float16), (60, 1)),
            audio=np.full((60, 84), number, np.float16),
            segments=(segment(0.0, 1.0, "a b"), segment(1.0, 2.0), segment(1.9, 2.0)),
        )
        for number, name in enumerate(("first", "second"))
    ]
    data = RetrievalSet.of(takes)
    assert len(data) == 4
    assert data.identity[0] == data.identity[2]
    assert data.identity[1] != data.identity[3]
    for _ in range(20):
        pairs = data.pairs(np.array([1, 2]), jitter_frames=8, generator=generator)
        assert pairs.audio[0][pairs.is_audio[0]].eq(0.0).all()
        assert pairs.audio[1][pairs.is_audio[1]].eq(1.0).all()
        assert pairs.is_audio.sum(1).min() >= 10


def test_lengths_do_not_give_a_pair_away(generator: np.random.Generator) -> None:
    data = random_set(generator, 64)
    pairs = data.pairs(np.arange(64), jitter_frames=4, generator=generator)
    assert (pairs.is_audio.sum(1) != pairs.is_motion.sum(1)).float().mean() > 0.7


def test_variation_keeps_silence_of_pitch_and_is_repeatable() -> None:
    audio = torch.zeros(3, 20, 84)
    audio[:, 10:, 81:83] = 1.0
    options = RetrievalTraining(mask_share=0.0, mel_mask=0)
    varied = vary_speech(audio, options, generator=torch.Generator().manual_seed(1))
    assert varied[:, :10, 81].eq(0.0).all()
    assert varied[:, 10:, 81].ne(1.0).all()
    assert torch.equal(varied, vary_speech(audio, options, generator=torch.Generator().manual_seed(1)))
    still = replace(PLAIN, batch=3)
    assert torch.equal(vary_speech(audio, still, generator=torch.Generator().manual_seed(1)), audio)


def test_every_epoch_shows_every_segment_once() -> None:
    lengths = np.arange(10)[::-1]
    rows = [_rows(lengths, 5, step=step, seed=3) for step in range(4)]
    assert sorted(np.concatenate(rows[:2])) == sorted(np.concatenate(rows[2:])) == list(range(10))
    drawn = [np.concatenate([_rows(lengths, 5, step=2 * epoch + at, seed=3) for at in (0, 1)]) for epoch in range(6)]
    assert len({tuple(each) for each in drawn}) > 1


def test_a_batch_holds_segments_of_similar_length(generator: np.random.Generator) -> None:
    lengths = generator.integers(30, 60, 512)
    spread = [np.ptp(lengths[_rows(lengths, 32, step=step, seed=3)]) for step in range(16)]
    assert np.median(spread) < 10


def test_the_rate_rises_and_falls() -> None:
    rates = [learning_rate(progress, RETRIEVAL_TRAINING_TINY) for progress in (0.0, 0.02, 0.05, 0.5, 1.0)]
    assert rates[0] < rates[1] < rates[2] == pytest.approx(3e-3)
    assert rates[2] > rates[3] > rates[4] > 0


def test_resume_equals_uninterrupted(tmp_path: Path, generator: np.random.Generator, one_thread: None) -> None:
    data = random_set(generator, 48)
    whole = Run(data=tmp_path, out=tmp_path / "whole.safetensors", steps=20, bf16=False, device="cpu")
    train(whole, data, data, settings=SETTINGS, facts={}, report=lambda _: None)
    half = replace(whole, out=tmp_path / "half.safetensors")

    class Stopped(Exception):
        """The power fails."""

    lines: list[str] = []

    def fail(line: str) -> None:
        lines.append(line)
        if len(lines) == 6:
            raise Stopped

    with pytest.raises(Stopped):
        train(half, data, data, settings=SETTINGS, facts={}, report=fail)
    found = train(replace(half, resume=True), data, data, settings=SETTINGS, facts={}, report=lambda _: None)
    states = [path.with_suffix(".state.safetensors") for path in (whole.out, half.out)]
    from exges_core import checkpoint

    first, second = (checkpoint.load(path, kind="retrieval_training").tensors for path in states)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert found["gallery"] == 48
    assert load_retrieval(half.out).provenance["metrics"] == found
    with pytest.raises(CheckpointError, match="seed"):
        train(replace(half, resume=True, seed=9), data, data, settings=SETTINGS, facts={}, report=lambda _: None)


def test_ctrl_c_keeps_the_state_and_resuming_equals_never_stopping(
    tmp_path: Path, generator: np.random.Generator, one_thread: None
) -> None:
    data = random_set(generator, 48)
    whole = Run(data=tmp_path, out=tmp_path / "whole.safetensors", steps=12, bf16=False, device="cpu")
    train(whole, data, data, settings=SETTINGS, facts={}, report=lambda _: None)
    half, calls = replace(whole, out=tmp_path / "half.safetensors"), iter(range(100))

    def clock() -> float:
        if (call := next(calls)) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return float(call)

    with pytest.raises(Cancelled, match=r"stopped after 5 steps: .*half\.state\.safetensors is kept"):
        train(half, data, data, settings=SETTINGS, facts={}, report=lambda _: None, clock=clock)
    train(replace(half, resume=True), data, data, settings=SETTINGS, facts={}, report=lambda _: None)
    first, second = (load_retrieval(path).provenance["metrics"] for path in (whole.out, half.out))
    assert first == second


def test_another_runs_state_is_set_aside(tmp_path: Path, generator: np.random.Generator, one_thread: None) -> None:
    data = random_set(generator, 32)
    run = Run(data=tmp_path, out=tmp_path / "m.safetensors", steps=2, bf16=False, device="cpu")
    train(run, data, data, settings=SETTINGS, facts={}, report=lambda _: None)
    state = tmp_path / "m.state.safetensors"
    kept, said = state.read_bytes(), list[str]()
    train(replace(run, seed=4), data, data, settings=SETTINGS, facts={}, report=said.append)
    assert (tmp_path / "m.state.safetensors.old").read_bytes() == kept
    assert any("m.state.safetensors.old now" in line for line in said)


def test_patience_stops(tmp_path: Path, generator: np.random.Generator, one_thread: None) -> None:
    data, other = random_set(generator, 32), random_set(generator, 32)
    run = Run(data=tmp_path, out=tmp_path / "m.safetensors", steps=60, bf16=False, device="cpu", patience=1)
    lines: list[str] = []
    train(run, data, other, settings=SETTINGS, facts={}, report=lines.append)
    assert lines[-1].startswith("stopped")


def test_bf16_learns_too(generator: np.random.Generator, one_thread: None) -> None:
    data = random_set(generator, 16)
    state = make_state(RETRIEVAL_MODEL_TINY, PLAIN, data, seed=1, device="cpu")
    pairs: PairBatch = data.pairs(np.arange(16), jitter_frames=0, generator=generator)
    losses = [train_step(state, pairs, PLAIN, progress=0.1, seed=step, use_bf16=True)["contrast"] for step in range(40)]
    assert losses[-1] < 0.7 * losses[0]


def test_labels_belong_to_the_segments_they_lie_in(tmp_path: Path) -> None:
    (tmp_path / "sem").mkdir()
    (tmp_path / "sem" / "take.txt").write_text("big\t0.8\t1.9\t1.1\t6\thuge\nbeat_up\t1.9\t2.5\t0.6\t1\t\n")
    marks = read_marks(tmp_path, "take")
    assert [mark.name for mark in marks] == ["big", "beat_up"]
    assert tags_of([segment(0.0, 1.0), segment(1.0, 2.0), segment(2.0, 3.0)], marks) == ((), ("big",), ("beat_up",))
    assert tags_of([segment(0.2, 0.4)], [Mark(name="long", start_s=0.0, end_s=5.0)]) == (("long",),)
    assert [mark.word for mark in marks] == ["huge", ""]
    assert read_marks(tmp_path, "unlabelled") == ()


def test_a_gesture_is_where_its_word_is_spoken_during_it() -> None:
    """It lasts from the middle of the first segment to the end of the second; the word is said in both."""
    said = [Word(text="huge", start_s=0.0, end_s=0.3), Word(text="so", start_s=0.7, end_s=0.9)]
    first = replace(segment(0.0, 1.0), words=tuple(said))
    second = replace(segment(1.0, 2.0), words=(Word(text="Huge!", start_s=1.5, end_s=1.8),))
    mark = Mark(name="big", start_s=0.5, end_s=2.0, word="huge")
    assert tags_of([first, second], [mark]) == ((), ("big",))
    assert tags_of([first, second], [replace(mark, word="vast")]) == (("big",), ("big",))


def test_chosen_stretches_fit_and_cover(generator: np.random.Generator) -> None:
    from retrieval.conftest import random_take

    takes = [replace(random_take(f"t{number}", generator, seconds=30), tags=((),) * 30) for number in range(4)]
    takes[3] = replace(takes[3], tags=(("rare",),) + ((),) * 29)
    chosen = choose_stretches(takes, minutes=0.8)
    assert sum(take.clip.duration_s for take in chosen) <= 48.0
    assert {take.speaker for take in chosen} >= {"speaker t3"}
    assert any("rare" in names for take in chosen for names in take.tags)
    for take in chosen:
        whole = next(each for each in takes if each.id == take.id.split("@")[0])
        start = round(take.offset_s * 30)
        np.testing.assert_array_equal(
            take.clip.local_quat_wxyz, whole.clip.local_quat_wxyz[start : start + take.clip.frames]
        )
        for each in take.segments:
            assert each.text == whole.segments[round(each.start_s + take.offset_s)].text


def test_words_move_with_the_speech(generator: np.random.Generator) -> None:
    """Ten words of ten frames each, "w0" to "w9", whose number is also the first audio channel."""
    words = tuple(Word(text=f"w{number}", start_s=number / 3, end_s=(number + 1) / 3) for number in range(10))
    audio = np.zeros((100, 84), np.float16)
    audio[:, 0] = np.arange(100) // 10
    take = TakeArrays(
        id="take",
        speaker="",
        split="train",
        motion=np.tile(np.array([1, 0, 0, 0, 1, 0] * 55 + [0] * 7, np.float16), (100, 1)),
        audio=audio,
        words=words,
        segments=(segment(0.5, 1.5, "a"), segment(1.5, 2.5, "b")),
    )
    data = RetrievalSet.of([take], tags=[[("big", "beat_small"), ()]], kinds=("big",), buckets=997)
    assert data.gestures.tolist() == [[1.0], [0.0]]
    pairs = data.pairs(np.array([0, 1]), jitter_frames=6, generator=generator)
    table = {tuple(row): number for number, row in enumerate(gram_table([f"w{number}" for number in range(10)], 997))}
    spoken = np.array([table[tuple(row)] for row in pairs.grams.numpy()])[pairs.place.numpy()]
    assert (spoken[pairs.is_audio.numpy()] == pairs.audio[..., 0].numpy()[pairs.is_audio.numpy()] + 1).all()
    assert not spoken[~pairs.is_audio.numpy()].any()
    assert not RetrievalSet.of([take]).word.any()


def test_words_are_left_out_and_confused_as_often_as_asked(generator: np.random.Generator) -> None:
    data = random_set(generator, 400)
    pairs = data.pairs(np.arange(400), jitter_frames=0, generator=generator)
    options = replace(PLAIN, text_dropout=0.25)
    varied = vary_words(pairs, options, generator=torch.Generator().manual_seed(1))
    is_silent = varied.place.eq(0).all(dim=1)
    assert 0.18 < is_silent.float().mean() < 0.32
    assert torch.equal(varied.place[~is_silent], pairs.place[~is_silent])
    assert torch.equal(varied.grams, pairs.grams)
    assert torch.equal(varied.audio, pairs.audio)
    options = replace(PLAIN, text_dropout=0.3, sound_dropout=0.7)
    both = vary_words(pairs, options, generator=torch.Generator().manual_seed(1))
    is_deaf = both.audio.ne(pairs.audio).any(dim=(1, 2))
    assert torch.equal(is_deaf, both.place.any(dim=1))
    assert both.audio[is_deaf][both.is_audio[is_deaf]].std(dim=0).max() < 1e-5
    silent = vary_words(pairs._replace(place=pairs.place * 0), options, generator=torch.Generator().manual_seed(1))
    assert torch.equal(silent.audio, pairs.audio)
    assert torch.equal(vary_words(pairs, PLAIN, generator=torch.Generator().manual_seed(1)).place, pairs.place)
    swapped = vary_words(pairs, replace(PLAIN, word_swap=0.5), generator=torch.Generator().manual_seed(1)).place
    assert 0.4 < (swapped != pairs.place)[pairs.is_audio].float().mean() < 0.6
    spelled = vary_words(pairs, replace(PLAIN, spelling_dropout=1.0), generator=torch.Generator().manual_seed(1)).grams
    assert not spelled[:, 0].any()
    assert torch.equal(spelled[:, 1:], pairs.grams[:, 1:])


def test_labels_gather_gestures_that_sound_nothing_alike(generator: np.random.Generator, one_thread: None) -> None:
    """Speech and motion are noise: only labels say which segments belong together."""
    data = random_set(generator, 24)
    config = replace(RETRIEVAL_MODEL_TINY, text_buckets=97, text_width=8)
    pairs = data.pairs(np.arange(24), jitter_frames=0, generator=np.random.default_rng(0))
    likeness = {}
    for share in (0.6, 0.0):
        options = replace(PLAIN, gesture_positives=share, gesture_weight=share)
        state = make_state(config, options, data, seed=1, device="cpu")
        for step in range(15):
            losses = train_step(state, pairs, options, progress=0.1, seed=step)
        assert ("gesture" in losses) == (share > 0.0)
        motion = embed_set(state.student, data, jitter_frames=0).motion
        alike = (data.gestures @ data.gestures.T > 0) & ~np.eye(24, dtype=bool)
        likeness[share] = (motion @ motion.T)[alike].mean() - (motion @ motion.T)[~alike].mean()
    assert likeness[0.6] > 0.3 + likeness[0.0]
    found = evaluate(state.student, data, jitter_frames=0, gallery=data.subset(np.arange(12)))
    assert 0.0 <= found["gesture_5"] <= 1.0


def test_momentum_grows_to_the_presets() -> None:
    options = RetrievalTraining()
    assert momentum_at(0, options) == pytest.approx(0.1)
    assert momentum_at(10_000, options) == options.momentum
    assert momentum_at(10_000, replace(options, momentum=0.0)) == 0.0


@pytest.mark.parametrize("what", get_args(Ablation))
def test_every_ablation_changes_one_thing(what: Ablation) -> None:
    model, options = ablated(what)
    assert ((model, options) == ablated("none")) == (what == "none")
    if what == "as-printed":
        assert (model.text_buckets, options.gesture_positives, options.gesture_weight) == (0, 0.0, 0.0)
        assert options.objective == "paper"
