"""Takes on their way from a corpus into a motion base: read by several processes, chosen, and cut; never held all.

Of a base of limited length, every take is read twice: once to see what it offers, once, if something of it is chosen,
for its motion. In between only the offers are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from exges_core.datasets.recordings import Take, read_folder
from exges_core.retrieval.sources import SourceTake, source_take
from training.data.labels import read_marks, tags_of
from training.data.take_scores import score_of_take
from training.retrieval.subset import Stretch, chosen, cut, offers
from training.workers import WorkerOptions


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One take to be read by a worker.

    Attributes:
        data: the corpus.
        take: as listed.
        number: its place in the list.
        known: words that stretches may have; None = any.
        stretches: of it that are wanted; None = the whole take.
    """

    data: Path
    take: Take
    number: int
    known: frozenset[str] | None = None
    stretches: tuple[Stretch, ...] | None = None


def listed(data: Path, split: str, *, scan_takes: int | None = None) -> list[Reading]:
    """Return the takes of a split, or `scan_takes` of them at most, spread over it.

    Raises:
        InputError: if the folder cannot be used.
    """
    takes = read_folder(data, split)
    step = 1 if scan_takes is None else max(len(takes) / scan_takes, 1.0)
    places = [int(number * step) for number in range(int(len(takes) / step))]
    return [Reading(data=data, take=takes[place], number=number) for number, place in enumerate(places)]


def read_source(reading: Reading) -> SourceTake:
    """Return a take cut into segments, with the gestures that its labels name.

    Raises:
        InputError: if the take or its labels cannot be used.
    """
    data, take = reading.data, reading.take
    source = source_take(take.id, take.clip, take.waveform, take.words or None, speaker=take.speaker)
    marks = read_marks(data, take.id)
    source = replace(source, strokes=score_of_take(data, take.id, source.clip).strokes)
    return replace(source, tags=tags_of(source.segments, marks)) if marks else source


def read_offers(reading: Reading) -> list[Stretch]:
    """Return what a take offers (`subset.offers`).

    Raises:
        InputError: as `read_source`.
    """
    return offers(reading.number, read_source(reading), known=reading.known)


def read_parts(reading: Reading) -> list[SourceTake]:
    """Return the wanted stretches of a take, or all of it.

    Raises:
        InputError: as `read_source`.
    """
    source = read_source(reading)
    return [source] if reading.stretches is None else [cut(source, each) for each in reading.stretches]


def parts_for(
    readings: Sequence[Reading], workers: WorkerOptions, *, minutes: float, known: frozenset[str] | None
) -> Iterator[SourceTake]:
    """Yield what goes into a base of `minutes` at most (0 = everything), take by take.

    Raises:
        InputError: as `read_source`.
        WorkerError: if a worker dies.
    """
    if minutes:
        asked = (replace(reading, known=known) for reading in readings)
        offered = [stretch for each in workers.each(read_offers, asked) for stretch in each]
        taken = groupby(chosen(offered, minutes=minutes), key=lambda stretch: stretch.take)
        readings = [replace(readings[number], stretches=tuple(each)) for number, each in taken]
    for parts in workers.each(read_parts, readings):
        yield from parts
