"""Sound files in and out: any format, rate and channel count to mono 16 kHz float32, in bounded memory.

Only input and output of samples lives here, and what can be said of a recording without analysing it (its level, its
clipping). Features are `features`; words are the next room's.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import numpy as np
import soundfile
import soxr

from exges_core.arrays import Array, Float
from exges_core.audio.channels import ChannelSums, Mix
from exges_core.audio.clipping import FULL_SCALE, is_clipped
from exges_core.audio.level import SILENCE_DB, blocks_with_power, decibels, level_out
from exges_core.audio.sources import ADVICE, Source, one_line, open_source
from exges_core.errors import AudioError, OutputError, message
from exges_core.files import replacing
from exges_core.timeline import AUDIO_RATE_HZ

MIN_DURATION_S = 0.3
"""Shorter sound holds no gesture and is refused."""
MOST_DURATION_S = 3 * 3600.0
"""Longer sound is refused: a file of a few megabytes may hold days of silence, which no memory holds."""
_RATES_HZ = (1_000, 1_000_000)
_SPARE_S, _LEAST_BYTES_PER_S = 60.0, 20.0
"""No format packs sound tighter; FLAC's digital silence takes twice as much."""
_MOST_SAMPLE = 1e10
"""Floating-point files may hold 32-bit numbers as they are; nothing is louder."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Waveform:
    """Mono sound at 16 kHz.

    Attributes:
        samples: float32, full scale at 1.
        source_clipped_share: share of clipped samples in the file this came from (resampling hides clipping), or None
            for sound that came from no file.
        notes: what was doubtful about that file and what was done about it, in plain words, for the report.

    >>> Waveform(samples=np.zeros(8000, np.float32)).duration_s
    0.5
    """

    samples: Float[Array, "samples"]
    source_clipped_share: float | None = None
    notes: tuple[str, ...] = ()

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
        return replace(self, samples=part)


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
    """Read a sound file as mono 16 kHz; the content decides the format, not the suffix.

    Channels are averaged, unless they cancel, carry nothing, or one is a film's dialogue (`channels`); whatever was
    doubtful is in the result's notes. The file is decoded and resampled in blocks, so an hour of 48 kHz stereo needs
    little more than its 16 kHz result.

    >>> from exges_core import assets
    >>> round(read_waveform(assets.DEMO_SPEECH).duration_s, 1)
    21.8

    Raises:
        AudioError: if the path is no file, or the file is empty, not sound, damaged, holds samples that are not
            finite, or is shorter than `MIN_DURATION_S` or longer than `MOST_DURATION_S`.
    """
    where = str(path)
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "a pipe or a device" if path.exists() else "nothing"
        do = "Save the sound to a file." if path.exists() and not path.is_dir() else "Check the path."
        raise AudioError(message(expected="a sound file", got=kind, where=where, do=do))
    if path.stat().st_size == 0:
        raise AudioError(message(expected="a sound file", got="an empty file", where=where, do=ADVICE))
    try:
        return _read(path, where)
    except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
        got = f"a file that cannot be decoded ({one_line(error)})"
        raise AudioError(message(expected="sound", got=got, where=where, do=ADVICE)) from error


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
            raise OSError(one_line(error)) from error


def condition_of(waveform: Waveform) -> AudioCondition:
    """Measure level, clipping and silence; ours."""
    samples = waveform.samples
    size = samples.shape[0]
    if size == 0:
        return AudioCondition(is_silent=True, clipped_share=0.0, peak=0.0, rms_db=-200.0)
    total = loudest = peak = 0.0
    clipped_samples = 0
    for block, powers in blocks_with_power(samples):
        total += float(np.square(block).sum())
        loudest = max(loudest, float(powers.max()))
        peak = max(peak, float(np.abs(block).max()))
        clipped_samples += int(np.count_nonzero(np.abs(block) >= FULL_SCALE))
    clipped = waveform.source_clipped_share
    return AudioCondition(
        is_silent=decibels(loudest) < SILENCE_DB,
        clipped_share=clipped_samples / size if clipped is None else clipped,
        peak=peak,
        rms_db=decibels(total / size),
    )


def _require_length(samples: int, *, where: str, why: str = "") -> None:
    duration_s = samples / AUDIO_RATE_HZ
    if samples < round(MIN_DURATION_S * AUDIO_RATE_HZ):
        got = (f"{duration_s:.3f} s" if samples else "no samples") + (f" ({why})" if why else "")
        raise AudioError(message(expected=f"at least {MIN_DURATION_S} s of sound", got=got, where=where, do=ADVICE))


class _Level:
    """What is found out about a source's samples while they pass by."""

    def __init__(self, source: Source, where: str) -> None:
        self._source, self._where = source, where
        self.read = self.clipped = 0
        self.peak = 0.0

    def add(self, block: Array) -> None:
        """Check and measure one block.

        Raises:
            AudioError: if a sample is not finite, or so large that it is none of a sound.
        """
        if not (np.abs(block) <= _MOST_SAMPLE).all():
            self._refuse(block)
        self.read += block.shape[0]
        self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))
        self.clipped += int(np.count_nonzero(is_clipped(block, self._source.subtype)))

    def _refuse(self, block: Array) -> NoReturn:
        if not np.isfinite(block).all():
            at_s = (self.read + int(np.argmin(np.isfinite(block).all(axis=1)))) / self._source.rate_hz
            got = f"NaN or infinity at {at_s:.3f} s"
            raise AudioError(
                message(expected="finite samples", got=got, where=self._where, do="Export the sound again.")
            )
        got = f"{np.abs(block).max():.3g} times full scale"
        raise AudioError(message(expected="sound", got=got, where=self._where, do="Export the sound again."))


def _read(path: Path, where: str) -> Waveform:
    """Read once as the mean of all channels; a second time where that turns out not to be how they belong together."""
    # A damaged packet table makes a decoder give hours of nothing out of a few kilobytes.
    longest_s = min(MOST_DURATION_S, _SPARE_S + path.stat().st_size / _LEAST_BYTES_PER_S)
    with closing(open_source(path)) as source:
        if not _RATES_HZ[0] <= source.rate_hz <= _RATES_HZ[1]:
            got = f"{source.rate_hz} Hz"
            raise AudioError(message(expected="a sample rate of 1 kHz to 1 MHz", got=got, where=where, do=ADVICE))
        level, sums = _Level(source, where), ChannelSums(source.channels, source.rate_hz)
        samples = _mono(source, Mix(), where, longest_s, level.add, sums.add)
        _require_length(samples.shape[0], where=where, why="; ".join(source.notes))
        mix = sums.mix(source.layout)
    if mix.weights is not None:
        del samples
        with closing(open_source(path)) as again:
            samples = _mono(again, mix, where, longest_s)
    levelled = level_out(samples, source_peak=level.peak, subtype=source.subtype)
    notes = (*source.notes, *mix.notes, *levelled)
    return Waveform(samples=samples, source_clipped_share=level.clipped / level.read, notes=notes)


def _mono(
    source: Source, mix: Mix, where: str, longest_s: float, *listeners: Callable[[Array], None]
) -> Float[Array, "samples"]:
    """Join the channels and resample, block by block; listeners see every block as it was."""
    rate_hz = source.rate_hz
    stream = soxr.ResampleStream(rate_hz, AUDIO_RATE_HZ, 1, dtype="float32") if rate_hz != AUDIO_RATE_HZ else None
    joined = _Joined()
    read = 0
    for block in source.blocks():
        for listen in listeners:
            listen(block)
        mono = block.mean(axis=1, dtype=np.float32) if mix.weights is None else block @ mix.weights
        read += mono.shape[0]
        if read > longest_s * rate_hz:
            do = "Cut a long sound into parts; one that its bytes cannot hold is damaged: export it again."
            raise AudioError(
                message(expected=f"at most {longest_s / 60:.4g} min of sound", got="more", where=where, do=do)
            )
        joined.add(mono if stream is None else stream.resample_chunk(mono))
    if stream is not None:
        joined.add(stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
    return joined.cut((2 * read * AUDIO_RATE_HZ + rate_hz) // (2 * rate_hz))


class _Joined:
    """An array that grows in place, so that an hour is never there twice."""

    def __init__(self) -> None:
        self._samples, self._filled = np.zeros(0, dtype=np.float32), 0

    def add(self, part: Array) -> None:
        """Append."""
        stop = self._filled + part.shape[0]
        if stop > self._samples.shape[0]:
            self._samples.resize(max(stop, self._samples.shape[0] * 9 // 8), refcheck=False)
        self._samples[self._filled : stop] = part
        self._filled = stop

    def cut(self, size: int) -> Float[Array, "samples"]:
        """Return exactly `size` samples, with zeros where there are fewer."""
        self._samples.resize(size, refcheck=False)
        return self._samples
