"""How well retrieval works, beside chance and simple baselines: ``python -m training.evaluate_retrieval --help``.

Prints a table, and writes it as JSON with a picture of how the probabilities come true. What is measured is defined in
``retrieval_rows``. Weights of the search are to be chosen on the validation split: ``--curve --split val``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Literal

import torch
import tyro

from exges_core import errors
from exges_core.errors import InputError, OutputError, message
from exges_core.files import replacing
from exges_core.metrics import retrieval as metrics
from exges_core.retrieval.model import load_retrieval
from exges_core.retrieval.search import SearchSettings
from training import retrieval_rows as rows
from training.reliability_figure import reliability_figure
from training.retrieval_sources import read_corpus

Row = Mapping[str, object]
CURVE = tuple(
    rows.Mix(audio_weight=audio, text_weight=text, diversity=spread)
    for audio, text, spread in product((0.0, 0.5, 1.0), (0.0, 0.3, 0.6, 1.0, 1.5), (0.0, 0.2, 0.4, 0.6, 0.8))
)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Evaluate a retrieval model.

    Attributes:
        data: a folder in BEAT2's layout, with labels in sem/ for the gestures.
        model: retrieval weights.
        split: whose segments are asked about.
        curve: measure the weights of the search, too; the best of them is for `SearchSettings` if the split is val.
        cache: where computed features are kept; None = nowhere.
        out: write the rows as JSON here, and the picture of the probabilities beside it (.png).
        threads: CPU threads; None = all.
    """

    data: Path
    model: Path
    split: Literal["val", "test"] = "test"
    curve: bool = False
    cache: Path | None = None
    out: Path | None = None
    threads: int | None = None


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


def evaluate(options: Evaluation) -> tuple[dict[str, object], dict[str, metrics.Reliability]]:
    """Return everything that is written, and the figures of the probabilities.

    Raises:
        InputError: if the folder or its labels cannot be used.
        CheckpointError: if the weights cannot.
    """
    model = load_retrieval(options.model).model
    splits = read_splits(options.data, options.split, cache=options.cache, buckets=model.config.text_buckets)
    found, asked = model_rows(options.model, splits, name="ours")
    if model.config.text_buckets:
        deaf = rows.Asked.of(model, rows.without_words(splits), asked.shared)
        words = rows.Mix(motion_weight=0.0, text_weight=1.0, diversity=default_mix().diversity)
        found["shared words, spread by ours"] = asked.row(words)
        found["ours, words unknown"] = {**rows.pair_row(deaf.splits, deaf.queries), **deaf.row(rows.Mix())}
    figures = {
        "motions of the split, as calibrated": rows.pair_reliability(model, splits.queries),
        "five proposed clips: right gesture": rows.candidate_reliability(model, asked, default_mix()),
    }
    report: dict[str, object] = {
        "split": options.split,
        "rows": {**found, **baselines(splits)},
        "search": asdict(default_mix()),
        "calibration": {
            title: {
                "ece": metrics.expected_calibration_error(each),
                **{k: v.tolist() for k, v in each._asdict().items()},
            }
            for title, each in figures.items()
        },
    }
    if options.curve:
        measured: list[dict[str, object]] = []
        best = rows.curve(asked, CURVE, lambda mix, row: measured.append({**asdict(mix), **row}))
        report |= {"curve": measured, "best_mix": asdict(best)}
    return report, figures


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


def write(path: Path, report: Mapping[str, object], figures: Mapping[str, metrics.Reliability]) -> None:
    """Write JSON and picture.

    Raises:
        OutputError: if they cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    try:
        reliability_figure(figures).save(path.with_suffix(".png"))
    except OSError as error:
        where = str(path.with_suffix(".png"))
        raise OutputError(message(expected="room for a picture", got=str(error), where=where, do="Free it.")) from error


def main(options: Evaluation) -> int:
    """Print the table, and write what was asked for."""
    if options.threads:
        torch.set_num_threads(options.threads)
    report, figures = evaluate(options)
    found = report["rows"]
    assert isinstance(found, dict)
    print(table(found))
    for title, figure in figures.items():
        print(f"{title}: ECE {metrics.expected_calibration_error(figure):.3f}, {int(figure.pairs.sum())} pairs")
    if options.curve:
        print(f"best mix on {options.split}: {report['best_mix']}")
    if options.out is not None:
        write(options.out, report, figures)
    return 0


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    try:
        sys.exit(main(tyro.cli(Evaluation, description=__doc__)))
    except errors.ExgesError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
