"""Train the retrieval model and its ablations for the same number of steps and compare them.

``python -m training.ablate_retrieval --data DIR --out DIR --steps 1500`` writes a weights file per row, the rows as
JSON and a readable table. A row whose weights are there is not trained again, so that a stopped run goes on.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exges_core.files import replacing, write_json
from training.command import command_line, start
from training.retrieval.evaluation import Row, baselines, model_rows, read_splits, table
from training.retrieval.presets import RETRIEVAL_MODEL, Ablation, ablated
from training.retrieval.sources import read_corpus
from training.retrieval.training import Run, train

ROWS: dict[Ablation, str] = {
    "none": "ours",
    "text": "without words",
    "momentum": "without momentum distillation",
    "hard-negatives": "without hard negatives",
    "max-pooling": "mean instead of max",
    "gesture-positives": "without gesture positives",
    "gesture-head": "without gesture head",
    "labels": "without labels",
    "paper": "the paper's inputs and losses",
}


@dataclass(frozen=True, kw_only=True)
class Ablations:
    """Train and compare.

    Attributes:
        data: a folder in BEAT2's layout, with labels in sem/.
        out: a folder for weights and results.
        steps: of every row; a tenth apart, the best on the validation split is kept.
        split: whose segments are asked about.
        rows: which rows; all of them by default.
        seed: of weights, order and variation.
        cache: where computed features are kept; None = nowhere.
        threads: CPU threads; None = all.
        device: where to train.
    """

    data: Path
    out: Path
    steps: int = 1500
    split: Literal["val", "test"] = "test"
    rows: tuple[Ablation, ...] = tuple(ROWS)
    seed: int = 0
    cache: Path | None = None
    threads: int | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"


def train_row(options: Ablations, what: Ablation) -> Path:
    """Train one row, if it is not there, and return its weights.

    Raises:
        InputError: if the data cannot be used.
        OutputError: if the weights cannot be written.
    """
    out = options.out / f"{what}-{options.steps}-{options.seed}.safetensors"
    if out.is_file():
        return out
    settings = ablated(what)
    partly = out.with_name(f"unfinished-{out.name}")
    run = Run(data=options.data, out=partly, steps=options.steps, seed=options.seed, device=options.device)
    corpus = read_corpus(options.data, ("train", "val"), cache=options.cache, buckets=settings[0].text_buckets)
    facts = {
        "command": command_line("training.ablate_retrieval", sys.argv[1:]),
        "seed": options.seed,
        "data": corpus.digest,
        "ablation": what,
    }
    started = time.monotonic()
    train(run, corpus.sets["train"], corpus.sets["val"], settings=settings, facts=facts)
    print(f"{ROWS[what]}: {(time.monotonic() - started) / 60:.1f} minutes", flush=True)
    partly.with_suffix(".state.safetensors").unlink(missing_ok=True)
    partly.replace(out)
    return out


def main(options: Ablations) -> None:
    """Train what is missing, measure all, write and print the table."""
    options.out.mkdir(parents=True, exist_ok=True)
    weights: dict[Ablation, Path] = {what: train_row(options, what) for what in options.rows}
    splits = read_splits(options.data, options.split, cache=options.cache, buckets=RETRIEVAL_MODEL.text_buckets)
    found: dict[str, Row] = {}
    for what, path in weights.items():
        found |= model_rows(path, splits, name=ROWS[what])[0]
    found |= baselines(splits)
    text = table(found)
    print(text)
    report = {"split": options.split, "steps": options.steps, "seed": options.seed, "rows": found}
    write_json(options.out / f"ablations-{options.split}.json", report)
    with replacing(options.out / f"ablations-{options.split}.txt") as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    start(main, Ablations, about=__doc__)
