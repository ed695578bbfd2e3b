"""From chosen gestures to timed hand movements: preparation, stroke, hold, retraction, and how they run together.

Positions are wrist positions in the body frame, in arm lengths, x outward to the hand's own side. No frames and no
joints in here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from training.corpus.gesture.lexemes import HandKey, Lexeme, Stroke, hand
from training.corpus.gesture.rule_planner import Planned
from training.corpus.gesture.speakers import Speaker
from training.corpus.gesture.ways import BESIDE, bow, distance, goes_round, is_behind, moved, rests
from training.corpus.script import GestureMark

ARM_M = 0.527
"""Upper arm and forearm of the default body."""
SIDES = ("left", "right")
_CENTRE = np.array((0.37, 0.37, 0.44))
_COMFORT, _BEYOND = np.array((0.72, 0.74, 0.74)), np.array((0.33, 0.28, 0.25))
"""Beyond the first a reach costs more and more; by the second it may grow at most."""
_LOWEST, _HIGHEST = np.array((-0.05, -0.25, -0.20)), np.array((1.0, 1.2, 0.95))

_LONG_GAP_S = 3.2
"""Nobody holds the hands up for longer than this without need."""
_LEAST_BEAT = 0.75
"""A smaller beat would not be seen in the noise of a living hand."""
_OWN_REST = 0.75
"""Share of time in which a speaker rests in the own way."""
_HALF = hand(0.38, 0.12, 0.17, "I", "relaxed")
_TALK = hand(0.34, 0.40, 0.34, "I", "relaxed")


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One submovement of a hand: when, where to, how shaped, and what oscillates on the way."""

    start_s: float
    end_s: float
    key: HandKey
    arc: tuple[float, float, float] = (0.0, 0.0, 0.0)
    skew: float = 0.0
    path: str = ""
    turns: float = 0.0
    size: float = 0.0
    phase: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Performed:
    """A gesture as it was timed, for head, gaze and trunk to join."""

    lexeme: Lexeme
    mark: GestureMark
    strength: float


@dataclass
class _Hand:
    side: str
    key: HandKey
    free_s: float
    is_at_rest: bool
    movements: list[Movement]


class Phrasing:
    """Writes both hands' movements of a take; one instance for one take."""

    def __init__(self, speaker: Speaker, duration_s: float, *, generator: np.random.Generator) -> None:
        self._speaker, self._duration_s, self._own, self._generator = speaker, duration_s, generator, generator
        self._dominant = "left" if speaker.is_left_handed else "right"
        self._rest_epochs = self._plan_rests()
        self._hands = {
            side: _Hand(side=side, key=self._rest(side, 0.0), free_s=0.0, is_at_rest=True, movements=[])
            for side in SIDES
        }
        self.initial_keys = {side: self._hands[side].key for side in SIDES}

    def write(self, gestures: tuple[Planned, ...]) -> tuple[dict[str, list[Movement]], tuple[Performed, ...]]:
        """Time every gesture; returns movements by side and what was performed."""
        performed: list[Performed] = []
        for index, planned in enumerate(gestures):
            later = gestures[index + 1 :]
            sides = SIDES if planned.hand == "both" else (planned.hand,)
            lead = self._dominant if planned.hand == "both" else planned.hand
            seed = int(self._generator.integers(2**31))
            self._change_rests(planned.apex_s - 2.0)
            for side in sides:
                # Both hands draw the same chances, so that they mirror each other but for what `_own` adds.
                self._generator = np.random.default_rng(seed)
                mark = self._perform(planned, side, lead, self._next_s(later, side))
                if side == lead and mark is not None:
                    performed.append(Performed(lexeme=planned.lexeme, mark=mark, strength=planned.strength))
            self._generator = self._own
            if len(sides) == 1:
                self._sympathise(planned, "left" if lead == "right" else "right", later)
        self._change_rests(self._duration_s - 1.5)
        for one in self._hands.values():
            self._settle(one)
        return {side: sorted(self._hands[side].movements, key=lambda m: m.start_s) for side in SIDES}, tuple(performed)

    def _next_s(self, later: tuple[Planned, ...], side: str) -> float:
        return next((one.apex_s for one in later if one.hand in ("both", side)), float("inf"))

    def _plan_rests(self) -> list[tuple[float, str]]:
        epochs: list[tuple[float, str]] = []
        time_s = 0.0
        while time_s < self._duration_s:
            everybody = rests().everybody
            other = everybody[int(self._generator.integers(len(everybody)))]
            epochs.append((time_s, self._speaker.rest if self._generator.uniform() < _OWN_REST else other))
            time_s += float(self._generator.uniform(8.0, 22.0))
        return epochs

    def _change_rests(self, until_s: float) -> None:
        """Take another posture where hands have been at rest for long and the time for it comes."""
        for start_s, _ in self._rest_epochs[1:]:
            for one in self._hands.values():
                if one.is_at_rest and one.free_s + 1.0 < start_s < until_s:
                    key = self._rest(one.side, start_s)
                    begin_s = start_s + float(self._generator.uniform(0.0, 0.12))
                    span_s = self._reach_s(distance(one.key, key)) * float(self._generator.uniform(1.3, 1.6))
                    self._move(one, begin_s, begin_s + span_s, key)
                    one.is_at_rest, one.free_s = True, begin_s + span_s

    def _rest(self, side: str, time_s: float) -> HandKey:
        posture = [name for start_s, name in self._rest_epochs if start_s <= time_s][-1]
        rest = rests().postures[posture]
        return moved(rest.dominant if side == self._dominant else rest.other, self._generator.normal(0.0, 0.014, 3))

    def _reach_s(self, distance: float, tempo: float = 1.0) -> float:
        """Return a movement's duration: larger ones take longer, by less than in proportion."""
        metres = max(distance * ARM_M, 0.015)
        base_s = 0.68 * (metres / 0.25) ** 0.29 * float(np.exp(self._generator.normal(0.0, 0.24)))
        return float(np.clip(base_s / (tempo * self._speaker.speed), max(0.2, 0.72 * metres), 1.6))

    def _move(
        self,
        one: _Hand,
        start_s: float,
        end_s: float,
        key: HandKey,
        *,
        bend: float = 1.0,
        path: str = "",
        turns: float = 0.0,
        size: float = 0.0,
        phase: float = 0.0,
    ) -> None:
        if goes_round(one.key, key):
            beside = replace(key if is_behind(one.key) else one.key, at=BESIDE, palm="I", fingers="", shape="hang")
            span_s = end_s - start_s
            self._move(one, start_s, start_s + 0.62 * span_s, beside, bend=0.3)
            start_s += 0.42 * span_s
        change = np.array(key.at) - np.array(one.key.at)
        arc = bow(change, bend, self._generator)
        skew = float(np.clip(self._generator.normal(0.28, 0.42), -0.7, 1.1))
        one.movements.append(
            Movement(
                start_s=start_s,
                end_s=end_s,
                key=key,
                arc=arc,
                skew=skew,
                path=path,
                turns=turns,
                size=size,
                phase=phase,
            )
        )
        one.key, one.is_at_rest = key, False

    def _shaped(self, key: HandKey, one: _Hand, planned: Planned) -> HandKey:
        """Return a lexeme's key as this speaker makes it this time."""
        scatter = 0.014 if planned.lexeme.touches else 0.042
        wobble = self._generator.normal(0.0, 1.0, 3) * 0.8 + self._own.normal(0.0, 1.0, 3) * 0.5
        scale = self._speaker.amplitude * (0.55 + 0.45 * planned.strength)
        at = np.array(key.at)
        if planned.lexeme.relative:
            size = max(scale, _LEAST_BEAT) * float(np.exp(self._generator.normal(0.0, 0.25)))
            at = np.array(one.key.at) + np.array((2.9, 2.9, 2.2)) * size * at
            at = np.clip(at, (0.12, 0.10, 0.15), (0.75, 0.85, 0.68))
        elif not planned.lexeme.touches:
            # Large gestures go out, up and forward; inward and down they end at the same body as small ones.
            size = scale * np.array((self._speaker.width, 1.0, 1.0))
            spread = (at - _CENTRE) * np.where(at > _CENTRE, size, np.minimum(size, 1.0)) * (1.98, 1.45, 1.75)
            at = (
                _CENTRE
                + spread
                + (0.04 + 0.3 * (self._speaker.width - 1.0), self._speaker.height - 0.04, -0.40 * min(scale, 1.0))
            )
            at[2] = max(at[2], min(key.at[2], 0.14))
            at = np.where(at > _COMFORT, _COMFORT + _BEYOND * np.tanh((at - _COMFORT) / _BEYOND), at)
        at = np.clip(at + scatter * wobble, _LOWEST, _HIGHEST)
        return replace(key, at=(float(at[0]), float(at[1]), float(at[2])))

    def _perform(self, planned: Planned, side: str, lead: str, next_s: float) -> GestureMark | None:
        one, lexeme = self._hands[side], planned.lexeme
        first, lag_s = lexeme.strokes[0], 0.0 if side == lead else float(self._own.uniform(0.0, 0.06))
        start_key = lexeme.start if side == lead or lexeme.other_start is None else lexeme.other_start
        if lexeme.relative:
            start_key = self._beat_start(one, planned, first)
        apex_s = planned.apex_s + lag_s
        end_key = self._end_key(first, one, start_key, planned, side == lead)
        prepared = self._prepare(one, start_key, end_key, planned, apex_s, first.tempo)
        if prepared is None:
            return None
        preparation_s, stroke_start_s, stroke_end_s = prepared
        reached_s = stroke_end_s
        stroke_end_s = self._further_strokes(one, planned, side == lead, stroke_end_s, next_s)
        hold_end_s, end_s = self._release(one, planned, stroke_end_s, next_s)
        return GestureMark(
            lexeme=lexeme.name,
            hand=planned.hand,
            word_index=planned.word_index,
            preparation_s=preparation_s,
            stroke_start_s=stroke_start_s,
            stroke_end_s=min(stroke_end_s, stroke_start_s + 2.0),
            hold_end_s=hold_end_s,
            end_s=end_s,
            apex_s=reached_s,
        )

    def _beat_start(self, one: _Hand, planned: Planned, first: Stroke) -> HandKey | None:
        """Lift the hand before a beat: from rest into the talking zone, else a little against the beat."""
        low = one.key.at[1] < 0.16
        if low and self._generator.uniform() < 0.8:
            return moved(_TALK, self._generator.normal(0.0, 0.07, 3))
        if low or self._generator.uniform() < 0.3:
            return None
        lift = -1.2 * np.array(first.key.at) + self._generator.normal(0.0, 0.03, 3)
        return moved(one.key, lift * planned.strength)

    def _end_key(
        self,
        stroke: Stroke,
        one: _Hand,
        start: HandKey | None,
        planned: Planned,
        is_lead: bool,
    ) -> HandKey:
        key = stroke.key if is_lead or stroke.other is None else stroke.other
        if not planned.lexeme.relative:
            return self._shaped(key, one, planned)
        before, one.key = one.key, start or one.key
        shaped = self._shaped(key, one, planned)
        one.key = before
        # Most beats keep the hand they find: the shape changes with the thought, not with every accent.
        return (
            replace(shaped, palm=before.palm, fingers="", shape=before.shape)
            if (self._generator.uniform() < 0.5 and before.at[1] > 0.16)
            else shaped
        )

    def _prepare(
        self,
        one: _Hand,
        start_key: HandKey | None,
        end_key: HandKey,
        planned: Planned,
        apex_s: float,
        tempo: float,
    ) -> tuple[float, float, float] | None:
        """Write preparation and first stroke; None when the hand cannot be there in time."""
        tempo = tempo * (0.75 + 0.25 * planned.strength)
        start = None
        if start_key is not None:
            start = start_key if planned.lexeme.relative else self._shaped(start_key, one, planned)
            stroke_s = 0.92 * self._reach_s(distance(start, end_key), tempo)
            prepare_s = self._reach_s(distance(one.key, start)) * 1.5
            pause_s = float(self._generator.exponential(0.05))
            stroke_start_s = apex_s - stroke_s
            begin_s = stroke_start_s - 0.86 * prepare_s - pause_s
            if begin_s < one.free_s and stroke_start_s - one.free_s > 0.55 * prepare_s:
                begin_s = one.free_s
            if begin_s >= one.free_s:
                self._move(one, begin_s, max(stroke_start_s - pause_s + 0.1 * prepare_s, begin_s + 0.2), start)
                self._move(one, stroke_start_s, apex_s, end_key, bend=_bend_of(planned))
                return begin_s, stroke_start_s, apex_s
        needed_s = self._reach_s(distance(one.key, end_key), tempo)
        begin_s = max(one.free_s, apex_s - needed_s)
        room_s = apex_s + 0.10 - begin_s
        if room_s < 0.16:
            return None
        share = min(1.0, room_s / (0.85 * needed_s))
        if share < 0.75:
            at = np.array(one.key.at) + (np.array(end_key.at) - np.array(one.key.at)) * share**1.3
            end_key = replace(end_key, at=(float(at[0]), float(at[1]), float(at[2])))
        end_s = begin_s + max(min(needed_s, room_s), 0.2)
        self._move(one, begin_s, end_s, end_key, bend=_bend_of(planned))
        return begin_s, begin_s, end_s

    def _further_strokes(self, one: _Hand, planned: Planned, is_lead: bool, end_s: float, next_s: float) -> float:
        """Write oscillations of the first stroke and the strokes after it."""
        until_s = next_s - 0.35
        for index, stroke in enumerate(planned.lexeme.strokes):
            if index > 0:
                if end_s > until_s:
                    break
                key = self._shaped(stroke.key if is_lead or stroke.other is None else stroke.other, one, planned)
                duration_s = self._reach_s(distance(one.key, key), stroke.tempo)
                self._move(one, end_s - 0.05, end_s - 0.05 + duration_s, key)
                end_s += duration_s - 0.05
            if stroke.path == "b" and stroke.turns:
                end_s = self._bounce(one, stroke, 0.0 if is_lead else stroke.phase, end_s, until_s, planned)
            elif stroke.turns:
                end_s = self._turn(one, stroke, 0.0 if is_lead else stroke.phase, end_s, until_s, planned)
        return end_s

    def _bounce(
        self, one: _Hand, stroke: Stroke, phase: float, end_s: float, until_s: float, planned: Planned
    ) -> float:
        turns = max(1, round(stroke.turns + self._generator.normal(0.0, 0.4) * (stroke.turns > 1)))
        sign = -1.0 if phase else 1.0
        time_s, home = end_s, one.key
        for turn in range(2 * turns - 1):
            size = stroke.size * self._speaker.amplitude * float(self._generator.uniform(0.75, 1.25)) * 0.9**turn
            up = size * sign if turn % 2 == 0 else 0.0
            back = 0.3 * size * float(self._generator.normal(0.0, 1.0))
            if turn == 2 * turns - 2:
                up *= 0.6
            step_s = (
                float(self._generator.uniform(0.24, 0.34))
                / (min(stroke.tempo, 1.25) * self._speaker.speed)
                * (1.0 + 1.5 * stroke.size)
            )
            if time_s > until_s:
                break
            key = moved(home, np.array((self._generator.normal(0.0, 0.012), up, -0.35 * up + back)))
            self._move(one, time_s - 0.04, time_s + step_s, key, bend=1.6)
            time_s += step_s - 0.02
        return max(end_s, time_s) if planned.lexeme.relative is False else end_s

    def _turn(self, one: _Hand, stroke: Stroke, phase: float, end_s: float, until_s: float, planned: Planned) -> float:
        turns = max(1, round(stroke.turns + self._generator.normal(0.0, 0.4)))
        each_s = float(self._generator.uniform(0.46, 0.62)) / (stroke.tempo * self._speaker.speed)
        each_s *= 0.8 if stroke.path == "t" else 1.0
        while turns > 1 and end_s + turns * each_s > until_s + 0.2:
            turns -= 1
        start_s = end_s - 0.12
        size = stroke.size * (1.0 if stroke.path == "t" else self._speaker.amplitude * planned.strength)
        drift = moved(one.key, self._generator.normal(0.0, 0.03, 3))
        self._move(
            one, start_s, start_s + turns * each_s, drift, path=stroke.path, turns=float(turns), size=size, phase=phase
        )
        return start_s + turns * each_s

    def _release(self, one: _Hand, planned: Planned, stroke_end_s: float, next_s: float) -> tuple[float, float]:
        """Hold, then go on, half way back, or to rest; returns the ends of hold and gesture."""
        least, most = planned.lexeme.hold_s
        hold_end_s = stroke_end_s + float(self._generator.uniform(least, most + 0.05))
        if planned.clause_end_s > hold_end_s and self._generator.uniform() < 0.4:
            hold_end_s = min(planned.clause_end_s, hold_end_s + float(self._generator.uniform(0.1, 0.7)))
        one.free_s = stroke_end_s + 0.07
        gap_s = next_s - stroke_end_s
        if gap_s < 1.25:
            hold_end_s = min(hold_end_s, max(stroke_end_s, next_s - 0.6))
            return hold_end_s, hold_end_s
        hold_end_s = min(hold_end_s, stroke_end_s + 0.4 * gap_s)
        if 0.0 < planned.clause_end_s - stroke_end_s < hold_end_s - stroke_end_s + 0.4:
            # Hands tend to come down with the last words rather than in the silence after them.
            hold_end_s = max(
                stroke_end_s + max(least, 0.1), planned.clause_end_s - float(self._generator.uniform(0.15, 0.6))
            )
        draw = self._generator.uniform()
        if gap_s < 2.8 and draw < 0.5 - 0.35 * self._speaker.restful:
            return next_s - 0.9, next_s - 0.9
        self._sag(one, stroke_end_s, hold_end_s)
        is_full = draw < (1.0 if gap_s > _LONG_GAP_S else 0.35 + 0.6 * self._speaker.restful)
        if is_full:
            key = self._rest(one.side, hold_end_s)
        else:
            half = (
                _HALF
                if self._generator.uniform() < 0.6
                else replace(
                    one.key,
                    at=tuple(0.5 * np.array(one.key.at) + 0.5 * np.array(_HALF.at)),
                    shape="relaxed",
                    fingers="",
                )
            )
            key = moved(half, self._generator.normal(0.0, 0.04, 3))
        duration_s = self._reach_s(distance(one.key, key)) * float(self._generator.uniform(1.15, 1.6))
        self._move(one, hold_end_s, hold_end_s + duration_s, key)
        one.is_at_rest = is_full
        one.free_s = hold_end_s + 0.5 * duration_s
        return hold_end_s, hold_end_s + duration_s

    def _sag(self, one: _Hand, start_s: float, end_s: float) -> None:
        if end_s - start_s > 0.55 and self._generator.uniform() < 0.6:
            lift = np.array((0.04, float(self._generator.uniform(0.12, 0.28)), 0.05)) * self._speaker.amplitude
            home, middle_s = one.key, start_s + float(self._generator.uniform(0.26, 0.40))
            self._move(one, start_s, middle_s, moved(home, lift))
            fall_s = middle_s + float(self._generator.uniform(0.28, 0.42))
            self._move(one, middle_s - 0.03, fall_s, moved(home, self._generator.normal(0.0, 0.03, 3)))
            start_s = fall_s
        if end_s - start_s > 0.3:
            sink = np.array((0.01, -0.05, -0.02)) * float(self._generator.uniform(0.2, 1.5))
            self._move(one, start_s, end_s + 0.1, moved(one.key, sink + self._generator.normal(0.0, 0.022, 3)))

    def _sympathise(self, planned: Planned, side: str, later: tuple[Planned, ...]) -> None:
        """Let the other hand answer a one-handed gesture: mirror it weakly, with the same timing, or not at all."""
        one, lead = self._hands[side], self._hands["left" if side == "right" else "right"]
        if (
            planned.word_index < 0
            or not lead.movements
            or self._generator.uniform() > min(0.12 + 1.6 * self._speaker.symmetry, 0.94)
            or self._next_s(later, side) < planned.apex_s + 0.5
        ):
            return
        pairs = zip(lead.movements[-5:-1], lead.movements[-4:], strict=False) if len(lead.movements) > 4 else ()
        recent = [(a, m) for a, m in pairs if m.start_s > planned.apex_s - 1.3 and m.end_s < planned.apex_s + 0.6]
        share = float(self._generator.uniform(0.5, 1.0))
        share *= 0.75 if one.key.at[1] < 0.1 else 1.0
        home, was_resting, done = one.key, one.is_at_rest, False
        for before, movement in recent:
            lag_s = float(self._generator.uniform(-0.01, 0.07))
            if movement.start_s + lag_s < one.free_s - 0.05:
                continue
            goal = np.array(one.key.at) + share * (np.array(movement.key.at) - np.array(before.key.at))
            goal = np.clip(goal + self._generator.normal(0.0, 0.02, 3), (0.14, -0.19, 0.02), (0.7, 0.7, 0.7))
            key = replace(
                moved(one.key, goal - np.array(one.key.at)),
                fingers="",
                palm=one.key.palm,
                shape="relaxed" if goal[1] > 0.12 else one.key.shape,
            )
            self._move(one, movement.start_s + lag_s, movement.end_s + lag_s, key)
            one.free_s, done = movement.end_s + lag_s, True
        if done and (was_resting or self._generator.uniform() < 0.3):
            back_s = max(one.free_s, lead.movements[-1].start_s) + float(self._generator.uniform(0.0, 0.35))
            if self._next_s(later, side) > back_s + 0.9:
                span_s = self._reach_s(distance(one.key, home)) * 1.25
                self._move(one, back_s, back_s + span_s, moved(home, self._generator.normal(0.0, 0.012, 3)))
                one.free_s, one.is_at_rest = back_s + 0.4 * span_s, was_resting

    def _settle(self, one: _Hand) -> None:
        """Shift a resting hand a little now and then wherever it has nothing else to do for long."""
        movements = sorted(one.movements, key=lambda movement: movement.start_s)
        ends = [0.0, *(movement.end_s for movement in movements)]
        starts = [*(movement.start_s for movement in movements), self._duration_s]
        keys = [self.initial_keys[one.side], *(movement.key for movement in movements)]
        extra: list[Movement] = []
        for start_s, stop_s, key in zip(ends, starts, keys, strict=True):
            time_s = start_s + float(self._generator.uniform(0.6, 2.5))
            while time_s + 1.2 < stop_s:
                shift = self._generator.normal(0.0, 0.022, 3)
                span_s = float(self._generator.uniform(0.6, 1.1))
                extra.append(Movement(start_s=time_s, end_s=time_s + span_s, key=moved(key, shift)))
                time_s += float(self._generator.uniform(1.6, 5.0))
            if extra and extra[-1].start_s >= start_s:
                extra.append(Movement(start_s=stop_s - 0.6, end_s=stop_s, key=key))
        one.movements = movements + extra


def _bend_of(planned: Planned) -> float:
    return 0.45 if planned.lexeme.strokes[0].path == "l" else 1.0
