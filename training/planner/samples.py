"""Takes as samples for a planner: what each token shows, what was made before it, and what was made on it.

Words' times are shaken, some words are lost or not understood, some takes lose all their words, and some strokes are
settled beforehand: a planner meets all of that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.planning.bins import bin_of
from exges_core.planning.drawing import gaps_among
from exges_core.planning.known_words import UNKNOWN, KnownWords
from exges_core.planning.memory import GAPS, MEMORY, Made, memory_of
from exges_core.planning.planner_config import QUANTITIES
from exges_core.planning.tokens import Tokens, tokens_of
from exges_core.planning.word_habits import WordHabits
from exges_core.score.records import HANDS, Stroke
from exges_core.speech.words import Word
from training.planner.takes import PlannerTake, features_of

_LEAD_S = 0.08
"""The middle of a stroke is so much before the stress, in the middle."""
_FAR_S = 0.5
"""A stroke whose word is lost goes with the next best token if it is so near."""
_SMALLEST = 0.05


@dataclass(frozen=True, kw_only=True)
class Shaking:
    """How takes are varied; all zero = as they are.

    Attributes:
        jitter_s: sd of the words' times.
        lost: share of the words that are left out.
        wordless: share of the takes that lose all words.
        tempo: speech and gestures are faster or slower by so much at most.
        settled: share of the takes in which some strokes are settled beforehand.
        kindless: share of the takes whose strokes' kinds are not told.
        strange: share of the words that are taken for ones near in meaning; unknown: that are not known at all.
    """

    jitter_s: float = 0.0
    lost: float = 0.0
    wordless: float = 0.0
    tempo: float = 0.0
    settled: float = 0.0
    kindless: float = 0.0
    strange: float = 0.0
    unknown: float = 0.0


AS_IT_IS = Shaking()


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """One take as arrays over its tokens; what is about strokes is 0 where there is none.

    `counts` is 0 where a stroke was settled beforehand: it is not to be predicted.
    """

    scalars: Array
    rows: Array
    weights: Array
    vectors: Array
    odds: Array
    shares: Array
    style: int
    counts: Array
    memory: Array
    last_kind: Array
    has_stroke: Array
    has_kind: Array
    kind: Array
    hand: Array
    log_size: Array
    bins: Array
    gaps: Array


class Counted(NamedTuple):
    """What one take adds to the habits: the row of each word, and row and kind of each stroke."""

    rows: list[int]
    strokes: list[tuple[int, int | None]]

    def habits(self, rows: int, kinds: int) -> WordHabits:
        """Return it as habits of its own."""
        habits = WordHabits.none(rows, kinds)
        habits.count(self.rows, self.strokes)
        return habits


@dataclass(frozen=True, kw_only=True)
class Codes:
    """How names and quantities become numbers; `counted` is what each training take adds to the habits, by its id."""

    kinds: tuple[str, ...]
    styles: tuple[str, ...]
    known: KnownWords
    strange: tuple[Int[Array, "rows near"], Float[Array, "rows near"]]
    habits: WordHabits
    counted: Mapping[str, Counted]
    edges: Mapping[str, Float[Array, "edges"]]


def counted(take: PlannerTake, known: KnownWords, kinds: Sequence[str]) -> Counted:
    """Return what was done on each word of a take; a stroke without a word goes with the nearest."""
    if not take.words:
        return Counted([], [])
    tokens, strokes, origin = shaken(take, AS_IT_IS, generator=np.random.default_rng(0))
    found = known.rows(tokens.texts)[0][:, 0].tolist()
    rows = [row if text in known else UNKNOWN for row, text in zip(found, tokens.texts, strict=True)]
    made = {token: strokes[number].kind for token, number in matches(tokens, strokes, origin).items()}
    return Counted(rows, [(rows[token], kinds.index(kind) if kind else None) for token, kind in made.items()])


def sample_of(take: PlannerTake, codes: Codes, shaking: Shaking, *, generator: np.random.Generator) -> Sample:
    """Return a take as a planner meets it: what was counted of the take itself is taken off the habits."""
    tokens, strokes, origin = shaken(take, shaking, generator=generator)
    matched = matches(tokens, strokes, origin)
    hides = generator.uniform() < shaking.kindless
    unknown = len(codes.kinds)
    made = {token: _made(tokens, token, strokes[number], codes, hides) for token, number in matched.items()}
    is_settled = np.zeros(len(tokens), np.bool_)
    if generator.uniform() < shaking.settled and made:
        chosen = generator.uniform(size=len(made)) < generator.uniform(0.0, 0.5)
        is_settled[np.array(sorted(made))[chosen]] = True
    memory, last_kind = _memories(tokens, made, is_settled, none=unknown + 1)
    rows, weights = _taken_for(codes, tokens, shaking, generator)
    own = codes.counted.get(take.id)
    habits = codes.habits if own is None else codes.habits.without(own.habits(*codes.habits.kinds.shape))
    odds, shares = habits.of(rows, weights, tokens.word >= 0)
    count = len(tokens)
    bins = np.zeros((count, len(QUANTITIES)), np.int64)
    gaps = np.zeros((count, GAPS), np.float32)
    everything = sorted(made.values())
    for token, number in matched.items():
        values = quantities(strokes[number], float(tokens.anchor_s[token]))
        bins[token] = [int(bin_of(np.array([values[name]]), codes.edges[name])[0]) for name in QUANTITIES]
        gaps[token] = gaps_among(made[token], everything, float(tokens.clause_end_s[token]))
    has_stroke = np.isin(np.arange(count), list(made))
    kind = np.array([made[n].kind if n in made else unknown for n in range(count)], np.int64)
    return Sample(
        scalars=tokens.scalars,
        rows=rows,
        weights=weights,
        vectors=tokens.vectors,
        odds=odds,
        shares=shares,
        style=codes.styles.index(take.speaker) + 1 if take.speaker in codes.styles else 0,
        counts=(~is_settled).astype(np.float32),
        memory=memory,
        last_kind=last_kind,
        has_stroke=has_stroke.astype(np.float32),
        has_kind=(has_stroke & (kind < unknown)).astype(np.float32),
        kind=kind,
        hand=np.array([made[n].hand if n in made else 0 for n in range(count)], np.int64),
        log_size=np.array([made[n].log_size if n in made else 0.0 for n in range(count)], np.float32),
        bins=bins,
        gaps=gaps,
    )


def _taken_for(codes: Codes, tokens: Tokens, shaking: Shaking, generator: np.random.Generator) -> tuple[Array, Array]:
    rows, weights = codes.known.rows(tokens.texts)
    chance = generator.uniform(size=len(tokens))
    is_strange = (chance < shaking.strange) & (weights[:, 0] == 1.0)
    of_strange = rows[is_strange, 0]
    rows[is_strange], weights[is_strange] = codes.strange[0][of_strange], codes.strange[1][of_strange]
    is_unknown = chance > 1.0 - shaking.unknown
    rows[is_unknown], weights[is_unknown] = UNKNOWN, np.eye(weights.shape[1])[0]
    return rows, weights


def shaken(
    take: PlannerTake, shaking: Shaking, *, generator: np.random.Generator
) -> tuple[Tokens, tuple[Stroke, ...], Array]:
    """Return tokens, strokes, and of each token the word of the take that it was (-1: none)."""
    slower = 1.0 + shaking.tempo * generator.uniform(-1.0, 1.0)
    frames = np.minimum(np.arange(round(len(take.prosody) * slower)) / slower, len(take.prosody) - 1)
    prosody = take.prosody[np.round(frames).astype(np.int64)] if shaking.tempo else take.prosody
    strokes = tuple(_slowed(stroke, slower) for stroke in take.score.strokes)
    kept = np.flatnonzero(generator.uniform(size=len(take.words)) >= shaking.lost)
    if generator.uniform() < shaking.wordless:
        kept = kept[:0]
    edges = np.array([(take.words[int(n)].start_s, take.words[int(n)].end_s) for n in kept]).reshape(-1, 2) * slower
    edges = np.maximum(edges + shaking.jitter_s * generator.normal(size=edges.shape), 0.0)
    # Neighbours share an edge in the recording; shaken apart, they must not overlap.
    flat = np.maximum.accumulate(edges.ravel()).reshape(-1, 2)
    words = [
        Word(text=take.words[int(n)].text, start_s=start_s, end_s=end_s)
        for n, (start_s, end_s) in zip(kept, flat.tolist(), strict=True)
    ]
    tokens = tokens_of(words, features_of(prosody))
    origin = np.array([kept[n] if n >= 0 else -1 for n in tokens.word], np.int64)
    return tokens, strokes, origin


def matches(tokens: Tokens, strokes: Sequence[Stroke], origin: Array) -> dict[int, int]:
    """Return for each token that has a stroke which one: its word's, or else the nearest in time."""
    of_word = {int(word): token for token, word in enumerate(origin.tolist()) if word >= 0}
    matched: dict[int, int] = {}
    homeless: list[int] = []
    for number, stroke in enumerate(strokes):
        token = of_word.get(stroke.word, -1) if stroke.word is not None else -1
        if token < 0 or token in matched:
            homeless.append(number)
        else:
            matched[token] = number
    for number in homeless if len(tokens) else ():
        off_s = np.abs(tokens.anchor_s - strokes[number].middle_s - _LEAD_S)
        token = int(off_s.argmin())
        if off_s[token] < _FAR_S and token not in matched:
            matched[token] = number
    return dict(sorted(matched.items()))


def quantities(stroke: Stroke, anchor_s: float) -> dict[str, float]:
    """Return the numbers of a stroke that a planner draws, by `QUANTITIES`."""
    return {
        "size": float(np.log(max(stroke.size, _SMALLEST))),
        "middle": stroke.middle_s - anchor_s,
        "stroke": stroke.apex_s - stroke.stroke_start_s,
        "preparation": stroke.stroke_start_s - stroke.start_s,
        "hold": stroke.hold_end_s - stroke.apex_s,
        "retraction": stroke.end_s - stroke.hold_end_s,
    }


def _slowed(stroke: Stroke, slower: float) -> Stroke:
    start_s, stroke_start_s, apex_s, hold_end_s, end_s = (time_s * slower for time_s in stroke.times_s)
    return replace(
        stroke, start_s=start_s, stroke_start_s=stroke_start_s, apex_s=apex_s, hold_end_s=hold_end_s, end_s=end_s
    )


def _made(tokens: Tokens, token: int, stroke: Stroke, codes: Codes, hides: bool) -> Made:
    is_known = stroke.kind in codes.kinds and not hides
    kind = codes.kinds.index(stroke.kind) if is_known and stroke.kind is not None else len(codes.kinds)
    return Made(
        float(tokens.anchor_s[token]), HANDS.index(stroke.hand), kind, float(np.log(max(stroke.size, _SMALLEST)))
    )


def _memories(tokens: Tokens, made: Mapping[int, Made], is_settled: Array, *, none: int) -> tuple[Array, Array]:
    memory = np.zeros((len(tokens), MEMORY), np.float32)
    last_kind = np.full(len(tokens), none, np.int64)
    settled_s = tokens.anchor_s[is_settled]
    past: list[Made] = []
    for token, at_s in enumerate(tokens.anchor_s.tolist()):
        behind = settled_s[settled_s > at_s]
        memory[token] = memory_of(at_s, past, float(behind[0]) if len(behind) else None)
        last_kind[token] = past[-1].kind if past else none
        if token in made:
            past.append(made[token])
    return memory, last_kind
