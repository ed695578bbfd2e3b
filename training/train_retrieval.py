"""Train the retrieval model: ``python -m training.train_retrieval --data DIR --out FILE.safetensors --minutes 12``.

The run lasts as long as it is told (or `--steps`, which makes it repeatable to the bit on one machine); the model that
did best on the validation split is kept. Composes and reports only; the course of it is in ``retrieval.training``.
"""

from __future__ import annotations

import sys

from exges_core.retrieval.retrieval_file import save_words
from training.command import command_line, start, writable
from training.loop.processes import is_first
from training.retrieval.presets import ablated
from training.retrieval.sources import read_corpus
from training.retrieval.training import Run, train


def main(run: Run) -> None:
    """Read, train, write, say how good it is."""
    writable(run.out)
    settings = ablated(run.ablation)
    splits, buckets = ("train", "val"), settings[0].text_buckets
    corpus = read_corpus(run.data, splits, cache=run.cache, buckets=buckets, copies=run.copies)
    train_set, val_set = corpus.sets["train"], corpus.sets["val"]
    kinds = f"{len(train_set.kinds)} kinds of gesture"
    if is_first():
        print(f"{len(train_set)} training segments with {kinds}, {len(val_set)} for validation")
    facts = {
        "command": command_line("training.train_retrieval", sys.argv[1:]),
        "seed": run.seed,
        "data": corpus.digest,
        "ablation": run.ablation,
    }
    found = train(run, train_set, val_set, settings=settings, facts=facts)
    if not is_first():
        return
    if settings[0].text_buckets:
        save_words(run.out, corpus.words)
    print(f"{run.out}: R@1 {found['recall_1']:.3f} (chance {found['chance_1']:.3f}), R@10 {found['recall_10']:.3f}")


if __name__ == "__main__":
    start(main, Run, about=__doc__, is_parallel=True)
