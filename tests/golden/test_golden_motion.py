"""Motion stays what it is: short takes against their record in `motion.json`.

Where the arithmetic is that of a recorded one (libraries, processor), every bit of the motion is held; on
other machines strokes, gestures and report are, and the wrists to 5 mm. After new weights, or a change that is meant to
change motion: `python -m tests.golden.takes` records anew; nothing else has to be touched.
"""

import json
from typing import Any

import numpy as np
import pytest
from golden.takes import COMMAND, RECORD, arithmetic, made_in, weights

TOLERANCE_MM = 5
"""With AVX2 instead of AVX-512 kernels wrists are up to 2 mm elsewhere, everything else is the same."""
KNOWN = json.loads(RECORD.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return made_in(tmp_path_factory.mktemp("golden"))


def test_the_record_is_of_the_weights_that_ship() -> None:
    assert weights() == KNOWN["weights"], f"other weights than those of the record: run {COMMAND}"


@pytest.mark.parametrize("name", KNOWN["takes"])
def test_a_take_is_as_it_was(made: dict[str, dict[str, Any]], name: str) -> None:
    expected, found = KNOWN["takes"][name], made[name]
    for key in ("frames", "style", "strokes", "used", "warnings"):
        assert found[key] == expected[key], key
    far_mm = np.abs(millimetres(found) - millimetres(expected)).max()
    assert far_mm <= TOLERANCE_MM
    exact = KNOWN["exact"].get(arithmetic())
    if exact is not None:
        assert found["sha256"] == exact[name], f"other bits, wrists {far_mm} mm away"


def millimetres(take: dict[str, Any]) -> np.ndarray:
    return np.array([row.split() for row in take["wrists_mm"]], dtype=int)


def test_reports_have_the_names_they_had(made: dict[str, dict[str, Any]]) -> None:
    assert sorted({name for take in made.values() for name in take["report"]}) == KNOWN["report"].split()


def test_every_variant_is_another_motion() -> None:
    digests = next(iter(KNOWN["exact"].values()))
    assert len(set(digests.values())) == len(digests) == len(KNOWN["takes"])
