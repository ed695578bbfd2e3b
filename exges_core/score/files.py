"""Scores as files: JSON that a person reads and edits, one stroke a line. What a score must fulfil: `records.check`."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, asdict, fields, replace
from pathlib import Path
from typing import Any, Required, TypedDict, cast, get_type_hints

from exges_core import json_text
from exges_core.errors import InputError, message
from exges_core.files import replacing
from exges_core.json_lines import fits, frozen, is_object, named, nearest, once, shown
from exges_core.score.records import HANDS, Score, Stroke, check

FORMAT = 1
ORIGINS = ("labels", "motion", "planner", "person")
MOST = 100_000
"""No score has more strokes: two restless hands make 12,000 in an hour."""
_MOST_BYTES = 64 * 2**20
_MOST_INDEX = 2**31
_MOST_S = 1e6
"""No time is greater: eleven days."""
_LONGEST_NAME = 80
_NEAR_S = 0.05
"""Lengths of one speech may differ so much, by its format."""
_PER_LINE = 10
"""Words in a line of the file, so that the number of one is soon counted."""
_TYPES: dict[str, Any] = {
    **{name: wanted for name, wanted in get_type_hints(Stroke).items() if name != "hand"},
    "hand": str,
    "text": str | None,
}
_NEEDED = tuple(each.name for each in fields(Stroke) if each.default is MISSING)
_TOP: dict[str, Any] = {
    "format": int,
    "duration_s": float,
    "sound": str,
    "origin": str,
    "words": tuple[str, ...],
    "strokes": list,
}
_EXAMPLE = (
    'Write {"format": 1, "strokes": [{"start_s": 1, "stroke_start_s": 1.2, "apex_s": 1.5, "hold_end_s": 1.7, '
    '"end_s": 2.2, "hand": "right"}]}.'
)


class _Said(TypedDict, total=False):
    words: list[str]


class ScoreJson(_Said):
    """A score as its file has it; the fields of a stroke are `Stroke`'s, and the text at it."""

    format: int
    duration_s: float
    sound: str
    origin: str
    strokes: list[dict[str, object]]


class _Values(_Said, total=False):
    """What a file of a score may hold; its strokes are not looked into yet."""

    format: Required[int]
    duration_s: float
    sound: str
    origin: str
    strokes: Required[list[object]]


def read_score(
    path: Path,
    *,
    duration_s: float,
    sound: str = "",
    kinds: Collection[str] | None = None,
    clips: int | None = None,
    words: int | None = None,
) -> Score:
    """Read a score and make sure that it can be played with a take.

    Args:
        path: the file.
        duration_s: of the take.
        sound: digest of the take's sound (`audio.fingerprint`), "" = not known.
        kinds: names that strokes may have; None = any.
        clips: how many the motion base has; None = not checked.
        words: how many the speech has; None = not checked.

    Returns:
        The score as the file has it, in order of time: `sound` and `duration_s` are those it was made for ("" and the
        take's where the file does not say); see `doubts`.

    Raises:
        InputError: naming the file, and the stroke in it that cannot be used.
    """
    values = _values(path)
    strokes = tuple(_stroke(each, f"{path.name}: stroke {number}") for number, each in enumerate(values["strokes"]))
    score = Score(
        strokes=strokes,
        duration_s=float(values.get("duration_s", duration_s)),
        sound=values.get("sound", ""),
        origin=values.get("origin", "person"),
    )
    try:
        check(replace(score, duration_s=duration_s), kinds=kinds, clips=clips, words=words)
    except InputError as error:
        stranger = " ".join(f"And {each}." for each in doubts(score, duration_s=duration_s, sound=sound)[:1])
        raise InputError(f"{path.name}: {error} {stranger}".rstrip()) from error
    return replace(score, strokes=tuple(sorted(strokes, key=lambda each: (each.start_s, each.apex_s))))


def doubts(score: Score, *, duration_s: float, sound: str) -> tuple[str, ...]:
    """Return why a score that was read may not be this take's, as warnings; () where it is, or nobody knows."""
    its = "its strokes stay at their times and may miss the words"
    if score.sound and sound and score.sound != sound:
        lengths = f"{score.duration_s:.2f} s, this one {duration_s:.2f} s"
        return (f"the score was made for another speech (of {lengths}): {its}",)
    if abs(score.duration_s - duration_s) > _NEAR_S:
        return (f"the score was made for a speech of {score.duration_s:.2f} s, this one has {duration_s:.2f} s: {its}",)
    return ()


def to_milliseconds(score: Score) -> Score:
    """Return the score as its file shows it: times and sizes in thousandths, so that playing the file is the same."""
    return replace(
        score,
        duration_s=round(score.duration_s, 3),
        strokes=tuple(
            replace(each, **{name: round(value, 3) for name, value in asdict(each).items() if type(value) is float})
            for each in score.strokes
        ),
    )


def as_json(score: Score, words: Sequence[str] = ()) -> ScoreJson:
    """Return a score as its file and a report have it; `words` are what is said, so that strokes show theirs."""
    strokes: list[dict[str, object]] = [{**asdict(each), "text": _text_of(each, words)} for each in score.strokes]
    said: _Said = {"words": list(words)} if words else {}
    return {
        "format": FORMAT,
        "duration_s": score.duration_s,
        "sound": score.sound,
        "origin": score.origin,
        **said,
        "strokes": strokes,
    }


def write_score(path: Path, score: Score, *, words: Sequence[str] = ()) -> None:
    """Write a score, atomically, one stroke a line.

    Args:
        path: the file.
        score: what to write.
        words: texts of what is said, for the reader.

    Raises:
        OutputError: if it cannot be written.
    """
    record = as_json(score, words)
    quoted = [json.dumps(each, ensure_ascii=False) for each in words]
    lists = {
        "words": [", ".join(quoted[first : first + _PER_LINE]) for first in range(0, len(quoted), _PER_LINE)],
        "strokes": [json.dumps(each, ensure_ascii=False) for each in record["strokes"]],
    }
    parts = [
        f' "{key}": {_listed(lists[key]) if key in lists else json.dumps(value, ensure_ascii=False)}'
        for key, value in record.items()
    ]
    with replacing(path) as temporary:
        temporary.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def _listed(lines: Sequence[str]) -> str:
    return "[\n  " + ",\n  ".join(lines) + "\n ]" if lines else "[]"


def _text_of(stroke: Stroke, words: Sequence[str]) -> str | None:
    return words[stroke.word] if stroke.word is not None and stroke.word < len(words) else None


def _wrong(expected: str, got: str, where: str, do: str = _EXAMPLE) -> InputError:
    return InputError(message(expected=expected, got=got, where=where, do=do))


def _values(path: Path) -> _Values:
    """Return what the file holds, its names and types right; strokes are not looked into."""
    values, where = _parsed(path), str(path)
    if not is_object(values):
        raise _wrong("an object with strokes", shown(values), where)
    for key, value in values.items():
        if key not in _TOP:
            raise _wrong(f"only {', '.join(_TOP)}", f"{key!r}{nearest(key, _TOP)}", where, "Take it out.")
        if not fits(frozen(value) if key == "words" else value, _TOP[key]):
            kind = "a list of strokes" if key == "strokes" else named(_TOP[key])
            raise _wrong(f"{key} to be {kind}", shown(value), where)
    for key in ("format", "strokes"):
        if key not in values:
            raise _wrong(f"{key!r}", "none", where)
    found = cast("_Values", values)  # the types are those of `_TOP`
    _check_values(found, where)
    return found


def _check_values(values: _Values, where: str) -> None:
    if values["format"] != FORMAT:
        do = "Write 1, or use the ExGes that wrote this file."
        raise _wrong(f"format {FORMAT}", shown(values["format"]), where, do)
    if len(values["strokes"]) > MOST:
        raise _wrong(f"at most {MOST} strokes", str(len(values["strokes"])), where, "Leave some out.")
    if not 0.0 < _finite(values.get("duration_s", 1.0)) <= _MOST_S:
        raise _wrong(
            f"a duration_s above 0 and up to {_MOST_S:g} s",
            shown(values.get("duration_s")),
            where,
            "Write the speech's, or none.",
        )
    if values.get("origin", "person") not in ORIGINS:
        raise _wrong(f"an origin of {', '.join(ORIGINS)}", shown(values.get("origin")), where, "Write person, or none.")


def _parsed(path: Path) -> object:
    """Return the file's JSON, in any encoding that JSON has."""
    if not path.is_file():
        raise _wrong("a score file", "a folder" if path.is_dir() else "nothing", str(path), "Check the path.")
    try:
        if path.stat().st_size > _MOST_BYTES:
            got = f"{path.stat().st_size / 2**20:.0f} MiB"
            raise _wrong(f"a score of at most {_MOST_BYTES // 2**20} MiB", got, str(path), "Check the path.")
        data = path.read_bytes()
        if not data.strip():
            raise _wrong("a score", "an empty file", str(path))
        return json_text.parse(data, pairs=once)
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise _wrong("JSON", str(error), str(path)) from error


def _stroke(values: object, where: str) -> Stroke:
    if not is_object(values):
        raise _wrong("an object", shown(values), where)
    for key, value in values.items():
        if key not in _TYPES:
            raise _wrong(f"only {', '.join(_TYPES)}", f"{key!r}{nearest(key, _TYPES)}", where, "Take it out.")
        if not fits(value, _TYPES[key]):
            raise _wrong(f"{key} to be {named(_TYPES[key])}", shown(value), where, "Change it.")
        _check_size(key, value, where)
    if values.get("hand", HANDS[0]) not in HANDS:
        raise _wrong(f"a hand of {', '.join(HANDS)}", shown(values["hand"]), where, "Name one of them.")
    missing = [key for key in _NEEDED if key not in values]
    if missing:
        raise _wrong(f"{', '.join(_NEEDED)}", f"no {', '.join(missing)}", where, "Write all five times.")
    given: Mapping[str, Any] = {
        key: _finite(cast("float", value)) if _TYPES[key] is float else value
        for key, value in values.items()
        if key != "text"
    }
    return Stroke(**given)


def _check_size(key: str, value: object, where: str) -> None:
    """Refuse what no stroke can have, whatever the take: `check` would print all of it."""
    if key in ("clip", "word") and value is not None and not 0 <= cast("int", value) < _MOST_INDEX:
        raise _wrong(f"a number of a {key}, from 0", shown(value), where, "Change it, or write null.")
    if key == "kind" and value is not None and len(cast("str", value)) > _LONGEST_NAME:
        raise _wrong(f"a kind of at most {_LONGEST_NAME} letters", shown(value), where, "Change it, or write null.")
    if _TYPES[key] is float and not abs(_finite(cast("float", value))) <= _MOST_S:
        raise _wrong(f"a finite {key} up to {_MOST_S:g}", shown(value), where, "Change it.")


def _finite(value: float) -> float:
    """Return a JSON number as a float; a whole number beyond every float is infinite, which `check` refuses."""
    try:
        return float(value)
    except OverflowError:
        return math.inf
