"""The command as a whole: one page that stands alone, numbers that are JSON, tables that can be read."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from exges_core.errors import InputError
from exges_core.metrics.word_errors import word_errors
from training.evaluate import Evaluation, evaluate, shortened
from training.evaluation import generation_table, inputs
from training.evaluation.charts import courses, intervals
from training.evaluation.control_table import WITH_POSTURE, WITHOUT_POSTURE
from training.evaluation.figures import Figure


def options(
    folder: Path,
    denoiser_file: Path,
    planner_file: Path,
    evaluator_file: Path,
    retrieval_files: tuple[Path, Path],
    out: Path,
) -> Evaluation:
    return Evaluation(
        data=folder,
        out=out,
        model=(f"full={denoiser_file}", f"no-mask-channel={denoiser_file}", f"no-control={denoiser_file}"),
        evaluator=evaluator_file,
        planner=planner_file,
        retrieval=retrieval_files[0],
        library=retrieval_files[1],
        ddpm_clips=0,
        windows=3,
        asr_takes=0,
        real=folder,
        device="cpu",
    )


@pytest.fixture(scope="module")
def report(
    folder: Path,
    denoiser_file: Path,
    planner_file: Path,
    evaluator_file: Path,
    retrieval_files: tuple[Path, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    out = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation_table, "FGD_RESAMPLES", 2)
        evaluate(options(folder, denoiser_file, planner_file, evaluator_file, retrieval_files, out))
    return out


def test_the_numbers_are_all_there(report: Path, denoiser_file: Path, planner_file: Path) -> None:
    numbers = json.loads((report / "report.json").read_text(encoding="utf-8"))
    assert numbers["protocol"] == "clean"
    assert numbers["weights"]["full"]["file"] == denoiser_file.name
    assert len(numbers["weights"]["full"]["sha256"]) == 64
    assert numbers["planner"]["file"] == planner_file.name
    assert numbers["evaluator"]["file"] == "evaluator.safetensors"
    assert numbers["takes"] == 2
    keys = [row["key"] for row in numbers["generation"]["rows"]]
    assert keys == [
        "real",
        "exchanged",
        "full",
        "full@other-plan",
        "no-retrieval",
        "no-score",
        "true-score",
        "no-control",
        "no-head",
        "nearest",
        "mean-pose",
        "random",
    ]
    assert set(numbers["generation"]["skipped"]) == {
        "no-part-mask", "no-curriculum", "regression", "full-ddpm", "dsg",
    }  # fmt: skip
    assert numbers["generation"]["floors"]["held_out"] > 0
    assert numbers["judge"]["file"] == "judge.safetensors"
    by_key = {row["key"]: row for row in numbers["generation"]["rows"]}
    assert by_key["exchanged"]["fgd"] is None, "it is the truth's own motion"
    heard = by_key["real"]["listening"]
    assert heard["hits"]["value"] > by_key["exchanged"]["listening"]["hits"]["value"]
    assert by_key["mean-pose"]["listening"]["hits"]["value"] == 0.0
    assert heard["own_sound"] is None, "takes shorter than a judge's window"
    assert heard["plan_hits"]["value"] == pytest.approx(heard["hits"]["value"], abs=0.05), "its plan are its labels"
    plans = {key: row["listening"]["plan_hits"] for key, row in by_key.items()}
    assert {key for key, plan in plans.items() if plan is None} == {"no-score", "nearest", "mean-pose", "random"}
    against = [by_key[key]["listening"]["plan_correlation"]["value"] for key in ("full", "full@other-plan")]
    assert against[0] != against[1]
    asked = [check["asks"] for check in numbers["checks"] if check["asks"].startswith("Strokes against")]
    assert len(asked) == 6
    assert set(numbers["control"]) == {"authored test takes", "real takes"}
    rows = numbers["control"]["real takes"]["rows"]
    assert {row["given"] for row in rows} == {0, 1, 2, 3}
    names = list(dict.fromkeys(row["system"] for row in rows))
    assert len(names) == 7
    assert names[1] == names[0] + WITHOUT_POSTURE
    assert names[4] == names[3] + WITH_POSTURE
    rivals = [check["asks"] for check in numbers["checks"] if "real takes: own_mpjpe_mm lies below" in check["asks"]]
    assert len(rivals) == 3  # what tells the parts of our own control apart is no rival
    assert numbers["voices"]["real voice"]["takes"] == 6
    assert all({"asks", "holds", "found"} == set(check) for check in numbers["checks"])


def test_the_page_stands_alone_and_names_no_folder(report: Path, folder: Path) -> None:
    page = (report / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 4  # FGD twice, control twice
    assert "data:image/png;base64," in page
    assert "http" not in page.replace("http://www.w3.org/", "")  # XML namespaces
    for title in ("Table 1. Generation", "Table 2. Control, authored test takes", "Table 3. Ablations", "Real voices"):
        assert title in page
    assert "no weights: give --model regression=FILE" in page
    for name in ("report.html", "report.json", "tables.md"):
        text = (report / name).read_text(encoding="utf-8")
        assert str(folder) not in text
        assert str(folder.parent) not in text
    assert sum(path.stat().st_size for path in report.iterdir()) < 1_500_000
    with Image.open(report / "strips.png") as picture:
        assert picture.width > 1000
    assert "| real motion of another take | - |" in (report / "tables.md").read_text(encoding="utf-8")
    assert "| System |" in (report / "tables.md").read_text(encoding="utf-8")


def test_names_that_do_not_exist_are_refused(
    folder: Path,
    denoiser_file: Path,
    planner_file: Path,
    evaluator_file: Path,
    retrieval_files: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    wishes = options(folder, denoiser_file, planner_file, evaluator_file, retrieval_files, tmp_path)
    wrong = Evaluation(**{**wishes.__dict__, "model": ("other=x.safetensors",)})
    with pytest.raises(InputError, match="NAME=FILE"):
        evaluate(wrong)
    wrong = Evaluation(**{**wishes.__dict__, "systems": ("fulll",), "tables": (1,)})
    with pytest.raises(InputError, match="--systems"):
        evaluate(wrong)
    assert not list(tmp_path.iterdir()), "nothing is written of a report that failed"


def test_weights_are_named(denoiser_file: Path) -> None:
    found = inputs.read_weights((str(denoiser_file),), Path("absent"), device="cpu")
    assert list(found) == ["full"]
    found = inputs.read_weights((f"no-control={denoiser_file}",), denoiser_file, device="cpu")
    assert list(found) == ["full", "no-control"]
    with pytest.raises(InputError, match="each name once"):
        inputs.read_weights((f"full={denoiser_file}", f"default={denoiser_file}"), denoiser_file, device="cpu")


def test_commands_in_reports_name_no_folder_of_a_machine() -> None:
    assert shortened("full=/elsewhere/weights/a.safetensors") == "full=a.safetensors"
    assert shortened("full=runs/a.safetensors") == "full=runs/a.safetensors"
    assert shortened("--data") == "--data"


def test_word_errors_count_edits() -> None:
    assert word_errors(["a", "b", "c", "d"], ["a", "x", "c"]) == 2
    assert word_errors([], ["a"]) == 1
    assert word_errors(["it", "goes", "up"], ["it", "goes", "up"]) == 0


def test_charts_show_every_row_and_are_the_same_every_time() -> None:
    figures = {"ours <1>": Figure(2.0, 1.5, 2.5), "theirs": Figure(80.0, 3.0, 90.0)}
    drawn = intervals(figures, title="FGD", marks={"floor": 1.0})
    ElementTree.fromstring(drawn)
    assert drawn == intervals(figures, title="FGD", marks={"floor": 1.0})
    for text in ("ours &lt;1&gt;", ">theirs<", ">2.00<", ">80.00<", "floor 1.00", ">FGD<"):
        assert text in drawn
    lines = courses({"ours": {0: figures["theirs"], 1: figures["ours <1>"]}}, title="t", unit="mm")
    for text in (">ours<", ">mm<", ">poses given<", ">t<"):
        assert text in lines
    assert drawn.endswith("</svg>")
