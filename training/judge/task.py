"""The judge as a training task: real pairs of motion and sound against every other pairing of a batch (InfoNCE)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import functional

from exges_core.arrays import Array, Float, whole_number
from exges_core.control.masks import ORIGIN
from exges_core.errors import InputError, message
from exges_core.metrics.listening.judge import JudgeConfig, JudgeNetwork, judged_motion
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import clip_from_features
from exges_core.tensors import manual_seed
from exges_core.timeline import MOTION_RATE_HZ
from training.data.takes import TakeArrays
from training.loop.network_task import BestOfTask
from training.loop.task import Draws

LEAST_STD = 0.01


@dataclass(frozen=True, kw_only=True)
class JudgePreset:
    """Everything about training a judge but its data and duration.

    Attributes:
        network: sizes.
        batch: windows per step, two from each take drawn: the same voice a moment later is the hardest negative.
        learning_rate: the highest, after `warmup_steps`; falls as a cosine to `last_rate_share` of it.
        dropout: of whole channels of a window.
        weight_decay: AdamW's; there are few voices.
        clip_norm: of the gradient.
        ema: decay of the averaged weights.
    """

    network: JudgeConfig
    batch: int = 48
    learning_rate: float = 2e-3
    warmup_steps: int = 50
    last_rate_share: float = 0.02
    dropout: float = 0.15
    weight_decay: float = 0.02
    clip_norm: float = 1.0
    ema: float = 0.99


class Pair(NamedTuple):
    """One take's motion as the judge sees it, and its sound."""

    motion: Float[Array, "frames channels"]
    sound: Float[Array, "frames 84"]


def pairs_of(takes: Sequence[TakeArrays], config: JudgeConfig) -> list[Pair]:
    """Return motion and sound of every take that is at least one window long.

    Raises:
        InputError: if fewer than two are.
    """
    window = config.window_frames
    found = [Pair(judged_motion(_clip_of(take), config.sees), take.audio) for take in takes if take.frames >= window]
    if len(found) < 2:
        expected, got = f"two takes of {window / MOTION_RATE_HZ:.1f} s or more", f"{len(found)}"
        raise InputError(message(expected=expected, got=got, where="judge's takes", do="Give longer recordings."))
    return found


def _clip_of(take: TakeArrays) -> MotionClip:
    return clip_from_features(take.motion.astype(np.float32), ORIGIN, MOTION_RATE_HZ)


class JudgeTask(BestOfTask[JudgeNetwork]):
    """Trains a judge; `best` holds the averaged weights with the lowest validation loss so far."""

    def __init__(
        self, preset: JudgePreset, pairs: Sequence[Pair], held_out: Sequence[Pair], fabric: Fabric, *, seed: int
    ) -> None:
        self.preset, self.pairs, self.held_out = preset, pairs, held_out
        frames = np.concatenate([pair.motion for pair in pairs])
        self.mean, self.std = frames.mean(axis=0), np.maximum(frames.std(axis=0), LEAST_STD)
        manual_seed(seed)
        network = JudgeNetwork(preset.network, preset.dropout)
        optimiser = torch.optim.AdamW(
            network.parameters(), lr=preset.learning_rate, weight_decay=preset.weight_decay, fused=True
        )
        super().__init__(network, optimiser, fabric, preset)

    def train_step(self, draws: Draws, *, rate_scale: float) -> Mapping[str, Tensor | float]:
        """Draw windows, make one step, move the average."""
        self.network.train()
        self.set_rate(rate_scale)
        motion, sound = self._windows(self._drawn(draws.arrays))
        found = matching_loss(self.network(motion, sound), self.network.scale)
        norm = self.optimise(found, step=draws.step)
        return {"loss": found.detach(), "gradient": norm}

    @torch.no_grad()
    def validate(self) -> Mapping[str, float]:
        """Return loss and AUC on fixed held-out windows, and keep the weights if they are the best."""
        if not self.held_out:
            self.keep()
            return {}
        size = self.preset.network.window_frames
        places = [(pair, start) for pair in self.held_out for start in range(0, len(pair.motion) - size + 1, size // 2)]
        scores = self.average(*self._windows(places))
        loss = float(matching_loss(scores, self.average.scale))
        self.keep_if_better(loss)
        own = scores.diagonal()[:, None]
        others = ~torch.eye(len(scores), dtype=torch.bool, device=scores.device)
        return {"loss": loss, "auc": float((scores < own)[others].float().mean()), "best": self.best_loss}

    def _drawn(self, generator: np.random.Generator) -> list[tuple[Pair, int]]:
        size = self.preset.network.window_frames
        count = min(self.preset.batch // 2, len(self.pairs))
        chosen = generator.permutation(len(self.pairs))[:count]
        pairs = [self.pairs[int(place)] for place in np.repeat(chosen, 2)]
        return [(pair, whole_number(generator, 0, len(pair.motion) - size + 1)) for pair in pairs]

    def _windows(self, places: Sequence[tuple[Pair, int]]) -> tuple[Tensor, Tensor]:
        size = self.preset.network.window_frames
        motion = np.stack([pair.motion[start : start + size] for pair, start in places])
        sound = np.stack([pair.sound[start : start + size] for pair, start in places]).astype(np.float32)
        normal = ((motion - self.mean) / self.std).astype(np.float32)
        return torch.as_tensor(normal).to(self.fabric.device), torch.as_tensor(sound).to(self.fabric.device)


def matching_loss(cosines: Float[Tensor, "moved heard"], scale: Tensor) -> Tensor:
    """Return the mean cross entropy of finding each motion's sound and each sound's motion (van den Oord et al. 2018).

    `scale` is the logarithm of what makes cosines logits.
    """
    logits = cosines * scale.clamp(max=4.0).exp()
    right = torch.arange(len(logits), device=logits.device)
    return (functional.cross_entropy(logits, right) + functional.cross_entropy(logits.T, right)) / 2
