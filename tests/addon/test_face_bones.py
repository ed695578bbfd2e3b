"""Rigify's faces of bones, as Blender shows a spoken take on them: lips that shut and round, brows on accents."""

import sys
from typing import Any

import numpy as np
import pytest

from tests.face.measures import NEAR_S, RATE_HZ, runs

pytestmark = pytest.mark.blender
RIGS = ("Old", "New")
UP = np.array([0.0, 0.0, 1.0])
OPEN = {"AA", "AE", "AH", "AO", "AW", "AY", "EH"}
ROUND = {"OW", "UW", "W"}
Phones = list[tuple[str, float, float]]


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("face_bones", sys.executable, source=True)


def phones_of(rig: dict[str, Any]) -> Phones:
    return [(each["name"], each["start_s"], each["end_s"]) for each in rig["told"]["face"]["phones"]]


def exchanged(phones: Phones) -> Phones:
    """The same times, the names of others: what fits the words must not fit these."""
    names = np.random.default_rng(3).permutation([name for name, _, _ in phones])
    return [(str(name), start_s, end_s) for name, (_, start_s, end_s) in zip(names, phones, strict=True)]


def moved(rig: dict[str, Any], point: str, shown: str = "shown") -> np.ndarray:
    """Where a point is beside its rest, in half widths of the mouth, frames x 3."""
    half = 0.5 * np.linalg.norm(np.subtract(rig["rest"]["left"], rig["rest"]["right"]))
    return (np.array([row[point] for row in rig[shown]]) - rig["rest"][point]) / half


def gap(rig: dict[str, Any], shown: str = "shown") -> np.ndarray:
    """How far lips are apart, in the middle or half way to a corner, where it is farther."""
    pairs = (("upper", "lower"), ("upper_half", "lower_half"))
    return np.max([(moved(rig, upper, shown) - moved(rig, lower, shown)) @ UP for upper, lower in pairs], axis=0)


def width(rig: dict[str, Any]) -> np.ndarray:
    """How wide the mouth is, 1 = at rest."""
    across = [np.linalg.norm(np.subtract(row["left"], row["right"])) for row in rig["shown"]]
    return np.array(across) / np.linalg.norm(np.subtract(rig["rest"]["left"], rig["rest"]["right"]))


def during(phones: Phones, names: set[str], course: np.ndarray) -> list[np.ndarray]:
    """A course during every phone of these names."""
    at_s = np.arange(len(course)) / RATE_HZ
    parts = [course[(at_s >= a - NEAR_S) & (at_s <= b + NEAR_S)] for name, a, b in phones if name in names]
    assert parts
    return parts


def closed_share(phones: Phones, course: np.ndarray) -> float:
    """How far lips are apart on p, b and m at least, at the worst of them, as a share of an open vowel's gap."""
    shut = max(part.min() for part in during(phones, set("PBM"), course))
    return float(shut / np.median([part.max() for part in during(phones, OPEN, course)]))


@pytest.mark.parametrize("name", RIGS)
def test_every_part_of_rigifys_face_is_found(found: dict[str, Any], name: str) -> None:
    rig = found[name]
    corner = "lips.{}" if name == "Old" else "lip_end.{}.001"
    parts = rig["parts"]
    for side, letter in (("left", "L"), ("right", "R")):
        assert parts[corner.format(letter)] == f"{side} lip corner"
        assert parts[f"lid.T.{letter}.002"] == f"{side} upper lid"
        assert {f"brow.T.{letter}.001", f"brow.T.{letter}.003"} == {
            bone for bone, part in parts.items() if part == f"{side} brow"
        }
        assert rig["alone"][f"lip.T.{letter}.001"] == "it follows other bones"
    assert (parts["lip.T"], parts["lip.B"], parts["jaw_master"]) == ("upper lip", "lower lip", "jaw")
    assert rig["missing"] == []
    assert rig["told"]["warnings"] == []


@pytest.mark.parametrize("name", RIGS)
def test_lips_shut_on_p_b_and_m_and_not_on_those_of_other_words(found: dict[str, Any], name: str) -> None:
    rig = found[name]
    phones, apart = phones_of(rig), gap(rig)
    assert -0.15 < closed_share(phones, apart) < 0.1
    assert apart.min() > -0.06  # lips press, and go no farther through each other
    assert closed_share(exchanged(phones), apart) > 0.5


def test_lips_shut_where_few_keys_are_written(found: dict[str, Any]) -> None:
    rig = {**found["Old"], "thin": found["thin"]["shown"]}
    assert -0.15 < closed_share(phones_of(rig), gap(rig, "thin")) < 0.1
    dense, thin = found["keys"]
    assert thin < 0.5 * dense


@pytest.mark.parametrize("name", RIGS)
def test_the_mouth_is_narrow_on_round_vowels_and_its_corners_stay_whole(found: dict[str, Any], name: str) -> None:
    rig = found[name]
    phones, wide = phones_of(rig), width(rig)
    narrow = np.median([part.min() for part in during(phones, ROUND, wide)])
    assert narrow < 0.9
    assert np.median([part.max() for part in during(phones, {"IY"}, wide)]) > 1.03
    assert np.median([part.min() for part in during(exchanged(phones), ROUND, wide)]) > narrow + 0.05
    split = [np.linalg.norm(np.subtract(row["left"], row["left_below"])) for row in rig["shown"]]
    assert max(split) < 1e-4


@pytest.mark.parametrize("name", RIGS)
def test_the_lower_lip_goes_to_the_teeth_on_v(found: dict[str, Any], name: str) -> None:
    rig = found[name]
    back, apart = moved(rig, "lower")[:, 1] - moved(rig, "upper")[:, 1], gap(rig)
    (bitten,) = during(phones_of(rig), {"V"}, back)
    assert bitten.max() > 0.15  # it faces -Y: behind the upper lip
    assert min(part.min() for part in during(phones_of(rig), {"V"}, apart)) < 0.15


@pytest.mark.parametrize("name", RIGS)
def test_brows_rise_on_accents_as_often_as_the_face_says(found: dict[str, Any], name: str) -> None:
    rig = found[name]
    for point in ("inner_brow", "outer_brow"):
        height = moved(rig, point) @ UP
        assert len(runs(height > 0.08)) == rig["told"]["face"]["brow_raises"]
        assert 0.15 < height.max() < 0.6
        assert abs(np.median(height)) < 0.2


@pytest.mark.parametrize("name", RIGS)
def test_the_target_of_both_eyes_goes_across_and_up_alone(found: dict[str, Any], name: str) -> None:
    across, ahead, up = np.abs(moved(found[name], "target")).max(axis=0)
    assert min(across, up) > 0.02
    assert ahead < 0.05 * across


@pytest.mark.parametrize("name", RIGS)
def test_lids_meet_on_blinks(found: dict[str, Any], name: str) -> None:
    rig = found[name]
    apart = np.array([np.subtract(row["upper_lid"], row["lower_lid"]) @ UP for row in rig["shown"]])
    rest = np.subtract(rig["rest"]["upper_lid"], rig["rest"]["lower_lid"]) @ UP
    assert apart.min() < 0.1 * rest
    assert apart.max() > 0.9 * rest


def test_own_keys_on_a_lips_place_are_met(found: dict[str, Any]) -> None:
    shown, wanted = found["own"]
    assert shown == pytest.approx(wanted, abs=1e-7)


def test_outside_of_a_range_every_key_of_lips_and_brows_stays(found: dict[str, Any]) -> None:
    same, curves = found["range"]
    assert same == curves == 3 * 13
    assert found["range_moved"] > 5e-4


def test_a_mirrored_take_has_the_other_side_s_face(found: dict[str, Any]) -> None:
    flipped = np.array([-1.0, 1.0, 1.0])
    for here, there in (("left", "right"), ("right_brow", "outer_brow"), ("lower", "lower")):
        image = np.array([row[here] for row in found["mirrored"]])
        original = np.array([row[there] for row in found["Old"]["shown"]])
        np.testing.assert_allclose(image, original * flipped, atol=2e-5)
    sides = [np.array([row[name] for row in found["Old"]["shown"]]) @ UP for name in ("outer_brow", "right_brow")]
    assert np.abs(sides[0] - sides[1]).max() > 1e-4  # it leans to one side


def test_all_bones_of_the_face_are_in_its_layer(found: dict[str, Any]) -> None:
    assert found["split"] == ["FINISHED"]
    assert found["layer"]


def test_a_take_that_is_removed_leaves_the_face_at_rest(found: dict[str, Any]) -> None:
    for name, place in found["removed"].items():
        assert place == pytest.approx(found["New"]["rest"][name], abs=1e-5), name
