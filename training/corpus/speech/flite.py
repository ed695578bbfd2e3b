"""Flite as a library of this process: texts in, sound and times from its utterance relations out."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence

import numpy as np

from training.corpus.speech.phones import arpabet
from training.corpus.speech.rendering import Manner, Rendered, Segment, library, restart_noise, word_times
from training.corpus.speech.voices import Voice


class _FliteWave(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class _FliteVoice(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("features", ctypes.c_void_p))


_POINTER, _TEXT = ctypes.c_void_p, ctypes.c_char_p
_SIGNATURES = {
    "flite_synth_text": (_POINTER, (_TEXT, _POINTER)),
    "utt_relation": (_POINTER, (_POINTER, _TEXT)),
    "relation_head": (_POINTER, (_POINTER,)),
    "item_next": (_POINTER, (_POINTER,)),
    "item_daughter": (_POINTER, (_POINTER,)),
    "item_as": (_POINTER, (_POINTER, _TEXT)),
    "item_feat_string": (_TEXT, (_POINTER, _TEXT)),
    "ffeature_string": (_TEXT, (_POINTER, _TEXT)),
    "ffeature_float": (ctypes.c_float, (_POINTER, _TEXT)),
    "utt_wave": (ctypes.POINTER(_FliteWave), (_POINTER,)),
    "delete_utterance": (None, (_POINTER,)),
    "flite_feat_set_float": (None, (_POINTER, _TEXT, ctypes.c_float)),
}


@functools.cache
def _flite_library() -> ctypes.CDLL:
    flite = library("libflite.so.1")
    library("libflite_usenglish.so.1")
    library("libflite_cmulex.so.1")
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(flite, name)
        function.restype, function.argtypes = result, arguments
    flite.flite_init()
    return flite


@functools.cache
def _flite_voice(name: str) -> tuple[int, int]:
    """Return pointers to a voice of Flite and to its features."""
    _flite_library()
    register = getattr(library(f"libflite_cmu_us_{name}.so.1"), f"register_cmu_us_{name}")
    register.restype, register.argtypes = ctypes.c_void_p, (ctypes.c_char_p,)
    pointer = register(None)
    features = ctypes.cast(pointer, ctypes.POINTER(_FliteVoice)).contents.features
    return pointer, features


_FLITE_F0_MEAN_HZ = {"kal16": 95.0}


def speak_with_flite(voice: Voice, texts: Sequence[str], manners: Sequence[Manner]) -> tuple[Rendered, ...]:
    """Speak texts with Flite.

    Raises:
        InputError: if its library is missing.
    """
    flite = _flite_library()
    pointer, features = _flite_voice(voice.name)
    rendered: list[Rendered] = []
    for text, manner in zip(texts, manners, strict=True):
        pitch = voice.pitch * manner.pitch
        flite.flite_feat_set_float(features, b"duration_stretch", 1.0 / (voice.rate * manner.rate))
        if voice.name in _FLITE_F0_MEAN_HZ:
            flite.flite_feat_set_float(features, b"int_f0_target_mean", _FLITE_F0_MEAN_HZ[voice.name] * pitch)
        else:
            flite.flite_feat_set_float(features, b"f0_shift", pitch)
        restart_noise()
        utterance = flite.flite_synth_text(text.encode(), pointer)
        wave = flite.utt_wave(utterance).contents
        samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.float32) / 32_768
        segments = _flite_segments(flite, utterance)
        rate_hz = int(wave.sample_rate)
        flite.delete_utterance(utterance)
        words = word_times(segments, text.split())
        rendered.append(Rendered(samples=samples, rate_hz=rate_hz, words=words, segments=tuple(segments)))
    return tuple(rendered)


def _flite_items(flite: ctypes.CDLL, first: int | None) -> list[int]:
    items: list[int] = []
    while first:
        items.append(first)
        first = flite.item_next(first)
    return items


def _flite_segments(flite: ctypes.CDLL, utterance: int) -> list[Segment]:
    segments: list[Segment] = []
    tokens = _flite_items(flite, flite.relation_head(flite.utt_relation(utterance, b"Token")))
    for index, token in enumerate(tokens):
        for word in _flite_items(flite, flite.item_daughter(token)):
            tree = flite.item_as(word, b"SylStructure")
            for syllable in _flite_items(flite, flite.item_daughter(tree) if tree else None):
                is_stressed = flite.ffeature_string(syllable, b"stress") != b"0"
                for phone in _flite_items(flite, flite.item_daughter(syllable)):
                    segments.append(
                        Segment(
                            token=index,
                            is_vowel=flite.ffeature_string(phone, b"ph_vc") == b"+",
                            is_stressed=is_stressed,
                            start_s=flite.ffeature_float(phone, b"R:Segment.p.end"),
                            end_s=flite.ffeature_float(phone, b"R:Segment.end"),
                            label=arpabet(
                                flite.ffeature_string(phone, b"name").decode(), is_stressed=is_stressed, engine="flite"
                            ),
                        )
                    )
    return segments


def lexical_segments(text: str) -> list[Segment]:
    """Return the speech sounds that Flite's dictionary gives a text: for their stress, not for their times."""
    flite = _flite_library()
    pointer, features = _flite_voice("kal16")
    flite.flite_feat_set_float(features, b"duration_stretch", 0.5)
    utterance = flite.flite_synth_text(text.encode(), pointer)
    segments = _flite_segments(flite, utterance)
    flite.delete_utterance(utterance)
    return segments
