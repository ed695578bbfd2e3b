"""Build a motion base from a corpus: ``python -m training.build_library --data DIR --model FILE --out DIR``.

Chooses stretches (``retrieval.subset``), embeds them, writes the base. `exges library build` takes everything instead.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from exges_core.datasets.recordings import read_folder
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import load_retrieval
from exges_core.retrieval.sources import SourceTake, source_take
from training.command import command_line, start
from training.data.labels import read_marks, tags_of
from training.data.take_scores import score_of_take
from training.retrieval.subset import choose_stretches


@dataclass(frozen=True, kw_only=True)
class Build:
    """Build a motion base.

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


def read_sources(data: Path, split: str, *, scan_takes: int | None = None) -> Iterator[SourceTake]:
    """Yield the takes of a split, cut into segments, with the gestures that its labels name.

    Raises:
        InputError: if the folder, a take or its labels cannot be used.
    """
    takes = read_folder(data, split)
    step = 1 if scan_takes is None else max(len(takes) / scan_takes, 1.0)
    for number in range(int(len(takes) / step)):
        take = takes[int(number * step)]
        source = source_take(take.id, take.clip, take.waveform, take.words or None, speaker=take.speaker)
        marks = read_marks(data, take.id)
        source = replace(source, strokes=score_of_take(data, take.id, source.clip).strokes)
        yield replace(source, tags=tags_of(source.segments, marks)) if marks else source


def build(options: Build) -> MotionBase:
    """Choose, embed and write.

    Raises:
        InputError: if the corpus cannot be used.
        CheckpointError: if the weights cannot.
        OutputError: if the base cannot be written; an old one stays as it was.
    """
    model = load_retrieval(options.model)
    sources = list(read_sources(options.data, options.split, scan_takes=options.scan_takes))
    known = model.known.words
    chosen = choose_stretches(sources, minutes=options.minutes, known=known or None) if options.minutes else sources
    provenance = {
        "command": command_line("training.build_library", sys.argv[1:]),
        "split": options.split,
        "takes_seen": len(sources),
        "gestures": len({tag for take in chosen for names in take.tags for tag in names}),
        "model_data": model.provenance.get("data"),
    }
    return MotionBase.build(options.out, chosen, model, licence=options.licence, provenance=provenance)


def main(options: Build) -> None:
    """Build and say what is in it."""
    info = build(options).info()
    print(
        f"{options.out}: {info.clips} clips of {len(info.speakers)} speakers, {60 * info.hours:.1f} minutes, "
        f"{info.size_bytes / 1e6:.1f} MB, {info.provenance['gestures']} kinds of gesture"
    )


if __name__ == "__main__":
    start(main, Build, about=__doc__)
