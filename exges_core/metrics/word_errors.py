"""How many words a recogniser got wrong."""

from __future__ import annotations

from collections.abc import Sequence


def word_errors(spoken: Sequence[str], heard: Sequence[str]) -> int:
    """Return the fewest substitutions, insertions and deletions that turn one text into the other (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for place, word in enumerate(spoken, 1):
        before, row[0] = row[0], place
        for column, other in enumerate(heard, 1):
            before, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, before + (word != other)),
            )
    return row[-1]
