"""The capsules' distances against known answers and brute force, and that acted takes keep their hands out."""

from __future__ import annotations

import numpy as np
import pytest

from training.corpus.gesture import collisions
from training.corpus.gesture.behaviour import act
from training.corpus.gesture.speakers import Speaker, speakers
from training.corpus.script import SpokenTake, SpokenWord


def _row(*values: float) -> np.ndarray:
    return np.array([values], dtype=np.float64)


@pytest.mark.parametrize(
    ("a", "b", "c", "d", "expected"),
    [
        ((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), 1.0),
        ((0, 0, 0), (1, 0, 0), (0.5, -1, 0.3), (0.5, 1, 0.3), 0.3),
        ((0, 0, 0), (1, 0, 0), (3, 0, 0), (4, 0, 0), 2.0),
        ((0, 0, 0), (0, 0, 0), (0, 2, 0), (0, 2, 0), 2.0),
    ],
)
def test_segment_distance_known(a: tuple, b: tuple, c: tuple, d: tuple, expected: float) -> None:
    found = collisions.segment_distance(_row(*a), _row(*b), _row(*c), _row(*d))
    assert found[0] == pytest.approx(expected, abs=1e-6)


def test_segment_distance_is_that_of_a_fine_search(rng: np.random.Generator) -> None:
    ends = rng.normal(size=(4, 40, 3))
    found = collisions.segment_distance(*ends)
    share = np.linspace(0, 1, 81)
    first = ends[0][:, None] + share[:, None] * (ends[1] - ends[0])[:, None]
    second = ends[2][:, None] + share[:, None] * (ends[3] - ends[2])[:, None]
    brute = np.linalg.norm(first[:, :, None] - second[:, None], axis=-1).min(axis=(1, 2))
    assert np.all(found <= brute + 1e-9)
    assert np.abs(found - brute).max() < 0.05


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def _talk(cues: tuple[str, ...]) -> SpokenTake:
    words = tuple(
        SpokenWord(
            text=cue, start_s=0.6 + 1.1 * k, end_s=1.1 + 1.1 * k, stress_s=0.75 + 1.1 * k, cues=(cue,),
            is_content=True, is_focus=True, loudness=1.1, accent=0.8,
        )
        for k, cue in enumerate(cues)
    )  # fmt: skip
    seconds = 2.0 + 1.1 * len(cues)
    return SpokenTake(
        id="x", voice="v", samples=np.zeros(round(16_000 * seconds), np.float32), words=words, sentences=()
    )


@pytest.mark.parametrize("speaker", [speakers()[place] for place in (0, 5, 12)], ids=lambda one: one.name)
def test_hands_touch_but_do_not_sink_in(speaker: Speaker) -> None:
    cues = ("clasp_plea", "self_touch", "mix_together", "narrow_close", "think_touch", "list_fingers", "back_past",
            "heart_feel", "speak_mouth", "build_stack", "we_sweep", "negate_sweep")  # fmt: skip
    clip, marks = act(_talk(cues), speaker, generator=np.random.default_rng(1))
    assert len(marks) >= 5
    gaps = collisions.self_gaps_m(clip)
    for pair in ("hand-trunk", "hand-head", "forearm-trunk", "forearm-forearm"):
        assert gaps[pair].min() > -0.02, pair
    assert np.mean(gaps["hand-hand"] < -0.01) < 0.02
    assert gaps["hand-hand"].min() > -0.03
