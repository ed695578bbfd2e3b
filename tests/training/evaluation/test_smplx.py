"""``--smplx FILE``: the field's figures are of the joints that the user's model gives, and nothing else changes.

The model is the canonical body, twice as large: lengths then double, and beats, which divide speeds by speeds, stay.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exges_core.errors import InputError, SkeletonError
from exges_core.motion import skeleton as s
from tests.motion.smplx_files import PELVIS_M, write_model
from tests.visualization.test_mesh import needs_smplx
from training.evaluate import Evaluation, evaluate
from training.recipes.paper_tables import Recipe, plan
from training.side_by_side import SideBySide, side_by_side


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("smplx") / "SMPLX_NEUTRAL_2020.npz"
    template = np.repeat(2 * s.DEFAULT_SKELETON.rest_positions_m() + PELVIS_M, 2, axis=0)
    return write_model(path, v_template=template)


@pytest.fixture
def options(folder: Path, denoiser_file: Path, tmp_path: Path) -> Evaluation:
    return Evaluation(
        data=folder,
        out=tmp_path,
        model=(f"full={denoiser_file}",),
        no_judge=True,
        no_score=True,
        no_retrieval=True,
        systems=("mean-pose",),
        tables=(1, 2),
        ddpm_clips=0,
        windows=1,
        device="cpu",
    )


def numbers_of(options: Evaluation) -> dict[str, dict[str, float]]:
    numbers = json.loads((evaluate(options).parent / "report.json").read_text(encoding="utf-8"))
    real = next(row for row in numbers["generation"]["rows"] if row["key"] == "real")
    poses = numbers["control"]["authored test takes"]["rows"][-1]
    return {
        "facts": numbers.get("smplx", {}),
        "real": {name: real[name]["value"] for name in ("bc", "l1div")},
        "physical": real["physical"],
        "control": {name: poses[name]["value"] for name in ("own_mpjpe_mm", "own_key_pa_mpjpe_mm")},
    }


def test_lengths_double_on_a_body_twice_as_large_and_beats_stay(options: Evaluation, twice: Path) -> None:
    ours, theirs = numbers_of(options), numbers_of(replace(options, smplx=twice))
    assert theirs["real"]["l1div"] == pytest.approx(2 * ours["real"]["l1div"])
    assert theirs["real"]["bc"] == pytest.approx(ours["real"]["bc"])
    assert theirs["control"] == pytest.approx({name: 2 * value for name, value in ours["control"].items()}, rel=1e-4)
    assert theirs["physical"] == ours["physical"]
    assert (ours["facts"], theirs["facts"]["file"]) == ({}, twice.name)


def test_a_model_of_another_gender_stops_before_anything_is_made(options: Evaluation, twice: Path) -> None:
    male = twice.with_name("SMPLX_MALE.npz")
    male.write_bytes(twice.read_bytes())
    with pytest.raises(SkeletonError, match="expected a neutral SMPL-X model"):
        evaluate(replace(options, smplx=male))
    assert not [*options.out.iterdir()]


def test_the_recipe_hands_the_model_on(folder: Path, tmp_path: Path, twice: Path) -> None:
    recipe = Recipe(data=folder, out=tmp_path, smplx=twice)
    arguments = plan(recipe, folder)[-1].arguments
    assert arguments[arguments.index("--smplx") + 1] == str(twice)


@needs_smplx
def test_side_by_side_measures_and_draws_the_model(
    folder: Path, denoiser_file: Path, tmp_path: Path, twice: Path
) -> None:
    options = SideBySide(data=folder, sheet=tmp_path / "a.png", seconds=2.0, model=denoiser_file)
    ours = side_by_side(options)
    theirs = side_by_side(replace(options, sheet=tmp_path / "b.png", smplx=twice))
    assert theirs["recorded"]["l1div"] == pytest.approx(2 * ours["recorded"]["l1div"])
    with Image.open(tmp_path / "a.png") as mannequin, Image.open(tmp_path / "b.png") as mesh:
        assert mannequin.size == mesh.size
        assert mannequin.tobytes() != mesh.tobytes()


def test_side_by_side_without_the_package_stops_at_once(
    folder: Path, tmp_path: Path, twice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "smplx", None)  # as Python marks a module that is not there
    with pytest.raises(InputError, match=r"pip install 'exges\[smplx\]'"):
        side_by_side(SideBySide(data=folder, sheet=tmp_path / "a.png", smplx=twice))
