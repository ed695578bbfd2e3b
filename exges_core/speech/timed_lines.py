"""Lines of text that begin with times in: Whisper's TSV, CTM, Audacity's labels, LRC and pasted transcripts.

Text in, records out; no files, no sound; the standard library alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from exges_core.errors import TranscriptError, message
from exges_core.speech import csv_tables
from exges_core.speech.asides import is_name
from exges_core.speech.assembly import Listed
from exges_core.speech.subtitles import seconds
from exges_core.speech.words import Timed

_MS = 1e-3
_NUMBER = r"\d+(?:[.,]\d+)?"
_TSV_HEAD = re.compile(r"\s*start\tend\ttext\s*(?:\n|$)", re.IGNORECASE)
_LABEL = re.compile(rf"(-?{_NUMBER})\t(-?{_NUMBER})(?:\t(.*))?")
_CTM = re.compile(
    r"(?P<file>\S+)\s+(?P<channel>[A-Za-z0-9])\s+(?P<start>\d+(?:\.\d+)?)\s+(?P<length>\d+(?:\.\d+)?)\s+(?P<word>\S+)"
    r"(?:\s+(?P<confidence>-?\d+(?:\.\d+)?|NA))?(?:\s+\S+)*"
)
_CLOCK = r"(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d)(?:[.,:](\d{1,3}))?"
_LRC_STAMP = re.compile(rf"\[{_CLOCK}\]")
_LRC_WORD = re.compile(rf"<{_CLOCK}>")
_LRC_TAG = re.compile(r"\[[a-zA-Z#]+:.*\]\s*")
_STAMPED = re.compile(rf"\s*[\[(]?{_CLOCK}[\])]?(?:\s*(?:-->|-|–|to)\s*[\[(]?{_CLOCK}[\])]?)?(?:\s*[-–:]\s*|\s+|$)")
_NAMED_STAMP = re.compile(rf"\s*(\S.{{0,38}}?)\s+[\[(]?{_CLOCK}[\])]?\s*:?\s*")
_MOST_OF = 0.8
_LONGEST_LINE = 10_000
"""A longer one is of none of these formats; patterns would go through it again and again."""


def reader_of(text: str) -> Callable[[str, str], Listed] | None:
    """Return the reader of the format that a text is in, by its first lines; None if it is none of these."""
    lines = [line if len(line) <= _LONGEST_LINE else "" for line in text.split("\n") if line.strip()][:200]
    if _TSV_HEAD.match(text):
        return read_tsv
    if csv_tables.is_table(text):
        return csv_tables.read_table
    if _share(lines, lambda line: _LABEL.fullmatch(line.strip()) or line.startswith("\\\t")) >= _MOST_OF:
        return read_labels
    if _share(lines, lambda line: _CTM.fullmatch(line.strip()) or line.startswith(";;")) >= _MOST_OF:
        return read_ctm
    if _share(lines, lambda line: _LRC_STAMP.match(line.strip()) or _LRC_TAG.fullmatch(line.strip())) >= _MOST_OF:
        return read_lrc if any(_LRC_STAMP.match(line.strip()) for line in lines) else None
    times_s = [time_s for line in lines if (time_s := _stamp_s(line)) is not None]
    is_stamped = len(times_s) >= 2 and len(times_s) >= 0.3 * len(lines) and times_s == sorted(times_s)
    return read_stamped if is_stamped else None


def _stamp_s(line: str) -> float | None:
    """Return the time that a line begins with, or that stands behind a name; None where there is none."""
    stamp, named = _STAMPED.match(line), _named_stamp(line)
    if stamp is not None:
        return seconds(stamp.groups()[:4])
    return None if named is None else seconds(named.groups()[1:])


def _named_stamp(line: str) -> re.Match[str] | None:
    match = _NAMED_STAMP.fullmatch(line)
    return match if match is not None and is_name(match[1].strip("[]()")) else None


def _share(lines: list[str], fits: Callable[[str], object]) -> float:
    return sum(1 for line in lines if fits(line)) / max(1, len(lines))


def read_tsv(text: str, where: str) -> Listed:
    """Read Whisper's TSV: start and end in milliseconds, then the text.

    Raises:
        TranscriptError: with the line that has other columns.
    """
    items: list[Timed] = []
    for at, line in enumerate(text.split("\n"), 1):
        parts = line.split("\t", 2)
        if at == 1 or _TSV_HEAD.fullmatch(line) or not line.strip():
            continue
        if len(parts) < 3 or not all(part.strip().isdigit() for part in parts[:2]):
            raise _refused("start and end in milliseconds and a text, with tabs between", line, where, at)
        start_s, end_s = (int(part) * _MS for part in parts[:2])
        items.append(Timed(text=parts[2], start_s=start_s, end_s=end_s, line=at))
    return Listed(items=items, kind="tsv", form="cues")


def read_labels(text: str, where: str) -> Listed:
    """Read Audacity's labels: start and end in seconds, then the text; lines of frequencies are left out.

    Raises:
        TranscriptError: with the line that is no label.
    """
    items: list[Timed] = []
    for at, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("\\"):
            continue
        match = _LABEL.fullmatch(line.strip())
        if match is None:
            raise _refused("a label: start, end and text with tabs between", line, where, at)
        start_s, end_s = (float(part.replace(",", ".")) for part in match.groups()[:2])
        items.append(Timed(text=match[3] or "", start_s=start_s, end_s=end_s if end_s > start_s else None, line=at))
    return Listed(items=items, kind="labels")


def read_ctm(text: str, where: str) -> Listed:
    """Read CTM: recording, channel, start and duration in seconds, word, confidence; a channel is a speaker.

    Raises:
        TranscriptError: with the line that is none, or if it is of several recordings.
    """
    rows: list[tuple[int, re.Match[str]]] = []
    for at, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith(";;"):
            match = _CTM.fullmatch(line.strip())
            if match is None:
                raise _refused("recording, channel, start, duration and word", line, where, at)
            rows.append((at, match))
    files = list(dict.fromkeys(match["file"] for _, match in rows))
    if len(files) > 1:
        got = f"{len(files)}: {', '.join(files[:4])}"
        do = "Keep the lines of this sound."
        raise TranscriptError(message(expected="the words of one recording", got=got, where=where, do=do))
    several = len({match["channel"] for _, match in rows}) > 1
    return Listed(items=[_ctm_word(at, match, several=several) for at, match in rows], kind="ctm", form="words")


def _ctm_word(line: int, match: re.Match[str], *, several: bool) -> Timed:
    start_s = float(match["start"])
    confidence = match["confidence"]
    sure = float(confidence) if confidence not in {None, "NA"} else None
    return Timed(
        text=match["word"],
        start_s=start_s,
        end_s=start_s + float(match["length"]),
        line=line,
        confidence=sure if sure is not None and 0.0 <= sure <= 1.0 else None,
        speaker=f"channel {match['channel']}" if several else "",
    )


def read_lrc(text: str, where: str) -> Listed:
    """Read LRC: a line begins at its stamp and lasts to the next; stamps before words make words."""
    offset = re.search(r"^\s*\[offset:\s*([+-]?\d+)\s*\]", text, re.MULTILINE)
    shift_s = -int(offset[1]) * _MS if offset else 0.0  # LRC: a positive offset shows the words sooner
    lines: list[Timed] = []
    words: list[Timed] = []
    for at, raw in enumerate(text.split("\n"), 1):
        rest = raw.strip()
        starts: list[float] = []
        while (match := _LRC_STAMP.match(rest)) is not None:
            starts.append(seconds(match.groups()) + shift_s)
            rest = rest[match.end() :].lstrip()
        for start_s in starts:
            lines.append(Timed(text=_LRC_WORD.sub("", rest), start_s=start_s, end_s=None, line=at))
            words += _lrc_words(rest, start_s, shift_s, at)
    lines.sort(key=lambda each: each.start_s or 0.0)
    words.sort(key=lambda each: each.start_s or 0.0)
    if words and len(words) >= len(lines):
        return Listed(items=words, kind="lrc", may_overlap=True)
    return Listed(items=lines, kind="lrc", form="cues")


def _lrc_words(line: str, start_s: float, shift_s: float, at: int) -> Iterator[Timed]:
    """Yield the words of a line in which stamps stand before them; a stamp without a word ends the last one."""
    pieces = _LRC_WORD.split(line)
    if len(pieces) < 5:
        return
    starts = [start_s, *(seconds(tuple(pieces[index : index + 4])) + shift_s for index in range(1, len(pieces), 5))]
    for text, low, high in zip(pieces[::5], starts, [*starts[1:], None], strict=True):
        if text.strip():
            yield Timed(text=text, start_s=low, end_s=high, line=at)


def read_stamped(text: str, where: str) -> Listed:
    """Read a transcript in which lines begin with a time, or a time stands on a line of its own before the text.

    Such as is pasted from YouTube, Otter or Zoom: "0:03 so when...", "Kim Example  0:03" and then the text.
    """
    items: list[Timed] = []
    speaker, start_s, end_s = "", None, None
    body: list[str] = []
    first = 1

    def close() -> None:
        if start_s is not None or body:
            line = "\n".join(body)
            items.append(Timed(text=line, start_s=start_s, end_s=end_s, line=first, speaker=speaker))

    for at, raw in enumerate(text.split("\n"), 1):
        stamp, named = _STAMPED.match(raw), _named_stamp(raw)
        if stamp is None and named is None:
            if raw.strip():
                body.append(raw.strip())
            continue
        close()
        first, body, end_s = at, [], None
        if stamp is not None:
            groups = stamp.groups()
            start_s, rest = seconds(groups[:4]), raw[stamp.end() :].strip()
            end_s = seconds(groups[4:]) if groups[5] is not None else None
            body = [rest] if rest else []
        elif named is not None:
            speaker, start_s = " ".join(named[1].strip("[]()").split()), seconds(named.groups()[1:])
    close()
    if items and items[0].start_s is None:  # a heading before the first time
        items = items[1:]
    is_coarse = all((each.start_s or 0.0) % 1 == 0 for each in items)
    return Listed(items=items, kind="stamped text", form="cues", is_coarse=is_coarse)


def _refused(expected: str, got: str, where: str, line: int) -> TranscriptError:
    return TranscriptError(
        message(expected=expected, got=repr(got.strip()[:60]), where=f"{where}:{line}", do="Correct the line.")
    )
