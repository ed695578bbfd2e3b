"""What a .vrm binds: keys of any name play its expressions, by weight; choices go before it, finer sets too."""

import numpy as np
import pytest
from face.rigs.conftest import NAMES, keys_of
from hypothesis import given
from hypothesis import strategies as st

from exges_core.arrays import Array
from exges_core.face.names import ARKIT_NAMES, shape_of
from exges_core.face.rigs import Bind, FaceMatch, ShapeKey, match_shapes, values
from exges_core.face.rigs.tables import mouths

SPOKEN = {"aa": "A", "ih": "I", "ou": "U", "ee": "E", "oh": "O"}
MEANT = {
    **{name: f"vrm:{shape}" for name, shape in SPOKEN.items()},
    **{shape.lower(): f"vrm:{shape}" for shape in SPOKEN.values()},
    **{"blink": "vrm:blink", "blink_l": "vrm:blinkLeft", "blink_r": "vrm:blinkRight"},
    **{"blink_left": "vrm:blinkLeft", "blink_right": "vrm:blinkRight"},
    **{"lookup": "vrm:lookUp", "lookdown": "vrm:lookDown", "lookleft": "vrm:lookLeft", "lookright": "vrm:lookRight"},
    **{"look_up": "vrm:lookUp", "look_down": "vrm:lookDown", "look_left": "vrm:lookLeft"},
    **{"look_right": "vrm:lookRight", "joy": "vrm:happy", "happy": "vrm:happy", "angry": "vrm:angry"},
    **{"sorrow": "vrm:sad", "sad": "vrm:sad", "surprised": "vrm:surprised", "Surprised": "vrm:surprised"},
    **{"BrowInnerUp": "browInnerUp", "mouthSmileLeft": "mouthSmileLeft"},
}
"""An expression as a file or the VRM add-on calls it -> what a key that it binds plays."""


def binds_of(bound: dict[str, str], mesh: str = "Head") -> list[Bind]:
    """Key -> its only expression."""
    return [Bind(expression=expression, mesh=mesh, key=key) for key, expression in bound.items()]


def targets(match: FaceMatch) -> dict[str, str]:
    return {channel.key: channel.target for channel in match.channels}


def odd(bound: list[str]) -> dict[str, str]:
    """Keys of names that say nothing, each for an expression."""
    return {f"face.{number:03}": expression for number, expression in enumerate(bound, start=1)}


@pytest.mark.parametrize("expression", MEANT)
def test_a_key_of_any_name_plays_its_expression(expression: str) -> None:
    bound = {"MTH_DEF_01": expression}
    keys = keys_of(["MTH_DEF_01", "MTH_DEF_02"])
    assert match_shapes(keys).channels == ()
    assert targets(match_shapes(keys, binds=binds_of(bound))) == {"MTH_DEF_01": MEANT[expression]}


def test_a_face_of_odd_names_plays_as_one_of_the_expressions_names(random_curves: Array) -> None:
    named = list(NAMES["vrm1"])
    bound = dict(zip((f"face.{number:03}" for number in range(len(named))), named, strict=True))
    whole, match = match_shapes(keys_of(named)), match_shapes(keys_of(list(bound)), binds=binds_of(bound))
    assert match.conventions == whole.conventions
    assert match.missing == whole.missing
    ours, theirs = values(match, random_curves), values(whole, random_curves)
    assert len(theirs) == 15
    assert {bound[key]: each.tobytes() for (_, key), each in ours.items()} == {
        key: each.tobytes() for (_, key), each in theirs.items()
    }
    shuffled = dict(zip(bound, np.roll(np.array(list(bound.values())), 1).tolist(), strict=True))
    wrong = values(match_shapes(keys_of(list(bound)), binds=binds_of(shuffled)), random_curves)
    assert any((wrong[place] != each).any() for place, each in ours.items())


def test_binds_go_before_names_and_the_animator_before_both() -> None:
    keys = keys_of(["A", "I", "U", "E", "O", "smile", "blink"])
    bound = {"A": "ou", "U": "aa", "smile": "blink"}
    found = targets(match_shapes(keys, binds=binds_of(bound)))
    assert found == {"A": "vrm:U", "U": "vrm:A", "I": "vrm:I", "E": "vrm:E", "O": "vrm:O", "smile": "vrm:blink"}
    chosen = match_shapes(keys, {"Head/A": "vrm:E", "Head/U": ""}, binds_of(bound))
    assert targets(chosen)["A"] == "vrm:E"
    assert chosen.left_alone["Head/U"] == "chosen so"
    assert "'smile' plays blink" in match_shapes(keys, binds=binds_of(bound)).doubtful["Head/blink"]


def test_a_finer_set_of_names_plays_on_its_mesh() -> None:
    spare = odd(list(SPOKEN))
    bound = {**spare, "jawOpen": "aa", "eyeBlinkLeft": "blink_l", "eyeBlinkRight": "blink_r"}
    match = match_shapes(keys_of([*ARKIT_NAMES, *spare]), binds=binds_of(bound))
    assert targets(match) == {name: name for name in ARKIT_NAMES}
    assert match.left_alone["Head/face.001"] == "ARKit moves the same, and finer"
    teeth = [ShapeKey(mesh="Teeth", name=name) for name in spare]
    both = match_shapes([*keys_of(list(ARKIT_NAMES)), *teeth], binds=binds_of(spare, "Teeth"))
    assert len(both.channels) == len(ARKIT_NAMES) + len(spare)
    few = match_shapes(keys_of(["jawOpen", *list(spare)[1:]]), binds=binds_of({**spare, "jawOpen": "aa"}))
    assert targets(few)["jawOpen"] == "vrm:A"


def test_vroid_s_own_names_stay_finer_than_its_file_s_binds() -> None:
    names = NAMES["vroid"]
    moods = [f"Fcl_ALL_{mood}" for mood in ("Joy", "Angry", "Sorrow", "Surprised")]
    bound = {f"Fcl_MTH_{vowel}": vowel.lower() for vowel in "AIUEO"}
    bound |= {"Fcl_EYE_Close": "blink", "Fcl_EYE_Close_L": "blink_l", "Fcl_EYE_Close_R": "blink_r"}
    bound |= dict(zip(moods, ("joy", "angry", "sorrow", "Surprised"), strict=True))
    keys = keys_of([*(name for name in names if name not in moods), *moods])
    assert targets(match_shapes(keys, binds=binds_of(bound))) == targets(match_shapes(keys))


def test_the_keys_of_an_expression_move_by_their_weights_and_add_up() -> None:
    keys = keys_of(["open", "round", "lid"])
    binds = [
        Bind(expression=expression, mesh="Head", key=key, weight=weight)
        for expression, key, weight in (
            *(("aa", "open", 1.0), ("oh", "open", 0.5), ("oh", "round", 0.8)),
            *(("blink", "lid", 1.0), ("angry", "lid", 0.4)),
        )
    ]
    match = match_shapes(keys, binds=binds)
    assert [[part.target for part in channel.parts] for channel in match.channels] == [
        ["vrm:A", "vrm:O"],
        ["vrm:O"],
        ["vrm:blink", "vrm:angry"],
    ]
    whole = match_shapes(keys_of(["A", "O"]), {"Head/A": "vrm:A", "Head/O": "vrm:O"})
    curves = np.stack([shape_of(dict(look)) for look in (mouths.AA, mouths.OW, mouths.AO)])
    ours, share = values(match, curves), values(whole, curves)
    opened, rounded = share["Head", "A"], share["Head", "O"]
    assert rounded.max() > 0.5
    assert ours["Head", "open"] == pytest.approx(np.minimum(opened + 0.5 * rounded, 1.0))
    assert ours["Head", "round"] == pytest.approx(0.8 * rounded)
    frown = values(match, np.stack([shape_of({"browDown": 1.0}), shape_of({"browDown": 1.0, "eyeBlink": 1.0})]))
    assert frown["Head", "lid"] == pytest.approx([0.4, 1.0])


def test_a_key_that_speaks_is_left_to_the_speech_by_moods() -> None:
    said = [
        ("aa", "ah", 1.0),
        ("angry", "ah", 0.25),
        ("angry", "brows", 1.0),
        ("angry", "lid", 0.25),
        ("sad", "ah", 0.5),
    ]
    binds = [Bind(expression=name, mesh="Head", key=key, weight=weight) for name, key, weight in said]
    match = match_shapes(keys_of(["ah", "brows", "lid"]), binds=binds)
    shown = values(match, shape_of({"browDown": 1.0, "mouthFrown": 1.0, "jawOpen": 0.1, "mouthClose": 0.1})[None])
    assert {key: each.item() for (_, key), each in shown.items()} == pytest.approx(
        {"ah": 0.0, "brows": 1.0, "lid": 0.25}
    )


def test_one_key_for_both_eyes_closes_as_far_as_they_do() -> None:
    for names in (("blink_l", "blink_r"), ("blink", "blink_l", "blink_r")):
        binds = [Bind(expression=name, mesh="Head", key="lids") for name in names]
        shown = values(match_shapes(keys_of(["lids"]), binds=binds), shape_of({"eyeBlink": 0.5})[None])
        assert shown["Head", "lids"] == pytest.approx(0.5), names
    two = [Bind(expression="blink", mesh="Head", key=key) for key in ("l", "r")]
    two += [Bind(expression=f"blink_{key}", mesh="Head", key=key) for key in ("l", "r")]
    assert targets(match_shapes(keys_of(["l", "r"]), binds=two)) == {"l": "vrm:blinkLeft", "r": "vrm:blinkRight"}


def test_what_a_bind_means_to_nobody_is_left_alone_or_as_its_name_says() -> None:
    binds = [Bind(expression="fun", mesh="Head", key=key) for key in ("target_3", "mouthSmile")]
    binds += [Bind(expression="neutral", mesh="Head", key="rest"), Bind(expression="Hat off", mesh="Head", key="hat")]
    match = match_shapes(keys_of(["target_3", "mouthSmile", "rest", "hat"]), binds=binds)
    assert targets(match) == {"mouthSmile": "mouthSmile"}
    assert match.left_alone == {"Head/target_3": "no mood of ours", "Head/rest": "the face at rest"}


@pytest.mark.parametrize("weight", [0.0, 0.01, -1.0, float("nan"), float("inf")])
def test_a_bind_without_weight_is_none(weight: float) -> None:
    binds = [Bind(expression="aa", mesh="Head", key="odd", weight=weight)]
    assert match_shapes(keys_of(["odd"]), binds=binds).channels == ()


def test_a_bound_key_that_may_not_move_is_left_alone() -> None:
    match = match_shapes([ShapeKey(mesh="Head", name="odd", is_driven=True)], binds=binds_of({"odd": "aa"}))
    assert match.left_alone == {"Head/odd": "a driver moves it"}
    assert match_shapes(keys_of(["odd"]), binds=binds_of({"gone": "aa"})).channels == ()


_TEXT = st.text(max_size=12) | st.sampled_from(["aa", "blink", "joy", "jawOpen", "A", "neutral"])


_SAID = st.tuples(_TEXT, _TEXT, st.floats(-2.0, 200.0))


@given(st.lists(_SAID, max_size=20), st.lists(_TEXT, max_size=12, unique=True))
def test_any_binds_are_taken_and_values_stay_in_range(said: list[tuple[str, str, float]], names: list[str]) -> None:
    binds = [Bind(expression=name, mesh="Head", key=key, weight=weight) for name, key, weight in said]
    match = match_shapes(keys_of(names), binds=binds)
    assert len({channel.path for channel in match.channels}) == len(match.channels)
    curves = np.random.default_rng(2).uniform(0.0, 1.0, (4, 52))
    for each in values(match, curves).values():
        assert each.min() >= 0.0
        assert each.max() <= 1.0 + 1e-9
