"""Many speeches in one go: each is decided and finished on its own, and their windows share calls of the network."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from exges_core.diffusion.batches import Batches
from exges_core.diffusion.together import generate_together
from exges_core.pipeline.analyse import Speech
from exges_core.pipeline.gesture import SHARES, Gesture, complete
from exges_core.pipeline.given import Given, Trial
from exges_core.pipeline.models import Models
from exges_core.pipeline.preparing import Prepared, prepare
from exges_core.pipeline.stages import Stages
from exges_core.protocol import OnProgress, Progress, ignore_progress
from exges_core.settings import GenerationSettings

CLIPS_AT_ONCE = 32
"""So many speeches are decided before the network is asked: a section of windows, and little is held."""
GPU_WINDOWS = 192
"""Of a call on a GPU. Chosen, not measured: no GPU was at hand."""


_DEFAULTS, _NOTHING, _PRODUCT = GenerationSettings(), Given(), Trial()


@dataclass(frozen=True, kw_only=True, eq=False)
class Asking:
    """One speech, and what is asked of it, as `gesture.gesture` takes them."""

    speech: Speech
    settings: GenerationSettings = _DEFAULTS
    given: Given = _NOTHING
    trial: Trial = _PRODUCT


def gestures(
    asked: Sequence[Asking],
    models: Models,
    *,
    windows: int | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Iterator[Gesture]:
    """Yield what `gesture.gesture` makes of every speech, to rounding, in their order.

    Made to keep a GPU busy; on a CPU clips of a few seconds gain a fifth, longer ones nothing (`docs/sizing.md`). A
    gesture's `timings_s["diffusion"]` is its share of the time that all took, by frames.

    Args:
        asked: in any number; `CLIPS_AT_ONCE` of them are in hand at a time.
        models: loaded weights.
        windows: of a call of the network; None = as the device likes.
        on_progress: told of every gesture, and of what is done until then; may raise `Cancelled`.

    Raises:
        InputError: as `gesture.gesture`, or if a GPU's memory runs out for small batches, too.
        CheckpointError: if weights are missing or of another version.
        Cancelled: if `on_progress` asks for it.
    """
    bar = _Bar(on_progress=on_progress)
    for first in range(0, len(asked), CLIPS_AT_ONCE):
        part = asked[first : first + CLIPS_AT_ONCE]
        for number, made in enumerate(_some(part, models, windows, bar.within), first + 1):
            bar.fraction = number / len(asked)
            on_progress(Progress(stage="finish", fraction=bar.fraction, note=f"{number} of {len(asked)}"))
            yield made


@dataclass(kw_only=True)
class _Bar:
    """Progress that moves with every gesture, and tells of the steps between them where it stands."""

    on_progress: OnProgress
    fraction: float = 0.0

    def within(self, step: Progress) -> None:
        self.on_progress(replace(step, fraction=self.fraction))


def _some(asked: Sequence[Asking], models: Models, windows: int | None, on_progress: OnProgress) -> Iterator[Gesture]:
    stages = [Stages(shares=SHARES, on_progress=on_progress) for _ in asked]
    ready = [
        prepare(each.speech, models, each.settings, each.given, each.trial, own)
        for each, own in zip(asked, stages, strict=True)
    ]
    batches = Batches(windows or _windows(ready, models))
    began_s = time.perf_counter()
    made = generate_together(models.denoiser, [each.wanted for each in ready], batches=batches, on_progress=on_progress)
    per_frame_s = (time.perf_counter() - began_s) / sum(len(each) for each in made)
    for each, motion, own in zip(ready, made, stages, strict=True):
        own.timings_s["diffusion"] = per_frame_s * len(motion)
        yield complete(each, motion, own, warning=batches.warning)


def _windows(ready: Sequence[Prepared], models: Models) -> int:
    return GPU_WINDOWS if models.device == "cuda" else ready[0].wanted.sampling.config.windows_per_batch
