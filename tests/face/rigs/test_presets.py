"""Face presets: what is saved comes back, and what is wrong in a file is told."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from face.rigs.conftest import NAMES, keys_of

from exges_core.errors import RigMatchError
from exges_core.face.rigs import FaceMatch, match_shapes
from exges_core.face.rigs.preset_files import (
    FacePreset,
    preset_from_json,
    preset_of,
    read_preset,
    targets,
    write_preset,
)


@pytest.mark.parametrize("family", ["arkit", "oculus", "cc4", "vrm0"])
def test_a_preset_comes_back_and_plays_the_same(
    tmp_path: Path, matched: Callable[[str], FaceMatch], family: str
) -> None:
    path = tmp_path / "face.json"
    write_preset(path, preset_of(matched(family), name="hero", title="Our hero"))
    preset = read_preset(path)
    keys = keys_of(NAMES[family])
    again = match_shapes(keys, preset.chosen(keys))
    assert {(each.key, each.shape) for each in again.channels} == {
        (each.key, each.shape) for each in matched(family).channels
    }


def test_a_preset_names_keys_that_no_convention_knows() -> None:
    preset = FacePreset(name="own", title="Own", keys={"Mund_auf": "jawOpen", "Lippen_zu": "mouthClose", "jawOpen": ""})
    keys = keys_of(["Mund_auf", "Lippen_zu", "jawOpen"])
    match = match_shapes(keys, preset.chosen(keys))
    assert {(each.key, each.shape) for each in match.channels} == {("Mund_auf", "jawOpen"), ("Lippen_zu", "mouthClose")}


def test_everything_that_may_be_chosen_is_known() -> None:
    for target in targets():
        match = match_shapes(keys_of(["odd"]), {"Head/odd": target})
        assert [channel.key for channel in match.channels] == ["odd"], target


GOOD = {"format": "exges-face-preset", "version": 1, "name": "hero", "title": "Hero", "keys": {"Mouth": "jawOpen"}}
BAD = [
    ([], "an object"),
    (GOOD | {"format": "exges-rig-preset"}, "exges-face-preset"),
    (GOOD | {"version": 2}, "Update ExGes"),
    (GOOD | {"version": True}, '"version": 1'),
    ({key: value for key, value in GOOD.items() if key != "keys"}, "'keys'"),
    (GOOD | {"kyes": {}}, "Did you mean keys"),
    (GOOD | {"title": ""}, "'title'"),
    (GOOD | {"keys": []}, "key -> shape"),
    (GOOD | {"keys": {"Mouth": "jawOpne"}}, "Did you mean jawOpen"),
    (GOOD | {"keys": {"Mouth": 3}}, "for 'Mouth'"),
]


@pytest.mark.parametrize(("record", "told"), BAD)
def test_a_fault_is_told_with_its_field(tmp_path: Path, record: object, told: str) -> None:
    path = tmp_path / "face.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(RigMatchError, match=re.escape(str(path))) as caught:
        read_preset(path)
    assert told in str(caught.value)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"{", b"[" * 100_000, b" " * 1_000_001])
def test_what_is_no_preset_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "face.json"
    path.write_bytes(data)
    with pytest.raises(RigMatchError):
        read_preset(path)
    with pytest.raises(RigMatchError, match="face preset"):
        read_preset(tmp_path / "none.json")


def test_the_schema_in_the_docs_asks_for_what_the_reader_asks_for() -> None:
    path = Path(__file__).parents[3] / "docs" / "face-preset.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert set(schema["properties"]) == set(schema["required"]) == set(GOOD)
    for field in schema["required"]:
        with pytest.raises(RigMatchError, match=field):
            preset_from_json({key: value for key, value in GOOD.items() if key != field}, where="here")
