"""What a report is made with: weights by name, motion base, training clips; and what is said of them and the run."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from exges_core import __version__
from exges_core.array_files import map_npy
from exges_core.arrays import Array, Float
from exges_core.datasets.recordings import Take, read_folder
from exges_core.diffusion.model import LoadedDenoiser, load_denoiser
from exges_core.errors import InputError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.skeleton import JOINTS
from exges_core.planning.planner_model import LoadedPlanner
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import load_retrieval
from training.evaluation.comparison import WEIGHTS
from training.evaluation.material import KnownTake
from training.evaluation.systems import Retriever

FULL = "full"


def read_weights(given: Sequence[str], shipped: Path, *, device: str) -> dict[str, LoadedDenoiser]:
    """Read denoisers by name.

    Args:
        given: "NAME=FILE" each, of `WEIGHTS`; "default" is "full", and so is a file without a name.
        shipped: what is "full" if it is not among them.
        device: where they run.

    Raises:
        InputError: for an unknown name, or one given twice.
        CheckpointError: if a file cannot be used.
    """
    paths: dict[str, Path] = {}
    for text in given:
        name, equals, file = text.partition("=")
        name, file = (name, file) if equals else (FULL, name)
        name = FULL if name == "default" else name
        if name not in WEIGHTS or name in paths:
            expected = f"NAME=FILE, each name once, of {', '.join(WEIGHTS)}"
            raise InputError(message(expected=expected, got=text, where="--model", do="Name each file once."))
        paths[name] = Path(file)
    return {name: load_denoiser(path, device=device) for name, path in {FULL: shipped, **paths}.items()}


def read_retriever(library: Path | None, weights: Path, *, device: str) -> Retriever | None:
    """Open a motion base with the retrieval model it was made with; None without a base.

    Raises:
        LibraryError: if they do not belong together.
        CheckpointError: if the weights cannot be used.
    """
    if library is None:
        return None
    model = load_retrieval(weights, device=device)
    return Retriever(base=MotionBase.open(library, model=model), model=model)


def training_clips(data: Path, count: int) -> list[MotionClip]:
    """Return the motion of training takes, spread over the split; none if the folder has no such split.

    Raises:
        InputError: if a take cannot be read.
    """
    return [take.clip for take in training_takes(data, count)]


def training_takes(data: Path, count: int) -> list[Take]:
    """Return training takes, spread over the split; none if the folder has no such split."""
    try:
        takes = read_folder(data, "train")
    except InputError:
        return []
    if not (data / "train_test_split.csv").is_file():
        return []  # every take is a training take then, those that are measured among them
    step = max(len(takes) / max(count, 1), 1.0)
    return [takes[int(place * step)] for place in range(min(count, len(takes)))]


def read_joint_speeds(path: Path) -> Float[Array, "55"]:
    """Read a corpus' mean speed of each joint in m/s, as the field's ``mean_vel_smplxflame_30.npy`` holds BEAT2's.

    Raises:
        InputError: if it is missing, no .npy of plain numbers, or not one positive speed for each joint.
    """
    do = "Give BEAT2's weights/mean_vel_smplxflame_30.npy, or leave it out."
    expected = f"an .npy of {JOINTS} speeds, none below 0"
    try:
        found = np.array(map_npy(path))
    except (OSError, ValueError, EOFError) as error:
        got = "nothing" if isinstance(error, FileNotFoundError) else f"unreadable ({error})"
        raise InputError(message(expected=expected, got=got, where=str(path), do=do)) from error
    if found.shape != (JOINTS,) or found.dtype.kind not in "fiu":
        raise InputError(message(expected=expected, got=f"{found.dtype} {found.shape}", where=str(path), do=do))
    if not (np.isfinite(found).all() and (found >= 0).all()):
        raise InputError(message(expected=expected, got="others", where=str(path), do=do))
    return found.astype(np.float64)


def facts_of(
    command: str,
    takes: Sequence[KnownTake],
    weights: Mapping[str, LoadedDenoiser],
    retriever: Retriever | None,
    planner: LoadedPlanner | None,
    *,
    device: str,
    smplx: Path | None = None,
    joint_speeds: Path | None = None,
) -> dict[str, object]:
    """Return command, machine, versions, data and weights, without a path of this machine."""
    named = {name: {"file": each.name, "sha256": each.sha256, **_origin(each)} for name, each in weights.items()}
    facts: dict[str, object] = {
        "command": command,
        "machine": _machine(device),
        "versions": _versions(),
        "takes": len(takes),
        "minutes": round(sum(take.truth.duration_s for take in takes) / 60, 2),
        "takes_sha256": takes_hash(takes),
        "weights": named,
    }
    for name, file in (("smplx", smplx), ("joint_speeds", joint_speeds)):
        if file is not None:
            facts[name] = {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    if planner is not None:
        facts["planner"] = {"file": planner.name, "sha256": planner.sha256}
    if retriever is not None:
        info = retriever.base.info()
        facts["retrieval"] = {"file": retriever.model.name, "sha256": retriever.model.sha256}
        facts["library"] = {name: getattr(info, name) for name in ("name", "clips", "takes", "hours", "licence")}
    return facts


def takes_hash(takes: Sequence[KnownTake]) -> str:
    """Return a digest of the takes' ids, motion and sound."""
    digest = hashlib.sha256()
    for take in takes:
        digest.update(take.id.encode())
        digest.update(take.truth.local_quat_wxyz.astype("<f4").tobytes())
        digest.update(take.waveform.samples.astype("<f4").tobytes())
    return digest.hexdigest()


def _origin(model: LoadedDenoiser) -> dict[str, object]:
    return {name: model.provenance[name] for name in ("preset", "steps", "minutes", "seed") if name in model.provenance}


def _versions() -> dict[str, str]:
    found = {name: importlib.metadata.version(name) for name in ("torch", "numpy", "scipy", "librosa")}
    return {"exges": __version__, "python": platform.python_version(), **found}


def _machine(device: str) -> str:
    if device == "cuda":
        return f"{torch.cuda.get_device_name(0)}, {os.cpu_count()} CPU cores"
    return f"CPU, {os.cpu_count()} cores ({platform.machine()}), {torch.get_num_threads()} threads"
