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
import torch
from torch import Tensor

from exges_core.arrays import Array, Bool, Float
from exges_core.planning.bins import drawn, median_of, value_of
from exges_core.planning.memory import Made, gaps_of, memory_of
from exges_core.planning.planner_model import LoadedPlanner
from exges_core.planning.planner_network import TIMINGS, Shown
from exges_core.planning.tokens import Tokens
from exges_core.score.records import HANDS, LARGEST
from exges_core.tensors import array_of

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

    whether: Float[Tensor, "tokens context"]
    which: Float[Tensor, "tokens context"]
    shares: Float[Tensor, "tokens kinds"]
    bias: float


@torch.inference_mode()
def encoded(planner: LoadedPlanner, tokens: Tokens, style: int) -> Coded:
    """Return what each token asks for."""
    rows, weights = planner.known.rows(tokens.texts)
    odds, shares = (torch.as_tensor(each) for each in planner.habits.of(rows, weights, tokens.word >= 0))
    shown = Shown(
        scalars=torch.as_tensor(tokens.scalars)[None],
        words=torch.as_tensor(rows)[None],
        weights=torch.as_tensor(weights)[None],
        vectors=torch.as_tensor(tokens.vectors)[None],
        odds=odds[None],
        shares=shares[None],
        style=torch.tensor([style]),
        is_token=torch.ones(1, len(tokens)),
    )
    network = planner.network
    return Coded(network.whether.encode(shown)[0], network.encode(shown)[0], shares, planner.bias_of(style))


@torch.inference_mode()
def draw(
    planner: LoadedPlanner,
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
        memory = torch.as_tensor(memory_of(at_s, past, waiting[0].at_s if waiting else None))
        last = torch.tensor(past[-1].kind if past else config.kinds + 1)
        logit = float(planner.network.whether(coded.whether[token], memory, last))
        logit = config.stroke_scale * logit + coded.bias + more
        probability = 1.0 / (1.0 + float(np.exp(-logit)))
        if chances[token, 0] < probability:
            trunk = planner.network.trunk(coded.which[token], memory, last)
            made, ranking = _made(planner, at_s, coded.which[token], coded.shares[token], trunk, chances[token, 1:5])
            share = chances[token, 0] / probability
            times = tuple(chances[token, 5:].tolist())
            found.append(Drawn(token=token, made=made, share=share, chances=times, ranking=ranking))
            past.append(made)
    return found


def _made(
    planner: LoadedPlanner, at_s: float, coded: Tensor, shares: Tensor, trunk: Tensor, chances: Array
) -> tuple[Made, tuple[int, ...]]:
    network, kind, ranking = planner.network, planner.config.kinds, ()
    if planner.kinds:
        likely = array_of((planner.config.kind_scale * network.kind_logits(coded, trunk, shares)).softmax(dim=-1))
        kind, _ = drawn(likely, chances[0])
        ranking = tuple(np.argsort(-likely)[:_RANKED].tolist())
    of_kind = torch.tensor(kind)
    hand, _ = drawn(array_of(network.hand_logits(trunk, of_kind).softmax(dim=-1)), chances[1])
    likely = array_of(network.size_logits(trunk, of_kind, torch.tensor(hand)).softmax(dim=-1))
    log_size = value_of(*drawn(likely, chances[2]), planner.edges["size"])
    return Made(at_s, hand, kind, min(log_size, float(np.log(LARGEST)))), ranking


@torch.inference_mode()
def draw_times(
    planner: LoadedPlanner,
    tokens: Tokens,
    coded: Coded,
    strokes: Sequence[Drawn],
    settled: Sequence[Made],
) -> list[dict[str, float]]:
    """Draw the `TIMINGS` of strokes that are all known; seconds."""
    if not strokes:
        return []
    network = planner.network
    everything = sorted([*settled, *(each.made for each in strokes)])
    gaps = [gaps_among(each.made, everything, float(tokens.clause_end_s[each.token])) for each in strokes]
    state = network.timing_start(
        coded.which[[each.token for each in strokes]],
        torch.tensor([each.made.kind for each in strokes]),
        torch.tensor([each.made.hand for each in strokes]),
        torch.tensor([each.made.log_size for each in strokes], dtype=torch.float32),
        torch.as_tensor(np.stack(gaps)),
    )
    times: list[dict[str, float]] = [{} for _ in strokes]
    for number, name in enumerate(TIMINGS):
        likely = array_of(network.timing_logits(number, state).softmax(dim=-1))
        edges = planner.edges[name]
        picked = [drawn(row, each.chances[number]) for row, each in zip(likely, strokes, strict=True)]
        spread = planner.config.middle_spread if name == "middle" else 1.0
        for time, row, (place, share) in zip(times, likely, picked, strict=True):
            usual = median_of(row, edges)
            time[name] = usual + spread * (value_of(place, share, edges) - usual)
        state = network.after(number, state, torch.tensor([place for place, _ in picked]))
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
