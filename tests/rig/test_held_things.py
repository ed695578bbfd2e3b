"""What hangs at a body and what a hand holds: pouches are body, swords and cups are no hand; bodies made here."""

from dataclasses import replace

import numpy as np
import pytest
from rig.test_clearance import FRAMES, HALF_M, KEEP, LEAVE, RIG, Character, box, character, depth_m, joined, reaching

from exges_core.arrays import Array
from exges_core.motion.skeleton import joint_index
from exges_core.rig.flesh import held_in_hands, places_of
from exges_core.rig.mesh_points import roomy, scattered
from exges_core.rig.patch import Mesh

SPINE, WRIST = joint_index("spine2"), joint_index("left_wrist")
FRONT = RIG.heads[SPINE] + [0.0, 0.0, HALF_M[2]]
GAP_M, HALF_POUCH_M = 0.015, np.array([0.16, 0.12, 0.02])
POUCH = box(FRONT + np.array([0.0, 0.0, GAP_M + HALF_POUCH_M[2]]), HALF_POUCH_M, SPINE)


def hand(*more: Mesh) -> Mesh:
    """A hand of a palm and four fingers, each an island of its own as a robot's are."""
    parts = [box(RIG.heads[WRIST] + [0.05, 0.0, 0.0], np.array([0.05, 0.012, 0.04]), WRIST, cuts=4)]
    for finger in ("index", "middle", "ring", "pinky"):
        for number in (1, 2, 3):
            bone = joint_index(f"left_{finger}{number}")
            parts.append(box(RIG.heads[bone] + [0.012, 0.0, 0.0], np.array([0.012, 0.007, 0.007]), bone, cuts=2))
    return joined([*parts, *more])


def held(mesh: Mesh) -> Array:
    chain = Character(mesh=mesh).retargeter.chain
    return held_in_hands(chain, mesh, places_of(chain, mesh), 1.0)


def thing(centre: tuple[float, float, float], half: tuple[float, float, float]) -> Mesh:
    """A box that the left wrist carries, from the wrist."""
    return box(RIG.heads[WRIST] + centre, np.array(half), WRIST, cuts=4)


SWORD = thing((0.09, -0.02, 0.45), (0.015, 0.015, 0.5))
CUP = thing((0.09, -0.065, 0.0), (0.04, 0.04, 0.05))
BAG = thing((0.09, -0.35, 0.0), (0.15, 0.2, 0.05))
RING = thing((0.12, 0.0, 0.02), (0.004, 0.012, 0.012))


@pytest.mark.parametrize(
    ("mesh", "is_held"), [(SWORD, True), (CUP, True), (BAG, True), (RING, False)], ids=["sword", "cup", "bag", "ring"]
)
def test_what_a_hand_holds_is_told_from_the_hand_by_its_shape(mesh: Mesh, is_held: bool) -> None:
    found = held(hand(mesh))
    assert not found[: -len(mesh.vertices)].any(), "no finger is a thing that is held"
    assert (found[-len(mesh.vertices) :] == is_held).all()


def test_a_blade_that_is_one_piece_with_the_arm_ends_where_fingers_do() -> None:
    arm = box(RIG.heads[WRIST] + [0.3, 0.0, 0.0], np.array([0.5, 0.02, 0.02]), WRIST, cuts=20)
    elbow = joint_index("left_elbow")
    arm = replace(arm, bone=np.where(arm.vertices[:, 0] < RIG.heads[WRIST, 0], elbow, WRIST))
    away = arm.vertices[:, 0] - RIG.heads[WRIST, 0]
    found = held(arm)
    assert found[away > 0.35].all()
    assert not found[away < 0.2].any()


def test_a_sword_in_the_hand_changes_nothing() -> None:
    clip = reaching(0.06)
    bare, armed = character(), character(SWORD)
    plays = [who.plays(clip, KEEP).basis_quat_wxyz for who in (bare, armed)]
    np.testing.assert_allclose(plays[1], plays[0], atol=2e-3)
    left = bare.plays(clip, LEAVE).basis_quat_wxyz
    assert np.abs(left - plays[0]).max() > 0.05, "the hand was pushed at all"


def test_faces_in_a_gap_that_no_hand_fits_into_are_no_surface() -> None:
    trunk = box(RIG.heads[SPINE], HALF_M, SPINE)
    points = roomy(
        scattered(joined([trunk, POUCH]), np.zeros(2 * len(trunk.vertices), dtype=np.int64), 1.0), 1.0
    ).points
    is_before = (np.abs(points - FRONT)[:, :2] < HALF_POUCH_M[:2] - 0.02).all(axis=1)
    ahead = points[is_before, 2] - FRONT[2]
    np.testing.assert_allclose(ahead[ahead > -0.1], GAP_M + 2.0 * HALF_POUCH_M[2], atol=1e-6)
    assert (points[~is_before, 2] > FRONT[2] - 1e-6).any(), "the trunk beside the pouch is still there"


def test_a_hand_in_a_pouch_comes_out_before_it_and_no_further() -> None:
    who, clip = character(POUCH), reaching(0.0)
    wrists = [who.joints(clip, options)[1][FRAMES // 2, WRIST, 2] for options in (LEAVE, KEEP)]
    ahead = np.array(wrists) - FRONT[2] - GAP_M - 2.0 * HALF_POUCH_M[2]
    assert ahead[0] < -0.05, "the case is too easy to show anything"
    assert -0.01 < ahead[1] < 0.03


def test_a_hand_that_has_room_before_a_pouch_is_left_alone() -> None:
    who, clip = character(POUCH), reaching(-0.15)
    assert depth_m(who, clip, LEAVE).max() == 0.0
    left, kept = (who.plays(clip, options) for options in (LEAVE, KEEP))
    np.testing.assert_array_equal(kept.basis_quat_wxyz, left.basis_quat_wxyz)


def test_a_hand_that_is_nowhere_near_its_bones_is_still_the_hand() -> None:
    assert not held(thing((0.0, -0.5, 0.0), (0.05, 0.05, 0.05))).any()
