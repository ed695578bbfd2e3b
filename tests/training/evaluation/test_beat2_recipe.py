"""The BEAT2 recipe: one command from a folder in its layout to weights, motion base and report, and on from a stop."""

import json
import runpy
import shutil
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from exges_core.datasets.recordings import read_folder
from exges_core.diffusion.model import load_denoiser
from exges_core.errors import InputError
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import load_retrieval
from training.evaluation import generation_table
from training.evaluation.comparison import WEIGHTS
from training.recipes.paper_tables import STEPS, Recipe, plan, prepare, run


def in_this_process(command: Sequence[str]) -> None:
    """Run a command as ``python -m`` does, without starting Python anew."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr(sys, "argv", [command[0], *command[1:]])
        patch.setattr(generation_table, "FGD_RESAMPLES", 2)
        # Other tests have imported these modules already; `python -m` in a process of its own never meets that.
        warnings.filterwarnings("ignore", message=".*found in sys.modules.*", category=RuntimeWarning)
        try:
            runpy.run_module(command[0], run_name="__main__", alter_sys=True)
        except SystemExit as end:
            if end.code:
                raise RuntimeError(f"{command[0]} ended with {end.code}") from end


@pytest.fixture
def recipe(folder: Path, tmp_path: Path) -> Recipe:
    return Recipe(
        data=folder, out=tmp_path / "out", speakers=None, training_steps=1, ddpm_clips=0, windows=2, protocol="clean"
    )


def test_a_view_holds_the_chosen_speakers_and_the_official_split(folder: Path, recipe: Recipe) -> None:
    view = prepare(recipe)
    assert [(take.id, take.split) for take in read_folder(view, "all")] == [
        (take.id, take.split) for take in read_folder(folder, "all")
    ]
    assert read_folder(view, "test")[0].words
    assert read_folder(view, "test")[0].clip.frames > 200
    with pytest.raises(InputError, match="takes of speakers 7"):
        prepare(replace(recipe, speakers=(7,)))
    (folder_without := recipe.out / "other").mkdir()
    with pytest.raises(InputError, match=r"train_test_split\.csv"):
        prepare(replace(recipe, data=folder_without))


def test_the_real_sample_is_laid_out_and_measured_alone(
    real_clip_folder: Path,
    tmp_path: Path,
    denoiser_file: Path,
    evaluator_file: Path,
    retrieval_files: tuple[Path, Path],
) -> None:
    """It is never trained on: the weights are there already, so the report alone is made."""
    data, out = tmp_path / "sample", tmp_path / "out"
    shutil.copytree(real_clip_folder, data, copy_function=shutil.copyfile)
    (data / "train_test_split.csv").write_text("id,type\n2_scott_0_1_1,test\n")
    (data / "weights").mkdir()
    (data / "mean_vel_smplxflame_30.npy").rename(data / "weights" / "mean_vel_smplxflame_30.npy")
    out.mkdir()
    shutil.copyfile(denoiser_file, out / "denoiser.safetensors")
    shutil.copyfile(retrieval_files[0], out / "retrieval.safetensors")
    shutil.copytree(retrieval_files[1], out / "library")
    recipe = Recipe(data=data, out=out, steps=("evaluate",), evaluator=evaluator_file, ddpm_clips=0, windows=2)
    assert run(recipe, runner=in_this_process) == ["training.evaluate"]
    numbers = json.loads((out / "report" / "report.json").read_text(encoding="utf-8"))
    assert numbers["protocol"] == "emage-2024"
    assert numbers["takes"] == 1
    assert "no training takes" in numbers["generation"]["skipped"]["random"]
    rows = {row["key"]: row for row in numbers["generation"]["rows"]}
    # The field's own figure for this clip under this protocol, which the metrics are held against.
    assert rows["real"]["bc"]["value"] == pytest.approx(7.386, abs=0.01)


def test_commands_carry_the_recipe(recipe: Recipe, tmp_path: Path) -> None:
    steps = plan(replace(recipe, training_steps=None, ablation_minutes=30.0, preset="paper"), tmp_path)
    assert tuple(dict.fromkeys(step.name for step in steps)) == STEPS
    commands = {step.makes.name: " ".join(step.arguments) for step in steps}
    assert "--preset paper" in commands["denoiser.safetensors"]
    assert "--minutes 120" in commands["denoiser.safetensors"]
    assert "--preset no-part-mask" in commands["no-part-mask.safetensors"]
    assert "no-curriculum=" in commands["report.html"]
    mine = plan(replace(recipe, evaluator=Path("AESKConv_240_100.bin"), steps=("evaluator", "evaluate")), tmp_path)
    assert [step.name for step in mine] == ["evaluate"], "the field's evaluator needs no training"
    assert "--evaluator AESKConv_240_100.bin" in " ".join(mine[0].arguments)


def test_the_report_knows_every_network_that_is_trained_for_it(recipe: Recipe, tmp_path: Path) -> None:
    """It is asked after hours of training: a name that it does not know would stop the recipe there."""
    steps = plan(replace(recipe, training_steps=None, ablation_minutes=60.0), tmp_path)
    arguments = steps[-1].arguments
    named = [each.partition("=")[0] for each in arguments[arguments.index("--model") + 1 :]]
    assert sorted(named) == sorted(WEIGHTS)
    trained = [step.makes.stem for step in steps if step.module == "training.train_diffusion"]
    assert sorted(trained) == sorted({*named, "denoiser"} - {"full"})


def test_beats_own_joint_speeds_are_used_where_they_lie(recipe: Recipe, tmp_path: Path) -> None:
    data = tmp_path / "beat2"
    (data / "weights").mkdir(parents=True)
    of_beat2 = replace(recipe, data=data)
    assert "--joint-speeds" not in plan(of_beat2, tmp_path)[-1].arguments
    (speeds := data / "weights" / "mean_vel_smplxflame_30.npy").write_bytes(b"")
    arguments = plan(of_beat2, tmp_path)[-1].arguments
    assert arguments[arguments.index("--joint-speeds") + 1] == str(speeds)


def test_the_recipe_runs_whole_stops_and_goes_on(recipe: Recipe) -> None:
    recipe = replace(recipe, steps=("retrieval", "library", "denoiser", "evaluator", "evaluate"))
    stopped: list[str] = []

    def stops_at_the_evaluator(command: Sequence[str]) -> None:
        stopped.append(command[0])
        if command[0] == "training.train_evaluator":
            raise KeyboardInterrupt
        in_this_process(command)

    with pytest.raises(KeyboardInterrupt):
        run(recipe, runner=stops_at_the_evaluator)
    assert stopped[-1] == "training.train_evaluator"
    assert len(stopped) == 4
    assert run(recipe, runner=in_this_process) == ["training.train_evaluator", "training.evaluate"]
    assert load_denoiser(recipe.out / "denoiser.safetensors").provenance["steps"] == 1
    model = load_retrieval(recipe.out / "retrieval.safetensors")
    base = MotionBase.open(recipe.out / "library", model=model)
    assert {base.entry(clip).source.split("@")[0] for clip in range(len(base))} <= {
        take.id for take in read_folder(recipe.data, "train")
    }
    report = json.loads((recipe.out / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["weights"]["full"]["file"] == "denoiser.safetensors"
    assert report["evaluator"]["file"] == "evaluator.safetensors"
    assert run(recipe, runner=in_this_process) == []


def test_a_trial_is_not_gone_on_from_but_more_minutes_are(recipe: Recipe) -> None:
    """The state of `--training-steps 1` is another training's: retrieval refuses it, and the recipe would be stuck."""
    commands: list[Sequence[str]] = []

    def trains(command: Sequence[str]) -> None:
        commands.append(command)
        out = Path(command[command.index("--out") + 1])
        for suffix in (".safetensors", ".state", ".state.safetensors"):
            out.with_suffix(suffix).write_text("")

    trial = replace(recipe, steps=("retrieval", "denoiser"))
    run(trial, runner=trains)
    real = replace(trial, training_steps=None)
    run(real, runner=trains)
    run(replace(real, denoiser_minutes=240.0), runner=trains)
    assert [(each[0].rpartition("_")[2], "--resume" in each) for each in commands] == [
        ("retrieval", False),
        ("diffusion", False),
        ("retrieval", False),
        ("diffusion", False),
        ("diffusion", True),
    ]
