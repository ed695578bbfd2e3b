"""Is motion rougher where windows begin and end than elsewhere?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from exges_core.arrays import Array
from exges_core.control.masks import ORIGIN, nothing
from exges_core.diffusion import longform
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import clip_from_features
from exges_core.postprocess.finish import finish
from exges_core.timeline import cover

NEAR_FRAMES = 2


def seam_ratio(model: LoadedDenoiser, sounds: Sequence[Array], seeds: Iterable[int]) -> tuple[float, float]:
    """Return the median jerk within 2 frames of a seam over that elsewhere: as denoised, and finished."""
    at_seams: tuple[list[Array], list[Array]] = [], []
    elsewhere: tuple[list[Array], list[Array]] = [], []
    for seed in seeds:
        for sound in sounds:
            raw = longform.generate(model, sound, nothing(len(sound)), longform.Sampling(style=None, seed=seed))
            is_seam = near_seams(len(sound), model.config.window_frames)
            for place, clip in enumerate((clip_from_features(raw, ORIGIN, 30.0), finish(raw, nothing(len(sound))))):
                jerk = jerk_m_per_s3(clip)
                at_seams[place].append(jerk[is_seam])
                elsewhere[place].append(jerk[~is_seam])
    raw_ratio, finished_ratio = (
        float(np.median(np.concatenate(near)) / np.median(np.concatenate(far)))
        for near, far in zip(at_seams, elsewhere, strict=True)
    )
    return raw_ratio, finished_ratio


def near_seams(frames: int, window: int) -> Array:
    """Return which third differences lie within `NEAR_FRAMES` of a window's first or last frame inside the take."""
    windows = cover(frames, window=window, overlap=longform.LongformConfig().overlap_frames)
    edges = sorted({edge for each in windows for edge in (each.start, each.stop) if 0 < edge < frames})
    centres = np.arange(frames - 3) + 1.5
    return np.abs(centres[:, None] - np.asarray(edges)[None]).min(axis=1) <= NEAR_FRAMES + 0.5


def jerk_m_per_s3(clip: MotionClip) -> Array:
    """Return the jerk of the fastest-changing of head, elbows, wrists per third difference."""
    joints = clip.positions_m()[:, [15, 18, 19, 20, 21]]
    return np.linalg.norm(np.diff(joints, n=3, axis=0), axis=-1).max(axis=1) * clip.frame_rate_hz**3
