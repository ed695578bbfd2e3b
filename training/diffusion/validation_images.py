"""Pictures of what a denoiser makes while it is trained: strips of held-out windows for TensorBoard.

One picture per window: the truth, the network's own motion for the same speech, and the same with three true poses
given. Only pictures: nothing is measured, and nothing that training draws is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from exges_core.arrays import Array, Float
from exges_core.control.masks import ORIGIN
from exges_core.diffusion.denoiser import Denoiser
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.motion.features import FeatureStatistics, clip_from_features
from exges_core.motion.skeleton import DEFAULT_SKELETON
from exges_core.timeline import MOTION_RATE_HZ
from exges_core.visualization.figures import Cell, strip_of
from training.data.takes import WindowSource
from training.evaluation.variants import as_regression
from training.evaluation.windows import TrueWindows, given_frames, sample_windows

WINDOWS = 3
POSES = 10
GIVEN = 3
CELL = Cell(width=92, height=150)


def held_out_strips(
    network: Denoiser,
    features: FeatureStatistics,
    styles: Sequence[str],
    source: WindowSource,
    *,
    is_regression: bool = False,
) -> dict[str, Array]:
    """Return a picture (uint8) per held-out window; the same windows and the same noise every time.

    Args:
        network: in evaluation mode; its own weights stay as they are.
        features: normalisation of motion.
        styles: names of the network's styles, in order.
        source: held-out takes.
        is_regression: the network is asked once, without noise.
    """
    model = LoadedDenoiser(
        config=network.config,
        stats=features,
        styles=tuple(styles),
        name="in training",
        sha256="",
        provenance={},
        device=next(network.parameters()).device,
        network=network,
        is_bf16=False,
    )
    model, steps = (as_regression(model), 1) if is_regression else (model, 10)
    take, start = source.every(network.config.window_frames)
    chosen = np.linspace(0, len(take) - 1, min(WINDOWS, len(take))).round().astype(np.int64)
    drawn = source.gather(take[chosen], start[chosen])
    names = (None, *styles)
    windows = TrueWindows(
        motion=drawn.motion,
        audio=drawn.audio,
        take=chosen,
        styles=tuple(names[style] for style in drawn.style),
        skeletons=(DEFAULT_SKELETON,) * len(chosen),
    )
    rows = {
        "truth": windows.motion,
        "from speech alone": sample_windows(
            model, windows, given_frames(windows.motion.shape[1], 0), seed=0, steps=steps
        ),
        f"{GIVEN} poses given": sample_windows(
            model, windows, given_frames(windows.motion.shape[1], GIVEN), seed=0, steps=steps
        ),
    }
    return {
        f"window {number}": stacked([strip(motion[number], title) for title, motion in rows.items()])
        for number in range(len(windows))
    }


def strip(motion: Float[Array, "frames channels"], title: str) -> Image.Image:
    """Return poses spread evenly over some features (not normalised), as one row."""
    clip = clip_from_features(motion, ORIGIN, MOTION_RATE_HZ)
    times_s = np.linspace(0, (clip.frames - 1) / MOTION_RATE_HZ, POSES)
    return strip_of(clip, times_s.tolist(), title=title, cell=CELL)


def stacked(images: Sequence[Image.Image]) -> Array:
    """Return pictures of one width below one another."""
    return np.concatenate([np.asarray(image) for image in images])
