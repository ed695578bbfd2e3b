"""The encoder of gestures that FGD is measured in, ready to be called: our weights, or the field's own file.

The border between weights on disk and latents. Knows no distance (`frechet`), no training (`training.train_evaluator`).
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from torch import Tensor

from exges_core import checkpoint
from exges_core.arrays import Array, Float
from exges_core.errors import CheckpointError, InputError, message
from exges_core.metrics.skeleton_encoder import CONSTANTS, SkeletonEncoder
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import matrix_from_quat
from exges_core.tensors import array_of
from exges_core.timeline import MOTION_RATE_HZ

KIND = "evaluator"
FRAME_MULTIPLE = 32
"""A clip's length is cut to a multiple of this before it is encoded."""
PREFIX = "encoder."
"""Of the encoder's weights, in both kinds of file."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedEvaluator:
    """An encoder ready to be called.

    Attributes:
        network: in evaluation mode.
        name, sha256: of the weights file; FGD compares only within one file.
        provenance: how it came to be; empty for the field's own file.
    """

    network: SkeletonEncoder
    name: str
    sha256: str
    provenance: dict[str, Any]

    @torch.inference_mode()
    def embed(self, clip: MotionClip) -> Float[Array, "latents 240"]:
        """Return the latents of a whole clip, one per 16 frames.

        The encoder's norms span time, so half a clip has other latents than the same half of the whole.

        Args:
            clip: at 30 fps and at least 32 frames long; global orientation, jaw and eyes count, translation does not.

        Raises:
            InputError: if it is shorter or of another rate.
        """
        frames = clip.frames - clip.frames % FRAME_MULTIPLE
        if not frames or clip.frame_rate_hz != MOTION_RATE_HZ:
            raise InputError(
                message(
                    expected=f"at least {FRAME_MULTIPLE} frames at {MOTION_RATE_HZ} fps",
                    got=f"{clip.frames} at {clip.frame_rate_hz:g}",
                    where="evaluator",
                    do="Resample the clip, or leave it out.",
                )
            )
        rows = torch.as_tensor(rotation_rows(clip.local_quat_wxyz[:frames]))
        return array_of(self.network(rows[None])[0])

    def embed_many(self, clips: Sequence[MotionClip]) -> list[Float[Array, "_ 240"]]:
        """Return the latents of each clip; each is encoded alone, because lengths change latents."""
        return [self.embed(clip) for clip in clips]


def rotation_rows(local_quat_wxyz: Float[Array, "frames joints 4"]) -> Float[Array, "frames channels"]:
    """Return the encoder's input: the first two ROWS of each rotation matrix, joint-major, float32.

    Features elsewhere hold the first two columns (`motion.features`): the field's evaluator does not.
    """
    matrix = matrix_from_quat(local_quat_wxyz)
    return matrix[..., :2, :].reshape(len(matrix), -1).astype(np.float32)


def load_evaluator(path: Path) -> LoadedEvaluator:
    """Read an encoder: our safetensors file, or the field's ``AESKConv_240_100.bin``.

    The field's file is a pickle of which only tensors are let in; its decoder is left out.

    Raises:
        CheckpointError: if the file is missing, damaged, or its tensors do not fit.
    """
    if path.suffix == ".safetensors":
        found = checkpoint.load(path, kind=KIND)
        weights = {name: torch.as_tensor(array.astype(np.float32)) for name, array in found.tensors.items()}
        sha256, provenance = found.sha256, dict(found.provenance)
    else:
        weights, sha256 = _read_public(path)
        provenance = {}
    network = SkeletonEncoder()
    _fill(network, weights, path)
    return LoadedEvaluator(
        network=network.eval().requires_grad_(False), name=path.name, sha256=sha256, provenance=provenance
    )


def _read_public(path: Path) -> tuple[dict[str, Tensor], str]:
    """Return the tensors under "model_state", without the "module." of data-parallel training."""
    if not path.is_file():
        raise _unfit(path, "nothing")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a pickle's protocol
            content: Any = torch.load(path, map_location="cpu", weights_only=True)
        state: Mapping[str, Tensor] = content["model_state"]
        weights = {name.removeprefix("module."): value.float() for name, value in state.items()}
    except (
        UnpicklingError,
        RuntimeError,
        OSError,
        EOFError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:
        raise _unfit(path, f"unreadable ({type(error).__name__})") from error
    return weights, hashlib.sha256(path.read_bytes()).hexdigest()


def _fill(network: SkeletonEncoder, weights: Mapping[str, Tensor], path: Path) -> None:
    """Put weights into the network; the file's constants, where it has them, must be this skeleton's."""
    own = network.state_dict()
    given = {name.removeprefix(PREFIX): value for name, value in weights.items() if name.startswith(PREFIX)}
    missing = [name for name in own if name not in given and not name.endswith(CONSTANTS)]
    unknown = [name for name in given if name not in own]
    shapes = [name for name, value in given.items() if name in own and value.shape != own[name].shape]
    if missing or unknown or shapes:
        raise _unfit(path, f"missing {missing[:2]}, unknown {unknown[:2]}, other shapes {shapes[:2]}")
    for name, value in given.items():
        if name.endswith(CONSTANTS) and not torch.allclose(value, own[name]):
            raise _unfit(path, f"{name} of another skeleton")
        if not torch.isfinite(value).all():
            raise _unfit(path, f"{name} with values that are not finite")
    network.load_state_dict({**own, **given})


def _unfit(path: Path, got: str) -> CheckpointError:
    return CheckpointError(
        message(
            expected="weights of a skeleton encoder of 55 joints",
            got=got,
            where=str(path),
            do="Use the shipped evaluator.safetensors, one of training.train_evaluator, or AESKConv_240_100.bin.",
        )
    )
