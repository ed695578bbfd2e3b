"""Jaw, eyes and lids of bones: found by their names, turned as the rig at rest says, only where no key plays."""

import numpy as np
import pytest
from face.rigs.conftest import NAMES, keys_of
from scipy.spatial.transform import Rotation

from exges_core.arrays import Array
from exges_core.face.joints import JAW_DEG as BODY_JAW_DEG
from exges_core.face.names import shape_of
from exges_core.face.rigs import FaceBone, FaceBones, ShapeKey, match_bones, match_shapes, turns
from exges_core.face.rigs.bones import JAW_DEG

Places = dict[str, tuple[str, tuple[float, float, float], tuple[float, float, float]]]
"""Bone -> parent, head, tail; Z up, facing -Y, as Blender has it."""
RIGIFY: Places = {
    "root": ("", (0, 0, 0), (0, 0.5, 0)),
    "ORG-face": ("root", (0, -0.06, 1.85), (0, -0.06, 1.9)),
    "eyes": ("root", (0, -0.431, 1.894), (0, -0.431, 1.927)),
    "jaw_master": ("ORG-face", (0, -0.062, 1.874), (0, -0.152, 1.739)),
    "jaw": ("jaw_master", (0, -0.094, 1.744), (0, -0.094, 1.757)),
    **{
        f"{name}.{side}": (parent, (sign * x, y, z), (sign * x, y - 0.02, z))
        for side, sign in (("L", 1), ("R", -1))
        for name, parent, x, y, z in (
            ("eye", "eyes", 0.052, -0.431, 1.894),
            ("master_eye", "ORG-face", 0.052, -0.121, 1.894),
        )
    },
    **{
        f"lid.{edge}.{side}.002": (f"master_eye.{side}", (sign * 0.055, y, z), (sign * 0.055, y, z + 0.013))
        for side, sign in (("L", 1), ("R", -1))
        for edge, y, z in (("T", -0.144, 1.902), ("B", -0.142, 1.883))
    },
}
RIGIFY_SKIN = {name.replace("master_eye", "eye_master").replace("eyes", "eye_common"): (
    parent.replace("master_eye", "eye_master").replace("eyes", "eye_common"), head, tail
) for name, (parent, head, tail) in RIGIFY.items()}  # fmt: skip


def plain(jaw: str, eye: str, upper: str = "", lower: str = "") -> Places:
    """Return a head with a hinge, eyes and lids that turn about the eyes; "{}" stands for a side."""
    bones: Places = {
        "hips": ("", (0, 0, 1.0), (0, 0, 1.1)),
        "head": ("hips", (0, 0, 1.6), (0, 0, 1.8)),
        jaw: ("head", (0, -0.02, 1.64), (0, -0.1, 1.58)),
    }
    for side, sign in (("L", 1), ("R", -1)):
        at = (sign * 0.03, -0.08, 1.7)
        bones[eye.format(side)] = ("head", at, (sign * 0.03, -0.12, 1.7))
        if upper:
            bones[upper.format(side)] = ("head", at, (sign * 0.03, -0.095, 1.706))
            bones[lower.format(side)] = ("head", at, (sign * 0.03, -0.095, 1.695))
    return bones


RIGS: dict[str, Places] = {
    "rigify": RIGIFY,
    "rigify skin": RIGIFY_SKIN,
    "plain": plain("jaw", "eye.{}"),
    "character creator": plain("CC_Base_JawRoot", "CC_Base_{}_Eye"),
    "mixamo": plain("mixamorig:Jaw", "mixamorig:{}Eye"),
    "daz": plain("lowerJaw", "{}Eye", "{}EyelidUpper", "{}EyelidLower"),
    "unreal": plain("FACIAL_C_Jaw", "FACIAL_{}_Eye", "FACIAL_{}_EyelidUpperA", "FACIAL_{}_EyelidLowerA"),
    "auto-rig pro": plain("c_jawbone.x", "c_eye.{}", "c_eyelid_top.{}", "c_eyelid_bot.{}"),
}


def rig_of(places: Places, turn: Rotation | None = None, seed: int = 2) -> list[FaceBone]:
    """Return bones with any axes of their own, the whole rig turned."""
    turn = turn or Rotation.identity()
    axes = Rotation.random(len(places), random_state=seed).as_matrix()
    return [
        FaceBone(
            name=name,
            parent=parent,
            head=turn.apply(np.array(head, dtype=float)),
            tail=turn.apply(np.array(tail, dtype=float)),
            rest=axes[number],
            moves_locally=not name.startswith("eye_common"),  # as in Rigify's newer faces
        )
        for number, (name, (parent, head, tail)) in enumerate(places.items())
    ]


def moved(bones: list[FaceBone], found: FaceBones, **shapes: float) -> dict[str, Array]:
    """Return bone -> how far its tail moves in the armature's space."""
    by_name = {bone.name: bone for bone in bones}
    moves: dict[str, Array] = {}
    for name, motion in turns(found, shape_of(shapes)[None]).items():
        bone = by_name[name]
        along, move = bone.tail - bone.head, np.zeros(3)
        if motion.quat_wxyz is not None:
            own = Rotation.from_quat(motion.quat_wxyz[0][[1, 2, 3, 0]]).as_matrix()
            move += bone.rest @ own @ bone.rest.T @ along - along
        if motion.offset is not None:
            move += bone.rest @ motion.offset[0] if bone.moves_locally else motion.offset[0]
        moves[name] = move
    return moves


def of(found: FaceBones, part: str) -> str:
    return next(channel.bone for channel in found.channels if channel.part == part)


@pytest.mark.parametrize("family", RIGS)
def test_a_chin_goes_down_and_back(family: str) -> None:
    bones = rig_of(RIGS[family])
    found = match_bones(bones)
    x, y, z = moved(bones, found, jawOpen=1.0)[of(found, "jaw")]
    assert abs(x) < 1e-9
    assert z < -0.02
    assert y > 0.02  # it faces -Y
    assert not found.doubtful
    assert np.allclose(moved(bones, found, jawOpen=0.3, mouthClose=0.3)[of(found, "jaw")], 0.0)


@pytest.mark.parametrize("family", RIGS)
def test_eyes_look_where_the_curves_say(family: str) -> None:
    bones = rig_of(RIGS[family])
    found = match_bones(bones)
    looking = [channel.bone for channel in found.channels if channel.part.endswith(("eye", "target"))]
    assert len(looking) == (1 if family.startswith("rigify") else 2)
    left = moved(bones, found, eyeLookOutLeft=0.5, eyeLookInRight=0.5)
    up = moved(bones, found, eyeLookUp=0.5)
    for bone in looking:
        assert left[bone][0] > 0.005
        assert abs(left[bone][2]) < 1e-6
        assert up[bone][2] > 0.005
        assert abs(up[bone][0]) < 1e-6


@pytest.mark.parametrize("family", ["rigify", "rigify skin", "daz", "unreal", "auto-rig pro"])
def test_lids_meet(family: str) -> None:
    bones = rig_of(RIGS[family])
    found = match_bones(bones)
    moves = moved(bones, found, eyeBlinkLeft=1.0)
    by_name = {bone.name: bone for bone in bones}
    ends: list[Array] = []
    for part in ("left upper lid", "left lower lid"):
        bone = by_name[of(found, part)]
        at = bone.head if family.startswith("rigify") else bone.tail
        ends.append(at + moves[bone.name])
    assert ends[0][2] == pytest.approx(ends[1][2], abs=2e-4)
    right = moves[of(found, "right upper lid")]
    assert np.allclose(right, 0.0)
    assert "blinks" not in found.missing


@pytest.mark.parametrize("seed", range(6))
def test_a_rig_may_be_turned_and_have_any_axes(seed: int) -> None:
    """Y up as imported, facing anywhere: what moves turns with the rig."""
    quarter = Rotation.from_rotvec(np.array([[-0.5, 0, 0], [0, 0, 1], [0, 0, 0.5]])[seed % 3] * np.pi)
    straight, turned = rig_of(RIGS["daz"]), rig_of(RIGS["daz"], quarter, seed=seed + 7)
    face = {"jawOpen": 0.7, "eyeLookOutLeft": 0.3, "eyeLookInRight": 0.3, "eyeBlink": 0.8}
    expected = moved(straight, match_bones(straight), **face)
    for name, move in moved(turned, match_bones(turned), **face).items():
        np.testing.assert_allclose(move, quarter.apply(expected[name]), atol=1e-9)


def test_a_jaw_turns_as_far_as_the_bodys() -> None:
    assert JAW_DEG == BODY_JAW_DEG


def test_bones_play_only_what_no_key_plays() -> None:
    bones = rig_of(RIGS["daz"])
    found = match_bones(bones, match_shapes(keys_of(NAMES["arkit"])))
    assert found.channels == ()
    assert found.missing == ()
    assert found.left_alone["lowerJaw"] == "shape keys play this"
    found = match_bones(bones, match_shapes(keys_of(NAMES["oculus"])))
    assert {channel.part.split()[-1] for channel in found.channels} == {"eye", "lid"}


def test_a_jaw_turns_along_with_keys_that_shape_the_skin_alone() -> None:
    bones = rig_of(RIGS["character creator"])
    found = match_bones(bones, match_shapes(keys_of(NAMES["cc4"])))
    (jaw,) = found.channels
    assert jaw.bone == "CC_Base_JawRoot"
    assert np.linalg.norm(jaw.turns["jawOpen"]) == pytest.approx(np.deg2rad(30.0))
    assert set(jaw.turns) == {"jawOpen"}  # the lips have a key of their own


def test_a_driven_or_locked_bone_is_left_alone() -> None:
    bones = [
        FaceBone(name=each.name, parent=each.parent, head=each.head, tail=each.tail, rest=each.rest,
                 is_driven=each.name == "jaw", is_locked=each.name == "eye.L")
        for each in rig_of(RIGS["plain"])
    ]  # fmt: skip
    found = match_bones(bones)
    assert found.left_alone == {"jaw": "a driver moves it", "eye.L": "locked"}
    assert [channel.part for channel in found.channels] == ["right eye"]
    assert "jaw" in found.missing


def test_a_jaw_that_points_backwards_is_doubtful() -> None:
    places = RIGS["plain"] | {"jaw": ("head", (0, -0.1, 1.6), (0, 0.0, 1.62))}
    assert "jaw" in match_bones(rig_of(places)).doubtful


def test_a_rig_without_sides_is_doubtful_and_without_a_face_is_empty() -> None:
    alone = match_bones(rig_of({"jaw": ("", (0, 0, 1), (0, -0.1, 1))}))
    assert alone.channels == ()
    assert "left and right" in alone.doubtful["jaw"]
    nobody = match_bones(rig_of({"hips": ("", (0, 0, 1), (0, 0, 2)), "box": ("hips", (0, 0, 1), (0, 0, 3))}))
    assert nobody.channels == ()
    assert nobody.missing == ("jaw", "gaze", "blinks", "brows", "lips")


def test_a_head_frame_may_be_given() -> None:
    bones = rig_of({"jaw": ("", (0, 0, 1), (0, -0.1, 0.95))})
    frame = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])  # left +X, up +Z, forward -Y
    found = match_bones(bones, match_shapes([ShapeKey(mesh="Head", name="eyeBlinkLeft")]), frame=frame)
    assert moved(bones, found, jawOpen=1.0)["jaw"][2] < -0.02
