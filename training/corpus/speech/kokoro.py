"""Kokoro-82M in this process: texts in, sound and the times of its phonemes out; ONNX Runtime, one thread.

The model tells how long each phoneme lasts (25 ms a unit) on an inner tensor, which is made an output. Same text and
voice, same bits: the model draws nothing.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from exges_core.arrays import Array, Bool, Float, percentile
from training.corpus.speech.kokoro_files import MODEL, VOCABULARY, kokoro_folder, require_kokoro, voice_file
from training.corpus.speech.kokoro_phones import STRESSES, Sound, sounds_of
from training.corpus.speech.rendering import Manner, Rendered, Segment, word_times
from training.corpus.speech.voices import Voice

if TYPE_CHECKING:
    import onnxruntime

RATE_HZ = 24_000
UNIT_S = 0.025
LATE_S = -0.075
"""How much later a phoneme is heard than the durations say: earlier (against forced alignment, five voices alike)."""
_STEP_S, _QUIET_DB, _REACH_S, _LEAST_S = 0.005, -34.0, 0.1, 0.03
_DURATIONS = "/encoder/Clip_output_0"
_MOST_TOKENS = 508
_GRAPH, _OUTPUT = 7, 12


@functools.lru_cache(maxsize=1)
def _session(folder: Path) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = (folder / MODEL).read_bytes() + _output_named(_DURATIONS)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _output_named(name: str) -> bytes:
    """Return what makes an inner tensor of floats an output when it is put behind a model's bytes.

    Protocol buffers merge what is concatenated: this is a model whose graph has that one output.
    """
    return _field(_GRAPH, _field(_OUTPUT, _field(1, name.encode()) + _field(2, _field(1, b"\x08\x01"))))


def _field(number: int, content: bytes) -> bytes:
    assert len(content) < 128, "one byte tells the length"
    return bytes([number << 3 | 2, len(content)]) + content


@functools.lru_cache(maxsize=1)
def _vocabulary(folder: Path) -> dict[str, int]:
    return json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))["vocab"]


@functools.lru_cache(maxsize=4)
def _style(path: Path) -> Float[Array, "tokens 256"]:
    return np.fromfile(path, dtype=np.float32).reshape(-1, 256)


def speak_with_kokoro(voice: Voice, texts: Sequence[str], manners: Sequence[Manner]) -> tuple[Rendered, ...]:
    """Speak texts with Kokoro; it keeps its pitch.

    Raises:
        InputError: if its files, or espeak-ng, are missing.
    """
    require_kokoro(voice.name)
    said = sounds_of(texts, is_british=voice.name.startswith("b"))
    return tuple(
        _rendered(voice, text.split(), sounds, voice.rate * manner.rate)
        for text, sounds, manner in zip(texts, said, manners, strict=True)
    )


def _rendered(voice: Voice, tokens: Sequence[str], sounds: Sequence[Sound], rate: float) -> Rendered:
    folder = kokoro_folder()
    letters, owners = _spelled(tokens, sounds)
    known = _vocabulary(folder)
    numbers = [known[letter] for letter in letters][:_MOST_TOKENS]
    style = _style(voice_file(voice.name, folder))
    inputs = {
        "tokens": np.array([[0, *numbers, 0]], dtype=np.int64),
        "style": style[min(len(numbers), len(style)) - 1][None],
        "speed": np.array([rate], dtype=np.float32),
    }
    audio, units = _session(folder).run(None, inputs)
    samples = np.asarray(audio, dtype=np.float32).ravel()
    ends_s = np.cumsum(np.asarray(units, dtype=np.float64).ravel()) * UNIT_S + LATE_S
    segments = _trimmed(_segments(sounds, owners[:_MOST_TOKENS], ends_s), tokens, samples)
    words = word_times(segments, tokens)
    return Rendered(samples=samples, rate_hz=RATE_HZ, words=words, segments=tuple(segments))


def _spelled(tokens: Sequence[str], sounds: Sequence[Sound]) -> tuple[str, list[int]]:
    """Return Kokoro's input, with spaces and punctuation, and which sound each letter belongs to (-1: none)."""
    letters, owners = "", list[int]()
    for token, written in enumerate(tokens):
        for index, sound in enumerate(sounds):
            if sound.token == token:
                letters += sound.letters
                owners += [index] * len(sound.letters)
        after = written[-1] if written[-1] in ",.?!" else ""
        # No pause is where a space alone is: its time is the sound's before it.
        owners += [-1] * len(after)
        if token < len(tokens) - 1:
            owners.append(owners[-1] if owners else -1)
            after += " "
        letters += after
    return letters, owners


def _segments(sounds: Sequence[Sound], owners: Sequence[int], ends_s: Float[Array, "tokens"]) -> list[Segment]:
    """Return the speech sounds with their times; letter k of the input is the model's token k + 1.

    A stress mark has a length of its own; inside a word its vowel begins in the middle of it (against alignment).
    """
    where: dict[int, list[int]] = {}
    for letter, owner in enumerate(owners):
        where.setdefault(owner, []).append(letter)
    begins_s = {index: float(ends_s[letters[0]]) for index, letters in where.items()}
    over_s = {index: float(ends_s[letters[-1] + 1]) for index, letters in where.items()}
    for index, sound in enumerate(sounds):
        is_inside = index > 0 and sounds[index - 1].token == sound.token
        if index in where and is_inside and sound.letters[0] in STRESSES:
            first = where[index][0]
            begins_s[index] = over_s[index - 1] = float(0.5 * (ends_s[first] + ends_s[first + 1]))
    return [
        Segment(
            token=sound.token,
            is_vowel=sound.is_vowel,
            is_stressed=sound.is_stressed,
            start_s=begins_s[index],
            end_s=over_s[index],
            label=f"{sound.label}{int(sound.is_stressed)}" if sound.is_vowel else sound.label,
        )
        for index, sound in enumerate(sounds)
        if index in where
    ]


def _trimmed(segments: Sequence[Segment], tokens: Sequence[str], samples: Float[Array, "samples"]) -> list[Segment]:
    """Trim phrases to what is audible: the model counts much of a pause as part of the last sound."""
    step = round(_STEP_S * RATE_HZ)
    power = np.square(samples[: len(samples) // step * step], dtype=np.float64).reshape(-1, step).mean(axis=1)
    is_heard = power > percentile(power, 95) * 10 ** (_QUIET_DB / 10)
    trimmed = list(segments)
    for index, one in enumerate(segments):
        after = segments[index + 1] if index + 1 < len(segments) else None
        before = segments[index - 1] if index else None
        if after is None or (after.token != one.token and tokens[one.token][-1] in ",.?!"):
            heard_s = _STEP_S * (1 + np.flatnonzero(is_heard[_steps(one.start_s) : _steps(one.end_s)])[-1:])
            if len(heard_s):
                end_s = _STEP_S * _steps(one.start_s) + max(float(heard_s[0]), _LEAST_S)
                trimmed[index] = replace(trimmed[index], end_s=min(end_s, one.end_s))
        if before is None or (before.token != one.token and tokens[before.token][-1] in ",.?!"):
            earliest_s = max(one.start_s - _REACH_S, 0.0 if before is None else trimmed[index - 1].end_s)
            start = _onset(is_heard, _steps(earliest_s), _steps(one.start_s), _steps(one.end_s - _LEAST_S))
            trimmed[index] = replace(trimmed[index], start_s=_STEP_S * start)
    return trimmed


def _onset(is_heard: Bool[Array, "steps"], earliest: int, told: int, latest: int) -> int:
    """Return the audible onset of a sound that the model starts at a step: at it, before it without a gap, or after."""
    start = told
    while start > earliest and is_heard[start - 1]:
        start -= 1
    while start < latest and not is_heard[start]:
        start += 1
    return start


def _steps(time_s: float) -> int:
    return max(round(time_s / _STEP_S), 0)
