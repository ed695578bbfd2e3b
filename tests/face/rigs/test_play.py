"""The values keys take: ranges, closures, mixtures of coarser sets, moods beside speech."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from face.rigs.conftest import NAMES, keys_of
from face.takes import Spoken
from hypothesis import given
from hypothesis import strategies as st

from exges_core.arrays import Array
from exges_core.face.names import ARKIT_NAMES, COLUMN, shape_of
from exges_core.face.rigs import FaceMatch, ShapeKey, match_shapes, values
from exges_core.face.rigs.convention import sideless
from exges_core.face.rigs.mixture import mixture_of
from exges_core.face.rigs.tables import CONVENTIONS
from exges_core.face.visemes import PHONES, visemes_of
from exges_core.speech.phones import Phone

MIXED: dict[str, dict[str, Mapping[str, float]]] = {
    each.name: {name: shape.looks for name, shape in each.shapes.items() if shape.looks is not None}
    for each in CONVENTIONS
    if any(shape.is_mixed for shape in each.shapes.values())
}
MOST = {each.name: each.most for each in CONVENTIONS}


def played(match: FaceMatch, **shapes: float) -> dict[str, float]:
    """Return key -> value at one frame of a face given by its shapes."""
    found = values(match, shape_of(shapes)[None])
    return {key: float(course[0]) for (_, key), course in found.items()}


def test_arkit_plays_itself(matched: Callable[[str], FaceMatch], random_curves: Array) -> None:
    found = values(matched("arkit"), random_curves)
    for name in ARKIT_NAMES:
        np.testing.assert_allclose(found["Head", name], random_curves[:, COLUMN[name]])


@given(
    low=st.floats(-100.0, 100.0),
    high=st.floats(-100.0, 100.0),
    share=st.floats(-0.5, 1.5),
)
def test_values_stay_in_the_slider(low: float, high: float, share: float) -> None:
    match = match_shapes([ShapeKey(mesh="Head", name="jawOpen", low=low, high=high)])
    if not high > low:
        assert match.channels == ()
        return
    value = played(match, jawOpen=share)["jawOpen"]
    assert low - 1e-9 <= value <= high + 1e-9
    rest = min(max(0.0, low), high)
    assert played(match)["jawOpen"] == pytest.approx(rest)
    assert played(match, jawOpen=1.0)["jawOpen"] == pytest.approx(high if high > rest else low)


def test_meshes_of_other_ranges_take_their_own_values() -> None:
    keys = [ShapeKey(mesh="Head", name="jawOpen"), ShapeKey(mesh="Teeth", name="jawOpen", high=100.0)]
    found = values(match_shapes(keys), shape_of({"jawOpen": 0.25})[None])
    assert {mesh: float(course[0]) for (mesh, _), course in found.items()} == {"Head": 0.25, "Teeth": 25.0}


def test_what_is_no_number_is_rest(matched: Callable[[str], FaceMatch]) -> None:
    assert played(matched("arkit"), jawOpen=float("nan"))["jawOpen"] == 0.0


def test_a_jaw_shuts_the_lips_where_no_key_closes_them() -> None:
    shut = {"jawOpen": 0.3, "mouthClose": 0.3}
    assert played(match_shapes(keys_of(["jawOpen"])), **shut)["jawOpen"] == pytest.approx(0.0)
    assert played(match_shapes(keys_of(["jawOpen", "mouthClose"])), **shut)["jawOpen"] == pytest.approx(0.3)


def relatives(looks: Mapping[str, Mapping[str, float]], shape: str) -> list[str]:
    """Return the shapes of a set that look almost like one."""
    face = shape_of(looks[shape])
    return [name for name, look in looks.items() if np.linalg.norm(shape_of(look) - face) < 0.16]


@pytest.mark.parametrize("name", sorted(MIXED))
def test_a_set_shows_its_own_shape_as_that_shape(name: str) -> None:
    looks = MIXED[name]
    faces = np.stack([shape_of(look) for look in looks.values()])
    shares = mixture_of(looks, faces, most=MOST[name]).shares
    for frame, shape in enumerate(looks):
        own = sum(shares[other][frame] for other in relatives(looks, shape))
        assert own >= 0.85, shape
        assert sum(share[frame] for share in shares.values()) <= max(1.0, own) + 0.15, shape


@pytest.mark.parametrize("name", sorted(MIXED))
def test_what_a_set_makes_is_near_and_its_lips_are_no_wider(name: str, demo: Spoken) -> None:
    curves = demo.face.curves
    mixture = mixture_of(MIXED[name], curves, most=MOST[name])
    shares = np.stack(list(mixture.shares.values()))
    assert shares.min() >= 0.0
    assert shares.max() <= 1.0 + 1e-9
    open_by, seen = (np.maximum(each[:, COLUMN["jawOpen"]] - each[:, COLUMN["mouthClose"]], 0.0) for each in
                     (curves, mixture.curves))  # fmt: skip
    assert np.corrcoef(open_by, seen)[0, 1] > 0.97
    assert (seen - open_by).max() < 0.2
    assert seen[open_by < 0.01].max() < 0.03


SHUT = {"oculus": "PP", "microsoft": "p_b_m_21", "daz_visemes": "M", "reallusion_visemes": "Explosive", "mmd": "ん"}


@pytest.mark.parametrize("name", sorted(SHUT))
def test_lips_shut_where_the_curves_shut_them(name: str, demo: Spoken) -> None:
    curves = demo.face.curves
    sealed = curves[:, COLUMN["mouthClose"]] >= 0.95 * np.maximum(curves[:, COLUMN["jawOpen"]], 0.05)
    assert sealed.sum() > 20
    shares = mixture_of(MIXED[name], curves, most=MOST[name]).shares
    assert shares[SHUT[name]][sealed].min() > 0.8
    others = sum(share[sealed] for shape, share in shares.items() if shape != SHUT[name])
    assert np.max(others) < 0.25


def test_exchanged_tables_lose_the_closures(demo: Spoken) -> None:
    looks = MIXED["oculus"]
    exchanged = dict(zip(looks, [*list(looks.values())[4:], *list(looks.values())[:4]], strict=True))
    curves = demo.face.curves
    sealed = curves[:, COLUMN["mouthClose"]] >= 0.95 * np.maximum(curves[:, COLUMN["jawOpen"]], 0.05)
    assert mixture_of(exchanged, curves).shares["PP"][sealed].mean() < 0.2


def test_vowels_are_the_right_ones(demo: Spoken) -> None:
    shares = mixture_of(MIXED["oculus"], demo.face.curves).shares
    wanted = {"AA": "aa", "IY": "I", "OW": "O", "UW": "U", "EH": "E"}
    found = {vowel: np.mean([shares[viseme][at] for at in frames_of(demo, vowel)]) for vowel, viseme in wanted.items()
             if frames_of(demo, vowel)}  # fmt: skip
    assert len(found) >= 3
    for vowel, share in found.items():
        elsewhere = [np.mean([shares[wanted[vowel]][at] for at in frames_of(demo, other)]) for other in found
                     if other != vowel]  # fmt: skip
        assert share > np.mean(elsewhere), vowel


def frames_of(spoken: Spoken, phone: str) -> list[int]:
    """Return the middle frames of a phone."""
    return [round(15.0 * (start_s + end_s)) for name, start_s, end_s in spoken.phones if name == phone]


def test_a_smile_plays_beside_visemes_and_not_twice() -> None:
    match = match_shapes(keys_of([*NAMES["oculus"], "mouthSmileLeft", "mouthSmileRight"]))
    mood = played(match, mouthSmile=0.6)
    assert mood["mouthSmileLeft"] > 0.45
    assert max(value for key, value in mood.items() if key.startswith("viseme")) < 0.25
    vowel = played(match, **{"jawOpen": 0.15, "mouthStretch": 0.25, "mouthSmile": 0.25, "mouthLowerDown": 0.07})
    assert vowel["viseme_I"] > 0.85
    assert vowel["mouthSmileLeft"] < 0.05


def test_teeth_with_a_few_visemes_move_with_the_head(random_curves: Array) -> None:
    teeth = [ShapeKey(mesh="Teeth", name=name) for name in ("viseme_aa", "viseme_O")]
    found = values(match_shapes([*keys_of(NAMES["oculus"]), *teeth]), random_curves)
    np.testing.assert_array_equal(found["Teeth", "viseme_aa"], found["Head", "viseme_aa"])
    assert match_shapes(teeth).channels == ()


MOODS = {
    "happy": {"mouthSmile": 0.5, "mouthDimple": 0.15, "cheekSquint": 0.4, "eyeSquint": 0.2, "browOuterUp": 0.08},
    "sad": {"browInnerUp": 0.55, "mouthFrown": 0.45, "mouthShrugLower": 0.25, "eyeSquint": 0.12},
    "angry": {"browDown": 0.65, "noseSneer": 0.25, "eyeSquint": 0.3, "mouthFrown": 0.2, "mouthPress": 0.15},
    "surprised": {"browInnerUp": 0.5, "browOuterUp": 0.6, "eyeWide": 0.5},
}
KEYS = {"happy": "happy", "sad": "sad", "angry": "angry", "surprised": "surprised"}


@pytest.mark.parametrize("mood", MOODS)
def test_vrm_shows_our_moods(matched: Callable[[str], FaceMatch], mood: str) -> None:
    found = {key: value for key, value in played(matched("vrm1"), **MOODS[mood]).items() if key in KEYS}
    assert found[mood] == pytest.approx(0.7, abs=0.06)
    assert max(value for key, value in found.items() if key != mood) < 0.15


def test_a_raised_brow_is_no_surprise(matched: Callable[[str], FaceMatch]) -> None:
    raised = {"browInnerUp": 0.5, "browOuterUp": 0.6, "eyeWide": 0.12}
    assert played(matched("vrm1"), **raised)["surprised"] < 0.02
    assert played(matched("vroid"), **raised)["Fcl_BRW_Surprised"] == pytest.approx(0.6)


def test_both_lids_close_one_key(matched: Callable[[str], FaceMatch]) -> None:
    assert played(matched("vrm1"), eyeBlink=1.0)["blinkLeft"] == 1.0
    assert played(match_shapes(keys_of(["blink", "aa", "ih"])), eyeBlink=1.0)["blink"] == 1.0


def test_gaze_to_the_left_is_one_key(matched: Callable[[str], FaceMatch]) -> None:
    found = played(matched("vrm1"), eyeLookOutLeft=0.5, eyeLookInRight=0.5)
    assert (found["lookLeft"], found["lookRight"]) == (0.5, 0.0)


def test_the_sets_look_as_the_phones_they_are_made_for() -> None:
    """Their looks are the mouth's own shapes, so that a phone is one shape of a set."""
    by_phone = {
        name: [dict(each.viseme.shape) for each in visemes_of([Phone(name=name, start_s=0.0, end_s=0.1, word=0)])][1:-1]
        for name in PHONES
    }
    of_sets = [sideless(look) for looks in MIXED.values() for look in looks.values()]
    for vowel in ("AA", "AE", "AH", "AO", "EH", "ER", "IY", "UW", "F", "TH", "S", "SH", "R"):
        assert sideless(by_phone[vowel][0]) in of_sets, vowel
    shut = sideless(by_phone["P"][0]) | {"mouthClose": 0.1}
    assert shut in of_sets


def test_a_minute_of_four_meshes_and_ten_thousand_keys_are_soon_done() -> None:
    # In a process of its own, where types are not checked at every call.
    command = [sys.executable, "-m", "benchmarks.face", "--runs", "1"]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
