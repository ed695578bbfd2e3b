import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from retrieval.conftest import random_clip, random_take

from exges_core.errors import LibraryError, OutputError
from exges_core.retrieval import library_writing, nearest
from exges_core.retrieval.inputs import MOTION_INPUTS, motion_inputs, motion_inputs_of_clip
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.library_files import Shard
from exges_core.retrieval.model import LoadedRetrieval

ROUNDING = 2e-3


def built(folder: Path, model: LoadedRetrieval, generator: np.random.Generator, takes: int = 3) -> MotionBase:
    return MotionBase.build(
        folder,
        [random_take(f"take{number}", generator) for number in range(takes)],
        model,
        licence="CC0",
        provenance={"made": "by a test"},
    )


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_base_gives_back_what_was_put_in(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    take = random_take("one", generator)
    base = MotionBase.build(tmp_path / "base", [take], retrieval, licence="CC0", provenance={})
    assert len(base) == 4
    entry = base.entry(2)
    assert (entry.source, entry.speaker, entry.start_s, entry.end_s) == ("one", "speaker one", 2.0, 3.0)
    assert entry.start_s <= entry.key_time_s < entry.end_s
    clip, expected = base.clip(2), take.clip.cut(60, 90)
    dot = np.abs((clip.local_quat_wxyz * expected.local_quat_wxyz).sum(-1))
    np.testing.assert_allclose(dot, 1.0, atol=ROUNDING)
    np.testing.assert_allclose(clip.root_position_m, expected.root_position_m, atol=1e-6)
    inputs = [motion_inputs_of_clip(take.clip)[60:90]]
    ((_, overall),) = retrieval.embed_motion(inputs)
    np.testing.assert_allclose(base.motion_embeddings[2], overall, atol=ROUNDING)
    info = base.info()
    assert (info.clips, info.takes, info.licence, info.duplicates) == (4, 1, "CC0", 0)
    assert info.hours == pytest.approx(4 / 3600)
    json.dumps(asdict(info))


def test_motion_inputs_are_the_same_from_features_and_clip_and_blind_to_place_and_heading(
    generator: np.random.Generator,
) -> None:
    from exges_core.motion.features import features_from_clip, home_anchor

    clip = random_clip(12, generator)
    inputs = motion_inputs_of_clip(clip)
    assert inputs.shape == (12, MOTION_INPUTS)
    np.testing.assert_allclose(motion_inputs(features_from_clip(clip, home_anchor(clip))), inputs, atol=1e-5)
    quats = clip.local_quat_wxyz.copy()
    quats[:, [0, 1, 2, 22, 23, 24]] = (0.0, 1.0, 0.0, 0.0)
    moved = replace(clip, local_quat_wxyz=quats, root_position_m=clip.root_position_m + 7.0)
    np.testing.assert_allclose(motion_inputs_of_clip(moved), inputs, atol=1e-5)


def test_a_pose_around_a_time_stays_inside_its_take(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    base = built(tmp_path / "base", retrieval, generator)
    assert base.pose_around(4, 0.0, 3).frames == 4
    assert base.pose_around(4, 2.0, 3).frames == 7
    assert base.pose_around(7, 99.0, 3).frames == 4


def test_adding_equals_building_at_once(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    takes = [random_take(f"take{number}", generator) for number in range(3)]
    whole = MotionBase.build(tmp_path / "whole", takes, retrieval, licence="", provenance={})
    grown = MotionBase.build(tmp_path / "grown", takes[:1], retrieval, licence="", provenance={}).add(
        takes[1:], retrieval, licence=""
    )
    np.testing.assert_allclose(grown.motion_embeddings, whole.motion_embeddings, atol=ROUNDING)
    assert [grown.entry(clip) for clip in range(12)] == [whole.entry(clip) for clip in range(12)]
    with pytest.raises(LibraryError, match="take1"):
        grown.add(takes[1:2], retrieval)


def test_a_killed_add_leaves_the_old_base(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = built(tmp_path / "base", retrieval, generator)
    before = bytes_of(base.folder)

    class Killed(BaseException):
        """What a kill looks like from inside: nothing cleans up behind it."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die)
        with pytest.raises(Killed):
            base.add([random_take("new", generator)], retrieval)
    after = bytes_of(base.folder)
    assert {name: after[name] for name in before} == before
    assert len(MotionBase.open(base.folder, model=retrieval)) == 12
    assert len(MotionBase.open(base.folder).add([random_take("new", generator)], retrieval)) == 16


def test_a_full_disk_leaves_the_old_base_and_nothing_else(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = built(tmp_path / "base", retrieval, generator)
    before = bytes_of(base.folder)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(library_writing.np, "save", full)
    with pytest.raises(OutputError, match="No space"):
        base.add([random_take("new", generator)], retrieval)
    assert bytes_of(base.folder) == before


def test_building_again_replaces_the_old_base(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    built(tmp_path / "base", retrieval, generator)
    again = built(tmp_path / "base", retrieval, generator, takes=1)
    assert len(MotionBase.open(again.folder)) == 4
    assert len(list(again.folder.glob("shard-*"))) == 1


@pytest.mark.parametrize("name", ["base.json", "shard-0000/poses.npy", "shard-0000/texts.npy"])
@pytest.mark.parametrize("is_cut", [True, False])
def test_damage_is_one_clear_line(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator, name: str, is_cut: bool
) -> None:
    base = built(tmp_path / "base", retrieval, generator)
    path = base.folder / name
    if is_cut:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.unlink()
    with pytest.raises(LibraryError, match=r"Build it again") as caught:
        MotionBase.open(base.folder)
    assert "\n" not in str(caught.value)


def test_another_models_base_is_refused(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    base = built(tmp_path / "base", retrieval, generator)
    with pytest.raises(LibraryError, match="bbbbbbbbbbbb"):
        MotionBase.open(base.folder, model=replace(retrieval, sha256="b" * 64))


def test_nan_is_refused(tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator) -> None:
    take = random_take("broken", generator)
    take.clip.root_position_m[7] = np.nan
    with pytest.raises(LibraryError, match="NaN in root"):
        MotionBase.build(tmp_path / "base", [take], retrieval, licence="", provenance={})
    assert not (tmp_path / "base" / "base.json").exists()


def test_flat_search_equals_brute_force(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    base = built(tmp_path / "base", retrieval, generator, takes=10)
    queries = generator.normal(size=(6, 16)).astype(np.float32)
    for weight in (0.0, 0.5):
        vectors = base.motion_embeddings.astype(np.float32) + weight * base.audio_embeddings.astype(np.float32)
        exact = np.argsort(-(queries @ vectors.T), axis=1)[:, :7]
        assert np.array_equal(base.nearest(queries, 7, audio_weight=weight)[1], exact)


def test_the_graph_of_a_large_base_finds_the_same(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "FLAT_LIMIT", 30)
    monkeypatch.setattr(nearest, "TAIL_LIMIT", 0)
    base = built(tmp_path / "base", retrieval, generator, takes=20)
    assert (base.folder / "index-0000.faiss").is_file()
    queries = generator.normal(size=(20, 16)).astype(np.float32)
    exact = np.argmax(queries @ base.motion_embeddings.astype(np.float32).T, axis=1)
    assert np.mean(base.nearest(queries, 5)[1][:, 0] == exact) >= 0.95
    grown = base.add([random_take("late", generator)], retrieval)
    assert len(list(grown.folder.glob("index-*"))) == 1
    assert grown.nearest(grown.motion_embeddings[82:83].astype(np.float32), 1)[1][0, 0] == 82


def test_without_faiss_a_large_base_is_searched_exactly_and_grows(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "FLAT_LIMIT", 30)
    monkeypatch.setattr(nearest, "TAIL_LIMIT", 0)
    monkeypatch.setattr(nearest, "_BLOCK", 16)
    with_graph = built(tmp_path / "graph", retrieval, generator, takes=20)
    monkeypatch.setitem(sys.modules, "faiss", None)
    base = MotionBase.open(with_graph.folder).add([random_take("late", generator)], retrieval)
    assert [path.name for path in base.folder.glob("index-*")] == ["index-0000.faiss"]
    alone = built(tmp_path / "alone", retrieval, generator, takes=20)
    assert not list(alone.folder.glob("index-*"))
    for each in (base, alone):
        queries = each.motion_embeddings[[3, len(each) - 1]].astype(np.float32)
        exact = np.argsort(-(queries @ each.motion_embeddings.astype(np.float32).T), axis=1, kind="stable")[:, :5]
        assert np.array_equal(each.nearest(queries, 5)[1], exact)


def test_a_graph_is_left_alone_by_small_adds_and_extended_by_large_ones(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "FLAT_LIMIT", 30)
    monkeypatch.setattr(nearest, "TAIL_LIMIT", 6)
    base = built(tmp_path / "base", retrieval, generator, takes=20)
    graph = (base.folder / "index-0000.faiss").read_bytes()
    grown = base.add([random_take("one", generator)], retrieval)
    assert (base.folder / "index-0000.faiss").read_bytes() == graph
    queries = grown.motion_embeddings[[82, 3]].astype(np.float32)
    assert grown.nearest(queries, 3)[1][:, 0].tolist() == [82, 3]
    grown = grown.add([random_take("two", generator)], retrieval)
    assert [path.name for path in base.folder.glob("index-*")] == ["index-0002.faiss"]
    queries = grown.motion_embeddings[[82, 3, 87]].astype(np.float32)
    assert grown.nearest(queries, 3)[1][:, 0].tolist() == [82, 3, 87]
    assert len(set(grown.nearest(queries, 88)[1][0].tolist())) > 80


def test_an_index_cut_in_half_is_one_clear_line(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "FLAT_LIMIT", 30)
    base = built(tmp_path / "base", retrieval, generator, takes=20)
    path = base.folder / "index-0000.faiss"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LibraryError, match=r"index-0000\.faiss: expected a complete motion base.*Build it again"):
        MotionBase.open(base.folder)
    path.unlink()
    with pytest.raises(LibraryError, match="got nothing"):
        MotionBase.open(base.folder)


def test_a_missing_shard_is_one_clear_line(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    base = built(tmp_path / "base", retrieval, generator).add([random_take("new", generator)], retrieval)
    (base.folder / "shard-0001").rename(tmp_path / "elsewhere")
    with pytest.raises(LibraryError, match=r"shard-0001.*got nothing"):
        MotionBase.open(base.folder)
    (tmp_path / "elsewhere").rename(base.folder / "shard-0001")
    assert len(MotionBase.open(base.folder)) == 16


@pytest.mark.parametrize("record", ["[]", "{", '{"format": 99}', '{"format": 0}', '{"format": 2}'])
def test_another_format_is_one_clear_line(tmp_path: Path, record: str) -> None:
    (tmp_path / "base.json").write_text(record)
    with pytest.raises(LibraryError, match="newer exges" if "99" in record else "Build it again") as caught:
        MotionBase.open(tmp_path)
    assert "\n" not in str(caught.value)


def as_format_1(folder: Path) -> None:
    """Turn a base into what the first version wrote."""
    record = json.loads((folder / "base.json").read_text())
    (facts,) = record["shards"]
    shard = folder / facts["name"]
    read = Shard(shard, facts)
    speakers = read.strings("speakers")
    takes = [
        {
            "id": source,
            "speaker": speakers[speaker],
            "offset_s": offset_s,
            "first_frame": first,
            "frames": frames,
            "digest": f"{digest:016x}",
        }
        for source, (speaker, offset_s, first, frames, digest) in zip(
            read.strings("sources"), read.takes.tolist(), strict=True
        )
    ]
    tags = [each.split("\n") if each else [] for each in read.strings("tags")]
    words = {"takes": takes, "texts": list(read.strings("texts")), "tags": tags}
    (shard / "segments.json").write_text(json.dumps(words))
    for name in ("takes", "texts", "tags", "sources", "speakers"):
        for path in shard.glob(f"{name}*.npy"):
            path.unlink()
    files = {path.name: path.stat().st_size for path in sorted(shard.iterdir())}
    old = {"format": 1, "model": record["model"], "licence": facts["licence"], "provenance": facts["provenance"]}
    text = json.dumps({**old, "shards": [{"name": shard.name, "files": files}], "index": None})
    (folder / "base.json").write_text(text)


def test_the_first_format_is_read_and_extended(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    take = replace(random_take("tagged", generator), tags=(("circle", "beat"), (), ("beat",), ()))
    new = MotionBase.build(tmp_path / "base", [take], retrieval, licence="CC0", provenance={"made": "before"})
    entries, info = [new.entry(clip) for clip in range(4)], new.info()
    assert entries[0].tags == ("circle", "beat")
    assert entries[1].tags == ()
    as_format_1(tmp_path / "base")
    old = MotionBase.open(tmp_path / "base", model=retrieval)
    assert [old.entry(clip) for clip in range(4)] == entries
    assert replace(old.info(), size_bytes=0) == replace(info, size_bytes=0)
    grown = old.add([random_take("later", generator)], retrieval, licence="mine")
    assert [grown.entry(clip) for clip in range(4)] == entries
    assert [part.licence for part in grown.info().parts] == ["CC0", "mine"]
    assert grown.entry(4).licence == "mine"


def test_provenance_and_duplicates_are_told(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    first = random_take("first", generator)
    base = MotionBase.build(tmp_path / "base", [first], retrieval, licence="CC0", provenance={"source": "studio A"})
    again = replace(first, id="again", speaker="nobody")
    info = base.add([again], retrieval, licence="CC-BY-4.0", provenance={"source": "studio B"}).info()
    assert info.duplicates == 1
    assert info.duplicate_takes == [["first", "again"]]
    assert info.licence == "CC0; CC-BY-4.0"
    assert [part.provenance["source"] for part in info.parts] == ["studio A", "studio B"]
    assert info.hours_per_speaker == pytest.approx({"nobody": 4 / 3600, "speaker first": 4 / 3600})


def test_several_bases_are_searched_as_one(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    takes = [random_take(f"take{number}", generator) for number in range(3)]
    whole = MotionBase.build(tmp_path / "whole", takes, retrieval, licence="", provenance={})
    MotionBase.build(tmp_path / "a", takes[:1], retrieval, licence="", provenance={})
    MotionBase.build(tmp_path / "b", takes[1:], retrieval, licence="", provenance={})
    joined = MotionBase.open(tmp_path / "a", tmp_path / "b", model=retrieval)
    assert joined.name == "a + b"
    assert [joined.entry(clip) for clip in range(12)] == [whole.entry(clip) for clip in range(12)]
    queries = generator.normal(size=(5, 16)).astype(np.float32)
    assert np.array_equal(joined.nearest(queries, 6)[1], whole.nearest(queries, 6)[1])
    assert joined.clips_of("take2") == [8, 9, 10, 11]


ADDING = """
import sys
from pathlib import Path
import numpy as np
import torch
from retrieval.conftest import SMALL, random_take
from exges_core.retrieval.encoders import RetrievalModel
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval

folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
torch.manual_seed(5)
torch.set_num_threads(1)
model = LoadedRetrieval(model=RetrievalModel(SMALL).eval(), name="tiny", sha256="a" * 64, provenance={})
generator = np.random.default_rng(0)
for number in range(count):
    MotionBase.open(folder).add([random_take(f"{name}{number}", generator)], model)
    print("added", flush=True)
"""


def adding(folder: Path, name: str, count: int) -> "subprocess.Popen[str]":
    """Start a process that adds takes to a base, one after another."""
    root = Path(__file__).resolve().parent.parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root.parent)]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", ADDING, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)


def test_processes_killed_while_they_add_lose_nothing_and_leave_nothing_that_grows(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    base = built(tmp_path / "base", retrieval, generator, takes=1)
    before = bytes_of(base.folder / "shard-0000")
    processes = [adding(base.folder, name, 10_000) for name in ("left", "right")]
    added = 0
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "added\n"
    time.sleep(float(generator.uniform(0.05, 0.4)))
    for process in processes:
        time.sleep(float(generator.uniform(0.0, 0.1)))
        process.kill()
        added += 1 + len((process.communicate()[0] or "").splitlines())
    found = MotionBase.open(base.folder, model=retrieval)
    assert added <= len(found) // 4 - 1 <= added + 2
    assert bytes_of(base.folder / "shard-0000") == before
    grown = found.add([random_take("after", generator)], retrieval)
    assert len(grown) == len(found) + 4
    named = {shard["name"] for shard in json.loads((base.folder / "base.json").read_text())["shards"]}
    assert {path.name for path in base.folder.iterdir()} == {*named, "base.json", "base.lock"}
    assert grown.info().takes == len(named)


def test_what_a_killed_process_left_is_removed_by_the_next(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    base = built(tmp_path / "base", retrieval, generator)
    (base.folder / "shard-0007").mkdir()
    (base.folder / "shard-0007" / "poses.npy").write_bytes(b"half")
    (base.folder / "index-0007.faiss").write_bytes(b"half")
    (base.folder / "base.json.123.part").write_bytes(b"{")
    (base.folder / "notes.txt").write_text("mine")
    base.add([random_take("new", generator)], retrieval)
    names = {path.name for path in base.folder.iterdir()}
    assert names == {"base.json", "base.lock", "notes.txt", "shard-0000", "shard-0001"}


def test_who_finds_a_base_locked_is_told(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = built(tmp_path / "base", retrieval, generator)
    monkeypatch.setattr(library_writing, "LOCK_WAIT_S", 0.05)
    with (
        FileLock(base.folder / library_writing.LOCK),
        pytest.raises(LibraryError, match=r"another process that writes to it.*run this again"),
    ):
        base.add([random_take("new", generator)], retrieval)
    assert len(base.add([random_take("new", generator)], retrieval)) == 16


def test_takes_that_come_one_by_one_are_embedded_in_parts(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes = [random_take(f"take{number}", generator, has_audio=number != 1) for number in range(5)]
    whole = MotionBase.build(tmp_path / "whole", takes, retrieval, licence="", provenance={})
    monkeypatch.setattr(library_writing, "CHUNK_SEGMENTS", 7)
    parts = MotionBase.build(tmp_path / "parts", iter(takes), retrieval, licence="", provenance={})
    assert [parts.entry(clip) for clip in range(20)] == [whole.entry(clip) for clip in range(20)]
    np.testing.assert_allclose(parts.audio_embeddings, whole.audio_embeddings, atol=ROUNDING)
    assert not parts.audio_embeddings[4:8].any()
    np.testing.assert_array_equal(parts.clip(17).local_quat_wxyz, whole.clip(17).local_quat_wxyz)
