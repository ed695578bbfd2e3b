"""espeak-ng as a library of this process: texts in, sound and times from its word and phoneme events out."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from exges_core.arrays import Array
from exges_core.errors import InputError, message
from training.corpus.speech.flite import lexical_segments
from training.corpus.speech.phones import arpabet
from training.corpus.speech.rendering import (
    Manner,
    Rendered,
    Segment,
    has_late_stress,
    library,
    restart_noise,
    unload_espeak,
    word_times,
)
from training.corpus.speech.voices import INSTALL_COMMAND, Voice

_VOWEL_LETTERS = frozenset("aeiouAEIOUV@03")


class _EspeakIdentity(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _EspeakEvent(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EspeakIdentity),
    )


_EVENT_END_OF_LIST, EVENT_WORD, EVENT_PHONEME = 0, 1, 7
_ESPEAK_RATE, _ESPEAK_PITCH = 1, 3
_ESPEAK_WORDS_PER_MINUTE = 165
_ESPEAK_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_EspeakEvent)
)


class _Espeak:
    """espeak-ng's library, freshly loaded.

    It keeps state in static memory (flutter, echo) that would make a text sound by what was said before, and it cannot
    be restarted; so it is unloaded after every batch.
    """

    def __init__(self) -> None:
        self._library = library("libespeak-ng.so.1")
        self._chunks: list[Array] = []
        self._events: list[tuple[int, int, int, str]] = []
        restart_noise()
        self.rate_hz: int = self._library.espeak_Initialize(2, 0, None, 1)
        if self.rate_hz <= 0:
            raise InputError(
                message(expected="espeak-ng's data", got="none", where="espeak-ng", do=f"Run: {INSTALL_COMMAND}.")
            )
        self._callback = _ESPEAK_CALLBACK(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_Synth.argtypes = (
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        )

    def close(self) -> None:
        """Unload the library; this object is of no use afterwards."""
        unload_espeak(self._library)

    # Any, because ctypes has no public type for a pointer.
    def _receive(self, wave: Any, count: int, events: Any) -> int:  # noqa: ANN401
        if wave and count > 0:
            self._chunks.append(np.ctypeslib.as_array(wave, (count,)).copy())
        index = 0
        while events[index].type != _EVENT_END_OF_LIST:
            event = events[index]
            label = event.id.string.decode("utf-8", "replace") if event.type == EVENT_PHONEME else ""
            self._events.append((event.type, event.text_position, event.sample, label))
            index += 1
        return 0

    def say(self, name: str, text: str, rate: float, pitch: float) -> Rendered:
        """Speak one text."""
        self._chunks, self._events = [], []
        if self._library.espeak_SetVoiceByName(name.encode()) != 0:
            raise InputError(message(expected="a voice", got=name, where="espeak-ng", do=f"Run: {INSTALL_COMMAND}."))
        self._library.espeak_SetParameter(_ESPEAK_RATE, round(_ESPEAK_WORDS_PER_MINUTE * rate), 0)
        self._library.espeak_SetParameter(_ESPEAK_PITCH, int(np.clip(50 + 100 * (pitch - 1), 0, 99)), 0)
        encoded = text.encode()
        self._library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, 1, None, None)
        samples = np.concatenate(self._chunks or [np.zeros(1, np.int16)]).astype(np.float32) / 32_768
        segments = with_stress(segments_of(self._events, text, self.rate_hz, len(samples)), text)
        words = word_times(segments, text.split())
        named = (
            replace(one, label=arpabet(one.label, is_stressed=one.is_stressed, engine="espeak")) for one in segments
        )
        return Rendered(samples=samples, rate_hz=self.rate_hz, words=words, segments=tuple(named))


def _token_at(text: str, position: int) -> int:
    """Return which token of a text holds the character at a position (counted from 1, as espeak does)."""
    return max(len(text[:position].split()) - 1, 0)


def segments_of(events: list[tuple[int, int, int, str]], text: str, rate_hz: int, samples: int) -> list[Segment]:
    """Return speech sounds from espeak-ng's events (type, position in the text, sample, label)."""
    segments: list[Segment] = []
    token = -1
    ends = [event[2] for event in [*events[1:], (0, 0, samples, "")]]
    assert events, "espeak-ng reported no event"
    for (kind, position, sample, label), end in zip(events, ends, strict=True):
        if kind == EVENT_WORD:
            # At a comma espeak-ng may name its clause's first word again; speech never goes back.
            token = max(token, _token_at(text, position))
        is_sound = kind == EVENT_PHONEME and label.strip("_:|; ") != ""
        if is_sound and token >= 0 and end > sample:
            bare = label.lstrip("',%=")
            segments.append(
                Segment(
                    token=token,
                    is_vowel=bool(bare) and bare[0] in _VOWEL_LETTERS,
                    is_stressed=label.startswith("'"),
                    start_s=sample / rate_hz,
                    end_s=end / rate_hz,
                    label=label,
                )
            )
    return segments


def with_stress(segments: list[Segment], text: str) -> list[Segment]:
    """Mark stressed vowels, which espeak-ng and alignment do not tell, by Flite's dictionary (the same share on)."""
    marked: list[Segment] = []
    known = lexical_segments(text)
    for token, spelling in enumerate(text.split()):
        own = [segment for segment in segments if segment.token == token]
        pattern = [segment.is_stressed for segment in known if segment.token == token and segment.is_vowel]
        vowels = [segment for segment in own if segment.is_vowel]
        if True not in pattern or not vowels:
            marked += own
            continue
        last = len(pattern) - 1
        main = last - pattern[::-1].index(True) if has_late_stress(spelling) else pattern.index(True)
        share = main / max(last, 1)
        chosen = vowels[round(share * (len(vowels) - 1))]
        marked += [replace(segment, is_stressed=segment is chosen) for segment in own]
    return marked


def speak_with_espeak(voice: Voice, texts: Sequence[str], manners: Sequence[Manner]) -> tuple[Rendered, ...]:
    """Speak texts with espeak-ng.

    Raises:
        InputError: if its library or data are missing.
    """
    engine = _Espeak()
    try:
        return tuple(
            engine.say(voice.name, text, voice.rate * manner.rate, voice.pitch * manner.pitch)
            for text, manner in zip(texts, manners, strict=True)
        )
    finally:
        engine.close()
