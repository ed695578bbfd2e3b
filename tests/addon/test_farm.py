"""A manifest in chunks, as a render farm runs them: Flamenco's job type, and a queue whose processes come and go."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
JOB_TYPE = ROOT / "farm" / "flamenco" / "exges.js"


def compiled(**settings: object) -> dict[str, Any]:
    """What the job type makes of settings, as Flamenco's Manager would run it."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: Flamenco's job type is not run here")
    command = [node, str(Path(__file__).with_name("farm_job.mjs")), str(JOB_TYPE), json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def chunks(found: dict[str, Any]) -> list[str]:
    args = [command["parameters"]["args"] for task in found["tasks"] for command in task["commands"]]
    return [each[each.index("--takes") + 1] for each in args]


def test_a_job_has_every_take_in_one_task() -> None:
    found = compiled(manifest="/shared/lines.jsonl", takes=12, chunk_size=5)
    assert chunks(found) == ["1-5", "6-10", "11-12"]
    assert {task["type"] for task in found["tasks"]} == {"blender"}
    (command,) = found["tasks"][0]["commands"]
    assert command["name"] == "exec"
    expected = ["-b", "-c", "exges", "batch", "/shared/lines.jsonl", "--takes", "1-5"]
    assert command["parameters"] == {"exe": "{blender}", "args": expected}
    with_engine = compiled(manifest="/shared/lines.jsonl", takes=1, chunk_size=5, engine_python="/opt/python")
    assert with_engine["tasks"][0]["commands"][0]["parameters"]["args"][-2:] == ["--python", "/opt/python"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"takes": 3}, "no manifest"),
        ({"manifest": "m", "takes": 0}, "at least 1 take"),
        ({"manifest": "m", "takes": 5, "chunk_size": -1}, "1 take in a chunk"),
        ({"manifest": "m", "takes": 2**31 - 1, "chunk_size": 1}, "more than 10000 tasks"),
    ],
)
def test_a_job_without_sense_is_refused(settings: dict[str, object], said: str) -> None:
    assert said in compiled(**settings)["error"]


@pytest.fixture(scope="module")
def queue(run_steps: Any) -> dict[str, Any]:
    tasks = compiled(manifest="MANIFEST", takes=3, chunk_size=2)["tasks"]
    standin = str(Path(__file__).with_name("standin_worker.py"))
    return run_steps("farm", standin, str(ROOT), json.dumps(tasks), source=True)


@pytest.mark.blender
def test_chunks_in_any_order_make_what_one_process_makes(queue: dict[str, Any]) -> None:
    assert (queue["whole"], queue["code_last"], queue["beyond"]) == (0, 0, 0)
    assert queue["files"] == ["one.blend", "three.blend", "two.blend"]
    assert queue["same"] == [True, True, True]


@pytest.mark.blender
def test_a_killed_chunk_goes_on_where_it_ended(queue: dict[str, Any]) -> None:
    assert (queue["killed"], queue["done_when_killed"]) == (-9, 1)
    assert queue["code_again"] == 0, queue["said_again"]
    assert queue["said_again"].count("done before") == 1


@pytest.mark.blender
def test_two_chunks_may_not_write_one_file(queue: dict[str, Any]) -> None:
    assert "line 2: goes into" in queue["torn"]
    assert "make both in one chunk, not in 1-2" in queue["torn"]
    assert "Traceback" not in queue["torn"]
