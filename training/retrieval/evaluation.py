"""The rows of the report on retrieval: a model, its search, and the baselines beside them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path

from exges_core.errors import InputError, message
from exges_core.retrieval.choice import SearchSettings
from exges_core.retrieval.model import load_retrieval
from training.retrieval import rows
from training.retrieval.sources import read_corpus

Row = Mapping[str, object]
CURVE = tuple(
    rows.Mix(audio_weight=audio, text_weight=text, diversity=spread)
    for audio, text, spread in product((0.0, 0.5, 1.0), (0.0, 0.3, 0.6, 1.0, 1.5), (0.0, 0.2, 0.4, 0.6, 0.8))
)


def read_splits(data: Path, split: str, *, cache: Path | None, buckets: int) -> rows.Splits:
    """Return a split's segments and the training split's clips, with all gestures that the labels name.

    Raises:
        InputError: if the folder or its labels cannot be used.
    """
    sets = read_corpus(data, (split, "train"), cache=cache, buckets=buckets, with_beats=True).sets
    splits = rows.Splits(queries=sets[split], gallery=sets["train"])
    if not len(splits.answers(with_beats=False)[0]):
        where = str(data / "sem")
        raise InputError(message(expected="gesture labels", got="none", where=where, do="Add them to compare."))
    return splits


def baselines(splits: rows.Splits) -> dict[str, Row]:
    """Return the rows that need no model."""
    words = rows.gesture_row(splits, rows.shared(splits))
    return {"random": rows.chance_row(splits), "MFCC nearest neighbour": rows.mfcc_row(splits), "shared words": words}


def default_mix() -> rows.Mix:
    """Return the weights that the search uses."""
    settings = SearchSettings()
    return rows.Mix(audio_weight=settings.audio_weight, text_weight=settings.text_weight, diversity=settings.diversity)


def model_rows(path: Path, splits: rows.Splits, *, name: str) -> tuple[dict[str, Row], rows.Asked]:
    """Return a model's rows: by its own score alone, and as the search mixes it.

    Raises:
        CheckpointError: if the weights cannot be used.
    """
    model = load_retrieval(path).model
    asked = rows.Asked.of(model, splits, rows.shared(splits))
    pairs = rows.pair_row(splits, asked.queries)
    found: dict[str, Row] = {name: {**pairs, **asked.row(rows.Mix())}}
    return {**found, f"{name}, as searched": asked.row(default_mix())}, asked


def table(found: Mapping[str, Row]) -> str:
    """Return rows as text: shares in percent, with their 95 % intervals."""
    names = ("recall_1", "recall_5", "recall_10", "median_rank", "gesture_1", "gesture_5", "gesture_5_with_beats")
    heads = ("R@1 %", "R@5 %", "R@10 %", "med. rank", "gest. 1st %", "gesture in 5 %", "with beats %")
    wide = max(len(title) for title in found)
    lines = [" " * wide + "".join(f"{head:>18s}" for head in heads)]
    for title, row in found.items():
        lines.append(title.ljust(wide) + "".join(f"{_cell(row, name):>18s}" for name in names))
    return "\n".join(lines)


def _cell(row: Row, name: str) -> str:
    value, ends = row.get(name), row.get(f"{name}_interval")
    if not isinstance(value, float):
        return "-"
    if name == "median_rank":
        return f"{value:.0f} of {row['motions']}"
    shown = f"{100 * value:.1f}"
    return f"{shown} ({100 * ends[0]:.0f}-{100 * ends[1]:.0f})" if isinstance(ends, tuple) else shown
