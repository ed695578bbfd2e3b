"""Vectors fitted to meaning: which words are kept, what all share is taken out, synonyms pull, opposites push."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from exges_core.arrays import Array, Float, Int, einsum
from exges_core.errors import InputError, OutputError, message
from exges_core.files import replacing
from exges_core.retrieval.word_links import WordLinks
from training.words.inflections import bases_of
from training.words.meaning_graph import MeaningGraph
from training.words.stop_words import STOP_WORDS
from training.words.wordnet import WordNet

_WORD = re.compile(r"[a-z]{3,}|go|up")
_COMMON_WORDS = 15_000
_NOUN_RANK, _OTHER_RANK, _LAST_RANK = 30_000, 70_000, 400_000
"""Words up to these ranks of frequency are kept; rarer ones, up to the last, that mean the same as a common one."""
_SHARED_DIRECTIONS = 3
"""Directions that all words lean to, which say how frequent they are; taken out."""
_PULL, _PUSH, _STEPS = 3.0, 1.5, 20
_SURE_LOG10, _RARE_LOG10, _RARE = 3.0, 4.3, 0.4
"""How much a word's own vector counts: 1 up to rank 1000, 0.4 from rank 20,000 on, which GloVe saw little of."""
_LEAST_IMPLIED = 0.3


def chosen_rows(words: Sequence[str], net: WordNet | None) -> list[int]:
    """Return the rows of the words that are kept: words of meaning, by frequency."""
    rank = {word: row for row, word in enumerate(words)}
    return [row for row, word in enumerate(words[:_LAST_RANK]) if _is_kept(word, row, rank, net)]


def _is_kept(word: str, row: int, rank: dict[str, int], net: WordNet | None) -> bool:
    if not _WORD.fullmatch(word) or word in STOP_WORDS:
        return False
    if net is None:
        return row < _NOUN_RANK
    senses = {synset for each in (word, *bases_of(word, net.is_known)) for synset in net.senses.get(each, ())}
    if not senses:
        return False
    is_noun_alone = all(synset[0] == "n" for synset in senses)
    alike = (rank.get(other, _LAST_RANK) for synset in senses for other in net.words[synset] if other != word)
    return row < (_NOUN_RANK if is_noun_alone else _OTHER_RANK) or min(alike, default=_LAST_RANK) < _COMMON_WORDS


def cleared(vectors: Float[Array, "words size"]) -> Float[Array, "words size"]:
    """Return unit vectors without what all have in common."""
    unit = _unit(_unit(vectors.astype(np.float64)) - _unit(vectors.astype(np.float64)).mean(axis=0))
    shared = np.linalg.svd(unit, full_matrices=False)[2][: min(_SHARED_DIRECTIONS, unit.shape[1] - 1)]
    return _unit(unit - (unit @ shared.T) @ shared)


def fitted(
    vectors: Float[Array, "words size"], graph: MeaningGraph, rank: Int[Array, "words"]
) -> Float[Array, "words size"]:
    """Return unit vectors between where they were and where the graph pulls and pushes them."""
    pulling = graph.pulling()
    degree = np.maximum(np.asarray(pulling.sum(axis=1)).ravel(), 1e-9)
    pushing = _with_implied(graph.pushing(), sparse.csr_matrix(sparse.diags(1.0 / degree) @ pulling)).tocoo()
    pulling = sparse.diags(1.0 / np.sqrt(degree)) @ pulling
    # A common word has a dozen opposites with all their forms: they push as one, or they would push it off its own.
    together = 1.0 / np.maximum(np.bincount(pushing.row, weights=pushing.data, minlength=len(vectors)), 1.0)
    own = np.interp(np.log10(rank + 1.0), [_SURE_LOG10, _RARE_LOG10], [1.0, _RARE])[:, None]
    found = vectors
    for _ in range(_STEPS):
        cosine = einsum("ps,ps->p", found[pushing.row], found[pushing.col])
        strength = pushing.data * together[pushing.row] * np.maximum(cosine, 0.0)
        push = sparse.csr_matrix((strength, (pushing.row, pushing.col)), pushing.shape)
        found = _unit(own * vectors + _PULL * (pulling @ found) - _PUSH * (push @ found))
    return found


def _with_implied(pushing: sparse.csr_matrix, share: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return pushes with those that follow: who mostly means what a word means is pushed from its opposites, too."""
    implied = sparse.csr_matrix(share @ pushing)
    implied.data[implied.data < _LEAST_IMPLIED] = 0.0
    implied.eliminate_zeros()
    both = pushing.maximum(implied).maximum(implied.T)
    both.setdiag(0.0)
    return both.tocsr()


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def make(
    words: Sequence[str], vectors: Array, net: WordNet | None, apart: frozenset[tuple[str, str]]
) -> tuple[list[str], Float[Array, "words size"], WordLinks]:
    """Return the words that are kept, their vectors, and their links.

    Raises:
        InputError: if no word is.
    """
    rows = chosen_rows(words, net)
    if not rows:
        raise InputError(message(expected="words of meaning", got="none", where="GloVe", do="Give the whole file."))
    kept = [words[row] for row in rows]
    clear = cleared(np.asarray(vectors[rows]))
    if net is None:
        return kept, clear, WordLinks.none(len(kept))
    graph = MeaningGraph(net=net, words=kept, apart=apart)
    return kept, fitted(clear, graph, np.array(rows)), graph.links()


def write(path: Path, words: Sequence[str], vectors: Float[Array, "words size"], links: WordLinks) -> None:
    """Write vectors as whole numbers with a scale each, and links; the same ones make the same bytes.

    Raises:
        OutputError: if the file cannot be written.
    """
    scale = np.maximum(np.abs(vectors).max(axis=1), 1e-9) / 127.0
    whole = (vectors / scale[:, None]).round().astype(np.int8)
    letters = np.frombuffer("\n".join(words).encode(), np.uint8)
    arrays: dict[str, Array] = {
        "words": letters,
        "vectors": whole,
        "scales": scale.astype(np.float16),
        **links.stored(),
    }
    try:
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)
    except OSError as error:
        raise OutputError(
            message(expected="room for vectors", got=str(error), where=str(path), do="Free it.")
        ) from error
