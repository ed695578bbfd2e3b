"""Which stretches of a corpus go into a motion base of limited length: expressive, varied, from everybody. Pure."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.skeleton import joint_index
from exges_core.retrieval.sources import SourceTake
from exges_core.retrieval.spoken import plain
from exges_core.score.records import moved
from exges_core.timeline import MOTION_RATE_HZ

WRISTS = (joint_index("left_wrist"), joint_index("right_wrist"))
STRETCH_S = 8.0
"""Takes are offered in stretches of about this length, cut between segments: a few long takes do not fill a base."""
MARGIN_S = 0.5
"""Motion kept before and behind a stretch's segments."""
STILL_M_PER_S = 0.1
WORD_WORTH = 0.4
"""Worth of a word that a gesture goes with more than once in the corpus, against 1 for the gesture itself."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A stretch of a take as it is offered: what is needed to choose, without the motion.

    Attributes:
        take: the take's place in its list.
        first, last: its segments, [first, last).
        start, stop: its frames, [start, stop).
        energy: how much the hands move.
        speaker: of the take.
        tags: gestures in it.
        worded: "gesture word" for every gesture but beats and every word of its segment.
    """

    take: int
    first: int
    last: int
    start: int
    stop: int
    energy: float
    speaker: str
    tags: tuple[str, ...]
    worded: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """Return its length."""
        return (self.stop - self.start) / MOTION_RATE_HZ


def choose_stretches(
    takes: Sequence[SourceTake], *, minutes: float, known: Collection[str] | None = None
) -> list[SourceTake]:
    """Return stretches of takes of at most `minutes` in all, as takes of their own (`chosen`)."""
    offered = [stretch for number, take in enumerate(takes) for stretch in offers(number, take, known=known)]
    return [cut(takes[stretch.take], stretch) for stretch in chosen(offered, minutes=minutes)]


def offers(number: int, take: SourceTake, *, known: Collection[str] | None = None) -> list[Stretch]:
    """Return the stretches that a take offers.

    Args:
        number: the take's place in its list.
        take: with its motion.
        known: only stretches all of whose words are among them: what the retrieval weights never heard could not be
            found by it. None = any.
    """
    return [each for each in _stretches(number, take) if known is None or _words_of(take, each) <= set(known)]


def chosen(offered: Sequence[Stretch], *, minutes: float) -> list[Stretch]:
    """Return stretches of at most `minutes` in all, in the order of their takes.

    Greedy: the next stretch is the one with the most worth per second, where a gesture (tag) or speaker counts the
    less the more often it is in already (1 / (1 + count)); so do the words that gestures other than beats went with,
    so that a word finds its gesture; and movement of the hands counts by its logarithm, so that nobody wins by
    waving. Without tags, movement and speakers decide.
    """
    together = Counter(pair for stretch in offered for pair in dict.fromkeys(stretch.worded))
    worded = [replace(each, worded=tuple(pair for pair in each.worded if together[pair] > 1)) for each in offered]
    return sorted(_best_first(worded, minutes * 60.0), key=lambda stretch: (stretch.take, stretch.first))


def _best_first(offered: Sequence[Stretch], left_s: float) -> list[Stretch]:
    """Return the most worthy stretches, one after the other, as long as they fit.

    What is chosen only ever lowers the worth of others: so a worth of before is the most that a stretch can have now,
    and only those that might be the best are weighed anew. Hours of stretches cost their logarithm, not their square.
    """
    speakers: Counter[str] = Counter()
    tags: Counter[str] = Counter()
    found: list[Stretch] = []
    queue = [(-_worth(each, speakers, tags), each.take, each.first, each) for each in offered]
    heapq.heapify(queue)
    while queue:
        most, *_, best = heapq.heappop(queue)
        if best.duration_s > left_s:
            continue  # and never will
        worth = -_worth(best, speakers, tags)
        if worth != most:
            heapq.heappush(queue, (worth, best.take, best.first, best))
            continue
        found.append(best)
        left_s -= best.duration_s
        speakers[best.speaker] += 1
        tags.update(best.tags)
        tags.update(best.worded)
    return found


def _words_of(take: SourceTake, stretch: Stretch) -> set[str]:
    texts = (segment.text for segment in take.segments[stretch.first : stretch.last])
    return {plain(word) for text in texts for word in text.split()} - {""}


def _worth(stretch: Stretch, speakers: Counter[str], tags: Counter[str]) -> float:
    seen = {tag: tags[tag] for tag in stretch.tags + stretch.worded}
    worth = 2.0 / (1.0 + speakers[stretch.speaker]) + stretch.energy
    for tag in stretch.tags:
        worth += 1.0 / (1.0 + seen[tag])
        seen[tag] += 1
    worth += sum(WORD_WORTH / (1.0 + seen[pair]) for pair in dict.fromkeys(stretch.worded))
    return worth / stretch.duration_s


def _stretches(number: int, take: SourceTake) -> list[Stretch]:
    speed = _hand_speed_m_per_s(take)
    found: list[Stretch] = []
    first = 0
    margin = round(MARGIN_S * MOTION_RATE_HZ)
    for last, segment in enumerate(take.segments):
        is_end = last + 1 == len(take.segments)
        if not is_end and take.segments[last + 1].end_s - take.segments[first].start_s <= STRETCH_S:
            continue
        start = max(take.frames_of(take.segments[first])[0] - margin, 0)
        stop = min(take.frames_of(segment)[1] + margin, take.clip.frames)
        moving = np.log1p(speed[start:stop] / STILL_M_PER_S).sum() / MOTION_RATE_HZ
        found.append(
            Stretch(
                take=number,
                first=first,
                last=last + 1,
                start=start,
                stop=stop,
                energy=0.2 * float(moving),
                speaker=take.speaker,
                tags=tuple(tag for names in take.tags[first : last + 1] for tag in names),
                worded=_worded(take, first, last + 1),
            )
        )
        first = last + 1
    return found


def _worded(take: SourceTake, first: int, last: int) -> tuple[str, ...]:
    pairs = zip(take.segments[first:last], take.tags[first:last], strict=False)
    return tuple(
        f"{tag} {word}"
        for segment, names in pairs
        for tag in names
        if not tag.startswith("beat")
        for word in segment.text.lower().split()
    )


def _hand_speed_m_per_s(take: SourceTake) -> Float[Array, "frames"]:
    quats = take.clip.local_quat_wxyz.copy()
    quats[:, 0] = (1.0, 0.0, 0.0, 0.0)
    wrists = forward_kinematics(quats, np.zeros((len(quats), 3))).positions_m[:, WRISTS]
    step = np.linalg.norm(np.diff(wrists, axis=0, prepend=wrists[:1]), axis=-1)
    return step.max(axis=-1) * MOTION_RATE_HZ


def cut(take: SourceTake, stretch: Stretch) -> SourceTake:
    """Return a stretch as a take of its own."""
    start_s = stretch.start / MOTION_RATE_HZ
    segments = tuple(
        replace(segment, start_s=segment.start_s - start_s, end_s=segment.end_s - start_s)
        for segment in take.segments[stretch.first : stretch.last]
    )
    end_s = stretch.stop / MOTION_RATE_HZ
    inside = [each for each in take.strokes or () if start_s <= each.start_s and each.end_s < end_s]
    return SourceTake(
        id=take.id if stretch.first == 0 and stretch.last == len(take.segments) else f"{take.id}@{start_s:.2f}s",
        speaker=take.speaker,
        clip=take.clip.cut(stretch.start, stretch.stop),
        audio=None if take.audio is None else take.audio[stretch.start : stretch.stop],
        segments=segments,
        tags=take.tags[stretch.first : stretch.last],
        offset_s=take.offset_s + start_s,
        strokes=None if take.strokes is None else tuple(moved(each, -start_s) for each in inside),
    )
