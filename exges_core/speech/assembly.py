"""From what a file lists, in whatever format, to a transcript: speakers, asides, repeats, order, words or cues.

Every reader ends here, so that a fault of one format is mended in all of them. The standard library alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from exges_core.errors import TranscriptError, message
from exges_core.speech import asides, captions
from exges_core.speech.units import joined, word_count
from exges_core.speech.untimed import single_words, spread_texts, with_ends
from exges_core.speech.words import ADVICE, Timed, Transcript, Word, checked, is_word

Form = Literal["words", "cues", "either"]
_SEVERAL_SHARE = 0.2
"""Share of items with several words up to which a list is one of words."""
_WORD_S = 1.0
_LEAST_WORD_CUES = 8


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What a reader found: timed texts in the file's order, whether they are words or cues, and what it left out.

    `form` either = whatever they turn out to be. `may_overlap` says that words end where the next begins, `is_coarse`
    that times are whole seconds. An item may lack its end: it is the next one's start.
    """

    items: Sequence[Timed]
    kind: str
    form: Form = "either"
    may_overlap: bool = False
    is_coarse: bool = False
    warnings: tuple[str, ...] = ()


def transcript_of(listed: Listed, where: str, *, speaker: str | None = None) -> Transcript:
    """Assemble a transcript from what a file lists; `speaker` picks one of the speakers it names.

    Raises:
        TranscriptError: if it holds no word, a time is wrong, or it names no such speaker.
    """
    ended, is_open = with_ends(listed.items)
    items, warnings = _named(replace(listed, items=ended))
    items = [replace(each, text=asides.spoken_text(each.text, is_word=listed.form != "cues")) for each in items]
    if items and all(each.start_s is None for each in items):
        return _untimed_transcript([each for each in items if each.text], where, (*listed.warnings, *warnings), speaker)
    speakers = tuple(dict.fromkeys(each.speaker for each in items if each.speaker and is_word(each.text)))
    items, said = _chosen(items, speakers, speaker, where)
    warnings = (*listed.warnings, *warnings, *said)
    made = _words(items, where, listed) if _are_words(items, listed.form) else _cues(items, where, listed.kind)
    return replace(
        made,
        speakers=speakers,
        is_end_open=is_open,
        is_coarse=listed.is_coarse and not said,
        warnings=(*warnings, *_told_of_speakers(items, made), *made.warnings),
    )


def plain_transcript(text: str, where: str, *, speaker: str | None = None) -> Transcript:
    """Return a transcript without times: names of speakers and asides are left out.

    All of it is laid along the sound, whoever is asked for; `is_chosen` says whose words are kept then.

    Raises:
        TranscriptError: if it holds no word, or no such speaker.
    """
    items = [Timed(text=line, start_s=None, end_s=None, line=at) for at, line in enumerate(text.split("\n"), 1)]
    found, warnings = _named(Listed(items=items, kind="text", form="cues"))
    found = [replace(each, text=" ".join(asides.spoken_text(each.text).split())) for each in found]
    return _untimed_transcript([each for each in found if each.text], where, warnings, speaker)


def _untimed_transcript(items: list[Timed], where: str, warnings: tuple[str, ...], speaker: str | None) -> Transcript:
    speakers = tuple(dict.fromkeys(each.speaker for each in items if each.speaker))
    chosen, said = _chosen(items, speakers, speaker, where)
    text = " ".join(each.text for each in items)
    if not is_word(text):
        raise TranscriptError(message(expected="words", got="none", where=where, do=ADVICE))
    ours = {id(each) for each in chosen}
    is_chosen = tuple(id(each) in ours for each in items for _ in each.text.split())
    return Transcript(
        words=None,
        text=text,
        kind="text",
        speakers=speakers,
        is_chosen=() if all(is_chosen) else is_chosen,
        warnings=(*warnings, *said),
    )


def _named(listed: Listed) -> tuple[list[Timed], tuple[str, ...]]:
    """Take names before a colon off the lines and put them where speakers belong; a name holds until the next."""
    if listed.form == "words":
        return list(listed.items), ()
    lines = [line for each in listed.items for line in each.text.split("\n")]
    names = asides.names_in(lines)
    if not names:
        return list(listed.items), ()
    found: list[Timed] = []
    current = ""
    for each in listed.items:
        parts: list[tuple[str, str]] = []
        for line in each.text.split("\n"):
            name, rest = asides.without_name(line, names)
            current = name or current
            if parts and parts[-1][0] == current:
                parts[-1] = (current, f"{parts[-1][1]}\n{rest}")
            else:
                parts.append((current, rest))
        found += _shared(each, parts)
    return found, (f"speaker names before a colon are not read as speech: {', '.join(names)}",)


def _shared(item: Timed, parts: Sequence[tuple[str, str]]) -> list[Timed]:
    """Divide a cue in which several people speak by the length of what they say."""
    parts = [part for part in parts if part[1].strip()]
    if item.start_s is None or item.end_s is None:
        return [replace(item, text=text, speaker=item.speaker or name) for name, text in parts]
    times = spread_texts([text for _, text in parts], item.start_s, item.end_s)
    return [
        replace(item, text=text, speaker=item.speaker or name, start_s=start_s, end_s=end_s)
        for (name, text), (start_s, end_s) in zip(parts, times, strict=True)
    ]


def _chosen(
    items: list[Timed], speakers: Sequence[str], speaker: str | None, where: str
) -> tuple[list[Timed], tuple[str, ...]]:
    if speaker is None:
        return items, ()
    name = next((each for each in speakers if each == speaker), None)
    name = name or next((each for each in speakers if each.casefold() == speaker.strip().casefold()), None)
    if name is None:
        raise unknown_speaker(speaker, speakers, where)
    others = [each for each in speakers if each != name]
    others += ["lines without a speaker"] if any(not each.speaker and is_word(each.text) for each in items) else []
    said = (f"only {name} is read, not {', '.join(others)}",) if others else ()
    return [each for each in items if each.speaker == name], said


def unknown_speaker(speaker: str, speakers: Sequence[str], where: str) -> TranscriptError:
    """Return the error that names the speakers there are."""
    got = ", ".join(speakers) if speakers else "no speaker names"
    do = "Choose one of these." if speakers else "Leave the speaker out to read all of it."
    return TranscriptError(message(expected=f"a speaker {speaker!r}", got=got, where=where, do=do))


def _are_words(items: Sequence[Timed], form: Form) -> bool:
    spoken = [each for each in items if is_word(each.text)]
    several = sum(1 for each in spoken if word_count(each.text) > 1 and each.start_s is not None)
    if form != "cues":
        return several <= _SEVERAL_SHARE * len(spoken) or (form == "words" and several <= len(spoken) / 2)
    timed = [each.end_s - each.start_s for each in spoken if each.start_s is not None and each.end_s is not None]
    return several == 0 and len(timed) >= _LEAST_WORD_CUES and median(timed) <= _WORD_S


def _words(items: Sequence[Timed], where: str, listed: Listed) -> Transcript:
    lanes: list[tuple[Word, ...]] = []
    is_untimed: list[bool] = []
    for _, own in captions.by_speaker(items):
        singles, untimed = single_words(own)
        if singles:
            lanes.append(checked(singles, where, cut=listed.may_overlap))
            is_untimed += [at in untimed for at in range(len(singles))]
    if not lanes:
        checked([], where)
    words, order, at_once_s = captions.interleaved(lanes)
    return Transcript(
        words=words,
        text=joined([word.text for word in words]),
        kind=listed.kind,
        untimed=tuple(at for at, origin in enumerate(order) if is_untimed[origin]),
        has_overlap=at_once_s > 0.0,
        warnings=_told_of_overlap(at_once_s),
    )


def _cues(items: Sequence[Timed], where: str, kind: str) -> Transcript:
    cues: list[Word] = []
    repeated, cut, untold = 0, 0, 0
    for _, own in captions.by_speaker(items):
        spoken = [each for each in own if is_word(each.text) and each.start_s is not None]
        untold += sum(1 for each in own if is_word(each.text) and each.start_s is None)
        ordered, rolled = captions.once(captions.merged_by_start(spoken))
        repeated += rolled
        if ordered:
            lines = checked(ordered, where, what="cue", cut=True)
            cut += sum(line.end_s < (each.end_s or 0.0) - 0.05 for line, each in zip(lines, ordered, strict=True))
            cues += lines
    if not cues:
        checked([], where, what="cue")
    cues.sort(key=lambda cue: (cue.start_s, cue.end_s))
    overlaps = len(captions.lanes_of(cues)) > 1
    notes = [
        f"rolling captions: text that {repeated} cues repeat is read once" if repeated else "",
        f"{cut} cues overlap the next one and are cut where it begins" if cut else "",
        f"{untold} lines without times were left out" if untold else "",
        "speakers overlap in places: their words are merged by time" if overlaps else "",
    ]
    return Transcript(
        words=None,
        text=joined([cue.text for cue in cues]),
        cues=tuple(cues),
        kind=kind,
        has_overlap=overlaps,
        warnings=tuple(note for note in notes if note),
    )


def _told_of_overlap(at_once_s: float) -> tuple[str, ...]:
    if at_once_s <= 0.0:
        return ()
    return (f"speakers overlap for {at_once_s:.1f} s: each word ends where the next speaker's begins",)


def _told_of_speakers(items: Sequence[Timed], made: Transcript) -> tuple[str, ...]:
    names = list(dict.fromkeys(each.speaker for each in items if each.speaker and is_word(each.text)))
    if len(names) < 2:
        return ()
    what = "words" if made.words is not None else "lines"
    return (f"the {what} of {len(names)} speakers are merged by time: {', '.join(names)} (--speaker-tier picks one)",)
