"""Motion that ends where it begins: one period of a loop, denoised as the circle it is (ours).

The state is one period. At every step it is unrolled as far as windows reach that start anywhere in it, and their
predictions are blended where they meet on the circle; so the frame after the last is the first to the network, and
there is no seam that could be found or would have to be mended. Noise, sound and score are those of the period. A
period shorter than a window is seen by it several times over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.control.masks import nothing
from exges_core.diffusion.longform import DenoisedTake, Meter, Sampling, steps_of
from exges_core.diffusion.noise import START, noise_on
from exges_core.diffusion.predictor import Predictor
from exges_core.diffusion.sampler import SAMPLERS, timesteps_of
from exges_core.diffusion.schedule import cosine_schedule
from exges_core.protocol import OnProgress, ignore_progress
from exges_core.timeline import Window

_FEWEST_WINDOWS = 2
"""However short the circle, no frame of it is made of a window's rough ends alone."""


def generate_loop(
    model: Predictor,
    audio_features: Float[Array, "frames audio_channels"],
    sampling: Sampling,
    *,
    score: Float[Array, "frames score_channels"] | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Float[Array, "frames 337"]:
    """Return motion features (not normalised) of one period: after the last row comes the first.

    Args:
        model: the network and what belongs to it.
        audio_features: of one period of the sound; fixes its number of frames, any from 1.
        sampling: style, seed, sampler and windows; a loop is one section.
        score: the period's strokes; None = none is given.
        on_progress: told after every batch; may raise `Cancelled`.

    Raises:
        InputError: if lengths differ or sampler or steps are unknown.
    """
    frames = len(audio_features)
    schedule = cosine_schedule(model.config.training_steps)
    count = steps_of(frames, nothing(frames), score, sampling, schedule.steps)
    windows = windows_around(frames, window=model.config.window_frames, overlap=sampling.config.overlap_frames)
    unrolled = np.arange(windows[-1].stop) % frames
    told = None if score is None else score[unrolled]
    meter, free = Meter(count, on_progress), nothing(len(unrolled))
    take = DenoisedTake(model, audio_features[unrolled], free, told, windows, sampling, count, meter)
    circle = _Circle.of(take, unrolled)
    noise = partial(noise_on, frames, sampling.seed)
    places = timesteps_of(sampling.sampler, schedule, count)
    clean = SAMPLERS[sampling.sampler](circle.denoise, noise(START), schedule=schedule, timesteps=places, noise=noise)
    return model.stats.denormalise(clean)


def windows_around(frames: int, *, window: int, overlap: int) -> tuple[Window, ...]:
    """Return windows that start evenly on a circle of frames and overlap by so many frames at least, the last one, too.

    >>> [each.start for each in windows_around(240, window=128, overlap=32)]
    [0, 80, 160]
    """
    count = max(math.ceil(frames / (window - min(overlap, window - 1))), _FEWEST_WINDOWS)
    starts = [round(frames * number / count) for number in range(count)]
    return tuple(Window(start=start, stop=start + window) for start in starts)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Circle:
    """A take that goes several times round, as the samplers see it: one period, from noisy to clean.

    Attributes:
        place: of each of the take's frames in the period.
        weight: how much all windows together say about each frame of the period.
    """

    take: DenoisedTake
    place: Int[Array, "frames"]
    weight: Float[Array, "period 1"]

    @classmethod
    def of(cls, take: DenoisedTake, place: Int[Array, "frames"]) -> _Circle:
        return cls(take=take, place=place, weight=_folded(take.total_weight, place))

    def denoise(self, x: Array, timestep: int) -> Float[Array, "period channels"]:
        """Return the prediction of the clean period, blended all around."""
        clean = self.take.denoise(x[self.place], timestep)
        return _folded(clean * self.take.total_weight, self.place) / self.weight


def _folded(values: Float[Array, "frames channels"], place: Int[Array, "frames"]) -> Float[Array, "period channels"]:
    """Return the sum of what lies on the same frame of the period."""
    folded = np.zeros((int(place.max()) + 1, values.shape[1]), values.dtype)
    np.add.at(folded, place, values)
    return folded
