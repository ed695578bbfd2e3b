"""Hands stay out of the body they belong to: measured on a mesh, by its own inside, not by what pushes them."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from rig.motions import degrees_between, posed_bones, random_clip
from rig.test_contacts import clasping

from exges_core.arrays import Array
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import two_bone_ik
from exges_core.motion.rotations import quat_inverse, quat_multiply
from exges_core.motion.skeleton import JOINT_NAMES, PARENTS, REST_OFFSETS_M, STANDING_PELVIS_HEIGHT_M, joint_index
from exges_core.rig import mesh_points
from exges_core.rig.bones import rig_from_hierarchy
from exges_core.rig.match import match_rig
from exges_core.rig.options import RetargetOptions
from exges_core.rig.patch import Mesh
from exges_core.rig.retarget import Retargeter, RigPose
from exges_core.rig.retarget_chain import Posed

RIG = rig_from_hierarchy(JOINT_NAMES, PARENTS, REST_OFFSETS_M)
FRAMES = 90
HALF_M = np.array([0.17, 0.30, 0.13])
"""Half the size of the box that stands for a trunk, about the middle spine joint."""
LEAVE, KEEP = RetargetOptions(keep_out=False), RetargetOptions()


def box(centre: Array, half: Array, bone: int, cuts: int = 8) -> Mesh:
    """A closed box of cuts x cuts squares a side, all of one bone, its triangles counter-clockwise from outside."""
    ticks = np.linspace(-1.0, 1.0, cuts + 1)
    vertices, triangles = list[Array](), list[Array]()
    for axis in range(3):
        for sign in (-1.0, 1.0):
            u, v = np.meshgrid(ticks, ticks, indexing="ij")
            place = np.empty((cuts + 1, cuts + 1, 3))
            place[..., axis], place[..., (axis + 1) % 3], place[..., (axis + 2) % 3] = sign, u, v
            number = np.arange((cuts + 1) ** 2).reshape(cuts + 1, cuts + 1) + sum(len(each) for each in vertices)
            a, b, c, d = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
            rows = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
            vertices.append(place.reshape(-1, 3))
            triangles.append(rows if sign > 0 else rows[:, ::-1])
    places = centre + half * np.concatenate(vertices)
    return Mesh(
        vertices=places, triangles=np.concatenate(triangles), bones=JOINT_NAMES, bone=np.full(len(places), bone)
    )


def joined(meshes: list[Mesh]) -> Mesh:
    ends = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    return Mesh(
        vertices=np.concatenate([mesh.vertices for mesh in meshes]),
        triangles=np.concatenate([mesh.triangles + start for mesh, start in zip(meshes, ends, strict=False)]),
        bones=JOINT_NAMES,
        bone=np.concatenate([mesh.bone for mesh in meshes]),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Character:
    """Our own skeleton and what its hands stay out of; None = tubes."""

    mesh: Mesh | None
    retargeter: Retargeter = field(default_factory=lambda: Retargeter(rig=RIG, rig_map=match_rig(RIG)))

    def plays(self, clip: MotionClip, options: RetargetOptions, **more: Array) -> RigPose:
        return self.retargeter.to_rig(clip, options=options, flesh=self.retargeter.flesh_of(self.mesh), **more)

    def joints(self, clip: MotionClip, options: RetargetOptions) -> tuple[Array, Array]:
        """World turns (matrices) and places of the joints."""
        return posed_bones(RIG, self.plays(clip, options))


def character(*more: Mesh) -> Character:
    """One with a box for a trunk and a slab for each hand."""
    spine = joint_index("spine2")
    parts = [box(RIG.heads[spine], HALF_M, spine)]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        wrist = joint_index(f"{side}_wrist")
        parts.append(box(RIG.heads[wrist] + [sign * 0.09, 0.0, 0.0], np.array([0.09, 0.012, 0.04]), wrist, cuts=4))
    return Character(mesh=joined([*parts, *more]))


def reaching(depth_m: float, frames: int = FRAMES) -> MotionClip:
    """The left hand rests at the side, comes to the front of the trunk, `depth_m` below its surface, and goes back."""
    clip = random_clip(0, frames=frames, size=0.0)
    clip = replace(clip, root_position_m=np.tile([0.0, STANDING_PELVIS_HEIGHT_M, 0.0], (frames, 1)))
    pose, local = clip.pose(), clip.local_quat_wxyz.copy()
    share = np.hanning(frames)[:, None]
    spine = pose.positions_m[:, joint_index("spine2")]
    inside = spine + np.array([0.10, 0.0, HALF_M[2] - depth_m])
    target = (1.0 - share) * (spine + np.array([0.45, 0.1, 0.25])) + share * inside
    shoulder, elbow, wrist = (joint_index(f"left_{part}") for part in ("shoulder", "elbow", "wrist"))
    points = (pose.positions_m[:, joint] for joint in (shoulder, elbow, wrist))
    solved = two_bone_ik(*points, target, pole=np.tile([0.5, -1.0, -0.3], (frames, 1)))
    local[:, shoulder] = solved.root_turn_wxyz
    local[:, elbow] = quat_multiply(quat_inverse(solved.root_turn_wxyz), solved.mid_turn_wxyz)
    local[:, wrist] = quat_inverse(solved.mid_turn_wxyz)
    return replace(clip, local_quat_wxyz=local)


def depth_m(who: Character, clip: MotionClip, options: RetargetOptions) -> Array:
    """How deep the left wrist is in the box, per frame: how far it would have to go to leave it."""
    world, heads = who.joints(clip, options)
    spine, wrist = joint_index("spine2"), joint_index("left_wrist")
    away = np.einsum("fji,fj->fi", world[:, spine], heads[:, wrist] - heads[:, spine])
    return np.maximum((HALF_M - np.abs(away)).min(axis=-1), 0.0)


def test_a_hand_that_would_be_in_the_body_comes_to_its_surface_and_no_further() -> None:
    who, clip = character(), reaching(0.06)
    assert depth_m(who, clip, LEAVE).max() > 0.055, "the case is too easy to show anything"
    assert depth_m(who, clip, KEEP).max() < 0.01
    kept = who.joints(clip, KEEP)[1]
    middle, wrist = FRAMES // 2, joint_index("left_wrist")
    front = kept[middle, joint_index("spine2"), 2] + HALF_M[2]
    assert kept[middle, wrist, 2] - front < 0.06, "pushed to the surface, not off it"


def test_a_hand_that_stays_outside_is_left_alone() -> None:
    who, clip = character(), reaching(-0.15)
    left, kept = (who.plays(clip, options) for options in (LEAVE, KEEP))
    np.testing.assert_array_equal(kept.basis_quat_wxyz, left.basis_quat_wxyz)


def test_the_push_comes_and_goes_without_a_jump() -> None:
    who, clip, wrist = character(), reaching(0.06), joint_index("left_wrist")
    speed = {}
    for options in (LEAVE, KEEP):
        heads = who.joints(clip, options)[1][:, wrist]
        speed[options] = np.linalg.norm(np.diff(heads, axis=0), axis=-1).max() * clip.frame_rate_hz
    assert speed[KEEP] < 1.2 * speed[LEAVE]


def test_a_body_is_as_deep_in_some_frames_as_in_all_and_after_an_arm_has_moved() -> None:
    who, clip = character(), reaching(0.06)
    retargeter, flesh = who.retargeter, who.retargeter.flesh_of(who.mesh)
    turns = retargeter._posed(clip.pose(), np.zeros(3))
    surface, hand = flesh.body.posed(retargeter.chain, turns), flesh.hands["left"]
    whole = surface.depths(hand.posed(retargeter.chain, turns))
    assert (whole.depth > 0.0).any(), "no hand is in the body: nothing is compared"
    frames = np.flatnonzero((whole.depth > 0.0).any(axis=1))
    cut = Posed(turns_wxyz=turns.turns_wxyz[frames], shift=turns.shift[frames])
    part = surface.only(frames).depths(hand.posed(retargeter.chain, cut))
    np.testing.assert_array_equal(np.maximum(part.depth, 0.0), np.maximum(whole.depth[frames], 0.0))
    moved = Posed(turns_wxyz=turns.turns_wxyz.copy(), shift=turns.shift)
    moved.turns_wxyz[:, retargeter.chain.joint_places["left_shoulder"]] = [1.0, 0.0, 0.0, 0.0]
    again = flesh.body.posed(retargeter.chain, moved)
    points = hand.posed(retargeter.chain, moved)
    np.testing.assert_array_equal(surface.depths(points).depth, again.depths(points).depth)


def test_an_arm_that_cannot_reach_far_enough_does_not_snap_straight() -> None:
    spine = joint_index("spine2")
    who = character(box(RIG.heads[spine], np.array([0.60, 0.40, 0.38]), spine))
    heads = who.joints(reaching(0.06), KEEP)[1]
    shoulder, elbow, wrist = (heads[:, joint_index(f"left_{part}")] for part in ("shoulder", "elbow", "wrist"))
    upper, lower = elbow - shoulder, wrist - elbow
    share = np.linalg.norm(wrist - shoulder, axis=-1) / np.linalg.norm([upper, lower], axis=-1).sum(axis=0)
    assert share.max() > 0.99, "the case is too easy to show anything"
    cosine = (upper * lower).sum(axis=-1) / np.prod(np.linalg.norm([upper, lower], axis=-1), axis=0)
    assert np.abs(np.diff(np.degrees(np.arccos(cosine)), n=2)).max() < 1.0


def test_frames_that_must_stay_exact_do() -> None:
    who, clip = character(), reaching(0.06)
    is_exact = np.arange(FRAMES) == FRAMES // 2
    left, kept = (who.plays(clip, each, is_exact=is_exact) for each in (LEAVE, KEEP))
    assert degrees_between(left.basis_quat_wxyz[is_exact], kept.basis_quat_wxyz[is_exact]) < 1e-6
    assert degrees_between(left.basis_quat_wxyz, kept.basis_quat_wxyz) > 5.0


def test_folded_hands_leave_the_body_together() -> None:
    clip, frames = clasping(), clasping().frames
    wide = box(RIG.heads[joint_index("spine2")], np.array([0.2, 0.4, 0.34]), joint_index("spine2"))
    who = character(wide)
    gaps, ahead = [], []
    for options in (LEAVE, KEEP):
        heads = who.joints(clip, options)[1]
        left, right = (heads[frames - 1, joint_index(f"{side}_middle3")] for side in ("left", "right"))
        gaps.append(left - right)
        ahead.append(min(left[2], right[2]))
    assert ahead[1] - ahead[0] > 0.01, "both were in the body"
    assert np.linalg.norm(gaps[1] - gaps[0]) < 0.01, "and still touch"


def test_a_lining_that_faces_inwards_changes_nothing() -> None:
    spine = joint_index("spine2")
    shell = box(RIG.heads[spine], HALF_M - 0.01, spine)
    lining = replace(shell, triangles=shell.triangles[:, ::-1])
    clip = reaching(0.06)
    assert depth_m(character(lining), clip, KEEP).max() < 0.01


def test_a_character_without_a_mesh_has_tubes_about_its_bones() -> None:
    who = Character(mesh=None)
    spine, wrist = joint_index("spine2"), joint_index("left_wrist")

    def inside(options: RetargetOptions) -> float:
        """1 in the middle of a waist as wide and deep as a grown-up's, 0 at its skin."""
        heads = who.joints(reaching(0.08), options)[1][FRAMES // 2]
        return float(1.0 - np.linalg.norm((heads[wrist] - heads[spine])[[0, 2]] / [0.15, 0.11]))

    assert inside(LEAVE) > 0.15 > 0.05 > inside(KEEP)


@pytest.mark.parametrize("size", [3, 10**8])
def test_cells_are_told_apart_however_far_from_each_other(size: int) -> None:
    cells = np.random.default_rng(size).integers(-size, size, size=(200, 3))
    cells[100:] = cells[:100]
    expected = np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)
    np.testing.assert_array_equal(mesh_points._which(cells), expected)


def test_a_mesh_is_sampled_anew_only_when_it_has_changed() -> None:
    who = character()
    first = who.retargeter.flesh_of(who.mesh)
    assert who.mesh is not None
    assert who.retargeter.flesh_of(replace(who.mesh, vertices=who.mesh.vertices.copy())) is first
    wider = replace(who.mesh, vertices=1.1 * who.mesh.vertices)
    other = who.retargeter.flesh_of(wider)
    assert other is not first
    assert other.body.grids[0].radius > first.body.grids[0].radius
    assert who.retargeter.flesh_of(replace(wider, bone=np.roll(wider.bone, 1))) is not other
    assert who.retargeter.flesh_of(None) is who.retargeter.flesh_of(None), "tubes are laid once, too"


def test_a_mesh_without_a_body_is_no_flesh() -> None:
    hat = box(RIG.heads[joint_index("left_wrist")], np.array([0.1, 0.1, 0.1]), joint_index("left_wrist"))
    retargeter = Character(mesh=hat).retargeter
    assert len(retargeter.flesh_of(hat).hands["right"]) == len(retargeter.flesh_of(None).hands["right"])
