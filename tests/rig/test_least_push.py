"""A push is no longer than it takes to clear: per frame, over time, and on a body."""

import numpy as np
import pytest
from rig.test_clearance import FRAMES, HALF_M, KEEP, LEAVE, Character, box, character, reaching

from exges_core.arrays import Array
from exges_core.motion.clip import MotionClip
from exges_core.motion.footlock import smooth_cover
from exges_core.motion.skeleton import joint_index
from exges_core.rig.least_push import least_cover, least_shares
from exges_core.rig.options import RetargetOptions

REACH = 9
NEEDS = {
    "step": np.repeat([0.0, 0.1, 0.0], [60, 30, 60]),
    "spike": 0.1 * (np.arange(150) == 70),
    "two": np.repeat([0.0, 0.1, 0.0, 0.05, 0.0], [60, 3, 12, 9, 60]),
    "from the start": np.repeat([0.1, 0.0], [5, 60]),
    "shorter than a bump": np.repeat([0.0, 0.1, 0.0], [3, 2, 4]),
}


@pytest.mark.parametrize("need", NEEDS.values(), ids=NEEDS)
def test_a_cover_is_nowhere_short_and_little_higher_than_the_need(need: Array) -> None:
    cover = least_cover(need, REACH)
    assert (cover > need - 0.01 * need.max()).all()
    assert cover.max() < 1.15 * need.max()
    assert cover.min() > -1e-12
    corners = np.abs(np.diff(cover, n=3)).max() / np.abs(np.diff(need, n=3)).max()
    assert corners < 0.02, "a hand that is pushed so swerves"


def test_a_cover_costs_less_than_a_running_maximum() -> None:
    frames = np.arange(900)
    need = 0.1 * np.maximum(np.sin(frames / 17) + 0.5 * np.sin(frames / 41) - 0.6, 0.0)
    cover, highest = least_cover(need, REACH), smooth_cover(need, 2 * REACH)
    assert (cover - need).sum() < 0.2 * (highest - need).sum()


def test_no_need_has_no_cover() -> None:
    assert not least_cover(np.zeros(40), REACH).any()


def test_the_least_share_that_clears_is_found_to_a_thirty_second() -> None:
    least, wanted = np.array([0.0, 0.1, 0.5, 0.77, 1.0, 2.0]), np.array([False, True, True, True, True, True])
    found = least_shares(wanted, lambda share: share < least)
    assert found[0] == 0.0
    over = found[1:5] - least[1:5]
    assert (over >= 0.0).all()
    assert (over <= 1 / 32).all()
    assert found[5] == 1.0, "what does not clear at all is pushed as far as it goes"


SLAB_M = np.array([0.09, 0.012, 0.04])


def hand_and_wrist_m(who: Character, clip: MotionClip, options: RetargetOptions) -> tuple[Array, Array]:
    """How far the left hand's slab is off the trunk's box (negative = in it), and where its wrist is, per frame."""
    world, heads = who.joints(clip, options)
    wrist, spine = joint_index("left_wrist"), joint_index("spine2")
    slab = box(np.array([SLAB_M[0], 0.0, 0.0]), SLAB_M, wrist, cuts=12).vertices
    points = heads[:, None, wrist] + np.einsum("fij,pj->fpi", world[:, wrist], slab)
    past = np.abs(np.einsum("fpi,fij->fpj", points - heads[:, None, spine], world[:, spine])) - HALF_M
    off = np.linalg.norm(np.maximum(past, 0.0), axis=-1) + np.minimum(past.max(axis=-1), 0.0)
    return off.min(axis=1), heads[:, wrist]


def test_pushed_hands_lie_at_the_surface_in_every_frame() -> None:
    who, clip = character(), reaching(0.06, 2 * FRAMES)
    (before, left), (after, kept) = (hand_and_wrist_m(who, clip, options) for options in (LEAVE, KEEP))
    assert before.min() < -0.06, "the case is too easy to show anything"
    assert after.min() > -0.006
    moved = np.linalg.norm(kept - left, axis=-1)
    over = np.minimum(after, moved)[moved > 0.01]
    assert len(over) < 1.5 * (before < -0.01).sum(), "frames that need none are left alone"
    assert np.median(over) < 0.005
    assert over.max() < 0.02


def test_exact_frames_end_a_push_without_a_jump() -> None:
    who, clip = character(), reaching(0.06, 2 * FRAMES)
    is_exact = np.arange(clip.frames) == FRAMES
    left, kept = (who.plays(clip, each, is_exact=is_exact).basis_quat_wxyz for each in (LEAVE, KEEP))
    turned = np.degrees(2.0 * np.arccos(np.minimum(np.abs((left * kept).sum(axis=-1)), 1.0))).max(axis=1)
    assert turned[FRAMES] < 1e-5
    assert turned.max() > 5.0, "the case is too easy to show anything"
    assert np.abs(np.diff(turned)).max() < 8.0
