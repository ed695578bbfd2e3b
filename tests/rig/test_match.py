"""Which bone plays which joint: every family by name, any of them by shape alone, and what is no person by neither."""

from dataclasses import replace

import numpy as np
import pytest
from rig.families import BUILDS, FAMILIES, Family, family, others

from exges_core.errors import RigMatchError
from exges_core.motion.rotations import matrix_from_quat, quat_from_rotvec
from exges_core.motion.skeleton import JOINT_NAMES
from exges_core.rig.bones import REQUIRED_JOINTS, Rig, rig_from_hierarchy
from exges_core.rig.geometry import shape_of
from exges_core.rig.match import BY_NAME, BY_SHAPE, match_rig
from exges_core.rig.names import is_twist, parse_name
from exges_core.rig.presets import PRESETS

BODY = JOINT_NAMES[:22]
LEAST_BY_SHAPE = 0.9
# Their rigs carry another family's names, by intention.
TABLE = {
    "smplh": "smplx",
    "mixamo_with_eyes": "mixamo",
    "auto_rig_pro": "auto_rig_pro_export",
    "auto_rig_pro_controls": "auto_rig_pro",
    "makehuman_game_engine": "unreal4",
    "makehuman_cmu": "cmu_bvh",
    "makehuman_rigify": "rigify_metarig",
    "biped_triangle": "biped",
}
# Limbs with roots of their own, joined by constraints: nothing in the hierarchy says what they hang from.
CHAINS_APART = {"blenrig"}


def wrong(found: dict[str, str], each: Family) -> dict[str, tuple[str, str | None]]:
    return {joint: (bone, found.get(joint)) for joint, bone in each.truth.items() if found.get(joint) != bone}


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_is_recognised_with_all_its_bones(name: str) -> None:
    for each in (
        family(name, pose="t", roll=1, prefix="hero:"),
        family(name, pose="a", roll=2, placed=3, extras=True, prefix="Hero_"),
    ):
        found = match_rig(each.in_world())
        assert found.preset == TABLE.get(name, name)
        assert not wrong(dict(found.bones), each)
        assert set(REQUIRED_JOINTS) <= set(found.bones)
        assert found.score == 1.0
        assert not set(found.bones) - set(each.truth), "joints that the family does not have"


@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in CHAINS_APART])
def test_shape_alone_finds_nine_tenths_of_the_body(name: str) -> None:
    cases = [
        family(name, pose=pose, roll=roll, placed=roll, extras=extras, build=build)
        for roll, (pose, extras, build) in enumerate([("t", False, "average"), ("a", True, "stylised")])
    ]
    for seed, case in enumerate(cases):
        each = case.renamed(seed)
        found = match_rig(each.in_world())
        body = [joint for joint in each.truth if joint in BODY]
        right = sum(found.bones.get(joint) == each.truth[joint] for joint in body)
        assert right >= LEAST_BY_SHAPE * len(body), wrong(dict(found.bones), each)
        assert found.preset == BY_SHAPE
        assert found.score < 1.0
        assert set(found.doubtful) >= set(REQUIRED_JOINTS)


def test_shape_knows_fingers_in_order() -> None:
    for name in ("smplx", "mixamo", "unreal5", "daz_genesis8", "makehuman", "rigify_metarig"):
        each = family(name, pose="a", roll=5, extras=True).renamed(6)
        found = shape_of(each.rig).bones
        hands = [joint for joint in each.truth if joint in JOINT_NAMES[25:]]
        assert {joint: found.get(joint) for joint in hands} == {joint: each.truth[joint] for joint in hands}


def test_shape_does_not_depend_on_unit_axes_or_order() -> None:
    for seed in range(5):
        generator = np.random.default_rng(seed)
        each = family("vrm1", pose="a", extras=True).renamed(seed)
        turned = each.turned(matrix_from_quat(quat_from_rotvec(generator.normal(scale=2.0, size=3))))
        assert shape_of(turned.rig).bones == shape_of(each.rig).bones


@pytest.mark.parametrize(
    "animal", [others.dog, others.dog_named_like_a_person, others.lifting_crane, others.flying_crane]
)
@pytest.mark.parametrize("renamed", [False, True])
def test_what_is_no_person_is_refused_with_what_was_not_found(animal, renamed: bool) -> None:  # noqa: ANN001
    rig: Rig = animal()
    if renamed:
        rig = Rig(**{**vars_of(rig), "names": tuple(f"node{place:03d}" for place in range(len(rig.names)))})
    with pytest.raises(RigMatchError, match=r"lacks .*(left_|trunk|limbs|legs)|Not found: a trunk above the legs"):
        match_rig(rig)


def vars_of(rig: Rig) -> dict[str, object]:
    return {name: getattr(rig, name) for name in Rig.__dataclass_fields__}


def test_a_table_that_lacks_bones_is_completed_by_shape() -> None:
    each = family("mixamo", pose="a")
    other = {"mixamorig:LeftArm": "sleeve", "mixamorig:RightLeg": "stocking", "mixamorig:Head": "pumpkin"}
    rig = Rig(**{**vars_of(each.rig), "names": tuple(other.get(name, name) for name in each.rig.names)})
    found = match_rig(rig)
    assert found.preset == "mixamo"
    assert {joint: found.bones[joint] for joint in ("left_shoulder", "right_knee", "head")} == {
        "left_shoulder": "sleeve",
        "right_knee": "stocking",
        "head": "pumpkin",
    }
    assert set(found.doubtful) == {"left_shoulder", "right_knee", "head"}
    assert found.confidence["left_shoulder"] < found.confidence["left_elbow"] == 1.0


_BRAID = ((0.13, 0.25, -0.06), (0.43, 0.24, -0.07), (0.31, 0.06, -0.1), (0.36, -0.03, -0.11), (0.27, -0.06, -0.12),
          (0.33, -0.12, -0.13))  # fmt: skip
"""Off the head, in metres, of its left side: wide, long and bent, as those of a real .vrm."""


def with_braids(each: Family) -> Rig:
    """Return a family's rig with two braids whose shape is that of arms."""
    rig, head = each.rig, each.rig.index(each.truth["head"])
    count, long = len(rig.names), len(_BRAID)
    strands = np.array([np.multiply(_BRAID, (side, 1.0, 1.0)) for side in (1.0, -1.0)]).reshape(-1, 3)
    places = rig.heads[head] + each.unit * strands
    return Rig(
        names=(*rig.names, *(f"Hair.{side}.{number:03d}" for side in "LR" for number in range(long))),
        parents=(*rig.parents, *(count + n - 1 if n % long else head for n in range(2 * long))),
        heads=np.concatenate([rig.heads, places]),
        tails=np.concatenate([rig.tails, places]),
        rest_matrix=np.concatenate([rig.rest_matrix, np.broadcast_to(np.eye(3), (2 * long, 3, 3))]),
        inherits_rotation=np.concatenate([rig.inherits_rotation, np.ones(2 * long, dtype=bool)]),
    )


def test_a_named_hand_with_fingers_is_not_doubted_for_a_braid() -> None:
    each = family("vrm0", build="heroic", pose="a")
    braided = with_braids(each)
    assert shape_of(braided).bones["left_shoulder"] == "Hair.L.000", "else this tests nothing"
    found = match_rig(braided)
    assert not found.doubtful
    assert not wrong(dict(found.bones), each)
    bare = {each.truth[joint] for joint in each.truth if joint in JOINT_NAMES[25:]}
    names = tuple(f"knob{place}" if name in bare else name for place, name in enumerate(braided.names))
    assert "'Hair.L.000'" in match_rig(replace(braided, names=names)).doubtful["left_shoulder"]


def test_swapped_sides_are_doubted() -> None:
    each = family("blender", pose="t")
    swap = str.maketrans("LR", "RL")
    names = tuple(name.translate(swap) if name.endswith((".L", ".R")) else name for name in each.rig.names)
    found = match_rig(Rig(**{**vars_of(each.rig), "names": names}))
    assert "other side" in found.doubtful["left_elbow"]
    assert found.score < 1.0


def test_a_leg_longer_than_the_other_is_doubted() -> None:
    each = family("mixamo", pose="t")
    heads = each.rig.heads.copy()
    heads[each.rig.index("mixamorig:LeftFoot"), 1] += 20.0
    found = match_rig(Rig(**{**vars_of(each.rig), "heads": heads}))
    assert "differ in length" in found.doubtful["left_ankle"]


@pytest.mark.parametrize(
    ("spelling", "key"),
    [
        ("mixamorig:LeftForeArm", ("left", "forearm")),
        ("upperarm_l", ("left", "upperarm")),
        ("upper_arm.L", ("left", "upperarm")),
        ("lUpperArm", ("left", "upperarm")),
        ("LEFTFOREARM", ("left", "forearm")),
        ("Upper Arm Right", ("right", "upperarm")),
        ("UpperArmR", ("right", "upperarm")),
        ("spine_01", ("", "spine01")),
        ("toe1-2.L", ("left", "toe1_2")),
        ("rhumerus", ("", "rhumerus")),
    ],
)
def test_spellings_of_a_name_compare_equal(spelling: str, key: tuple[str, str]) -> None:
    parsed = parse_name(spelling)
    assert (parsed.side, parsed.text) == key
    assert parse_name("hero|" + spelling) == parsed


def test_a_name_of_thousands_of_digits_is_a_name() -> None:
    assert parse_name("thumb.0" + "1" * 5000).loose == "thumb" + "1" * 5000
    assert parse_name("thumb.00").loose == "thumb0"


@pytest.mark.parametrize(
    ("pattern", "table"), [("{}_jnt", "mixamo"), ("DEF-{}", "rigify_metarig"), ("rig_{}_bind", "unreal4")]
)
def test_a_suffix_or_prefix_that_all_bones_share_does_not_matter(pattern: str, table: str) -> None:
    each = family(table, prefix="")
    rename = {name: pattern.format(name.removeprefix("mixamorig:")) for name in each.rig.names}
    found = match_rig(Rig(**{**vars_of(each.rig), "names": tuple(rename[name] for name in each.rig.names)}))
    assert found.preset == table
    assert found.bones == {joint: rename[each.truth[joint]] for joint in JOINT_NAMES if joint in each.truth}


def test_whole_chains_are_told() -> None:
    found = match_rig(family("unreal5").rig).chains
    assert found.spine == tuple(f"spine_0{number}" for number in range(1, 6))
    assert found.neck == ("neck_01", "neck_02")
    assert found.twists["left_elbow"] == ("lowerarm_twist_02_l", "lowerarm_twist_01_l")
    assert found.metacarpals["right_pinky1"] == "pinky_metacarpal_r"
    in_line = match_rig(family("daz_genesis8").rig).chains
    assert in_line.twists["left_shoulder"] == ("lShldrTwist",)
    assert is_twist("lShldrTwist")
    assert not is_twist("lShldrBend")


def test_every_table_names_real_joints_and_every_required_one() -> None:
    for preset in PRESETS:
        assert set(preset.bones) <= set(JOINT_NAMES)
        assert set(REQUIRED_JOINTS) <= set(preset.bones)
        assert set(preset.carriers.values()) <= set(JOINT_NAMES)
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)


def test_a_skeleton_folded_into_a_line_is_refused_not_guessed() -> None:
    names = tuple(JOINT_NAMES[:22])
    parents = (-1, *range(21))
    rig = rig_from_hierarchy(names, parents, np.tile([0.1, 0.0, 0.0], (22, 1)))
    with pytest.raises(RigMatchError, match="trunk"):
        match_rig(rig)


def test_all_builds_differ() -> None:
    legs = {build: float(family("smplx", build=build).rig.heads[:, 1].max()) for build in BUILDS}
    assert len({round(height, 2) for height in legs.values()}) == len(BUILDS)


def without(each: Family, *joints: str) -> Rig:
    """The family's rig without some joints' bones and what hangs below them; its trunk's bones are bridged."""
    gone = {each.rig.index(bone) for joint, bone in each.truth.items() if joint in joints}
    parents, kept = list(each.rig.parents), [bone for bone in range(len(each.rig.names)) if bone not in gone]
    for bone in kept:
        while parents[bone] in gone:
            parents[bone] = each.rig.parents[parents[bone]]
    place = {-1: -1} | {bone: at for at, bone in enumerate(kept)}
    return replace(
        each.rig,
        names=tuple(each.rig.names[bone] for bone in kept),
        parents=tuple(place[parents[bone]] for bone in kept),
        heads=each.rig.heads[kept],
        tails=each.rig.tails[kept],
        rest_matrix=each.rig.rest_matrix[kept],
        inherits_rotation=each.rig.inherits_rotation[kept],
    )


@pytest.mark.parametrize(
    ("name", "lacking"), [("unreal4", ("spine3",)), ("vrm1", ("spine3", "neck", "left_collar", "right_collar"))]
)
def test_a_rig_that_lacks_what_its_family_has_is_not_called_by_its_name(name: str, lacking: tuple[str, ...]) -> None:
    each = family(name)
    found = match_rig(without(each, *lacking))
    assert found.preset == BY_NAME
    assert found.title == "no known family, told by its names"
    kept = {joint: bone for joint, bone in each.truth.items() if joint not in lacking}
    assert {joint: found.bones.get(joint) for joint in kept} == kept
    assert not found.doubtful


@pytest.mark.parametrize("name", ["smartbody", "smartbody_motions"])
def test_nothing_is_doubted_on_bodies_of_smartbody(name: str) -> None:
    found = match_rig(family(name, pose="a", extras=True).rig)
    assert not found.doubtful
    assert found.location_bone == found.bones["pelvis"]


def test_what_moves_the_whole_body_carries_the_legs_too() -> None:
    each = family("mixamo")
    rig, hips = each.rig, each.rig.index(each.truth["pelvis"])
    assert match_rig(rig).location_bone == each.truth["pelvis"]
    legs = {rig.index(each.truth[f"{side}_hip"]) for side in ("left", "right")}
    # "Body" stands where the hips are; hips and legs hang on it side by side.
    beside = replace(
        rig,
        names=("Body", *rig.names),
        parents=(-1, *(0 if bone in {hips, *legs} else up + 1 for bone, up in enumerate(rig.parents))),
        heads=np.insert(rig.heads, 0, rig.heads[hips], axis=0),
        tails=np.insert(rig.tails, 0, rig.tails[hips], axis=0),
        rest_matrix=np.insert(rig.rest_matrix, 0, rig.rest_matrix[hips], axis=0),
        inherits_rotation=np.insert(rig.inherits_rotation, 0, True),
    )
    found = match_rig(beside)
    assert found.bones["pelvis"] == each.truth["pelvis"]
    assert found.location_bone == "Body"
