"""MPEG audio (MP1, MP2, MP3) as the runs of whole frames in a file: tags, junk and damage between them are left out.

The decoder gives up at a kilobyte of zeros and knows no file that begins in the middle of a frame; it need not. And it
ends where the stream's first frame says (Xing, Info), or where it guesses without one (a third of a file of varying bit
rate): so that frame is made to tell the truth.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from exges_core.audio.streams import Piece, bytes_at

_ALIKE = 0xFFFE0C00
"""Bits that all frames of a stream share: sync, version, layer, sample rate."""
_KBPS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_SURE_FRAMES = 8
"""So many frames in a row are no accident, wherever in a file they begin."""
_MISSING_S = 0.05
_SEARCHED = 1 << 20
_STEP = 1 << 16
_HAS_FRAMES, _HAS_BYTES = 1, 2


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Where the frames of a stream are.

    Attributes:
        pieces: what a decoder shall read: all whole frames, with their number in the first.
        damaged: byte positions of what stands between frames and is neither frame nor tag.
        first_damage_s: when the first of them comes, in seconds, or None.
        missing_s: how much shorter the stream is than its first frame promises.
    """

    pieces: tuple[Piece, ...]
    damaged: tuple[range, ...]
    first_damage_s: float | None
    missing_s: float

    @property
    def notes(self) -> list[str]:
        """Say what is damaged or missing."""
        notes: list[str] = []
        if self.damaged:
            size, places = sum(map(len, self.damaged)), len(self.damaged)
            where = f"{places} place{'s' if places > 1 else ''}, the first at {self.first_damage_s:.2f} s"
            notes.append(f"the MP3 is damaged ({size} bytes at {where}): what follows comes early")
        if self.missing_s > _MISSING_S:
            notes.append(f"the MP3 is damaged or cut off: {self.missing_s:.2f} s are missing")
        return notes


def find_frames(raw: BinaryIO, within: range, *, anywhere: bool = False) -> Frames | None:
    """Return the MPEG frames in a range of a file, or None if it does not begin with any.

    Args:
        raw: the file.
        within: where to look.
        anywhere: accept a stream that begins anywhere in the first megabyte.
    """
    at = _behind_tags(raw, within.start)
    head = bytes_at(raw, at, 4)
    sure = _SURE_FRAMES if anywhere else 3
    if not anywhere and _frame(head) is None and at == within.start:
        return None
    first = _sync(raw, at, min(within.stop, at + _SEARCHED), within.stop, alike=None, frames=sure)
    return None if first is None else _walk(raw, first, within.stop)


def _frame(four: bytes) -> tuple[int, int, float] | None:
    """Return (shared bits, bytes, seconds) of the frame with this header, or None if it is none."""
    if len(four) < 4 or four[0] != 0xFF or four[1] < 0xE0:
        return None
    (word,) = struct.unpack(">I", four)
    version, layer = word >> 19 & 3, 4 - (word >> 17 & 3)
    kbps_at, rate_at, padding = word >> 12 & 15, word >> 10 & 3, word >> 9 & 1
    if version == 1 or layer == 4 or not 0 < kbps_at < 15 or rate_at == 3:
        return None
    family = 1 if version == 3 else 2
    rate_hz = _RATES_HZ[version][rate_at]
    bits_per_s = 1000 * _KBPS[family, layer][kbps_at - 1]
    if layer == 1:
        return word & _ALIKE, (12 * bits_per_s // rate_hz + padding) * 4, 384 / rate_hz
    samples = 576 if layer == 3 and family == 2 else 1152
    return word & _ALIKE, samples // 8 * bits_per_s // rate_hz + padding, samples / rate_hz


def _walk(raw: BinaryIO, first: int, stop: int) -> Frames:
    runs: list[range] = []
    damaged: list[range] = []
    at = start = first
    count, first_damage_s = 0, None
    alike, _, frame_s = _frame(bytes_at(raw, first, 4)) or (0, 0, 0.0)
    while at + 4 <= stop:
        frame = _frame(bytes_at(raw, at, 4))
        if frame is not None and frame[0] == alike and at + frame[1] <= stop:
            at, count = at + frame[1], count + 1
            continue
        runs.append(range(start, at))
        behind = _behind_tags(raw, at)
        start = at
        again = _sync(raw, behind, stop, stop, alike=alike, frames=2)
        if again is None:
            break
        if again > behind:
            damaged.append(range(behind, again))
            first_damage_s = count * frame_s if first_damage_s is None else first_damage_s
        at = start = again
    runs.append(range(start, at))
    pieces, missing = _counted(raw, [run for run in runs if run], count)
    return Frames(
        pieces=pieces, damaged=tuple(damaged), first_damage_s=first_damage_s, missing_s=max(0, missing) * frame_s
    )


def _counted(raw: BinaryIO, runs: list[range], count: int) -> tuple[tuple[Piece, ...], int]:
    """Return the runs with the right number of frames in front, and how many frames fewer there are than promised."""
    (word,) = struct.unpack(">I", bytes_at(raw, runs[0].start, 4))
    if 4 - (word >> 17 & 3) != 3:  # layers 1 and 2 know no such frame, and have one bit rate
        return tuple(runs), 0
    is_mono, is_mpeg1 = word >> 6 & 3 == 3, word >> 19 & 3 == 3
    at = 4 + ((17 if is_mono else 32) if is_mpeg1 else (9 if is_mono else 17))
    size = (_frame(bytes_at(raw, runs[0].start, 4)) or (0, 0, 0.0))[1]
    first = bytearray(bytes_at(raw, runs[0].start, size))
    if bytes(first[at : at + 4]) not in (b"Xing", b"Info"):
        loud = word & ~0xF000 | 0xB000 | 1 << 16  # at a bit rate that leaves room, without a checksum
        header = struct.pack(">I", loud)
        size = (_frame(header) or (0, 0, 0.0))[1]
        body = bytes(at - 4) + struct.pack(">4sII", b"Xing", _HAS_FRAMES, count)
        return (header + body + bytes(size - 4 - len(body)), *runs), 0
    flags, promised = struct.unpack(">II", first[at + 4 : at + 12])
    if not flags & _HAS_FRAMES or promised == count - 1:
        return tuple(runs), 0
    struct.pack_into(">I", first, at + 8, count - 1)
    if flags & _HAS_BYTES:
        struct.pack_into(">I", first, at + 12, min(sum(map(len, runs)), 0xFFFFFFFF))
    return (bytes(first), range(runs[0].start + size, runs[0].stop), *runs[1:]), promised - (count - 1)


def _sync(raw: BinaryIO, at: int, until: int, stop: int, *, alike: int | None, frames: int) -> int | None:
    """Return the first position where `frames` consecutive frames begin (or fewer, if they end the file)."""
    while at < until:
        block = bytes_at(raw, at, min(_STEP, until - at) + 3)
        found = block.find(b"\xff")
        while 0 <= found < len(block) - 3:
            if _is_run(raw, at + found, stop, alike, frames):
                return at + found
            found = block.find(b"\xff", found + 1)
        at += _STEP
    return None


def _is_run(raw: BinaryIO, at: int, stop: int, alike: int | None, frames: int) -> bool:
    seen = 0
    while seen < frames:
        frame = _frame(bytes_at(raw, at, 4))
        if frame is None or (alike is not None and frame[0] != alike):
            return False
        alike, at, seen = frame[0], at + frame[1], seen + 1
        if at >= stop:
            return at == stop and seen > 0
    return True


def _behind_tags(raw: BinaryIO, at: int) -> int:
    """Return the position behind all ID3, APE and Lyrics3 tags that start here."""
    while True:
        head = bytes_at(raw, at, 32)
        if head.startswith(b"ID3") and len(head) >= 10:
            size = sum((each & 0x7F) << shift for each, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
            at += 10 + size + (10 if head[5] & 0x10 else 0)
        elif head.startswith(b"TAG"):
            at += 128
        elif head.startswith(b"APETAGEX") and len(head) == 32:
            size, flags = struct.unpack("<I4xI", head[12:24])
            at += 32 + (size if flags & 0x20000000 else 0)
        else:
            return at
