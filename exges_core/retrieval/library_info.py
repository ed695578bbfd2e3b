"""What is in a motion base: counts, hours, speakers, sizes, where it comes from, and what is in it twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from exges_core.retrieval.library_files import ModelRecord, Shard
from exges_core.timeline import MOTION_RATE_HZ


@dataclass(frozen=True, kw_only=True)
class PartInfo:
    """What is in a part of a base, and where it comes from."""

    name: str
    takes: int
    clips: int
    hours: float
    licence: str
    provenance: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class LibraryInfo:
    """What is in a base; the fields are the names in `exges library info`."""

    name: str
    takes: int
    clips: int
    hours: float
    speakers: list[str]
    hours_per_speaker: dict[str, float]
    size_bytes: int
    duplicates: int
    duplicate_takes: list[list[str]]
    model: ModelRecord
    licence: str
    provenance: Mapping[str, object]
    parts: list[PartInfo]


def info_of(name: str, folders: Sequence[Path], shards: Sequence[Shard], model: ModelRecord) -> LibraryInfo:
    """Count what is in the shards of a base; takes of one digest hold the same motion."""
    hours: Counter[str] = Counter()
    alike: dict[int, list[str]] = {}
    for shard in shards:
        speakers = shard.strings("speakers")[:]
        for take, source in zip(shard.takes.tolist(), shard.strings("sources"), strict=True):
            speaker, _, _, frames, digest = take
            hours[speakers[speaker]] += frames / MOTION_RATE_HZ / 3600
            alike.setdefault(digest, []).append(source)
    repeated = [names for names in alike.values() if len(names) > 1]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return LibraryInfo(
        name=name,
        takes=sum(len(names) for names in alike.values()),
        clips=sum(shard.clips for shard in shards),
        hours=sum(hours.values()),
        speakers=sorted(name for name in hours if name),
        hours_per_speaker={name or "(unknown)": hours[name] for name in sorted(hours)},
        size_bytes=sum(path.stat().st_size for path in files),
        duplicates=sum(len(names) - 1 for names in repeated),
        duplicate_takes=repeated,
        model=model,
        licence="; ".join(dict.fromkeys(shard.facts["licence"] for shard in shards)),
        provenance=shards[0].facts["provenance"],
        parts=[_part_info(shard) for shard in shards],
    )


def _part_info(shard: Shard) -> PartInfo:
    return PartInfo(
        name=shard.facts["name"],
        takes=len(shard.takes),
        clips=shard.clips,
        hours=int(shard.takes["frames"].sum()) / MOTION_RATE_HZ / 3600,
        licence=shard.facts["licence"],
        provenance=shard.facts["provenance"],
    )
