"""After a gesture's last stroke: hold, sag, then stay up, come half way down or go to rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.corpus.gesture.lexemes import HandKey
from training.corpus.gesture.movements import Hand
from training.corpus.gesture.resting import Resting
from training.corpus.gesture.strokes import Part
from training.corpus.gesture.ways import distance, moved

_LONG_GAP_S = 3.2
"""Nobody holds the hands up for longer than this without need."""
_HALF = HandKey(at=(0.38, 0.12, 0.17))


def release(part: Part, resting: Resting, stroke_end_s: float) -> tuple[float, float]:
    """Write what follows the strokes; returns the ends of hold and gesture."""
    hand, acting = part.hand, part.hand.acting
    hold_end_s = _held_until_s(part, stroke_end_s)
    hand.free_s = stroke_end_s + 0.07
    gap_s = part.next_s - stroke_end_s
    if gap_s < 1.25:
        hold_end_s = min(hold_end_s, max(stroke_end_s, part.next_s - 0.6))
        return hold_end_s, hold_end_s
    hold_end_s = _by_the_last_words(part, stroke_end_s, min(hold_end_s, stroke_end_s + 0.4 * gap_s))
    draw = acting.shared.uniform()
    if gap_s < 2.8 and draw < 0.5 - 0.35 * acting.speaker.restful:
        return part.next_s - 0.9, part.next_s - 0.9
    _sag(hand, stroke_end_s, hold_end_s)
    is_full = bool(draw < (1.0 if gap_s > _LONG_GAP_S else 0.35 + 0.6 * acting.speaker.restful))
    key = resting.key(hand.side, hold_end_s) if is_full else _half_way(hand)
    duration_s = acting.reach_s(distance(hand.key, key)) * float(acting.shared.uniform(1.15, 1.6))
    hand.move(hold_end_s, hold_end_s + duration_s, key)
    hand.is_at_rest, hand.free_s = is_full, hold_end_s + 0.5 * duration_s
    return hold_end_s, hold_end_s + duration_s


def _held_until_s(part: Part, stroke_end_s: float) -> float:
    """Draw how long the last pose is held; rather to the end of the clause if that is later."""
    chance, clause_end_s = part.hand.acting.shared, part.planned.clause_end_s
    least, most = part.planned.lexeme.hold_s
    hold_end_s = stroke_end_s + float(chance.uniform(least, most + 0.05))
    if clause_end_s > hold_end_s and chance.uniform() < 0.4:
        return min(clause_end_s, hold_end_s + float(chance.uniform(0.1, 0.7)))
    return hold_end_s


def _by_the_last_words(part: Part, stroke_end_s: float, hold_end_s: float) -> float:
    """Let hands come down with a clause's last words rather than in the silence after them."""
    left_s = part.planned.clause_end_s - stroke_end_s
    if not 0.0 < left_s < hold_end_s - stroke_end_s + 0.4:
        return hold_end_s
    early_s = float(part.hand.acting.shared.uniform(0.15, 0.6))
    return max(stroke_end_s + max(part.planned.lexeme.hold_s[0], 0.1), part.planned.clause_end_s - early_s)


def _half_way(hand: Hand) -> HandKey:
    chance, half = hand.acting.shared, _HALF
    if chance.uniform() >= 0.6:
        at = 0.5 * np.array(hand.key.at) + 0.5 * np.array(_HALF.at)
        half = replace(hand.key, at=(float(at[0]), float(at[1]), float(at[2])), shape="relaxed", fingers="")
    return moved(half, chance.normal(0.0, 0.04, 3))


def _sag(hand: Hand, start_s: float, end_s: float) -> None:
    """Lift the held hand once more if there is time, and let it sink."""
    chance = hand.acting.shared
    if end_s - start_s > 0.55 and chance.uniform() < 0.6:
        lift = np.array((0.04, float(chance.uniform(0.12, 0.28)), 0.05)) * hand.acting.speaker.amplitude
        home, middle_s = hand.key, start_s + float(chance.uniform(0.26, 0.40))
        hand.move(start_s, middle_s, moved(home, lift))
        fall_s = middle_s + float(chance.uniform(0.28, 0.42))
        hand.move(middle_s - 0.03, fall_s, moved(home, chance.normal(0.0, 0.03, 3)))
        start_s = fall_s
    if end_s - start_s > 0.3:
        sink = np.array((0.01, -0.05, -0.02)) * float(chance.uniform(0.2, 1.5))
        hand.move(start_s, end_s + 0.1, moved(hand.key, sink + chance.normal(0.0, 0.022, 3)))
