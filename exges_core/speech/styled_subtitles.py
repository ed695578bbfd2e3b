"""Subtitles that pysubs2 reads: ASS, SSA, TTML, MicroDVD, MPL2 and SAMI; and YouTube's XML, which it does not.

The only module that talks to pysubs2. Text in, records out; no files, no sound.
"""

from __future__ import annotations

import re
import warnings
from html import unescape
from typing import TYPE_CHECKING

from exges_core.errors import TranscriptError, message
from exges_core.speech.assembly import Listed
from exges_core.speech.words import Timed
from exges_core.speech.xml_text import parsed_xml, refused_xml, without_declaration

if TYPE_CHECKING:
    from pysubs2 import SSAEvent

_MS = 1e-3
_ADVICE = "Export it as SRT or WebVTT."
_IN_FRAMES = re.compile(r"(?:begin|end|dur)=\"(?:\d+:\d+:\d+:\d+|\d+f)\"")
_OVERRIDES = re.compile(r"\{[^}]*\}")
_DRAWS = re.compile(r"\\p([0-9])|\\r(?![a-zA-Z_0-9 ])")
"""What begins or ends a drawing in an override: its scale, or the style as it was."""
_RATE = re.compile(r"\{\d+\}\{\d+\}\s*\d+(?:[.,]\d+)?\s*$", re.MULTILINE)


def format_of(text: str) -> str | None:
    """Return what pysubs2 calls the format of a text, by its first line; None if it is none that is read with it."""
    head = text.lstrip()
    if re.match(r"\[(?:Script Info|V4\+? Styles|Events)\]", head, re.IGNORECASE):
        return "ssa" if re.search(r"\[V4 Styles\]", text, re.IGNORECASE) else "ass"
    if head[:6].upper() == "<SAMI>":
        return "sami"
    if re.match(r"\{\d+\}\{\d+\}", head):
        return "microdvd"
    if re.match(r"\[\d+\]\[\d+\]", head):
        return "mpl2"
    return None


def read_styled(text: str, where: str, kind: str) -> Listed:
    """Read subtitles with pysubs2; a name in ASS is who speaks, drawings and comments are left out.

    Raises:
        TranscriptError: if they cannot be read, or count their time in frames without saying how long one is.
    """
    from pysubs2 import SSAFile
    from pysubs2.exceptions import Pysubs2Error

    if kind == "ttml" and _IN_FRAMES.search(text):
        raise _refused("times in seconds", "times in frames", where, "Export it with times in milliseconds, or as SRT.")
    if kind == "microdvd" and not _RATE.match(text.lstrip().split("\n", 1)[0]):
        do = "Export it as SRT; or begin it with the rate, as in {1}{1}25."
        raise _refused("times in seconds", "MicroDVD's frames without their rate", where, do)
    if kind == "microdvd":
        text = "\n".join(_without_open(line) for line in text.split("\n"))
    if kind == "ttml":
        parsed_xml(text, where)
        text = without_declaration(text)
        text = re.sub(r"http://www\.w3\.org/2006/(?:04|10)/ttaf1", "http://www.w3.org/ns/ttml", text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles, which nobody looks at here
            events = list(SSAFile.from_string(text, format_=kind))
    except (Pysubs2Error, ValueError, LookupError, AttributeError, TypeError, NotImplementedError) as error:
        got = f"what cannot be read as such ({' '.join(str(error).split())[:120]})"
        raise _refused(f"{kind.upper()} subtitles", got, where, _ADVICE) from error
    items = [_cue(event) for event in events if not event.is_comment and not draws(event.text)]
    return Listed(items=items, kind=kind, form="cues")


def draws(text: str) -> bool:
    """Say whether a line of ASS is a drawing; as pysubs2's `is_drawing`, which needs time and memory by the square."""
    is_drawing = False
    for override in _OVERRIDES.findall(_closed(text)[0]):
        for scale in _DRAWS.findall(override):
            is_drawing = scale > "0"  # "" ends it, too
        if is_drawing:
            return True
    return False


def plain(text: str) -> str:
    """Return a line of ASS without its overrides; as pysubs2's `plaintext`, which needs time by the square."""
    closed, left = _closed(text)
    said = _OVERRIDES.sub("", closed) + left
    return said.replace(r"\h", " ").replace(r"\n", "\n").replace(r"\N", "\n")


def _closed(text: str) -> tuple[str, str]:
    """Part a text after its last closing brace: from every brace left open, a pattern would look on to the end."""
    end = text.rfind("}") + 1
    return text[:end], text[end:]


def _without_open(line: str) -> str:
    closed, left = _closed(line)
    return closed + left.replace("{", "")


def _cue(event: SSAEvent) -> Timed:
    return Timed(
        text=plain(event.text),
        start_s=event.start * _MS,
        end_s=event.end * _MS,
        line=None,
        speaker=" ".join(event.name.split()),
    )


def read_youtube_xml(text: str, where: str) -> Listed:
    """Read what YouTube serves for captions: <text start dur> in seconds, or <p t d> in milliseconds.

    Raises:
        TranscriptError: if it is malformed.
    """
    root = parsed_xml(text, where)
    items: list[Timed] = []
    for element in root.iter():
        names = {"text": ("start", "dur", 1.0), "p": ("t", "d", _MS)}.get(element.tag)
        if names is None or element.get(names[0]) is None:
            continue
        try:
            start_s, length_s = (float(element.get(name) or 0.0) * names[2] for name in names[:2])
        except ValueError as error:
            raise refused_xml("captions with times", str(error), where, _ADVICE) from error
        said = unescape("".join(element.itertext()))
        items.append(Timed(text=said, start_s=start_s, end_s=start_s + length_s, line=None))
    return Listed(items=items, kind="youtube", form="cues")


def _refused(expected: str, got: str, where: str, do: str) -> TranscriptError:
    return TranscriptError(message(expected=expected, got=got, where=where, do=do))
