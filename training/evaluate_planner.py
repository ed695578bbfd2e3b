"""Measure a planner on held-out speech: ``python -m training.evaluate_planner --data DIR --split val --model FILE``.

Every figure stands beside chance (another take's plan; the same plan moved round the take), beside "every accent gets a
beat", and, where there is one, beside the same speech acted anew by the corpus' own rules (``python -m training.corpus
--performance 1``): nobody can be asked to guess better what a speaker did than the speaker does again.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from exges_core.files import write_json
from training.command import start
from training.planner.evaluation import Arguments, evaluate


def show(found: Mapping[str, Mapping[str, tuple[float, float]]], console: Console) -> None:
    """Print a table, a column for each row of figures."""
    table = Table()
    table.add_column("")
    for name in found:
        table.add_column(name, justify="right")
    names = list(dict.fromkeys(name for row in found.values() for name in row))
    for name in sorted(names, key=lambda each: each in found["acted"]):
        table.add_row(name, *(_cell(row.get(name)) for row in found.values()))
    console.print(table)


def _cell(value: tuple[float, float] | None) -> str:
    if value is None or np.isnan(value[0]):
        return ""
    digits = 1 if abs(value[0]) >= 10 else 3
    return f"{value[0]:.{digits}f}" + (f" ± {value[1]:.{digits}f}" if value[1] else "")


def main(arguments: Arguments) -> None:
    """Measure, print, write.

    Raises:
        ExgesError: if something cannot be read or written.
    """
    found = evaluate(arguments)
    show(found, Console(width=200))
    if arguments.json is not None:
        write_json(arguments.json, found)


if __name__ == "__main__":
    torch.set_num_threads(1)
    start(main, Arguments, about=__doc__)
