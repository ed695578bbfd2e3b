"""What the denoiser is told of a score."""

from dataclasses import replace

import numpy as np

from exges_core.diffusion import denoiser
from exges_core.motion.clip import MotionClip
from exges_core.score.channels import (
    HAND_CHANNELS,
    PER_M,
    PLACE_CHANNELS,
    SCORE_CHANNELS,
    chest_wrists_m,
    places_of,
    score_channels,
)
from exges_core.score.records import Score, Stroke

STROKE = Stroke(start_s=1.0, stroke_start_s=1.5, apex_s=2.0, hold_end_s=2.5, end_s=3.5, hand="left", size=1.2)
RIGHT = slice(HAND_CHANNELS, 2 * HAND_CHANNELS)


def told(*strokes: Stroke, places: np.ndarray | None = None) -> np.ndarray:
    return score_channels(Score(strokes=strokes, duration_s=5.0), 150, places)


def test_the_network_knows_how_many_there_are() -> None:
    assert SCORE_CHANNELS == denoiser.SCORE_CHANNELS == told().shape[1]


def test_phases_follow_each_other_on_their_hand_alone() -> None:
    channels = told(STROKE)
    for channel, at_s in enumerate((1.3, 1.8, 2.3, 2.6)):
        row = channels[round(at_s * 30), :4]
        assert row[channel] > 0
        assert not np.delete(row, channel).any()
    assert not channels[:, RIGHT].any()
    assert np.isclose(channels[60 - 6, 5], 0.2)  # seconds to the apex
    assert channels[50, 6] == np.float32(1.2)
    assert not channels[:29, :-1].any()
    assert not channels[106:, :-1].any()


def test_a_score_without_strokes_is_not_the_same_as_no_score() -> None:
    assert (told()[:, -1] == 1.0).all()
    assert not told()[:, :-1].any()


def test_the_next_stroke_takes_the_hand_from_the_last() -> None:
    following = replace(STROKE, start_s=2.2, stroke_start_s=2.4, apex_s=2.8, hold_end_s=2.8, end_s=4.0, size=0.5)
    channels = told(STROKE, following)
    assert channels[65, 6] == np.float32(1.2)
    assert channels[67, 6] == 0.5
    assert not channels[67:, 2].any()


def test_places_are_told_where_they_are_known() -> None:
    places = np.full((1, 2, 2, 3), np.nan)
    assert not told(STROKE, places=places)[:, PLACE_CHANNELS].any()
    places[0, 0] = [[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]]
    row = told(STROKE, places=places)[50]
    assert np.allclose(row[7:13], PER_M * places[0, 0].ravel())
    assert row[13] == 1.0
    assert not row[RIGHT].any()


def test_places_turn_and_walk_with_the_body(generator: np.random.Generator) -> None:
    quats = generator.standard_normal((10, 55, 4))
    quats /= np.linalg.norm(quats, axis=-1, keepdims=True)
    clip = MotionClip(local_quat_wxyz=quats, root_position_m=np.zeros((10, 3)), frame_rate_hz=30.0)
    turned = quats.copy()
    turned[:, 0] = generator.standard_normal((10, 4))
    turned[:, 0] /= np.linalg.norm(turned[:, 0], axis=-1, keepdims=True)
    other = MotionClip(local_quat_wxyz=turned, root_position_m=np.ones((10, 3)), frame_rate_hz=30.0)
    assert np.allclose(chest_wrists_m(clip), chest_wrists_m(other))


def test_only_the_hands_that_stroke_have_places() -> None:
    wrists = np.arange(150 * 6, dtype=float).reshape(150, 2, 3)
    places = places_of([STROKE], wrists)
    assert np.array_equal(places[0, 0], wrists[[45, 60], 0])
    assert np.isnan(places[0, 1]).all()
