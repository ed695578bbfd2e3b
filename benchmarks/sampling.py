"""What a sampler and its steps cost and lose: `python -m benchmarks.sampling [--quick] [--takes FOLDER]`.

One row per device, length, sampler and number of steps: seconds and RTF of the denoising alone (`benchmarks.generation`
times everything), peak memory, and two Frechet distances to 1000-step DDPM: of poses, and of their steps from frame to
frame. The row of DDPM itself, with another seed, shows what two equal samplers differ by. With real takes (wav and npz
side by side, as in BEAT2's layout) the distance to their motion is added. Then: how rough the motion is at the seams of
its windows against elsewhere, and how long a worker takes to answer, cold and warm.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import tyro

from benchmarks.seams import seam_ratio
from benchmarks.sizes import peak_memory_mb, restart_peak
from benchmarks.worker_times import print_worker_times
from exges_core import assets
from exges_core.arrays import Array
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import read_waveform
from exges_core.control.masks import ORIGIN, nothing
from exges_core.diffusion import longform
from exges_core.diffusion.model import LoadedDenoiser, load_denoiser
from exges_core.diffusion.sampler import DEFAULT_STEPS
from exges_core.metrics.frechet import frechet_distance, gaussian_of
from exges_core.motion.features import ROTATION_CHANNELS, features_from_clip
from exges_core.motion.npz import read_npz

Steps = tuple[tuple[str, int], ...]
TABLE: Steps = (
    *(("dpmpp", steps) for steps in (4, 6, 10, 20, 50)),
    *(("ddim", steps) for steps in (10, 50, 200)),
    *(("ddpm", steps) for steps in (50, 200, 1000)),
)
QUICK: Steps = (("dpmpp", 4), ("dpmpp", 10), ("ddim", 20), ("ddpm", 100))


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What to measure.

    Attributes:
        speech: what is spoken where no takes are given; repeated to the length asked for.
        takes: a folder with wav and npz side by side.
        most_takes: of that folder.
        lengths_s: of the speech.
        devices: cpu, cuda.
        quick: few rows, 100 steps as the reference: for a look, not for a table.
        worker: also time a worker.
        denoiser: weights.
    """

    speech: Path = assets.DEMO_SPEECH
    takes: Path | None = None
    most_takes: int = 4
    lengths_s: tuple[float, ...] = (10.0, 60.0)
    devices: tuple[Literal["cpu", "cuda"], ...] = ("cpu",)
    quick: bool = False
    worker: bool = True
    denoiser: Path = assets.DENOISER


@dataclass(frozen=True, kw_only=True, eq=False)
class Sound:
    """One speech as features, and the real motion it came with, if any."""

    features: Array
    motion: Array | None = None


def sounds_of(options: Benchmark, seconds: float) -> list[Sound]:
    """Return the speeches, cut or repeated to a length."""
    frames = round(30 * seconds)
    if options.takes is None:
        heard = audio_features(read_waveform(options.speech))
        return [Sound(features=np.tile(heard, (-(-frames // len(heard)), 1))[:frames])]
    found = []
    for wav in sorted(options.takes.rglob("*.wav")):
        poses = next(iter(sorted(options.takes.rglob(f"{wav.stem}.npz"))), None)
        heard = audio_features(read_waveform(wav))
        if poses is not None and len(heard) >= frames:
            real = features_from_clip(read_npz(poses), ORIGIN)
            found.append(Sound(features=heard[:frames], motion=real[:frames]))
    return found[: options.most_takes]


def made(model: LoadedDenoiser, sounds: Sequence[Sound], sampler: str, steps: int, seed: int) -> list[Array]:
    """Generate a motion for every speech."""
    return [
        longform.generate(
            model,
            each.features,
            nothing(len(each.features)),
            longform.Sampling(style=None, seed=seed, sampler=sampler, steps=steps),
        )
        for each in sounds
    ]


def clouds(model: LoadedDenoiser, motions: Sequence[Array]) -> tuple[Array, Array]:
    """Return poses, and their steps from frame to frame, as rows of normalised rotations."""
    poses = [model.stats.normalise(each)[:, :ROTATION_CHANNELS] for each in motions]
    return np.concatenate(poses), np.concatenate([np.diff(each, axis=0) for each in poses])


def distance(first: Array, second: Array) -> float:
    """Return the Frechet distance of two clouds of rows."""
    return frechet_distance(gaussian_of(first), gaussian_of(second))


def print_table(options: Benchmark, model: LoadedDenoiser, seconds: float) -> None:
    """Print the rows of one device and length."""
    sounds = sounds_of(options, seconds)
    if not sounds:
        print(f"no take of {seconds:g} s in {options.takes}")
        return
    reference_steps = 100 if options.quick else 1000
    reference = clouds(model, made(model, sounds, "ddpm", reference_steps, seed=1))
    real = clouds(model, [each.motion for each in sounds if each.motion is not None]) if options.takes else None
    print(f"\n{model.device.type}, {len(sounds)} x {seconds:g} s; reference: {reference_steps}-step DDPM")
    print("sampler  steps       s     RTF  peak MB   poses  motion" + ("  real poses  real motion" if real else ""))
    for sampler, steps in QUICK if options.quick else TABLE:
        restart_peak(model.device)
        taken = []
        for _ in range(1 if steps > 100 else 3):
            began = time.perf_counter()
            motions = made(model, sounds, sampler, steps, seed=2)
            taken.append(time.perf_counter() - began)
        took_s = statistics.median(taken) / len(sounds)
        peak_mb = peak_memory_mb(model.device)
        found = clouds(model, motions)
        figures = [distance(one, other) for one, other in zip(found, reference, strict=True)]
        row = f"{sampler:<7} {steps:6d} {took_s:7.3f} {took_s / seconds:7.4f} {peak_mb:8.0f} "
        row += f"{figures[0]:7.2f} {figures[1]:7.3f}"
        if real is not None:
            to_real = [distance(one, other) for one, other in zip(found, real, strict=True)]
            row += f" {to_real[0]:11.2f} {to_real[1]:12.3f}"
        print(row + (" *" if DEFAULT_STEPS[sampler] == steps else ""), flush=True)


def main(options: Benchmark) -> None:
    """Print every table."""
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    print(f"{torch.get_num_threads()} threads of {cores} cores, load {load:.1f}" + ", busy" * (load > cores / 2))
    for device in options.devices:
        model = load_denoiser(options.denoiser, device=device)
        for seconds in options.lengths_s[: 1 if options.quick else None]:
            print_table(options, model, seconds)
        long = sounds_of(options, 30.0 if options.quick else 120.0) or sounds_of(options, min(options.lengths_s))
        raw, done = seam_ratio(model, [each.features for each in long], seeds=range(1 if options.quick else 8))
        print(f"\njerk at window seams over elsewhere, medians: {raw:.3f} as denoised, {done:.3f} finished")
    if options.worker:
        print_worker_times(options.speech)


if __name__ == "__main__":
    main(tyro.cli(Benchmark))
