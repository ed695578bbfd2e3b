"""A sound file, opened by whoever can decode it: libsndfile first, then an ffmpeg that is there.

The content decides, never the suffix. What was repaired, missing or damaged on the way is in the source's notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO, Protocol, cast, runtime_checkable

import numpy as np
import soundfile

from exges_core.arrays import Array, Float
from exges_core.audio import ogg
from exges_core.audio.channels import Layout
from exges_core.audio.chatter import Complaints
from exges_core.audio.ffmpeg import HOW_TO_GET, find_ffmpeg, open_with_ffmpeg
from exges_core.audio.headers import MPEG_TAGS, Opening, opening_of
from exges_core.audio.kinds import kind_of
from exges_core.audio.mpeg import Frames, find_frames
from exges_core.audio.streams import Stream, bytes_at, size_of
from exges_core.errors import AudioError, message

ADVICE = "Give a WAV, FLAC, OGG or MP3 file of at least 0.3 s."
_BUFFER_BYTES = 1 << 16
_KIND_BYTES = 4096
_BLOCK_VALUES = 1 << 20
_READ_FRAMES = 4096
_MISSING_S = 0.05
_SAMPLE_DUMP = rb"\xf0\x7e.\x01"
"""How they begin. libsndfile decodes them, but prints what is wrong to standard output."""
_UNKNOWN_FRAMES = 1 << 48
_SILENT = frozenset({"WAV", "WAVEX", "RF64", "W64", "AIFF", "FLAC", "OGG", "CAF", "AU"})
"""Formats whose decoders print nothing while they decode, whatever is in the file."""


@runtime_checkable
class Source(Protocol):
    """An open sound.

    Attributes:
        subtype: libsndfile's name of the sample format, or FFMPEG.
        layout: the roles of its channels.
        notes: what was repaired, missing or damaged; complete once the blocks have ended.
    """

    rate_hz: int
    channels: int
    subtype: str
    layout: Layout
    notes: list[str]

    def blocks(self) -> Iterator[Float[Array, "samples channels"]]:
        """Yield the samples, full scale at 1, until nothing comes, whatever the header promised."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def open_source(path: Path) -> Source:
    """Open a sound file.

    Raises:
        AudioError: if no decoder that is here reads it.
        OSError: if the file cannot be read.
    """
    raw = path.open("rb", buffering=_BUFFER_BYTES)
    if re.match(_SAMPLE_DUMP, bytes_at(raw, 0, 4), re.DOTALL):
        raw.close()
        raise AudioError(message(expected="sound", got="a MIDI sample dump (SDS)", where=str(path), do=ADVICE))
    try:
        return _open_here(raw)
    except soundfile.LibsndfileError as failure:
        kind = kind_of(bytes_at(raw, 0, _KIND_BYTES))
        raw.close()
        if kind is None:
            got, do = f"a file that cannot be decoded ({one_line(failure)})", ADVICE
        elif (program := find_ffmpeg()) is not None:
            return open_with_ffmpeg(path, program, kind)
        else:
            got, do = f"{kind}, which needs ffmpeg", HOW_TO_GET
        raise AudioError(message(expected="sound", got=got, where=str(path), do=do)) from failure
    except BaseException:
        raw.close()
        raise


def one_line(error: Exception) -> str:
    """Return libsndfile's own words; the full text would quote the Python object that was read from."""
    text = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
    return " ".join(text.split())


def _open_here(raw: BinaryIO) -> _SndfileSound:
    """Open with libsndfile; MPEG audio is handed to it frame by frame, wherever in the file it begins."""
    opening = opening_of(raw)
    is_wrapped = opening.tag in MPEG_TAGS
    within = opening.pieces[-1] if is_wrapped else range(size_of(raw))
    frames = find_frames(raw, within) if isinstance(within, range) else None
    try:
        return _SndfileSound(raw, opening, frames)
    except soundfile.LibsndfileError:
        frames = None
        if kind_of(bytes_at(raw, 0, _KIND_BYTES)) is None:
            frames = find_frames(raw, range(size_of(raw)), anywhere=True)
        if frames is None:
            raise
    return _SndfileSound(raw, opening, frames)


class _ForwardOnly(soundfile.SoundFile):
    """A sound that is read once through: soundfile seeks after every read, which costs, and strays in damaged files."""

    def seekable(self) -> bool:
        return False


class _SndfileSound:
    """A sound that libsndfile decodes."""

    def __init__(self, raw: BinaryIO, opening: Opening, frames: Frames | None) -> None:
        self._raw, self._complaints = raw, Complaints()
        self.notes = [*([opening.note] if opening.note else []), *(frames.notes if frames else [])]
        self._stream = Stream(raw, opening.pieces if frames is None else frames.pieces)
        nameless = SimpleNamespace(read=self._stream.read, seek=self._stream.seek, tell=self._stream.tell)
        with self._complaints.listening():
            self._sound = _ForwardOnly(cast("BinaryIO", nameless))
        is_silent = self._sound.format in _SILENT and not self._sound.subtype.startswith("MPEG")
        self._listening = nullcontext if is_silent else self._complaints.listening
        self.rate_hz, self.channels, self.subtype = self._sound.samplerate, self._sound.channels, self._sound.subtype
        self.layout = _layout(self._sound.format, self.channels, opening.speakers)

    def blocks(self) -> Iterator[Float[Array, "samples channels"]]:
        most = max(_READ_FRAMES, _BLOCK_VALUES // self.channels // _READ_FRAMES * _READ_FRAMES)
        read, is_more = 0, True
        while is_more:
            parts: list[Array] = []
            with self._listening():
                while is_more and len(parts) * _READ_FRAMES < most:
                    part = self._next(read)
                    is_more = part.shape[0] > 0
                    read += part.shape[0]
                    parts.append(part)
            yield np.concatenate(parts)
        self._say_what_is_missing(read)

    def _next(self, read: int) -> Array:
        """Decode a little; where the decoder stumbles, go on behind it if it can."""
        size = _READ_FRAMES
        if self._sound.format == "FLAC" and 0 < self._sound.frames < _UNKNOWN_FRAMES:
            size = min(size, self._sound.frames - read)  # what stands behind a FLAC stream is no sound
        for _ in range(3 if size > 0 else 0):
            try:
                return self._sound.read(size, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError:
                self._complaints.count += 1
        return np.zeros((0, self.channels), dtype=np.float32)

    def _say_what_is_missing(self, read: int) -> None:
        if self._stream.failure is not None:
            raise self._stream.failure
        promised = self._sound.frames
        missing_s = (promised - read) / self.rate_hz
        if missing_s > _MISSING_S and promised < _UNKNOWN_FRAMES:
            self.notes.append(
                f"the file is damaged or cut off: {missing_s:.2f} s of {promised / self.rate_hz:.2f} s are missing"
            )
        elif self._complaints.count:
            self.notes.append("the file is damaged: parts of the sound could not be decoded")
        if self._sound.format == "OGG":
            self.notes.extend(ogg.notes_of(self._raw))

    def close(self) -> None:
        with self._listening():
            self._sound.close()
        self._raw.close()


def _layout(format_: str, channels: int, speakers: int) -> Layout:
    """Return the channels' roles: FLAC's and Ogg's codecs fix them, WAV says them, others do not."""
    if format_ == "FLAC" and channels in (3, 5, 6, 7, 8):
        return Layout(centre=2, low_effects=3 if channels >= 6 else None)
    if format_ == "OGG" and channels in (3, 5, 6, 7, 8):
        return Layout(centre=1, low_effects=channels - 1 if channels >= 6 else None)
    return Layout.of_mask(speakers, channels)
