"""Build a motion base from a corpus: ``python -m training.build_library --data DIR --model FILE --out DIR``.

Chooses stretches (``retrieval.subset``), embeds them, writes the base. `exges library build` takes everything instead.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import load_retrieval
from exges_core.retrieval.sources import SourceTake
from training.command import command_line, start
from training.retrieval.base_takes import listed, parts_for
from training.workers import WorkerOptions


@dataclass(frozen=True, kw_only=True)
class Build(WorkerOptions):
    """Build a motion base, in memory that does not grow with the corpus.

    Attributes:
        data: a folder in BEAT2's layout.
        model: retrieval weights.
        out: the motion base to write.
        minutes: its length at most; 25 minutes take less than 18 MB. 0 = everything.
        split: which takes may go in.
        licence: what others may do with the motion; it travels with the base.
        scan_takes: look at this many takes at most, spread over the split; None = all.
        threads: CPU threads; None = all.
    """

    data: Path
    model: Path
    out: Path
    minutes: float = 25.0
    split: Literal["train", "val", "test", "additional", "all"] = "train"
    licence: str = "not stated"
    scan_takes: int | None = None
    threads: int | None = None


def build(options: Build) -> MotionBase:
    """Choose, embed and write.

    Raises:
        InputError: if the corpus cannot be used.
        CheckpointError: if the weights cannot.
        OutputError: if the base cannot be written; an old one stays as it was.
        WorkerError: if a worker dies.
    """
    model = load_retrieval(options.model)
    readings = listed(options.data, options.split, scan_takes=options.scan_takes)
    gestures: set[str] = set()
    provenance = {
        "command": command_line("training.build_library", sys.argv[1:]),
        "split": options.split,
        "takes_seen": len(readings),
        "gestures": 0,
        "model_data": model.provenance.get("data"),
    }

    def counted() -> Iterator[SourceTake]:
        known = frozenset(model.known.words) or None
        for take in parts_for(readings, options, minutes=options.minutes, known=known):
            gestures.update(tag for names in take.tags for tag in names)
            yield take
        provenance["gestures"] = len(gestures)

    return MotionBase.build(options.out, counted(), model, licence=options.licence, provenance=provenance)


def main(options: Build) -> None:
    """Build and say what is in it."""
    info = build(options).info()
    print(
        f"{options.out}: {info.clips} clips of {len(info.speakers)} speakers, {60 * info.hours:.1f} minutes, "
        f"{info.size_bytes / 1e6:.1f} MB, {info.provenance['gestures']} kinds of gesture"
    )


if __name__ == "__main__":
    start(main, Build, about=__doc__)
