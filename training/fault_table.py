"""Which measure sees which fault? ``python -m training.fault_table --data DIR --evaluator FILE [--anew DIR]``.

True takes are damaged on purpose, one fault at a time, and measured by everything there is. A measure that cannot tell
the damaged from the whole says nothing about that fault in a generator, either.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exges_core import assets
from exges_core.datasets.recordings import read_folder
from exges_core.errors import InputError, message
from exges_core.files import replacing
from exges_core.metrics.evaluator import load_evaluator
from exges_core.metrics.listening.judge import load_judge
from exges_core.metrics.protocols import CLEAN
from exges_core.motion.clip import MotionClip
from training.command import start
from training.evaluation.fault_rows import FaultRow, fault_rows, fault_table
from training.evaluation.generation_table import Yardstick
from training.evaluation.inputs import training_clips
from training.evaluation.material import KnownTake, known_take, spread


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Damage true takes and measure them.

    Attributes:
        data: a folder in BEAT2's layout, with gesture tiers for the measures that need labels.
        anew: a folder of the same takes acted anew (`python -m training.corpus --performance 1`).
        split: whose takes are measured.
        limit: so many takes, spread over the split.
        evaluator: weights of FGD's encoder.
        judge: weights of the judge of own against exchanged sound.
        train_clips: for joint speeds.
        json: write the figures here.
    """

    data: Path
    anew: Path | None = None
    split: Literal["train", "val", "test", "additional", "all"] = "test"
    limit: int | None = None
    evaluator: Path = assets.EVALUATOR
    judge: Path = assets.JUDGE
    train_clips: int = 26
    json: Path | None = None


def measure(options: Faults) -> list[FaultRow]:
    """Measure, print the table and return its rows.

    Raises:
        InputError: if the takes cannot be used, or those acted anew are not the same.
        CheckpointError: if weights cannot be used.
        OutputError: if the JSON cannot be written.
    """
    takes = [known_take(take) for take in spread(read_folder(options.data, options.split), options.limit)]
    anew = [] if options.anew is None else clips_of(options.anew, takes)
    yardstick = Yardstick(
        takes,
        training_clips(options.data, options.train_clips),
        CLEAN,
        load_evaluator(options.evaluator),
        load_judge(options.judge),
    )
    rows = fault_rows(yardstick, anew, say=lambda line: print(line, file=sys.stderr, flush=True))
    print(fault_table(rows).markdown())
    if options.json is not None:
        with replacing(options.json) as temporary:
            text = json.dumps([row.as_json() for row in rows], indent=1)
            temporary.write_text(text + "\n", encoding="utf-8")
    return rows


def clips_of(folder: Path, takes: list[KnownTake]) -> list[MotionClip]:
    """Return the motion of the takes of the same names in another folder.

    Raises:
        InputError: naming a take that is not there.
    """
    found = {take.id: take for take in read_folder(folder, "all")}
    missing = [take.id for take in takes if take.id not in found]
    if missing:
        do = "Make it with the same --seed and --hours."
        raise InputError(message(expected=f"take {missing[0]}", got="none", where=str(folder), do=do))
    return [found[take.id].clip for take in takes]


if __name__ == "__main__":
    start(measure, Faults, about=__doc__)
