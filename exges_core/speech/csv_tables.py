"""Tables in: CSV and the like with a column of text, one of starts, and perhaps ends, durations and speakers.

Text in, records out; no files, no sound; the standard library alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence

from exges_core.errors import TranscriptError, message
from exges_core.speech.assembly import Listed
from exges_core.speech.json_files import scale_of, scaled
from exges_core.speech.words import Timed

_COLUMNS: Mapping[str, frozenset[str]] = {
    "text": frozenset({"text", "word", "transcript", "content", "utterance", "label", "caption", "subtitle", "line"}),
    "start": frozenset({"start", "start_s", "start time", "start_time", "begin", "from", "onset", "in", "timecode in"}),
    "end": frozenset({"end", "end_s", "end time", "end_time", "stop", "to", "offset", "out", "timecode out"}),
    "length": frozenset({"duration", "duration_s", "length", "dur"}),
    "speaker": frozenset({"speaker", "speaker name", "speaker_name", "name", "who", "participant"}),
}
_DELIMITERS = "\t,;|"
_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d+)?)s?")


def is_table(text: str) -> bool:
    """Return whether the first line names a column of text and one of starts."""
    return {"text", "start"} <= set(_columns(text))


def read_table(text: str, where: str) -> Listed:
    """Read a table with a heading; times are seconds, milliseconds where seconds make no sense, or a clock's.

    Raises:
        TranscriptError: with the line whose time is none.
    """
    columns = _columns(text)
    items: list[Timed] = []
    is_clock = False
    for number, row in enumerate(_rows(text, where)[1:], 2):
        cells = {name: row[at].strip() for name, at in columns.items() if at < len(row)}
        if not cells.get("text"):
            continue
        start, end, length = (_time(cells.get(name, ""), where, number) for name in ("start", "end", "length"))
        is_clock |= ":" in cells["start"]
        end = start + length if end is None and start is not None and length is not None else end
        who = cells.get("speaker", "")
        items.append(Timed(text=cells["text"], start_s=start, end_s=end, line=number, speaker=who))
    scale, warnings = (1.0, ()) if is_clock else scale_of(items)
    return Listed(items=scaled(items, scale), kind="table", warnings=warnings)


def _rows(text: str, where: str) -> list[list[str]]:
    try:
        return list(csv.reader(text.split("\n"), delimiter=_delimiter(text)))
    except csv.Error as error:
        do = "Export the table again."
        raise TranscriptError(message(expected="a table (CSV)", got=str(error), where=where, do=do)) from error


def _delimiter(text: str) -> str:
    head = text.lstrip().split("\n", 1)[0]
    return max(_DELIMITERS, key=head.count)


def _columns(text: str) -> dict[str, int]:
    head: Sequence[str] = (_rows(text.lstrip().split("\n", 1)[0][:2000], "the heading") or [[]])[0]
    names = [cell.strip().strip("\ufeff").casefold() for cell in head]
    found = {kind: next((at for at, name in enumerate(names) if name in known), -1) for kind, known in _COLUMNS.items()}
    return {kind: at for kind, at in found.items() if at >= 0}


def _time(cell: str, where: str, row: int) -> float | None:
    if not cell:
        return None
    match = _CLOCK.fullmatch(cell)
    if match is None:
        is_frames = re.fullmatch(r"\d+[:;]\d+[:;]\d+[:;]\d+", cell) is not None
        got = f"times in frames ({cell})" if is_frames else repr(cell[:40])
        do = "Export it with milliseconds, or as SRT." if is_frames else "Correct the cell."
        raise TranscriptError(message(expected="a time in seconds", got=got, where=f"{where}, row {row}", do=do))
    return int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + float(match[3].replace(",", "."))
