"""Whatever is wrong with JSON that others wrote is a ValueError that says so; what is right is read as it stands."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exges_core import json_text
from exges_core.json_lines import once

DEPTH = 100_000
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(value=VALUES, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"]))
def test_what_was_written_is_read_in_any_encoding_that_json_has(value: Any, encoding: str) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert json_text.parse(text) == value
    assert json_text.parse(text.encode(encoding, "strict")) == value


@pytest.mark.parametrize("unit", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("is_closed", [False, True])
def test_deep_nesting_is_a_value_error(unit: str, is_closed: bool) -> None:
    ends = "".join({"[": "]", "{": "}"}[each] for each in reversed(unit) if each in "[{")
    text = unit * DEPTH + ("1" + ends * DEPTH if is_closed else "")
    for given_text in (text, text.encode()):
        with pytest.raises(ValueError, match="too deep"):
            json_text.parse(given_text)
    with pytest.raises(ValueError, match="too deep"):
        json_text.parse_at(text, 0, json.JSONDecoder())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value: line 1 column 1"),
        (b"", "Expecting value: line 1 column 1"),
        ('{"a": 1,\n "b" 2}', "line 2 column 6"),
        (b'{"a": "\xff"}', "utf-8"),
        (b'{"a": "\xed\xa0\x80"}', "utf-8"),  # half of a character
        (b"\xff\xfe[\0\0", "utf-16"),
        ("9" * 5000, "digits"),
        ("[1] 2", "Extra data"),
    ],
)
def test_what_is_no_json_is_a_value_error_that_says_where(text: str | bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        json_text.parse(text)


def test_names_twice_and_numbers_that_are_none_are_their_readers_affair() -> None:
    assert json_text.parse('{"a": 1, "a": 2}') == {"a": 2}
    with pytest.raises(ValueError, match="'a' twice"):
        json_text.parse('{"a": 1, "a": 2}', pairs=once)
    numbers = json_text.parse("[NaN, -Infinity]")
    assert isinstance(numbers, list)
    assert math.isnan(numbers[0])
    assert numbers[1] == -math.inf


def test_a_value_within_a_text_is_read_to_its_end() -> None:
    assert json_text.parse_at('x [1, 2] {"a": 3}', 2, json.JSONDecoder()) == ([1, 2], 8)
    with pytest.raises(json.JSONDecodeError):
        json_text.parse_at("x", 0, json.JSONDecoder())


def test_a_file_is_read_up_to_a_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(FileNotFoundError):
        json_text.read(path)
    path.write_bytes(b"[1, 22]")
    assert json_text.read(path, most_bytes=7) == [1, 22]
    with pytest.raises(ValueError, match="more than"):
        json_text.read(path, most_bytes=6)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no endless file on this system")
def test_an_endless_file_ends_at_the_bound() -> None:
    with pytest.raises(ValueError, match=r"more than 1 MiB"):
        json_text.read(Path("/dev/zero"), most_bytes=2**20)
