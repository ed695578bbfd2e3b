"""Which tiers of an annotation hold what is said, and by whom: found by what is in them, then by their names.

Phones, gestures, comments and translations stand in tiers beside words. Records in, records out; the standard library
alone, because Blender's Python finds speakers with it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from exges_core.speech.asides import spoken_text
from exges_core.speech.units import is_spaceless, word_count
from exges_core.speech.words import Timed, is_word

_PHONE_NAMES = """
AA AE AH AO AW AX AXR AY B CH D DH DX EH EL EM EN ER EY F G HH HV IH IX IY JH K L M N NG OW OY P Q R S SH T TH UH UW UX
V W WH Y Z ZH
"""
_ARPABET = frozenset(_PHONE_NAMES.split())
_WORDS = r"words?|word[ _-]tier|ort|ort[-_]mau|orthograph(?:y|ic)|tokens?"
_LINES = r"utterances?|sentences?|phrases?|text|transcri(?:pt|ption)s?|speech|turns?|ref|trn?|default|txt"
_PHONES = r"phones?|phonemes?|phon|mau|segments?|sampa|ipa|kan|kas|phonetic|syllables?|syll?"
_NOTES = (
    r"gloss(?:es)?|translations?|ft|comments?|notes?|gestures?|gesture[ _-]?(?:phase|phrase|unit)s?|phases?|hands?"
    r"|left[ _-]?hand|right[ _-]?hand|gaze|head|posture|pos|lemmas?|morph(?:eme)?s?|silences?|breath(?:ing)?|noises?"
    r"|events?|topics?|pitch|tobi|tones?|breaks?|laughter|silence detection|vad"
)
_KIND = re.compile(rf"(?P<words>{_WORDS})|(?P<lines>{_LINES})|(?P<phones>{_PHONES})|(?P<notes>{_NOTES})", re.IGNORECASE)
_SMALL_WORDS = """
the a an and i to of is that it you in so for on was we he she they but my this with have be are not like
der die das und ich zu ist ein nicht es wir sie mit le la les et je de est un une que nous pas il elle
el los y yo en por con no se lo che di per non si o os eu na em um
"""
_FUNCTION_WORDS = frozenset(_SMALL_WORDS.split())
_PHONE_SHARE = 0.9
_LONGEST_PHONE = 3
_SAME_SHARE, _SAME_TIME = 0.6, 0.3
_ENOUGH_TO_JUDGE = 8


@dataclass(frozen=True, kw_only=True)
class Tier:
    """A tier of intervals; `participant` is who speaks in it as the file says, "" where it does not."""

    name: str
    items: Sequence[Timed]
    participant: str = ""


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """A tier with what it seems to hold (words, lines, phones, notes, nothing) and whose it is."""

    tier: Tier
    holds: str
    speaker: str
    is_by_name: bool


def spoken_tiers(tiers: Sequence[Tier]) -> tuple[list[Timed], tuple[str, ...]]:
    """Return what is said in all tiers, each text with its speaker, and what was not used.

    Words come before lines of the same speech. A speaker is the participant, or what is left of a tier's name without
    its kind ("anna - words", "words@anna"), or the whole name where that names no kind; "" where there is one alone.
    """
    judged = [_judged(tier) for tier in tiers]
    used = _used(judged)
    named = len({each.speaker for each in used}) > 1 or any(each.speaker and not each.is_by_name for each in used)
    items = [
        replace(item, speaker=(each.speaker or each.tier.name) if named else "")
        for each in used
        for item in each.tier.items
    ]
    items.sort(key=lambda item: item.start_s or 0.0)
    return items, _unused(judged, used, is_plain=not named)


def _judged(tier: Tier) -> _Judged:
    speaker, kind = _name_parts(tier.name)
    held = _held(tier.items)
    is_by_name = not tier.participant and speaker == tier.name
    if held == "nothing":
        return _Judged(tier=tier, holds=held, speaker=speaker, is_by_name=is_by_name)
    if held != "phones" and kind in {"phones", "notes"}:
        held = "notes" if kind == "notes" or held == "unknown" else held
    elif held == "unknown":
        held = kind or "lines"
    return _Judged(tier=tier, holds=held, speaker=tier.participant or speaker, is_by_name=is_by_name)


def _name_parts(name: str) -> tuple[str, str]:
    """Return the speaker and the kind that a tier's name says: ("anna", "words") for "anna - words"."""
    stripped = name.strip()
    if (match := _KIND.fullmatch(stripped)) is not None:
        return "", str(match.lastgroup)
    pieces = [piece for piece in re.split(r"\s+[-–:|/]\s+|[@_|:/]|\s+|(?<=\w)-(?=\w)", stripped) if piece]
    for at in (len(pieces) - 1, 0):
        match = _KIND.fullmatch(pieces[at]) if len(pieces) > 1 else None
        if match is not None:
            kept = pieces[:at] + pieces[at + 1 :]
            rest = re.search(rf"{re.escape(kept[0])}.*{re.escape(kept[-1])}|{re.escape(kept[0])}", stripped)
            return (rest[0] if rest and len(kept) > 1 else kept[0]).strip(), str(match.lastgroup)
    return stripped, ""


def _held(items: Sequence[Timed]) -> str:
    """Say by the labels alone what a tier holds: words, lines, phones, nothing, or unknown where too few tell."""
    labels = [label for each in items if is_word(label := spoken_text(each.text, is_word=True))]
    if not labels:
        return "nothing"
    if any(map(is_spaceless, labels)):
        return "words" if all(word_count(label) == 1 for label in labels) else "lines"
    if _are_phones(labels):
        return "phones"
    several = sum(1 for label in labels if word_count(label) > 1)
    if len(labels) < _ENOUGH_TO_JUDGE:
        return "unknown" if several == 0 else "lines"
    return "lines" if several > 0.2 * len(labels) else "words"


def _are_phones(labels: Sequence[str]) -> bool:
    bare = [label.strip("012ˈˌ'\"_*") or label for label in labels]
    arpabet = sum(1 for each in bare if each.upper() in _ARPABET)
    has_stress = any(re.fullmatch(r"[A-Za-z]{2,3}[012]", label) for label in labels)
    if arpabet >= _PHONE_SHARE * len(labels) and (has_stress or len(labels) >= _ENOUGH_TO_JUDGE):
        return True
    if len(labels) < _ENOUGH_TO_JUDGE:
        return False
    short = sum(1 for label in labels if len(label) <= _LONGEST_PHONE and " " not in label)
    return short >= _PHONE_SHARE * len(labels) and sum(map(len, labels)) < 2.0 * len(labels)


def _used(judged: Sequence[_Judged]) -> list[_Judged]:
    candidates = [each for each in judged if each.holds in {"words", "lines"}]
    candidates = _without_codes(candidates) or candidates
    if not candidates:  # nothing looks like speech: better odd words than none, phones last
        for holds in ("notes", "unknown", "phones"):
            candidates = [each for each in judged if each.holds == holds]
            if candidates:
                return candidates[:1]
    chosen: list[_Judged] = []
    for each in sorted(candidates, key=lambda one: one.holds != "words"):
        if not any(_is_same(each, other) for other in chosen):
            chosen.append(each)
    return [each for each in judged if each in chosen]


def _without_codes(candidates: list[_Judged]) -> list[_Judged]:
    """Leave out tiers of a few labels again and again (gesture phases) where another one reads like language."""
    share = {id(each): _language_share(each) for each in candidates}
    if max(share.values(), default=0.0) < 0.15:
        return candidates
    return [each for each in candidates if share[id(each)] > 0.03 or len(_tokens(each)) < _ENOUGH_TO_JUDGE]


def _language_share(judged: _Judged) -> float:
    tokens = _tokens(judged)
    return sum(1 for token in tokens if token in _FUNCTION_WORDS) / max(1, len(tokens))


def _tokens(judged: _Judged) -> list[str]:
    texts = " ".join(each.text for each in judged.tier.items).casefold().split()
    return [token.strip(".,!?;:\"'") for token in texts if is_word(token)]


def _is_same(one: _Judged, other: _Judged) -> bool:
    """Return whether a tier says again what another says: of the same speaker, or the same words at the same time."""
    mine, theirs = Counter(_tokens(one)), Counter(_tokens(other))
    shared = (mine & theirs).total()
    if shared >= _SAME_SHARE * mine.total() and _share_in_time(one, other) >= _SAME_TIME:
        return True
    is_one_speaker = one.speaker == other.speaker and not (one.is_by_name and one.speaker)
    return is_one_speaker and _share_in_time(one, other) >= _SAME_TIME


def _share_in_time(one: _Judged, other: _Judged) -> float:
    """Return the share of one tier's labelled time that lies inside the other's."""

    def spans(judged: _Judged) -> list[tuple[float, float]]:
        found = [
            (each.start_s, each.end_s)
            for each in judged.tier.items
            if each.start_s is not None and each.end_s is not None and is_word(each.text)
        ]
        return sorted(found)

    mine, theirs = spans(one), spans(other)
    total = sum(high - low for low, high in mine)
    shared, first = 0.0, 0
    for low, high in mine:
        while first < len(theirs) and theirs[first][1] <= low:
            first += 1
        for other_low, other_high in theirs[first:]:
            if other_low >= high:
                break
            shared += max(0.0, min(high, other_high) - max(low, other_low))
    return shared / total if total else 1.0


def _unused(judged: Sequence[_Judged], used: Sequence[_Judged], *, is_plain: bool) -> tuple[str, ...]:
    """Name the tiers that were not read; phones beside the words of a lone speaker are no news."""
    left = [each for each in judged if each not in used and each.holds != "nothing"]
    if is_plain and len(used) == 1 and used[0].holds == "words":
        left = [each for each in left if each.holds != "phones"]
    if not left:
        return ()
    names = ", ".join(
        f"{each.tier.name!r} ({each.holds})" if each.holds in {"phones", "notes"} else repr(each.tier.name)
        for each in left
    )
    return (f"unused tiers: {names}",)
