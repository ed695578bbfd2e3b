"""Windows of the network's length with a few whole poses given: one batch of them through any sampler and denoiser.

What `longform` does with a take of one window, for hundreds of windows at once; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from exges_core.arrays import Array, Bool, Float, Int
from exges_core.control.masks import GROUPS, ORIGIN, Observed, channels_of_groups
from exges_core.control.posture import foreign_posture
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.diffusion.noise import START, take_noise
from exges_core.diffusion.sampler import DEFAULT_SAMPLER, DEFAULT_STEPS, SAMPLERS, timesteps_of
from exges_core.diffusion.schedule import cosine_schedule
from exges_core.motion.features import FeatureStatistics, features_from_clip, home_anchor
from exges_core.motion.skeleton import Skeleton
from exges_core.tensors import array_of
from training.evaluation.material import KnownTake

WINDOWS_PER_BATCH = 24


@dataclass(frozen=True, kw_only=True, eq=False)
class TrueWindows:
    """Windows cut from takes, end to end and without overlap; what is left of a take is left out.

    Attributes:
        motion: true features relative to the take's home, not normalised.
        audio: features of the speech.
        take: which take each is from.
        styles: the speaker of each, or None.
        skeletons: whose joints each is measured on.
    """

    motion: Float[Array, "windows frames channels"]
    audio: Float[Array, "windows frames audio_channels"]
    take: Int[Array, "windows"]
    styles: tuple[str | None, ...]
    skeletons: tuple[Skeleton, ...]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.motion)


def cut_windows(takes: Sequence[KnownTake], window_frames: int, *, most: int | None = None) -> TrueWindows:
    """Cut takes into windows; of more than `most`, as many spread over all of them.

    Raises:
        ValueError: if none is as long as a window.
    """
    motion: list[Array] = []
    audio: list[Array] = []
    numbers: list[int] = []
    for number, take in enumerate(takes):
        features = features_from_clip(take.truth, home_anchor(take.truth))
        for start in range(0, take.frames - window_frames + 1, window_frames):
            motion.append(features[start : start + window_frames])
            audio.append(take.audio[start : start + window_frames])
            numbers.append(number)
    if not motion:
        raise ValueError(f"cut_windows: no take has {window_frames} frames")
    count = len(motion) if most is None else min(most, len(motion))
    chosen: list[int] = np.linspace(0, len(motion) - 1, count).round().astype(np.int64).tolist()
    return TrueWindows(
        motion=np.stack([motion[place] for place in chosen]).astype(np.float32),
        audio=np.stack([audio[place] for place in chosen]).astype(np.float32),
        take=np.array([numbers[place] for place in chosen], np.int64),
        styles=tuple(takes[numbers[place]].style for place in chosen),
        skeletons=tuple(takes[numbers[place]].skeleton for place in chosen),
    )


def given_frames(window_frames: int, count: int) -> Int[Array, "given"]:
    """Return `count` frames that divide a window evenly, neither end among them."""
    return np.linspace(0, window_frames - 1, count + 2).round().astype(np.int64)[1:-1]


def sample_windows(
    model: LoadedDenoiser,
    windows: TrueWindows,
    given: Int[Array, "given"],
    *,
    seed: int,
    sampler: str = DEFAULT_SAMPLER,
    steps: int = DEFAULT_STEPS[DEFAULT_SAMPLER],
    keeps_posture: bool = True,
) -> Float[Array, "windows frames channels"]:
    """Return the network's own motion of every window, with whole true poses observed in the frames given.

    Nothing is pinned afterwards. Window number n is what `longform.stream` makes of it with the seed `seed` + n, to
    rounding.
    """
    posture = _postures(windows.motion, given, model.stats) if keeps_posture else np.zeros_like(windows.motion)
    windows = replace(windows, motion=windows.motion - posture)
    schedule = cosine_schedule(model.config.training_steps)
    places = timesteps_of(sampler, schedule, steps)
    pieces: list[Array] = []
    for first in range(0, len(windows), WINDOWS_PER_BATCH):
        batch = _Batch(model, windows, slice(first, first + WINDOWS_PER_BATCH), given, seed, steps)
        clean = SAMPLERS[sampler](
            batch.denoise, batch.noise(START), schedule=schedule, timesteps=places, noise=batch.noise
        )
        pieces.append(model.stats.denormalise(array_of(clean)))
    return np.concatenate(pieces) + posture


def observed_poses(motion: Float[Array, "frames channels"], given: Int[Array, "given"]) -> Observed:
    """Return the mask of a window whose poses in some frames are given, hard."""
    is_group: Bool[Array, "frames groups"] = np.zeros((len(motion), GROUPS), bool)
    is_group[given] = True
    is_observed = channels_of_groups(is_group)
    certain = np.ones(len(motion), np.float32)
    return Observed(is_observed=is_observed, target=motion, is_hard=is_observed, confidence=certain, anchor=ORIGIN)


def _postures(
    motion: Float[Array, "windows frames channels"], given: Int[Array, "given"], stats: FeatureStatistics
) -> Float[Array, "windows frames channels"]:
    """Return every window's foreign posture; zeros where there is none."""
    found = (foreign_posture(observed_poses(each, given), stats) for each in motion)
    return np.stack([np.zeros_like(each) if one is None else one for each, one in zip(motion, found, strict=True)])


class _Batch:
    """Some windows on the device, as a sampler sees them: Eq. 8's composition on both sides of the network."""

    def __init__(
        self,
        model: LoadedDenoiser,
        windows: TrueWindows,
        part: slice,
        given: Int[Array, "given"],
        seed: int,
        steps: int,
    ) -> None:
        self.model, self.steps_left = model, steps
        motion, audio = windows.motion[part], windows.audio[part]
        self.count, self.frames, _ = motion.shape
        self.seeds = [seed + number for number in range(part.start, part.start + self.count)]
        is_group: Bool[Array, "windows frames groups"] = np.zeros((self.count, self.frames, GROUPS), bool)
        is_group[:, given] = True
        self.groups = torch.as_tensor(is_group).to(model.device)
        self.is_shown = torch.as_tensor(channels_of_groups(is_group)).to(model.device)
        self.target = torch.as_tensor(model.stats.normalise(motion).astype(np.float32)).to(model.device)
        self.audio = torch.as_tensor(audio).to(model.device)
        styles = [model.style_index(style) for style in windows.styles[part]]
        self.style = torch.tensor(styles, device=model.device)
        self.heard = torch.ones(self.count, dtype=torch.bool, device=model.device)

    def noise(self, timestep: int) -> Tensor:
        """Return each window's own noise of a timestep, whatever else is in the batch."""
        drawn = [take_noise(self.frames, seed=seed, stream=timestep) for seed in self.seeds]
        return torch.as_tensor(np.stack(drawn)).to(self.model.device)

    def denoise(self, x: Tensor, timestep: int) -> Tensor:
        """Return the predicted clean windows; the last prediction stays the network's own."""
        x_hat = torch.where(self.is_shown, self.target, x)
        clean = self.model.predict(x_hat, self.groups, self.audio, timestep, self.style, self.heard)
        self.steps_left -= 1
        return torch.where(self.is_shown, self.target, clean) if self.steps_left else clean
