"""Files of JSON lines as people's editors and scripts write them, and all that is wrong in one told at once.

Read, too: a byte order mark, UTF-16, any line ends, commas between lines, one JSON list of all. Only the standard
library may be imported here: Blender's Python reads manifests with it.
"""

from __future__ import annotations

import codecs
import difflib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import GenericAlias, NoneType, UnionType
from typing import TypeGuard, cast, get_args, get_origin

from exges_core import json_text
from exges_core.errors import InputError, message

Kind = type[object] | UnionType | GenericAlias
"""The type of a field, as get_type_hints has it."""
_NAMES: dict[Kind, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    NoneType: "null",
}
_MOST_DIGITS = 20
_SHOWN = 20
"""So many faults are listed."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong where; sorts by line."""

    line: int
    what: str


def text_of(manifest: Path, *, example: str) -> str:
    """Return a manifest's text, its lines ended as Unix does; `example` shows who writes none of JSON what is meant.

    Raises:
        InputError: if it cannot be read, or is none of JSON at all.
    """
    try:
        data = manifest.read_bytes()
        is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data.decode("utf-16" if is_wide else "utf-8-sig")
    except OSError as error:
        got = "a folder" if manifest.is_dir() else error.strerror or str(error) if manifest.exists() else "nothing"
        where, do = str(manifest), "Check the path."
        raise InputError(message(expected="a manifest of JSON lines", got=got, where=where, do=do)) from error
    except UnicodeDecodeError as error:
        got, where, do = "bytes that are no text in UTF-8", str(manifest), "Name the manifest, or save it as UTF-8."
        raise InputError(message(expected="a manifest of JSON lines", got=got, where=where, do=do)) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.strip() and not re.search(r"^[^\S\n]*[\[{]", text, re.MULTILINE):
        got = f"none ({text.strip().splitlines()[0][:60]!r})"
        raise InputError(message(expected="JSON", got=got, where=f"{manifest}, line 1", do=f"{example}."))
    return text


def entries(text: str) -> Iterator[tuple[int, object, str]]:
    """Yield line and value of every value in a text, and of what is no JSON why not ("" = it is)."""
    decoder = json.JSONDecoder(object_pairs_hook=once, parse_int=whole)
    place = 0
    while (begin := re.compile(r"[^\s,\[\]]").search(text, place)) is not None:
        place = begin.start()
        line = text.count("\n", 0, place) + 1
        value, broken = None, ""
        try:
            value, place = json_text.parse_at(text, place, decoder)
        except ValueError as error:
            broken = _told(error, line)
            # What follows inside an object that is spread over lines is no fault of its own.
            onwards = re.compile(r"\n(?!\s*[\"}\]])").search(text, place)
            place = onwards.start() if onwards is not None else len(text)
        yield line, value, broken


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of JSON; JSON's own reader would silently keep the last of two values.

    Raises:
        ValueError: if a key is there twice, or a text has a NUL.
    """
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"the key {twice!r} twice")
    for name, value in pairs:
        texts = value if is_list(value) else [value]
        if any(isinstance(each, str) and "\0" in each for each in texts):
            raise ValueError(f"the key {name!r} with a NUL character, which is in no name of a file")
    return dict(pairs)


def whole(digits: str) -> int:
    """Return a whole number of JSON; one of hundreds of digits is nobody's, and no floating-point number either.

    Raises:
        ValueError: if it has more digits than a seed.
    """
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a whole number of {len(digits)} digits")
    return int(digits)


def _told(error: ValueError, line: int) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    where = f"column {error.colno}" + (f" of line {error.lineno}" if error.lineno != line else "")
    return f"no JSON: {error.msg[:1].lower()}{error.msg[1:]} at {where}"


def nearest(key: str, known: Collection[str], meant: Mapping[str, str] | None = None) -> str:
    """Return a question for the known name nearest to an unknown one; `meant` has people's own words; "" for none."""
    own = (meant or {}).get(key.lower())
    near = own or next(iter(difflib.get_close_matches(key.lower(), sorted(known), n=1)), None)
    return f", is {near!r} meant?" if near else ""


def shown(value: object) -> str:
    """Return a value as it stands in a message: in one line, cut."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def all_of(manifest: Path, faults: Sequence[Fault]) -> InputError:
    """Return the error that lists the faults, line by line."""
    lines = [f"  line {fault.line}: {fault.what}" for fault in sorted(faults, key=lambda each: each.line)]
    more = [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    count = f"{len(lines)} fault" + ("s" if lines[1:] else "")
    return InputError(
        "\n".join([f"{manifest}: {count}, nothing was made", *lines[:_SHOWN], *more, "Correct them and run again."])
    )


def is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    """Say whether a value of JSON is an object; its names are texts, as JSON has them."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Say whether a value of JSON is a list."""
    return isinstance(value, list)


def frozen(value: object) -> object:
    """Return lists as tuples."""
    return tuple(value) if is_list(value) else value


def fits(value: object, wanted: Kind) -> bool:
    """Return whether a JSON value (lists as tuples) is of a field's type."""
    if get_origin(wanted) is UnionType:
        return any(fits(value, each) for each in get_args(wanted))
    if get_origin(wanted) is tuple:
        inner = get_args(wanted)
        if not isinstance(value, tuple):
            return False
        parts = cast("tuple[object, ...]", value)
        if inner[-1] is Ellipsis:
            return all(fits(each, inner[0]) for each in parts)
        return len(parts) == len(inner) and all(fits(*each) for each in zip(parts, inner, strict=True))
    if wanted in (int, float) and isinstance(value, bool):
        return False
    assert isinstance(wanted, type)
    return isinstance(value, (int, float) if wanted is float else wanted)


def named(wanted: Kind) -> str:
    """Return a field's type in words."""
    if get_origin(wanted) is UnionType:
        return " or ".join(named(each) for each in get_args(wanted))
    if get_origin(wanted) is tuple:
        inner = get_args(wanted)
        what = named(inner[0]).split(" ", 1)[-1]
        return f"a list of {what}s" if inner[-1] is Ellipsis else f"a list of {len(inner)} {what}s"
    return _NAMES[wanted]
