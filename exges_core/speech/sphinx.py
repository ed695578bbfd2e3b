"""Offline recognition with PocketSphinx, whose English model comes in its wheel: words with times, in bounded memory.

The only module, with `alignment` and `phones`, that talks to PocketSphinx. No transcripts here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from exges_core.audio.level import peak_of
from exges_core.audio.pauses import Span, split_at_pauses
from exges_core.audio.waveform import Waveform
from exges_core.protocol import OnProgress, Progress
from exges_core.speech.words import Word
from exges_core.timeline import AUDIO_RATE_HZ

if TYPE_CHECKING:
    from pocketsphinx import Decoder

DECODER_RATE_HZ = 100
LONGEST_PIECE_S = 20.0
_DITHER = 32.0
"""Noise of this many 16-bit steps, the same for the same stretch: a recogniser trained on rooms is lost in digital
silence, which synthetic and gated voices have."""
_VARIANT = re.compile(r"\(\d+\)$")
_FILLERS = ("<", "[", "+", "(")


def recognise_offline(waveform: Waveform, *, on_progress: OnProgress) -> tuple[Word, ...]:
    """Recognise English words piece by piece, each piece cut at a pause."""
    from pocketsphinx import Decoder

    decoder = Decoder(loglevel="FATAL", samprate=AUDIO_RATE_HZ)
    gain = pcm_gain(waveform)
    words: list[Word] = []
    for piece in split_at_pauses(waveform, longest_s=LONGEST_PIECE_S):
        on_progress(Progress(stage="words", fraction=piece.start_s / waveform.duration_s, note="PocketSphinx"))
        decode(decoder, pcm_of(waveform, piece, gain))
        words += [replace(word, end_s=min(word.end_s, waveform.duration_s)) for word in spoken(decoder, piece.start_s)]
    on_progress(Progress(stage="words", fraction=1.0, note="PocketSphinx"))
    return tuple(words)


def pcm_gain(waveform: Waveform) -> float:
    """Return the gain to near full scale, so that quiet sound does not lose bits in 16-bit integers."""
    peak = peak_of(waveform.samples)
    return 0.95 / peak if peak > 1e-4 else 1.0


def pcm_of(waveform: Waveform, span: Span, gain: float) -> bytes:
    """Return a stretch as little-endian 16-bit samples."""
    start, stop = (round(time_s * AUDIO_RATE_HZ) for time_s in (span.start_s, span.end_s))
    dither = np.random.default_rng(start).uniform(
        -_DITHER, _DITHER, max(0, min(stop, waveform.samples.shape[0]) - start)
    )
    return np.rint(waveform.samples[start:stop] * (gain * 32767) + dither).astype("<i2").tobytes()


def decode(decoder: Decoder, pcm: bytes) -> None:
    """Run one utterance through whatever search is active; the decoder keeps nothing of the one before."""
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()


def spoken(decoder: Decoder, offset_s: float) -> list[Word]:
    """Return the words that were decoded, without silences, noises and variant marks; as sure as their posteriors."""
    if decoder.hyp() is None:
        return []
    return [
        Word(
            text=_VARIANT.sub("", each.word),
            start_s=offset_s + each.start_frame / DECODER_RATE_HZ,
            end_s=offset_s + (each.end_frame + 1) / DECODER_RATE_HZ,
            confidence=min(1.0, each.prob),
        )
        for each in decoder.seg()
        if not each.word.startswith(_FILLERS)
    ]
