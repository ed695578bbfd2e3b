"""Head, neck and eyes: nods on accents, gaze shifts at phrase starts, tilts in doubt, shakes in negation.

Angles are (pitch, yaw, roll) in degrees relative to the chest for the head and to the head for the eyes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float, whole_number
from training.corpus.gesture.noise import Track, coloured, smooth
from training.corpus.gesture.phrasing import Performed
from training.corpus.gesture.rule_planner import CLAUSE_PAUSE_S
from training.corpus.gesture.speakers import Speaker
from training.corpus.gesture.standing import sentence_starts
from training.corpus.script import SpokenTake

NECK_SHARE = 0.5
"""How much of the head's turn against the chest happens at the neck joint."""
_HEAD_DEG = {
    "nod": (6, 0, 0),
    "nods": (5, 0, 0),
    "tilt": (1, 0, 6.5),
    "up": (-6, 0, 0),
    "down": (8, 0, 0),
    "turn": (0, 9, 1),
    "forward": (-3, 0, 2.0),
    "shake": (0, 8, 0),
}
"""How far the head goes with a lexeme's `head`."""
_HEAD_FIRST_S = 0.7
"""So much earlier than the body does the head turn to another listener."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """Head against chest, and eyes against head (pitch, yaw), in degrees."""

    head_deg: Float[Array, "frames 3"]
    eyes_deg: Float[Array, "frames 2"]


def head(
    frames: int,
    take: SpokenTake,
    performed: tuple[Performed, ...],
    chest_deg: Float[Array, "frames 3"],
    heading_deg: Float[Array, "frames"],
    speaker: Speaker,
    *,
    generator: np.random.Generator,
) -> Head:
    """Move head and eyes of a take; ours.

    Args:
        frames: of the take.
        take: what is said.
        performed: the gestures, some of which the head joins.
        chest_deg: which way the chest faces, without the heading.
        heading_deg: of the whole body: eyes and head turn to a listener first.
        speaker: who acts.
        generator: of all chances.
    """
    look = Track(initial=np.zeros(2))
    _looks(look, take, performed, speaker, frames, generator)
    moves = Track(initial=np.zeros(3))
    _nods(moves, take, performed, speaker, generator)
    _gesture_moves(moves, performed, speaker, generator)
    _moods(moves, take, speaker, generator)
    _listening(moves, take, speaker, frames, generator)
    looked = look.sample(frames) + np.stack((np.zeros(frames), _ahead(heading_deg)), axis=-1)
    slow = coloured(frames, 3, corner_hz=0.75, slope=1.1, order=2, generator=generator)
    quick = coloured(frames, 3, corner_hz=1.8, slope=0.3, order=3, generator=generator)
    noise = speaker.head * (slow * np.array((2.7, 3.3, 2.9)) + quick * np.array((1.15, 1.5, 0.9)))
    following = smooth(looked, 0.10)
    angles = np.stack((0.65 * following[:, 0], 0.78 * following[:, 1], 0.10 * following[:, 1]), axis=-1)
    steady = smooth(chest_deg - chest_deg.mean(axis=0) * np.array((1.0, 0.0, 1.0)), 0.05)
    angles = angles + moves.sample(frames) + noise - np.array((0.55, 0.75, 0.60)) * steady
    angles[:, 0] += 1.0
    eyes = looked - np.stack((angles[:, 0], angles[:, 1]), axis=-1) * 0.9 - 0.4 * chest_deg[:, :2]
    return Head(
        head_deg=_softly(angles, np.array((32.0, 45.0, 22.0))),
        eyes_deg=_softly(eyes + _saccades(frames, generator), np.array((9.0, 15.0))),
    )


def _ahead(heading_deg: Float[Array, "frames"]) -> Float[Array, "frames"]:
    """Return the yaw by which gaze leads the body in a turn (degrees)."""
    soon = np.minimum(np.arange(len(heading_deg)) + round(_HEAD_FIRST_S * 30), len(heading_deg) - 1)
    return smooth((heading_deg[soon] - heading_deg)[:, None], 0.12)[:, 0]


def _softly(angles: Array, limit: Array) -> Array:
    return limit * np.tanh(angles / limit)


def _saccades(frames: int, generator: np.random.Generator) -> Float[Array, "frames 2"]:
    """Jump a degree or two every third of a second or so."""
    track, now, time_s = Track(initial=np.zeros(2)), np.zeros(2), 0.0
    while time_s < frames / 30.0:
        goal = generator.normal(0.0, 1.0, 2) * np.array((0.8, 1.6))
        track.add(time_s, time_s + 0.09, goal - now)
        now, time_s = goal, time_s + 0.12 + float(generator.gamma(1.6, 0.35))
    return track.sample(frames)


def _looks(
    look: Track,
    take: SpokenTake,
    performed: tuple[Performed, ...],
    speaker: Speaker,
    frames: int,
    generator: np.random.Generator,
) -> None:
    """Shift gaze at clause starts, back to the listener before the clause ends, and where a gesture directs it."""
    events = _clause_looks(take, speaker, generator)
    for gesture in performed:
        events += _gesture_look(gesture, generator)
    times = np.arange(1.0, frames / 30.0, 1.9) + generator.uniform(-0.8, 0.8, len(np.arange(1.0, frames / 30.0, 1.9)))
    events += [(float(time_s), _goal(generator.uniform() < 0.5, generator)) for time_s in times]
    now, last_s = np.zeros(2), -1.0
    for time_s, goal in sorted(events, key=lambda event: event[0]):
        if time_s - last_s < 0.4:
            continue
        span_s = 0.22 + 0.012 * float(np.linalg.norm(goal - now))
        look.add(time_s, time_s + span_s, goal - now)
        now, last_s = goal, time_s


def _clause_looks(take: SpokenTake, speaker: Speaker, generator: np.random.Generator) -> list[tuple[float, Array]]:
    """Draw when clauses turn the gaze, and where to."""
    events: list[tuple[float, Array]] = []
    starts = set(sentence_starts(take))
    last_end_s = -1.0
    for word in take.words:
        is_start = word.start_s - last_end_s >= CLAUSE_PAUSE_S or word.start_s in starts
        last_end_s = word.end_s
        if is_start and generator.uniform() < 0.85:
            away = generator.uniform() < speaker.gaze_away
            events.append((word.start_s - float(generator.uniform(0.0, 0.3)), _goal(away, generator)))
            if away:
                events.append((word.start_s + float(generator.uniform(0.7, 1.6)), _goal(False, generator)))
    return events


def _goal(is_away: bool, generator: np.random.Generator) -> Float[Array, "2"]:
    if not is_away:
        return generator.normal(0.0, 1.0, 2) * np.array((2.0, 4.0))
    side = float(generator.choice((-1.0, 1.0)))
    return np.array((float(generator.normal(1.5, 5.5)), side * float(generator.uniform(8.0, 21.0))))


def _gesture_look(gesture: Performed, generator: np.random.Generator) -> list[tuple[float, Array]]:
    kind, mark = gesture.lexeme.gaze, gesture.mark
    if not kind or generator.uniform() < 0.3:
        return []
    side = {"left": 1.0, "right": -1.0}.get(mark.hand, float(generator.choice((-1.0, 1.0))))
    goal = {
        "listener": np.zeros(2),
        "hand": np.array((13.0, 9.0 * side)),
        "side": np.array((2.0, 20.0 * side)),
        "up": np.array((-11.0, 12.0 * side)),
        "away": np.array((5.0, -18.0 * side)),
    }[kind] * float(generator.uniform(0.7, 1.15))
    return [
        (mark.stroke_start_s - 0.15, goal),
        (mark.hold_end_s + float(generator.uniform(0.0, 0.3)), _goal(False, generator)),
    ]


def _nods(
    moves: Track, take: SpokenTake, performed: tuple[Performed, ...], speaker: Speaker, generator: np.random.Generator
) -> None:
    """Nod, or less often toss or tilt, on accented words."""
    last_s = -1.0
    for word in take.words:
        chance = (0.22 + 0.4 * float(np.clip(word.accent, 0.0, 1.0)) + 0.25 * word.is_focus) * speaker.head
        if word.stress_s - last_s < 0.45 or not word.is_content or generator.uniform() > chance:
            continue
        last_s = word.stress_s
        size = float(generator.gamma(4.0, 1.6)) * (0.7 + 0.3 * speaker.expressiveness) * speaker.head
        down_s, up_s = float(generator.uniform(0.22, 0.36)), float(generator.uniform(0.3, 0.6))
        kind = generator.uniform()
        way = np.array((1.0, 0.0, 0.0)) if kind < 0.72 else np.array((-0.8, 0.0, 0.0))
        way = way + generator.normal(0.0, 0.28, 3) * np.array((0.0, 1.0, 0.8))
        top_s = word.stress_s + float(generator.normal(0.02, 0.05))
        moves.pulse(top_s - down_s, top_s, top_s + up_s, way * size, 0.2)


def _gesture_moves(
    moves: Track, performed: tuple[Performed, ...], speaker: Speaker, generator: np.random.Generator
) -> None:
    for gesture in performed:
        kind, mark = gesture.lexeme.head, gesture.mark
        if not kind or generator.uniform() < 0.25:
            continue
        side = {"left": 1.0, "right": -1.0}.get(mark.hand, float(generator.choice((-1.0, 1.0))))
        size = np.array(_HEAD_DEG[kind], dtype=np.float64) * float(generator.uniform(0.6, 1.25)) * speaker.head
        size[1:] *= side if kind == "turn" else float(generator.choice((-1.0, 1.0)))
        start_s = mark.stroke_start_s - 0.05
        if kind == "shake":
            _shake(moves, start_s, size, generator)
            continue
        top_s = max(mark.stroke_end_s, start_s + 0.25)
        stay_s = top_s if kind in ("nod", "nods") else max(mark.hold_end_s, top_s)
        moves.add(start_s, top_s, size)
        moves.add(stay_s, stay_s + float(generator.uniform(0.35, 0.7)), -size)
        if kind == "nods":
            moves.pulse(top_s + 0.25, top_s + 0.5, top_s + 0.85, 0.7 * size)


def _shake(moves: Track, start_s: float, size: Array, generator: np.random.Generator) -> None:
    """Turn to and fro, smaller each time."""
    turns, time_s, sign, now = whole_number(generator, 2, 5), start_s, 1.0, np.zeros(3)
    for turn in range(turns + 1):
        goal = size * sign * 0.8**turn if turn < turns else np.zeros(3)
        span_s = float(generator.uniform(0.24, 0.34))
        moves.add(time_s, time_s + span_s * 1.15, goal - now)
        now, sign, time_s = goal, -sign, time_s + span_s


def _moods(moves: Track, take: SpokenTake, speaker: Speaker, generator: np.random.Generator) -> None:
    """Tilt in doubt and questions, shake in negation, even when the hands are still."""
    for sentence in take.sentences:
        if sentence.first >= len(take.words) or generator.uniform() < 0.35:
            continue
        start_s = take.words[sentence.first].start_s
        end_s = take.words[min(sentence.last, len(take.words) - 1)].end_s
        if sentence.mood in ("doubt", "question", "appeal", "quote"):
            tilt = np.array((-1.0, float(generator.normal(0.0, 2.5)), float(generator.choice((-6.0, 6.0)))))
            tilt *= float(generator.uniform(0.5, 1.2)) * speaker.expressiveness
            moves.add(start_s, start_s + 0.6, tilt)
            moves.add(end_s - 0.2, end_s + 0.6, -tilt)
        elif sentence.mood == "negation":
            size = np.array((0.0, float(generator.uniform(5.0, 9.0)), 0.0)) * speaker.head
            _shake(moves, start_s + 0.3 * (end_s - start_s), size, generator)


def _listening(moves: Track, take: SpokenTake, speaker: Speaker, frames: int, generator: np.random.Generator) -> None:
    """Nod now and then in long silences."""
    starts = [0.0, *(word.end_s for word in take.words)]
    ends = [*(word.start_s for word in take.words), frames / 30.0]
    for start_s, end_s in zip(starts, ends, strict=True):
        time_s = start_s + float(generator.uniform(0.8, 3.0))
        while time_s < end_s - 0.8:
            size = np.array((float(generator.uniform(3.0, 6.5)) * speaker.head, 0.0, 0.0))
            for count in range(whole_number(generator, 1, 4)):
                begin_s = time_s + 0.5 * count
                moves.pulse(begin_s, begin_s + 0.25, begin_s + 0.55, size * 0.75**count)
            time_s += float(generator.uniform(2.5, 6.5))
