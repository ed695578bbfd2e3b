"""A denoiser's .safetensors, for whatever runs its network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from exges_core import checkpoint
from exges_core.arrays import Array
from exges_core.diffusion.config import MASK_GROUPS, MOTION_CHANNELS, DenoiserConfig
from exges_core.errors import CheckpointError, message
from exges_core.json_lines import is_list, shown
from exges_core.motion.features import FeatureStatistics

KIND = "denoiser"
NETWORK = "network."
"""Before the names of the network's weights."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DenoiserFile:
    """What a denoiser's file holds.

    Attributes:
        weights: the file as it is.
        config, stats, styles: as in `predictor.Predictor`.
    """

    weights: checkpoint.Checkpoint
    config: DenoiserConfig
    stats: FeatureStatistics
    styles: tuple[str, ...]


def read_denoiser(path: Path) -> DenoiserFile:
    """Read weights and what belongs to them.

    Raises:
        CheckpointError: if the file is missing, damaged, of another kind, or has no fitting statistics.
    """
    found = checkpoint.load(path, kind=KIND)
    try:
        sizes, styles = found.config["denoiser"], found.config["styles"]
        stats = FeatureStatistics(mean=_float32(found, "motion_mean"), std=_float32(found, "motion_std"))
    except KeyError as error:
        raise _unfit(path, f"no {error}") from error
    if stats.mean.shape != (MOTION_CHANNELS,) or stats.std.shape != (MOTION_CHANNELS,):
        raise _unfit(path, f"statistics of shape {stats.mean.shape}")
    if not is_list(styles) or not all(isinstance(each, str) for each in styles):
        raise _unfit(path, f"styles {shown(styles)}")
    config = checkpoint.config_from(DenoiserConfig, sizes, where=str(path))
    return DenoiserFile(weights=found, config=config, stats=stats, styles=tuple(cast("list[str]", styles)))


def _float32(weights: checkpoint.Checkpoint, name: str) -> Array:
    return weights.tensors[name].astype(np.float32)


def _unfit(path: Path, got: str) -> CheckpointError:
    expected = f"denoiser weights ({MOTION_CHANNELS} channels, {MASK_GROUPS} groups)"
    do = "Use weights written by training.train_diffusion of this version."
    return CheckpointError(message(expected=expected, got=got, where=str(path), do=do))
