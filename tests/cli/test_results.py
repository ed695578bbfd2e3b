"""No command puts a result in the place of another, or of a file that it reads; all results are there, or none."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from exges_core import assets
from exges_core.cli.main import parsed
from exges_core.errors import InputError, OutputError

KEPT = ("talk.flac", "said.txt", "hero.bvh", "keys.json", "s.json")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in KEPT:
        Path(name).write_text(name)
    shutil.copyfile(assets.DEMO_SPEECH, "talk.flac")
    Path("link.json").symlink_to("talk.flac")
    return tmp_path


def run(*arguments: str) -> None:
    parsed(arguments).run(Console(quiet=True))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("generate talk.flac -o a.npz --report talk.flac", "for the report, got the file of the speech"),
        ("generate talk.flac -o a.npz --report ./link.json", "for the report, got the file of the speech"),
        ("generate talk.flac -o a.npz --report a.npz", "for the report, got the file of the motion"),
        ("generate talk.flac -o a.npz -o ./a.npz", "for the motion, got the file of the motion"),
        ("generate talk.flac -o a.npz --transcript said.txt --score-out said.txt", "got the file of the transcript"),
        ("generate talk.flac -o a.npz --controls keys.json --report keys.json", "got the file of the controls"),
        ("generate talk.flac -o hero.bvh --rig hero.bvh", "for the motion, got the file of the rig"),
        ("generate talk.flac -o a.npz --score s.json --report s.json", "for the report, got the file of the score"),
        ("generate talk.flac -o a.npz --base-motion b.npz --report b.npz", "got the file of the kept motion"),
        ("score talk.flac -o talk.flac", "for the score, got the file of the speech"),
        ("segment talk.flac --json talk.flac", "for --json, got the file of the speech"),
        ("library search default talk.flac -o talk.flac", "for the picture, got the file of the speech"),
        ("idle -o a.npz --report a.npz", "for the report, got the file of the motion"),
        ("mirror b.npz -o hero.bvh --rig hero.bvh", "for the motion, got the file of the rig"),
        ("rig preset hero.bvh -o hero.bvh", "for the preset, got the file of the rig"),
        ("rig match hero.bvh --json hero.bvh", "for --json, got the file of the rig"),
    ],
)
def test_a_file_that_is_read_is_not_replaced(here: Path, command: str, said: str) -> None:
    before = {path: path.read_bytes() for path in here.iterdir()}
    with pytest.raises(InputError, match=said):
        run(*command.split())
    assert {path: path.read_bytes() for path in here.iterdir()} == before


def test_a_take_may_replace_the_one_it_keeps(here: Path) -> None:
    def generate(*more: str) -> None:
        run("generate", "talk.flac", "-o", "take.npz", "--transcript", str(assets.DEMO_TRANSCRIPT), *more)

    generate("--score-out", "played.json")
    first = Path("take.npz").read_bytes()
    generate("--base-motion", "take.npz", "--keep-outside", "2", "4", "--seed", "9", "--score-out", "played.json")
    assert Path("take.npz").read_bytes() != first


@pytest.mark.parametrize("command", [("generate", "talk.flac", "--asr", "none"), ("idle", "--seconds", "2")], ids=str)
def test_a_report_that_cannot_be_written_leaves_no_motion(here: Path, command: Sequence[str]) -> None:
    with pytest.raises(OutputError, match=r"said\.txt"):
        run(*command, "-o", "a.npz", "--report", "said.txt/report.json")
    assert not (here / "a.npz").exists()


@pytest.mark.parametrize(
    "command", ["generate talk.flac -o taken.npz", "score talk.flac -o taken.npz", "idle -o taken.npz"]
)
def test_a_folder_in_the_place_of_a_result_is_told_before_anything_is_heard(
    here: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    Path("taken.npz").mkdir()
    for work in ("pipeline.generate.hear_job", "pipeline.plan_score.hear_job", "pipeline.idle.made"):
        monkeypatch.setattr(f"exges_core.{work}", None)
    with pytest.raises(OutputError, match=r"taken\.npz: expected a place to write to, got a folder of that name"):
        run(*command.split())


def test_mirroring_into_no_file_is_refused(here: Path) -> None:
    with pytest.raises(InputError, match=r"mirror: expected an output file, got none\. Name one with -o\."):
        run("mirror", "hero.bvh")


def test_a_mirrored_face_is_not_asked_for_with_an_option_that_mirror_has_not(here: Path) -> None:
    run("idle", "--seconds", "2", "-o", "idle.npz")
    with pytest.raises(InputError, match=r"idle\.npz has none; choose \.bvh or \.npz") as caught:
        run("mirror", "idle.npz", "-o", "face.csv")
    assert "--face" not in str(caught.value)


def test_a_place_for_a_motion_without_a_motion_is_refused(here: Path) -> None:
    with pytest.raises(InputError, match=r"--base-start: expected a motion to keep, got none"):
        run("generate", "talk.flac", "-o", "a.npz", "--base-start", "2")


def test_results_are_told_as_they_were_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parsed(["idle", "--seconds", "2", "-o", "idle.npz"]).run(Console(soft_wrap=True))
    assert capsys.readouterr().out.endswith(": idle.npz\n")
