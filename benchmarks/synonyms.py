"""Are gestures found when people say it in other words? `python -m benchmarks.synonyms --data CORPUS`.

Segments of a labelled corpus in which a gesture goes with a word of `synonyms.toml`. That word (and every other of the
table) is replaced in the text, not in the sound; searched is the shipped base with the shipped weights, as `exges
generate` does. Counted is how often one of the five clips holds the gesture of the replaced word. Beside it the floors:
the words left out, random words of the same frequency, synonyms of other words, opposites. Every other synonym is for
the validation split alone, so that what was chosen on it (nearness) is tested with words that nobody chose by.
"Before": unknown words as they are written.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import tyro

from exges_core import assets
from exges_core.arrays import Array
from exges_core.audio.features import audio_features
from exges_core.datasets.recordings import read_folder
from exges_core.metrics.retrieval import expected_calibration_error, reliability
from exges_core.retrieval.choice import SearchSettings
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval, load_retrieval
from exges_core.retrieval.search import search
from exges_core.retrieval.spoken import plain
from exges_core.retrieval.word_vectors import Vocabulary, WordVectors
from exges_core.speech.segments import Segment, segment
from training.data.labels import Mark, read_marks
from training.retrieval.rows import interval

TABLE = Path(__file__).with_name("synonyms.toml")
FIRST = 5
ALIKE = 100
"""A random word is one of so many before and behind in frequency."""
Choose = Callable[[str], str]
"""What a word becomes; "" leaves it out."""
Table = Mapping[str, Sequence[str]]
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What to measure.

    Attributes:
        data: a folder in BEAT2's layout with labels in sem/.
        split: whose takes.
        vectors: other word vectors than the shipped ones.
        beside: more word vectors, whose rows for synonyms are named by their files: those that were made without the
            relations of these pairs (`python -m training.word_vectors --without benchmarks/synonyms.toml`), say.
        seed: of the choice among synonyms.
        out: write the rows as JSON here.
        threads: CPU threads.
    """

    data: Path
    split: Literal["val", "test"] = "test"
    vectors: Path | None = None
    beside: tuple[Path, ...] = ()
    seed: int = 0
    out: Path | None = None
    threads: int = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """A segment, its take's number and sound, the gestures that go with words of the table, and all of its gestures."""

    take: int
    audio: Array
    segment: Segment
    wanted: frozenset[str]
    held: frozenset[str]


def for_split(table: Table, split: str) -> dict[str, Sequence[str]]:
    """Return the synonyms that a split may use: every other one of the table."""
    found: dict[str, list[str]] = {}
    pairs = [(word, other) for word, row in table.items() for other in row]
    for word, other in pairs[split == "val" :: 2]:
        found.setdefault(word, []).append(other)
    return {word: tuple(row) for word, row in found.items()}


def unheard(table: Table, known: Collection[str]) -> dict[str, Sequence[str]]:
    """Return a table without the words that the weights have heard in training: they are no test of other words."""
    left = {word: tuple(other for other in row if other not in known) for word, row in table.items()}
    return {word: row for word, row in left.items() if row}


def asked_of(data: Path, split: str, words: Table) -> list[Asked]:
    """Return the segments in which a gesture goes with one of these words."""
    found: list[Asked] = []
    for number, take in enumerate(read_folder(data, split)):
        waveform, marks = take.waveform, read_marks(data, take.id)
        marks = [mark for mark in marks if not mark.name.startswith("beat")]
        audio = audio_features(waveform)
        for piece in segment(take.words, waveform):
            held = [mark for mark in marks if _is_spoken(mark, piece)]
            wanted = frozenset(mark.name for mark in held if mark.word in words)
            if wanted:
                every = frozenset(mark.name for mark in held)
                found.append(Asked(take=number, audio=audio, segment=piece, wanted=wanted, held=every))
    return found


def reworded(piece: Segment, words: Table, choose: Choose) -> Segment:
    """Return a segment with the words of a table replaced."""
    said = [choose(plain(word.text)) if plain(word.text) in words else word.text for word in piece.words]
    kept = tuple(replace(word, text=text) for word, text in zip(piece.words, said, strict=True) if text)
    return replace(piece, words=kept, text=" ".join(word.text for word in kept))


def row_of(
    asked: Sequence[Asked],
    base: MotionBase,
    model: LoadedRetrieval,
    said: Callable[[Segment], Segment],
    settings: SearchSettings | None = None,
) -> Row:
    """Return how often the wanted gesture is among the first five, first, used, and what probabilities are worth."""
    settings = settings or SearchSettings()
    five, first, used_right, sure, right = (list[float]() for _ in range(5))
    for _, group in groupby(asked, key=lambda each: each.take):
        some = list(group)
        segments = [said(each.segment) for each in some]
        for each, match in zip(
            some, search(base, model, some[0].audio, segments, FIRST, settings=settings), strict=True
        ):
            tags = [frozenset(base.entry(candidate.clip_index).tags) for candidate in match.candidates]
            is_right = [bool(each.wanted & these) for these in tags]
            five.append(float(any(is_right)))
            first.append(float(is_right[0]))
            used_right.extend(hit for hit, one in zip(is_right, match.candidates, strict=True) if one.is_used)
            sure.extend(one.probability for one in match.candidates)
            right.extend(float(bool(each.held & these)) for these in tags)
    figure = reliability(np.array(sure), np.array(right, np.bool_))
    takes = np.array([each.take for each in asked])
    return {
        "asked": len(asked),
        "five": float(np.mean(five)),
        "five_interval": interval(np.array(five), takes),
        "first": float(np.mean(first)),
        "used": len(used_right) / len(asked),
        "used_right": float(np.mean(used_right)) if used_right else float("nan"),
        "calibration_error": expected_calibration_error(figure),
        "reliability": {name: value.tolist() for name, value in figure._asdict().items()},
        "hits": five,
    }


def one_of(table: Table, seed: int) -> Choose:
    """Return a choice among a word's synonyms that depends on the seed and the order of asking alone."""
    generator = np.random.default_rng(seed)
    return lambda word: str(generator.choice(list(table[word])))


def alike(table: Table, vectors: WordVectors, seed: int) -> Choose:
    """Return a choice of random words that are about as frequent as a synonym (rows go by frequency)."""
    generator, ordered = np.random.default_rng(seed), list(vectors)
    rank = {word: row for row, word in enumerate(ordered)}

    def choose(word: str) -> str:
        middle = rank.get(str(generator.choice(list(table[word]))), len(ordered) // 2)
        low = min(max(middle - ALIKE, 0), len(ordered) - 2 * ALIKE)
        return ordered[int(generator.integers(low, low + 2 * ALIKE))]

    return choose


def shuffled(table: Table, seed: int) -> dict[str, Sequence[str]]:
    """Return every word with another's synonyms."""
    words = list(table)
    turn = np.random.default_rng(seed).permutation(len(words))
    # A cycle through all words: nobody keeps its own.
    following = {words[one]: words[other] for one, other in zip(turn, np.roll(turn, 1), strict=True)}
    return {word: table[following[word]] for word in words}


def shipped_with(vectors: WordVectors) -> tuple[MotionBase, LoadedRetrieval]:
    """Return the shipped base and weights, which read words by these vectors."""
    model, base = load_retrieval(assets.RETRIEVAL), MotionBase.open(assets.LIBRARY)
    base.shared_words.vocabulary = Vocabulary(base.shared_words.vocabulary.words, vectors=vectors)
    known = Vocabulary(model.known.words, telling=model.known.telling, vectors=vectors)
    return base, replace(model, known=known)


def rows_of(options: Benchmark, tables: Mapping[str, Table], vectors: WordVectors) -> dict[str, Row]:
    """Return all rows by name."""
    shipped = shipped_with(vectors)
    written = SearchSettings(near_words=False)
    known = shipped[1].known.words
    same, looser = (unheard(for_split(tables[name], options.split), known) for name in ("synonyms", "looser"))
    opposite = unheard(tables["antonyms"], known)
    asked = asked_of(options.data, options.split, same)
    asked_looser = asked_of(options.data, options.split, looser)
    contrary = asked_of(options.data, options.split, opposite)

    def row(
        some: Sequence[Asked],
        table: Table,
        choose: Choose,
        settings: SearchSettings | None = None,
        *,
        searched: tuple[MotionBase, LoadedRetrieval] = shipped,
    ) -> Row:
        return row_of(some, *searched, lambda piece: reworded(piece, table, choose), settings)

    def chosen(table: Table = same) -> Choose:
        return one_of(table, options.seed)

    other = shuffled(same, options.seed)
    beside: dict[str, Row] = {}
    for path in options.beside:
        searched = shipped_with(WordVectors.read(path))
        beside[f"synonyms, {path.stem}"] = row(asked, same, chosen(), searched=searched)
        beside[f"looser, {path.stem}"] = row(asked_looser, looser, chosen(looser), searched=searched)
    return {
        "as spoken": row(asked, same, str),
        "as spoken, before": row(asked, same, str, written),
        "synonyms, before": row(asked, same, chosen(), written),
        "synonyms": row(asked, same, chosen()),
        "words left out": row(asked, same, lambda _: ""),
        "random words as frequent": row(asked, same, alike(same, vectors, options.seed)),
        "synonyms of other words": row(asked, other, chosen(other)),
        "looser: as spoken": row(asked_looser, looser, str),
        "looser, before": row(asked_looser, looser, chosen(looser), written),
        "looser": row(asked_looser, looser, chosen(looser)),
        "looser: words left out": row(asked_looser, looser, lambda _: ""),
        "opposites: as spoken": row(contrary, opposite, str),
        "opposites, before": row(contrary, opposite, chosen(opposite), written),
        "opposites": row(contrary, opposite, chosen(opposite)),
        "opposites: words left out": row(contrary, opposite, lambda _: ""),
        **beside,
    }


def main(options: Benchmark) -> None:
    """Print the rows."""
    torch.set_num_threads(options.threads)
    vectors = WordVectors.read(options.vectors or assets.WORD_VECTORS)
    tables = tomllib.loads(TABLE.read_text("utf-8"))
    rows = rows_of(options, tables, vectors)
    print(
        f"{'':<28}"
        + "".join(f"{head:>16}" for head in ("asked", "in five %", "first %", "used %", "used right %", "ECE"))
    )
    for name, row in rows.items():
        low, high = row["five_interval"]
        print(
            f"{name:<28}{row['asked']:>16}{100 * row['five']:>8.1f} ({100 * low:.0f}-{100 * high:.0f})"
            f"{100 * row['first']:>14.1f}{100 * row['used']:>16.1f}{100 * row['used_right']:>16.1f}"
            f"{row['calibration_error']:>16.3f}"
        )
    for name in (each for each in rows if each == "synonyms" or each.startswith("synonyms, ")):
        reached = rows[name]["five"] / rows["as spoken"]["five"]
        print(f"{name}: {100 * reached:.1f} % of what the words as spoken reach")
    if options.out is not None:
        options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _is_spoken(mark: Mark, piece: Segment) -> bool:
    return bool(mark.word) and any(
        plain(word.text) == mark.word and word.start_s < mark.end_s and word.end_s > mark.start_s
        for word in piece.words
    )


if __name__ == "__main__":
    main(tyro.cli(Benchmark, description=__doc__))
