"""Annotations with tiers in: Praat's TextGrid and ELAN's .eaf. Which tiers are speech is `tiers`' question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from exges_core.errors import TranscriptError, message
from exges_core.speech.assembly import Listed, unknown_speaker
from exges_core.speech.tiers import Tier, spoken_tiers
from exges_core.speech.words import Timed
from exges_core.speech.xml_text import parsed_xml, refused_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from praatio.utilities.constants import Interval

_MS = 1e-3


def read_textgrid(path: Path, text: str, *, speaker: str | None = None) -> Listed:
    """Read what is said in a TextGrid; empty marks are silence, tiers of points are left out.

    `speaker` may be a speaker or a tier of the file by its whole name, which is then read whatever it holds.

    Raises:
        TranscriptError: with the line where it can be told, if it is malformed or its times are.
    """
    from praatio import textgrid
    from praatio.utilities import errors

    where = str(path)
    try:
        grid = textgrid.openTextgrid(
            str(path), includeEmptyIntervals=False, reportingMode="error", duplicateNamesMode="rename"
        )
        tiers = [
            Tier(name=str(name), items=[_interval(entry) for entry in tier.entries])
            for name, tier in ((name, grid.getTier(name)) for name in grid.tierNames)
            if isinstance(tier, textgrid.IntervalTier)
        ]
    except (
        errors.PraatioException,
        AssertionError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:  # praatio takes anything that parses as JSON for a grid
        raise TranscriptError(
            message(
                expected="a Praat TextGrid",
                got=f"what cannot be read as one ({' '.join(str(error).split())[:160]})",
                where=f"{where}:{_blamed_line(text, error)}",
                do="Save it again in Praat as a text file.",
            )
        ) from error
    if not tiers:
        raise TranscriptError(
            message(expected="a tier of intervals", got="none", where=where, do="Add a word tier in Praat.")
        )
    return listed_tiers(tiers, kind="textgrid", speaker=speaker)


def listed_tiers(tiers: Sequence[Tier], *, kind: str, speaker: str | None) -> Listed:
    """List what the tiers say; a tier that is called for by its whole name alone."""
    asked = next((tier for tier in tiers if speaker is not None and tier.name == speaker), None)
    items, warnings = spoken_tiers(tiers)
    speakers = {each.speaker for each in items}
    if asked is not None and speaker not in speakers:
        others = [repr(tier.name) for tier in tiers if tier is not asked]
        said = (f"only tier {asked.name!r} is read, not {', '.join(others)}",) if others else ()
        return Listed(items=[replace(each, speaker=asked.name) for each in asked.items], kind=kind, warnings=said)
    if speaker is not None and speakers <= {""}:
        raise unknown_speaker(speaker, [tier.name for tier in tiers], "the tiers of the file")
    return Listed(items=items, kind=kind, warnings=warnings)


def _interval(entry: Interval) -> Timed:
    return Timed(text=str(entry.label), start_s=float(entry.start), end_s=float(entry.end), line=None)


def _blamed_line(text: str, error: Exception) -> int:
    """Return the first line that holds a number named by the error, else the last line read."""
    lines = text.split("\n")
    for token in str(error).replace("(", " ").replace(")", " ").replace(",", " ").split():
        number = token.strip("'\"=:;.")
        if number.replace(".", "", 1).replace("-", "", 1).isdigit() and "." in number:
            for index, line in enumerate(lines):
                if line.split("=")[-1].strip() == number:
                    return index + 1
    return len(text.rstrip().split("\n"))


def read_eaf(text: str, where: str, *, speaker: str | None = None) -> Listed:
    """Read what is said in an ELAN file; a time slot without a value lies between those that have one.

    Raises:
        TranscriptError: if it is malformed, refers to what is not there, or counts its time in frames.
    """
    root = parsed_xml(text, where)
    header = root.find("HEADER")
    units = "milliseconds" if header is None else header.get("TIME_UNITS", "milliseconds")
    if units != "milliseconds":
        raise refused_xml("times in milliseconds", units, where, "Save it in ELAN with times in milliseconds.")
    slots, unaligned = _slots(root, where)
    tiers: list[Tier] = []
    spans: dict[str, tuple[float, float]] = {}
    for element in root.iter("TIER"):
        own, dependent = _annotations(element, slots, unaligned, spans, where)
        participant = (element.get("PARTICIPANT") or "").strip()
        items = own or _in_turn(dependent)
        tiers.append(Tier(name=element.get("TIER_ID", ""), items=items, participant=participant))
    if not tiers:
        raise refused_xml("an ELAN file with tiers", "none", where, "Annotate what is said in a tier.")
    listed = listed_tiers(tiers, kind="eaf", speaker=speaker)
    told = sum(each.is_assumed for each in listed.items)
    note = f"annotations whose start or end has no time in ELAN: {told}, placed between their neighbours"
    return replace(listed, warnings=(*listed.warnings, note)) if told else listed


def _slots(root: Element, where: str) -> tuple[dict[str, float], frozenset[str]]:
    """Return the seconds of every time slot, and which have none of their own: they lie evenly between neighbours."""
    named = [(slot.get("TIME_SLOT_ID", ""), slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")]
    times: dict[str, float] = {}
    waiting: list[str] = []
    last_s = 0.0
    for name, value in named:
        if value is None:
            waiting.append(name)
            continue
        try:
            time_s = float(value) * _MS
        except ValueError as error:
            raise refused_xml(
                "a time in milliseconds", repr(value), f"{where}, slot {name}", "Save it again."
            ) from error
        step_s = (time_s - last_s) / (len(waiting) + 1)
        times |= {each: last_s + step_s * at for at, each in enumerate(waiting, 1)}
        times[name] = last_s = time_s
        waiting = []
    times |= {each: last_s for each in waiting}
    return times, frozenset(name for name, value in named if value is None)


def _annotations(
    tier: Element, slots: dict[str, float], unaligned: frozenset[str], spans: dict[str, tuple[float, float]], where: str
) -> tuple[list[Timed], list[tuple[str, Timed]]]:
    """Return a tier's annotations with times of their own, and those that only refer to another annotation."""
    own: list[Timed] = []
    dependent: list[tuple[str, Timed]] = []
    for each in tier.iter("ALIGNABLE_ANNOTATION"):
        name = each.get("ANNOTATION_ID", "")
        names = [each.get(key, "") for key in ("TIME_SLOT_REF1", "TIME_SLOT_REF2")]
        ends = [slots.get(slot) for slot in names]
        if ends[0] is None or ends[1] is None:
            got = f"annotation {name!r} without one"
            raise refused_xml("an annotation with its time slots", got, where, "Save it again in ELAN.")
        spans[name] = (ends[0], ends[1])
        assumed = not unaligned.isdisjoint(names)
        own.append(Timed(text=_value(each), start_s=ends[0], end_s=ends[1], line=None, is_assumed=assumed))
    for each in tier.iter("REF_ANNOTATION"):
        parent = each.get("ANNOTATION_REF", "")
        if parent in spans:
            spans[each.get("ANNOTATION_ID", "")] = spans[parent]
            start_s, end_s = spans[parent]
            dependent.append((parent, Timed(text=_value(each), start_s=start_s, end_s=end_s, line=None)))
    return own, dependent


def _value(annotation: Element) -> str:
    found = annotation.find("ANNOTATION_VALUE")
    return "" if found is None else "".join(found.itertext())


def _in_turn(dependent: list[tuple[str, Timed]]) -> list[Timed]:
    """Join the parts of one annotation: words without times of their own share its time, as one line."""
    joined: dict[str, Timed] = {}
    for parent, each in dependent:
        known = joined.get(parent)
        joined[parent] = each if known is None else replace(known, text=f"{known.text} {each.text}")
    return list(joined.values())
