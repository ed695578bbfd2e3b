"""A training run of retrieval on disk: everything needed to go on as if it had never stopped. No pickles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from exges_core import checkpoint
from exges_core.errors import CheckpointError, message
from exges_core.tensors import array_of
from training.retrieval.training_step import RetrievalState

KIND = "retrieval_training"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def write_state(path: Path, state: RetrievalState, *, config: Mapping[str, object], facts: Mapping[str, float]) -> None:
    """Write student, teacher, head, queues and the optimiser's moments; `facts` come back as they are.

    Raises:
        OutputError: if the file cannot be written.
    """
    tensors = {f"student.{name}": value for name, value in state.student.state_dict().items()}
    tensors |= {f"teacher.{name}": value for name, value in state.teacher.state_dict().items()}
    tensors |= {f"head.{name}": value for name, value in state.head.state_dict().items()}
    tensors |= {f"queue.{name}": value for name, value in state.queue.state().items()}
    for name, parameter in state.trained().items():
        moments = state.optimizer.state.get(parameter, {})
        tensors |= {f"adam.{moment}.{name}": moments[moment] for moment in _MOMENTS if moment in moments}
    arrays = {name: np.atleast_1d(array_of(value)) for name, value in tensors.items()}
    checkpoint.save(path, arrays, kind=KIND, config=config, provenance={**facts, "step": state.step})


def restore_state(path: Path, state: RetrievalState, *, config: Mapping[str, object]) -> Mapping[str, float]:
    """Bring a fresh state to where a run stopped, in place; returns the facts written with it.

    Raises:
        CheckpointError: if the file is missing or damaged, or belongs to another configuration.
    """
    file = checkpoint.load(path, kind=KIND)
    if dict(file.config) != dict(config):
        differing = sorted(key for key in {*file.config, *config} if file.config.get(key) != config.get(key))
        raise CheckpointError(
            message(
                expected="the run's own settings",
                got=f"other {', '.join(differing)}",
                where=str(path),
                do="Resume with the settings it was started with, or start anew without --resume.",
            )
        )
    tensors = {name: torch.as_tensor(value) for name, value in file.tensors.items()}
    for part, module in (("student", state.student), ("teacher", state.teacher), ("head", state.head)):
        module.load_state_dict(_part(tensors, part, module.state_dict()))
    state.queue.restore({name.removeprefix("queue."): value for name, value in tensors.items() if name[:6] == "queue."})
    for name, parameter in state.trained().items():
        if f"adam.step.{name}" in tensors:
            state.optimizer.state[parameter] = {
                "step": tensors[f"adam.step.{name}"].reshape(()),
                "exp_avg": tensors[f"adam.exp_avg.{name}"].reshape(parameter.shape).to(parameter.device),
                "exp_avg_sq": tensors[f"adam.exp_avg_sq.{name}"].reshape(parameter.shape).to(parameter.device),
            }
    state.step = int(file.provenance["step"])
    return file.provenance


def _part(tensors: Mapping[str, Tensor], part: str, like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensors[f"{part}.{name}"].reshape(value.shape) for name, value in like.items()}
