"""Transcripts in: which format a file is in, and through its reader to words, cues or text.

Reading and checking only: what a transcript says of itself. Whether it fits the sound is `transcript_words`' question.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from exges_core.errors import TranscriptError, message
from exges_core.speech import json_files, styled_subtitles, subtitles, timed_files, timed_lines
from exges_core.speech.assembly import Listed, plain_transcript, transcript_of
from exges_core.speech.text_files import text_of
from exges_core.speech.words import ADVICE, Transcript
from exges_core.speech.xml_text import root_name

_FRAMES = re.compile(r"^\W*(?:\d+\s+)?\d\d:\d\d:\d\d[:;]\d\d\b.*\d\d:\d\d:\d\d[:;]\d\d", re.MULTILINE)
_XML_KINDS = {
    "html": "a web page (HTML)", "trans": "a Transcriber file", "xmeml": "a Final Cut or Premiere project",
    "fcpxml": "a Final Cut project", "annotation": "an Anvil file", "basic-transcription": "an EXMARaLDA file",
}  # fmt: skip
_NAMED_HEADS = (
    ("Scenarist_SCC", "Scenarist captions (SCC), which are codes in frames"),
    ("HIERARCHY", "motion (BVH)"),
    ("TITLE:", "an edit decision list (EDL)"), ("@UTF8", "a CHAT file (CHILDES)"),
    ("SPEAKER ", "RTTM, which says who speaks when but no words"),
)  # fmt: skip
_STRICT = {
    ".srt",
    ".vtt",
    ".json",
    ".textgrid",
    ".sbv",
    ".eaf",
    ".ttml",
    ".dfxp",
    ".ass",
    ".ssa",
    ".tsv",
    ".ctm",
    ".lrc",
}


def read_transcript(path: Path, *, speaker: str | None = None) -> Transcript:
    """Read a transcript; its content decides the format, then its suffix. `speaker` picks one of several.

    >>> from exges_core import assets
    >>> (read_transcript(assets.DEMO_TRANSCRIPT).text or "")[:20]
    'Hello everyone, and '

    Raises:
        TranscriptError: if it is missing, empty, not text, of a format that is not read, malformed, has negative,
            reversed or overlapping times, with the line where one is to blame; or there is no such speaker.
    """
    text, notes = text_of(path)
    if _reader(text, path.suffix.lower()) is json_files.read_json:
        text, said = json_files.without_halves(text)
        notes = (*notes, *said)
    try:
        made = _made(path, text, speaker)
    except TranscriptError:
        raise
    except (ArithmeticError, ValueError, RecursionError) as error:
        # Each reader knows its format's faults; numbers of hundreds of digits and deep nesting are no format's own.
        got = f"numbers or nesting that no program writes ({' '.join(str(error).split())[:80]})"
        raise TranscriptError(message(expected="a transcript", got=got, where=str(path), do=ADVICE)) from error
    return replace(made, warnings=(*notes, *made.warnings))


def _made(path: Path, text: str, speaker: str | None) -> Transcript:
    found = _listed(path, text, speaker)
    if isinstance(found, str):
        return plain_transcript(found, str(path), speaker=speaker)
    return transcript_of(found, str(path), speaker=speaker)


def _listed(path: Path, text: str, speaker: str | None) -> Listed | str:
    """Return what a file lists, or its text where it is a plain one."""
    where, suffix, start = str(path), path.suffix.lower(), text.lstrip()
    if start.startswith('File type = "ooTextFile') or suffix == ".textgrid":
        return timed_files.read_textgrid(path, text, speaker=speaker)
    if start.startswith("WEBVTT") or suffix == ".vtt":
        return subtitles.read_vtt(text, where)
    _refuse_named(start, where)
    if re.match(r"<(?:\?xml|!|[A-Za-z][\w:.-]*[\s>])", start) and start[:6].upper() != "<SAMI>":
        xml = _xml(text, where, speaker)
        if xml is not None:
            return xml
    reader = _reader(text, suffix)
    if reader is not None:
        return reader(text, where)
    if suffix in _STRICT:
        got, do = repr(start.split("\n", 1)[0][:40]), f"Export it again. {ADVICE}"
        raise TranscriptError(message(expected=f"a {suffix[1:].upper()} file", got=got, where=f"{where}:1", do=do))
    return text


def _reader(text: str, suffix: str) -> Callable[[str, str], Listed | str] | None:
    start = text.lstrip()
    styled = styled_subtitles.format_of(text)
    if styled is not None:
        return lambda body, where: styled_subtitles.read_styled(body, where, styled)
    if suffix == ".srt" or subtitles.looks_like_srt(start):
        return subtitles.read_srt
    if suffix == ".sbv" or subtitles.looks_like_sbv(start):
        return subtitles.read_sbv
    lines = timed_lines.reader_of(start)
    if lines is not None and suffix != ".json":
        return lines
    if suffix == ".json" or re.match(r"[\[{]\s*[\[{\"]", start):
        return json_files.read_json
    return None


def _xml(text: str, where: str, speaker: str | None) -> Listed | None:
    """Read the XML that holds transcripts, and name what is another; None where it is text with tags in it."""
    root = root_name(text)
    if root == "ANNOTATION_DOCUMENT":
        return timed_files.read_eaf(text, where, speaker=speaker)
    if root == "tt":
        return styled_subtitles.read_styled(text, where, "ttml")
    if root in {"transcript", "timedtext"}:
        return styled_subtitles.read_youtube_xml(text, where)
    if not text.lstrip().startswith("<?xml") and root.lower() not in _XML_KINDS and f"</{root}" not in text[-200:]:
        return None
    if root.lower() in {"i", "b", "u", "font", "v", "c"}:
        return None
    got = _XML_KINDS.get(root.lower(), f"another kind of XML (<{root}>)")
    raise TranscriptError(message(expected="a transcript", got=got, where=where, do=ADVICE))


def _refuse_named(start: str, where: str) -> None:
    """Name formats that are known and not read, before a reader of another takes them for damaged."""
    got = next((what for head, what in _NAMED_HEADS if start.startswith(head)), None)
    if got is None and re.match(r"\d{3,6}\s+\S+\s+[AVB]\S*\s+C\s", start):
        got = "an edit decision list (EDL)"
    if got is None and _FRAMES.search("\n".join(start.split("\n", 12)[:12])):
        got = "times in frames (hh:mm:ss:ff), whose rate the file does not say"
    if got is not None:
        do = "Export it as SRT or WebVTT, with times in milliseconds."
        raise TranscriptError(message(expected="a transcript with times in seconds", got=got, where=where, do=do))
