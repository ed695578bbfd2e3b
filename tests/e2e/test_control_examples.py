"""The examples of docs/control.md run as they stand, in their order, on six seconds of speech; bad keys are named."""

import io
import json
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console

from exges_core import assets
from exges_core.cli.main import parsed, run
from exges_core.motion.npz import read_npz
from exges_core.motion.skeleton import joint_index

DOC = Path(__file__).parents[2] / "docs" / "control.md"


def exges(line: str) -> int:
    """Run one command of the page in this process, without recognition."""
    quick = ["--asr", "none"]
    command = parsed([*shlex.split(line)[1:], *quick])
    return run(lambda: command.run(Console(file=io.StringIO())))


def steps_of(page: str) -> list[tuple[str, str]]:
    """Return the page's examples in order: (command, line), (python, code) or (name.json, text)."""
    steps: list[tuple[str, str]] = []
    kind = ""
    for line in page.splitlines():
        if line.startswith("```"):
            kind = "" if kind == "python" else "python"
            steps += [("python", "")] if kind else []
        elif kind == "python":
            steps[-1] = (kind, f"{steps[-1][1]}{line}\n")
        elif line.endswith(".json`:"):
            steps.append((line.split("`")[-2], ""))
        elif line.startswith("    exges "):
            steps.append(("command", line.strip()))
        elif line.startswith("    ") and steps and steps[-1][0].endswith(".json"):
            steps[-1] = (steps[-1][0], steps[-1][1] + line)
    return steps


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with speech, in which all examples were run."""
    folder = tmp_path_factory.mktemp("control")
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    soundfile.write(folder / "talk.wav", samples[: 6 * rate_hz], rate_hz)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for kind, text in steps_of(DOC.read_text(encoding="utf-8")):
            if kind == "command":
                assert exges(text) == 0, text
            elif kind == "python":
                exec(compile(text, "control.md", "exec"), {})
            else:
                Path(kind).write_text(text, encoding="utf-8")
    return folder


def test_the_page_has_an_example_of_each_control(folder: Path) -> None:
    kinds = [kind for kind, _ in steps_of(DOC.read_text(encoding="utf-8"))]
    assert kinds.count("command") >= 14
    assert kinds.count("python") == 3
    made = {path.name for path in folder.iterdir()}
    assert {"elbow.npz", "poses_obeyed.npz", "walk.npz", "hint.npz", "chosen.npz", "edited.npz", "tv.bvh"} <= made


def test_keys_of_the_examples_are_obeyed(folder: Path) -> None:
    for name, time_s, joint, rate in (("elbow", 2.0, "left_elbow", 30), ("film", 2.0, "left_elbow", 24)):
        (key,) = json.loads((folder / "elbow.json").read_text())["keys"]
        wanted = np.array(key["joints"][joint])
        found = read_npz(folder / f"{name}.npz").local_quat_wxyz[round(time_s * rate), joint_index(joint)]
        assert abs(abs(found @ (wanted / np.linalg.norm(wanted))) - 1.0) < 1e-8
    given, made = (read_npz(folder / f"{name}.npz") for name in ("poses", "poses_obeyed"))
    for frame in (45, 120):
        np.testing.assert_allclose(made.positions_m()[frame], given.positions_m()[frame], atol=1e-4)
    last = json.loads((folder / "walk.json").read_text())["keys"][-1]
    np.testing.assert_allclose(read_npz(folder / "walk.npz").root_position_m[177], last["root_position_m"], atol=1e-4)


def test_edits_of_the_examples_keep_every_bit_of_the_rest(folder: Path) -> None:
    def poses(name: str) -> np.ndarray:
        with np.load(folder / f"{name}.npz") as file:
            return file["poses"]

    take, edited = poses("take"), poses("edited")
    np.testing.assert_array_equal(edited[:60], take[:60])
    np.testing.assert_array_equal(edited[120:], take[120:])
    assert np.abs(edited[60:120] - take[60:120]).max() > 0.05
    np.testing.assert_array_equal(poses("continued")[:60], take[:60])
    np.testing.assert_array_equal(poses("led_into")[120:], take[120:])


BAD: dict[str, tuple[str, str]] = {
    "differ": (
        '[{"time_s": 1, "joints": {"head": [1, 0, 0, 0]}}, {"time_s": 1.01, "joints": {"head": [0, 1, 0, 0]}}]',
        r"key 2 at 1.01 s: expected one hard value of head in frame 30, got another one in bad.json: key 1 at 1.0 s",
    ),
    "twice in one key": (
        '[{"time_s": 1, "joints": {"head": [1, 0, 0, 0], "head": [0, 1, 0, 0]}}]',
        "key 1: expected every name once, got head twice",
    ),
    "after the end": ('[{"time_s": 99, "joints": {"head": [1, 0, 0, 0]}}]', "key 1 at 99.0 s: expected a time in [0, "),
    "beyond numbers": (f'[{{"time_s": 1{"0" * 400}, "joints": {{}}}}]', "key 1: expected a number time_s, got 1000"),
    "not unit": ('[{"time_s": 1, "joints": {"head": [2, 0, 0, 0]}}]', "a unit quaternion for head, got length 2"),
    "true": ('[{"time_s": 1, "joints": {"head": [true, 0, 0, 0]}}]', "key 1: expected a list of numbers for head"),
    "NaN": ('[{"time_s": 1, "joints": {"head": [NaN, 0, 0, 0]}}]', "key 1 at 1.0 s: expected four finite numbers"),
    "no joint": ('[{"time_s": 1, "joints": {}}]', "key 1 at 1.0 s: expected at least one joint or a root position"),
    "deep": ("[" * 100_000, "bad.json: expected JSON"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_key_is_one_line_that_names_it(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    keys, reason = BAD[name]
    (folder / "bad.json").write_text(f'{{"keys": {keys}}}', encoding="utf-8-sig")
    line = f"exges generate {folder / 'talk.wav'} -o {folder / 'bad.npz'} --controls {folder / 'bad.json'}"
    assert exges(line) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert said.startswith("exges: ")
    assert said.count("\n") == 1
    assert not (folder / "bad.npz").exists()
