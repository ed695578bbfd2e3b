"""Strokes of a score and the gestures of a motion base that they are to look like."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from exges_core.control.compose import GESTURE_JOINTS, show_roles
from exges_core.control.masks import ORIGIN
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import features_from_clip
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.motion.skeleton import joint_index
from exges_core.planning.casting import CastingSettings, cast, role_places, warnings_of, with_pinned
from exges_core.retrieval.base_strokes import BaseStrokes
from exges_core.retrieval.choice import Candidate, SegmentMatches
from exges_core.retrieval.encoders import RetrievalModel
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval
from exges_core.retrieval.sources import SourceTake
from exges_core.score.records import HANDS, Score, Stroke, check
from exges_core.score.untangling import untangle
from exges_core.speech.segments import Segment
from tests.retrieval.conftest import SMALL


def stroke(apex_s: float, **others: object) -> Stroke:
    base = Stroke(
        start_s=apex_s - 0.8, stroke_start_s=apex_s - 0.4, apex_s=apex_s, hold_end_s=apex_s + 0.3, end_s=apex_s + 1.0
    )
    return replace(base, **others)  # type: ignore[arg-type]


def candidate(*, probability: float, note: str = "") -> Candidate:
    """Return clip 1 as retrieval has found it, to be used at 9.2 s."""
    return Candidate(
        source="one",
        source_start_s=3.0,
        source_end_s=6.0,
        text="some words",
        key_time_s=4.5,
        query_time_s=9.2,
        score=1.0,
        margin=0.1,
        probability=probability,
        clip_index=1,
        is_used=True,
        note=note,
    )


MADE = (
    stroke(1.5, kind="point", hand="right", size=1.0),
    stroke(4.5, kind="big", hand="both", size=1.6),
    stroke(7.5, kind="point", hand="right", size=0.4),
    stroke(10.5, kind="beat_small", hand="left", size=0.5),
)


@pytest.fixture(scope="module", name="retrieval")
def retrieval_fixture() -> LoadedRetrieval:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return LoadedRetrieval(model=RetrievalModel(SMALL).eval(), name="tiny", sha256="a" * 64, provenance={})


@pytest.fixture(scope="module", name="source")
def source_fixture() -> SourceTake:
    generator = np.random.default_rng(4)
    rotvec = np.cumsum(0.02 * generator.standard_normal((390, 55, 3)), axis=0)
    clip = MotionClip(local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=np.zeros((390, 3)), frame_rate_hz=30.0)
    segments = tuple(
        Segment(start_s=start, end_s=start + 3.0, text="some words", words=(), note="")
        for start in (0.0, 3.0, 6.0, 9.0)
    )
    audio = generator.standard_normal((390, SMALL.audio_inputs)).astype(np.float32)
    return SourceTake(id="one", speaker="ada", clip=clip, audio=audio, segments=segments, strokes=MADE)


@pytest.fixture(scope="module", name="base")
def base_fixture(
    tmp_path_factory: pytest.TempPathFactory, source: SourceTake, retrieval: LoadedRetrieval
) -> MotionBase:
    folder = tmp_path_factory.mktemp("base")
    return MotionBase.build(folder, [source], retrieval, licence="CC0-1.0", provenance={})


def score_of(*strokes: Stroke) -> Score:
    return Score(strokes=strokes, duration_s=20.0)


def test_a_base_keeps_its_strokes(base: MotionBase) -> None:
    strokes = base.strokes
    assert [strokes.stroke(number).kind for number in range(4)] == [each.kind for each in MADE]
    for number, made in enumerate(MADE):
        kept = strokes.stroke(number)
        assert kept.hand == made.hand
        assert kept.clip == number
        assert np.allclose(kept.times_s, made.times_s, atol=1 / 60 + 1e-6)


def test_the_motion_of_a_stroke_is_its_own(base: MotionBase, source: SourceTake) -> None:
    motion, record = base.stroke_motion(1)
    first = round(MADE[1].start_s * 30)
    expected = source.clip.local_quat_wxyz[first : first + motion.frames]
    assert np.abs(np.abs((motion.local_quat_wxyz * expected).sum(-1)) - 1).max() < 1e-3
    assert record.start_s == 0.0
    assert np.isclose(record.apex_s, 0.8, atol=0.02)


def test_a_base_without_strokes_finds_them_in_its_motion(
    tmp_path: Path, source: SourceTake, retrieval: LoadedRetrieval
) -> None:
    moving = replace(source, strokes=None)
    found = MotionBase.build(tmp_path / "b", [moving], retrieval, licence="CC0-1.0", provenance={}).strokes
    record = (tmp_path / "b" / "base.json").read_text(encoding="utf-8")
    old = record.replace('"strokes.npy"', '"strokes-of-old.npy"')
    shard = next(path for path in (tmp_path / "b").iterdir() if path.is_dir())
    (shard / "strokes.npy").rename(shard / "strokes-of-old.npy")
    (tmp_path / "b" / "base.json").write_text(old, encoding="utf-8")
    again = MotionBase.open(tmp_path / "b").strokes
    assert isinstance(again, BaseStrokes)
    assert len(again) == len(found)
    assert np.abs(again.frames - found.frames).max(initial=0) <= 3  # poses are kept in half precision


def test_kind_hand_and_size_choose(base: MotionBase) -> None:
    wanted = score_of(stroke(2.0, kind="point"), stroke(5.0, kind="big", hand="both", size=1.5))
    cast_score, roles = cast(wanted, base, (), CastingSettings(seed=3))
    assert [role.source.kind for role in roles] == ["point", "big"]
    assert [each.clip for each in cast_score.strokes] == [0, 1]
    small, _ = cast(score_of(stroke(2.0, kind="point", size=0.4)), base, (), CastingSettings(seed=3))
    assert small.strokes[0].clip == 2


def test_what_nothing_fits_stays_without_a_clip(base: MotionBase) -> None:
    lonely = stroke(2.0, kind="point", hand="left", size=1.0)
    cast_score, roles = cast(score_of(lonely), base, (), CastingSettings())
    assert roles == ()
    assert cast_score.strokes[0].clip is None
    assert np.isnan(role_places(cast_score, roles)).all()


def test_a_clip_that_a_person_names_is_obeyed_or_told_about(base: MotionBase) -> None:
    locked = stroke(2.0, kind=None, hand="right", clip=2, is_locked=True)
    cast_score, roles = cast(score_of(locked), base, (), CastingSettings())
    assert roles[0].source.kind == "point"
    assert roles[0].confidence == 1.0
    assert warnings_of(cast_score, roles) == []
    assert "clip 2" in warnings_of(cast_score, ())[0]


def test_a_retrieved_gesture_goes_to_the_stroke_at_its_word(base: MotionBase) -> None:
    found = candidate(probability=0.9)
    segment = Segment(start_s=8.0, end_s=10.0, text="", words=(), note="")
    match = SegmentMatches(segment=segment, candidates=(found,))
    beats = score_of(*(stroke(at_s, kind="beat_small", hand="both") for at_s in (3.0, 9.0, 15.0)))
    cast_score, roles = cast(beats, base, (match,), CastingSettings())
    assert [each.clip for each in cast_score.strokes] == [None, 1, None]
    assert cast_score.strokes[1].kind == "big"
    assert roles[0].source.kind == "big"
    banned = CastingSettings(banned={1})
    assert cast(score_of(stroke(2.0, kind="big", hand="both")), base, (), banned)[1] == ()


def test_the_apex_of_a_gesture_is_shown_at_the_apex_of_its_stroke(base: MotionBase) -> None:
    slow = replace(stroke(5.0, kind="point"), start_s=3.0, stroke_start_s=4.0, hold_end_s=5.6, end_s=6.5)
    cast_score, roles = cast(replace(score_of(slow), origin="person"), base, (), CastingSettings())
    assert cast_score.strokes[0].times_s == slow.times_s
    mask = show_roles(roles, None, 300)
    elbow = slice(6 * joint_index("right_elbow"), 6 * joint_index("right_elbow") + 6)
    shown = np.flatnonzero(mask.is_observed[:, elbow].all(axis=1))
    assert shown[0] == round(3.9 * 30)
    assert shown[-1] == round(5.4 * 30)
    apex = round(roles[0].source.apex_s * 30)
    expected = features_from_clip(roles[0].motion, ORIGIN)[apex, elbow]
    assert np.allclose(mask.target[150, elbow], expected, atol=1e-6)
    assert not mask.is_hard.any()
    assert np.isclose(mask.confidence[150], 0.6)
    places = role_places(cast_score, roles)
    assert np.isfinite(places[0, 1]).all()
    assert np.isnan(places[0, 0]).all()


def test_a_planned_stroke_takes_its_gestures_pace_about_its_middle(base: MotionBase) -> None:
    slow = replace(stroke(5.0, kind="point"), start_s=3.0, stroke_start_s=4.0, hold_end_s=5.6, end_s=6.5)
    cast_score, roles = cast(score_of(slow), base, (), CastingSettings())
    paced, own = cast_score.strokes[0], roles[0].source
    assert np.isclose(paced.apex_s - paced.stroke_start_s, own.apex_s - own.stroke_start_s, atol=2e-3)
    assert np.isclose(paced.middle_s, slow.middle_s, atol=1e-3)
    assert np.isclose(paced.hold_end_s - paced.apex_s, 0.6)
    locked = replace(slow, is_locked=True)
    assert cast(score_of(locked), base, (), CastingSettings())[0].strokes[0].times_s == slow.times_s


@pytest.mark.parametrize("seed", range(8))
def test_paced_strokes_leave_each_other_time(base: MotionBase, seed: int) -> None:
    generator = np.random.default_rng(seed)
    strokes = [
        replace(stroke(0.0), hand=HANDS[generator.integers(3)], start_s=at_s, stroke_start_s=at_s + 0.05,
                apex_s=at_s + 0.2, hold_end_s=at_s + 0.25, end_s=at_s + 0.9)
        for at_s in np.cumsum(generator.uniform(0.1, 0.6, size=40)).tolist()
    ]  # fmt: skip
    crowded = replace(score_of(*untangle(strokes)), duration_s=strokes[-1].end_s)
    paced, _ = cast(crowded, base, (), CastingSettings(seed=seed))
    check(paced)
    assert len(paced.strokes) == len(crowded.strokes) > 10
    starts = [each.start_s for each in paced.strokes]
    assert starts == sorted(starts)
    assert any(a.times_s != b.times_s for a, b in zip(paced.strokes, crowded.strokes, strict=True))


def test_the_other_arm_is_left_alone(base: MotionBase) -> None:
    _, roles = cast(score_of(stroke(5.0, kind="point")), base, (), CastingSettings())
    for joints in GESTURE_JOINTS:
        mask = show_roles(roles, None, 300, joints=joints)
        left = 6 * joint_index("left_wrist")
        assert mask.is_observed[150, 6 * joint_index("right_wrist")]
        assert not mask.is_observed[:, left].any()


@pytest.mark.parametrize("seed", range(5))
def test_a_cast_score_that_is_given_back_plays_the_same(base: MotionBase, seed: int) -> None:
    settings = CastingSettings(seed=seed)
    planned = score_of(*(stroke(2.0 + 1.5 * number, kind=kind) for number, kind in enumerate(["point", None] * 4)))
    once, roles = cast(planned, base, (), settings)
    again, repeated = cast(once, base, (), settings)
    assert again == once
    assert [(role.number, role.source, role.confidence) for role in repeated] == [
        (role.number, role.source, role.confidence) for role in roles
    ]


def test_a_pinned_segment_gets_a_stroke_where_none_is_planned(base: MotionBase) -> None:
    found = candidate(probability=0.2, note="pinned")
    match = SegmentMatches(segment=Segment(start_s=8.0, end_s=10.0, text="", words=(), note=""), candidates=(found,))
    planned = score_of(stroke(2.0, kind="point"), stroke(15.0, kind="point"))
    pinned = with_pinned(planned, base, (match,), {0})
    check(pinned)
    assert [round(each.apex_s, 2) for each in pinned.strokes] == [2.0, 9.2, 15.0]
    assert pinned.strokes[1].clip == 1
    assert with_pinned(pinned, base, (match,), {0}) == pinned


def test_strength_0_shows_nothing(base: MotionBase) -> None:
    _, roles = cast(score_of(stroke(5.0, kind="point")), base, (), CastingSettings())
    assert show_roles(roles, None, 300, strength=0.0).is_empty
