# SPDX-License-Identifier: GPL-3.0-or-later
"""Segments of the speech and the gestures found for them, as a take remembers them; and the user's constraints.

A constraint is a pin, a ban, or no gesture; files and `bl_idname`s call it a wish.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict, cast

import bpy

from exges_core import json_text

from ..scene.extension import Stored
from . import record

PIN, NONE, BAN = "PIN", "NONE", "BAN"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A gesture that was found for a segment.

    Attributes:
        clip: its number in the motion bases.
        source, source_time_s: where its key pose comes from.
        time_s: where the key pose lies in the speech.
        text: what its speaker said.
        name, hands: what a person calls it, and which hands make it; "" in takes of earlier versions.
        probability: that it belongs there.
        is_used: it shaped the take.
        note: why not, or that it was pinned.
    """

    clip: int
    source: str
    source_time_s: float
    time_s: float
    text: str
    name: str
    hands: str
    probability: float
    is_used: bool
    note: str


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stretch of the speech, its words and candidates, best first; and what was decided.

    `number` counts from 0, as pins do; people count from 1.
    """

    number: int
    start_s: float
    end_s: float
    text: str
    decision: str
    candidates: tuple[Candidate, ...]

    @property
    def used(self) -> Candidate | None:
        """Return the gesture that shaped the take."""
        return next((each for each in self.candidates if each.is_used), None)

    def called(self, candidate: Candidate) -> str:
        """Return a candidate's name, with its hands where another candidate has the same."""
        if not candidate.name:
            return f"'{candidate.text}'" if candidate.text else candidate.source
        has_twin = any(each.name == candidate.name and each != candidate for each in self.candidates)
        name = f"{candidate.name[:1].upper()}{candidate.name[1:]}"
        return f"{name}, {candidate.hands}" if has_twin and candidate.hands else name

    def why(self, candidate: Candidate) -> str:
        """Return why a candidate is used though another is likelier, or is not though it is; '' if that is plain."""
        used = self.used
        if used is None:
            return "" if self.decision == f"none: {candidate.note}" else candidate.note
        return candidate.note if candidate.is_used or candidate.probability > used.probability else ""


class _Decision(TypedDict):
    segment: int
    decision: str


class _Retrieved(TypedDict):
    segment: int
    clip: int
    source: str
    source_time_s: float
    time_s: float
    text: str
    name: NotRequired[str]
    hands: NotRequired[str]
    probability: float
    used: bool
    note: NotRequired[str]


class _Stretch(TypedDict):
    start_s: float
    end_s: float
    text: str


class _Report(TypedDict, total=False):
    """What is read of the engine's report."""

    gestures: list[_Decision]
    retrieved: list[_Retrieved]
    segments: list[_Stretch]


def segments_of(report: Mapping[str, object]) -> tuple[Segment, ...]:
    """Return the segments in the engine's report on a take."""
    known = cast("_Report", report)
    decisions = {each["segment"]: each["decision"] for each in known.get("gestures", ())}
    found: dict[int, list[Candidate]] = {}
    for each in known.get("retrieved", ()):
        candidate = Candidate(
            clip=each["clip"],
            source=each["source"],
            source_time_s=each["source_time_s"],
            time_s=each["time_s"],
            text=each["text"],
            name=each.get("name", ""),
            hands=each.get("hands", ""),
            probability=each["probability"],
            is_used=each["used"],
            note=each.get("note", ""),
        )
        found.setdefault(each["segment"], []).append(candidate)
    return tuple(
        Segment(
            number=number,
            start_s=each["start_s"],
            end_s=each["end_s"],
            text=each["text"],
            decision=decisions.get(number, ""),
            candidates=tuple(found.get(number, ())),
        )
        for number, each in enumerate(known.get("segments", ()))
    )


_seen: dict[str, tuple[str, tuple[Segment, ...]]] = {}


def of_take(action: bpy.types.Action | None) -> tuple[Segment, ...]:
    """Return the segments of a take, read once."""
    if action is None:
        return ()
    raw = action.get(record.REPORT_KEY, "")
    if action.name not in _seen or _seen[action.name][0] != raw:
        _seen.clear()
        _seen[action.name] = (raw, segments_of(record.report(action)))
    return _seen[action.name][1]


def constraint_for(settings: Stored, segment: int) -> Stored:
    """Return what is asked for a segment: a pin, no gesture, or None for nothing."""
    return next((each for each in settings.wishes if each.kind in {PIN, NONE} and each.segment == segment), None)


def is_banned(settings: Stored, clip: int) -> bool:
    """Say whether a gesture is never to be used."""
    return any(each.kind == BAN and each.clip == clip for each in settings.wishes)


def _drop(settings: Stored, unwanted: Callable[[Stored], bool]) -> None:
    for index in reversed(range(len(settings.wishes))):
        if unwanted(settings.wishes[index]):
            settings.wishes.remove(index)


def numbering_of(signature: str) -> str | None:
    """Return whose gestures constraints number, the last of `TakeSettings.speech_key`; None if they number none."""
    try:
        return str(cast("list[object]", json_text.parse(signature))[-1])
    except (ValueError, IndexError, KeyError, TypeError):
        return None


def begin(settings: Stored, signature: str) -> None:
    """Let constraints number this speech's segments; pins for another speech go, bans only with another motion base."""
    if settings.wishes_for != signature:
        has_same_base = numbering_of(signature) == numbering_of(settings.wishes_for)
        _drop(settings, lambda each: each.kind != BAN or not has_same_base)
        settings.wishes_for = signature


def pin(settings: Stored, segment: Segment, clip: int) -> bool:
    """Pin a gesture, or take the pin away; return whether it is pinned now. A pinned gesture is no longer banned."""
    now = constraint_for(settings, segment.number)
    was_pinned = now is not None and now.kind == PIN and now.clip == clip
    _drop(settings, lambda each: each.kind != BAN and each.segment == segment.number)
    if was_pinned:
        return False
    _drop(settings, lambda each: each.kind == BAN and each.clip == clip)
    item = settings.wishes.add()
    item.kind, item.segment, item.clip, item.text = PIN, segment.number, clip, segment.text
    return True


def silence(settings: Stored, segment: Segment) -> bool:
    """Ask for no gesture in a segment, or take that back; return whether it is silent now."""
    now = constraint_for(settings, segment.number)
    was_silent = now is not None and now.kind == NONE
    _drop(settings, lambda each: each.kind != BAN and each.segment == segment.number)
    if was_silent:
        return False
    item = settings.wishes.add()
    item.kind, item.segment, item.text = NONE, segment.number, segment.text
    return True


def ban(settings: Stored, clip: int, name: str) -> bool:
    """Never use a gesture, or allow it again; return whether it is banned now."""
    if is_banned(settings, clip):
        _drop(settings, lambda each: each.kind == BAN and each.clip == clip)
        return False
    _drop(settings, lambda each: each.kind == PIN and each.clip == clip)
    item = settings.wishes.add()
    item.kind, item.clip, item.text = BAN, clip, name
    return True
