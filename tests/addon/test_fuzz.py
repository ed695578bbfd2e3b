"""Random clicks: no traceback, and nothing of the add-on stays when it is disabled.

By hand, longer: see docs/blender.md; `make test-blender` makes 1000 on every Blender.
"""

import os
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.blender
CALLS, SEED = int(os.environ.get("EXGES_FUZZ_CALLS", "220")), os.environ.get("EXGES_FUZZ_SEED", "7")


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    return run_steps("fuzz", sys.executable, str(CALLS), SEED, source=True)


def test_no_order_of_clicks_raises_a_traceback(found: dict[str, Any]) -> None:
    assert found["calls"] == CALLS
    assert found["tracebacks"] == []


def test_the_clicks_did_something(found: dict[str, Any]) -> None:
    assert found["finished"]["generate"] > 2
    assert len(found["finished"]) > 10


def test_disabling_leaves_nothing_behind(found: dict[str, Any]) -> None:
    assert found["left"] == []
