"""Who speaks in a transcript, for a menu: the standard library alone, as Blender's Python has no more.

The readers answer themselves where they need no other library; a TextGrid's tiers are read here, in both of Praat's
text forms, and chosen by the same rules (`tiers`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from exges_core.errors import ExgesError
from exges_core.speech.text_files import text_of
from exges_core.speech.tiers import Tier, spoken_tiers
from exges_core.speech.words import Timed

MOST_BYTES = 64 << 20
"""A larger file is no transcript that a menu should wait for."""
_VALUE = re.compile(r'"(?:[^"]|"")*"|(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.\]])|<exists>')


def speakers_of(path: Path) -> tuple[str, ...]:
    """Return the names that `--speaker-tier` takes for a transcript, in order of appearance.

    Empty where nobody is named, where there is one speaker alone without a name, and for whatever cannot be read here.
    """
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return ()
        text, _ = text_of(path)
        if text.lstrip().startswith('File type = "ooTextFile') or path.suffix.lower() == ".textgrid":
            items, _ = spoken_tiers(list(_grid_tiers(text)))
            return tuple(dict.fromkeys(each.speaker for each in items if each.speaker and each.text.strip()))
        from exges_core.speech.transcripts import read_transcript

        return read_transcript(path).speakers
    except (ExgesError, OSError, ImportError, ValueError, IndexError):
        return ()


def _grid_tiers(text: str) -> Iterator[Tier]:
    """Yield the interval tiers of a TextGrid, long or short: both are the same values in the same order.

    Raises:
        ValueError, IndexError: if the values are not those of a grid.
    """
    values = _VALUE.findall("\n".join(_without_labels(line) for line in text.split("\n")))
    at = values.index("<exists>") + 1
    count, at = int(values[at]), at + 1
    for _ in range(count):
        kind, name, size = _text(values[at]), _text(values[at + 1]), int(values[at + 4])
        at += 5
        width = 3 if kind == "IntervalTier" else 2
        rows = [values[row : row + width] for row in range(at, at + width * size, width)]
        at += width * size
        if width == 3:
            yield Tier(name=name, items=[_interval(row) for row in rows])


def _without_labels(line: str) -> str:
    """Take the names of values off a line of the long form ("intervals [1]:", "xmin = ") outside of quotes."""
    head = line.split('"', 1)[0]
    if "=" in head:
        return line[line.index("=") + 1 :]
    return "" if re.match(r"\s*(?:item|intervals|points)\s*\[", line) else line


def _interval(row: Sequence[str]) -> Timed:
    return Timed(text=_text(row[2]), start_s=float(row[0]), end_s=float(row[1]), line=None)


def _text(value: str) -> str:
    return value[1:-1].replace('""', '"')
