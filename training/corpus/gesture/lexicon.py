"""All gesture lexemes from all tables: the one place that knows which tables there are."""

from __future__ import annotations

from training.corpus.gesture import lexemes_action, lexemes_discourse, lexemes_space
from training.corpus.gesture.lexemes import Lexeme


def lexemes_by_name() -> dict[str, tuple[Lexeme, ...]]:
    """Return every lexeme's variants by name, from all tables."""
    found: dict[str, list[Lexeme]] = {}
    for table in (lexemes_discourse.TABLE, lexemes_space.TABLE, lexemes_action.TABLE):
        for lexeme in table:
            found.setdefault(lexeme.name, []).append(lexeme)
    return {name: tuple(variants) for name, variants in found.items()}
