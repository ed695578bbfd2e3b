"""Names that an animator would look for, of the shipped base's clips and of bases without labels."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from exges_core import assets
from exges_core.retrieval.gesture_names import NAMES, hands_of, name_of
from exges_core.retrieval.library import MotionBase
from exges_core.score.records import Stroke

TABLES = Path(__file__).resolve().parents[2] / "training" / "corpus" / "gesture" / "tables"


@pytest.fixture(scope="module")
def shipped() -> MotionBase:
    return MotionBase.open(assets.LIBRARY)


@pytest.mark.parametrize(
    ("kinds", "text", "hands", "name"),
    [
        (["open_spread"], "a piano all his life", "both hands, large", "open arms"),
        (["beat_small", "number_show"], "at least two reasons", "right hand", "counting: two"),
        (["number_show"], "we counted it twice", "right hand", "counting"),
        (["list_fingers", "shrug", "size_big"], "secondly this", "", "counting on fingers: secondly + shrug"),
        (["beat_small", "beat_small"], "and two more", "right hand", "small beat"),
        (["salute_far"], "sir", "left hand", "salute far"),
        ([], "whatever", "both hands, large", "gesture, both hands, large"),
        ([], "whatever", "", "posture"),
    ],
)
def test_a_gesture_is_called_by_its_kinds_and_the_number_that_is_counted(
    kinds: list[str], text: str, hands: str, name: str
) -> None:
    assert name_of(kinds, text, hands) == name


def test_hands_and_size_are_said() -> None:
    def stroke(hand: str, size: float) -> Stroke:
        return Stroke(start_s=0, stroke_start_s=0, apex_s=1, hold_end_s=1, end_s=1, hand=hand, size=size)  # pyright: ignore[reportArgumentType]

    assert hands_of([]) == ""
    assert hands_of([stroke("left", 0.4)]) == "left hand, small"
    assert hands_of([stroke("left", 0.4), stroke("right", 1.0)]) == "both hands"
    assert hands_of([stroke("both", 1.5)]) == "both hands, large"


def test_every_kind_that_our_corpus_has_is_named_and_no_two_alike() -> None:
    kinds = {name for path in TABLES.glob("lexemes_*.toml") for name in tomllib.loads(path.read_text(encoding="utf-8"))}
    assert len(kinds) > 60
    assert kinds == set(NAMES)
    assert len(set(NAMES.values())) == len(NAMES)


def test_strokes_of_a_clip_are_the_bases_own_timed_from_its_start(shipped: MotionBase) -> None:
    every = shipped.strokes
    for clip in range(0, len(shipped), 50):
        found = shipped.strokes_in_clip(clip)
        length_s = shipped.clip(clip).frames / 30
        assert all(each.start_s < length_s and each.hold_end_s >= 0.0 for each in found)
        inside = {(each.hand, each.size, each.kind) for each in found if 0.0 <= each.apex_s < length_s}
        assert len(inside) in (0, len(found))
        assert inside <= {
            (s.hand, s.size, s.kind) for s in map(every.stroke, np.flatnonzero(every.clip == clip).tolist())
        }


def test_a_base_without_strokes_has_them_found_in_the_clip(
    shipped: MotionBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = next(clip for clip in range(len(shipped)) if len(shipped.strokes_in_clip(clip)) > 1)
    monkeypatch.setattr("exges_core.retrieval.library.has_strokes", lambda _shard: False)
    found = shipped.strokes_in_clip(moving)
    assert found
    assert {each.kind for each in found} == {None}
    assert hands_of(found)
