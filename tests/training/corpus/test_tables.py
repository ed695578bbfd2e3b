"""Tables of the corpus: what becomes of them, and what is refused, in which words."""

from __future__ import annotations

import inspect
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from exges_core.errors import InputError
from training.corpus.gesture import handshapes, lexemes, speakers, ways
from training.corpus.speech import voices
from training.corpus.tables import read_table
from training.corpus.text import cues, grammar


@dataclass(frozen=True, kw_only=True)
class Chair:
    name: str
    legs: int
    height_m: float = 0.45
    colour: Literal["red", "blue"] = "red"
    at: tuple[float, float] = (0.0, 0.0)
    words: frozenset[str] = frozenset()
    beside: tuple[str, ...] = ()
    is_soft: bool = False

    def __post_init__(self) -> None:
        if self.legs < 3:
            raise ValueError(f"expected three legs or more, got {self.legs}")


def chairs(folder: Path, text: str) -> dict[str, Chair]:
    path = folder / "chairs.toml"
    path.write_text(text, encoding="utf-8")
    return read_table(path, dict[str, Chair], key="name")


def test_a_table_becomes_records(tmp_path: Path) -> None:
    text = '[stool]\nlegs = 3\nheight_m = 1\ncolour = "blue"\nat = [0.5, 2]\nwords = "to sit"\nbeside = ["bar", "sink"]'
    assert chairs(tmp_path, text) == {
        "stool": Chair(
            name="stool", legs=3, height_m=1.0, colour="blue", at=(0.5, 2.0), words=frozenset(("to", "sit")),
            beside=("bar", "sink"),
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("legs 4", "chairs.toml: expected a TOML table, got "),
        ("stool = 4", "chairs.toml: stool: expected a table of keys and values, got 4."),
        ("[stool]\nlegs = 4\nheigth_m = 1.0", "chairs.toml: stool: expected keys of name, legs, "),
        ("[stool]\nheight_m = 1.0", "chairs.toml: stool: expected values for legs, name, got none for legs."),
        ("[stool]\nlegs = 4.5", "chairs.toml: stool: legs: expected a whole number, got 4.5."),
        ("[stool]\nlegs = true", "chairs.toml: stool: legs: expected a whole number, got True."),
        ("[stool]\nlegs = 2", "chairs.toml: stool: expected three legs or more, got 2. Correct the table"),
        ("[stool]\nlegs = 4\nheight_m = nan", "stool: height_m: expected a number, got nan."),
        ("[stool]\nlegs = 4\nis_soft = 1", "stool: is_soft: expected true or false, got 1."),
        ('[stool]\nlegs = 4\ncolour = "green"', "stool: colour: expected one of 'red', 'blue', got 'green'."),
        ("[stool]\nlegs = 4\nat = [1.0]", "stool: at: expected 2 values, got 1: [1.0]."),
        ("[stool]\nlegs = 4\nbeside = [1]", "stool: beside[0]: expected text, got 1."),
        ('[stool]\nlegs = 4\nbeside = "sink"', "stool: beside: expected an array, got 'sink'."),
    ],
)
def test_a_bad_table_is_refused_with_place_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)) as refusal:
        chairs(tmp_path, text)
    assert str(refusal.value).endswith("Correct the table; docs/corpus.md describes the tables.")


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_table(tmp_path / "none.toml", dict[str, Chair])


@pytest.mark.parametrize(
    ("reader", "file", "before", "after", "said"),
    [
        (
            lexemes.lexemes,
            "lexemes_space.toml",
            'palm = "I"',
            'palm = "X"',
            "size_big[0]: start: expected palm ",
        ),
        (lexemes.lexemes, "lexemes_space.toml", '"curved"', '"bent"', "size_big: shape: expected one of relaxed, "),
        (
            lexemes.lexemes,
            "lexemes_space.toml",
            "size_big",
            "shrug",
            "expected lexemes that no other table has, got",
        ),
        (lexemes.lexemes, "lexemes_space.toml", '"up"', '"high"', "size_big[0]: head: expected one of '', 'nod', "),
        (speakers.speakers, "speakers.toml", "number = 2", "number = 1", "number: expected another number for each sp"),
        (speakers.speakers, "speakers.toml", '"clasp"', '"prayer"', "speakers.toml: ada: expected a rest of hanging, "),
        (ways.rests, "rests.toml", '"apart"]', '"nowhere"]', "rests.toml: expected everybody's rests of hanging, "),
        (handshapes.hand_shapes, "handshapes.toml", "[16, 24,", "[", "relaxed: index: expected 4 values, got 2: "),
        (voices.debian_voices, "voices.toml", '"flite"', '"flight"', "flite_slt: engine: expected one of 'festival', "),
        (grammar.patterns, "patterns.toml", "{topic}", "{topik}", "train: greeting[0]: expected slots of about, "),
        (grammar.patterns, "patterns.toml", "greeting =", "hello =", "patterns.toml: train: expected the functions gr"),
        (grammar.patterns, "patterns.toml", "[val]", "[dev]", "patterns.toml: expected the splits train, val, test, "),
        (
            grammar.topics,
            "topics.toml",
            "bad = [",
            "bad = []\nworse = [",
            "topics.toml: train[0]: expected keys",
        ),
        (grammar.topics, "topics.toml", "[[test]]", "[[train]]", "topics.toml: expected the splits train, val"),
        (grammar.functions, "functions.toml", '"aside"]', '"nap"]', "followed_by: expected functions of greeting, "),
        (
            cues.cue_table,
            "cues.toml",
            "share = 0.08",
            "shares = 0.08",
            "seldom[0]: expected keys of share, ",
        ),
    ],
)
def test_the_corpus_own_tables_are_checked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reader: Callable[[], object],
    file: str,
    before: str,
    after: str,
    said: str,
) -> None:
    module = inspect.getmodule(reader)
    shutil.copytree(module.TABLES, tmp_path / "tables")
    text = (tmp_path / "tables" / file).read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "tables" / file).write_text(text.replace(before, after), encoding="utf-8")
    monkeypatch.setattr(module, "TABLES", tmp_path / "tables")
    with pytest.raises(InputError, match=re.escape(said)):
        reader.__wrapped__()


def test_a_topic_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="expected words in every list of topic 'work', got none in facts"):
        replace(grammar.topics()["train"][0], facts=())
