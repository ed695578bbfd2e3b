"""One hand's part in a gesture: the key as this speaker makes it, preparation, strokes, bounces and circles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array, Float
from training.corpus.gesture.lexemes import HandKey, Stroke
from training.corpus.gesture.movements import Hand
from training.corpus.gesture.rule_planner import Planned
from training.corpus.gesture.ways import distance, moved

_CENTRE = np.array((0.37, 0.37, 0.44))
_COMFORT, _BEYOND = np.array((0.72, 0.74, 0.74)), np.array((0.33, 0.28, 0.25))
"""Beyond the first a reach costs more and more; by the second it may grow at most."""
_LOWEST, _HIGHEST = np.array((-0.05, -0.25, -0.20)), np.array((1.0, 1.2, 0.95))
_LEAST_BEAT = 0.75
"""A smaller beat would not be seen in the noise of a living hand."""
_LOW = 0.16
"""A hand below this (arm lengths above the pelvis) hangs or rests."""
_TALK = HandKey(at=(0.34, 0.40, 0.34))


@dataclass(frozen=True, kw_only=True)
class Times:
    """When a hand begins to prepare, when its first stroke begins, when it lands (seconds)."""

    preparation_s: float
    stroke_start_s: float
    stroke_end_s: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """What one hand does in a gesture.

    Attributes:
        hand: which, written up to here.
        planned: the gesture.
        is_lead: whether the other hand follows this one.
        next_s: when the hand's next stroke lands.
    """

    hand: Hand
    planned: Planned
    is_lead: bool
    next_s: float

    def stroke(self) -> Times | None:
        """Write preparation and first stroke; None when the hand cannot be there in time."""
        lexeme = self.planned.lexeme
        first = lexeme.strokes[0]
        lag_s = 0.0 if self.is_lead else float(self.hand.acting.own.uniform(0.0, 0.06))
        start_key = lexeme.start if self.is_lead or lexeme.other_start is None else lexeme.other_start
        if lexeme.relative:
            start_key = self._beat_start(first)
        apex_s = self.planned.apex_s + lag_s
        end_key = self._beat_end(first, start_key) if lexeme.relative else self._arrival(first)
        tempo = first.tempo * (0.75 + 0.25 * self.planned.strength)
        prepared = None if start_key is None else self._prepare(start_key, end_key, apex_s, tempo)
        return prepared or self._reach(end_key, apex_s, tempo)

    def further_strokes(self, end_s: float) -> float:
        """Write oscillations of the first stroke and the strokes after it; returns when the last one ends."""
        until_s = self.next_s - 0.35
        for index, stroke in enumerate(self.planned.lexeme.strokes):
            if index > 0:
                if end_s > until_s:
                    break
                key = self._arrival(stroke)
                duration_s = self.hand.acting.reach_s(distance(self.hand.key, key), stroke.tempo)
                self.hand.move(end_s - 0.05, end_s - 0.05 + duration_s, key)
                end_s += duration_s - 0.05
            if stroke.turns:
                swing = self._bounce if stroke.path == "b" else self._turn
                end_s = swing(stroke, 0.0 if self.is_lead else stroke.phase, end_s, until_s)
        return end_s

    # ------------------------------------------------------------------------------------------------------------ keys

    def _arrival(self, stroke: Stroke) -> HandKey:
        return self._shaped(stroke.arrival(is_lead=self.is_lead))

    def _shaped(self, key: HandKey) -> HandKey:
        """Return a lexeme's key as this speaker makes it this time."""
        acting, lexeme = self.hand.acting, self.planned.lexeme
        wobble = acting.shared.normal(0.0, 1.0, 3) * 0.8 + acting.own.normal(0.0, 1.0, 3) * 0.5
        scale = acting.speaker.amplitude * (0.55 + 0.45 * self.planned.strength)
        at = np.array(key.at)
        if lexeme.relative:
            size = max(scale, _LEAST_BEAT) * float(np.exp(acting.shared.normal(0.0, 0.25)))
            at = np.array(self.hand.key.at) + np.array((2.9, 2.9, 2.2)) * size * at
            at = np.clip(at, (0.12, 0.10, 0.15), (0.75, 0.85, 0.68))
        elif not lexeme.touches:
            at = self._in_own_space(at, scale)
        at = np.clip(at + (0.014 if lexeme.touches else 0.042) * wobble, _LOWEST, _HIGHEST)
        return replace(key, at=(float(at[0]), float(at[1]), float(at[2])))

    def _in_own_space(self, at: Float[Array, "3"], scale: float) -> Float[Array, "3"]:
        """Return a place as large, wide and high as the speaker's gestures are.

        Large gestures go out, up and forward; inward and down they end at the same body as small ones.
        """
        speaker = self.hand.acting.speaker
        size = scale * np.array((speaker.width, 1.0, 1.0))
        spread = (at - _CENTRE) * np.where(at > _CENTRE, size, np.minimum(size, 1.0)) * (1.98, 1.45, 1.75)
        shift = (0.04 + 0.3 * (speaker.width - 1.0), speaker.height - 0.04, -0.40 * min(scale, 1.0))
        own = _CENTRE + spread + shift
        own[2] = max(own[2], min(at[2], 0.14))
        return np.where(own > _COMFORT, _COMFORT + _BEYOND * np.tanh((own - _COMFORT) / _BEYOND), own)

    def _beat_start(self, first: Stroke) -> HandKey | None:
        """Lift the hand before a beat: from rest into the talking zone, else a little against the beat."""
        chance = self.hand.acting.shared
        low = self.hand.key.at[1] < _LOW
        if low and chance.uniform() < 0.8:
            return moved(_TALK, chance.normal(0.0, 0.07, 3))
        if low or chance.uniform() < 0.3:
            return None
        lift = -1.2 * np.array(first.key.at) + chance.normal(0.0, 0.03, 3)
        return moved(self.hand.key, lift * self.planned.strength)

    def _beat_end(self, stroke: Stroke, start: HandKey | None) -> HandKey:
        """Return where a beat from its start ends, mostly with the hand as it is.

        The shape changes with the thought, not with every accent.
        """
        before, self.hand.key = self.hand.key, start or self.hand.key
        shaped = self._shaped(stroke.arrival(is_lead=self.is_lead))
        self.hand.key = before
        if self.hand.acting.shared.uniform() < 0.5 and before.at[1] > _LOW:
            return replace(shaped, palm=before.palm, fingers="", shape=before.shape)
        return shaped

    # --------------------------------------------------------------------------------------------------- first stroke

    @property
    def _bend(self) -> float:
        return 0.45 if self.planned.lexeme.strokes[0].path == "l" else 1.0

    def _prepare(self, start_key: HandKey, end_key: HandKey, apex_s: float, tempo: float) -> Times | None:
        """Go to the start, wait a moment, and stroke; None where there is no time for both."""
        hand, acting = self.hand, self.hand.acting
        start = start_key if self.planned.lexeme.relative else self._shaped(start_key)
        stroke_s = 0.92 * acting.reach_s(distance(start, end_key), tempo)
        prepare_s = acting.reach_s(distance(hand.key, start)) * 1.5
        pause_s = float(acting.shared.exponential(0.05))
        stroke_start_s = apex_s - stroke_s
        begin_s = stroke_start_s - 0.86 * prepare_s - pause_s
        if begin_s < hand.free_s and stroke_start_s - hand.free_s > 0.55 * prepare_s:
            begin_s = hand.free_s
        if begin_s < hand.free_s:
            return None
        hand.move(begin_s, max(stroke_start_s - pause_s + 0.1 * prepare_s, begin_s + 0.2), start)
        hand.move(stroke_start_s, apex_s, end_key, bend=self._bend)
        return Times(preparation_s=begin_s, stroke_start_s=stroke_start_s, stroke_end_s=apex_s)

    def _reach(self, end_key: HandKey, apex_s: float, tempo: float) -> Times | None:
        """Go straight to the end, or as far towards it as there is time for; None where there is hardly any."""
        hand = self.hand
        needed_s = hand.acting.reach_s(distance(hand.key, end_key), tempo)
        begin_s = max(hand.free_s, apex_s - needed_s)
        room_s = apex_s + 0.10 - begin_s
        if room_s < 0.16:
            return None
        share = min(1.0, room_s / (0.85 * needed_s))
        if share < 0.75:
            at = np.array(hand.key.at) + (np.array(end_key.at) - np.array(hand.key.at)) * share**1.3
            end_key = replace(end_key, at=(float(at[0]), float(at[1]), float(at[2])))
        end_s = begin_s + max(min(needed_s, room_s), 0.2)
        hand.move(begin_s, end_s, end_key, bend=self._bend)
        return Times(preparation_s=begin_s, stroke_start_s=begin_s, stroke_end_s=end_s)

    # --------------------------------------------------------------------------------------------------- oscillations

    def _bounce(self, stroke: Stroke, phase: float, end_s: float, until_s: float) -> float:
        """Go up and down round the key; the hands of a gesture may take turns."""
        chance, speaker = self.hand.acting.shared, self.hand.acting.speaker
        turns = max(1, round(stroke.turns + chance.normal(0.0, 0.4) * (stroke.turns > 1)))
        pace = min(stroke.tempo, 1.25) * speaker.speed
        time_s, home = end_s, self.hand.key
        for turn in range(2 * turns - 1):
            size = stroke.size * speaker.amplitude * float(chance.uniform(0.75, 1.25)) * 0.9**turn
            up = size * (-1.0 if phase else 1.0) if turn % 2 == 0 else 0.0
            back = 0.3 * size * float(chance.normal(0.0, 1.0))
            up *= 0.6 if turn == 2 * turns - 2 else 1.0
            step_s = float(chance.uniform(0.24, 0.34)) / pace * (1.0 + 1.5 * stroke.size)
            if time_s > until_s:
                break
            key = moved(home, np.array((chance.normal(0.0, 0.012), up, -0.35 * up + back)))
            self.hand.move(time_s - 0.04, time_s + step_s, key, bend=1.6)
            time_s += step_s - 0.02
        return end_s if self.planned.lexeme.relative else max(end_s, time_s)

    def _turn(self, stroke: Stroke, phase: float, end_s: float, until_s: float) -> float:
        """Circle, roll, wave or twist while the key drifts a little."""
        hand, chance, speaker = self.hand, self.hand.acting.shared, self.hand.acting.speaker
        turns = max(1, round(stroke.turns + chance.normal(0.0, 0.4)))
        turn_s = float(chance.uniform(0.46, 0.62)) / (stroke.tempo * speaker.speed)
        turn_s *= 0.8 if stroke.path == "t" else 1.0
        while turns > 1 and end_s + turns * turn_s > until_s + 0.2:
            turns -= 1
        start_s = end_s - 0.12
        size = stroke.size * (1.0 if stroke.path == "t" else speaker.amplitude * self.planned.strength)
        hand.move(start_s, start_s + turns * turn_s, moved(hand.key, chance.normal(0.0, 0.03, 3)))
        swing = replace(hand.movements[-1], path=stroke.path, turns=float(turns), size=size, phase=phase)
        hand.movements[-1] = swing
        return start_s + turns * turn_s
