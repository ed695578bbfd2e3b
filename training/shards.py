"""A training set that travels light: ``python -m training.shards --data FOLDER --out FILE``.

One file of about 15 MB per hour, made of a folder in BEAT2's layout; training commands take it as ``--data``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exges_core.datasets.recordings import Take, read_folder
from exges_core.errors import InputError, message
from exges_core.timeline import time_of
from training.command import start
from training.data.recordings import recorded
from training.data.shard_files import SOUND_LEVEL, SUFFIX, write_shards
from training.data.takes import RecordedTake


@dataclass(frozen=True, kw_only=True)
class Shards:
    """Write a folder in BEAT2's layout into one file of training shards.

    Attributes:
        data: the folder.
        out: the file to write; in an existing folder, a file named after the data.
        splits: which splits to take along; those the folder does not have are left out.
        limit_mb: refuse to write more than this; 0 = no limit.
        sound_level: compression of the sound, 0 to 1; 0.95 = 18 kbit/s, 0.97 = 13, 0.9 = 30.
    """

    data: Path
    out: Path
    splits: tuple[Literal["train", "val", "test", "additional"], ...] = ("train", "val", "test")
    limit_mb: float = 60.0
    sound_level: float = SOUND_LEVEL


def takes_of(folder: Path, splits: Sequence[str]) -> list[Take]:
    """List the takes of some splits, one split after the other.

    Raises:
        InputError: if the folder is not of the layout, or has none of the splits.
    """
    takes = [take for split in splits for take in read_folder(folder, "all") if take.split == split]
    if not takes:
        raise InputError(
            message(
                expected=f"takes of the splits {', '.join(splits)}",
                got="none",
                where=str(folder),
                do="Check train_test_split.csv, or choose others with --splits.",
            )
        )
    return takes


def main(options: Shards) -> None:
    """Write and say what is in it."""
    takes = takes_of(options.data, options.splits)
    name = options.data.resolve().name
    path = options.out / f"{name}{SUFFIX}" if options.out.is_dir() else options.out

    def read() -> Iterator[RecordedTake]:
        for number, take in enumerate(takes, 1):
            if number % 10 == 0 or number == len(takes):
                print(f"{number} of {len(takes)} takes", flush=True)
            yield recorded(options.data, take)

    limit = round(options.limit_mb * 1e6) if options.limit_mb > 0 else None
    stored = write_shards(path, read(), limit_bytes=limit, sound_level=options.sound_level)
    for split in dict.fromkeys(take.split for take in stored):
        frames = [take.frames for take in stored if take.split == split]
        print(f"{split}: {len(frames)} takes, {time_of(sum(frames)) / 3600:.2f} h")
    size, hours = path.stat().st_size / 1e6, time_of(sum(take.frames for take in stored)) / 3600
    print(f"{path}: {size:.1f} MB, {size / hours:.1f} MB per hour")


if __name__ == "__main__":
    start(main, Shards, about=__doc__)
