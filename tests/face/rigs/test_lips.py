"""Lips and brows of bones: found by the names of every family, moved by the face's own measures, none twice."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from face.rigs.conftest import NAMES, keys_of
from scipy.spatial.transform import Rotation

from exges_core.arrays import Array
from exges_core.face.names import MIRRORED, shape_of
from exges_core.face.rigs import FaceBone, FaceBones, match_bones, match_shapes, mirrored_bones, turns

FAMILIES = tomllib.loads((Path(__file__).parent / "faces_of_bones.toml").read_text(encoding="utf-8"))
HALF, EYES = 0.025, 0.062
JAW = (0.0, -0.02, 1.64)
PLACES = {
    "upper_middle": (0.0, -0.12, 1.622), "upper_half": (0.5, -0.118, 1.621), "upper_outer": (0.8, -0.114, 1.619),
    "lower_middle": (0.0, -0.12, 1.612), "lower_half": (0.5, -0.117, 1.613), "lower_outer": (0.8, -0.113, 1.615),
    "corner": (1.0, -0.11, 1.617), "brow_inner": (0.4, -0.115, 1.72), "brow_middle": (1.2, -0.112, 1.728),
    "brow_outer": (2.0, -0.1, 1.72),
}  # fmt: skip
"""Place -> left, in half widths of the mouth; where on Y (it faces -Y), and how high, in metres."""


def face_of(family: str, *, size: float = 1.0, seed: int = 1, exchange: int | None = None) -> list[FaceBone]:
    """Return a head of a family, its bones in any order, with any axes; names of lips and brows exchanged, if asked."""
    given, chances = FAMILIES[family], np.random.default_rng(seed)
    places = {"root": ("", (0.0, 0.0, 0.0)), "head": ("root", (0.0, 0.0, 1.6)), given["jaw"]: ("head", JAW)}
    for side, sign in (("L", 1.0), ("R", -1.0)):
        places[f"eye.{side}"] = ("head", (0.5 * sign * EYES, -0.09, 1.69))
    moving: dict[str, tuple[str, tuple[float, float, float]]] = {}
    for name, place, parent in given["bones"]:
        across, y, z = PLACES[place]
        for side, sign in (("L", 1.0), ("R", -1.0)) if "{}" in name else (("", 1.0),):
            moving[name.format(side)] = (parent.format(side), (sign * across * HALF, y, z))
            places.setdefault(parent.format(side), ("head", (0.0, -0.05, 1.6)))
    if "lowerFaceRig" in places:
        places["lowerFaceRig"] = (given["jaw"], places["lowerFaceRig"][1])
    names = list(moving)
    if exchange is not None:
        names = np.random.default_rng(exchange).permutation(names).tolist()
    places |= {name: where for name, where in zip(names, moving.values(), strict=True)}
    axes = Rotation.random(len(places), random_state=seed).as_matrix()
    bones = [
        FaceBone(
            name=name,
            parent=parent if parent != name else "head",
            head=size * np.array(at),
            tail=size * (np.array(at) + ((0.0, -0.06, -0.05) if name == given["jaw"] else (0.0, -0.005, 0.0))),
            rest=axes[number],
            is_carried=name in given.get("carried", ()),
        )
        for number, (name, (parent, at)) in enumerate(places.items())
    ]
    return [bones[each] for each in chances.permutation(len(bones))]


def moved(bones: list[FaceBone], found: FaceBones, **shapes: float) -> dict[str, Array]:
    """Return where every bone goes, with what it hangs on: bones that move, and the jaw."""
    by_name = {bone.name: bone for bone in bones}
    motions = turns(found, shape_of(shapes)[None])

    def own(bone: FaceBone) -> Array:
        motion = motions.get(bone.name)
        return np.zeros(3) if motion is None or motion.offset is None else bone.rest @ motion.offset[0]

    def above(bone: FaceBone) -> list[FaceBone]:
        return [bone] + (above(by_name[bone.parent]) if bone.parent in by_name else [])

    jaw = next(each for each in found.channels if each.part == "jaw").bone
    turn = motions[jaw].quat_wxyz[0][[1, 2, 3, 0]]  # type: ignore[index] - a jaw turns
    opened = by_name[jaw].rest @ Rotation.from_quat(turn).as_matrix() @ by_name[jaw].rest.T
    places: dict[str, Array] = {}
    for bone in bones:
        chain = above(bone)
        at = bone.head + np.sum([own(each) for each in chain], axis=0)
        share = {"MCH-bottom": 1.0, "MCH-middle": 0.42, "MCH-top": 0.05}
        carried = next(
            (share[each.name] for each in chain if each.name in share), float(jaw in {b.name for b in chain})
        )
        arm = at - by_name[jaw].head
        places[bone.name] = at + carried * (opened @ arm - arm)
    return places


def at_place(family: str, place: str, side: str = "L") -> str:
    return next(name.format(side) for name, where, _ in FAMILIES[family]["bones"] if where == place)


def is_right(family: str, bones: list[FaceBone]) -> bool:
    """Say whether what the names mean goes where it should: corners out and up, brows up at their own ends."""
    found = match_bones(bones)
    rest = {bone.name: bone.head for bone in bones}
    try:
        smile, inner, outer = (
            moved(bones, found, **{name: 1.0}) for name in ("mouthSmile", "browInnerUp", "browOuterUp")
        )
    except StopIteration:
        return False
    for side, sign in (("L", 1.0), ("R", -1.0)):
        corner = at_place(family, "corner", side)
        x, _, z = smile[corner] - rest[corner]
        if not (sign * x > 0.15 * HALF and z > 0.15 * HALF and sign * rest[corner][0] > 0.9 * HALF):
            return False
        brow = at_place(family, "brow_outer" if family != "whole_brows" else "brow_middle", side)
        if outer[brow][2] - rest[brow][2] < 0.06 * EYES or sign * rest[brow][0] < HALF:
            return False
        if family != "whole_brows" and inner[brow][2] - rest[brow][2] > 1e-6:
            return False
    return "brows" not in found.missing


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", [1.0, 100.0])
def test_bones_of_every_family_go_where_they_should(family: str, size: float) -> None:
    small, bones = face_of(family), face_of(family, size=size, seed=4)
    assert is_right(family, small)
    found = match_bones(bones)
    face = {"mouthSmile": 0.5, "mouthPucker": 0.3, "browDown": 0.7, "jawOpen": 0.2, "mouthUpperUpLeft": 0.4}
    expected = moved(small, match_bones(small), **face)
    for name, place in moved(bones, found, **face).items():
        np.testing.assert_allclose(place, size * expected[name], atol=1e-9 * size)  # by its own measures, in any unit
    assert {name for name, why in found.left_alone.items() if why == "other bones play this"} == set(
        FAMILIES[family].get("left_alone", ())
    )


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "whole_brows"])
def test_exchanged_names_do_not_fit(family: str) -> None:
    assert not any(is_right(family, face_of(family, exchange=seed)) for seed in range(20))


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "whole_brows"])
def test_lips_meet_over_an_open_jaw_and_part_without_what_closes_them(family: str) -> None:
    bones = face_of(family)
    found = match_bones(bones)
    rest = {bone.name: bone.head for bone in bones}
    upper, lower, corner = (at_place(family, place) for place in ("upper_middle", "lower_middle", "corner"))
    for jaw in (0.1, 0.2, 0.3):
        shut = moved(bones, found, jawOpen=jaw, mouthClose=jaw)
        wide = moved(bones, found, jawOpen=jaw)
        apart, opened = ((each[upper] - rest[upper] - each[lower] + rest[lower])[2] for each in (shut, wide))
        assert opened > 0.7 * jaw * HALF
        assert abs(apart) < 0.05 * opened
        assert (shut[lower] - rest[lower])[2] < -0.05 * opened  # the jaw stays a little open
        assert (rest[corner] - shut[corner])[2] < 0.6 * opened


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "whole_brows"])
def test_round_lips_are_narrow_and_forward_and_a_bitten_one_lies_back(family: str) -> None:
    bones = face_of(family)
    found = match_bones(bones)
    rest = {bone.name: bone.head for bone in bones}
    corners = [at_place(family, "corner", side) for side in "LR"]
    upper, lower = (at_place(family, place) for place in ("upper_middle", "lower_middle"))
    round_ = moved(bones, found, mouthPucker=0.75, mouthFunnel=0.25)
    left, right = (round_[each][0] for each in corners)
    assert 1.0 < left / HALF + 0.5 < 1.3  # 0.5 to 0.8 of its width
    assert left == pytest.approx(-right)
    assert (round_[upper] - rest[upper])[1] < -0.1 * HALF
    bitten = moved(bones, found, mouthRollLower=0.5, mouthUpperUp=0.22, jawOpen=0.08)
    assert (bitten[lower] - rest[lower])[1] > 0.1 * HALF
    assert (bitten[upper] - rest[upper])[2] > 0.03 * HALF


def test_one_side_alone_moves_its_own_half() -> None:
    bones = face_of("daz")
    found = match_bones(bones)
    rest = {bone.name: bone.head for bone in bones}
    raised = moved(bones, found, mouthUpperUpLeft=1.0, mouthSmileLeft=1.0, browOuterUpLeft=1.0, browDownLeft=0.2)
    for name in ("LLipCorner", "LLipUpperInner", "LBrowOuter", "LBrowInner"):
        assert np.linalg.norm(raised[name] - rest[name]) > 0.03 * HALF
        other = "R" + name[1:]
        assert np.linalg.norm(raised[other] - rest[other]) < 1e-9


def test_what_hangs_on_a_brow_is_not_moved_twice() -> None:
    bones = face_of("plain")
    found = match_bones(bones)
    rest = {bone.name: bone.head for bone in bones}
    down = moved(bones, found, browDownLeft=1.0)["eyebrow_outer_L"] - rest["eyebrow_outer_L"]
    np.testing.assert_allclose(down, [0.0, 0.0, -0.05 * EYES], atol=1e-9)


def changed(bones: list[FaceBone], *names: str, **fields: object) -> list[FaceBone]:
    return [
        FaceBone(**{**vars(bone), **fields}) if bone.name in names else bone  # type: ignore[arg-type]
        for bone in bones
    ]


def test_driven_locked_and_following_bones_are_left_alone_and_the_next_name_plays() -> None:
    bones = changed(face_of("auto_rig_pro"), "c_lips_top.x", "c_lips_top.L", is_driven=True)
    bones = changed(bones, "c_lips_smile.L", is_locked=True)
    found = match_bones(changed(bones, "c_lips_bot.L", "c_lips_bot.R", follows=True))
    alone = found.left_alone
    assert (alone["c_lips_top.x"], alone["c_lips_smile.L"]) == ("a driver moves it", "locked")
    assert alone["c_lips_bot.L"] == "it follows other bones"
    whole = [f"c_eyebrow_0{number}.{side}" for number in (1, 2, 3) for side in "LR"]
    found = match_bones(changed(face_of("auto_rig_pro"), *whole, is_driven=True))
    assert {each.bone for each in found.channels if each.part.endswith("brow")} == {
        "c_eyebrow_full.L", "c_eyebrow_full.R"
    }  # fmt: skip


def test_a_bone_that_cannot_move_turns_if_its_tail_is_what_it_moves_or_else_is_said() -> None:
    bones = changed(face_of("plain"), "upper_lip", can_move=False)
    found = match_bones(bones)
    bone = next(each for each in bones if each.name == "upper_lip")
    channel = next(each for each in found.channels if each.bone == "upper_lip")
    assert not channel.moves
    turn = Rotation.from_rotvec(0.01 * channel.turns["mouthUpperUpLeft"]).as_matrix()
    tail = bone.rest @ turn @ bone.rest.T @ (bone.tail - bone.head) - (bone.tail - bone.head)
    assert tail[2] == pytest.approx(0.01 * 0.5 * 0.28 * HALF, rel=0.02)
    across = changed(bones, "upper_lip", tail=bone.head + np.array([0.01, 0.0, 0.0]))
    assert "locked" in match_bones(across).left_alone["upper_lip"]
    closing = next(each for each in found.channels if each.part == "jaw").turns
    np.testing.assert_allclose(closing["mouthClose"], -closing["jawOpen"])  # without its lips the jaw closes them


def test_bones_play_only_what_no_key_plays() -> None:
    bones = face_of("daz")
    assert match_bones(bones, match_shapes(keys_of(NAMES["arkit"]))).channels == ()
    speaking = match_bones(bones, match_shapes(keys_of(NAMES["oculus"])))
    assert "mouthPucker" not in speaking.played
    assert {"mouthFrownLeft", "browInnerUp"} <= speaking.played
    brows = match_bones(bones, match_shapes(keys_of(["browInnerUp"])))
    assert {"mouthPucker", "mouthSmileLeft"} <= brows.played
    assert brows.left_alone["LBrowOuter"] == "shape keys play this"


def test_a_brow_below_the_eyes_is_doubtful() -> None:
    assert match_bones(face_of("daz")).doubtful == {}
    low = changed(face_of("daz"), "LBrowMid", head=np.array([0.03, -0.11, 1.6]))
    assert match_bones(low).doubtful == {"LBrowMid": "it lies below the eyes: see whether it is the brow"}


@pytest.mark.parametrize("family", ["rigify", "daz"])
def test_a_mirror_image_is_what_mirrored_curves_are(family: str) -> None:
    bones = face_of(family)
    found = match_bones(bones)
    face = np.random.default_rng(8).uniform(0.0, 1.0, (5, 52))
    expected = turns(found, face[:, MIRRORED])
    for name, motion in mirrored_bones(bones, turns(found, face)).items():
        for one, other in zip(vars(motion).values(), vars(expected[name]).values(), strict=True):
            assert (one is None) == (other is None)
            if one is not None:
                np.testing.assert_allclose(one, other, atol=1e-9)
    straight = turns(found, face)
    assert any(
        np.abs(straight[name].offset - each.offset).max() > 1e-4
        for name, each in expected.items()
        if each.offset is not None
    )


def test_a_mouth_that_cannot_be_measured_is_left_alone_and_said() -> None:
    bones = changed(face_of("plain"), "upper_lip", head=np.array([0.0, -0.12, 1.5]))
    found = match_bones(bones)
    assert "one above the other" in found.left_alone["upper_lip"]
    assert "lips" in found.missing
    assert "brows" not in found.missing
    wide = changed(face_of("plain"), "mouth_corner_L", head=np.array([0.3, -0.11, 1.617]))
    assert "how wide" in match_bones(wide).left_alone["lower_lip"]
