"""Transcripts with word times in: Praat's TextGrid and JSON (Whisper's own, ours, or a plain list).

Readers only; `words.checked` judges the times.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from exges_core.errors import TranscriptError, message
from exges_core.speech.words import Timed, Transcript, checked, plain_transcript

_WORD_TIERS = frozenset({"word", "words", "ort", "ort-mau", "orthography"})
_JSON_ADVICE = 'Give Whisper\'s JSON with word timestamps, or a list of {"text", "start_s", "end_s"}.'


def read_textgrid(path: Path, text: str) -> Transcript:
    """Read the word tier of a TextGrid: the one called so, else the first (as in BEAT2); empty marks are silence.

    Raises:
        TranscriptError: with the line where it can be told, if it is malformed or its times are.
    """
    from praatio import textgrid
    from praatio.utilities import errors

    where = str(path)
    try:
        grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False, reportingMode="error")
        names = [name for name in grid.tierNames if isinstance(grid.getTier(name), textgrid.IntervalTier)]
        if not names:
            raise TranscriptError(
                message(expected="a tier of intervals", got="none", where=where, do="Add a word tier in Praat.")
            )
        chosen = next((name for name in names if name.lower() in _WORD_TIERS), names[0])
        tier = cast("Any", grid.getTier(chosen))
        entries = [(str(each.label), float(each.start), float(each.end)) for each in tier.entries]
    except (
        errors.PraatioException,
        AssertionError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:  # praatio takes anything that parses as JSON for a grid
        raise TranscriptError(
            message(
                expected="a Praat TextGrid",
                got=f"what cannot be read as one ({' '.join(str(error).split())[:160]})",
                where=f"{where}:{_blamed_line(text, error)}",
                do="Save it again in Praat as a text file.",
            )
        ) from error
    words = checked((Timed(text=label, start_s=start, end_s=end, line=None) for label, start, end in entries), where)
    return Transcript(words=words, text=" ".join(word.text for word in words), kind="textgrid")


def _blamed_line(text: str, error: Exception) -> int:
    """Return the first line that holds a number named by the error, else the last line read."""
    lines = text.split("\n")
    for token in str(error).replace("(", " ").replace(")", " ").replace(",", " ").split():
        number = token.strip("'\"=:;.")
        if number.replace(".", "", 1).replace("-", "", 1).isdigit() and "." in number:
            for index, line in enumerate(lines):
                if line.split("=")[-1].strip() == number:
                    return index + 1
    return len(text.rstrip().split("\n"))


def read_json(text: str, where: str) -> Transcript:
    """Read Whisper's JSON (`segments[].words[]`), a list of words, or an object with `words`.

    Whisper's JSON without word timestamps gives cues.

    Raises:
        TranscriptError: if it is not JSON of these shapes, or its times are wrong.
    """
    try:
        data: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise TranscriptError(
            message(expected="JSON", got=error.msg, where=f"{where}:{error.lineno}", do=_JSON_ADVICE)
        ) from error
    if isinstance(data, list):
        data = {"words": data}
    if not isinstance(data, dict):
        raise _shape_error(f"a {type(data).__name__}", where)
    fields = cast("dict[str, Any]", data)
    found = fields.get("words")
    segments: Any = fields.get("segments")
    if found is None and isinstance(segments, list):
        parts = [_mapping(each, where) for each in segments]
        if not any(part.get("words") for part in parts):
            cues = checked(_timed(parts, where), where, what="cue")
            return Transcript(words=None, text=" ".join(cue.text for cue in cues), cues=cues, kind="json")
        found = [word for part in parts for word in _list(part.get("words", []), where)]
    if found is None:
        if isinstance(fields.get("text"), str):
            return plain_transcript(fields["text"], where)
        raise _shape_error(f"an object with {sorted(fields)[:8]}", where)
    words = checked(_timed([_mapping(each, where) for each in _list(found, where)], where), where)
    return Transcript(words=words, text=" ".join(word.text for word in words), kind="json")


def _shape_error(got: str, where: str) -> TranscriptError:
    return TranscriptError(message(expected="words with times", got=got, where=where, do=_JSON_ADVICE))


def _list(value: Any, where: str) -> list[Any]:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(value, list):
        raise _shape_error(f"a {type(value).__name__}", where)
    return cast("list[Any]", value)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(value, dict):
        raise _shape_error(f"a {type(value).__name__} among the words", where)
    return cast("Mapping[str, Any]", value)


def _timed(parts: list[Mapping[str, Any]], where: str) -> Iterator[Timed]:
    for index, part in enumerate(parts):
        place = f"{where}, item {index + 1}"
        text = _first(part, ("text", "word"), place)
        if not isinstance(text, str):
            raise _shape_error(f"text {text!r}", place)
        start_s, end_s = (
            _number(_first(part, names, place), place) for names in (("start_s", "start"), ("end_s", "end"))
        )
        yield Timed(text=text, start_s=start_s, end_s=end_s, line=None)


def _first(part: Mapping[str, Any], names: tuple[str, ...], place: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    for name in names:
        if name in part:
            return part[name]
    raise _shape_error(f"no {' or '.join(map(repr, names))}", place)


def _number(value: Any, place: str) -> float:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _shape_error(f"time {value!r}", place)
    return float(value)
