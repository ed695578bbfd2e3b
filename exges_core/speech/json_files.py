"""JSON with times in: Whisper and its kin, ours, and what transcription services write.

Each service's shape is a line of `_SHAPES`; what an item says is read from the keys that any of them uses. Whether
whole numbers are milliseconds is decided by how long words would last. The standard library alone.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypedDict

from exges_core import json_text
from exges_core.errors import TranscriptError, message
from exges_core.json_lines import is_list, is_object
from exges_core.speech.assembly import Form, Listed
from exges_core.speech.words import Timed, is_word

_JSON_ADVICE = 'Give Whisper\'s JSON with word timestamps, or a list of {"text", "start_s", "end_s"}.'
_TEXT = ("punctuated_word", "text", "word", "value", "content", "transcript", "Word", "Text")
_START = ("start_s", "start", "start_time", "startTime", "startOffset", "start_ts", "ts", "begin", "from")
_END = ("end_s", "end", "end_time", "endTime", "endOffset", "end_ts", "stop", "to")
_DURATION = ("duration_s", "duration", "dur")
_IN_MS = ("start_ms", "startMs", "tStartMs"), ("end_ms", "endMs"), ("duration_ms", "durationMs", "dDurationMs")
_CONFIDENCE = ("confidence", "probability", "score", "conf", "Confidence")
_SPEAKER = ("speaker", "speaker_label", "speakerLabel", "speakerTag", "speaker_name", "speaker_id", "speakerId")
_MS = 1e-3
_LETTERS_PER_UNIT = 0.3
"""Letters per unit of time below which times are milliseconds: people say 5 to 25 letters a second."""
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F]|(u[dD][89a-fA-F][\da-fA-F]{2})|.)", re.DOTALL)
"""An escape; its group is half of a character whose other half does not follow, as where a text was cut."""
_AsText = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class _Found:
    """Items in the file's order and whether they are words; `scale` is seconds per unit, None = to be told."""

    items: Sequence[object]
    form: Form
    scale: float | None = None


def read_json(text: str, where: str) -> Listed | str:
    """Read JSON with words or lines with times; the bare text where it holds nothing else.

    Known: Whisper, WhisperX, faster-whisper, whisper.cpp, Hugging Face, Vosk, Gentle, AssemblyAI, Deepgram, Rev, AWS
    Transcribe, Google, Azure, Speechmatics, YouTube's json3, and a list of words.

    Raises:
        TranscriptError: if it is not JSON of these shapes, or a time is no number.
    """
    try:
        data = json_text.parse(text)
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        got = error.msg if isinstance(error, json.JSONDecodeError) else "JSON nested too deep, or a number too long"
        raise TranscriptError(message(expected="JSON", got=got, where=f"{where}:{line}", do=_JSON_ADVICE)) from error
    fields: object = {"words": data} if is_list(data) else data
    if not is_object(fields):
        raise _shape_error(f"a {type(data).__name__}", where)
    for shape in _SHAPES:
        found = shape(fields, where)
        if found is not None:
            return _listed(found, where)
    if isinstance(said := fields.get("text"), str):
        return said
    raise _shape_error(f"an object with {sorted(fields)[:8]}", where)


def without_halves(text: str) -> tuple[str, tuple[str, ...]]:
    """Return JSON with a mark for each half of a character, which no file can be written with, and a word on it."""
    whole = text
    if re.search(r"\\u[dD][89a-fA-F]", text):
        whole = _ESCAPE.sub(lambda escape: r"\ufffd" if escape[1] else escape[0], text)
    return whole, () if whole == text else ("halves of characters are read as \N{REPLACEMENT CHARACTER}",)


def _listed(layout: _Found, where: str) -> Listed:
    items = [_timed(_mapping(each, where), f"{where}, item {at}") for at, each in enumerate(layout.items, 1)]
    scale, warnings = layout.scale, ()
    if scale is None:
        scale, warnings = scale_of(items)
    return Listed(items=scaled(items, scale), kind="json", form=layout.form, warnings=warnings)


def scaled(items: Sequence[Timed], scale: float) -> list[Timed]:
    """Return items with times of so many seconds per unit."""
    if scale == 1.0:
        return list(items)
    return [
        replace(
            each,
            start_s=None if each.start_s is None else each.start_s * scale,
            end_s=None if each.end_s is None else each.end_s * scale,
        )
        for each in items
    ]


def scale_of(items: Sequence[Timed]) -> tuple[float, tuple[str, ...]]:
    """Return the seconds of a unit by the letters that are said in it, and a word on it if it is not the second."""
    spoken = [each for each in items if is_word(each.text) and each.start_s is not None and each.end_s is not None]
    letters = sum(len(each.text) for each in spoken)
    units = sum((each.end_s or 0.0) - (each.start_s or 0.0) for each in spoken)
    if not spoken or units <= 0 or letters / units >= _LETTERS_PER_UNIT:
        return 1.0, ()
    return _MS, ("times are read as milliseconds: as seconds, words would last minutes",)


def _words_list(fields: _AsText, where: str) -> _Found | None:
    """Our own list of words, AssemblyAI's, Gentle's, OpenAI's API; utterances where they have no words."""
    if "words" not in fields:
        return None
    words = _list(fields["words"], where)
    if not words and (fields.get("segments") or fields.get("text")):
        return None
    return _Found(items=words, form="words")


def _segments(fields: _AsText, where: str) -> _Found | None:
    """Whisper and its kin: segments, with words or without; one without words among others is words without times."""
    key = next((each for each in ("segments", "utterances", "paragraphs") if isinstance(fields.get(each), list)), None)
    if key is None or not fields[key]:
        return None
    segments = [_mapping(each, where) for each in _list(fields[key], where)]
    if not any(segment.get("words") for segment in segments):
        return _Found(items=segments, form="cues")
    words: list[_AsText] = []
    for segment in segments:
        own = [_mapping(each, where) for each in _list(segment.get("words") or [], where)]
        speaker = _speaker(segment)
        words += [{"speaker": speaker, **word} if speaker else word for word in own or [segment]]
    return _Found(items=words, form="words")


def _deepgram(fields: _AsText, where: str) -> _Found | None:
    results = fields.get("results")
    channels = results.get("channels") if is_object(results) else None
    if not is_list(channels):
        return None
    words: list[_AsText] = []
    for at, channel in enumerate(channels):
        best = _best(_mapping(channel, where), where)
        own = [_mapping(each, where) for each in _list(best.get("words", []), where)]
        words += [{"speaker": f"channel {at + 1}", **word} for word in own] if len(channels) > 1 else own
    return _Found(items=words, form="words", scale=1.0)


def _aws(fields: _AsText, where: str) -> _Found | None:
    """AWS Transcribe: `results.items`, each with alternatives; punctuation has no times."""
    results = fields.get("results")
    items = results.get("items") if is_object(results) else None
    if not is_list(items):
        return None
    words = [{**_mapping(each, where), **_best(_mapping(each, where), where)} for each in items]
    return _Found(items=words, form="words", scale=1.0)


def _results_list(fields: _AsText, where: str) -> _Found | None:
    """Google (`alternatives[0].words`), Speechmatics (one result a word), Watson (`timestamps`), Vosk (`result`)."""
    if isinstance(fields.get("result"), list):
        return _Found(items=_list(fields["result"], where), form="words", scale=1.0)
    if not isinstance(fields.get("results"), list):
        return None
    words: list[_AsText] = []
    for each in _list(fields["results"], where):
        result = _mapping(each, where)
        best = _best(result, where)
        if isinstance(best.get("words"), list):
            words += [_mapping(word, where) for word in _list(best["words"], where)]
        elif isinstance(best.get("timestamps"), list):
            rows = [_list(row, where) for row in _list(best["timestamps"], where)]
            words += [{"text": row[0], "start": row[1], "end": row[2]} for row in rows if len(row) == 3]
        elif "start_time" in result:
            words.append({**result, **best})
    return _Found(items=words, form="words", scale=1.0)


def _rev(fields: _AsText, where: str) -> _Found | None:
    if not isinstance(fields.get("monologues"), list):
        return None
    words: list[_AsText] = []
    for each in _list(fields["monologues"], where):
        monologue = _mapping(each, where)
        own = [_mapping(element, where) for element in _list(monologue.get("elements", []), where)]
        words += [{**element, "speaker": _speaker(monologue)} for element in own]
    return _Found(items=words, form="words", scale=1.0)


def _azure(fields: _AsText, where: str) -> _Found | None:
    """Azure: `recognizedPhrases[].nBest[0].words`, in ticks of 100 ns; phrases where words were not asked for."""
    if not isinstance(fields.get("recognizedPhrases"), list):
        return None
    items: list[_AsText] = []
    has_words = False
    for each in _list(fields["recognizedPhrases"], where):
        phrase = _mapping(each, where)
        best = _mapping(next(iter(_list(phrase.get("nBest", []), where)), dict[str, object]()), where)
        parts = [_mapping(part, where) for part in _list(best.get("words") or [], where)]
        has_words |= bool(parts)
        for part in parts or [{**phrase, "text": best.get("display", "")}]:
            start, length = (_number(part.get(key), where) for key in ("offsetInTicks", "durationInTicks"))
            text = part.get("word", part.get("text", ""))
            speaker = f"speaker {phrase['speaker']}" if "speaker" in phrase else ""
            items.append({"text": text, "start": start * 1e-7, "end": (start + length) * 1e-7, "speaker": speaker})
    return _Found(items=items, form="words" if has_words else "cues", scale=1.0)


def _whisper_cpp(fields: _AsText, where: str) -> _Found | None:
    if not isinstance(fields.get("transcription"), list):
        return None
    parts = [_mapping(each, where) for each in _list(fields["transcription"], where)]
    lines = [{**part, **_mapping(part.get("offsets", {}), where)} for part in parts]
    return _Found(items=lines, form="cues", scale=_MS)


def _chunks(fields: _AsText, where: str) -> _Found | None:
    """Hugging Face's pipelines: `chunks` of words or lines with a pair of times; the last end may be null."""
    if not isinstance(fields.get("chunks"), list):
        return None
    chunks = [_mapping(each, where) for each in _list(fields["chunks"], where)]
    pairs = [dict(zip(("start", "end"), _list(chunk.get("timestamp", []), where), strict=False)) for chunk in chunks]
    return _Found(items=[{**a, **b} for a, b in zip(chunks, pairs, strict=True)], form="either", scale=1.0)


class _Line(TypedDict):
    text: str
    start: float
    end: float


def _youtube(fields: _AsText, where: str) -> _Found | None:
    """YouTube's json3: events with segments, whose offsets are words' times in generated captions."""
    if not isinstance(fields.get("events"), list):
        return None
    items: list[_Line] = []
    is_timed = False
    for each in _list(fields["events"], where):
        event = _mapping(each, where)
        parts = [_mapping(part, where) for part in _list(event.get("segs", []), where)]
        texts = [str(part.get("utf8", "")) for part in parts]
        if not is_word("".join(texts)):
            continue
        start = _number(event.get("tStartMs", 0), where)
        end = start + _number(event.get("dDurationMs", 0), where)
        starts = [start + _number(part.get("tOffsetMs", 0), where) for part in parts]
        if any("tOffsetMs" in part for part in parts):
            is_timed = True
            ends = [*starts[1:], end]
            rows = zip(texts, starts, ends, strict=True)
            items += [_Line(text=text, start=low, end=high) for text, low, high in rows if is_word(text)]
        else:
            items.append({"text": "".join(texts), "start": start, "end": end})
    for before, after in pairwise(items):
        before["end"] = min(before["end"], max(before["start"], after["start"]))
    return _Found(items=items, form="either" if is_timed else "cues", scale=_MS)


_SHAPES: tuple[Callable[[_AsText, str], _Found | None], ...] = (
    _words_list, _segments, _deepgram, _aws, _results_list, _rev, _azure, _whisper_cpp, _chunks, _youtube,
)  # fmt: skip


def _best(fields: _AsText, where: str) -> _AsText:
    alternatives = fields.get("alternatives")
    if not is_list(alternatives) or not alternatives:
        return {}
    return _mapping(alternatives[0], where)


def _timed(part: _AsText, place: str) -> Timed:
    text = _first(part, _TEXT)
    if not isinstance(text, str):
        raise _shape_error(f"text {text!r}" if text is not None else "no 'text' or 'word'", place)
    start = _time(part, _START, _IN_MS[0], place)
    end = _time(part, _END, _IN_MS[1], place)
    if start is not None and end is None:
        length = _time(part, _DURATION, _IN_MS[2], place)
        end = None if length is None else start + length
    if start is None and end is not None:
        raise _shape_error("no 'start_s' or 'start'", place)
    confidence = _first(part, _CONFIDENCE)
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        confidence = None
    return Timed(
        text=text,
        start_s=start,
        end_s=end,
        line=None,
        confidence=None if confidence is None else float(confidence),
        speaker=_speaker(part),
    )


def _speaker(part: _AsText) -> str:
    named = _first(part, _SPEAKER)
    if is_object(named):
        named = _first(named, ("name", "label", "id"))
    if named is None or isinstance(named, bool) or named == "":
        return ""
    return f"speaker {named}" if isinstance(named, int) or str(named).isdigit() else str(named).strip()


def _first(part: _AsText, names: Sequence[str]) -> object:
    return next((part[name] for name in names if part.get(name) is not None), None)


def _time(part: _AsText, names: Sequence[str], in_ms: Sequence[str], place: str) -> float | None:
    """Return a time in the file's unit, or in seconds where its key says milliseconds; None where there is none."""
    for name in names:
        if (value := part.get(name)) is not None:
            if isinstance(value, str) and (name not in {"start", "end", "start_s", "end_s"} or not value.isdigit()):
                return _seconds_of(value, place)
            return _number(value, place)
    value = _first(part, in_ms)
    return None if value is None else _number(value, place) * _MS


def _seconds_of(value: str, place: str) -> float:
    """Read a time written as a string: "1.4", Google's "1.400s" or a clock's "00:00:01.400"."""
    match = re.fullmatch(r"\s*(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d+)?)\s*s?\s*", value)
    if match is None:
        raise _shape_error(f"time {value!r}", place)
    return int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + float(match[3].replace(",", "."))


def _shape_error(got: str, where: str) -> TranscriptError:
    return TranscriptError(message(expected="words with times", got=got, where=where, do=_JSON_ADVICE))


def _list(value: object, where: str) -> list[object]:
    if not is_list(value):
        raise _shape_error(f"a {type(value).__name__}", where)
    return value


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not is_object(value):
        raise _shape_error(f"a {type(value).__name__} among the words", where)
    return value


def _number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _shape_error(f"time {value!r}", place)
    return float(value)
