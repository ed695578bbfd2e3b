"""What was decided and measured, as frozen records; `as_json` is the only way from them to a report's JSON.

The fields are the names of the report as docs/command-line.md has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import cast

from exges_core.json_lines import is_object
from exges_core.pipeline.analyse import Heard
from exges_core.retrieval.choice import SegmentMatches
from exges_core.score.files import as_json as score_as_json
from exges_core.score.records import Score
from exges_core.speech.words import Word

_ABSENT_IF_NONE = {"rig", "face"}


@dataclass(frozen=True, kw_only=True)
class ModelReport:
    """Which weights were used."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class LibraryReport:
    """Which motion base was used."""

    name: str
    clips: int


@dataclass(frozen=True, kw_only=True)
class RigReport:
    """Whose hierarchy a BVH was written in."""

    name: str
    family: str
    missing: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class KeptReport:
    """Which motion stayed as it was."""

    motion: str
    frames: int


@dataclass(frozen=True, kw_only=True)
class FaceReport:
    """What moved the face.

    Attributes:
        source: what moved the mouth: phones, sound, or both.
        aligned_words: words whose phones were aligned to the sound.
        spread_words: words whose phones share the word's time.
        brow_raises, blinks, nods: how many there are.
        moods: how strong each mood is; empty = neutral.
    """

    source: str
    aligned_words: int
    spread_words: int
    brow_raises: int
    blinks: int
    nods: int
    moods: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class SegmentReport:
    """A segment of the speech."""

    start_s: float
    end_s: float
    text: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Which clip a segment uses, or None and why: a segment without a gesture is a decision, too."""

    segment: int
    clip: int | None
    decision: str


@dataclass(frozen=True, kw_only=True)
class Retrieved:
    """A candidate of a segment; `used` marks those that shaped the motion.

    Attributes:
        name, hands: what a person calls the gesture, and which hands make it.
        text: what its own speaker said.
        note: why it is not used, or that it was pinned.
    """

    segment: int
    clip: int
    name: str
    hands: str
    source: str
    source_start_s: float
    source_end_s: float
    speaker: str
    source_time_s: float
    time_s: float
    text: str
    score: float
    probability: float
    used: bool
    note: str


@dataclass(frozen=True, kw_only=True)
class ScoreReport:
    """The strokes that were made; its JSON is the score's file."""

    score: Score
    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class HeardReport:
    """What was heard in a speech."""

    asr: str
    duration_s: float
    words: tuple[Word, ...]
    segments: tuple[SegmentReport, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PlanReport(HeardReport):
    """A plan: what was heard, and the strokes."""

    exges: str
    input: str
    seed: int
    speaker: str | None
    style: str | None
    vividness: float
    model: ModelReport
    score: ScoreReport
    timings_s: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Report(HeardReport):
    """A generation.

    Attributes:
        style: whose manner the take has; `speaker` is whose was asked for.
        vividness, score: None where nobody planned.
        intensity, guidance, retrieval_strength: as they were used, whether set or meant by `energy`.
        finish: the parts that were done.
        physical, listening: see `metrics.contact.physical_report`, `metrics.listening.accents.accent_report`.
        rtf: seconds of work without hearing words and phones, per second of motion.
    """

    exges: str
    input: str
    seed: int
    speaker: str | None
    style: str | None
    device: str
    model: ModelReport
    library: LibraryReport | None
    sampler: str
    steps: int
    energy: str
    intensity: float
    guidance: float
    retrieval_strength: float
    vividness: float | None
    score: ScoreReport | None
    gestures: tuple[Decision, ...]
    retrieved: tuple[Retrieved, ...]
    finish: tuple[str, ...]
    kept: KeptReport | None
    frame_rate: float
    frames: int
    physical: Mapping[str, float]
    listening: Mapping[str, float | int | None]
    timings_s: Mapping[str, float]
    rtf: float
    face: FaceReport | None = None
    rig: RigReport | None = None


@dataclass(frozen=True, kw_only=True)
class IdleReport:
    """An idle.

    Attributes:
        duration_s: of one turn: so long after its first frame it comes again.
        style: whose manner it has; `speaker` is whose was asked for.
        frames: of the file.
        seam: how the last frame goes on into the first, see `metrics.seams.seam_report`.
        rtf: seconds of work per second of motion.
    """

    exges: str
    duration_s: float
    seed: int
    speaker: str | None
    style: str | None
    device: str
    model: ModelReport
    warnings: tuple[str, ...]
    frame_rate: float
    frames: int
    physical: Mapping[str, float]
    seam: Mapping[str, float]
    timings_s: Mapping[str, float]
    rtf: float
    rig: RigReport | None = None


def as_json(record: HeardReport | IdleReport) -> dict[str, object]:
    """Return a report's JSON."""
    return _fields(record)


def _fields(record: object) -> dict[str, object]:
    assert is_dataclass(record)
    values = ((each.name, getattr(record, each.name)) for each in fields(record))
    return {name: _json(value) for name, value in values if not (value is None and name in _ABSENT_IF_NONE)}


def _json(value: object) -> object:
    if isinstance(value, ScoreReport):
        return score_as_json(value.score, value.texts)
    if is_dataclass(value):
        return _fields(value)
    if isinstance(value, tuple):
        return [_json(each) for each in cast("tuple[object, ...]", value)]
    return dict(value) if is_object(value) else value


def heard_report(heard: Heard) -> HeardReport:
    """Return what was heard as the report has it."""
    return HeardReport(
        asr=heard.asr,
        duration_s=heard.waveform.duration_s,
        words=heard.words,
        segments=segments_of(heard),
        warnings=heard.warnings,
    )


def segments_of(heard: Heard) -> tuple[SegmentReport, ...]:
    """Return the segments as the report has them."""
    return tuple(
        SegmentReport(start_s=each.start_s, end_s=each.end_s, text=each.text, note=each.note) for each in heard.segments
    )


def decisions_of(matches: Sequence[SegmentMatches]) -> tuple[Decision, ...]:
    """Return per segment which clip is used."""
    return tuple(
        Decision(
            segment=number,
            clip=None if match.used is None else match.used.clip_index,
            decision=match.decision,
        )
        for number, match in enumerate(matches)
    )


def retrieved_of(matches: Sequence[SegmentMatches]) -> tuple[Retrieved, ...]:
    """Return every candidate of every segment."""
    return tuple(
        Retrieved(
            segment=number,
            clip=each.clip_index,
            name=each.name,
            hands=each.hands,
            source=each.source,
            source_start_s=each.source_start_s,
            source_end_s=each.source_end_s,
            speaker=each.speaker,
            source_time_s=each.key_time_s,
            time_s=each.query_time_s,
            text=each.text,
            score=each.score,
            probability=each.probability,
            used=each.is_used,
            note=each.note,
        )
        for number, match in enumerate(matches)
        for each in match.candidates
    )
