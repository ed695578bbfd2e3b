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
import tyro

from exges_core.errors import ExgesError, InputError, message
from exges_core.motion.clip import MotionClip
from exges_core.recordings import read_folder
from exges_core.score.records import Score
from exges_core.score.stroke_network import save_network
from training.commands import command_line
from training.labelled_scores import labelled_score
from training.segmentation_fit import FitSettings, examples_of, fit


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


def labelled_takes(folder: Path, split: str) -> Iterator[tuple[str, MotionClip, Score]]:
    """Read the takes of a split with their labels, one after the other.

    Raises:
        InputError: if a take has no labels, or the folder cannot be used.
    """
    for take in read_folder(folder, split):
        clip = take.clip
        score = labelled_score(folder, take.id, clip)
        if score is None:
            do = "Use an authored corpus (python -m training.corpus)."
            raise InputError(message(expected="labelled takes", got="no events", where=f"{folder}: {take.id}", do=do))
        yield take.id, clip, score


def train(arguments: Arguments) -> None:
    """Read the takes, fit, write the weights.

    Raises:
        InputError: if the takes cannot be used.
        OutputError: if the weights cannot be written.
    """
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
    try:
        train(tyro.cli(Arguments, description=__doc__))
    except ExgesError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
