"""The encoder of gestures that FGD is measured in: skeleton-aware convolutions over 55 edges.

The architecture and the names of its weights are those of the field's public evaluator, so that its file loads (facts;
the code is ours). Knows no distance (`frechet`) and no training (`training.train_evaluator`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from exges_core.arrays import Float
from exges_core.motion.clip import MotionClip

KIND = "evaluator"
LATENT_CHANNELS = 240
FRAME_MULTIPLE = 32
"""A clip's length is cut to a multiple of this before it is encoded."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedEvaluator:
    """An encoder ready to be called.

    Attributes:
        name, sha256: of the weights file; FGD compares only within one file.
        provenance: how it came to be; empty for the field's own file.
    """

    name: str
    sha256: str
    provenance: dict[str, Any]

    def embed(self, clip: MotionClip) -> Float[np.ndarray, "latents 240"]:
        """Return the latents of a whole clip, one per 16 frames.

        Args:
            clip: at 30 fps and at least 32 frames long; global orientation, jaw and eyes count, translation does not.

        Raises:
            InputError: if it is shorter or of another rate.
        """
        raise NotImplementedError

    def embed_many(self, clips: Sequence[MotionClip]) -> list[Float[np.ndarray, "_ 240"]]:
        """Return the latents of each clip."""
        return [self.embed(clip) for clip in clips]


def load_evaluator(path: Path) -> LoadedEvaluator:
    """Read an encoder: our safetensors file, or the field's ``AESKConv_240_100.bin``.

    Raises:
        CheckpointError: if the file is missing, damaged, or its tensors do not fit.
    """
    raise NotImplementedError
