"""How well a retrieval model, or a baseline, answers: the rows of the report. Only arrays: no files, no printing.

Two questions about every segment of a split that was not trained on. Is its own motion found among all motions of the
split (recall at 1, 5, 10 and median rank; segments of the same words count as one)? And do the five best clips of the
*training* split's base hold the gesture that the speech was acted with (the labels know)? The second is what a user
sees; the paper measures neither.

The second exactly: of the segments with at least one labelled gesture, the share for which one of the five clips is
labelled with one of the segment's gestures. Beats go with any word and are in most clips, so they count neither as a
question nor as an answer; the row "with beats" counts them as both. A gesture is in the segment in which its word is
spoken (`training.data.labels`). Intervals are 95 %, from resampling whole takes, for segments of a take are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.fft import dct

from exges_core.arrays import Array, Bool, Float, Int, percentile, whole_numbers
from exges_core.audio.features import MEL_CHANNELS
from exges_core.metrics import retrieval as metrics
from exges_core.retrieval.diversity import diverse
from exges_core.retrieval.encoders import RetrievalModel
from exges_core.retrieval.shared_words import SharedWords
from exges_core.tensors import array_of
from training.retrieval.training_set import RetrievalSet
from training.retrieval.training_step import Embeddings, embed_set, proposed_pairs

FIRST = 5
JITTER_FRAMES = 4
"""Both sides are cut with different random ends, so that no pair is found by its length."""
MFCC = 13
DRAWS = 2000


@dataclass(frozen=True, kw_only=True)
class Mix:
    """How scores are weighed and spread, as in `SearchSettings`; `motion_weight` 0 leaves the model's own score out."""

    motion_weight: float = 1.0
    audio_weight: float = 0.0
    text_weight: float = 0.0
    diversity: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Splits:
    """What is asked and where it is looked up; `kinds` of both name all gestures, beats among them."""

    queries: RetrievalSet
    gallery: RetrievalSet

    @property
    def is_beat(self) -> Bool[Array, "kinds"]:
        """Return which kinds say nothing."""
        return np.array([kind.startswith("beat") for kind in self.queries.kinds], np.bool_)

    def answers(self, *, with_beats: bool) -> tuple[Int[Array, "asked"], Bool[Array, "asked gallery"]]:
        """Return which segments are asked about, and which clips are right for them."""
        counted = np.ones(len(self.queries.kinds)) if with_beats else ~self.is_beat
        wanted, there = self.queries.gestures * counted, self.gallery.gestures * counted
        asked = np.flatnonzero(wanted.any(axis=1))
        return asked, wanted[asked] @ there.T > 0.0


def interval(values: Float[Array, "queries"], take: Int[Array, "queries"]) -> tuple[float, float]:
    """Return the 95 % interval of a mean by resampling takes."""
    _, group = np.unique(take, return_inverse=True)
    total, count = np.bincount(group, weights=values), np.bincount(group)
    draws = whole_numbers(np.random.default_rng(0), 0, len(count), (DRAWS, len(count)))
    means = total[draws].sum(axis=1) / count[draws].sum(axis=1)
    low, high = percentile(means, (2.5, 97.5))
    return float(low), float(high)


def gesture_row(
    splits: Splits,
    scores: Float[Array, "queries gallery"],
    *,
    vectors: Float[Array, "gallery embedding"] | None = None,
    diversity: float = 0.0,
) -> dict[str, object]:
    """Return in how many segments one of the first five clips, and the first, holds the right gesture."""
    row: dict[str, object] = {}
    for name, with_beats in (("gesture_5", False), ("gesture_5_with_beats", True)):
        asked, is_right = splits.answers(with_beats=with_beats)
        space = np.zeros((scores.shape[1], 1)) if vectors is None else vectors
        first = np.stack([diverse(scores[query], space, FIRST, diversity) for query in asked])
        found = np.take_along_axis(is_right, first, axis=1)
        values = found.any(axis=1).astype(np.float64)
        row[name] = float(values.mean())
        row[f"{name}_interval"] = interval(values, splits.queries.take_start[asked])
        row[f"{name}_asked"] = len(asked)
        if not with_beats:
            row["gesture_1"] = float(found[:, 0].mean())
    return row


def pair_row(splits: Splits, embedded: Embeddings) -> dict[str, object]:
    """Return recall and rank of every segment's own motion among all of the split."""
    identity = splits.queries.identity
    rank = metrics.ranks(embedded.audio @ embedded.motion.T, identity[:, None] == identity[None, :])
    row: dict[str, object] = {"median_rank": metrics.median_rank(rank), "motions": len(rank)}
    for count in (1, 5, 10):
        row[f"recall_{count}"] = metrics.recall_at(rank, count)
        row[f"recall_{count}_interval"] = interval((rank < count).astype(np.float64), splits.queries.take_start)
    return row


def chance_row(splits: Splits) -> dict[str, object]:
    """Return what a random order finds: recall by counting, gestures by drawing."""
    count = len(splits.queries)
    scores = np.random.default_rng(0).random((count, len(splits.gallery)))
    pairs = {f"recall_{first}": metrics.chance_recall(count, first) for first in (1, 5, 10)}
    return {**pairs, "median_rank": (count + 1) / 2, "motions": count, **gesture_row(splits, scores)}


def mfcc(clips: Sequence[Float[Array, "_ channels"]]) -> Float[Array, "clips coefficients"]:
    """Return mean and spread over time of cepstral coefficients, as unit vectors: the plain audio baseline."""
    rows: list[Array] = []
    for clip in clips:
        cepstrum = np.asarray(dct(clip[:, :MEL_CHANNELS], axis=1, norm="ortho"))[:, 1 : MFCC + 1]
        rows.append(np.concatenate([cepstrum.mean(axis=0), cepstrum.std(axis=0)]))
    table = np.stack(rows)
    table = (table - table.mean(axis=0)) / table.std(axis=0).clip(1e-6)
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def mfcc_row(splits: Splits) -> dict[str, object]:
    """Return what the clips with the most alike sound (MFCC nearest neighbour) hold."""
    plain = mfcc([*_clips(splits.queries), *_clips(splits.gallery)])
    asked = len(splits.queries)
    return gesture_row(splits, plain[:asked] @ plain[asked:].T)


def _clips(data: RetrievalSet) -> list[Float[Array, "_ channels"]]:
    return [data.audio[start:stop].astype(np.float32) for start, stop in zip(data.start, data.stop, strict=True)]


def shared(splits: Splits) -> Float[Array, "queries gallery"]:
    """Return the weighed share of a segment's words that a clip's text has, as they are written.

    The sets' words are, too: what near words bring is measured by `benchmarks.synonyms`.
    """
    words = SharedWords(splits.gallery.text)
    clips = np.arange(len(splits.gallery))
    return np.stack([words.overlap(text, near=False).of(clips) for text in splits.queries.text])


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """A model's answers: both splits embedded, and the words that they share."""

    splits: Splits
    queries: Embeddings
    gallery: Embeddings
    shared: Float[Array, "queries gallery"]

    @classmethod
    def of(cls, model: RetrievalModel, splits: Splits, shared: Float[Array, "queries gallery"]) -> Asked:
        """Embed both splits."""
        queries, gallery = (
            embed_set(model, each, jitter_frames=JITTER_FRAMES) for each in (splits.queries, splits.gallery)
        )
        return cls(splits=splits, queries=queries, gallery=gallery, shared=shared)

    def scores(self, mix: Mix) -> Float[Array, "queries gallery"]:
        """Return every clip's score for every segment."""
        towards = mix.motion_weight * self.gallery.motion + mix.audio_weight * self.gallery.audio
        return self.queries.audio @ towards.T + mix.text_weight * self.shared

    def row(self, mix: Mix) -> dict[str, object]:
        """Return the gestures found with a mix."""
        return gesture_row(self.splits, self.scores(mix), vectors=self.gallery.motion, diversity=mix.diversity)


def without_words(splits: Splits) -> Splits:
    """Return the splits as they are where nobody knows the words of the speech that is asked about."""
    silent = replace(splits.queries, word=np.zeros_like(splits.queries.word))
    return replace(splits, queries=silent)


def pair_reliability(model: RetrievalModel, data: RetrievalSet) -> metrics.Reliability:
    """Return how the probabilities of the split's own motions come true, proposed as they were for calibration."""
    logit, is_true = proposed_pairs(model, data, jitter_frames=JITTER_FRAMES)
    return metrics.reliability(array_of(model.matching.probability(logit)), array_of(is_true))


def candidate_reliability(model: RetrievalModel, asked: Asked, mix: Mix) -> metrics.Reliability:
    """Return how often a proposed clip holds the right gesture, by its probability (segments with a gesture only)."""
    rows, is_right = asked.splits.answers(with_beats=False)
    scores = asked.scores(mix)
    probability, right = list[Array](), list[Array]()
    with torch.inference_mode():
        for place, query in enumerate(rows):
            first = diverse(scores[query], asked.gallery.motion, FIRST, mix.diversity)
            motion = torch.as_tensor(asked.gallery.motion[first])
            speech = torch.as_tensor(asked.queries.audio[query]).expand_as(motion)
            probability.append(array_of(model.matching.probability(model.match(speech, motion))))
            right.append(is_right[place, first])
    return metrics.reliability(np.concatenate(probability), np.concatenate(right))


def curve(asked: Asked, mixes: Sequence[Mix], say: Callable[[Mix, Mapping[str, object]], None]) -> Mix:
    """Measure mixes and return the one with the most right gestures among the first five; ties go to the earlier."""
    best, most = mixes[0], -1.0
    for mix in mixes:
        row = asked.row(mix)
        say(mix, row)
        value = row["gesture_5"]
        assert isinstance(value, float)
        if value > most:
            best, most = mix, value
    return best
