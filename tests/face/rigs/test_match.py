"""Which key plays what: every convention whole and right, spellings, doubles, mixed sets, bad names."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from face.rigs.conftest import NAMES, keys_of
from hypothesis import given
from hypothesis import strategies as st

from exges_core.face.names import ARKIT_NAMES
from exges_core.face.rigs import FaceMatch, ShapeKey, match_shapes

WHOLE = {
    "arkit": ("ARKit", 52, ()),
    "oculus": ("Oculus visemes", 14, ("brows", "blinks", "gaze")),
    "vrchat": ("Oculus visemes", 14, ("brows", "blinks", "gaze")),
    "mpfb_visemes01": ("Microsoft visemes", 21, ("brows", "blinks", "gaze")),
    "microsoft": ("Microsoft visemes", 21, ("brows", "blinks", "gaze")),
    "vrm0": ("VRM expressions", 15, ("brows",)),
    "vrm1": ("VRM expressions", 15, ("brows",)),
    "vrm_visemes": ("Oculus visemes", 15, ("brows", "gaze")),
    "vrm_vowels": ("VRM expressions", 5, ("brows", "blinks", "gaze")),
    "vrm_capitals": ("VRM expressions", 14, ("brows",)),
    "vroid": ("VRoid", 14, ("gaze",)),
    "mmd": ("MMD", 13, ("gaze",)),
    "cc4": ("Character Creator", 62, ()),
    "cc3": ("Character Creator", 35, ("gaze",)),
    "cc_direct": ("Character Creator's fifteen visemes", 15, ("brows", "blinks", "gaze")),
    "cc_explus": ("Character Creator ExPlus", 52, ()),
    "daz_facs": ("Daz FACS", 52, ()),
    "daz_controls": ("Daz visemes", 26, ("gaze",)),
    "metahuman": ("MetaHuman", 60, ()),
}
RIGHT = [
    ("vrm0", "Joy", "vrm:happy"),
    ("vrm1", "lookLeft", "vrm:lookLeft"),
    ("vrm1", "ou", "vrm:U"),
    ("vrm_own", "blink", "plain:eyesClosed"),
    ("vrm_own", "eyebrowsup", "plain:browsUp"),
    ("vrm_mixed", "vrc.v_e", "oculus:E"),
    ("vroid", "Fcl_MTH_O", "vroid:O"),
    ("mmd", "ん", "mmd:ん"),
    ("mpfb_visemes01", "p_b_m_21", "microsoft:p_b_m_21"),
    ("microsoft", "viseme_7", "microsoft:w_uw_07"),
    ("vrchat", "vrc.v_oh", "oculus:O"),
    ("cc4", "Eye_L_Look_R", "reallusion:eyeLookInLeft"),
    ("cc4", "Mouth_Funnel_Down_R", "reallusion:mouthFunnelDownRight"),
    ("cc3", "Mouth_Bottom_Lip_Under", "reallusion:mouthRollLower"),
    ("cc_explus", "A37_Mouth_Close", "reallusion_explus:mouthClose"),
    ("daz_facs", "facs_jnt_EyesWideLeft", "daz_facs:eyeWideLeft"),
    ("daz_controls", "eCTRLBrowOuterUp-DownR", "daz:browOuterUpRight"),
    ("metahuman", "eyeLookRightL", "metahuman:eyeLookRightL"),
]


@pytest.mark.parametrize("family", sorted(WHOLE))
def test_a_convention_is_matched_whole(matched: Callable[[str], FaceMatch], family: str) -> None:
    title, count, missing = WHOLE[family]
    match = matched(family)
    assert match.conventions == {"Head": title}
    assert len(match.channels) == count
    assert match.missing == missing
    assert not match.doubtful


@pytest.mark.parametrize(("family", "key", "target"), RIGHT)
def test_a_key_plays_what_its_name_says(
    matched: Callable[[str], FaceMatch], family: str, key: str, target: str
) -> None:
    found = {channel.key: f"{channel.convention}:{channel.shape}" for channel in matched(family).channels}
    assert found[key] == target


BOUND: dict[str, dict[str, str]] = {
    "vrm_visemes": {
        "blendShape1.vrc_v_aa": "oculus:aa", "blendShape4.vrc_v_ee": "oculus:E", "blendShape6.vrc_v_ih": "oculus:I",
        "blendShape9.vrc_v_oh": "oculus:O", "blendShape10.vrc_v_ou": "oculus:U",
        "blendShape16.vrc_blink": "oculus:blink",
    },
    "vrm_vowels": {f"blendShape2.{vowel}": f"vrm:{vowel}" for vowel in "AIUEO"},
    "vrm_capitals": {
        **{vowel: f"vrm:{vowel}" for vowel in "AIUEO"}, "BLINK_L": "vrm:blinkLeft", "BLINK_R": "vrm:blinkRight",
        "JOY": "vrm:happy", "ANGRY": "vrm:angry", "SORROW": "vrm:sad", "LOOKUP": "vrm:lookUp",
        "LOOKDOWN": "vrm:lookDown", "LOOKLEFT": "vrm:lookLeft", "LOOKRIGHT": "vrm:lookRight",
    },
    "vrm_mixed": {"blink": "vrm:blink", "joy": "vrm:happy", "lookup": "vrm:lookUp"},
}  # fmt: skip
"""Keys of real .vrm files that the file itself binds to an expression, and that expression's shape."""


@pytest.mark.parametrize("family", sorted(BOUND))
def test_a_key_plays_the_expression_that_its_file_binds_it_to(matched: Callable[[str], FaceMatch], family: str) -> None:
    found = {channel.key: f"{channel.convention}:{channel.shape}" for channel in matched(family).channels}
    assert {key: found.get(key) for key in BOUND[family]} == BOUND[family]


def test_a_blend_shape_node_is_no_part_of_a_name_and_another_word_is() -> None:
    nodes = ["blendShape1", "blendShape", "BlendShapes_3", "faceBlendShape12"]
    assert (
        len(match_shapes(keys_of([f"{node}.{vowel}" for node, vowel in zip(nodes, "AIUE", strict=True)])).channels) == 4
    )
    for stem in ("blendShape2.x", "shape2.", "Vitamin_", "blendShape2"):
        assert match_shapes(keys_of([f"{stem}{vowel}" for vowel in "AIUEO"])).channels == (), stem
    assert match_shapes(keys_of([f"blendShape2.{letter}" for letter in "BCDFG"])).channels == ()


def test_a_name_that_an_import_lost_is_said() -> None:
    match = match_shapes(keys_of([f"target_{number}" for number in range(17)]))
    assert match.channels == ()
    assert set(match.left_alone) == {f"Head/target_{number}" for number in range(17)}
    assert "VRM add-on" in match.left_alone["Head/target_0"]


def test_the_word_right_is_no_viseme() -> None:
    match = match_shapes(keys_of([*NAMES["cc_direct"], "right", "left"]))
    assert {"R"} <= {channel.key for channel in match.channels}
    assert not {"right", "left"} & {channel.key for channel in match.channels}
    assert not match.doubtful


@pytest.mark.parametrize("family", ["arkit", "cc_explus", "daz_facs"])
def test_every_shape_of_arkit_is_read_by_its_own_key(matched: Callable[[str], FaceMatch], family: str) -> None:
    weights = {name: weight for channel in matched(family).channels for name, weight in channel.weights.items()}
    assert weights == dict.fromkeys(ARKIT_NAMES, 1.0)


def snake(name: str) -> str:
    return re.sub("([A-Z])", lambda found: "_" + found.group().lower(), name)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "_L": lambda name: re.sub("Left$", "_L", re.sub("Right$", "_R", name)),
    ".L": lambda name: re.sub("Left$", ".L", re.sub("Right$", ".R", name)),
    "L": lambda name: re.sub("Left$", "L", re.sub("Right$", "R", name)),
    "snake": snake,
    "SNAKE": lambda name: snake(name).upper(),
    "Title": lambda name: name[0].upper() + name[1:],
    "lower": str.lower,
    "blanks": lambda name: snake(name).replace("_", " "),
    "mesh": lambda name: f"Head_{name}",
    "maya": lambda name: f"blendShape1.{name}",
    "own prefix": lambda name: f"hero_{name}",
    "own suffix": lambda name: f"{name}_v2final",
    "number": lambda name: f"{ARKIT_NAMES.index(name):02d}_{name}",
    "copy": lambda name: f"{name}.001",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spelling_does_not_matter(spelling: str) -> None:
    names = [SPELLINGS[spelling](name) for name in ARKIT_NAMES]
    match = match_shapes(keys_of(names))
    shapes = [channel.shape for channel in match.channels]
    assert sorted(shapes) == sorted(ARKIT_NAMES)
    assert all(names[ARKIT_NAMES.index(channel.shape)] == channel.key for channel in match.channels)


@pytest.mark.parametrize(
    "family", ["arkit", "oculus", "cc4", "daz_facs", "metahuman", "vroid", "vrm_visemes", "vrm_vowels"]
)
def test_shuffled_names_play_nothing(family: str) -> None:
    chances = np.random.default_rng(3)
    shuffled = ["".join(chances.permutation(list(name))) for name in NAMES[family]]
    assert match_shapes(keys_of(shuffled)).channels == ()


def test_a_lone_longer_name_is_doubtful_and_does_not_play() -> None:
    match = match_shapes(keys_of(["Scar_Mouth_Left", "jawOpen"]))
    assert [channel.key for channel in match.channels] == ["jawOpen"]
    assert "mouthLeft?" in match.doubtful["Head/Scar_Mouth_Left"]


def test_the_finer_of_two_sets_plays_and_the_other_is_said() -> None:
    match = match_shapes(keys_of([*NAMES["oculus"], *NAMES["arkit"]]))
    assert {channel.convention for channel in match.channels} == {"arkit"}
    assert match.left_alone["Head/viseme_aa"] == "ARKit moves the same, and finer"
    match = match_shapes(keys_of([*NAMES["oculus"], "mouthOpen", "mouthSmile", "eyeBlinkLeft", "eyeBlinkRight"]))
    played = {channel.key for channel in match.channels}
    assert {"viseme_aa", "eyeBlinkLeft", "mouthSmile"} <= played
    assert "Oculus" in match.left_alone["Head/mouthOpen"]


def test_lips_alone_do_not_win_over_visemes_that_open_the_mouth() -> None:
    lips = [name for name in ARKIT_NAMES if name.startswith("mouth")]
    match = match_shapes(keys_of([*lips, *(f"Fcl_MTH_{vowel}" for vowel in "AIUEO")]))
    assert {channel.shape for channel in match.channels} >= {"A", "I", "U", "E", "O", "mouthSmileLeft"}
    assert "VRoid" in match.left_alone["Head/mouthFunnel"]


def test_one_channel_once_on_a_mesh_and_on_every_mesh() -> None:
    meshes = ["Head", "Teeth", "Tongue", "Lashes"]
    keys = [ShapeKey(mesh=mesh, name="jawOpen") for mesh in meshes]
    match = match_shapes([*keys, ShapeKey(mesh="Head", name="JawOpen_Head")])
    assert [channel.mesh for channel in match.channels] == meshes
    assert "'jawOpen' plays jawOpen" in match.doubtful["Head/JawOpen_Head"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("jawOpen_corr", "corrective"),
        ("mouthSmileLeft_fix", "corrective"),
        ("JCM_jawOpen", "corrective"),
        ("jawOpen_mouthSmile", "combination"),
        ("eyeBlinkLeft_eyeBlinkRight", "combination"),
    ],
)
def test_correctives_are_left_alone(name: str, why: str) -> None:
    match = match_shapes(keys_of([name]))
    assert match.channels == ()
    assert why in match.left_alone[f"Head/{name}"]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (ShapeKey(mesh="Head", name="jawOpen", is_driven=True), "a driver moves it"),
        (ShapeKey(mesh="Head", name="jawOpen", is_locked=True), "locked or muted"),
        (ShapeKey(mesh="Head", name="jawOpen", low=0.5, high=0.5), "its slider has no range (0.5 to 0.5)"),
        (ShapeKey(mesh="Head", name="jawOpen", low=0.0, high=float("nan")), "its slider has no range (0 to nan)"),
    ],
)
def test_a_key_that_may_not_move_is_left_alone(key: ShapeKey, why: str) -> None:
    match = match_shapes([key])
    assert match.channels == ()
    assert match.left_alone == {"Head/jawOpen": why}
    assert "mouth" in match.missing


def test_a_whole_gives_way_to_its_halves() -> None:
    match = match_shapes(keys_of(["eyeBlink", "eyeBlinkLeft", "eyeBlinkRight", "mouthSmile", "mouthSmileLeft"]))
    assert {channel.key for channel in match.channels} == {
        "eyeBlinkLeft",
        "eyeBlinkRight",
        "mouthSmile",
        "mouthSmileLeft",
    }
    assert match.left_alone == {"Head/eyeBlink": "keys for its parts play"}


def test_what_is_chosen_goes_before_names() -> None:
    keys = keys_of(["jawOpen", "MyJaw", "Odd", "viseme_aa", "mouthClose"])
    chosen = {"Head/MyJaw": "jawOpen", "Head/Odd": "oculus:PP", "Head/mouthClose": "", "Gone/x": "jawOpen"}
    match = match_shapes(keys, chosen | {"Head/viseme_aa": "nonsense"})
    assert {(channel.key, channel.shape) for channel in match.channels} == {("MyJaw", "jawOpen")}
    assert "MyJaw" in match.doubtful["Head/jawOpen"]
    assert match.left_alone["Head/mouthClose"] == "chosen so"
    assert "no such key" in match.doubtful["Gone/x"]
    assert "'nonsense'" in match.doubtful["Head/viseme_aa"]


def test_a_driven_key_is_not_moved_though_it_is_chosen() -> None:
    match = match_shapes([ShapeKey(mesh="Head", name="Odd", is_driven=True)], {"Head/Odd": "jawOpen"})
    assert match.channels == ()
    assert match.left_alone == {"Head/Odd": "a driver moves it"}


@given(st.lists(st.text(max_size=40), max_size=30))
def test_any_names_are_taken(names: list[str]) -> None:
    match = match_shapes([ShapeKey(mesh="Head", name=name) for name in names])
    assert all(channel.key in names for channel in match.channels)
