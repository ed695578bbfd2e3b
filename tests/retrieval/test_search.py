from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from retrieval.conftest import random_take

from exges_core.errors import InputError, LibraryError
from exges_core.motion.clip import MotionClip
from exges_core.motion.skeleton import joint_index
from exges_core.retrieval.choice import Candidate, SearchSettings, SegmentMatches, choose, rivals_of
from exges_core.retrieval.constraints import settings_of
from exges_core.retrieval.encoders import Embedded, RetrievalModel
from exges_core.retrieval.inputs import hand_reach, motion_inputs_of_clip
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval
from exges_core.retrieval.search import search
from exges_core.retrieval.shared_words import SharedWords
from exges_core.retrieval.sources import SourceTake
from exges_core.settings import GestureChoice
from exges_core.speech.segments import Segment

PAPER = SearchSettings(audio_weight=0.0, text_weight=0.0, diversity=0.0, expressive_weight=0.0, minimum_probability=0.0)


@pytest.fixture
def takes(generator: np.random.Generator) -> list[SourceTake]:
    return [random_take(f"take{number}", generator) for number in range(5)]


@pytest.fixture
def base(tmp_path: Path, retrieval: LoadedRetrieval, takes: list[SourceTake]) -> MotionBase:
    return MotionBase.build(tmp_path / "base", takes, retrieval, licence="", provenance={})


def speech(generator: np.random.Generator, seconds: int = 3) -> tuple[np.ndarray, tuple[Segment, ...]]:
    segments = tuple(
        Segment(start_s=float(second), end_s=second + 1.0, text="very big words", words=(), note="")
        for second in range(seconds)
    )
    return generator.normal(size=(30 * seconds, 84)).astype(np.float32), segments


def test_search_is_deterministic_sorted_and_says_where(
    base: MotionBase, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    audio, segments = speech(generator)
    found = search(base, retrieval, audio, segments, 4, settings=PAPER)
    assert found == search(base, retrieval, audio, segments, 4, settings=PAPER)
    for match, segment in zip(found, segments, strict=True):
        scores = [candidate.score for candidate in match.candidates]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) == 4
        for candidate, following in zip(match.candidates, match.candidates[1:], strict=False):
            assert candidate.margin == pytest.approx(candidate.score - following.score)
        for candidate in match.candidates:
            assert candidate.source_start_s <= candidate.key_time_s < candidate.source_end_s
            assert segment.start_s <= candidate.query_time_s < segment.end_s
            assert 0.0 <= candidate.probability <= 1.0


def test_the_papers_score_is_the_cosine_and_search_equals_brute_force(
    base: MotionBase, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    audio, segments = speech(generator)
    with torch.inference_mode():
        mask = torch.ones(1, 30, dtype=torch.bool)
        queries = [
            retrieval.model.embed_audio(torch.from_numpy(audio[30 * row : 30 * row + 30])[None], mask)
            .overall[0]
            .numpy()
            for row in range(3)
        ]
    for match, query in zip(search(base, retrieval, audio, segments, 5, settings=PAPER), queries, strict=True):
        scores = base.motion_embeddings.astype(np.float32) @ query
        assert [candidate.clip_index for candidate in match.candidates] == np.argsort(-scores)[:5].tolist()
        assert match.candidates[0].score == pytest.approx(float(scores.max()), abs=1e-5)


class Planted(RetrievalModel):
    """Towers that see one thing only: how far the left elbow is turned; it must match the first audio channel."""

    def embed_audio(self, features: torch.Tensor, is_valid: torch.Tensor, words: object = None) -> Embedded:
        return self._place(features[..., 0], is_valid)

    def embed_motion(self, inputs: torch.Tensor, is_valid: torch.Tensor) -> Embedded:
        return self._place(inputs[..., 0], is_valid)

    def _place(self, value: torch.Tensor, is_valid: torch.Tensor) -> Embedded:
        height = torch.nn.functional.one_hot((value * 4).round().long().clamp(0, 4), 16).float() * value[..., None]
        frames = torch.nn.functional.normalize(height + 0.01, dim=-1) * is_valid[..., None]
        pooled = (height * is_valid[..., None]).amax(1)
        return Embedded(frames, torch.nn.functional.normalize(pooled + 1e-6, dim=-1))


def test_key_frames_lie_where_both_sides_peak(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    """Spine rotation's first matrix entry is cos(angle): it is 0 all the time and 1 at one frame of each clip."""
    model = Planted(retrieval.model.config).eval()
    planted = replace(retrieval, model=model)
    quats = np.zeros((60, 55, 4))
    quats[..., 0] = 1.0
    quats[:, 3] = (np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0)
    quats[[11, 47], 3] = (1.0, 0.0, 0.0, 0.0)
    clip = MotionClip(local_quat_wxyz=quats, root_position_m=np.zeros((60, 3)), frame_rate_hz=30.0)
    assert motion_inputs_of_clip(clip)[:, 0].round(3).tolist() == [float(frame in (11, 47)) for frame in range(60)]
    take = replace(random_take("planted", generator, seconds=2), clip=clip, audio=None, offset_s=100.0)
    base = MotionBase.build(tmp_path / "planted", [take], planted, licence="", provenance={})
    audio = np.zeros((90, 84), np.float32)
    audio[30 + 23, 0] = 1.0
    segment = Segment(start_s=1.0, end_s=2.0, text="", words=(), note="")
    (match,) = search(base, planted, audio, [segment], 2, settings=PAPER)
    assert {round(candidate.key_time_s * 30) - 3000 for candidate in match.candidates} == {11, 47}
    assert all(candidate.query_time_s == pytest.approx((30 + 23) / 30) for candidate in match.candidates)


def test_a_clip_is_not_used_twice_in_a_row(
    base: MotionBase, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    audio, _ = speech(generator, 1)
    audio = np.concatenate([audio] * 3)
    segments = speech(generator)[1]
    found = search(base, retrieval, audio, segments, 5, settings=PAPER)
    used = [match.used.clip_index for match in found]
    assert used[0] == used[2] != used[1]
    assert found[1].candidates[0].note == "used in the segment before"


def test_unsure_candidates_are_shown_but_not_used(
    base: MotionBase, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    audio, segments = speech(generator)
    found = search(base, retrieval, audio, segments, settings=replace(PAPER, minimum_probability=1.1))
    assert all(match.used is None and match.candidates for match in found)
    assert "probability" in found[0].candidates[0].note


def test_pins_and_bans_are_obeyed(base: MotionBase, retrieval: LoadedRetrieval, generator: np.random.Generator) -> None:
    audio, segments = speech(generator)
    best = search(base, retrieval, audio, segments, settings=PAPER)[0].candidates[0].clip_index
    banned = search(base, retrieval, audio, segments, settings=replace(PAPER, banned=frozenset({best})))
    assert all(candidate.clip_index != best for match in banned for candidate in match.candidates)
    pinned = search(base, retrieval, audio, segments, settings=replace(PAPER, pinned={1: 13}, minimum_probability=1.1))
    assert pinned[1].used is not None
    assert pinned[1].used.clip_index == 13
    assert pinned[0].used is None
    with pytest.raises(LibraryError):
        search(base, retrieval, audio, segments, settings=replace(PAPER, pinned={0: 999}))


def test_a_clip_pinned_next_is_not_used_before_it_and_a_pin_may_repeat(
    base: MotionBase, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    audio, segments = speech(generator)
    best = search(base, retrieval, audio, segments, settings=PAPER)[0].candidates[0].clip_index
    found = search(base, retrieval, audio, segments, settings=replace(PAPER, pinned={1: best, 2: best}))
    assert found[0].candidates[0].note == "pinned in the next segment"
    assert found[0].used is not None
    assert found[0].used.clip_index != best
    assert [match.used.clip_index for match in found[1:] if match.used] == [best, best]


def test_overlapping_stretches_of_one_source_do_not_follow_each_other() -> None:
    def candidate(clip: int, source: str, start_s: float, probability: float = 0.9) -> Candidate:
        return Candidate(
            source=source,
            source_start_s=start_s,
            source_end_s=start_s + 1.0,
            text="",
            key_time_s=start_s,
            query_time_s=0.0,
            score=1.0,
            margin=0.0,
            probability=probability,
            clip_index=clip,
        )

    segment = Segment(start_s=0.0, end_s=1.0, text="", words=(), note="")
    first = SegmentMatches(segment=segment, candidates=(candidate(0, "a", 0.0),))
    then = SegmentMatches(segment=segment, candidates=(candidate(1, "a", 0.5), candidate(2, "a", 1.0)))
    alone = SegmentMatches(segment=segment, candidates=(candidate(3, "a", 1.5), candidate(4, "b", 0.0, 0.1)))
    chosen = choose([first, then, alone], SearchSettings(minimum_probability=0.2))
    assert [match.used.clip_index if match.used else None for match in chosen] == [0, 2, None]
    assert [match.decision for match in chosen] == ["used", "used", "none: used in the segment before"]
    assert chosen[2].candidates[1].note == "probability below 0.2"


def test_a_likelier_gesture_that_is_not_used_says_why() -> None:
    def candidate(clip: int, probability: float, likeness: float, speaker: str = "") -> Candidate:
        return Candidate(
            source=str(clip),
            source_start_s=0.0,
            source_end_s=1.0,
            text="",
            key_time_s=0.5,
            query_time_s=0.0,
            score=-float(clip),
            margin=0.0,
            probability=probability,
            clip_index=clip,
            likeness=likeness,
            speaker=speaker,
        )

    found = (
        candidate(0, 0.45, 0.5),
        candidate(1, 0.54, 0.6),
        candidate(2, 0.54, 0.4),
        candidate(3, 0.95, 0.9, "rival"),
        candidate(4, 0.41, 0.9),
    )
    match = SegmentMatches(segment=Segment(start_s=0.0, end_s=1.0, text="", words=(), note=""), candidates=found)
    (chosen,) = choose([match], SearchSettings(rivals=frozenset({"rival"})))
    assert chosen.used is not None
    assert chosen.used.clip_index == 0
    assert [each.note for each in chosen.candidates] == [
        "",
        "likelier, but shares fewer words with the speech",
        "likelier, but its motion is less like the speech",
        "likelier, but of another style",
        "a better one is used",
    ]


def test_a_style_prefers_its_own_gestures_and_takes_anothers_only_when_sure(
    base: MotionBase, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    audio, segments = speech(generator)
    styles = tuple(f"speaker take{number}" for number in range(4))  # take4's speaker is nobody that the network knows
    settings = replace(PAPER, rivals=rivals_of("speaker take2", styles), rival_probability=1.1)
    assert settings.rivals == {"speaker take0", "speaker take1", "speaker take3"}
    found = search(base, retrieval, audio, segments, 20, settings=settings)
    for match in found:
        order = [each.speaker in settings.rivals for each in match.candidates]
        assert order == sorted(order)
        assert order.count(True) == 12
        assert match.used is not None
        assert match.used.speaker in ("speaker take2", "speaker take4")
    few = search(base, retrieval, audio, segments, 20, settings=replace(settings, minimum_probability=1.1))
    assert all(match.used is None for match in few)
    assert {each.note for each in few[0].candidates} == {
        "probability below 1.1",
        "probability below 1.1, as another style has it",
    }
    sure = search(
        base, retrieval, audio, segments, 20, settings=replace(settings, minimum_probability=1.1, rival_probability=0.0)
    )
    assert all(match.used is not None and match.used.speaker in settings.rivals for match in sure)
    assert rivals_of(None, styles) == rivals_of("somebody", styles) == frozenset()


def test_a_segment_may_stay_without_a_gesture(
    base: MotionBase, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    audio, segments = speech(generator)
    found = search(base, retrieval, audio, segments, settings=replace(PAPER, silent=frozenset({1})))
    assert [match.used is None for match in found] == [False, True, False]
    assert found[1].candidates
    assert found[1].decision == "none: no gesture was asked for"


def test_constraints_are_read_and_checked(base: MotionBase) -> None:
    settings = settings_of(base, 3, GestureChoice(pins=("1=13",), bans=("4", "take2"), no_gesture=(2,)))
    assert settings.pinned == {1: 13}
    assert settings.banned == {4, 8, 9, 10, 11}
    assert settings.silent == {2}


@pytest.mark.parametrize(
    ("constraints", "reason"),
    [
        ({"pins": ("1",)}, "SEGMENT=CLIP"),
        ({"pins": ("a=b",)}, "SEGMENT=CLIP"),
        ({"pins": ("²=1",)}, "SEGMENT=CLIP"),
        ({"pins": ("9" * 5000 + "=1",)}, "SEGMENT=CLIP"),
        ({"bans": ("9" * 5000,)}, "a clip's number or a source"),
        ({"pins": ("3=0",)}, "a segment 0 .. 2, got 3"),
        ({"pins": ("0=20",)}, "a clip 0 .. 19, got 20"),
        ({"pins": ("0=1", "0=2")}, "one pin per segment"),
        ({"bans": ("20",)}, "a clip 0 .. 19"),
        ({"bans": ("nobody",)}, "source of the base"),
        ({"no_gesture": (3,)}, "a segment 0 .. 2"),
        ({"pins": ("0=1",), "bans": ("take0",)}, "both"),
        ({"pins": ("0=1",), "no_gesture": (0,)}, "both"),
    ],
)
def test_a_constraint_that_cannot_be_met_is_named(base: MotionBase, constraints: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError) as caught:
        settings_of(base, 3, GestureChoice(**constraints))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_shared_words_can_decide_and_rare_ones_weigh_more(
    base: MotionBase, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    audio, segments = speech(generator, 1)
    segment = replace(segments[0], text="nothing take3")
    (match,) = search(base, retrieval, audio, [segment], settings=replace(PAPER, text_weight=9.0))
    assert match.candidates[0].text == "nothing at all I said take3"
    assert all("nothing" in candidate.text or "take3" in candidate.text for candidate in match.candidates)
    words = SharedWords(["the cat", "the dog", "the end"])
    assert words.overlap("the cat").of(np.arange(3)).tolist() == pytest.approx([1.0, 0.0, 0.0])
    assert words.overlap("the cat").likely(2) == [0]
    assert words.overlap("").likely(2) == []


def test_the_likely_clips_are_those_that_share_most_of_all(generator: np.random.Generator) -> None:
    vocabulary = [f"word{number}" for number in range(60)]
    texts = [" ".join(vocabulary[place] for place in generator.zipf(1.4, 6) % 60) for _ in range(400)]
    words = SharedWords(texts)
    for text in texts[:20]:
        overlap = words.overlap(text)
        share = overlap.of(np.arange(400))
        assert overlap.likely(12) == np.lexsort((np.arange(400), -share))[:12].tolist()
        assert dict(overlap.items()) == {clip: share[clip] for clip in np.flatnonzero(share)}


def test_a_base_finds_its_own_speech_when_sound_may_count(
    base: MotionBase, takes: list[SourceTake], retrieval: LoadedRetrieval
) -> None:
    take = takes[3]
    settings = replace(PAPER, audio_weight=100.0)
    found = search(base, retrieval, take.audio, take.segments, 1, settings=settings)
    assert [(match.candidates[0].source, match.candidates[0].source_start_s) for match in found] == [
        ("take3", float(second)) for second in range(4)
    ]


def test_short_and_empty_queries_are_answered(
    base: MotionBase, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    audio, _ = speech(generator, 1)
    assert search(base, retrieval, audio, []) == ()
    late = Segment(start_s=0.99, end_s=1.4, text="", words=(), note="")
    assert len(search(base, retrieval, audio, [late], 50)[0].candidates) == len(base)


def test_a_raised_hand_reaches_farther_than_a_hanging_one() -> None:
    frames = 3
    quats = np.zeros((frames, 55, 4))
    quats[..., 0] = 1.0
    down = np.deg2rad(np.array([80.0, 40.0, 0.0])) / 2
    for name, sign in (("left_shoulder", -1.0), ("right_shoulder", 1.0)):
        quats[:, joint_index(name)] = np.stack([np.cos(down), 0 * down, 0 * down, sign * np.sin(down)], axis=-1)
    clip = MotionClip(local_quat_wxyz=quats, root_position_m=np.zeros((frames, 3)), frame_rate_hz=30.0)
    reach = hand_reach(motion_inputs_of_clip(clip))
    assert reach[0] < 0.4
    assert reach[0] < reach[1] < reach[2]
