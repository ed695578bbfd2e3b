"""From BEAT2's folder to trained models and the paper's tables: the steps, and which of them are left to do."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exges_core.datasets.recordings import Take, read_folder
from exges_core.errors import InputError, message
from exges_core.files import replacing, write_json
from training.diffusion.presets import ABLATIONS
from training.evaluation.comparison import WEIGHTS

STEPS = ("retrieval", "library", "denoiser", "ablations", "evaluator", "evaluate")
LICENCE = "CC BY-NC 4.0 (BEAT2): for research, not to be passed on"
_LOG = "steps.json"
_JOINT_SPEEDS = Path("weights") / "mean_vel_smplxflame_30.npy"
"""In BEAT2's folder: what published BC divides by."""
Runner = Callable[[Sequence[str]], None]
"""Runs the module and arguments of ``python -m``; raises if it fails."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Train everything on BEAT2 and measure it.

    Attributes:
        data: BEAT2's folder: smplxflame_30, wave16k, textgrid, sem, train_test_split.csv.
        out: a folder for features, weights, motion base and report; run again to go on.
        speakers: numbers, as ids begin; the paper's tables are of speaker 2 alone. None = all of them.
        steps: which; all by default.
        evaluator: the field's own evaluator (AESKConv_240_100.bin), so that FGD compares with published figures; None
            = one is trained.
        smplx: your own SMPL-X model (.npz): the report is then of its joints, as published figures are; see
            `training.evaluate`.
        protocol: of the report.
        preset: of the denoiser: default, or paper (for a GPU and a day).
        retrieval_minutes, denoiser_minutes, evaluator_minutes: of training.
        ablation_minutes: of each of Table 3's networks; 0 = none of them.
        training_steps: of every training, instead of minutes: to try the recipe out.
        real: a folder of real takes for the report's other half; None = none.
        ddpm_clips, windows, asr_takes: of the report, see `training.evaluate`.
        seed: of everything.
        device: cpu or cuda.
        workers: processes that compute features.
    """

    data: Path
    out: Path
    speakers: tuple[int, ...] | None = (2,)
    steps: tuple[Literal["retrieval", "library", "denoiser", "ablations", "evaluator", "evaluate"], ...] = STEPS
    evaluator: Path | None = None
    smplx: Path | None = None
    protocol: Literal["clean", "emage-2024", "emage-2025"] = "emage-2024"
    preset: Literal["default", "paper"] = "default"
    retrieval_minutes: float = 25.0
    denoiser_minutes: float = 120.0
    evaluator_minutes: float = 20.0
    ablation_minutes: float = 0.0
    training_steps: int | None = None
    real: Path | None = None
    ddpm_clips: int = 2
    windows: int = 156
    asr_takes: int = 0
    seed: int = 0
    device: Literal["cpu", "cuda"] = "cpu"
    workers: int = 1


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command: which step of the recipe, the module, its arguments, what it makes, and where it goes on from."""

    name: str
    module: str
    arguments: tuple[str, ...]
    makes: Path
    state: Path | None = None


def prepare(recipe: Recipe) -> Path:
    """Lay out the chosen speakers' takes of the official split as links in one folder, and return it.

    Raises:
        InputError: if the folder is not BEAT2's, has no split, or nothing of these speakers.
        OutputError: if the folder cannot be made.
    """
    if not (recipe.data / "train_test_split.csv").is_file():
        do = "Point to beat_english_v2.0.0 itself."
        raise InputError(message(expected="train_test_split.csv", got="none", where=str(recipe.data), do=do))
    wanted = None if recipe.speakers is None else {str(each) for each in recipe.speakers}
    takes = [take for take in read_folder(recipe.data, "all") if wanted is None or take.id.split("_")[0] in wanted]
    if not takes:
        expected = f"takes of speakers {', '.join(sorted(wanted or ()))}"
        where, do = str(recipe.data), "Name others with --speakers."
        raise InputError(message(expected=expected, got="none", where=where, do=do))
    view = recipe.out / "data"
    shutil.rmtree(view, ignore_errors=True)
    for take in takes:
        for part, path in _files_of(recipe.data, take).items():
            (view / part).mkdir(parents=True, exist_ok=True)
            _link(path, view / part / path.name)
    split = view / "train_test_split.csv"
    with replacing(split) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "type"))
        rows.writerows((take.id, take.split) for take in takes)
    return view


def _files_of(data: Path, take: Take) -> dict[str, Path]:
    found = {"smplxflame_30": take.motion_path, "wave16k": take.waveform_path}
    if take.transcript_path is not None:
        found["textgrid"] = take.transcript_path
    labels = data / "sem" / f"{take.id}.txt"
    return {**found, "sem": labels} if labels.is_file() else found


def _link(source: Path, target: Path) -> None:
    try:
        target.symlink_to(source.resolve())
    except OSError:  # a file system, or a Windows account, without links
        shutil.copyfile(source, target)


def plan(recipe: Recipe, view: Path) -> list[Step]:
    """Return the commands, in order."""
    out, data, cache = recipe.out, ("--data", str(view)), ("--cache", str(recipe.out / "cache"))
    seed, device = ("--seed", str(recipe.seed)), ("--device", recipe.device)
    logs = out / "logs"

    def training(name: str, module: str, file: str, minutes: float, *more: str, state: str = ".state") -> Step:
        length = ("--minutes", f"{minutes:g}")
        if recipe.training_steps is not None:
            length = ("--steps", str(recipe.training_steps))
        path = out / f"{file}.safetensors"
        arguments = (*data, "--out", str(path), *length, *seed, *device, *cache, *more)
        return Step(name=name, module=module, arguments=arguments, makes=path, state=path.with_suffix(state))

    def denoising(name: str, preset: str, file: str, minutes: float) -> Step:
        more = ("--preset", preset, "--workers", str(recipe.workers), "--logs", str(logs / file))
        return training(name, "training.train_diffusion", file, minutes, *more)

    retrieval, library = out / "retrieval.safetensors", out / "library"
    build = (*data, "--model", str(retrieval), "--out", str(library), "--minutes", "0", "--licence", LICENCE)
    evaluating = ("--workers", str(recipe.workers), "--logs", str(logs / "evaluator"))
    steps = [
        training(
            "retrieval", "training.train_retrieval", "retrieval", recipe.retrieval_minutes, state=".state.safetensors"
        ),
        Step(name="library", module="training.build_library", arguments=build, makes=library / "base.json"),
        denoising("denoiser", recipe.preset, "denoiser", recipe.denoiser_minutes),
    ]
    networks = {"full": "denoiser"}
    if recipe.ablation_minutes or (recipe.training_steps and "ablations" in recipe.steps):
        known = [name for name in ABLATIONS if name in WEIGHTS]
        networks |= {name: name for name in known}
        steps += [denoising("ablations", name, name, recipe.ablation_minutes) for name in known]
    if recipe.evaluator is None:
        minutes = recipe.evaluator_minutes
        steps.append(training("evaluator", "training.train_evaluator", "evaluator", minutes, *evaluating))
    steps.append(_evaluation(recipe, view, networks))
    return [step for step in steps if step.name in recipe.steps]


def _evaluation(recipe: Recipe, view: Path, networks: Mapping[str, str]) -> Step:
    out = recipe.out
    arguments = [
        *("--data", str(view), "--out", str(out / "report"), "--protocol", recipe.protocol),
        *("--evaluator", str(recipe.evaluator or out / "evaluator.safetensors")),
        *("--retrieval", str(out / "retrieval.safetensors"), "--library", str(out / "library")),
        *("--seed", str(recipe.seed), "--device", recipe.device, "--ddpm-clips", str(recipe.ddpm_clips)),
        *("--windows", str(recipe.windows), "--asr-takes", str(recipe.asr_takes)),
        "--no-score",  # the paper's tables: nothing here trains a planner, and the shipped one knows other speakers
        *(() if recipe.smplx is None else ("--smplx", str(recipe.smplx))),
        *(("--joint-speeds", str(speeds)) if (speeds := recipe.data / _JOINT_SPEEDS).is_file() else ()),
        *(() if recipe.real is None else ("--real", str(recipe.real))),
        *("--model", *(f"{name}={out / file}.safetensors" for name, file in networks.items())),
    ]
    return Step(
        name="evaluate", module="training.evaluate", arguments=tuple(arguments), makes=out / "report" / "report.html"
    )


def run(recipe: Recipe, *, runner: Runner | None = None) -> list[str]:
    """Do what is left to do; return the modules that were run.

    A step is left out if it was done before with the same command and what it made is still there.

    Raises:
        InputError: if the folder cannot be used.
        OutputError: if something cannot be written.
        subprocess.CalledProcessError: if a command fails; it has said why.
    """
    runner = runner or in_process_of_its_own
    view = prepare(recipe)
    log = recipe.out / _LOG
    done = _read_log(log)
    found: list[str] = []
    for step in plan(recipe, view):
        key, command = f"{step.name} {step.makes.name}", f"{step.module} {' '.join(step.arguments)}"
        # The motion base follows from the retrieval model, the report from everything.
        is_stale = bool(found) and step.name in ("evaluate", "library")
        is_known = done.get(key, {}).get("command") == command and step.makes.is_file() and not is_stale
        if is_known:
            print(f"{step.name}: done before ({step.makes})", flush=True)
            continue
        goes_on = step.state is not None and step.state.is_file() and _is_begun(done.get(key, {}), step)
        print(f"{step.name}: python -m {command}{' --resume' if goes_on else ''}", flush=True)
        started = time.monotonic()
        done[key] = {"begun": _settings(step)}
        write_json(log, done)
        runner((step.module, *step.arguments, *(("--resume",) if goes_on else ())))
        found.append(step.module)
        done[key] |= {"command": command, "minutes": f"{(time.monotonic() - started) / 60:.1f}"}
        write_json(log, done)
    return found


def _settings(step: Step) -> str:
    """Return a training's command without its minutes: it may be given more of them, but nothing else may change."""
    given = list(step.arguments)
    if "--minutes" in given:
        del given[(at := given.index("--minutes")) : at + 2]
    return f"{step.module} {' '.join(given)}"


def _is_begun(known: Mapping[str, str], step: Step) -> bool:
    """Say whether the state that lies there is this training's, and not that of a trial or of other options."""
    return "begun" not in known or known["begun"] == _settings(step)


def _read_log(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))


def in_process_of_its_own(command: Sequence[str]) -> None:
    """Run ``python -m`` and wait for it; at Ctrl-C, too, which a training answers by saving its state.

    Raises:
        subprocess.CalledProcessError: if it ends with a code other than 0.
    """
    whole = [sys.executable, "-m", *command]
    with subprocess.Popen(whole) as process:  # noqa: S603 - the recipe's own commands
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.wait()
            raise
    if code:
        raise subprocess.CalledProcessError(code, whole)
