import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from retrieval.conftest import random_clip, random_take

from exges_core.errors import LibraryError, OutputError
from exges_core.retrieval import library_writing, nearest
from exges_core.retrieval.inputs import MOTION_INPUTS, motion_inputs, motion_inputs_of_clip
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval, embed_overall

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
    overall = embed_overall(retrieval.model.embed_motion, inputs)[0]
    np.testing.assert_allclose(base.motion_embeddings[2], overall, atol=ROUNDING)
    info = base.info()
    assert (info["clips"], info["takes"], info["licence"], info["duplicates"]) == (4, 1, "CC0", 0)
    assert info["hours"] == pytest.approx(4 / 3600)
    json.dumps(info)


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
