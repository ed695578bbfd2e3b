"""A motion base is the same, byte for byte, wherever its takes are read; it is chosen without their motion."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from retrieval.conftest import random_take

from exges_core.retrieval.library import MotionBase
from training.build_library import Build, build
from training.retrieval.base_takes import listed, read_source
from training.retrieval.subset import choose_stretches, chosen, offers
from training.workers import WorkerOptions


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def options(folder: Path, retrieval_files: tuple[Path, Path]) -> Build:
    return Build(data=folder, model=retrieval_files[0], out=folder, minutes=0.2)


def test_workers_change_no_byte_of_a_base(options: Build, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `cluster` is not installed")
    found: list[dict[str, bytes]] = []
    ray = WorkerOptions(on="ray", workers=2)
    for name, workers in (("one", WorkerOptions()), ("two", WorkerOptions(workers=2)), ("ray", ray)):
        build(replace(options, out=tmp_path / name, on=workers.on, workers=workers.workers))
        found.append(bytes_of(tmp_path / name))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 10


def test_what_is_read_twice_is_what_choosing_with_all_in_memory_gives(options: Build, tmp_path: Path) -> None:
    sources = [read_source(each) for each in listed(options.data, "train")]
    expected = choose_stretches(sources, minutes=options.minutes)
    assert len(expected) > 0
    base = build(replace(options, out=tmp_path / "base"))
    assert base.info().takes == len(expected)
    whole = build(replace(options, out=tmp_path / "whole", minutes=0.0))
    assert whole.info().takes == len(sources) == 3
    assert isinstance(whole, MotionBase)
    assert whole.info().provenance["gestures"] == 2


def test_the_queue_chooses_what_weighing_all_anew_each_time_would(generator: np.random.Generator) -> None:
    """The naive choice: of all that still fit, the one of most worth per second, again and again."""
    takes = [
        replace(
            random_take(f"t{number}", generator, seconds=30),
            speaker=f"s{number % 2}",
            tags=tuple((("big",), ("wave", "big"), (), ("beat_up",))[each] for each in generator.integers(0, 4, 30)),
        )
        for number in range(5)
    ]
    offered = [stretch for number, take in enumerate(takes) for stretch in offers(number, take)]
    left, rest, naive = 60.0, list(offered), []
    speakers, tags = dict[str, int](), dict[str, int]()
    pairs = [pair for each in offered for pair in set(each.worded)]

    def worth(stretch: object) -> float:
        seen = dict(tags)
        total = 2.0 / (1.0 + speakers.get(stretch.speaker, 0)) + stretch.energy
        for tag in stretch.tags:
            total += 1.0 / (1.0 + seen.get(tag, 0))
            seen[tag] = seen.get(tag, 0) + 1
        worded = [pair for pair in dict.fromkeys(stretch.worded) if pairs.count(pair) > 1]
        return (total + sum(0.4 / (1.0 + seen.get(pair, 0)) for pair in worded)) / stretch.duration_s

    while fitting := [each for each in rest if each.duration_s <= left]:
        best = max(fitting, key=lambda each: (round(worth(each), 9), -each.take, -each.first))
        rest.remove(best)
        naive.append((best.take, best.first))
        left -= best.duration_s
        speakers[best.speaker] = speakers.get(best.speaker, 0) + 1
        for tag in (*best.tags, *(pair for pair in best.worded if pairs.count(pair) > 1)):
            tags[tag] = tags.get(tag, 0) + 1
    assert [(each.take, each.first) for each in chosen(offered, minutes=1.0)] == sorted(naive)
    assert len(naive) > 4
