"""The synthesisers behind one function: texts in, sound and exact word times out. Nothing of gesture or of files.

Festival runs as one process per batch and tells its utterance relations; Flite and espeak-ng are libraries that run in
this process and tell theirs. In all three a word is a token between spaces, so times belong to the words of the script
without guessing.
"""

from __future__ import annotations

import ctypes
import functools
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from exges_core.arrays import Float
from exges_core.errors import InputError, message
from training.corpus.voices import INSTALL_COMMAND, Voice

_VOWEL_LETTERS = frozenset("aeiouAEIOUV@03")
FESTIVAL_LIMIT_S = 120


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

    def scaled(self, factor: float) -> WordTimes:
        """Return the times on a clock that runs `factor` times slower."""
        return WordTimes(start_s=self.start_s * factor, end_s=self.end_s * factor, stress_s=self.stress_s * factor)


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The sound of one text, mono in [-1, 1], and the times of its words (one per token of the text)."""

    samples: Float[np.ndarray, "samples"]
    rate_hz: int
    words: tuple[WordTimes, ...]


@dataclass(frozen=True, kw_only=True)
class _Segment:
    token: int
    is_vowel: bool
    is_stressed: bool
    start_s: float
    end_s: float


def synthesise(voice: Voice, texts: Sequence[str], manners: Sequence[Manner]) -> tuple[Rendered, ...]:
    """Speak texts with a voice, each in its manner.

    Raises:
        InputError: if the synthesiser is missing or fails.
    """
    return _ENGINES[voice.engine](voice, texts, manners)


def _word_times(segments: Sequence[_Segment], tokens: Sequence[str]) -> tuple[WordTimes, ...]:
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


def _shared(own: Sequence[_Segment], tokens: Sequence[str], default_s: float) -> list[WordTimes]:
    if not own:
        return [WordTimes(start_s=default_s, end_s=default_s, stress_s=default_s) for _ in tokens]
    letters = np.cumsum([0] + [len(token) for token in tokens]) / sum(len(token) for token in tokens)
    borders = own[0].start_s + letters * (own[-1].end_s - own[0].start_s)
    vowels = [segment for segment in own if segment.is_vowel]
    shared: list[WordTimes] = []
    for start, end in zip(borders[:-1], borders[1:], strict=True):
        inside = [vowel for vowel in vowels if start <= vowel.start_s < end]
        stressed = [vowel for vowel in inside if vowel.is_stressed] or inside
        stress = stressed[0].start_s if stressed else start + 0.35 * (end - start)
        shared.append(WordTimes(start_s=float(start), end_s=float(end), stress_s=float(stress)))
    return shared


# ---------------------------------------------------------------------------------------------------------- Festival

_FESTIVAL_PRELUDE = """
(define (tell_word word index)
  (mapcar (lambda (syl)
    (mapcar (lambda (seg)
      (format t "S %d %s %s %s %s\\n" index (item.feat seg "ph_vc") (item.feat syl "stress")
              (item.feat seg "segment_start") (item.feat seg "segment_end")))
      (item.daughters syl)))
    (item.daughters (item.relation word 'SylStructure))))
(define (say text stretch pitch file)
  (let ((utt (eval (list (quote Utterance) (quote Text) text))) (index 0))
    (set_manner stretch pitch)
    (utt.synth utt)
    (utt.save.wave utt file 'riff)
    (format t "U\\n")
    (mapcar (lambda (token)
      (if (null (item.parent token))
        (begin
          (mapcar (lambda (word) (tell_word word index)) (item.daughters token))
          (set! index (+ index 1)))))
      (utt.relation.items utt 'Token))))
"""
_FESTIVAL_DIPHONES = """
(define (set_manner stretch pitch)
  (Param.set 'Duration_Stretch stretch)
  (set! int_lr_params (list (list 'target_f0_mean (* 105 pitch)) (list 'target_f0_std (* 16 pitch))
                            (list 'model_f0_mean 170) (list 'model_f0_std 34))))
"""
_FESTIVAL_HTS = """
(set! plain_params hts_engine_params)
(define (set_manner stretch pitch)
  (set! hts_engine_params (append plain_params (list (list "-r" (/ 1 stretch))
                                                     (list "-fm" (/ (* 12 (log pitch)) (log 2)))))))
"""
_FESTIVAL_MANNER = {
    "cmu_us_slt_arctic_hts": _FESTIVAL_HTS,
    "kal_diphone": _FESTIVAL_DIPHONES,
    "ked_diphone": _FESTIVAL_DIPHONES,
}


def _festival(voice: Voice, texts: Sequence[str], manners: Sequence[Manner]) -> tuple[Rendered, ...]:
    with tempfile.TemporaryDirectory(prefix="exges-festival-") as scratch:
        folder = Path(scratch)
        lines = [f"(voice_{voice.name})", _FESTIVAL_MANNER[voice.name], _FESTIVAL_PRELUDE]
        for index, (text, manner) in enumerate(zip(texts, manners, strict=True)):
            stretch = 1.0 / (voice.rate * manner.rate)
            quoted = text.replace("\\", "").replace('"', "")
            lines.append(f'(say "{quoted}" {stretch:.4f} {voice.pitch * manner.pitch:.4f} "{folder / f"{index}.wav"}")')
        script = folder / "batch.scm"
        script.write_text("\n".join(lines), encoding="utf-8")
        told = _run_festival(script)
        blocks = told.split("U\n")[1:]
        if len(blocks) != len(texts):
            raise InputError(
                message(
                    expected=f"{len(texts)} utterances", got=str(len(blocks)), where="festival", do="Check the text."
                )
            )
        return tuple(
            _rendered_by_festival(folder / f"{index}.wav", block, text.split())
            for index, (block, text) in enumerate(zip(blocks, texts, strict=True))
        )


def _run_festival(script: Path) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - our own script
            ["festival", "-b", str(script)],  # noqa: S607 - wherever the system has it
            capture_output=True,
            text=True,
            timeout=FESTIVAL_LIMIT_S,
            check=True,
        )
    except FileNotFoundError as absent:
        raise InputError(
            message(expected="festival", got="no such program", where="speech synthesis", do=f"Run: {INSTALL_COMMAND}.")
        ) from absent
    except subprocess.CalledProcessError as failed:
        last = (failed.stderr or "").strip().splitlines()[-1:] or ["no message"]
        raise InputError(
            message(expected="speech", got=last[0], where="festival", do="Check that its voice is installed.")
        ) from failed
    return done.stdout


def _rendered_by_festival(wave: Path, told: str, tokens: Sequence[str]) -> Rendered:
    segments: list[_Segment] = []
    for line in told.splitlines():
        fields = line.split()
        if len(fields) == 6 and fields[0] == "S":
            start, end = float(fields[4]), float(fields[5])
            segments.append(
                _Segment(
                    token=int(fields[1]),
                    is_vowel=fields[2] == "+",
                    is_stressed=fields[3] != "0",
                    start_s=start,
                    end_s=end,
                )
            )
    samples, rate_hz = soundfile.read(wave, dtype="float32")
    return Rendered(samples=samples, rate_hz=rate_hz, words=_word_times(segments, tokens))


# ------------------------------------------------------------------------------------------------------------- Flite


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


def _library(name: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
    except OSError as absent:
        raise InputError(
            message(expected=name, got="no such library", where="speech synthesis", do=f"Run: {INSTALL_COMMAND}.")
        ) from absent


@functools.cache
def _flite_library() -> ctypes.CDLL:
    flite = _library("libflite.so.1")
    _library("libflite_usenglish.so.1")
    _library("libflite_cmulex.so.1")
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    signatures = {
        "flite_synth_text": (pointer, (text, pointer)),
        "utt_relation": (pointer, (pointer, text)),
        "relation_head": (pointer, (pointer,)),
        "item_next": (pointer, (pointer,)),
        "item_daughter": (pointer, (pointer,)),
        "item_as": (pointer, (pointer, text)),
        "item_feat_string": (text, (pointer, text)),
        "ffeature_string": (text, (pointer, text)),
        "ffeature_float": (ctypes.c_float, (pointer, text)),
        "utt_wave": (ctypes.POINTER(_FliteWave), (pointer,)),
        "delete_utterance": (None, (pointer,)),
        "flite_feat_set_float": (None, (pointer, text, ctypes.c_float)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(flite, name)
        function.restype, function.argtypes = result, arguments
    flite.flite_init()
    return flite


@functools.cache
def _flite_voice(name: str) -> tuple[int, int]:
    """Return pointers to a voice of Flite and to its features."""
    _flite_library()
    register = getattr(_library(f"libflite_cmu_us_{name}.so.1"), f"register_cmu_us_{name}")
    register.restype, register.argtypes = ctypes.c_void_p, (ctypes.c_char_p,)
    pointer = register(None)
    features = ctypes.cast(pointer, ctypes.POINTER(_FliteVoice)).contents.features
    return pointer, features


_FLITE_F0_MEAN_HZ = {"kal16": 95.0}


def _flite(voice: Voice, texts: Sequence[str], manners: Sequence[Manner]) -> tuple[Rendered, ...]:
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
        utterance = flite.flite_synth_text(text.encode(), pointer)
        wave = flite.utt_wave(utterance).contents
        samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.float32) / 32_768
        segments = _flite_segments(flite, utterance)
        rate_hz = int(wave.sample_rate)
        flite.delete_utterance(utterance)
        rendered.append(Rendered(samples=samples, rate_hz=rate_hz, words=_word_times(segments, text.split())))
    return tuple(rendered)


def _flite_items(flite: ctypes.CDLL, first: int | None) -> list[int]:
    items: list[int] = []
    while first:
        items.append(first)
        first = flite.item_next(first)
    return items


def _flite_segments(flite: ctypes.CDLL, utterance: int) -> list[_Segment]:
    segments: list[_Segment] = []
    tokens = _flite_items(flite, flite.relation_head(flite.utt_relation(utterance, b"Token")))
    for index, token in enumerate(tokens):
        for word in _flite_items(flite, flite.item_daughter(token)):
            tree = flite.item_as(word, b"SylStructure")
            for syllable in _flite_items(flite, flite.item_daughter(tree) if tree else None):
                is_stressed = flite.ffeature_string(syllable, b"stress") != b"0"
                for phone in _flite_items(flite, flite.item_daughter(syllable)):
                    segments.append(
                        _Segment(
                            token=index,
                            is_vowel=flite.ffeature_string(phone, b"ph_vc") == b"+",
                            is_stressed=is_stressed,
                            start_s=flite.ffeature_float(phone, b"R:Segment.p.end"),
                            end_s=flite.ffeature_float(phone, b"R:Segment.end"),
                        )
                    )
    return segments


# --------------------------------------------------------------------------------------------------------- espeak-ng


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


_EVENT_END_OF_LIST, _EVENT_WORD, _EVENT_PHONEME = 0, 1, 7
_ESPEAK_RATE, _ESPEAK_PITCH = 1, 3
_ESPEAK_WORDS_PER_MINUTE = 165
_ESPEAK_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_EspeakEvent)
)


class _Espeak:
    """The one espeak-ng of this process: its library is a global state, so it is started once."""

    def __init__(self) -> None:
        self._library = _library("libespeak-ng.so.1")
        self._chunks: list[np.ndarray] = []
        self._events: list[tuple[int, int, int, str]] = []
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

    def _receive(self, wave: ctypes.Array[ctypes.c_short], count: int, events: ctypes.Array[_EspeakEvent]) -> int:
        if wave and count > 0:
            self._chunks.append(np.ctypeslib.as_array(wave, (count,)).copy())
        index = 0
        while events[index].type != _EVENT_END_OF_LIST:
            event = events[index]
            label = event.id.string.decode("utf-8", "replace") if event.type == _EVENT_PHONEME else ""
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
        segments = _with_stress(_espeak_segments(self._events, text, self.rate_hz, len(samples)), text)
        return Rendered(samples=samples, rate_hz=self.rate_hz, words=_word_times(segments, text.split()))


def _token_at(text: str, position: int) -> int:
    """Return which token of a text holds the character at a position (counted from 1, as espeak does)."""
    return max(len(text[:position].split()) - 1, 0)


def _espeak_segments(events: list[tuple[int, int, int, str]], text: str, rate_hz: int, samples: int) -> list[_Segment]:
    segments: list[_Segment] = []
    token = -1
    ends = [event[2] for event in events[1:]] + [samples]
    for (kind, position, sample, label), end in zip(events, ends, strict=True):
        if kind == _EVENT_WORD:
            token = _token_at(text, position)
        is_sound = kind == _EVENT_PHONEME and label.strip("_:|; ") != ""
        if is_sound and token >= 0 and end > sample:
            bare = label.lstrip("',%=")
            segments.append(
                _Segment(
                    token=token,
                    is_vowel=bool(bare) and bare[0] in _VOWEL_LETTERS,
                    is_stressed=label.startswith("'"),
                    start_s=sample / rate_hz,
                    end_s=end / rate_hz,
                )
            )
    return segments


def _with_stress(segments: list[_Segment], text: str) -> list[_Segment]:
    """Mark stressed vowels, of which espeak-ng tells nothing, by Flite's dictionary: the same share of the vowels on."""
    marked: list[_Segment] = []
    known = _lexical_segments(text)
    for token in range(len(text.split())):
        own = [segment for segment in segments if segment.token == token]
        pattern = [segment.is_stressed for segment in known if segment.token == token and segment.is_vowel]
        vowels = [segment for segment in own if segment.is_vowel]
        if True not in pattern or not vowels:
            marked += own
            continue
        share = pattern.index(True) / max(len(pattern) - 1, 1)
        chosen = vowels[round(share * (len(vowels) - 1))]
        marked += [replace(segment, is_stressed=segment is chosen) for segment in own]
    return marked


def _lexical_segments(text: str) -> list[_Segment]:
    flite = _flite_library()
    pointer, features = _flite_voice("kal16")
    flite.flite_feat_set_float(features, b"duration_stretch", 0.5)
    utterance = flite.flite_synth_text(text.encode(), pointer)
    segments = _flite_segments(flite, utterance)
    flite.delete_utterance(utterance)
    return segments


@functools.cache
def _espeak_engine() -> _Espeak:
    return _Espeak()


def _espeak(voice: Voice, texts: Sequence[str], manners: Sequence[Manner]) -> tuple[Rendered, ...]:
    engine = _espeak_engine()
    return tuple(
        engine.say(voice.name, text, voice.rate * manner.rate, voice.pitch * manner.pitch)
        for text, manner in zip(texts, manners, strict=True)
    )


_ENGINES = {"festival": _festival, "flite": _flite, "espeak": _espeak}
