"""Feet stand and hands meet whatever the proportions; a body of our own proportions is left alone."""

from dataclasses import replace

import numpy as np
import pytest
from rig.families import Family, family
from rig.motions import degrees_between, posed_bones, random_clip, standing_and_swaying, true_map

from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import two_bone_ik
from exges_core.motion.rotations import quat_from_rotvec, quat_inverse, quat_multiply
from exges_core.motion.skeleton import JOINT_NAMES, PARENTS, REST_OFFSETS_M, joint_index
from exges_core.rig.bones import Rig, rig_from_hierarchy
from exges_core.rig.match import match_rig
from exges_core.rig.options import EXACT, RetargetOptions
from exges_core.rig.retarget import Retargeter

TOUCH_M = 0.02
KEEP = RetargetOptions()


def short_thighs(each: Family) -> Family:
    """The same character with thighs a fifth shorter, shins a fifth longer, hips wider and feet half as long again."""
    heads, names = each.rig.heads.copy(), each.rig.names
    below: dict[int, list[int]] = {}
    for bone, parent in enumerate(each.rig.parents):
        below.setdefault(parent, []).append(bone)

    def move(bone: int, by: np.ndarray) -> None:
        heads[bone] += by
        for child in below.get(bone, []):
            move(child, by)

    def at(joint: str) -> int:
        return names.index(each.truth[joint])

    for side, out in (("left", 0.05), ("right", -0.05)):
        rest = {part: each.rig.heads[at(f"{side}_{part}")] for part in ("hip", "knee", "ankle", "foot")}
        move(at(f"{side}_hip"), np.array([out * each.unit, 0.0, 0.0]))
        move(at(f"{side}_knee"), -0.2 * (rest["knee"] - rest["hip"]))
        move(at(f"{side}_ankle"), 0.2 * (rest["ankle"] - rest["knee"]))
        move(at(f"{side}_foot"), 0.5 * (rest["foot"] - rest["ankle"]) * np.array([1.0, 0.0, 1.0]))
    return replace(each, rig=replace(each.rig, heads=heads, tails=each.rig.tails + heads - each.rig.heads))


def clasping(frames: int = 20) -> MotionClip:
    """Both hands come together in front of the chest until fingers touch."""
    clip = random_clip(0, frames=frames, size=0.0)
    clip = replace(clip, root_position_m=np.tile([0.0, 0.93, 0.0], (frames, 1)))
    pose, local = clip.pose(), clip.local_quat_wxyz.copy()
    close = np.linspace(0.3, 0.045, frames)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder, elbow, wrist = (joint_index(f"{side}_{part}") for part in ("shoulder", "elbow", "wrist"))
        target = np.stack([sign * close, np.full(frames, 1.25), np.full(frames, 0.3)], axis=-1)
        points = (pose.positions_m[:, joint] for joint in (shoulder, elbow, wrist))
        solved = two_bone_ik(*points, target, pole=np.tile([0.3 * sign, -1.0, -0.2], (frames, 1)))
        local[:, shoulder] = solved.root_turn_wxyz
        local[:, elbow] = quat_multiply(quat_inverse(solved.root_turn_wxyz), solved.mid_turn_wxyz)
        hand = quat_from_rotvec(np.array([0.0, -sign * 1.72, 0.0]))
        local[:, wrist] = quat_multiply(quat_inverse(solved.mid_turn_wxyz), np.tile(hand, (frames, 1)))
    return replace(clip, local_quat_wxyz=local)


def retargeter_of(each: Family) -> Retargeter:
    return Retargeter(rig=each.rig, rig_map=true_map(each))


def head_of(each: Family, heads: np.ndarray, joint: str) -> np.ndarray:
    return heads[:, each.rig.index(each.truth[joint])] / each.unit


@pytest.mark.parametrize("name", ["mixamo", "unreal5", "biped"])
def test_planted_feet_stay_planted_under_other_legs(name: str) -> None:
    each = short_thighs(family(name, pose="t"))
    retargeter, clip = retargeter_of(each), standing_and_swaying()
    exact, kept = (posed_bones(each.rig, retargeter.to_rig(clip, options=options))[1] for options in (EXACT, KEEP))
    for side in ("left", "right"):
        for joint in (f"{side}_ankle", f"{side}_foot"):
            assert np.ptp(head_of(each, kept, joint), axis=0).max() < 0.004
            rest = each.rig.heads[each.rig.index(each.truth[joint])][1] / each.unit
            np.testing.assert_allclose(head_of(each, kept, joint)[:, 1], rest, atol=0.004)
    slid = max(np.ptp(head_of(each, exact, f"{side}_ankle"), axis=0).max() for side in ("left", "right"))
    assert slid > 0.01, "the case is too easy to show anything"


@pytest.mark.parametrize("build", ["heroic", "child", "stylised"])
@pytest.mark.parametrize("name", ["mixamo", "vroid"])
def test_hands_that_touch_keep_touching(name: str, build: str) -> None:
    each = family(name, build=build, roll=1)
    retargeter, clip = retargeter_of(each), clasping()
    joints = [f"{side}_{part}" for side in ("left", "right") for part in ("index3", "middle3", "ring3", "pinky3")]
    there = {joint: clip.positions_m()[:, joint_index(joint)] for joint in joints}
    size = {"heroic": 1.0, "child": 0.65, "stylised": 1.1}[build]

    def apart(heads: np.ndarray) -> float:
        """How far the last pose's gaps between opposite fingers are from those of the canonical hands."""
        found = []
        for left, right in zip(joints[:4], joints[4:], strict=True):
            gap = head_of(each, heads, left)[-1] - head_of(each, heads, right)[-1]
            found.append(np.linalg.norm(gap - size * (there[left][-1] - there[right][-1])))
        return float(min(found))

    assert np.linalg.norm(there["left_middle3"][-1] - there["right_middle3"][-1]) < 0.06
    exact, kept = (posed_bones(each.rig, retargeter.to_rig(clip, options=options))[1] for options in (EXACT, KEEP))
    assert apart(kept) < TOUCH_M < apart(exact)


def test_a_body_of_canonical_proportions_is_left_alone() -> None:
    rig = rig_from_hierarchy(JOINT_NAMES, PARENTS, REST_OFFSETS_M)
    retargeter = Retargeter(rig=rig, rig_map=match_rig(rig))
    for clip in (standing_and_swaying(), clasping()):
        exact, kept = retargeter.to_rig(clip), retargeter.to_rig(clip, options=KEEP)
        assert degrees_between(exact.basis_quat_wxyz, kept.basis_quat_wxyz) < 0.05
        np.testing.assert_allclose(kept.location, exact.location, atol=1e-3)


def test_frames_that_must_stay_exact_do() -> None:
    each = short_thighs(family("mixamo", build="heroic"))
    retargeter, clip = retargeter_of(each), standing_and_swaying()
    is_exact = np.zeros(clip.frames, dtype=bool)
    is_exact[30] = True
    exact, kept = retargeter.to_rig(clip), retargeter.to_rig(clip, options=KEEP, is_exact=is_exact)
    assert degrees_between(exact.basis_quat_wxyz[30], kept.basis_quat_wxyz[30]) < 1e-6
    np.testing.assert_allclose(exact.location[30], kept.location[30], atol=1e-9)
    assert degrees_between(exact.basis_quat_wxyz, kept.basis_quat_wxyz) > 1.0
    steps = np.linalg.norm(np.diff(kept.location, axis=0), axis=-1) / each.unit
    assert steps.max() < 0.03, "contact fades, it does not pop"


def test_a_rig_without_fingers_or_toes_keeps_its_feet() -> None:
    whole = rig_from_hierarchy(JOINT_NAMES, PARENTS, REST_OFFSETS_M)
    count = [index for index, name in enumerate(JOINT_NAMES[:22]) if not name.endswith("_foot")]
    parents = tuple(count.index(PARENTS[index]) if PARENTS[index] >= 0 else -1 for index in count)
    rig = Rig(
        names=tuple(JOINT_NAMES[index] for index in count),
        parents=parents,
        heads=1.1 * whole.heads[count],
        tails=whole.tails[count],
        rest_matrix=whole.rest_matrix[count],
        inherits_rotation=whole.inherits_rotation[count],
    )
    pose = Retargeter(rig=rig, rig_map=match_rig(rig)).to_rig(clasping(), options=KEEP)
    assert np.isfinite(pose.basis_quat_wxyz).all()
