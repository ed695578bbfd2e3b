"""Recognition with Moonshine base-en on ONNX Runtime: English words and how sure it is of each, without their times.

The only module that runs Moonshine (Jeffries et al. 2024; the files are `model_files.MOONSHINE`). The sound is cut at
pauses into pieces of at most 12 s, each decoded greedily token by token with the attention's keys and values kept.
It takes whole sentences best, and now and then one makes it fall silent or repeat itself: a piece whose tokens do not
end, or that has none where somebody speaks, is heard again in halves. Needs neither torch nor librosa.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.audio.level import peak_of
from exges_core.audio.pauses import Span, split_at_pauses
from exges_core.audio.waveform import Waveform
from exges_core.errors import CheckpointError, message
from exges_core.protocol import OnProgress, Progress
from exges_core.speech.model_files import MOONSHINE
from exges_core.speech.untimed import spread
from exges_core.speech.words import Word, is_word
from exges_core.threads import at_most
from exges_core.timeline import AUDIO_RATE_HZ

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

LONGEST_PIECE_S = 12.0
_SHORTEST_HALVED_S = 2.0
_TOKENS_PER_S = 7.0
"""Nobody speaks more tokens in a second: what does not end by then repeats itself."""
_START, _END = 1, 2
_HEADS, _HEAD_CHANNELS = 8, 52
_SPACE = "\u2581"
_PEAK = 0.5
_SHORTEST_S = 0.1
_SAME_AS_REQUESTED = 1
"""An arena that grows by what is needed instead of by doubling: 450 MB instead of 680 for pieces of 12 s."""


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What was decoded from a piece: token numbers, their probabilities, and whether it came to its own end."""

    tokens: tuple[int, ...]
    probabilities: tuple[float, ...]
    is_whole: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Moonshine:
    """The loaded model: two networks and the texts of its tokens."""

    encoder: InferenceSession
    decoder: InferenceSession
    texts: tuple[bytes, ...]


def load_moonshine() -> Moonshine:
    """Load the model from the cache, once.

    Raises:
        CheckpointError: if it is not there, or damaged.
    """
    folder = MOONSHINE.folder
    if not MOONSHINE.is_here:
        raise _unusable("none, or an incomplete one", folder, f"Fetch it first (exges models get {MOONSHINE.name}).")
    return _load(folder)


@lru_cache(maxsize=1)
def _load(folder: Path) -> Moonshine:
    try:
        encoder, decoder = (_session(folder / name) for name in ("encoder_model.ort", "decoder_model_merged.ort"))
        texts = tuple(_token_texts((folder / "tokenizer.bin").read_bytes()))
    except Exception as error:  # ONNX Runtime's own errors have no common base but this one
        got = " ".join(str(error).split())[:160]
        raise _unusable(got, folder, f"Delete it and fetch it again (exges models get {MOONSHINE.name}).") from error
    return Moonshine(encoder=encoder, decoder=decoder, texts=texts)


def _session(path: Path) -> InferenceSession:
    import onnxruntime

    _share_memory()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = at_most(2)
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@lru_cache(maxsize=1)
def _share_memory() -> None:
    """Let all sessions of this process share one arena."""
    import onnxruntime as ort

    place = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(place, ort.OrtArenaCfg(0, _SAME_AS_REQUESTED, -1, -1))


def _token_texts(data: bytes) -> Iterator[bytes]:
    """Yield the texts of tokens: each behind its length, in one byte below 128, else in two."""
    at = 0
    while at < len(data):
        length, at = data[at], at + 1
        if length >= 128:
            length, at = length - 128 + 128 * data[at], at + 1
        yield data[at : at + length]
        at += length


def _unusable(got: str, folder: Path, do: str) -> CheckpointError:
    return CheckpointError(message(expected=f"the model {MOONSHINE.title}", got=got, where=str(folder), do=do))


def recognise_pieces(model: Moonshine, waveform: Waveform, *, on_progress: OnProgress) -> tuple[tuple[Word, ...], ...]:
    """Recognise English; returns the words of every piece between two pauses.

    Their times are no more than their share of the piece by length: alignment finds the true ones.
    """
    peak = peak_of(waveform.samples)
    gain = _PEAK / peak if peak > 1e-4 else 1.0
    found: list[tuple[Word, ...]] = []
    for piece in split_at_pauses(waveform, longest_s=LONGEST_PIECE_S):
        on_progress(Progress(stage="words", fraction=piece.start_s / waveform.duration_s, note="Moonshine"))
        found += [words for words in _heard(model, waveform, piece, gain) if words]
    on_progress(Progress(stage="words", fraction=1.0, note="Moonshine"))
    return tuple(found)


def _heard(model: Moonshine, waveform: Waveform, piece: Span, gain: float) -> Iterator[tuple[Word, ...]]:
    """Yield the words of a piece; of its halves, if it as a whole gives none or no end."""
    if piece.duration_s < _SHORTEST_S:
        return
    said = _decode(model, _samples(waveform, piece, gain))
    if said.is_whole and said.tokens:
        yield _words_of(model, said, piece)
    elif piece.duration_s >= _SHORTEST_HALVED_S:
        part = waveform.cut(piece.start_s, piece.end_s)
        for half in split_at_pauses(part, longest_s=0.75 * piece.duration_s):
            span = Span(start_s=piece.start_s + half.start_s, end_s=piece.start_s + half.end_s)
            yield from _heard(model, waveform, span, gain)


def _samples(waveform: Waveform, span: Span, gain: float) -> Float[Array, "samples"]:
    start, stop = (round(time_s * AUDIO_RATE_HZ) for time_s in (span.start_s, span.end_s))
    return (waveform.samples[start:stop] * gain).astype(np.float32)


def _decode(model: Moonshine, samples: Float[Array, "samples"]) -> _Said:
    hidden = model.encoder.run(None, {"input_values": samples[None]})[0]
    nothing = np.zeros((1, _HEADS, 0, _HEAD_CHANNELS), dtype=np.float32)
    past = {each.name: nothing for each in model.decoder.get_inputs() if each.name.startswith("past")}
    every = [each.name for each in model.decoder.get_outputs()]
    changing = ["logits", *(name for name in every if ".decoder." in name)]
    tokens, probabilities = [_START], [1.0]
    limit = math.ceil(samples.shape[0] / AUDIO_RATE_HZ * _TOKENS_PER_S) + 4
    while len(tokens) <= limit:
        is_first = len(tokens) == 1
        feed = {
            "input_ids": np.array([tokens[-1:]], dtype=np.int64),
            "encoder_hidden_states": hidden,
            "use_cache_branch": np.array([not is_first]),
            **past,
        }
        names = every if is_first else changing
        answer = dict(zip(names, model.decoder.run(names, feed), strict=True))
        past = {name: answer.get(name.replace("past_key_values", "present"), kept) for name, kept in past.items()}
        token, probability = _likeliest(answer["logits"][0, -1])
        if token == _END:
            return _Said(tokens=tuple(tokens[1:]), probabilities=tuple(probabilities[1:]), is_whole=True)
        tokens.append(token)
        probabilities.append(probability)
    return _Said(tokens=tuple(tokens[1:]), probabilities=tuple(probabilities[1:]), is_whole=False)


def _likeliest(logits: Float[Array, "tokens"]) -> tuple[int, float]:
    token = int(logits.argmax())
    return token, float(1.0 / np.exp(logits.astype(np.float64) - float(logits[token])).sum())


def _words_of(model: Moonshine, said: _Said, span: Span) -> tuple[Word, ...]:
    """Join tokens to words; a word is as sure as the least sure of its tokens."""
    raw: list[bytes] = []
    sureness: list[float] = []
    for token, probability in zip(said.tokens, said.probabilities, strict=True):
        text = model.texts[token] if token < len(model.texts) else b""
        if text.startswith(_SPACE.encode()) or not raw:
            raw.append(b"")
            sureness.append(1.0)
        raw[-1] += text
        sureness[-1] = min(sureness[-1], probability)
    texts = [text.decode("utf-8", "replace").replace(_SPACE, " ").strip() for text in raw]
    kept = [(text, sure) for text, sure in zip(texts, sureness, strict=True) if is_word(text)]
    times = spread(" ".join(text.replace(" ", "") for text, _ in kept), span.start_s, span.end_s)
    return tuple(
        Word(text=text, start_s=start_s, end_s=end_s, confidence=sure)
        for (text, sure), (_, start_s, end_s) in zip(kept, times, strict=True)
    )
