"""Motion bases of a user's own: copied, begun, extended, never at the shipped one's cost; and used."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from rig.motions import degrees_between
from rig.suits import folded, talking

from exges_core import assets
from exges_core.cli.library_jobs import (
    Origin,
    Written,
    add_to_library,
    build_library,
    copy_library,
)
from exges_core.cli.library_search import FoundSegment, search_library
from exges_core.datasets.motion_files import open_motion
from exges_core.errors import InputError, OutputError
from exges_core.motion.bvh import write_motion
from exges_core.motion.clip import MotionClip, concatenate
from exges_core.motion.npz import write_npz
from exges_core.motion.orientation import lying_frames
from exges_core.motion.rotations import quat_from_rotvec, quat_multiply, quat_rotate
from exges_core.motion.skeleton import joint_index
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.models import Models
from exges_core.pipeline.report import as_json
from exges_core.protocol import Request, ignore_progress
from exges_core.retrieval.library import MotionBase
from exges_core.settings import GestureChoice


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(device="cpu")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, models: Models) -> dict[str, Path]:
    """Return 6 s of speech, and motion made for it as BVH."""
    folder = tmp_path_factory.mktemp("recording")
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    soundfile.write(folder / "talk.wav", samples[: 6 * rate_hz], rate_hz)
    request = Request(
        id="a", speech=str(folder / "talk.wav"), outputs=(str(folder / "talk.bvh"),), asr="none", use_retrieval=False
    )
    generate_files(request, models)
    return {"speech": folder / "talk.wav", "motion": folder / "talk.bvh"}


TURNED = "up is +Z in this file, as head, feet and pelvis show; turned so that it is +Y"


def z_up(clip: MotionClip) -> MotionClip:
    down = quat_from_rotvec(np.array([0.5 * np.pi, 0.0, 0.0]))
    local = clip.local_quat_wxyz.copy()
    local[:, 0] = quat_multiply(down, local[:, 0])
    return replace(clip, local_quat_wxyz=local, root_position_m=quat_rotate(down, clip.root_position_m))


def added(folder: Path, **options: Any) -> Written:
    return add_to_library(folder, asr="none", device="cpu", on_progress=ignore_progress, **options)


def test_a_copy_of_the_shipped_base_takes_a_recording_and_finds_it_again(
    tmp_path: Path, recording: dict[str, Path], models: Models, caplog: pytest.LogCaptureFixture
) -> None:
    mine = tmp_path / "mine"
    shipped = copy_library(mine)
    info = added(mine, name="day one", origin=Origin(licence="my own", source="studio", speaker="me"), **recording).info
    assert info.parts[-1].licence == "my own"
    assert info.parts[-1].provenance["source"] == "studio"
    assert info.hours_per_speaker["me"] == pytest.approx(6 / 3600, rel=0.02)
    added(mine, name="day two", **recording)
    assert "the same motion is in the base more than once: day one, day two" in caplog.text
    with pytest.raises(InputError, match="day one, which is in it"):
        added(mine, name="day one", **recording)
    clip = shipped.clips
    request = Request(
        id="b",
        speech=str(recording["speech"]),
        outputs=(str(tmp_path / "b.npz"),),
        asr="none",
        library=str(mine),
        pins=(f"0={clip}",),
        bans=("day two",),
    )
    report = as_json(generate_files(request, models).report)
    assert report["gestures"][0] == {"segment": 0, "clip": clip, "decision": "pinned"}
    assert {"day one"} <= {each["source"] for each in report["retrieved"]}
    assert all(each["source"] != "day two" for each in report["retrieved"])
    both = as_json(
        generate_files(replace(request, library=(str(assets.LIBRARY), str(mine)), pins=(), bans=()), models).report
    )
    assert both["library"] == {"name": "library + mine", "clips": 2 * clip + 2 * (info.clips - clip)}


def test_at_strength_nothing_retrieval_changes_nothing(
    tmp_path: Path, recording: dict[str, Path], models: Models
) -> None:
    def motion(name: str, **options: Any) -> bytes:
        path = tmp_path / f"{name}.bvh"
        generate_files(
            Request(id=name, speech=str(recording["speech"]), outputs=(str(path),), asr="none", **options), models
        )
        return path.read_bytes()

    without = motion("without", use_retrieval=False)
    pinned: dict[str, Any] = {"pins": ("0=5",)}  # so that something is used whatever the search finds probable
    assert motion("nothing", retrieval_strength=0.0, **pinned) == without
    assert motion("full", **pinned) != without


def test_a_new_folder_begins_a_base_and_a_foreign_one_is_refused(tmp_path: Path, recording: dict[str, Path]) -> None:
    assert added(tmp_path / "new", **recording).info.takes == 1
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.doc").touch()
    with pytest.raises(InputError, match=r"thesis\.doc"):
        added(tmp_path / "foreign", **recording)
    with pytest.raises(InputError, match="--motion and --speech"):
        added(tmp_path / "new", motion=recording["motion"])


def test_a_folder_of_pairs_becomes_a_base_and_bad_ones_are_named(tmp_path: Path, recording: dict[str, Path]) -> None:
    data = tmp_path / "data"
    data.mkdir()
    samples, rate_hz = soundfile.read(recording["speech"])
    for name, seconds in (("good", 6), ("bad", 2)):
        (data / f"{name}.bvh").write_bytes(recording["motion"].read_bytes())
        soundfile.write(data / f"{name}.wav", samples[: seconds * rate_hz], rate_hz)
    made = build_library(tmp_path / "base", data, asr="none", device="cpu", on_progress=ignore_progress)
    assert made.info.takes == 1
    assert len(made.skipped) == 1
    assert "bad: expected motion and sound of equal length" in made.skipped[0]
    (data / "good.bvh").unlink()
    with pytest.raises(InputError, match="no segment"):
        build_library(tmp_path / "base", data, asr="none", device="cpu", on_progress=ignore_progress)

    def found(**constraints: Any) -> tuple[FoundSegment, ...]:
        known = {"device": "cpu", "transcript": None, "asr": "none", "top_k": 2, "picture": None}
        choice, sound = GestureChoice(**constraints), recording["speech"]
        return search_library(tmp_path / "base", sound, choice=choice, on_progress=ignore_progress, **known).segments

    segments = found()
    assert all(each.source == "good" for segment in segments for each in segment.candidates)
    banned = segments[0].candidates[0].clip
    constrained = found(pins=("1=0",), bans=(str(banned),)) if banned else found(pins=("1=1",), bans=("0",))
    assert constrained[1].decision == "pinned"
    assert all(each.clip != banned for segment in constrained for each in segment.candidates)
    with pytest.raises(InputError, match="--pin 99=0: expected a segment"):
        found(pins=("99=0",))


def test_the_shipped_base_is_never_written(tmp_path: Path, recording: dict[str, Path]) -> None:
    before = {path: path.stat().st_mtime_ns for path in assets.LIBRARY.rglob("*")}
    with pytest.raises(InputError, match="exges library copy"):
        added(assets.LIBRARY, **recording)
    with pytest.raises(InputError, match="exges library copy"):
        build_library(assets.LIBRARY, tmp_path, on_progress=ignore_progress)
    assert {path: path.stat().st_mtime_ns for path in assets.LIBRARY.rglob("*")} == before


def test_a_copy_is_whole_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(InputError, match="empty place"):
        copy_library(tmp_path / "full")
    with pytest.raises(InputError, match=r"base\.json"):
        copy_library(tmp_path / "new", of=tmp_path / "full")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("exges_core.cli.library_jobs.shutil.copytree", full)
    with pytest.raises(OutputError, match="No space"):
        copy_library(tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]


def test_nothing_that_lies_joins_a_base(tmp_path: Path, recording: dict[str, Path]) -> None:
    """A Z-up take is turned, a take that lies is left out or refused, a take that lies down loses those segments."""
    clip = open_motion(recording["motion"]).clip
    asleep = replace(z_up(clip), root_position_m=np.tile([0.0, 0.12, 0.0], (clip.frames, 1)))
    data, late = tmp_path / "data", clip.frames * 6 // 10
    data.mkdir()
    falls = concatenate([clip.cut(0, late), asleep.cut(late, clip.frames)])
    for name, each in (("asleep", asleep), ("falls", falls), ("plain", clip), ("z_up", z_up(clip))):
        write_npz(data / f"{name}.npz", each)
        (data / f"{name}.WAV").write_bytes(recording["speech"].read_bytes())
    write_npz(data / "tpose.npz", clip.cut(0, 1))
    made = build_library(tmp_path / "base", data, asr="none", device="cpu", on_progress=ignore_progress)
    left_out = [text.split(":")[0].split("/")[-1] for text in made.skipped]
    assert left_out == ["tpose.npz", "asleep.npz"]
    assert "a person who stands or sits upright" in made.skipped[1]
    base = MotionBase.open(tmp_path / "base")
    clips = {name: len(base.clips_of(name)) for name in ("falls", "plain", "z_up")}
    assert clips["plain"] == clips["z_up"] > clips["falls"] > 0
    lost = clips["plain"] - clips["falls"]
    assert made.warnings == (
        f"falls: left out {lost} segments in which the person is lying down",
        f"z_up.npz: {TURNED}",
    )
    for number in range(len(base)):
        assert not lying_frames(base.clip(number)).any()
    with pytest.raises(InputError, match=r"asleep\.npz: expected a person who stands"):
        added(tmp_path / "base", motion=data / "asleep.npz", speech=recording["speech"])


def test_beat2_folders_leave_out_what_lacks_a_sound_and_are_turned(tmp_path: Path, recording: dict[str, Path]) -> None:
    for part in ("smplxflame_30", "wave16k"):
        (tmp_path / "data" / part).mkdir(parents=True)
    clip = open_motion(recording["motion"]).clip
    for name, each in (("1_ada_0_1_1.NPZ", z_up(clip)), ("1_ada_0_2_2.npz", clip), ("._1_ada_0_1_1.npz", clip)):
        write_npz(tmp_path / "take.npz", each)
        (tmp_path / "take.npz").rename(tmp_path / "data" / "smplxflame_30" / name)
    (tmp_path / "data" / "wave16k" / "1_ada_0_1_1.WAV").write_bytes(recording["speech"].read_bytes())
    made = build_library(tmp_path / "base", tmp_path / "data", asr="none", device="cpu", on_progress=ignore_progress)
    assert made.info.takes == 1
    assert made.skipped == ("1_ada_0_2_2.npz: no sound 1_ada_0_2_2.wav in wave16k",)
    assert made.warnings == (f"1_ada_0_1_1: {TURNED}",)
    base = MotionBase.open(tmp_path / "base")
    assert base.clip(0).positions_m()[:, joint_index("head"), 1].min() > 1.2


def test_a_generation_says_what_was_done_to_its_motion_and_its_rig(
    tmp_path: Path, recording: dict[str, Path], models: Models
) -> None:
    clip = open_motion(recording["motion"]).clip
    write_npz(tmp_path / "z_up.npz", z_up(clip))
    write_motion(tmp_path / "suit.bvh", folded(talking()))
    request = Request(
        id="a",
        speech=str(recording["speech"]),
        outputs=(str(tmp_path / "a.bvh"), str(tmp_path / "a.npz")),
        base_motion=str(tmp_path / "z_up.npz"),
        keep_outside_s=(1.0, 2.0),
        rig=str(tmp_path / "suit.bvh"),
        asr="none",
        use_retrieval=False,
    )
    warnings = as_json(generate_files(request, models).report)["warnings"]
    assert warnings[-2:] == [
        f"z_up.npz: {TURNED}",
        "suit.bvh: its zero pose is folded up, so the first frame serves as rest",
    ]
    made = open_motion(tmp_path / "a.npz").clip
    assert degrees_between(made.local_quat_wxyz[60:], clip.local_quat_wxyz[60 : made.frames]) < 0.01


def test_the_name_of_the_shipped_base_is_none_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name, data = Path("default"), tmp_path / "shoot"
    for job in (
        lambda: copy_library(name),
        lambda: added(name, data=data),
        lambda: build_library(name, data, on_progress=ignore_progress),
    ):
        with pytest.raises(InputError, match="got 'default', which means the shipped one"):
            job()
    assert list(tmp_path.iterdir()) == []


def test_a_base_in_the_place_of_a_file_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    taken = tmp_path / "talk.wav"
    taken.touch()
    for job in (
        lambda: copy_library(taken),
        lambda: build_library(taken, tmp_path / "shoot", on_progress=ignore_progress),
    ):
        with pytest.raises(InputError, match=r"talk\.wav: expected a folder, got a file"):
            job()


def test_a_folder_and_one_recording_at_once_are_refused(tmp_path: Path, recording: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="expected --data alone, got --motion and --speech and --name as well"):
        added(tmp_path / "mine", data=recording["motion"].parent, name="one", **recording)
    assert list(tmp_path.iterdir()) == []
