"""What `exges library search` does: show which gestures a speech retrieves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exges_core.errors import InputError, message
from exges_core.pipeline.analyse import analyse
from exges_core.pipeline.models import AUTO, Models
from exges_core.protocol import OnProgress
from exges_core.retrieval.choice import SearchSettings, SegmentMatches
from exges_core.retrieval.constraints import settings_of
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.search import search
from exges_core.settings import GestureChoice


@dataclass(frozen=True, kw_only=True)
class FoundCandidate:
    """A gesture that a search proposes; names as in `report.Retrieved`, where both have them."""

    clip: int
    source: str
    source_start_s: float
    source_end_s: float
    key_time_s: float
    text: str
    score: float
    margin: float
    probability: float
    used: bool
    note: str
    licence: str


@dataclass(frozen=True, kw_only=True)
class FoundSegment:
    """A segment of a speech and what was found for it, best first."""

    segment: int
    start_s: float
    end_s: float
    text: str
    decision: str
    candidates: tuple[FoundCandidate, ...]


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a speech retrieves."""

    asr: str
    warnings: tuple[str, ...]
    segments: tuple[FoundSegment, ...]


def search_library(
    folder: Path,
    speech: Path,
    *,
    transcript: Path | None,
    speaker_tier: str | None = None,
    asr: str,
    top_k: int,
    device: str,
    engine: str = AUTO,
    picture: Path | None,
    choice: GestureChoice,
    speaker: str | None = None,
    on_progress: OnProgress,
) -> Search:
    """Return what a speech retrieves; draw it if a picture is asked for.

    What is `used` is what a generation with this choice and speaker would use.

    Raises:
        InputError: if the speech, the base, a constraint or the picture's suffix cannot be used.
        OutputError: if the picture cannot be written.
    """
    if top_k < 1:
        raise InputError(message(expected="1 or more", got=str(top_k), where="--top-k", do="Ask for at least one."))
    if picture is not None and picture.suffix.lower() != ".png":
        got, do = picture.suffix or "no suffix", "Name it .png."
        raise InputError(message(expected="a picture ending in .png", got=got, where=str(picture), do=do))
    models = Models(engine=engine, device=device)
    base = models.base(folder)
    speech_heard = analyse(speech, transcript=transcript, speaker_tier=speaker_tier, asr=asr, on_progress=on_progress)
    heard = speech_heard.heard
    own = SearchSettings(rivals=models.rivals_of(speaker))
    constraints = settings_of(base, len(heard.segments), choice, settings=own)
    matches = search(base, models.retrieval, speech_heard.features, heard.segments, top_k, settings=constraints)
    if picture is not None:
        from exges_core.visualization.matches import draw_matches  # Pillow is not in a light installation

        draw_matches(base, matches, picture, title=f"{speech.name} in {base.name} ({len(base)} clips)")
    segments = tuple(_found(base, number, match) for number, match in enumerate(matches))
    return Search(asr=heard.asr, warnings=heard.warnings, segments=segments)


def _found(base: MotionBase, number: int, match: SegmentMatches) -> FoundSegment:
    return FoundSegment(
        segment=number,
        start_s=match.segment.start_s,
        end_s=match.segment.end_s,
        text=match.segment.text,
        decision=match.decision,
        candidates=tuple(
            FoundCandidate(
                clip=each.clip_index,
                source=each.source,
                source_start_s=each.source_start_s,
                source_end_s=each.source_end_s,
                key_time_s=each.key_time_s,
                text=each.text,
                score=each.score,
                margin=each.margin,
                probability=each.probability,
                used=each.is_used,
                note=each.note,
                licence=base.entry(each.clip_index).licence,
            )
            for each in match.candidates
        ),
    )
