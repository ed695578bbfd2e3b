"""Which gestures a speaker makes, on which words, with which hands: decisions only, no positions and no frames.

Focus words first, then other words with cues, then beats on accents; never two strokes closer than a hand can make
them. After the rules of Kendon, McNeill and Cassell's BEAT; the numbers are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import whole_number
from training.corpus.gesture.lexemes import Lexeme, lexemes
from training.corpus.gesture.speakers import Speaker
from training.corpus.script import SpokenTake, SpokenWord

CLAUSE_PAUSE_S = 0.22
"""A silence of this length ends a clause."""
FIDGET_PAUSE_S = 3.0
_REST_S = 5.0
"""How long hands stay at rest when they do, about."""
_MEANING_SHARE = 0.85
"""Of words that can call both a gesture with a meaning and a beat."""
_MOOD_ENERGY = {"emphatic": 0.22, "greeting": 0.1, "appeal": 0.08, "doubt": -0.1, "quote": 0.05}


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A gesture that will be made: what, why, when its stroke lands, with which hands, how strongly."""

    lexeme: Lexeme
    word_index: int
    hand: str
    apex_s: float
    clause_end_s: float
    strength: float


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    name: str
    word_index: int
    apex_s: float
    priority: float
    strength: float
    spacing_s: float


def clause_ends(take: SpokenTake) -> tuple[float, ...]:
    """Return for every word when its clause ends (seconds)."""
    lasts = {sentence.last for sentence in take.sentences}
    ends: list[float] = [0.0] * len(take.words)
    end_s = take.duration_s
    for index in reversed(range(len(take.words))):
        word = take.words[index]
        following = take.words[index + 1] if index + 1 < len(take.words) else None
        if following is None or index in lasts or following.start_s - word.end_s >= CLAUSE_PAUSE_S:
            end_s = word.end_s
        ends[index] = end_s
    return tuple(ends)


def quiet_words(take: SpokenTake, speaker: Speaker, *, generator: np.random.Generator) -> tuple[bool, ...]:
    """Tell for every word whether it is said with hands at rest.

    Rests begin with a clause, last for seconds and take about `restful` of the speech: a speaker at ease gestures in
    bouts.
    """
    share = float(np.clip(speaker.restful, 0.0, 1.0))
    ends, quiet, until_s = clause_ends(take), generator.uniform() < share, 0.0
    is_quiet: list[bool] = []
    for index, word in enumerate(take.words):
        is_start = index == 0 or ends[index] != ends[index - 1]
        if is_start and word.start_s >= until_s:
            quiet = share >= 1.0 or ((not quiet if index else quiet) and share > 0.0)
            rest_s = _REST_S * (0.7 + share)
            mean_s = rest_s if quiet else rest_s * (1.0 - share) / max(share, 0.01)
            until_s = word.start_s + float(generator.gamma(3.0, mean_s / 3.0))
        is_quiet.append(bool(quiet))
    return tuple(is_quiet)


def plan(take: SpokenTake, speaker: Speaker, *, generator: np.random.Generator) -> tuple[Planned, ...]:
    """Choose a take's gestures in order of time; ours."""
    energy, is_quiet = _energies(take, generator), quiet_words(take, speaker, generator=generator)
    drawn = [_candidate(word, index, speaker, energy[index], generator) for index, word in enumerate(take.words)]
    candidates = [made for made, quiet in zip(drawn, is_quiet, strict=True) if made is not None and not quiet]
    ends = clause_ends(take)
    planned: list[Planned] = []
    recent: dict[str, int] = {}
    for candidate in _far_enough_apart(candidates):
        lexeme = _variant(candidate.name, recent, generator)
        planned.append(
            Planned(
                lexeme=lexeme,
                word_index=candidate.word_index,
                apex_s=candidate.apex_s,
                strength=candidate.strength,
                clause_end_s=ends[candidate.word_index],
                hand=_hand(lexeme, speaker, planned, generator),
            )
        )
    planned += _fidgets(take, speaker, generator)
    return tuple(sorted(planned, key=lambda gesture: gesture.apex_s))


def _far_enough_apart(candidates: list[_Candidate]) -> list[_Candidate]:
    """Return the most important candidates that hands have time for, in order of time."""
    kept: list[_Candidate] = []
    for new in sorted(candidates, key=lambda candidate: -candidate.priority):
        if all(abs(new.apex_s - other.apex_s) >= max(new.spacing_s, other.spacing_s * 0.8) for other in kept):
            kept.append(new)
    return sorted(kept, key=lambda candidate: candidate.apex_s)


def _energies(take: SpokenTake, generator: np.random.Generator) -> list[float]:
    """Return for every word how engaged its sentence is: 1 on average, more where the mood is emphatic."""
    energies = [1.0] * len(take.words)
    level = 0.0
    for sentence in take.sentences:
        level = 0.5 * level + float(generator.normal(0.0, 0.17))
        here = float(np.exp(level + _MOOD_ENERGY.get(sentence.mood, 0.0)))
        energies[sentence.first : sentence.last + 1] = [here] * (sentence.last + 1 - sentence.first)
    return energies


def _candidate(
    word: SpokenWord, index: int, speaker: Speaker, vigour: float, generator: np.random.Generator
) -> _Candidate | None:
    """Draw whether a word calls a gesture with a meaning, or a beat, or none."""
    cues = [cue for cue in word.cues if cue in lexemes()]
    draw, jitter = generator.uniform(size=2)
    ahead_s = float(np.clip(generator.normal(-0.092, 0.032), -0.16, 0.02))
    accent = float(np.clip(word.accent, 0.0, 1.0))
    rate = speaker.rate * vigour
    if cues and draw < np.clip(rate * (0.86 + 0.22 * word.is_focus + 0.12 * accent), 0.2, 0.97):
        name = _called(cues, generator)
        priority = 1.0 + 1.2 * word.is_focus + accent + 0.5 * word.loudness + 0.6 * jitter
        spacing_s = (0.68, 1.05)
    elif not word.is_content or draw > np.clip(rate * (0.14 + 0.5 * accent + 0.25 * word.is_focus), 0.05, 0.95):
        return None
    else:
        name = "beat_strong" if accent + 0.5 * word.is_focus > 1.1 and jitter < 0.5 else "beat_small"
        priority = 0.3 * word.is_focus + accent + 0.5 * word.loudness + 0.5 * jitter
        spacing_s = (0.52, 0.95)
    return _Candidate(
        name=name,
        word_index=index,
        apex_s=word.stress_s - ahead_s,
        priority=priority,
        strength=_strength(word, accent, vigour),
        spacing_s=float(generator.uniform(*spacing_s)) / speaker.speed**0.6,
    )


def _called(cues: list[str], generator: np.random.Generator) -> str:
    """Draw one of a word's lexemes, rather one with a meaning than a beat."""
    meant = [cue for cue in cues if not cue.startswith("beat_")]
    names = meant if meant and generator.uniform() < _MEANING_SHARE else cues
    return names[whole_number(generator, 0, len(names))]


def _strength(word: SpokenWord, accent: float, vigour: float) -> float:
    strength = float(np.clip(0.75 + 0.25 * accent + 0.15 * word.is_focus + 1.1 * (word.loudness - 1.0), 0.45, 1.6))
    return strength * float(np.clip(vigour, 0.6, 1.5))


def _variant(name: str, recent: dict[str, int], generator: np.random.Generator) -> Lexeme:
    variants = lexemes()[name]
    choice = whole_number(generator, 0, len(variants))
    if len(variants) > 1 and recent.get(name) == choice:
        choice = (choice + 1) % len(variants)
    recent[name] = choice
    return variants[choice]


def _hand(lexeme: Lexeme, speaker: Speaker, earlier: list[Planned], generator: np.random.Generator) -> str:
    for side in ("left", "right"):
        if lexeme.hands == (side,):
            return side
    dominant, other = ("left", "right") if speaker.is_left_handed else ("right", "left")
    if "one" not in lexeme.hands:
        return "both"
    # A run of gestures tends to stay with its hands: symmetry comes and goes instead of flickering.
    share = 0.06 + 0.94 * speaker.symmetry
    if earlier:
        share = 0.5 * share + 0.5 * (earlier[-1].hand == "both")
    if "both" in lexeme.hands and generator.uniform() < share:
        return "both"
    return dominant if generator.uniform() < 0.82 else other


def _fidgets(take: SpokenTake, speaker: Speaker, generator: np.random.Generator) -> list[Planned]:
    """Fill long silences: rubbed hands, a touched wrist, a scratch."""
    starts = [0.0, *(word.end_s for word in take.words)]
    ends = [*(word.start_s for word in take.words), take.duration_s]
    fidgets: list[Planned] = []
    for start_s, end_s in zip(starts, ends, strict=True):
        time_s = start_s + float(generator.uniform(1.4, 4.0))
        while time_s < end_s - 1.2:
            if end_s - start_s > FIDGET_PAUSE_S and generator.uniform() < 0.28:
                fidgets.append(_fidget(time_s, end_s, speaker, generator))
            time_s += float(generator.uniform(3.5, 9.0))
    return fidgets


def _fidget(time_s: float, end_s: float, speaker: Speaker, generator: np.random.Generator) -> Planned:
    variants = lexemes()["fidget" if generator.uniform() < 0.6 else "self_adapt"]
    lexeme = variants[whole_number(generator, 0, len(variants))]
    hand = _hand(lexeme, speaker, [], generator)
    return Planned(lexeme=lexeme, word_index=-1, apex_s=time_s, clause_end_s=end_s, strength=0.7, hand=hand)
