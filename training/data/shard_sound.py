"""Sound in few bytes: Opus in Ogg through libsndfile, to the sample and to the bit repeatable. Only bytes: no files."""

from __future__ import annotations

import io
import zlib

import soundfile

from exges_core.audio.waveform import Waveform
from exges_core.timeline import AUDIO_RATE_HZ

LEVEL = 0.95
"""libsndfile's compression level, 0 to 1: 18 kbit/s, 8 MB an hour; features differ by 0.1 of their unit."""
_BLOCK = AUDIO_RATE_HZ * 8
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def pack(waveform: Waveform, *, level: float = LEVEL) -> bytes:
    """Return the sound as Ogg Opus at a compression level; the same samples always give the same bytes."""
    stream = io.BytesIO()
    with soundfile.SoundFile(
        stream,
        "w",
        samplerate=AUDIO_RATE_HZ,
        channels=1,
        format="OGG",
        subtype="OPUS",
        compression_level=level,
    ) as file:
        for start in range(0, len(waveform.samples), _BLOCK):  # libsndfile keeps a whole call on its stack
            file.write(waveform.samples[start : start + _BLOCK])
    return _with_serial_zero(stream.getvalue())


def unpack(data: bytes, samples: int) -> Waveform:
    """Return `samples` samples of the sound.

    Raises:
        ValueError: if it cannot be decoded or has another length.
    """
    try:
        found, rate_hz = soundfile.read(io.BytesIO(data), dtype="float32")
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise ValueError(f"not packed sound ({error})") from error
    if found.shape != (samples,) or rate_hz != AUDIO_RATE_HZ:
        raise ValueError(f"packed sound of shape {found.shape} at {rate_hz} Hz, not ({samples},) at {AUDIO_RATE_HZ}")
    return Waveform(samples=found)


def _with_serial_zero(ogg: bytes) -> bytes:
    """Replace the random number of an Ogg stream by 0 in every page (RFC 3533), and each page's checksum with it."""
    pages = bytearray(ogg)
    start = 0
    while start < len(pages):
        lacing = pages[start + 26]
        stop = start + 27 + lacing + sum(pages[start + 27 : start + 27 + lacing])
        pages[start + 14 : start + 18] = bytes(4)
        pages[start + 22 : start + 26] = bytes(4)
        pages[start + 22 : start + 26] = _checksum(bytes(pages[start:stop])).to_bytes(4, "little")
        start = stop
    return bytes(pages)


def _checksum(page: bytes) -> int:
    """Return Ogg's CRC-32: zlib's polynomial, but bits are taken from the other end and nothing is inverted."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
