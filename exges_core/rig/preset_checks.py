"""What files of presets have in common: they are read and checked alike, and a fault is told alike."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from exges_core import json_text
from exges_core.errors import RigMatchError, message

_LARGEST_BYTES = 1_000_000


def json_of(path: Path, what: str) -> object:
    """Return what a preset's file holds.

    Args:
        path: of the file.
        what: the preset's kind, for errors: "rig preset".

    Raises:
        RigMatchError: if it cannot be read, is larger than 1 MB, or is no JSON.
    """
    where = str(path)
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            refuse(where, f"a {what} of at most 1 MB", f"{path.stat().st_size} bytes", f"Choose a {what}.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        got = getattr(error, "strerror", None) or "bytes that are no UTF-8 text"
        raise RigMatchError(
            message(expected=f"a {what} (.json)", got=got, where=where, do="Check the path and the file.")
        ) from error
    try:
        return json_text.parse(text)
    except ValueError as error:
        is_placed = isinstance(error, json.JSONDecodeError)
        place = f"line {error.lineno}, column {error.colno}" if is_placed else "its nesting or a number's length"
        raise RigMatchError(
            message(expected="JSON", got=f"an error at {place}", where=where, do="Correct it there, or save it anew.")
        ) from error


def text_in(value: object, where: str, field: str) -> str:
    """Return a text.

    Raises:
        RigMatchError: if it is none, or empty.
    """
    if not isinstance(value, str) or not value.strip():
        refuse(where, f"a text for {field!r}", kind_of(value), "Write it in quotes.")
    return value


def did_you_mean(word: str, known: Sequence[str], page: str = "docs/rigs.md") -> str:
    """Return a question for the known words that are nearest to one, or the page that has them all."""
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    return f"Did you mean {', '.join(near)}?" if near else f"See {page}."


def kind_of(value: object) -> str:
    """Return a value as it stands in a message: itself if it is short, else what it is."""
    names: dict[type, str] = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        type(None): "null",
    }
    shown = repr(value)
    return names.get(type(value), "a number") if len(shown) > 40 else shown


def refuse(where: str, expected: str, got: str, do: str) -> NoReturn:
    """Raise the error of a preset's file.

    Raises:
        RigMatchError: always.
    """
    raise RigMatchError(message(expected=expected, got=got, where=where, do=do))
