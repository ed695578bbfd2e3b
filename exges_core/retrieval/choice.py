"""Which of a segment's candidates is used: the pinned one, else the best that is sure enough and new. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from exges_core.speech.segments import Segment
from exges_core.timeline import MOTION_RATE_HZ, frame_at


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """How candidates are scored and which are used.

    Attributes:
        audio_weight: of the likeness between query and the candidate's own speech; 0 = the paper.
        text_weight: of shared words, weighed by their rarity in the base; 0 = the paper. Without words it adds nothing.
            On the authored validation split the right gesture is among the first five for 74 % of segments without it
            and without `diversity`, for 79 % with 1, and for 83 to 84 % with both (diversity anywhere from 0.2 to 0.8).
        near_words: read words that nobody knows, neither the speech tower nor the base, as known ones near them in
            meaning; False = as they are written.
        diversity: of the likeness to a candidate of the same segment that is listed already: where the words allow
            several gestures, several are offered. The best one stays first; 0 = the paper.
        expressive_weight: of how far the farther hand is from where it hangs (arm lengths), when the key frame is
            chosen; 0 = the paper. Ours: with little training data the similarity alone often picks a frame of rest.
            More of it picks extremes: at 0.3 FGD of 13 validation takes was 2.5 instead of 1.9 without it.
        minimum_probability: below it a candidate is shown but not used; no gesture is better than a wrong one. On the
            authored validation split clips at 0.2-0.3 hold the right gesture in 32 of 100 cases, at 0.5-0.6 in 72. With
            0.2, 0.3, 0.4, 0.5 FGD was 1.9, 1.4, 1.2, 1.1 while clips were anybody's.
        rivals: speakers whose clips rank behind all others and are used from `rival_probability` on alone: the styles
            that the network knows, but for the one that is asked for. The paper's base is one speaker's. 277 gestures
            of whoever was likeliest, 16 of them the speaker's own, brought FGD of the validation takes from 0.89 to
            1.04; 146 of which 132 are their own, 0.77.
        rival_probability: see `rivals`.
        pinned: segment number -> clip that must be used there, however sure we are.
        banned: clips that are never proposed.
        silent: segments that get no gesture; their candidates are still shown.
    """

    audio_weight: float = 0.0
    text_weight: float = 1.0
    near_words: bool = True
    diversity: float = 0.6
    expressive_weight: float = 0.1
    minimum_probability: float = 0.4
    rivals: frozenset[str] = frozenset()
    rival_probability: float = 0.9
    pinned: Mapping[int, int] = field(default_factory=dict[int, int])
    banned: frozenset[int] = frozenset()
    silent: frozenset[int] = frozenset()


def rivals_of(speaker: str | None, styles: Collection[str]) -> frozenset[str]:
    """Return whose clips are another's manner: of all known styles but the one asked for; nobody's without one."""
    return frozenset(styles) - {speaker} if speaker in styles else frozenset()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A gesture of the base, proposed for a segment of speech.

    Attributes:
        source, source_start_s, source_end_s, text: which clip, in seconds of its source take.
        speaker: whose gesture it is; "" where that is not known.
        name, hands: what a person calls it: "open arms", "both hands, large".
        likeness: cosine similarity of its motion to the speech.
        key_time_s: its key frame, in the source take's seconds: where its frames are most like the query.
        query_time_s: where in the speech it belongs: where the speech is most like the gesture.
        score: cosine similarity plus the weighed terms; 1 less for a rival's.
        margin: score above the next candidate's (0 for the last one).
        probability: that the gesture is right for the speech, calibrated on what a search proposes (validation).
        clip_index: its number in the base.
        is_used: chosen for control; at most one per segment.
        note: why not, or that it was pinned.
    """

    source: str
    source_start_s: float
    source_end_s: float
    text: str
    key_time_s: float
    query_time_s: float
    score: float
    margin: float
    probability: float
    clip_index: int
    speaker: str = ""
    name: str = ""
    hands: str = ""
    likeness: float = 0.0
    is_used: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class SegmentMatches:
    """The candidates of one segment, best first."""

    segment: Segment
    candidates: tuple[Candidate, ...]

    @property
    def used(self) -> Candidate | None:
        """Return the candidate chosen for control, or None."""
        return next((candidate for candidate in self.candidates if candidate.is_used), None)

    @property
    def decision(self) -> str:
        """Return in words what was decided: "used", "pinned", or why no gesture is used here."""
        if self.used is not None:
            return self.used.note or "used"
        return f"none: {self.candidates[0].note}" if self.candidates else "none: the base has nothing to propose"


def choose(matches: Sequence[SegmentMatches], settings: SearchSettings) -> tuple[SegmentMatches, ...]:
    """Mark in every segment the candidate that is used: the pinned one, else the best that is sure enough and new.

    New: neither the clip used in the segment before (or pinned in the next one) nor one that overlaps it in the same
    source. Where none is, no gesture is better than a wrong one. Pure.
    """
    chosen: list[SegmentMatches] = []
    previous: Candidate | None = None
    for number, match in enumerate(matches):
        marked: list[Candidate] = []
        used: Candidate | None = None
        following = _pinned_in(matches, number + 1, settings)
        for candidate in match.candidates:
            if number in settings.silent:
                note = "no gesture was asked for"
            elif number in settings.pinned:
                note = "pinned" if candidate.clip_index == settings.pinned[number] else "another is pinned"
            else:
                note = _objection(candidate, used, settings, before=previous, behind=following)
            is_used = used is None and note in ("", "pinned")
            marked.append(replace(candidate, is_used=is_used, note=note))
            used = marked[-1] if is_used else used
        chosen.append(SegmentMatches(segment=match.segment, candidates=tuple(marked)))
        previous = used
    return tuple(chosen)


def _objection(
    candidate: Candidate,
    used: Candidate | None,
    settings: SearchSettings,
    *,
    before: Candidate | None,
    behind: Candidate | None,
) -> str:
    """Return why a candidate may not be used, or ""."""
    if used is not None:
        return _why_not_instead(candidate, used, settings)
    is_rival = candidate.speaker in settings.rivals
    least = settings.rival_probability if is_rival else settings.minimum_probability
    if candidate.probability < least:
        return f"probability below {least:g}{', as another style has it' if is_rival else ''}"
    if before is not None and _is_same_motion(candidate, before):
        return "used in the segment before"
    if behind is not None and _is_same_motion(candidate, behind):
        return "pinned in the next segment"
    return ""


def _why_not_instead(candidate: Candidate, used: Candidate, settings: SearchSettings) -> str:
    """Return why a candidate is not used where another one is, which stands before it."""
    if candidate.probability <= used.probability:
        return "a better one is used"
    if candidate.speaker in settings.rivals and used.speaker not in settings.rivals:
        return "likelier, but of another style"
    if candidate.likeness >= used.likeness:
        return "likelier, but shares fewer words with the speech"
    return "likelier, but its motion is less like the speech"


def _is_same_motion(one: Candidate, other: Candidate) -> bool:
    is_apart = one.source_start_s >= other.source_end_s or one.source_end_s <= other.source_start_s
    return one.clip_index == other.clip_index or (one.source == other.source and not is_apart)


def _pinned_in(matches: Sequence[SegmentMatches], number: int, settings: SearchSettings) -> Candidate | None:
    pinned = settings.pinned.get(number)
    if pinned is None or number >= len(matches):
        return None
    return next((each for each in matches[number].candidates if each.clip_index == pinned), None)


def key_frame_of(candidate: Candidate) -> int:
    """Return the key frame counted from the candidate's clip start."""
    return frame_at(candidate.key_time_s - candidate.source_start_s, MOTION_RATE_HZ)
