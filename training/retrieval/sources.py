"""Splits of a corpus as retrieval sets: takes with their features, words and labelled gestures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exges_core.retrieval.spoken import plain
from training.data.labels import tags_of
from training.data.recordings import corpus_hash, read_arrays
from training.data.takes import TakeArrays
from training.retrieval.training_set import RetrievalSet, telling


@dataclass(frozen=True, kw_only=True, eq=False)
class Corpus:
    """Splits by name, which tell the same kinds of gesture apart.

    Attributes:
        sets: the splits.
        digest: of the first one's data.
        words: how many gestures go with each word of the first one (beats do not count).
    """

    sets: dict[str, RetrievalSet]
    digest: str
    words: Mapping[str, int] = field(default_factory=dict[str, int])


def gestures_of_words(takes: Sequence[TakeArrays]) -> dict[str, int]:
    """Return all words that are spoken, and how many gestures go with each; beats go with any word and do not count."""
    found = {text: 0 for take in takes for word in take.words if (text := plain(word.text))}
    for take in takes:
        for mark in take.marks:
            if mark.word in found and telling([mark.name]):
                found[mark.word] += 1
    return found


def read_corpus(
    data: Path,
    splits: Sequence[str],
    *,
    cache: Path | None,
    buckets: int,
    with_beats: bool = False,
    copies: int = 0,
) -> Corpus:
    """Read splits of a folder in BEAT2's layout or of a file of shards.

    Args:
        data: the folder or file.
        splits: names; the first one's data is digested.
        cache: where computed features are kept, or None.
        buckets: of the table of words; 0 = words are not read.
        with_beats: whether beats are kinds of gesture, too.
        copies: of every training take, with varied voice, room and microphone.

    Raises:
        InputError: if the data or its labels cannot be used.
    """
    takes = {name: read_arrays(data, name, cache=cache, copies=copies if name == "train" else 0) for name in splits}
    tags = {name: [tags_of(take.segments, take.marks) for take in some] for name, some in takes.items()}
    named = {kind for some in tags.values() for take in some for names in take for kind in names}
    kinds = sorted(named if with_beats else telling(named))
    sets = {name: RetrievalSet.of(takes[name], tags=tags[name], kinds=kinds, buckets=buckets) for name in splits}
    first = takes[splits[0]]
    return Corpus(sets=sets, digest=corpus_hash(first), words=gestures_of_words(first))
