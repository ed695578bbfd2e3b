"""The face of a real take as Blender shows it: lips shut on p, b and m, and not on those of other words; headless."""

import sys
from typing import Any

import numpy as np
import pytest

from exges_core.face.names import COLUMN
from tests.face.measures import RATE_HZ, lip_gap, share_reached

pytestmark = pytest.mark.blender
CLOSED = 0.05


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("face_real", sys.executable, source=True)


def phones_of(told: dict[str, Any], *, until_s: float = np.inf) -> list[tuple[str, float, float]]:
    return [(each["name"], each["start_s"], each["end_s"]) for each in told["phones"] if each["end_s"] < until_s]


def test_lips_shut_on_every_p_b_and_m_and_not_on_those_of_other_words(found: dict[str, Any]) -> None:
    assert found["operator"] == ["FINISHED"]
    for name in ("panel", "happy"):
        shut = lip_gap(np.array(found[name]["curves"])) <= CLOSED
        assert share_reached(phones_of(found[name]), "PBM", shut) >= 0.95
    other = lip_gap(np.array(found["happy"]["curves"])) <= CLOSED
    assert share_reached(phones_of(found["panel"], until_s=len(other) / RATE_HZ), "PBM", other) < 0.75


def test_the_mouth_opens_lids_shut_and_nothing_leaves_its_range(found: dict[str, Any]) -> None:
    curves = np.array(found["panel"]["curves"])
    assert curves.min() >= 0.0
    assert curves.max() <= 1.0
    assert curves[:, COLUMN["jawOpen"]].max() > 0.2
    assert curves[:, COLUMN["eyeBlinkLeft"]].max() > 0.8
    assert found["panel"]["warnings"] == []


def test_the_command_line_makes_the_same_face_and_refuses_moods_without_one(found: dict[str, Any]) -> None:
    assert found["command"] == 0
    assert found["refused"] == 2
    assert found["parts"] == [52]
    smile = COLUMN["mouthSmileLeft"]
    happy, plain = (np.array(found[name]["curves"])[:, smile].mean() for name in ("happy", "panel"))
    assert happy > plain + 0.1
