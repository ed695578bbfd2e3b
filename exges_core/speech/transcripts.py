"""Transcripts in: TextGrid, SRT, VTT, JSON (Whisper's or a plain list) and plain text.

Reading and checking only: what a transcript says of itself. Whether it fits the sound is `recognise`'s question.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from exges_core.errors import TranscriptError, message
from exges_core.speech import subtitles, timed_files
from exges_core.speech.words import ADVICE, Transcript, plain_transcript


def read_transcript(path: Path) -> Transcript:
    """Read a transcript; its content decides the format, then its suffix.

    Raises:
        TranscriptError: if it is missing, empty, not text in a known encoding, malformed, or has negative, reversed
            or overlapping times; with the line where one is to blame.
    """
    text = _text_of(path)
    where, suffix, start = str(path), path.suffix.lower(), text.lstrip()
    if start.startswith('File type = "ooTextFile') or suffix == ".textgrid":
        return timed_files.read_textgrid(path, text)
    if start.startswith("WEBVTT") or suffix == ".vtt":
        return subtitles.read_vtt(text, where)
    if suffix == ".json" or (suffix not in {".txt", ".srt"} and start[:1] in {"{", "["}):
        return timed_files.read_json(text, where)
    if suffix == ".srt" or subtitles.looks_like_srt(start):
        return subtitles.read_srt(text, where)
    return plain_transcript(text, where)


def _text_of(path: Path) -> str:
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "nothing"
        raise TranscriptError(message(expected="a transcript file", got=kind, where=str(path), do="Check the path."))
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TranscriptError(
            message(expected="a readable file", got=str(error), where=str(path), do="Check its permissions.")
        ) from error
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        got = f"byte 0x{raw[error.start]:02x}, which is not {'UTF-16' if wide else 'UTF-8'}"
        raise TranscriptError(
            message(expected="text in UTF-8", got=got, where=f"{path}:{line}", do="Save it as UTF-8.")
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise TranscriptError(message(expected="text", got="binary data", where=f"{path}:{line}", do=ADVICE))
    if not text.strip():
        raise TranscriptError(message(expected="a transcript", got="an empty file", where=str(path), do=ADVICE))
    return text.replace("\r\n", "\n").replace("\r", "\n")
