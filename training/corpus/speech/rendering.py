"""What a synthesiser returns, and how its speech sounds become word times. No synthesiser is named here."""

from __future__ import annotations

import _ctypes
import ctypes
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import InputError, message
from training.corpus.speech.voices import INSTALL_COMMAND

_PUNCTUATION = ",.?!;:"
_LATE_STRESS = ("ic", "ics", "ical", "ically", "ion", "ions", "ity", "ities", "ental", "ese", "eer", "eers", "ee")
"""Endings whose main stress is the last of a word's stressed syllables (ener-GET-ic); else the first is."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How one text is to be spoken, beside the voice: factors on its rate and pitch (1 = as the voice does)."""

    rate: float = 1.0
    pitch: float = 1.0


@dataclass(frozen=True, kw_only=True)
class WordTimes:
    """When a word starts and ends and when the vowel of its stressed syllable starts, in seconds."""

    start_s: float
    end_s: float
    stress_s: float

    def moved(self, clock: Callable[[Float[Array, "times"]], Float[Array, "times"]]) -> WordTimes:
        """Return the times on another clock."""
        start_s, end_s, stress_s = (float(one) for one in clock(np.array([self.start_s, self.end_s, self.stress_s])))
        return WordTimes(start_s=start_s, end_s=end_s, stress_s=stress_s)

    def shifted(self, seconds: float) -> WordTimes:
        """Return the times so much later."""
        return WordTimes(start_s=self.start_s + seconds, end_s=self.end_s + seconds, stress_s=self.stress_s + seconds)


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The sound of one text, mono in [-1, 1], the times of its words (one per token) and its speech sounds."""

    samples: Float[Array, "samples"]
    rate_hz: int
    words: tuple[WordTimes, ...]
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A speech sound: the token it belongs to, whether it is a vowel, in a stressed syllable, its times and name."""

    token: int
    is_vowel: bool
    is_stressed: bool
    start_s: float
    end_s: float
    label: str = ""


def has_late_stress(token: str) -> bool:
    """Tell whether the main stress of a word is the last of its stressed syllables."""
    return token.lower().rstrip(_PUNCTUATION).endswith(_LATE_STRESS)


def word_times(segments: Sequence[Segment], tokens: Sequence[str]) -> tuple[WordTimes, ...]:
    """Gather segments into words; words that the engine spoke as one ("of the") share their time by letters."""
    owned = [[segment for segment in segments if segment.token == index] for index in range(len(tokens))]
    words: list[WordTimes] = []
    index = 0
    while index < len(tokens):
        after = index + 1
        while after < len(tokens) and not owned[after]:
            after += 1
        words.extend(_shared(owned[index], tokens[index:after], words[-1].end_s if words else 0.0))
        index = after
    return tuple(words)


def _shared(own: Sequence[Segment], tokens: Sequence[str], default_s: float) -> list[WordTimes]:
    if not own:
        return [WordTimes(start_s=default_s, end_s=default_s, stress_s=default_s) for _ in tokens]
    letters = np.cumsum([0] + [len(token) for token in tokens]) / sum(len(token) for token in tokens)
    borders = own[0].start_s + letters * (own[-1].end_s - own[0].start_s)
    vowels = [segment for segment in own if segment.is_vowel]
    shared: list[WordTimes] = []
    for token, (start, end) in zip(tokens, itertools.pairwise(borders), strict=True):
        inside = [vowel for vowel in vowels if start <= vowel.start_s < end]
        stressed = [vowel for vowel in inside if vowel.is_stressed] or inside
        stress = start + 0.35 * (end - start)
        if stressed:
            stress = stressed[-1 if has_late_stress(token) else 0].start_s
        shared.append(WordTimes(start_s=float(start), end_s=float(end), stress_s=float(stress)))
    return shared


def restart_noise() -> None:
    """Restart C's random numbers, from which the libraries draw breath noise: a text sounds the same at any time."""
    ctypes.CDLL(None).srand(1)


def library(name: str) -> ctypes.CDLL:
    """Load a synthesiser's shared library.

    Raises:
        InputError: if it is not installed.
    """
    try:
        return ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
    except OSError as absent:
        raise InputError(
            message(expected=name, got="no such library", where="speech synthesis", do=f"Run: {INSTALL_COMMAND}.")
        ) from absent


def unload_espeak(espeak: ctypes.CDLL) -> None:
    """End espeak-ng's threads and unload it: a thread whose code is gone takes the process with it."""
    espeak.espeak_Terminate()
    _ctypes.dlclose(espeak._handle)
