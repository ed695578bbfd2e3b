"""What WordNet says about words as two weighed graphs: who is pulled to whom, who is pushed from whom. No vectors.

And as links, which are stored: the pulls between base forms.

A word is pulled to another as strongly as it means what they share: by the share of its senses, softened, for tagged
texts are few. A form is pulled to its base; opposites hold for all forms, and for all that is similar to either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from exges_core.retrieval.word_links import WordLinks
from training.words.inflections import bases_of
from training.words.wordnet import Synset, WordNet

_SOFT = 0.7
"""Power of a sense's share: 1 = as counted, 0 = all senses alike."""
_COMMON = 0.3
"""Power of the same share of the word that pulls: a common word pulls others, though it means much else."""
_PULLS = {"&": 0.8, "\\": 0.7, "+": 0.05, "@": 0.2, "$": 0.2}
"""Of relations beside sharing a synset, which is 1: similar, adverb of, derived from, a kind of, grouped with."""
_PULLS_BACK = {"\\": 0.2, "@": 0.1}
_TO_BASE, _TO_FORM = 2.0, 0.5
_LEAST_LINK = 0.02
"""Weaker pulls are no links: they are for meanings that a word hardly ever has."""
Member = tuple[str, float]
Pairs = dict[tuple[str, str], float]


@dataclass(kw_only=True, eq=False)
class MeaningGraph:
    """Pulls and pushes between words.

    Attributes:
        net: where they come from.
        words: the words that there are vectors for.
        apart: pairs that are never joined, in no form (to measure what is known without).
    """

    net: WordNet
    words: Sequence[str]
    apart: frozenset[tuple[str, str]] = frozenset()
    pulls: Pairs = field(default_factory=dict)
    pushes: Pairs = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Walk through the net."""
        known = frozenset(self.words)
        self._shares = {word: _softened(self.net.senses[word]) for word in self.words if word in self.net.senses}
        self._bases = {
            word: [base for base in bases_of(word, self.net.is_known) if base in known] for word in self.words
        }
        self._apart = frozenset(pair for one, other in self.apart for pair in self._forms_apart(one, other))
        for synset in self.net.words:
            members = self._members(synset)
            self._pull(members, members, 1.0)
            for relation in self.net.relations[synset]:
                ours, theirs = self._members(synset, relation.word), self._members(relation.other, relation.other_word)
                self._pull(ours, theirs, _PULLS.get(relation.symbol, 0.0))
                self._pull(theirs, ours, _PULLS_BACK.get(relation.symbol, 0.0))
        for one, other in self._named_opposites():
            _raise(self.pushes, one, other, 1.0)
        for one, other in self._similar_opposites():
            self._push(one, other)
        self._joined = dict(self.pulls)
        self._inflect()

    def pulling(self) -> sparse.csr_matrix:
        """Return the pulls: rows are pulled to columns."""
        return self._matrix(self.pulls)

    def pushing(self) -> sparse.csr_matrix:
        """Return the pushes, at most 1."""
        return self._matrix({pair: min(weight, 1.0) for pair, weight in self.pushes.items()})

    def links(self) -> WordLinks:
        """Return what is pulled together, but for opposites, and every word's base forms."""
        row = {word: number for number, word in enumerate(self.words)}
        linked: list[dict[int, float]] = [{} for _ in self.words]
        for (one, other), weight in self._joined.items():
            if (one, other) not in self.pushes:
                linked[row[one]][row[other]] = min(weight, 1.0)
        bases = [[row[each] for each in self._with_bases(word)] for word in self.words]
        return WordLinks.between(bases, linked, least=_LEAST_LINK)

    def _with_bases(self, word: str) -> list[str]:
        """Return a word, if WordNet has it as it is, and its base forms."""
        return [*([word] if word in self._shares else []), *self._bases[word]]

    def _forms_apart(self, one: str, other: str) -> Iterator[tuple[str, str]]:
        for some in (one, *bases_of(one, self.net.is_known)):
            for counterpart in (other, *bases_of(other, self.net.is_known)):
                yield from ((some, counterpart), (counterpart, some))

    def _matrix(self, pairs: Pairs) -> sparse.csr_matrix:
        row = {word: number for number, word in enumerate(self.words)}
        places = np.array([(row[one], row[other]) for one, other in pairs], np.int64).reshape(-1, 2)
        weights = np.array(list(pairs.values()), np.float64)
        return sparse.csr_matrix((weights, (places[:, 0], places[:, 1])), shape=(len(row), len(row)))

    def _members(self, synset: Synset, only: str = "") -> list[Member]:
        return [
            (word, self._shares[word][synset])
            for word in self.net.words[synset]
            if word in self._shares and synset in self._shares[word] and only in ("", word)
        ]

    def _pull(self, some: Iterable[Member], towards: Sequence[Member], weight: float) -> None:
        for one, share in some if weight else ():
            for other, its_share in towards:
                if one != other and (one, other) not in self._apart:
                    now = self.pulls.get((one, other), 0.0)
                    self.pulls[one, other] = now + weight * share * its_share**_COMMON

    def _push(self, some: Sequence[Member], others: Sequence[Member]) -> None:
        for one, share in some:
            for other, its_share in others:
                if one != other:
                    _raise(self.pushes, one, other, (share * its_share) ** 0.5)

    def _named_opposites(self) -> Iterator[tuple[str, str]]:
        """Yield words that are each other's opposites by name, whatever else they mean."""
        for relations in self.net.relations.values():
            for relation in relations:
                if relation.symbol == "!" and relation.word in self._shares and relation.other_word in self._shares:
                    yield relation.word, relation.other_word

    def _similar_opposites(self) -> Iterator[tuple[list[Member], list[Member]]]:
        """Yield adjectives that are similar to either of two opposites."""
        for synset, relations in self.net.relations.items():
            heads = {each.other for each in relations if each.symbol == "!" and synset[0] == "a"}
            for head in sorted(heads):
                for one in self._cluster(synset):
                    for other in self._cluster(head):
                        yield self._members(one), self._members(other)

    def _cluster(self, head: Synset) -> list[Synset]:
        return [head, *(relation.other for relation in self.net.relations[head] if relation.symbol == "&")]

    def _inflect(self) -> None:
        forms: dict[str, list[str]] = {}
        for word, bases in self._bases.items():
            for base in bases:
                forms.setdefault(base, []).append(word)
                self.pulls[word, base] = self.pulls.get((word, base), 0.0) + _TO_BASE / len(bases)
                self.pulls[base, word] = self.pulls.get((base, word), 0.0) + _TO_FORM
        for (one, other), weight in list(self.pushes.items()):
            for form in (one, *forms.get(one, ())):
                for counterpart in (other, *forms.get(other, ())):
                    _raise(self.pushes, form, counterpart, weight)


def _raise(pairs: Pairs, one: str, other: str, weight: float) -> None:
    for pair in ((one, other), (other, one)):
        pairs[pair] = max(pairs.get(pair, 0.0), weight)


def _softened(shares: Mapping[Synset, float]) -> dict[Synset, float]:
    powers = {synset: share**_SOFT for synset, share in shares.items()}
    total = sum(powers.values())
    return {synset: power / total for synset, power in powers.items()}
