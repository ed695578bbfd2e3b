"""Presets as files, and `exges rig` around them."""

import json
import re
from pathlib import Path

import pytest
from rig.families import Family, family
from rig.suits import folded, talking

from exges_core.cli import main
from exges_core.datasets.motion_files import open_motion
from exges_core.datasets.target_rigs import read_target
from exges_core.errors import InputError, RigMatchError
from exges_core.motion.bvh import write_motion
from exges_core.rig.match import match_rig
from exges_core.rig.preset_files import preset_as_json, preset_from_json, preset_of, read_preset, write_preset
from exges_core.rig.presets import PRESETS


@pytest.fixture(scope="module")
def record() -> dict[str, object]:
    table = preset_of(match_rig(family("auto_rig_pro_controls").rig), name="hero", title="Hero")
    return json.loads(json.dumps(preset_as_json(table)))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.name)
def test_every_table_survives_a_file(preset, tmp_path: Path) -> None:  # noqa: ANN001
    path = tmp_path / "preset.json"
    write_preset(path, preset)
    back = read_preset(path)
    assert preset_as_json(back) == preset_as_json(preset)


def test_a_saved_map_gives_the_same_map(record: dict[str, object]) -> None:
    each = family("auto_rig_pro_controls")
    found = match_rig(each.rig, presets=(preset_from_json(record, where="here"),))
    whole = match_rig(each.rig)
    assert found.bones == whole.bones
    assert (found.carriers, found.logical_parents, found.switches, found.location_bone) == (
        whole.carriers,
        whole.logical_parents,
        whole.switches,
        whole.location_bone,
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": "other"}, '"format": "exges-rig-preset"'),
        ({"version": 2}, "Update ExGes"),
        ({"bnoes": {}}, "Did you mean bones"),
        ({"bones": []}, "'bones' as an object"),
        ({"bones": {"left_elbw": "x"}}, "Did you mean left_elbow"),
        ({"bones": {"pelvis": ""}}, "for 'pelvis'"),
        ({"bones": {"pelvis": "a", "head": "a"}}, "for both 'pelvis' and 'head'"),
        ({"bones": {"pelvis": "a"}}, "none for left_hip"),
        ({"title": " "}, "'title'"),
        ({"carriers": {"torso": "hips"}}, "carriers"),
        ({"switches": [{"bone": "a", "name": "b"}]}, "switches[0]"),
        ({"switches": [{"bone": "a", "name": "b", "value": "on"}]}, "a number"),
        ({"signature": "a"}, "a list for 'signature'"),
        ({"logical_parents": {"a": 1}}, "logical_parents"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(record: dict[str, object], change: dict[str, object], says: str) -> None:
    with pytest.raises(RigMatchError) as error:
        preset_from_json({**record, **change}, where="hero.json")
    assert says in str(error.value)
    assert "hero.json" in str(error.value)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[]", b"[" * 100_000, b'{"format": null}'])
def test_what_is_no_preset_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(RigMatchError, match=r"broken\.json"):
        read_preset(path)


def bvh(each: Family, path: Path) -> Path:
    """Write a family's skeleton at rest, one frame."""
    rig = each.rig
    lines = ["HIERARCHY"]

    def add(bone: int, depth: int) -> int:
        parent = rig.parents[bone]
        start = rig.heads[parent] if parent >= 0 else 0.0
        offset = " ".join(f"{value:.6f}" for value in rig.heads[bone] - start)
        indent = "\t" * depth
        lines.extend([f"{indent}{'JOINT' if depth else 'ROOT'} {rig.names[bone].replace(' ', '_')}", f"{indent}{{"])
        lines.extend([f"{indent}\tOFFSET {offset}", f"{indent}\tCHANNELS 3 Zrotation Xrotation Yrotation"])
        below = [child for child, above in enumerate(rig.parents) if above == bone]
        count = 1 + sum(add(child, depth + 1) for child in below)
        if not below:
            lines.extend([f"{indent}\tEnd Site", f"{indent}\t{{", f"{indent}\t\tOFFSET 0 1 0", f"{indent}\t}}"])
        lines.append(f"{indent}}}")
        return count

    count = add(0, 0)
    lines.extend(["MOTION", "Frames: 1", "Frame Time: 0.0333333", " ".join(["0"] * (3 * count))])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def exges(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["rig", *arguments])
    return int(ended.value.code or 0)


def test_match_says_what_is_found_missing_and_doubtful(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rig = bvh(family("cmu_daz_bvh"), tmp_path / "rig.bvh")
    out = tmp_path / "map.json"
    assert exges("match", str(rig), "--json", str(out)) == 0
    shown = capsys.readouterr().out
    assert "CMU BVH for DAZ and Poser, confidence 1.00" in shown
    assert "found    left_elbow         1.00  lForeArm" in shown
    assert "missing  left_foot" in shown
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["preset"] == "cmu_daz_bvh"
    assert found["bones"]["right_wrist"] == "rHand"
    assert "spine2" in found["missing"]
    assert found["doubtful"] == {}


def test_a_preset_that_does_not_fit_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rig, other = bvh(family("mixamo"), tmp_path / "rig.bvh"), bvh(family("cmu_daz_bvh"), tmp_path / "other.bvh")
    assert exges("preset", str(other), "-o", str(tmp_path / "mine.json")) == 0
    assert exges("match", str(other), "--preset", str(tmp_path / "mine.json")) == 0
    assert "does not fit" not in capsys.readouterr().out
    assert exges("match", str(rig), "--preset", str(tmp_path / "mine.json")) == 0
    said = r"mine\.json does not fit rig\.bvh: \d+ of 11 required joints have none of its bones and are told by shape"
    assert re.search(said, capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("match", "rig.bvh", "-o", "map.json"), "options that match takes (--json, --preset), got -o."),
        (
            ("preset", "rig.bvh", "-o", "a.json", "--json", "b.json"),
            "options that preset takes (--preset, -o), got --json",
        ),
        (("check", "mine.json", "--json", "b.json"), "options that check takes (none), got --json"),
    ],
)
def test_a_file_that_would_not_be_looked_at_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert exges(*arguments) == 2
    assert said in capsys.readouterr().err


def test_a_preset_is_made_checked_and_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rig = bvh(family("blender", pose="a").renamed(3), tmp_path / "rig.bvh")
    preset = tmp_path / "mine.json"
    assert exges("preset", str(rig), "-o", str(preset)) == 0
    assert exges("check", str(preset)) == 0
    assert exges("match", str(rig), "--preset", str(preset)) == 0
    shown = capsys.readouterr().out
    assert "mine, confidence 1.00" in shown
    assert exges("preset", str(rig)) == 2
    preset.write_text("{}", encoding="utf-8")
    assert exges("check", str(preset)) == 2
    assert "mine.json" in capsys.readouterr().err


def test_the_schema_in_the_docs_asks_for_what_the_reader_asks_for(record: dict[str, object]) -> None:
    schema = json.loads((Path(__file__).parents[2] / "docs" / "rig-preset.schema.json").read_text(encoding="utf-8"))
    for field in schema["required"]:
        with pytest.raises(RigMatchError):
            preset_from_json({key: value for key, value in record.items() if key != field}, where="here")
    for joint in schema["properties"]["bones"]["required"]:
        bones = {key: value for key, value in dict(record["bones"]).items() if key != joint}
        with pytest.raises(RigMatchError, match=joint):
            preset_from_json({**record, "bones": bones}, where="here")
    assert set(record) <= set(schema["properties"])


def test_match_says_which_frame_serves_as_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_motion(tmp_path / "suit.bvh", folded(talking()))
    assert exges("match", str(tmp_path / "suit.bvh"), "--json", str(tmp_path / "map.json")) == 0
    shown = capsys.readouterr().out
    assert "warning: suit.bvh: its zero pose is folded up, so the first frame serves as rest" in shown
    assert "Mixamo, confidence 1.00" in shown
    found = json.loads((tmp_path / "map.json").read_text(encoding="utf-8"))
    assert (found["rest_frame"], found["bones"]["left_elbow"]) == (0, "LeftForeArm")


def test_names_are_shown_and_written_whatever_their_encoding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rig = bvh(family("blender", pose="a"), tmp_path / "rig.bvh")
    rig.write_bytes(rig.read_bytes().replace(b"head\n", "t\xeate\n".encode("cp1252")))
    assert exges("match", str(rig), "--json", str(tmp_path / "map.json")) == 0
    assert "t\xeate" in capsys.readouterr().out
    found = json.loads((tmp_path / "map.json").read_text(encoding="utf-8"))
    assert (found["bones"]["head"], found["rest_frame"]) == ("t\xeate", None)


def test_an_fbx_is_sent_to_blender_and_names_twice_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hero.fbx").write_bytes(b"Kaydara FBX Binary")
    assert exges("match", str(tmp_path / "hero.fbx")) == 2
    assert "File > Export > Motion Capture (.bvh)" in capsys.readouterr().err
    rig = bvh(family("blender", pose="a"), tmp_path / "rig.bvh")
    rig.write_text(rig.read_text().replace("upper_arm.L", "upper_arm.R"))
    assert exges("match", str(rig)) == 2
    told = capsys.readouterr().err.split("rig.bvh")[1]
    for read in (open_motion, lambda path: read_target(str(path))):
        with pytest.raises(InputError, match=r"'upper_arm\.R' in line") as caught:
            read(rig)
        assert str(caught.value).split("rig.bvh")[1] == told.rstrip()
