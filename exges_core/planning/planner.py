"""The planner: from words and sound to a score, as a speaker would gesture. Ours; the paper has no such layer.

A small network trained by ``python -m training.train_planner`` says word by word whether there is a stroke, of which
kind, with which hand, how large and when; it is drawn from with the take's seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.errors import InputError, message
from exges_core.planning.drawing import LEAST_APART_S, Coded, Drawn, draw, draw_times, encoded
from exges_core.planning.fitting import Spans, fitted
from exges_core.planning.memory import Made
from exges_core.planning.stroke_model import StrokeModel
from exges_core.planning.tokens import Tokens, nearest_s, tokens_of
from exges_core.score.records import HANDS, LARGEST, Score, Stroke, check
from exges_core.speech.words import Word

MOST_VIVID = 2.0
_MORE = 3.0
"""Added to the logit of a further stroke where a take is as vivid as can be."""
_SIZE_STEP = 0.4
"""So much larger is every stroke with each step of vividness."""
_CLEAR_S = 0.25
"""So far from a silent range or a settled stroke a token must be to get a stroke of its own."""


def plan(
    planner: StrokeModel,
    words: Sequence[Word],
    features: Float[Array, "frames 84"],
    *,
    style: str | None,
    seed: int,
    vividness: float = 1.0,
    given: Sequence[Stroke] = (),
    silent_s: Spans = (),
) -> Score:
    """Draw a score for a speech; the same arguments always give the same.

    Strokes of a less vivid score are among those of a more vivid one of the same seed: a stroke needs more luck to be
    in the first, and the second has further ones between.

    Args:
        planner: trained.
        words: with times in the take's seconds; empty = the sound's syllables are gestured on.
        features: of the sound.
        style: a speaker's name; None or an unknown one = anybody.
        seed: of all chances.
        vividness: 0 = no stroke; 1 = as the speakers that it learnt from; up to 2, more and larger ones.
        given: strokes that stay as they are, in any order; the others are drawn to go with them.
        silent_s: ranges in which no stroke lies.

    Raises:
        InputError: if vividness is out of range, or the given strokes cannot be played.
    """
    if not 0.0 <= vividness <= MOST_VIVID:
        do = "0 = no gestures, 1 = as the speaker."
        raise InputError(
            message(expected=f"0 to {MOST_VIVID:g}", got=f"{vividness:g}", where="vividness", do=do),
        )
    return plan_of(planner, tokens_of(words, features), style, seed, vividness, given, silent_s)


def plan_of(
    planner: StrokeModel,
    tokens: Tokens,
    style: str | None,
    seed: int,
    vividness: float = 1.0,
    given: Sequence[Stroke] = (),
    silent_s: Spans = (),
) -> Score:
    """Draw a score for a speech whose tokens are known; `plan`, whose arguments these are, finds them first."""
    ordered = sorted(given, key=lambda each: (each.start_s, each.apex_s))
    settled = _settled(planner, tokens, ordered)
    strokes: list[Stroke] = []
    if vividness > 0.0 and len(tokens):
        strokes = _strokes(planner, tokens, settled, _closed(tokens, ordered, silent_s), style, seed, vividness)
    kept = fitted(strokes, ordered, silent_s, tokens.duration_s)
    score = Score(strokes=tuple(kept), duration_s=tokens.duration_s, origin="planner")
    check(score)
    return score


def drawn_strokes(
    planner: StrokeModel,
    tokens: Tokens,
    *,
    style: str | None,
    seed: int,
    vividness: float = 1.0,
) -> list[Drawn]:
    """Return which strokes are drawn, before they get times; with the network's own ranking of kinds."""
    coded = encoded(planner, tokens, planner.style_index(style))
    return _drawn(planner, tokens, coded, [], np.zeros(len(tokens), np.bool_), seed, vividness)


def _strokes(
    planner: StrokeModel,
    tokens: Tokens,
    settled: Sequence[Made],
    is_closed: Array,
    style: str | None,
    seed: int,
    vividness: float,
) -> list[Stroke]:
    coded = encoded(planner, tokens, planner.style_index(style))
    found = _drawn(planner, tokens, coded, settled, is_closed, seed, vividness)
    times = draw_times(planner, tokens, coded, found, settled)
    larger = 1.0 + _SIZE_STEP * (vividness - 1.0)
    return [_stroke(planner, tokens, each, time, larger) for each, time in zip(found, times, strict=True)]


def _drawn(
    planner: StrokeModel,
    tokens: Tokens,
    coded: Coded,
    settled: Sequence[Made],
    is_closed: Array,
    seed: int,
    vividness: float,
) -> list[Drawn]:
    usual = draw(planner, tokens, coded, seed=(seed, 0), settled=settled, is_closed=is_closed)
    if vividness <= 1.0:
        return [each for each in usual if each.share < vividness]
    there = sorted([*settled, *(each.made for each in usual)])
    closed = is_closed | _near(tokens, [each.at_s for each in there])
    more = draw(planner, tokens, coded, seed=(seed, 1), settled=there, is_closed=closed, more=_MORE)
    further = [each for each in more if each.share < vividness - 1.0]
    return sorted([*usual, *further], key=lambda each: each.token)


def _near(tokens: Tokens, times_s: Sequence[float]) -> Bool[Array, "tokens"]:
    return nearest_s(tokens.anchor_s, np.array(times_s)) < LEAST_APART_S


def _closed(tokens: Tokens, given: Sequence[Stroke], silent_s: Spans) -> Bool[Array, "tokens"]:
    """Return which tokens lie in a silent range or a settled stroke, or at the edge of one."""
    spans = [*silent_s, *((each.start_s, each.apex_s) for each in given)]
    is_closed = np.zeros(len(tokens), np.bool_)
    for start_s, end_s in spans:
        is_closed |= (tokens.anchor_s > start_s - _CLEAR_S) & (tokens.anchor_s < end_s + _CLEAR_S)
    return is_closed


def _settled(planner: StrokeModel, tokens: Tokens, given: Sequence[Stroke]) -> list[Made]:
    return sorted(
        Made(
            anchor_of(tokens, each),
            HANDS.index(each.hand) if each.hand in HANDS else 0,
            planner.kind_index(each.kind),
            float(np.log(max(each.size, 0.05))),
        )
        for each in given
    )


def anchor_of(tokens: Tokens, stroke: Stroke) -> float:
    """Return the anchor of the token a stroke goes with; its own middle where none is near."""
    if not len(tokens):
        return stroke.middle_s
    own = np.flatnonzero(tokens.word == stroke.word) if stroke.word is not None else np.zeros(0, np.int64)
    nearest = int(own[0]) if len(own) else int(np.abs(tokens.anchor_s - stroke.middle_s).argmin())
    anchor_s = float(tokens.anchor_s[nearest])
    return anchor_s if abs(anchor_s - stroke.middle_s) < 1.0 else stroke.middle_s


def _stroke(planner: StrokeModel, tokens: Tokens, drawn: Drawn, time: dict[str, float], larger: float) -> Stroke:
    middle_s = drawn.made.at_s + time["middle"]
    stroke_start_s, apex_s = middle_s - time["stroke"] / 2, middle_s + time["stroke"] / 2
    word, kind = int(tokens.word[drawn.token]), drawn.made.kind
    plain = Stroke(
        start_s=stroke_start_s - time["preparation"],
        stroke_start_s=stroke_start_s,
        apex_s=apex_s,
        hold_end_s=apex_s + time["hold"],
        end_s=apex_s + time["hold"] + time["retraction"],
        hand=HANDS[drawn.made.hand],
        kind=planner.kinds[kind] if kind < len(planner.kinds) else None,
        word=word if word >= 0 else None,
    )
    return replace(plain, size=round(min(larger * float(np.exp(drawn.made.log_size)), LARGEST), 3))
