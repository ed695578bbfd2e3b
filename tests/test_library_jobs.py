"""Motion bases of a user's own: copied, begun, extended, never at the shipped one's cost; and used."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import soundfile

from exges_core import assets
from exges_core.engine import Engine
from exges_core.errors import InputError, OutputError
from exges_core.library_jobs import Origin, add_to_library, build_library, copy_library, search_library
from exges_core.pipeline import generate
from exges_core.protocol import Request, ignore_progress


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(device="cpu")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> dict[str, Path]:
    """Return 6 s of speech, and motion made for it as BVH."""
    folder = tmp_path_factory.mktemp("recording")
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    soundfile.write(folder / "talk.wav", samples[: 6 * rate_hz], rate_hz)
    request = Request(
        id="a", speech=str(folder / "talk.wav"), outputs=(str(folder / "talk.bvh"),), asr="none", use_retrieval=False
    )
    generate(request, engine)
    return {"speech": folder / "talk.wav", "motion": folder / "talk.bvh"}


def added(folder: Path, **options: Any) -> dict[str, Any]:
    return add_to_library(folder, asr="none", device="cpu", on_progress=ignore_progress, **options)


def test_a_copy_of_the_shipped_base_takes_a_recording_and_finds_it_again(
    tmp_path: Path, recording: dict[str, Path], engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    mine = tmp_path / "mine"
    shipped = copy_library(mine)
    info = added(mine, name="day one", origin=Origin(licence="my own", source="studio", speaker="me"), **recording)
    assert info["parts"][-1]["licence"] == "my own"
    assert info["parts"][-1]["provenance"]["source"] == "studio"
    assert info["hours_per_speaker"]["me"] == pytest.approx(6 / 3600, rel=0.02)
    added(mine, name="day two", **recording)
    assert "the same motion is in the base more than once: day one, day two" in caplog.text
    with pytest.raises(InputError, match="day one, which is in it"):
        added(mine, name="day one", **recording)
    clip = shipped["clips"]
    request = Request(
        id="b",
        speech=str(recording["speech"]),
        outputs=(str(tmp_path / "b.npz"),),
        asr="none",
        library=str(mine),
        pins=(f"0={clip}",),
        bans=("day two",),
    )
    report = generate(request, engine).report
    assert report["gestures"][0] == {"segment": 0, "clip": clip, "decision": "pinned"}
    assert {"day one"} <= {each["source"] for each in report["retrieved"]}
    assert all(each["source"] != "day two" for each in report["retrieved"])
    both = generate(replace(request, library=(str(assets.LIBRARY), str(mine)), pins=(), bans=()), engine).report
    assert both["library"] == {"name": "library + mine", "clips": 2 * clip + 2 * (info["clips"] - clip)}


def test_at_strength_nothing_retrieval_changes_nothing(
    tmp_path: Path, recording: dict[str, Path], engine: Engine
) -> None:
    def motion(name: str, **options: Any) -> bytes:
        path = tmp_path / f"{name}.bvh"
        generate(Request(id=name, speech=str(recording["speech"]), outputs=(str(path),), asr="none", **options), engine)
        return path.read_bytes()

    without = motion("without", use_retrieval=False)
    pinned: dict[str, Any] = {"pins": ("0=5",)}  # so that something is used whatever the search finds probable
    assert motion("nothing", retrieval_strength=0.0, **pinned) == without
    assert motion("full", **pinned) != without


def test_a_new_folder_begins_a_base_and_a_foreign_one_is_refused(tmp_path: Path, recording: dict[str, Path]) -> None:
    assert added(tmp_path / "new", **recording)["takes"] == 1
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
    info = build_library(tmp_path / "base", data, asr="none", device="cpu", on_progress=ignore_progress)
    assert info["takes"] == 1
    assert len(info["skipped"]) == 1
    assert "bad: expected motion and sound of equal length" in info["skipped"][0]
    (data / "good.bvh").unlink()
    with pytest.raises(InputError, match="no segment"):
        build_library(tmp_path / "base", data, asr="none", device="cpu", on_progress=ignore_progress)

    def found(**wishes: Any) -> list[dict[str, Any]]:
        base, known = tmp_path / "base", {"transcript": None, "asr": "none", "top_k": 2, "picture": None}
        return search_library(base, recording["speech"], device="cpu", on_progress=ignore_progress, **known, **wishes)[
            "segments"
        ]

    segments = found()
    assert all(each["source"] == "good" for segment in segments for each in segment["candidates"])
    banned = segments[0]["candidates"][0]["clip"]
    wished = found(pins=("1=0",), bans=(str(banned),)) if banned else found(pins=("1=1",), bans=("0",))
    assert wished[1]["decision"] == "pinned"
    assert all(each["clip"] != banned for segment in wished for each in segment["candidates"])
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

    monkeypatch.setattr("exges_core.library_jobs.shutil.copytree", full)
    with pytest.raises(OutputError, match="No space"):
        copy_library(tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]
