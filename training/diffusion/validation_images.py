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
from training.data.takes import Windows, WindowSource
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
    model = _model(network, features, styles)
    model, steps = (as_regression(model), 1) if is_regression else (model, 10)
    windows = _windows(source.spread(WINDOWS), styles)
    rows = {"truth": windows.motion}
    for title, count in (("from speech alone", 0), (f"{GIVEN} poses given", GIVEN)):
        given = given_frames(windows.motion.shape[1], count)
        rows[title] = sample_windows(model, windows, given, seed=0, steps=steps)
    return {
        f"window {number}": stacked([strip(motion[number], title) for title, motion in rows.items()])
        for number in range(len(windows))
    }


def _model(network: Denoiser, features: FeatureStatistics, styles: Sequence[str]) -> LoadedDenoiser:
    return LoadedDenoiser(
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


def _windows(drawn: Windows, styles: Sequence[str]) -> TrueWindows:
    names = (None, *styles)
    return TrueWindows(
        motion=drawn.motion,
        audio=drawn.audio,
        take=np.arange(len(drawn.motion)),
        styles=tuple(names[int(style)] for style in drawn.style),
        skeletons=(DEFAULT_SKELETON,) * len(drawn.motion),
    )


def strip(motion: Float[Array, "frames channels"], title: str) -> Image.Image:
    """Return poses spread evenly over some features (not normalised), as one row."""
    clip = clip_from_features(motion, ORIGIN, MOTION_RATE_HZ)
    times_s = np.linspace(0, (clip.frames - 1) / MOTION_RATE_HZ, POSES)
    return strip_of(clip, times_s.tolist(), title=title, cell=CELL)


def stacked(images: Sequence[Image.Image]) -> Array:
    """Return pictures of one width below one another."""
    return np.concatenate([np.asarray(image) for image in images])
