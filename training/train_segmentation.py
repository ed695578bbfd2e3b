"""Fit what tells strokes among movements: ``python -m training.train_segmentation --data DIR --out FILE.safetensors``.

Reads the labels of an authored corpus (its split train), minutes on one core. `training.evaluate_segmentation` measures
what comes out.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from exges_core.motion.clip import MotionClip
from exges_core.score.records import Score
from exges_core.score.stroke_network import save_network
from training.command import command_line, start, writable
from training.segmentation.fit import FitSettings, examples_of, fit
from training.segmentation.takes import labelled_takes


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Fit the segmentation on a folder in BEAT2's layout with `events/`.

    Attributes:
        data: the folder; its split train is read.
        out: weights to write.
        seed: of everything that is drawn.
        settings: how it is fitted.
    """

    data: Path
    out: Path
    seed: int = 0
    settings: FitSettings = field(default_factory=FitSettings)


def train(arguments: Arguments) -> None:
    """Read the takes, fit, write the weights.

    Raises:
        InputError: if the takes cannot be used.
        OutputError: if the weights cannot be written.
    """
    writable(arguments.out)
    digest, count = hashlib.sha256(), 0

    def read() -> Iterator[tuple[MotionClip, Score]]:
        nonlocal count
        for name, clip, score in labelled_takes(arguments.data, "train"):
            digest.update(name.encode() + clip.local_quat_wxyz.tobytes() + repr(score.strokes).encode())
            count += 1
            yield clip, score

    examples = examples_of(read(), arguments.settings, generator=np.random.default_rng(arguments.seed))
    print(f"{count} takes, {len(examples.features)} movements, {examples.is_stroke.mean():.3f} strokes", flush=True)
    network = fit(examples, arguments.settings, seed=arguments.seed)
    provenance = {
        "command": command_line("training.train_segmentation", sys.argv[1:]),
        "settings": asdict(arguments.settings),
        "seed": arguments.seed,
        "takes": count,
        "corpus_sha256": digest.hexdigest(),
        "weights": sum(each.size for each in network.tensors.values()),
    }
    save_network(arguments.out, network, provenance)
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    start(train, Arguments, about=__doc__)
