"""Drawing strokes from a planner, token by token, each knowing those before it and those that are settled.

Which strokes there are is drawn first, their times when all are known: how long a hand stays out depends on what it has
to do next. Every chance is a number of its own per token, so that one seed draws the same for as long as it may.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.planning.bins import drawn, median_of, softmax, value_of
from exges_core.planning.memory import Made, gaps_of, memory_of
from exges_core.planning.planner_config import TIMINGS
from exges_core.planning.stroke_model import Past, StrokeModel, Strokes, TokensShown
from exges_core.planning.tokens import Tokens
from exges_core.score.records import HANDS, LARGEST

_RANKED = 5
_AROUND = 40
"""So many strokes on either side are looked at: farther ones are more than half a minute away."""
_CHANCES = 5 + len(TIMINGS)
LEAST_APART_S = 0.3
"""No two strokes belong to tokens that are nearer: no hand, and no speaker, is so quick."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A stroke that was drawn.

    Attributes:
        token: that it belongs to.
        made: when, with which hand, of which kind, how large.
        share: uniform in 0 .. 1: it would still be there if its chance were so small a part of what it is.
        chances: what its times are drawn from.
        ranking: the likeliest kinds here, first the likeliest.
    """

    token: int
    made: Made
    share: float
    chances: tuple[float, ...]
    ranking: tuple[int, ...]


class Coded(NamedTuple):
    """What each token asks for: whether there is a stroke, and which; what its word calls; the speaker's bias."""

    whether: Float[Array, "tokens context"]
    which: Float[Array, "tokens context"]
    shares: Float[Array, "tokens kinds"]
    bias: float


def encoded(planner: StrokeModel, tokens: Tokens, style: int) -> Coded:
    """Return what each token asks for."""
    rows, weights = planner.known.rows(tokens.texts)
    odds, shares = planner.habits.of(rows, weights, tokens.word >= 0)
    shown = TokensShown(tokens.scalars, rows, weights, tokens.vectors, odds, shares, style)
    whether, which = planner.encode(shown)
    return Coded(whether, which, shares, planner.bias_of(style))


def draw(
    planner: StrokeModel,
    tokens: Tokens,
    coded: Coded,
    *,
    seed: Sequence[int],
    settled: Sequence[Made] = (),
    is_closed: Bool[Array, "tokens"],
    more: float = 0.0,
) -> list[Drawn]:
    """Draw which tokens have a stroke, of which kind, with which hand, how large.

    Args:
        planner: trained.
        tokens: of the take.
        coded: `encoded`.
        seed: of the chances.
        settled: strokes that are there already, in order of time.
        is_closed: tokens that get none.
        more: added to the logit of a stroke.
    """
    chances = np.random.default_rng(list(seed)).random((len(tokens), _CHANCES))
    config, waiting = planner.config, list(settled)
    past: list[Made] = []
    found: list[Drawn] = []
    for token, at_s in enumerate(tokens.anchor_s.tolist()):
        while waiting and waiting[0].at_s <= at_s:
            past.append(waiting.pop(0))
        if is_closed[token] or (past and at_s - past[-1].at_s < LEAST_APART_S):
            continue
        memory = memory_of(at_s, past, waiting[0].at_s if waiting else None)
        before = Past(memory, past[-1].kind if past else config.kinds + 1)
        logit = planner.stroke_logit(coded.whether[token], before)
        logit = config.stroke_scale * logit + coded.bias + more
        probability = 1.0 / (1.0 + float(np.exp(-logit)))
        if chances[token, 0] < probability:
            made, ranking = _made(planner, at_s, coded, token, before, chances[token, 1:5])
            share = chances[token, 0] / probability
            times = tuple(chances[token, 5:].tolist())
            found.append(Drawn(token=token, made=made, share=share, chances=times, ranking=ranking))
            past.append(made)
    return found


def _made(
    planner: StrokeModel, at_s: float, coded: Coded, token: int, before: Past, chances: Array
) -> tuple[Made, tuple[int, ...]]:
    kind, ranking = planner.config.kinds, ()
    logits, trunk = planner.kind_logits(coded.which[token], before, coded.shares[token])
    if planner.kinds:
        likely = softmax(planner.config.kind_scale * logits)
        kind, _ = drawn(likely, chances[0])
        ranking = tuple(np.argsort(-likely)[:_RANKED].tolist())
    hand, _ = drawn(softmax(planner.hand_logits(trunk, kind)), chances[1])
    likely = softmax(planner.size_logits(trunk, kind, hand))
    log_size = value_of(*drawn(likely, chances[2]), planner.edges["size"])
    return Made(at_s, hand, kind, min(log_size, float(np.log(LARGEST)))), ranking


def draw_times(
    planner: StrokeModel,
    tokens: Tokens,
    coded: Coded,
    strokes: Sequence[Drawn],
    settled: Sequence[Made],
) -> list[dict[str, float]]:
    """Draw the `TIMINGS` of strokes that are all known; seconds."""
    if not strokes:
        return []
    everything = sorted([*settled, *(each.made for each in strokes)])
    gaps = [gaps_among(each.made, everything, float(tokens.clause_end_s[each.token])) for each in strokes]
    state = planner.timing_start(
        Strokes(
            coded=coded.which[[each.token for each in strokes]],
            kind=np.array([each.made.kind for each in strokes]),
            hand=np.array([each.made.hand for each in strokes]),
            log_size=np.array([each.made.log_size for each in strokes], np.float32),
            gaps=np.stack(gaps),
        )
    )
    times: list[dict[str, float]] = [{} for _ in strokes]
    for number, name in enumerate(TIMINGS):
        likely = softmax(planner.timing_logits(number, state))
        edges = planner.edges[name]
        picked = [drawn(row, each.chances[number]) for row, each in zip(likely, strokes, strict=True)]
        spread = planner.config.middle_spread if name == "middle" else 1.0
        for time, row, (place, share) in zip(times, likely, picked, strict=True):
            usual = median_of(row, edges)
            time[name] = usual + spread * (value_of(place, share, edges) - usual)
        state = planner.after(number, state, np.array([place for place, _ in picked]))
    return times


def gaps_among(made: Made, everything: Sequence[Made], clause_end_s: float) -> Array:
    """Return a stroke's neighbourhood among all strokes of a take (in order), itself among them."""
    place = bisect(everything, made)
    around = everything[max(place - _AROUND, 0) : place + _AROUND]
    own = [each for each in around if shares_hand(each.hand, made.hand) and each.at_s != made.at_s]
    before = max((each.at_s for each in own if each.at_s < made.at_s), default=None)
    behind = min((each.at_s for each in own if each.at_s > made.at_s), default=None)
    other = min((each.at_s for each in around if each.at_s > made.at_s), default=None)
    return gaps_of(
        None if before is None else made.at_s - before,
        None if behind is None else behind - made.at_s,
        None if other is None else other - made.at_s,
        clause_end_s - made.at_s,
    )


def shares_hand(one: int, other: int) -> bool:
    """Return whether two strokes want a hand in common."""
    return one == other or "both" in (HANDS[one], HANDS[other])
