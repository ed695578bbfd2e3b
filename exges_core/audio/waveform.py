"""Sound files in and out: any format, rate and channel count to mono 16 kHz float32, in bounded memory.

Only input and output of samples lives here, and what can be said of a recording without analysing it (its level, its
clipping). Features are `features`; words are the next room's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO, cast

import numpy as np
import soundfile
import soxr

from exges_core.arrays import Float
from exges_core.errors import AudioError, OutputError, message
from exges_core.files import replacing
from exges_core.timeline import AUDIO_RATE_HZ

MIN_DURATION_S = 0.3
"""Shorter sound holds no gesture and is refused."""
SILENCE_DB = -60.0
"""Sound whose loudest 1/30 s stays below this level (dB re full scale) is silent."""
FULL_SCALE = 0.999
"""A sample at or beyond this magnitude counts as clipped."""
_BLOCK_S = 8
_LEVEL_HOP = AUDIO_RATE_HZ // 30
_RATES_HZ = (1_000, 1_000_000)
_MPEG_IN_WAV = (0x50, 0x55)
_ADVICE = "Give a WAV, FLAC, OGG or MP3 file of at least 0.3 s."


@dataclass(frozen=True, kw_only=True, eq=False)
class Waveform:
    """Mono sound at 16 kHz.

    Attributes:
        samples: float32, full scale at 1.
        source_clipped_share: share of clipped samples in the file this came from (resampling hides clipping), or None
            for sound that came from no file.
    """

    samples: Float[np.ndarray, "samples"]
    source_clipped_share: float | None = None

    @property
    def duration_s(self) -> float:
        """Return the length in seconds."""
        return self.samples.shape[0] / AUDIO_RATE_HZ

    def cut(self, start_s: float, end_s: float | None = None) -> Waveform:
        """Return the part from `start_s` to `end_s` (None = the end).

        Raises:
            AudioError: if less than `MIN_DURATION_S` is left.
        """
        stop = self.samples.shape[0] if end_s is None else round(end_s * AUDIO_RATE_HZ)
        part = self.samples[max(0, round(start_s * AUDIO_RATE_HZ)) : max(0, stop)]
        _require_length(part.shape[0], where=f"{start_s:g} s to {'the end' if end_s is None else f'{end_s:g} s'}")
        return Waveform(samples=part, source_clipped_share=self.source_clipped_share)


@dataclass(frozen=True, kw_only=True)
class AudioCondition:
    """What may be wrong with a recording.

    Attributes:
        is_silent: nothing in it is louder than `SILENCE_DB`.
        clipped_share: share of samples at or beyond full scale, 0 to 1.
        peak: greatest magnitude; full scale is 1.
        rms_db: level of the whole, dB re full scale (-200 for digital silence).
    """

    is_silent: bool
    clipped_share: float
    peak: float
    rms_db: float


def read_waveform(path: Path) -> Waveform:
    """Read a sound file as mono 16 kHz; the content decides the format, not the suffix; channels are averaged.

    The file is decoded and resampled in blocks, so an hour of 48 kHz stereo needs little more than its 16 kHz result.

    Raises:
        AudioError: if the path is no file, or the file is empty, not sound, damaged, holds samples that are not
            finite, or is shorter than `MIN_DURATION_S`.
    """
    where = str(path)
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "nothing"
        raise AudioError(message(expected="a sound file", got=kind, where=where, do="Check the path."))
    if path.stat().st_size == 0:
        raise AudioError(message(expected="a sound file", got="an empty file", where=where, do=_ADVICE))
    try:
        with path.open("rb") as raw, closing(_decoder(raw)) as sound:
            return _read(sound, where)
    except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
        got = f"a file that cannot be decoded ({_one_line(error)})"
        raise AudioError(message(expected="sound", got=got, where=where, do=_ADVICE)) from error


def write_waveform(path: Path, waveform: Waveform, *, subtype: str = "PCM_16") -> None:
    """Write a sound file in the format of the suffix (.wav, .flac), beside the target first, then renamed.

    Raises:
        OutputError: if the suffix is not a format for sound, or the file cannot be written.
    """
    kind = path.suffix.lstrip(".").upper()
    if not soundfile.check_format(kind, subtype):
        raise OutputError(
            message(expected=".wav or .flac", got=path.suffix or "no suffix", where=str(path), do="Rename it.")
        )
    with replacing(path) as temporary:
        try:
            soundfile.write(temporary, waveform.samples, AUDIO_RATE_HZ, format=kind, subtype=subtype)
        except soundfile.LibsndfileError as error:
            raise OSError(_one_line(error)) from error


def condition_of(waveform: Waveform) -> AudioCondition:
    """Measure level, clipping and silence; ours."""
    samples = waveform.samples
    size = samples.shape[0]
    if size == 0:
        return AudioCondition(is_silent=True, clipped_share=0.0, peak=0.0, rms_db=-200.0)
    total = loudest = peak = 0.0
    clipped_samples = 0
    for start in range(0, size, _BLOCK_S * AUDIO_RATE_HZ):
        block = samples[start : start + _BLOCK_S * AUDIO_RATE_HZ].astype(np.float64)
        edges = np.arange(0, block.shape[0], _LEVEL_HOP)
        powers = np.add.reduceat(np.square(block), edges)
        total += float(powers.sum())
        loudest = max(loudest, float((powers / np.diff(np.append(edges, block.shape[0]))).max()))
        peak = max(peak, float(np.abs(block).max()))
        clipped_samples += int(np.count_nonzero(np.abs(block) >= FULL_SCALE))
    clipped = waveform.source_clipped_share
    return AudioCondition(
        is_silent=_decibels(loudest) < SILENCE_DB,
        clipped_share=clipped_samples / size if clipped is None else clipped,
        peak=peak,
        rms_db=_decibels(total / size),
    )


def _decibels(power: float) -> float:
    return float(10 * np.log10(max(power, 1e-20)))


def _one_line(error: Exception) -> str:
    # libsndfile's own words; the full text would quote the Python object that was read from.
    text = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
    return " ".join(text.split())


def _require_length(samples: int, *, where: str) -> None:
    duration_s = samples / AUDIO_RATE_HZ
    if samples < round(MIN_DURATION_S * AUDIO_RATE_HZ):
        got = f"{duration_s:.3f} s" if samples else "no samples"
        raise AudioError(message(expected=f"at least {MIN_DURATION_S} s of sound", got=got, where=where, do=_ADVICE))


def _decoder(raw: BinaryIO) -> soundfile.SoundFile:
    """Open by content: the stream is handed on without its name; MP3 inside a RIFF header is unwrapped first."""
    inner = _mpeg_in_wav(raw)
    raw.seek(0)
    nameless = cast("BinaryIO", SimpleNamespace(read=raw.read, seek=raw.seek, tell=raw.tell))
    return soundfile.SoundFile(nameless if inner is None else BytesIO(inner))


def _mpeg_in_wav(raw: BinaryIO) -> bytes | None:
    """Return the MPEG stream of a WAV file whose format tag says MPEG, which libsndfile does not decode."""
    head = raw.read(12)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    is_mpeg = False
    while len(chunk := raw.read(8)) == 8:
        name, size = struct.unpack("<4sI", chunk)
        if name == b"data":
            return raw.read(size) if is_mpeg else None
        body = raw.read(size + size % 2)
        if name == b"fmt ":
            is_mpeg = len(body) >= 2 and struct.unpack("<H", body[:2])[0] in _MPEG_IN_WAV
    return None


def _read(sound: soundfile.SoundFile, where: str) -> Waveform:
    rate_hz = sound.samplerate
    if not _RATES_HZ[0] <= rate_hz <= _RATES_HZ[1]:
        raise AudioError(
            message(expected="a sample rate of 1 kHz to 1 MHz", got=f"{rate_hz} Hz", where=where, do=_ADVICE)
        )
    stream = soxr.ResampleStream(rate_hz, AUDIO_RATE_HZ, 1, dtype="float32") if rate_hz != AUDIO_RATE_HZ else None
    parts: list[np.ndarray] = []
    read = clipped = 0
    for block in _blocks(sound):
        if not np.isfinite(block).all():
            at_s = (read + int(np.argmin(np.isfinite(block).all(axis=1)))) / rate_hz
            got = f"NaN or infinity at {at_s:.3f} s"
            raise AudioError(message(expected="finite samples", got=got, where=where, do="Export the sound again."))
        mono = block.mean(axis=1, dtype=np.float32)
        read += mono.shape[0]
        clipped += int(np.count_nonzero((np.abs(block) >= FULL_SCALE).any(axis=1)))
        parts.append(mono if stream is None else stream.resample_chunk(mono))
    if stream is not None:
        parts.append(stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
    length = (2 * read * AUDIO_RATE_HZ + rate_hz) // (2 * rate_hz)
    _require_length(length, where=where)
    samples = np.zeros(length, dtype=np.float32)
    filled = 0
    for part in parts:
        fitting = part[: length - filled]
        samples[filled : filled + fitting.shape[0]] = fitting
        filled += fitting.shape[0]
    return Waveform(samples=samples, source_clipped_share=clipped / read)


def _blocks(sound: soundfile.SoundFile) -> Iterator[np.ndarray]:
    """Yield (samples, channels) blocks until nothing comes, whatever the header promised."""
    size = _BLOCK_S * sound.samplerate
    while (block := sound.read(size, dtype="float32", always_2d=True)).shape[0]:
        yield block
