"""JSON that others wrote, read with one kind of error: whatever is wrong with a text is a ValueError that says so.

Python's own reader ends with RecursionError on deep nesting, which nobody expects. NaN and Infinity are numbers, as
there. The standard library alone: Blender's Python reads with this.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Pairs = Callable[[list[tuple[str, object]]], object]
"""Makes an object of its names and values, in order; names may be there twice."""
MOST_BYTES = 2**26
"""No file that we read is larger, unless its reader says so: 64 MiB of JSON need some 0.5 GB."""
_TOO_DEEP = "lists or objects too deep inside each other"


def parse(text: str | bytes, *, pairs: Pairs | None = None) -> object:
    """Return what a text holds; bytes in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    >>> parse(b'{"a": [1, null]}')
    {'a': [1, None]}

    Raises:
        ValueError: if it is no JSON (json.JSONDecodeError, with the place), not of its encoding, nested too deep, or
            has a whole number of thousands of digits; and whatever `pairs` refuses.
    """
    try:
        # json.loads itself would let halves of characters through.
        given = text if isinstance(text, str) else text.decode(json.detect_encoding(text))
        return json.loads(given, object_pairs_hook=pairs)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error


def parse_at(text: str, place: int, decoder: json.JSONDecoder) -> tuple[object, int]:
    """Return the value that begins at a place of a text, and where it ends.

    Raises:
        ValueError: as `parse` does.
    """
    try:
        return decoder.raw_decode(text, place)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error


def read(path: Path, *, most_bytes: int = MOST_BYTES, pairs: Pairs | None = None) -> object:
    """Return what a file holds.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is larger than `most_bytes`, or as `parse` does.
    """
    with path.open("rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise ValueError(f"more than {most_bytes / 2**20:g} MiB")
    return parse(data, pairs=pairs)
