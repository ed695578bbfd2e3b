"""Tables of the corpus: TOML files that become frozen records, checked against the records' own annotations.

Every room keeps its tables in a folder `tables`. A record's fields name the keys, its defaults say which may be left
out, and whatever a `__post_init__` checks is checked here too. A set of words is written as one string.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NoReturn, TypeVar, cast, get_args, get_origin, get_type_hints

from exges_core.errors import InputError, message
from exges_core.json_lines import is_list, is_object

T = TypeVar("T")
_DO = "Correct the table; docs/corpus.md describes the tables."
_PLAIN: dict[object, str] = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


def read_table(path: Path, kind: Callable[..., T], *, key: str = "") -> T:
    """Read a TOML file as a record, or as a dictionary of records.

    Args:
        path: the table.
        kind: what it becomes: a dataclass, or `dict[str, X]` with X a dataclass or a tuple of them. It is annotated
            as a callable because run-time checkers do not take `dict[str, X]` for a `type`.
        key: the field of each X that the dictionary's key fills.

    Raises:
        InputError: if the file is missing or no TOML, or a value does not fit its field.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise InputError(message(expected="a TOML table", got=str(problem), where=str(path), do=_DO)) from problem
    if key:
        content = {name: _named(value, key, name) for name, value in content.items()}
    return cast("T", _value(kind, content, path.name))


def refuse(where: str, expected: str, got: object) -> NoReturn:
    """Refuse what a table says.

    Raises:
        InputError: always, in the form of every message.
    """
    raise InputError(message(expected=expected, got=f"{got}", where=where, do=_DO))


def entry(table: Mapping[str, T], name: str, where: str) -> T:
    """Return what a table has under a name.

    Raises:
        InputError: if it has none; it names those that it has.
    """
    if name not in table:
        expected = f"one of {', '.join(table)}"
        raise InputError(message(expected=expected, got=repr(name), where=where, do="Name one of these."))
    return table[name]


def _named(value: object, key: str, name: str) -> object:
    if is_list(value):
        return [_named(item, key, name) for item in value]
    return {**value, key: name} if is_object(value) else value


def _value(kind: object, value: object, where: str) -> object:
    """Return a TOML value as the annotated type, converted all the way down."""
    if isinstance(kind, types.UnionType):
        return _value(get_args(kind)[0], value, where)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, value, where)
    if kind == frozenset[str]:
        return frozenset(str(_plain(str, value, where)).split())
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            refuse(where, f"one of {', '.join(map(repr, get_args(kind)))}", repr(value))
        return value
    read = _CONTAINERS.get(get_origin(kind))
    return read(get_args(kind), value, where) if read else _plain(kind, value, where)


def _plain(kind: object, value: object, where: str) -> object:
    if kind is float and type(value) in (int, float) and math.isfinite(float(str(value))):
        return value
    if kind is not float and type(value) is kind:
        return value
    refuse(where, _PLAIN[kind], repr(value))


def _record(kind: type, value: object, where: str) -> object:
    if not is_object(value):
        refuse(where, "a table of keys and values", repr(value))
    fields = {field.name: field for field in dataclasses.fields(kind)}
    needed = {name for name, field in fields.items() if field.default is dataclasses.MISSING}
    if unknown := sorted(value.keys() - fields):
        refuse(where, f"keys of {', '.join(fields)}", ", ".join(unknown))
    if missing := sorted(needed - value.keys()):
        refuse(where, f"values for {', '.join(sorted(needed))}", f"none for {', '.join(missing)}")
    hints = get_type_hints(kind)
    values = {name: _value(hints[name], item, f"{where}: {name}") for name, item in value.items()}
    try:
        return kind(**values)
    except ValueError as problem:  # the record itself says what it expected and got
        raise InputError(f"{where}: {problem}. {_DO}") from problem


def _dictionary(kinds: tuple[object, ...], value: object, where: str) -> object:
    if not is_object(value):
        refuse(where, "a table", repr(value))
    return {name: _value(kinds[1], item, f"{where}: {name}") for name, item in value.items()}


def _array(kinds: tuple[object, ...], value: object, where: str) -> object:
    """Return an array as a tuple: of any length where the annotation ends in `...`, else of the annotated one."""
    if not is_list(value):
        refuse(where, "an array", repr(value))
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(value)
    elif len(kinds) != len(value):
        refuse(where, f"{len(kinds)} values", f"{len(value)}: {value!r}")
    return tuple(
        _value(kind, item, f"{where}[{place}]") for place, (kind, item) in enumerate(zip(kinds, value, strict=True))
    )


_CONTAINERS: dict[object, Callable[[tuple[object, ...], object, str], object]] = {dict: _dictionary, tuple: _array}
