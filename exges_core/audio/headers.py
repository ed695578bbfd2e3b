"""Headers that lie about how much sound follows: recorders that crashed, streams, files over 4 GB, cut-off copies.

A header is believed as far as it fits the file. Where it does not, the samples are read to the file's end, and a note
says so. Only the few fields about sizes are looked at here: libsndfile decodes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from exges_core.audio.streams import Piece, bytes_at, size_of

MPEG_TAGS = (0x50, 0x55)
"""Format tags of a WAV file whose samples are MPEG audio, which libsndfile does not decode."""
_UNKNOWN_LENGTHS = (0xFFFFFFFF, 0x7FFFFFFF, 2**64 - 1, 2**63 - 1)
_PLACEHOLDER_FROM = 0x7FFFF000
_RIFF_LIMIT = 0xFFFFFFFF - 1024
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
_TRAILING = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")
_BEHIND_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How a file is to be handed to the decoder.

    Attributes:
        pieces: what it shall read.
        tag: the format tag of a WAV file, 0 for others.
        speakers: the channel mask of a WAV file (bit 2 = front centre, bit 3 = low frequency effects), 0 if unknown.
        note: what the header got wrong, in plain words, or "".
    """

    pieces: tuple[Piece, ...]
    tag: int = 0
    speakers: int = 0
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class _Grammar:
    """How a container writes its chunks: a name, a size (with or without the header itself), padding."""

    start: int
    name_bytes: int
    size_format: str
    sound: bytes
    align: int
    counts_header: bool = False

    @property
    def header_bytes(self) -> int:
        return self.name_bytes + struct.calcsize(self.size_format)


@dataclass(frozen=True, kw_only=True)
class _Chunk:
    name: bytes
    body: int
    size: int
    was_unpadded: bool = False


_RIFF = _Grammar(start=12, name_bytes=4, size_format="<I", sound=b"data", align=2)
_AIFF = _Grammar(start=12, name_bytes=4, size_format=">I", sound=b"SSND", align=2)
_CAF = _Grammar(start=8, name_bytes=4, size_format=">Q", sound=b"data", align=1)
_W64 = _Grammar(start=40, name_bytes=16, size_format="<Q", sound=b"data" + _W64_TAIL, align=8, counts_header=True)


def opening_of(raw: BinaryIO) -> Opening:
    """Look at a file's header and return what a decoder shall be given: the file itself where it is in order."""
    head = bytes_at(raw, 0, 40)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return _open_riff(raw, head[:4])
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return _open_aiff(raw)
    if head[:4] == b".snd":
        return _open_au(raw, head)
    if head[:4] == b"caff":
        return _open_patched(raw, _CAF, edit_count=4)
    if head[:16] == b"riff.\x91\xcf\x11\xa5\xd6(\xdb\x04\xc1\x00\x00":
        return _open_patched(raw, _W64)
    return Opening(pieces=(range(size_of(raw)),))


def wave_format(body: bytes) -> tuple[int, int, int, int]:
    """Return format tag, channels, rate in Hz and channel mask of a WAV file's `fmt ` chunk.

    Raises:
        ValueError: if the chunk is too short to hold them.
    """
    if len(body) < 16:
        raise ValueError(f"a format chunk of {len(body)} bytes")
    tag, channels, rate_hz = struct.unpack("<HHI", body[:8])
    if tag != 0xFFFE or len(body) < 40:
        return tag, channels, rate_hz, 0
    mask, inner = struct.unpack("<IH", body[20:26])
    return inner, channels, rate_hz, mask


def _chunks(raw: BinaryIO, grammar: _Grammar, at: int) -> Iterator[_Chunk]:
    """Yield chunks up to and with the sound's; one written without its padding is found, too."""
    was_unpadded = False
    while len(header := bytes_at(raw, at, grammar.header_bytes)) == grammar.header_bytes:
        name = header[: grammar.name_bytes]
        (size,) = struct.unpack(grammar.size_format, header[grammar.name_bytes :])
        size -= grammar.header_bytes if grammar.counts_header and size else 0
        body = at + grammar.header_bytes
        yield _Chunk(name=name, body=body, size=size, was_unpadded=was_unpadded)
        if name == grammar.sound:
            return
        at = body + -(-size // grammar.align) * grammar.align
        if at != body + size and _is_name(bytes_at(raw, body + size, 4)) and not _is_name(bytes_at(raw, at, 4)):
            at, was_unpadded = body + size, True


def _is_name(four: bytes) -> bool:
    return len(four) == 4 and all(0x20 <= each < 0x7F for each in four)


def _only_chunks_from(raw: BinaryIO, grammar: _Grammar, at: int, end: int) -> bool:
    """Return whether nothing but further chunks lies between a position and the file's end."""
    while end - at >= grammar.header_bytes:
        header = bytes_at(raw, at, grammar.header_bytes)
        (size,) = struct.unpack(grammar.size_format, header[grammar.name_bytes :])
        at += (size if grammar.counts_header else size + grammar.header_bytes) if size else grammar.header_bytes
        at = -(-at // grammar.align) * grammar.align
        if not _is_name(header[:4]) or at > end + grammar.align:
            return False
    return True


def _is_padding(raw: BinaryIO, behind: range) -> bool:
    """Return whether a stretch is zeros wherever it is looked at."""
    return not any(any(bytes_at(raw, at, 512)) for at in behind[:: max(1, len(behind) // 32)])


def _true_size(raw: BinaryIO, grammar: _Grammar, chunk: _Chunk, *, bytes_per_s: int) -> tuple[int, str]:
    """Return how many bytes of sound there are, and what the header got wrong ("" if nothing).

    Bytes behind the promised ones are sound only if they are no chunks, no tags, no padding, and last a while.
    """
    end = size_of(raw)
    there, size = end - chunk.body, chunk.size
    if size in _UNKNOWN_LENGTHS or (size > there and size >= _PLACEHOLDER_FROM and there < _PLACEHOLDER_FROM):
        return there, "the file's header does not say how long the sound is: it is read to the end of the file"
    if size > there:
        share = 1 - there / size
        return there, f"the file is cut off: {share:.0%} of the sound that its header promises is missing"
    behind = chunk.body + -(-size // grammar.align) * grammar.align
    if size == 0 and not _only_chunks_from(raw, grammar, chunk.body, end):
        return there, "the file's header says that no sound follows (did the recorder stop?): it is read to the end"
    is_tagged = bytes_at(raw, behind, 16).startswith(_TRAILING) or _is_padding(raw, range(behind, end))
    is_long = bytes_per_s > 0 and end - behind >= _BEHIND_S * bytes_per_s
    if size and is_long and not is_tagged and not _only_chunks_from(raw, grammar, behind, end):
        return there, f"the file's header promises only {size / there:.0%} of the sound there is: it is read to the end"
    return size, ""


def _open_riff(raw: BinaryIO, magic: bytes) -> Opening:
    """Open WAV, RF64 and BW64; where anything is wrong, a new header goes before the samples."""
    form, long_size, found = b"", None, None
    for found in _chunks(raw, _RIFF, _RIFF.start):
        if found.name == b"fmt ":
            form = bytes_at(raw, found.body, min(found.size, 4096))
        if found.name == b"ds64" and len(sizes := bytes_at(raw, found.body, 16)) == 16:
            (long_size,) = struct.unpack("<Q", sizes[8:])
    whole = range(size_of(raw))
    if found is None or found.name != b"data" or len(form) < 16:
        return Opening(pieces=(whole,))
    tag, _, _, speakers = wave_format(form)
    if long_size is not None and found.size == 0xFFFFFFFF:
        found = _Chunk(name=found.name, body=found.body, size=long_size, was_unpadded=found.was_unpadded)
    size, note = _true_size(raw, _RIFF, found, bytes_per_s=struct.unpack("<I", form[8:12])[0])
    sound = range(found.body, found.body + size)
    if tag in MPEG_TAGS:
        return Opening(pieces=(sound,), tag=tag, note=note)
    is_sound = not note and not found.was_unpadded and magic != b"BW64"
    pieces = (whole,) if is_sound else (_riff_header(form, size), sound)
    return Opening(pieces=pieces, tag=tag, speakers=speakers, note=note)


def _riff_header(form: bytes, size: int) -> bytes:
    """Write the header that the samples should have had: RF64 from 4 GB on."""
    fmt = struct.pack("<4sI", b"fmt ", len(form)) + form + bytes(len(form) % 2)
    if size < _RIFF_LIMIT:
        return (
            struct.pack("<4sI4s", b"RIFF", 4 + len(fmt) + 8 + size, b"WAVE") + fmt + struct.pack("<4sI", b"data", size)
        )
    ds64 = struct.pack("<4sIQQQI", b"ds64", 28, 4 + 36 + len(fmt) + 8 + size, size, 0, 0)
    return struct.pack("<4sI4s", b"RF64", 0xFFFFFFFF, b"WAVE") + ds64 + fmt + struct.pack("<4sI", b"data", 0xFFFFFFFF)


def _open_patched(raw: BinaryIO, grammar: _Grammar, *, edit_count: int = 0) -> Opening:
    """Open a container whose sound chunk alone says the length; `edit_count` bytes of it precede the samples."""
    chunk = _sound_chunk(raw, grammar)
    whole = range(size_of(raw))
    if chunk is None:
        return Opening(pieces=(whole,))
    size, note = _true_size(raw, grammar, chunk, bytes_per_s=0)
    if not note or size <= edit_count:
        return Opening(pieces=(whole,))
    written = size + (grammar.header_bytes if grammar.counts_header else 0)
    field = chunk.body - struct.calcsize(grammar.size_format)
    return _patched(raw, chunk.body, {field: struct.pack(grammar.size_format, written)}, note)


def _sound_chunk(raw: BinaryIO, grammar: _Grammar) -> _Chunk | None:
    return next((each for each in _chunks(raw, grammar, grammar.start) if each.name == grammar.sound), None)


def _open_aiff(raw: BinaryIO) -> Opening:
    """Open AIFF, whose length stands in two chunks: frames in COMM, bytes in SSND (after 8 bytes of its own)."""
    chunks = {each.name: each for each in _chunks(raw, _AIFF, _AIFF.start)}
    common, sound = chunks.get(b"COMM"), chunks.get(b"SSND")
    end = size_of(raw)
    if common is None or sound is None or len(fields := bytes_at(raw, common.body, 8)) < 8:
        return Opening(pieces=(range(end),))
    channels, frames, bits = struct.unpack(">HIH", fields)
    wanted = _Chunk(name=sound.name, body=sound.body, size=0 if sound.size <= 8 else sound.size)
    size, note = _true_size(raw, _AIFF, wanted, bytes_per_s=0)
    frame_bytes = channels * -(-bits // 8)
    if not frame_bytes or size <= 8 or not (note or (frames == 0 and size > 8)):
        return Opening(pieces=(range(end),))
    fields_at = {
        4: struct.pack(">I", min(end - 8, 0xFFFFFFFF)),
        common.body + 2: struct.pack(">I", (size - 8) // frame_bytes),
        sound.body - 4: struct.pack(">I", min(size, 0xFFFFFFFF)),
    }
    said = note or "the file's header says that no sound follows (did the recorder stop?): it is read to the end"
    return _patched(raw, sound.body, fields_at, said)


def _open_au(raw: BinaryIO, head: bytes) -> Opening:
    end = size_of(raw)
    start, size = struct.unpack(">II", head[4:12]) if len(head) >= 12 else (end, 0)
    chunk = _Chunk(name=b"", body=min(start, end), size=size)
    there, note = _true_size(raw, _AIFF, chunk, bytes_per_s=0)
    if not note or start >= end or there >= _RIFF_LIMIT:
        return Opening(pieces=(range(end),))
    return _patched(raw, start, {8: struct.pack(">I", there)}, note)


def _patched(raw: BinaryIO, body: int, fields: Mapping[int, bytes], note: str) -> Opening:
    """Return the file with some bytes before its sound replaced."""
    head = bytearray(bytes_at(raw, 0, body))
    for at, field in fields.items():
        head[at : at + len(field)] = field
    return Opening(pieces=(bytes(head), range(body, size_of(raw))), note=note)
