"""The grammar's tables: topics, sentence patterns, what sentences are for, and words that no topic owns.

No rules of writing here: `monologue` has them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.corpus.tables import read_table, refuse

TABLES = Path(__file__).with_name("tables")
SPLITS = ("train", "val", "test")
_SLOT = re.compile(r"\{(?:a_|the_)?(\w+?)\d*\}")
_ACT_FORMS = ("do", "doing", "did")
_TOPIC_SLOTS = {
    "noun": "nouns", "plurals": "plurals", "person": "people", "groups": "groups", "place": "places",
    "good": "good", "bad": "bad", "fact": "facts", "told": "told",
}  # fmt: skip
"""Which words of a topic fill a slot."""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Words of a topic.

    Attributes:
        name: as in "talk about work".
        nouns: countable singulars, bare ("recipe").
        plurals: plurals or masses, bare ("spices").
        people: a person, with a determiner ("my boss").
        groups: many people, bare ("engineers").
        places: with a preposition ("in the kitchen").
        acts: (verb, -ing form, past form, rest).
        good: adjectives that praise.
        bad: adjectives that complain.
        facts: clauses in the present tense, without comma ("nobody reads the long reports").
        told: clauses in the past tense, without comma: what happened.
    """

    name: str
    nouns: tuple[str, ...]
    plurals: tuple[str, ...]
    people: tuple[str, ...]
    groups: tuple[str, ...]
    places: tuple[str, ...]
    acts: tuple[tuple[str, str, str, str], ...]
    good: tuple[str, ...]
    bad: tuple[str, ...]
    facts: tuple[str, ...]
    told: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check that every slot can be filled.

        Raises:
            ValueError: if one of the lists is empty.
        """
        if empty := [name for name in (*_TOPIC_SLOTS.values(), "acts") if not getattr(self, name)]:
            raise ValueError(f"expected words in every list of topic {self.name!r}, got none in {', '.join(empty)}")


@dataclass(frozen=True, kw_only=True)
class Function:
    """What sentences are for.

    Attributes:
        mood: of the sentences; a question mark overrules it.
        weight: how often the middle of a monologue takes the function; 0 for what opens or closes one.
        followed_by: functions that like to come next.
        opens_long: whether the sentences may begin with a long opening ("to be fair,").
    """

    mood: Literal[
        "statement", "question", "negation", "doubt", "list", "contrast", "emphatic", "greeting", "appeal", "process",
        "quote",
    ]  # fmt: skip
    weight: float = 0.0
    followed_by: tuple[str, ...] = ()
    opens_long: bool = False


@functools.cache
def topics() -> dict[str, tuple[Topic, ...]]:
    """Return each split's own topics.

    Raises:
        InputError: if the table is wrong, as for every function here.
    """
    table = read_table(TABLES / "topics.toml", dict[str, tuple[Topic, ...]])
    _check_splits("topics.toml", table)
    return table


@functools.cache
def functions() -> dict[str, Function]:
    """Return all functions; those in the middle of a monologue are drawn in this order."""
    table = read_table(TABLES / "functions.toml", dict[str, Function])
    for name, function in table.items():
        if unknown := set(function.followed_by) - set(table):
            refuse(f"functions.toml: {name}: followed_by", f"functions of {', '.join(table)}", ", ".join(unknown))
    return table


@functools.cache
def fillers() -> dict[str, tuple[str, ...]]:
    """Return what fills the slots that do not depend on the topic."""
    return read_table(TABLES / "fillers.toml", dict[str, tuple[str, ...]])


@functools.cache
def patterns() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return each split's own sentence patterns by function."""
    table = read_table(TABLES / "patterns.toml", dict[str, dict[str, tuple[str, ...]]])
    _check_splits("patterns.toml", table)
    for split, by_function in table.items():
        if by_function.keys() != functions().keys():
            refuse(f"patterns.toml: {split}", f"the functions {', '.join(functions())}", ", ".join(by_function))
        for function, lines in by_function.items():
            _check_slots(f"patterns.toml: {split}: {function}", lines)
    return table


def _check_splits(where: str, table: Mapping[str, object]) -> None:
    if set(table) != set(SPLITS):
        refuse(where, f"the splits {', '.join(SPLITS)}", ", ".join(table))


def _check_slots(where: str, lines: tuple[str, ...]) -> None:
    known = {"topic", *_ACT_FORMS, *_TOPIC_SLOTS, *fillers()}
    for place, line in enumerate(lines):
        if unknown := set(_SLOT.findall(line)) - known:
            refuse(f"{where}[{place}]", f"slots of {', '.join(sorted(known))}", ", ".join(sorted(unknown)))


@functools.cache
def options(slot: str, topic: Topic) -> tuple[str, ...]:
    """Return what can fill a slot, given without article and number ("noun" for `{a_noun2}`)."""
    if slot == "topic":
        return (topic.name,)
    if slot in _ACT_FORMS:
        form = _ACT_FORMS.index(slot)
        return tuple(f"{act[form]} {act[3]}" for act in topic.acts)
    return getattr(topic, _TOPIC_SLOTS[slot]) if slot in _TOPIC_SLOTS else fillers()[slot]
