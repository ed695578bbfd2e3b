"""Rigs without bones for hands or head: MPFB's OpenPose rig, and other families' that lost theirs."""

from dataclasses import replace

import numpy as np
import pytest
from rig.families import Family, family
from rig.families.bodies import body
from rig.families.openpose import POSES, openpose
from rig.motions import degrees_between, posed_bones, random_clip
from rig.test_clearance import reaching
from rig.test_contacts import clasping

from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import quat_from_matrix, quat_inverse, quat_multiply
from exges_core.motion.skeleton import JOINT_NAMES, PARENTS, joint_index
from exges_core.rig.bones import REQUIRED_JOINTS, Rig, rig_from_hierarchy
from exges_core.rig.match import match_rig
from exges_core.rig.options import EXACT, RetargetOptions
from exges_core.rig.retarget import Retargeter
from exges_core.rig.rig_pose import RigPose

HANDS = {"left_wrist", "right_wrist"}
SEGMENTS = [
    (f"{side}_{upper}", f"{side}_{lower}")
    for side in ("left", "right")
    for upper, lower in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
]


def retargeter_of(rig: Rig) -> Retargeter:
    return Retargeter(rig=rig, rig_map=match_rig(rig))


def posed(rig: Rig, pose: RigPose) -> tuple[np.ndarray, np.ndarray]:
    """World matrices and heads, the roots beside the moving bone moved by their own channels."""
    world, heads = posed_bones(rig, pose)
    for bone, location in pose.beside.items():
        moved = location @ rig.rest_matrix[rig.index(bone)].T
        below = [place for place, name in enumerate(rig.names) if name == bone or rig.is_ancestor(bone, name)]
        heads[:, below] += moved[:, None]
    return world, heads


def ends_m(retargeter: Retargeter, pose: RigPose) -> dict[str, np.ndarray]:
    """Where joints are on the posed rig; hands where the forearms' tails are."""
    rig = retargeter.rig
    world, heads = posed(rig, pose)
    found = {joint: heads[:, rig.index(bone)] for joint, bone in retargeter.bones.items()}
    for side in ("left", "right"):
        bone = rig.index(retargeter.bones[f"{side}_elbow"])
        along = rig.rest_matrix[bone].T @ (rig.tails[bone] - rig.heads[bone])
        found.setdefault(f"{side}_wrist", heads[:, bone] + world[:, bone] @ along)
    return found


def worst_degrees(retargeter: Retargeter, seed: int, *, played_by: Retargeter | None = None) -> float:
    """Largest angle between wanted and seen directions of upper arms, forearms, thighs and shins."""
    clip = random_clip(seed)
    seen = ends_m(retargeter, (played_by or retargeter).to_rig(clip, options=EXACT))
    wanted = clip.positions_m()
    angles = []
    for upper, lower in SEGMENTS:
        here = seen[lower] - seen[upper]
        there = wanted[:, joint_index(lower)] - wanted[:, joint_index(upper)]
        across, along = np.linalg.norm(np.cross(here, there), axis=-1), (here * there).sum(axis=-1)
        angles.append(np.degrees(np.arctan2(across, along)).max())
    return float(max(angles))


@pytest.mark.parametrize("pose", POSES)
def test_the_rig_is_called_by_its_name_and_said_to_lack_hands_and_head(pose: str) -> None:
    found = match_rig(openpose(pose).rig)
    assert (found.preset, found.title) == ("openpose", "MPFB OpenPose")
    assert {"left_wrist", "right_wrist", "head"} <= set(found.missing)
    assert not found.doubtful
    assert found.score == 1.0


@pytest.mark.parametrize("pose", POSES)
def test_arms_legs_trunk_and_head_go_as_the_motion_has_them(pose: str) -> None:
    each = openpose(pose, roll=3)
    retargeter, clip = retargeter_of(each.rig), random_clip(6)
    assert dict(retargeter.bones) == dict(each.truth)
    assert worst_degrees(retargeter, 6) < 0.01
    world, _ = posed(each.rig, retargeter.to_rig(clip, options=EXACT))
    wanted = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).world_quat_wxyz
    rest = body(POSES[pose]).turns
    for joint, bone in {**each.truth, "right_pelvis": "RHip"}.items():
        joint = joint.removeprefix("right_") if "pelvis" in joint else joint
        if joint.endswith("collar"):
            continue
        turn = quat_from_matrix(world[:, each.rig.index(bone)] @ each.rig.rest_matrix[each.rig.index(bone)].T)
        truth = quat_multiply(wanted[:, joint_index(joint)], quat_inverse(quat_from_matrix(rest[joint])))
        assert degrees_between(turn, truth) < 0.5, joint


def test_names_taken_literally_are_off_by_a_bone() -> None:
    right = retargeter_of(openpose("bent").rig)
    arms = {
        f"{side}_{joint}": f"{side[0].upper()}{joint.title()}"
        for side in ("left", "right")
        for joint in ("shoulder", "elbow", "wrist")
    }
    bones = {joint: bone for joint, bone in right.rig_map.bones.items() if not joint.endswith(("collar", "elbow"))}
    literal = Retargeter(rig=right.rig, rig_map=replace(right.rig_map, bones={**bones, **arms}))
    assert worst_degrees(right, 6, played_by=literal) > 20.0


@pytest.mark.parametrize("travel", ["hips", "object"])
def test_roots_beside_each_other_stay_together(travel: str) -> None:
    each = openpose(roll=1)
    retargeter = retargeter_of(each.rig)
    _, heads = posed(each.rig, retargeter.to_rig(random_clip(7), options=RetargetOptions(travel=travel)))
    places = [each.rig.index(name) for name in ("LHip", "RHip", "MidHip")]
    for place in places[1:]:
        np.testing.assert_allclose(heads[:, place], heads[:, places[0]], atol=1e-9)


def test_what_the_rig_shows_reads_back() -> None:
    retargeter, clip = retargeter_of(openpose(roll=2).rig), random_clip(8)
    pose = retargeter.to_rig(clip, options=EXACT)
    back = retargeter.to_canonical(pose.basis_quat_wxyz, pose.location, frame_rate_hz=30.0)
    joints = [joint_index(joint) for joint in retargeter.bones]
    wanted, shown = (each.pose().world_quat_wxyz[:, joints] for each in (clip, back))
    assert degrees_between(shown, wanted) < 0.1
    np.testing.assert_allclose(back.root_position_m, clip.root_position_m, atol=1e-9)


def test_a_skeleton_with_bones_at_openposes_joints_is_another() -> None:
    names = {
        **{"pelvis": "MidHip", "spine3": "Spine", "neck": "Neck", "head": "Nose"},
        **{
            f"{side}_{joint}": f"{side[0].upper()}{joint.title()}"
            for side in ("left", "right")
            for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
        },
        **{f"{side}_foot": f"{side[0].upper()}BigToe" for side in ("left", "right")},
    }
    kept = [name for name in JOINT_NAMES if name in names]
    parents, offsets = [], []
    rest = random_clip(0, frames=1, size=0.0).positions_m()[0]
    for name in kept:
        above = PARENTS[joint_index(name)]
        while above >= 0 and JOINT_NAMES[above] not in names:
            above = PARENTS[above]
        parents.append(kept.index(JOINT_NAMES[above]) if above >= 0 else -1)
        offsets.append(rest[joint_index(name)] - (rest[above] if above >= 0 else 0.0))
    more = [(f"{side}{name}", f"{side}Ankle") for side in "LR" for name in ("Heel", "SmallToe")]
    all_names = (*(names[name] for name in kept), *(name for name, _ in more))
    all_parents = (*parents, *(all_names.index(above) for _, above in more))
    found = match_rig(
        rig_from_hierarchy(all_names, all_parents, np.stack([*offsets, *[np.array([0.0, -0.05, -0.03])] * 4]))
    )
    assert found.preset != "openpose"
    assert {joint: found.bones.get(joint) for joint in ("left_elbow", "right_knee", "pelvis")} == {
        "left_elbow": "LElbow",
        "right_knee": "RKnee",
        "pelvis": "MidHip",
    }


def cut(each: Family, joints: set[str]) -> Rig:
    """The rig without the bones of these joints and all that hangs on them."""
    rig, gone = each.rig, {each.truth[joint] for joint in joints if joint in each.truth}
    kept = [name for name in rig.names if name not in gone and not any(rig.is_ancestor(bone, name) for bone in gone)]
    places = [rig.index(name) for name in kept]
    return Rig(
        names=tuple(kept),
        parents=tuple(places.index(rig.parents[place]) if rig.parents[place] >= 0 else -1 for place in places),
        heads=rig.heads[places],
        tails=rig.tails[places],
        rest_matrix=rig.rest_matrix[places],
        inherits_rotation=rig.inherits_rotation[places],
    )


@pytest.mark.parametrize(
    "lost", [HANDS, {"head"}, {"neck", "head"}, HANDS | {"head"}], ids=["hands", "head", "neck", "both"]
)
@pytest.mark.parametrize("name", ["mixamo", "blender"])
def test_any_familys_rig_without_them_is_matched_and_moves(name: str, lost: set[str]) -> None:
    each = family(name, pose="a", roll=1)
    retargeter = retargeter_of(cut(each, lost))
    assert set(lost) <= set(retargeter.rig_map.missing)
    assert not retargeter.rig_map.doubtful
    assert all(retargeter.rig_map.bones[joint] == each.truth[joint] for joint in REQUIRED_JOINTS)
    assert worst_degrees(retargeter, 9) < 0.01
    if "neck" in retargeter.rig_map.bones and "head" in lost:
        assert retargeter.joints_of(each.truth["neck"]) == ("neck", "head")


def test_hands_without_bones_or_tails_go_straight_on() -> None:
    rig = openpose("t", tails="none").rig
    retargeter = retargeter_of(rig)
    wrist = retargeter.rest.points["left_wrist"]
    whole = openpose("t").rig
    np.testing.assert_allclose(wrist, whole.tails[whole.index("LWrist")], atol=0.02)


def test_hands_without_bones_meet() -> None:
    retargeter, clip = retargeter_of(openpose("a").rig), clasping()
    kept = ends_m(retargeter, retargeter.to_rig(clip, options=RetargetOptions()))
    wanted = clip.positions_m()[-1]
    apart = np.linalg.norm(wanted[joint_index("left_wrist")] - wanted[joint_index("right_wrist")])
    gap = np.linalg.norm(kept["left_wrist"][-1] - kept["right_wrist"][-1])
    assert abs(gap - apart * retargeter.scale) < 0.02


def test_hands_without_bones_stay_out_of_the_body() -> None:
    retargeter, clip = retargeter_of(openpose("a").rig), reaching(0.08)

    def inside(options: RetargetOptions) -> float:
        """1 in the middle of a waist as wide and deep as a grown-up's, 0 at its skin; the left hand at its deepest."""
        seen = ends_m(retargeter, retargeter.to_rig(clip, options=options))
        middle = 0.5 * (seen["spine3"] + seen["head"])
        return float(1.0 - np.linalg.norm((seen["left_wrist"] - middle)[clip.frames // 2, [0, 2]] / [0.15, 0.11]))

    assert inside(RetargetOptions(keep_out=False)) > 0.15 > 0.05 > inside(RetargetOptions())
