"""From chosen gestures to timed movements of both hands, and how gestures run together.

Positions are wrist positions in the body frame, in arm lengths, x outward to the hand's own side. No frames and no
joints in here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import whole_number
from training.corpus.gesture.lexemes import HandKey, Lexeme
from training.corpus.gesture.movements import Acting, Hand, Movement
from training.corpus.gesture.releasing import release
from training.corpus.gesture.resting import Resting, with_shifts
from training.corpus.gesture.rule_planner import Planned
from training.corpus.gesture.speakers import Speaker
from training.corpus.gesture.strokes import Part
from training.corpus.gesture.ways import distance, moved
from training.corpus.script import SIDES, GestureMark


@dataclass(frozen=True, kw_only=True)
class Performed:
    """A gesture as it was timed, for head, gaze and trunk to join."""

    lexeme: Lexeme
    mark: GestureMark
    strength: float


class Phrasing:
    """Writes both hands' movements of a take; one instance for one take."""

    def __init__(self, speaker: Speaker, duration_s: float, *, generator: np.random.Generator) -> None:
        self._acting = Acting(speaker=speaker, duration_s=duration_s, own=generator, shared=generator)
        self._resting = Resting(self._acting)
        self.initial_keys = {side: self._resting.key(side, 0.0) for side in SIDES}
        self._hands = {side: Hand(side=side, key=key, acting=self._acting) for side, key in self.initial_keys.items()}

    def write(self, gestures: tuple[Planned, ...]) -> tuple[dict[str, list[Movement]], tuple[Performed, ...]]:
        """Time every gesture; returns movements by side and what was performed."""
        performed: list[Performed] = []
        for index, planned in enumerate(gestures):
            mark = self._gesture(planned, gestures[index + 1 :])
            if mark is not None:
                performed.append(Performed(lexeme=planned.lexeme, mark=mark, strength=planned.strength))
        self._resting.change(self._hands.values(), self._acting.duration_s - 1.5)
        movements = {side: with_shifts(hand, self.initial_keys[side]) for side, hand in self._hands.items()}
        return movements, tuple(performed)

    def _gesture(self, planned: Planned, later: tuple[Planned, ...]) -> GestureMark | None:
        """Write one gesture with its hands, or the other hand's answer to a single one; returns the leading hand's."""
        acting = self._acting
        sides = SIDES if planned.hand == "both" else (planned.hand,)
        lead = acting.dominant if planned.hand == "both" else planned.hand
        seed = whole_number(acting.own, 0, 2**31)
        self._resting.change(self._hands.values(), planned.apex_s - 2.0)
        marks: dict[str, GestureMark | None] = {}
        for side in sides:
            acting.shared = np.random.default_rng(seed)
            next_s = _next_s(later, side)
            part = Part(hand=self._hands[side], planned=planned, is_lead=side == lead, next_s=next_s)
            marks[side] = self._perform(part)
        acting.shared = acting.own
        if len(sides) == 1:
            self._sympathise(planned, "left" if lead == "right" else "right", later)
        return marks[lead]

    def _perform(self, part: Part) -> GestureMark | None:
        times = part.stroke()
        if times is None:
            return None
        stroke_end_s = part.further_strokes(times.stroke_end_s)
        hold_end_s, end_s = release(part, self._resting, stroke_end_s)
        return GestureMark(
            lexeme=part.planned.lexeme.name,
            hand=part.planned.hand,
            word_index=part.planned.word_index,
            preparation_s=times.preparation_s,
            stroke_start_s=times.stroke_start_s,
            stroke_end_s=min(stroke_end_s, times.stroke_start_s + 2.0),
            hold_end_s=hold_end_s,
            end_s=end_s,
            apex_s=times.stroke_end_s,
        )

    # ----------------------------------------------------------------------------------------------- the other hand

    def _sympathise(self, planned: Planned, side: str, later: tuple[Planned, ...]) -> None:
        """Let the other hand answer a one-handed gesture: mirror it weakly, with the same timing, or not at all."""
        hand, lead = self._hands[side], self._hands["left" if side == "right" else "right"]
        chance = self._acting.shared
        if (
            planned.word_index < 0
            or not lead.movements
            or chance.uniform() > min(0.12 + 1.6 * self._acting.speaker.symmetry, 0.94)
            or _next_s(later, side) < planned.apex_s + 0.5
        ):
            return
        home, was_resting = hand.key, hand.is_at_rest
        has_answered = self._mirror(hand, lead, planned.apex_s)
        if has_answered and (was_resting or chance.uniform() < 0.3):
            back_s = max(hand.free_s, lead.movements[-1].start_s) + float(chance.uniform(0.0, 0.35))
            if _next_s(later, side) > back_s + 0.9:
                span_s = self._acting.reach_s(distance(hand.key, home)) * 1.25
                hand.move(back_s, back_s + span_s, moved(home, chance.normal(0.0, 0.012, 3)))
                hand.free_s, hand.is_at_rest = back_s + 0.4 * span_s, was_resting

    def _mirror(self, hand: Hand, lead: Hand, apex_s: float) -> bool:
        """Follow the leading hand's movements round a stroke by a share of each; tells whether any was followed."""
        chance, has_followed = self._acting.shared, False
        pairs = zip(lead.movements[-5:-1], lead.movements[-4:], strict=False) if len(lead.movements) > 4 else ()
        recent = [(a, m) for a, m in pairs if m.start_s > apex_s - 1.3 and m.end_s < apex_s + 0.6]
        share = float(chance.uniform(0.5, 1.0))
        share *= 0.75 if hand.key.at[1] < 0.1 else 1.0
        for before, movement in recent:
            lag_s = float(chance.uniform(-0.01, 0.07))
            if movement.start_s + lag_s < hand.free_s - 0.05:
                continue
            key = self._followed(hand.key, before.key, movement.key, share)
            hand.move(movement.start_s + lag_s, movement.end_s + lag_s, key)
            hand.free_s, has_followed = movement.end_s + lag_s, True
        return has_followed

    def _followed(self, own: HandKey, before: HandKey, after: HandKey, share: float) -> HandKey:
        goal = np.array(own.at) + share * (np.array(after.at) - np.array(before.at))
        goal = np.clip(goal + self._acting.shared.normal(0.0, 0.02, 3), (0.14, -0.19, 0.02), (0.7, 0.7, 0.7))
        shape = "relaxed" if goal[1] > 0.12 else own.shape
        return replace(moved(own, goal - np.array(own.at)), fingers="", shape=shape)


def _next_s(later: tuple[Planned, ...], side: str) -> float:
    return next((planned.apex_s for planned in later if planned.hand in ("both", side)), float("inf"))
