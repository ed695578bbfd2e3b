"""Touch that was meant stays when hands are kept out of a body: folded before the belly, on the chest, at the chin."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest
from rig.motions import random_clip
from rig.test_clearance import HALF_M, KEEP, LEAVE, RIG, Character, box, character

from exges_core.arrays import Array
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import two_bone_ik
from exges_core.motion.rotations import quat_from_matrix, quat_inverse, quat_multiply
from exges_core.motion.skeleton import STANDING_PELVIS_HEIGHT_M, joint_index
from exges_core.rig.patch import Mesh
from exges_core.rig.retarget import RetargetOptions
from exges_core.rig.touch import at_body

FRAMES, HELD = 120, 60
SIGN = {"left": 1.0, "right": -1.0}
SLAB_M = np.array([0.09, 0.012, 0.04])
"""Half the size of the slab that stands for a hand, its end at the wrist."""
HEAD_M, HALF_HEAD_M = np.array([0.0, 0.10, 0.03]), np.array([0.08, 0.11, 0.10])
"""The middle of a box that stands for a head, from the head's joint, and half its size: a chin above the chest."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Where a hand rests: its wrist from a joint, where fingers and palm point, and where the elbow is."""

    joint: str
    wrist_m: tuple[float, float, float]
    fingers: tuple[float, float, float]
    palm: tuple[float, float, float]
    elbow: tuple[float, float, float] = (0.5, -1.0, -0.3)


FOLDED = {
    "left": Hold(joint="spine2", wrist_m=(0.14, -0.1, 0.085), fingers=(-0.8, 0.0, 0.6), palm=(-0.6, 0.0, -0.8)),
    "right": Hold(joint="spine2", wrist_m=(-0.14, -0.1, 0.085), fingers=(0.8, 0.0, 0.6), palm=(0.6, 0.0, -0.8)),
}
CHEST = {"left": Hold(joint="spine2", wrist_m=(0.1, 0.15, 0.105), fingers=(-1.0, 0.2, 0.0), palm=(0.0, 0.0, -1.0))}
CHIN = {
    "right": Hold(
        joint="head",
        wrist_m=(-0.09, -0.14, 0.12),
        fingers=(0.5, 0.85, -0.15),
        palm=(0.2, 0.0, -1.0),
        elbow=(0.6, -1.0, 0.5),
    )
}


def turned(side: str, hold: Hold) -> Array:
    """The turn that lays a hand's fingers and palm from where they are at rest to where they shall point."""

    def frame(fingers: Array, palm: Array) -> Array:
        along = fingers / np.linalg.norm(fingers)
        across = palm - along * (palm @ along)
        across /= np.linalg.norm(across)
        return np.stack([along, across, np.cross(along, across)], axis=1)

    rest = frame(np.array([SIGN[side], 0.0, 0.0]), np.array([0.0, -1.0, 0.0]))
    return quat_from_matrix(frame(np.array(hold.fingers), np.array(hold.palm)) @ rest.T)


def holding(holds: Mapping[str, Hold]) -> MotionClip:
    """Hands come from the sides, rest in the middle third of the clip, and go back."""
    clip = random_clip(0, frames=FRAMES, size=0.0)
    clip = replace(clip, root_position_m=np.tile([0.0, STANDING_PELVIS_HEIGHT_M, 0.0], (FRAMES, 1)))
    pose, local = clip.pose(), clip.local_quat_wxyz.copy()
    way = np.clip(np.minimum(np.arange(FRAMES), np.arange(FRAMES)[::-1]) / (FRAMES / 3), 0.0, 1.0)
    share = (way * way * (3.0 - 2.0 * way))[:, None]
    for side, sign in SIGN.items():
        hold = holds.get(
            side,
            Hold(joint=f"{side}_shoulder", wrist_m=(0.25 * sign, -0.45, 0.1), fingers=(0, -1, 0), palm=(-sign, 0, 0)),
        )
        shoulder, elbow, wrist = (joint_index(f"{side}_{part}") for part in ("shoulder", "elbow", "wrist"))
        aside = pose.positions_m[:, shoulder] + [0.25 * sign, -0.45, 0.1]
        there = pose.positions_m[:, joint_index(hold.joint)] + hold.wrist_m
        target = (1.0 - share) * aside + share * there + np.sin(np.pi * share) * [0.1 * sign, 0.0, 0.15]
        points = (pose.positions_m[:, joint] for joint in (shoulder, elbow, wrist))
        solved = two_bone_ik(*points, target, pole=np.tile(np.multiply(hold.elbow, [sign, 1.0, 1.0]), (FRAMES, 1)))
        local[:, shoulder] = solved.root_turn_wxyz
        local[:, elbow] = quat_multiply(quat_inverse(solved.root_turn_wxyz), solved.mid_turn_wxyz)
        local[:, wrist] = quat_multiply(quat_inverse(solved.mid_turn_wxyz), np.tile(turned(side, hold), (FRAMES, 1)))
    return replace(clip, local_quat_wxyz=local)


@dataclass(frozen=True, kw_only=True, eq=False)
class Held:
    """Where the points of both hands are while the hands rest, and the boxes of trunk and head."""

    hands: Mapping[str, Array]
    boxes: tuple[tuple[Array, Array, Array], ...]

    @classmethod
    def of(cls, who: Character, clip: MotionClip, options: RetargetOptions) -> "Held":
        world, heads = (each[HELD] for each in who.joints(clip, options))
        spine, head = joint_index("spine2"), joint_index("head")
        hands = dict[str, Array]()
        for side, sign in SIGN.items():
            wrist = joint_index(f"{side}_wrist")
            slab = box(np.array([sign * SLAB_M[0], 0.0, 0.0]), SLAB_M, wrist, cuts=12).vertices
            hands[side] = heads[wrist] + slab @ world[wrist].T
        trunk = (world[spine], heads[spine], HALF_M)
        return cls(hands=hands, boxes=(trunk, (world[head], heads[head] + world[head] @ HEAD_M, HALF_HEAD_M)))

    def outside_m(self, side: str) -> float:
        """How far the hand is from trunk or head; negative = how deep it is inside."""
        found = list[float]()
        for turn, centre, half in self.boxes:
            past = np.abs((self.hands[side] - centre) @ turn) - half
            found.append(
                float((np.linalg.norm(np.maximum(past, 0.0), axis=-1) + np.minimum(past.max(axis=-1), 0.0)).min())
            )
        return min(found)

    def apart_m(self) -> float:
        left, right = self.hands.values()
        return float(np.linalg.norm(left[:, None] - right, axis=-1).min())


@pytest.fixture(scope="module")
def who() -> Character:
    head = joint_index("head")
    return character(box(RIG.heads[head] + HEAD_M, HALF_HEAD_M, head))


@pytest.mark.parametrize("holds", [FOLDED, CHEST, CHIN], ids=["folded", "chest", "chin"])
def test_hands_that_rest_too_deep_come_to_the_surface_and_stay_on_it(who: Character, holds: Mapping[str, Hold]) -> None:
    clip = holding(holds)
    left, kept = (Held.of(who, clip, options) for options in (LEAVE, KEEP))
    for side in holds:
        assert -0.06 < left.outside_m(side) < -0.02, "the case is too easy, or no touch"
        assert -0.01 < kept.outside_m(side) < 0.015


def test_folded_hands_are_as_near_each_other_as_before(who: Character) -> None:
    clip = holding(FOLDED)
    left, kept = (Held.of(who, clip, options) for options in (LEAVE, KEEP))
    assert left.apart_m() < 0.03
    assert abs(kept.apart_m() - left.apart_m()) < 0.005


def forearms() -> list[Mesh]:
    elbows = {side: joint_index(f"{side}_elbow") for side in SIGN}
    middles = {side: RIG.heads[joint] + np.array([0.12 * SIGN[side], 0.0, 0.0]) for side, joint in elbows.items()}
    return [box(middles[side], np.array([0.12, 0.025, 0.025]), elbow) for side, elbow in elbows.items()]


def forearm_depth_m(who: Character, clip: MotionClip, options: RetargetOptions) -> float:
    """How deep the line from right elbow to wrist is in the trunk."""
    world, heads = (each[HELD] for each in who.joints(clip, options))
    elbow, wrist, spine = (joint_index(name) for name in ("right_elbow", "right_wrist", "spine2"))
    line = heads[elbow] + np.linspace(0.0, 1.0, 30)[:, None] * (heads[wrist] - heads[elbow])
    return float(np.maximum((HALF_M - np.abs((line - heads[spine]) @ world[spine])).min(axis=-1), 0.0).max())


def test_a_hand_at_the_chin_stays_where_its_forearm_leaves_the_chest() -> None:
    head = joint_index("head")
    who = character(box(RIG.heads[head] + HEAD_M, HALF_HEAD_M, head), *forearms())
    clip = holding({"right": replace(CHIN["right"], elbow=(-0.2, -1.0, 0.3))})
    assert forearm_depth_m(who, clip, LEAVE) > 0.03, "the case is too easy to show anything"
    assert forearm_depth_m(who, clip, KEEP) < 0.005
    assert -0.01 < Held.of(who, clip, KEEP).outside_m("right") < 0.015


def test_touch_is_meant_at_trunk_and_head_of_the_canonical_body_alone() -> None:
    at_rest = {side: share[HELD] for side, share in at_body(holding({}).pose()).items()}
    assert at_rest == {"left": 0.0, "right": 0.0}
    at_chin = at_body(holding(CHIN).pose())
    assert at_chin["right"][HELD] == 1.0
    assert at_chin["right"][0] == at_chin["left"][HELD] == 0.0
