"""How well retrieval works, beside chance and simple baselines: ``python -m training.evaluate_retrieval --help``.

Prints a table, and writes it as JSON with a picture of how the probabilities come true. What is measured is defined in
``retrieval.rows``. Weights of the search are to be chosen on the validation split: ``--curve --split val``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, cast

import torch

from exges_core.errors import OutputError, message
from exges_core.files import write_json
from exges_core.metrics import retrieval as metrics
from exges_core.retrieval.model import load_retrieval
from training.command import start
from training.retrieval import rows
from training.retrieval.evaluation import CURVE, Row, baselines, default_mix, model_rows, read_splits, table
from training.retrieval.reliability_figure import reliability_figure


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


def write(path: Path, report: Mapping[str, object], figures: Mapping[str, metrics.Reliability]) -> None:
    """Write JSON and picture.

    Raises:
        OutputError: if they cannot be written.
    """
    write_json(path, report)
    try:
        reliability_figure(figures).savefig(path.with_suffix(".png"))
    except OSError as error:
        where = str(path.with_suffix(".png"))
        raise OutputError(message(expected="room for a picture", got=str(error), where=where, do="Free it.")) from error


def main(options: Evaluation) -> None:
    """Print the table, and write what was asked for."""
    report, figures = evaluate(options)
    print(table(cast("Mapping[str, Row]", report["rows"])))
    for title, figure in figures.items():
        print(f"{title}: ECE {metrics.expected_calibration_error(figure):.3f}, {int(figure.pairs.sum())} pairs")
    if options.curve:
        print(f"best mix on {options.split}: {report['best_mix']}")
    if options.out is not None:
        write(options.out, report, figures)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    start(main, Evaluation, about=__doc__)
