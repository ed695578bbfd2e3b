"""Every family, T- and A-posed, rolled and in other proportions: each bone turns as its joint does, and reads back."""

from dataclasses import replace

import numpy as np
import pytest
from rig.families import _SPECS, FAMILIES, Family, family
from rig.families.bodies import A_POSE, T_POSE, body
from rig.motions import degrees_between, posed_bones, random_clip, true_map

from exges_core.errors import RigMatchError
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import (
    matrix_from_quat,
    quat_from_matrix,
    quat_from_rotvec,
    quat_inverse,
    quat_multiply,
    quat_rotate,
)
from exges_core.motion.skeleton import joint_index
from exges_core.rig.bones import Rig
from exges_core.rig.match import match_rig
from exges_core.rig.options import EXACT
from exges_core.rig.retarget import Retargeter

WORLD_DEGREES = 0.5
ROUND_TRIP_DEGREES = 0.1
OWN_REST = ("collar",)
"""Joints that keep the rig's own rest by design: lowered collars of an A-pose are how that character stands."""
CASES = [
    {"pose": "own", "roll": 3, "extras": True},
    {"pose": "a", "roll": 5, "build": "child"},
    {"pose": "t", "build": "heroic", "tails": "stub"},
]


def retargeter_of(each: Family) -> Retargeter:
    return Retargeter(rig=each.rig, rig_map=true_map(each))


def turns_at_rest(name: str, pose: str) -> dict[str, np.ndarray]:
    """How far the fixture's own joints are turned from the T-pose: known because we turned them."""
    return dict(body({"t": T_POSE, "a": A_POSE, "own": _SPECS[name].pose}[pose]).turns)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(str(value) for value in case.values()))
def test_every_bone_has_its_joints_world_rotation_and_reads_back(name: str, case: dict[str, object]) -> None:
    each = family(name, **case)  # type: ignore[arg-type]
    retargeter, clip = retargeter_of(each), random_clip(1)
    pose = retargeter.to_rig(clip)
    world, _ = posed_bones(each.rig, pose)
    wanted = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).world_quat_wxyz
    rest = turns_at_rest(name, str(case["pose"]))
    for joint, bone in retargeter.bones.items():
        has_short_finger = f"{joint[:-1]}3" not in each.truth and joint.endswith("2")
        if joint.endswith(OWN_REST) or (has_short_finger and case["pose"] != "t"):
            continue  # where a two-bone finger points at rest, nothing tells
        index = each.rig.index(bone)
        turned = quat_from_matrix(world[:, index] @ each.rig.rest_matrix[index].T)
        truth = quat_multiply(wanted[:, joint_index(joint)], quat_inverse(quat_from_matrix(rest[joint])))
        assert degrees_between(turned, truth) < WORLD_DEGREES, joint
    back = retargeter.to_canonical(pose.basis_quat_wxyz, pose.location, frame_rate_hz=30.0)
    shown = forward_kinematics(back.local_quat_wxyz, back.root_position_m).world_quat_wxyz
    joints = [joint_index(joint) for joint in retargeter.bones]
    assert degrees_between(shown[:, joints], wanted[:, joints]) < ROUND_TRIP_DEGREES
    np.testing.assert_allclose(back.root_position_m, clip.root_position_m, atol=1e-9)


@pytest.mark.parametrize("name", ["unreal5", "daz_genesis8", "cmu_bvh", "makehuman"])
def test_what_a_rig_shows_is_shown_again_after_the_way_back(name: str) -> None:
    """An animator's pose on the rig survives: rig -> canonical -> rig."""
    each = family(name, roll=2)
    retargeter = retargeter_of(each)
    first = retargeter.to_rig(random_clip(4))
    mapped = [place for place, (_, joint) in enumerate(retargeter.driven) if joint]
    keyed = first.basis_quat_wxyz.copy()
    keyed[:, mapped] = quat_multiply(keyed[:, mapped], quat_from_rotvec(np.array([0.1, -0.2, 0.15])))
    back = retargeter.to_canonical(keyed, first.location, frame_rate_hz=30.0)
    again = retargeter.to_rig(back)
    world, heads = posed_bones(each.rig, again)
    before, heads_before = posed_bones(each.rig, replace(first, basis_quat_wxyz=keyed))
    bones = [each.rig.index(retargeter.driven[place][0]) for place in mapped]
    here, there = quat_from_matrix(world[:, bones]), quat_from_matrix(before[:, bones])
    assert degrees_between(here, there) < ROUND_TRIP_DEGREES
    hips = each.rig.index(each.truth["pelvis"])
    np.testing.assert_allclose(heads[:, hips], heads_before[:, hips], atol=1e-6 * each.unit)


def without(each: Family, joints: set[str]) -> tuple[Rig, Family]:
    """Take bones away; their children go to their parents."""
    gone = {each.truth[joint] for joint in joints}
    kept = [index for index, name in enumerate(each.rig.names) if name not in gone]
    parents = []
    for index in kept:
        parent = each.rig.parents[index]
        while parent >= 0 and parent not in kept:
            parent = each.rig.parents[parent]
        parents.append(kept.index(parent) if parent >= 0 else -1)
    rig = Rig(
        names=tuple(each.rig.names[index] for index in kept),
        parents=tuple(parents),
        heads=each.rig.heads[kept],
        tails=each.rig.tails[kept],
        rest_matrix=each.rig.rest_matrix[kept],
        inherits_rotation=each.rig.inherits_rotation[kept],
    )
    return rig, replace(each, rig=rig, truth={name: bone for name, bone in each.truth.items() if name not in joints})


@pytest.mark.parametrize(
    "lost",
    [
        {"spine2", "spine3"},
        {"spine1", "spine2", "neck"},
        {"left_collar", "right_collar", "neck"},
        {f"{side}_{finger}{n}" for side in ("left", "right") for finger in ("pinky", "ring") for n in (1, 2, 3)},
        {f"{side}_foot" for side in ("left", "right")},
    ],
    ids=["one spine bone", "chest alone", "no collars", "three fingers", "no toes"],
)
def test_missing_bones_are_taken_over_by_those_around_them(lost: set[str]) -> None:
    _, each = without(family("mixamo", roll=1), lost)
    retargeter, clip = retargeter_of(each), random_clip(2)
    wanted = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).world_quat_wxyz
    pose = retargeter.to_rig(clip)
    world, _ = posed_bones(each.rig, pose)
    chest = next(each.truth[joint] for joint in ("spine3", "spine2", "spine1") if joint in each.truth)
    for joint, bone in {**each.truth, "spine3": chest}.items():
        if joint in ("spine1", "spine2"):
            continue
        turned = world[:, each.rig.index(bone)] @ each.rig.rest_matrix[each.rig.index(bone)].T
        assert degrees_between(quat_from_matrix(turned), wanted[:, joint_index(joint)]) < WORLD_DEGREES, joint
    back = retargeter.to_canonical(pose.basis_quat_wxyz, pose.location, frame_rate_hz=30.0)
    again = retargeter.to_rig(back)
    assert degrees_between(again.basis_quat_wxyz, pose.basis_quat_wxyz) < ROUND_TRIP_DEGREES


def test_a_keyed_bone_speaks_for_the_joints_above_it_that_have_none() -> None:
    _, each = without(family("mixamo"), {"spine2", "spine3", "left_collar"})
    retargeter = retargeter_of(each)
    assert retargeter.joints_of(each.truth["spine1"]) == ("spine1", "spine2", "spine3")
    assert retargeter.joints_of(each.truth["left_shoulder"]) == ("left_collar", "left_shoulder")
    assert retargeter.joints_of(each.truth["left_elbow"]) == ("left_elbow",)
    assert retargeter.joints_of("no bone") == ()


def test_more_spine_and_neck_bones_share_the_turn() -> None:
    each = family("unreal5")
    retargeter = retargeter_of(each)
    shared = {between.bone: between for between in retargeter.chain.between if between.axis is None}
    assert len(shared) >= 3
    clip = random_clip(3)
    world, _ = posed_bones(each.rig, retargeter.to_rig(clip))
    for bone, between in shared.items():
        turns = [
            quat_from_matrix(world[:, each.rig.index(name)] @ each.rig.rest_matrix[each.rig.index(name)].T)
            for name in (between.upper, bone, between.lower)
        ]
        whole = degrees_between(turns[0], turns[2])
        assert degrees_between(turns[0], turns[1]) < whole
        assert degrees_between(turns[1], turns[2]) < whole


@pytest.mark.parametrize("name", ["unreal5", "character_creator", "daz_genesis8"])
def test_twist_bones_spread_the_hands_twist_along_the_forearm(name: str) -> None:
    each = family(name, pose="t", extras=True)
    retargeter = retargeter_of(each)
    clip = random_clip(0, frames=1, size=0.0)
    local = clip.local_quat_wxyz.copy()
    local[:, joint_index("left_wrist")] = quat_from_rotvec(np.array([np.deg2rad(80.0), 0.0, 0.0]))
    world, _ = posed_bones(each.rig, retargeter.to_rig(replace(clip, local_quat_wxyz=local)))
    twists = [
        item for item in retargeter.chain.between if item.axis is not None and item.upper == each.truth["left_elbow"]
    ]
    assert twists
    for item in twists:
        index = each.rig.index(item.bone)
        turned = quat_from_matrix(world[:, index] @ each.rig.rest_matrix[index].T)
        angle = degrees_between(turned, np.array([[1.0, 0.0, 0.0, 0.0]]))
        # The forearm does not lie exactly on the axis of the turn we made.
        assert angle == pytest.approx(80.0 * item.share, abs=3.0)


def test_a_rig_in_other_axes_moves_alike() -> None:
    axes = matrix_from_quat(quat_from_rotvec(np.array([0.5 * np.pi, 0.0, 0.0])))
    plain = family("unreal4")
    turned = plain.turned(axes)
    clip = random_clip(5)
    _, heads = posed_bones(plain.rig, retargeter_of(plain).to_rig(clip))
    _, moved = posed_bones(turned.rig, retargeter_of(turned).to_rig(clip))
    np.testing.assert_allclose(moved, heads @ axes.T, atol=1e-6 * plain.unit)


def walking(frames: int = 120) -> np.ndarray:
    way = np.zeros((frames, 3))
    way[:, 2] = np.linspace(0.0, 2.0, frames)
    return way


@pytest.mark.parametrize("travel", ["hips", "root", "object"])
def test_whatever_travels_the_body_goes_the_same_way(travel: str) -> None:
    each = family("unreal5")
    retargeter = retargeter_of(each)
    clip = random_clip(6, frames=120)
    clip = replace(clip, root_position_m=0.02 * clip.root_position_m + walking() + np.array([0.0, 0.92, 0.0]))
    whole = retargeter.to_rig(clip)
    pose = retargeter.to_rig(clip, options=replace(EXACT, travel=travel))  # type: ignore[arg-type]
    _, heads = posed_bones(each.rig, whole)
    _, same = posed_bones(each.rig, pose)
    hips = each.rig.index(each.truth["pelvis"])
    np.testing.assert_allclose(same[:, hips], heads[:, hips], atol=1e-6 * each.unit)
    if travel != "hips":
        assert np.ptp(pose.location, axis=0).max() < 0.5 * np.ptp(whole.location, axis=0).max()
    back = retargeter.to_canonical(
        pose.basis_quat_wxyz,
        pose.location,
        frame_rate_hz=30.0,
        root_location=pose.root_location if pose.root_bone else None,
        object_shift=pose.object_shift,
    )
    np.testing.assert_allclose(back.root_position_m, clip.root_position_m, atol=1e-9)


def test_in_place_stays_and_still_sways() -> None:
    each = family("mixamo")
    clip = random_clip(6, frames=240)
    sway = 0.05 * np.sin(np.arange(240) * 2 * np.pi / 30)[:, None] * np.array([1.0, 0.0, 0.0])
    clip = replace(clip, root_position_m=walking(240) + sway + np.array([0.0, 0.92, 0.0]))
    options = replace(EXACT, is_in_place=True)
    _, heads = posed_bones(each.rig, retargeter_of(each).to_rig(clip, options=options))
    hips = heads[:, each.rig.index(each.truth["pelvis"])] / each.unit
    assert np.ptp(hips[:, 2]) < 0.5
    assert 0.07 < np.ptp(hips[40:-40, 0]) < 0.11


def test_a_rig_without_a_root_bone_cannot_travel_by_it() -> None:
    each = family("mixamo")
    with pytest.raises(RigMatchError, match="root bone"):
        retargeter_of(each).to_rig(random_clip(1), options=replace(EXACT, travel="root"))


def test_an_arm_that_turns_with_the_chest_goes_about_with_the_shoulder() -> None:
    each = family("blenrig", roll=4)
    retargeter = Retargeter(rig=each.rig, rig_map=match_rig(each.rig))
    chain, clip = retargeter.chain, random_clip(5)
    posed = retargeter._posed(clip.pose(), np.zeros(3))
    places = {joint: chain.joint_places[joint] for joint in ("spine3", "left_collar", "left_shoulder")}
    assert chain.above[places["left_shoulder"]] == places["spine3"]
    heads = chain.heads(posed, list(places.values()))
    collar, shoulder = (heads[places[joint]] for joint in ("left_collar", "left_shoulder"))
    apart = chain.rest_heads[places["left_shoulder"]] - chain.rest_heads[places["left_collar"]]
    turned = quat_rotate(posed.turns_wxyz[:, places["left_collar"]], apart)
    np.testing.assert_allclose(shoulder - collar, turned, atol=1e-12)
