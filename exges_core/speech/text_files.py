"""From a transcript's bytes to its text, and what a file is that is no text at all."""

from __future__ import annotations

import codecs
import zipfile
from io import BytesIO
from pathlib import Path

from exges_core.errors import TranscriptError, message
from exges_core.speech.encodings import found_out
from exges_core.speech.words import ADVICE

_AS_TEXT = "Save it as plain text, or export the transcript as SRT, VTT or JSON."
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF", _AS_TEXT),
    (b"{\\rtf", "a Rich Text document", _AS_TEXT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word or Excel document", _AS_TEXT),
    (b"RIFF", "binary data: a sound or video file", "Give the transcript, not the sound."),
    (b"OggS", "binary data: a sound file", "Give the transcript, not the sound."),
    (b"fLaC", "binary data: a sound file", "Give the transcript, not the sound."),
    (b"ID3", "binary data: a sound file", "Give the transcript, not the sound."),
    (b"\x1aE\xdf\xa3", "binary data: a Matroska or WebM file", "Give the transcript, not the video."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it first."),
    (b"ooBinaryFile", "a binary Praat file", "Save it in Praat as a text file."),
)
_ZIPS = (
    ("word/document.xml", "a Word document"), ("xl/workbook.xml", "an Excel workbook"),
    ("ppt/presentation.xml", "a PowerPoint file"), ("content.xml", "an OpenDocument file"),
)  # fmt: skip
_LARGEST_BYTES = 2**25
"""The wordiest format takes 10 MB for an hour."""


def text_of(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return a file's text with bare line feeds, and a warning where its encoding had to be found out.

    Raises:
        TranscriptError: if it is missing, empty, larger than 32 MB, no text, or in an encoding that cannot be told.
    """
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "nothing"
        raise TranscriptError(message(expected="a transcript file", got=kind, where=str(path), do="Check the path."))
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise TranscriptError(
            message(expected="a readable file", got=str(error), where=str(path), do="Check its permissions.")
        ) from error
    _refuse_foreign(raw, path)
    if len(raw) > _LARGEST_BYTES:
        most, do = f"a transcript of at most {_LARGEST_BYTES / 2**20:.0f} MB", "Give the words of this sound alone."
        raise TranscriptError(message(expected=most, got="a larger file", where=str(path), do=do))
    text, encoding = _decoded(raw, path)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise TranscriptError(message(expected="text", got="binary data", where=f"{path}:{line}", do=ADVICE))
    if not text.strip():
        raise TranscriptError(message(expected="a transcript", got="an empty file", where=str(path), do=ADVICE))
    notes = (f"the transcript is not UTF-8: read as {encoding}; check its accented letters",) if encoding else ()
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def _refuse_foreign(raw: bytes, path: Path) -> None:
    found = next(((got, do) for start, got, do in _MAGIC if raw.startswith(start)), None)
    if found is None and raw[4:8] == b"ftyp":
        found = "binary data: an MP4 or M4A file", "Give the transcript, not the sound."
    if found is None and raw.startswith(b"PK\x03\x04"):
        found = _zipped(raw), _AS_TEXT
    if found is not None:
        raise TranscriptError(message(expected="a transcript", got=found[0], where=str(path), do=found[1]))


def _zipped(raw: bytes) -> str:
    try:
        names = set(zipfile.ZipFile(BytesIO(raw)).namelist())
    except (zipfile.BadZipFile, ValueError):
        names = set[str]()
    return next((what for name, what in _ZIPS if name in names), "a ZIP archive")


def _decoded(raw: bytes, path: Path) -> tuple[str, str]:
    """Return the text, and the encoding's name where neither the file nor UTF-8 said it."""
    if raw.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return _strictly(raw, "utf-32", path), ""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strictly(raw, "utf-16", path), ""
    wide = _bare_utf16(raw)
    if wide is not None:
        return wide
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        guess = found_out(raw)
        if guess is not None:
            return guess
        line = raw[: error.start].count(b"\n") + 1
        got = f"byte 0x{raw[error.start]:02x}, which is neither UTF-8 nor any other encoding we can recognise"
        raise TranscriptError(
            message(expected="text in UTF-8", got=got, where=f"{path}:{line}", do="Save it as UTF-8.")
        ) from error


def _strictly(raw: bytes, encoding: str, path: Path) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        got = f"byte 0x{raw[error.start]:02x}, which is not {encoding.upper()}"
        raise TranscriptError(
            message(expected=f"text in {encoding.upper()}", got=got, where=str(path), do="Save it as UTF-8.")
        ) from error


def _bare_utf16(raw: bytes) -> tuple[str, str] | None:
    """Return UTF-16 without a byte order mark: line ends, spaces and digits have a zero as their other half."""
    if len(raw) < 4 or len(raw) % 2:
        return None
    for encoding, high, low in (("utf-16-le", raw[1::2], raw[::2]), ("utf-16-be", raw[::2], raw[1::2])):
        plain = sum(1 for a, b in zip(high, low, strict=True) if a == 0 and b in b" \n\r\t.,:0123456789")
        if plain >= 0.05 * len(high) and 0 not in low:
            try:
                return raw.decode(encoding), encoding.upper()
            except UnicodeDecodeError:
                return None
    return None
