"""What stands in captions but is not said: names of speakers, sounds in brackets, notes of music, markup.

Pure text; the standard library alone, because Blender's Python reads transcripts' speakers with it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|<\d[^<>]*>|\{[^{}]*\}")
_BRACKETED = re.compile(r"\[[^\[\]]*\]|【[^【】]*】|（[^（）]*）")
_ROUND = re.compile(r"\(([^()]*)\)|(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_SOUND = re.compile(
    r"\b(?:applau|laugh|chuckl|giggl|music|cheer|cough|sigh|inaudibl|indistinct|unintelligibl|silence|crosstalk|pause"
    r"|ringing|rings|clears? throat|noise|blank.audio|sniff|gasp|groan|scream|shout|bell|beep|whistl|sings|singing"
    r"|clap|breath|whisper|instrumental|foreign|speak\w* in|speaks|sound|static|crying|sob|no speech)",
    re.IGNORECASE,
)
_MUSIC = re.compile(r"[♩♪♫♬🎵🎶]+")
_TURN = re.compile(r"(?:^|(?<=\s))(?:>{2,}|＞＞|&gt;&gt;)\s*", re.MULTILINE)
_DASH = re.compile(r"^[^\S\n]*[-–—‐]+\s*(?=\S)", re.MULTILINE)
_LONGEST_SOUND = 6

_LABEL = re.compile(
    r"^\s*(?:(?:>>+|＞＞|[-–—‐])\s*)?(?:\[(?P<boxed>[^\[\]:：\n]{1,40})\]|(?P<bare>[^\W_][^:：\[\]{}<>\n]{0,39}?))"
    r"\s*(?:\((?:\d+:)?\d+:\d\d\))?\s*(?::(?:\s+|$)|：\s*)"
)
_LOOKED_AT = 200
"""No label is longer; the pattern would try every way to part blanks, of which a damaged line may have 200,000."""
_ROLE = re.compile(
    r"(?:speaker|spk|sprecher(?:in)?|participant|interviewer|interviewee|moderator|host|guest|narrator)[ _-]?[\w]{0,3}",
    re.IGNORECASE,
)
_PARTICLES = frozenset({"de", "da", "di", "van", "von", "der", "den", "la", "le", "el", "al", "bin", "of", "and", "y"})
_SAID = """
note notes nb ps warning tip hint example examples step chapter part question answer caution remember fact rule
first second third finally also but so and or now then well listen look today tomorrow yes no ok okay again
here there this that https http ftp mailto re subject date time title update important
"""
_SAID_BEFORE_A_COLON = frozenset(_SAID.split())
_MOST_WORDS, _MOST_LETTERS = 4, 32
_SHARE_OF_LINES = 0.6


def spoken_text(text: str, *, is_word: bool = False) -> str:
    """Return a text without markup, sounds in brackets, music signs and marks of a new turn; lines stay lines.

    A round bracket goes where it holds a sound or, in captions, stands alone on its line; `is_word` says that the text
    is one word of a list, in which it stays.
    """
    found = _MUSIC.sub(" ", _BRACKETED.sub(" ", _MARKUP.sub("", text)))
    found = _TURN.sub("", found)
    if not is_word:
        found = _DASH.sub("", found)
    lines = [_ROUND.sub(_kept, line) for line in found.split("\n")]
    if not is_word:
        lines = ["" if _is_aside(line) else line for line in lines]
    return "\n".join(" ".join(line.split()) for line in lines).strip()


def _kept(aside: re.Match[str]) -> str:
    inside = aside[1] if aside[1] is not None else aside[2]
    is_sound = _SOUND.search(inside) and len(inside.split()) <= _LONGEST_SOUND
    return " " if is_sound else aside[0]


def _is_aside(line: str) -> bool:
    whole = re.fullmatch(r"\s*\(([^()]*)\)[.\s]*", line)
    return whole is not None and len(whole[1].split()) <= _LONGEST_SOUND


def names_in(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the names of speakers that stand before a colon at the start of lines, in order of appearance.

    Such a name is short and written as one, and it recurs, or most lines begin with one: "Note:" once in a text or
    "3:30" is none.
    """
    labels = [label for line in lines if (label := _label(line)) is not None]
    count = Counter(labels)
    full = sum(1 for line in lines if line.strip())
    all_named = len(labels) >= 2 and len(labels) >= _SHARE_OF_LINES * full
    return tuple(name for name in count if count[name] >= 2 or all_named or _ROLE.fullmatch(name))


def without_name(line: str, names: Sequence[str]) -> tuple[str, str]:
    """Return the speaker named at the start of a line ("" if none of `names` is) and the rest of the line."""
    label = _label(line)
    if label is None or label not in names:
        return "", line
    match = _LABEL.match(line[:_LOOKED_AT])
    return label, line[match.end() :].lstrip() if match else line


def _label(line: str) -> str | None:
    match = _LABEL.match(_MARKUP.sub("", line)[:_LOOKED_AT]) if "<" not in line else None
    if match is None:
        return None
    label = " ".join((match["boxed"] or match["bare"]).split())
    return label if is_name(label) else None


def is_name(label: str) -> bool:
    """Return whether a label is written like somebody's name: short, its words capitalised, no sentence."""
    if _ROLE.fullmatch(label):
        return True
    words = re.sub(r"\([^()]*\)", "", label).split()
    if not words or len(words) > _MOST_WORDS or len(label) > _MOST_LETTERS or re.search(r"[!?,;…\"/@#=]", label):
        return False
    if words[0].lower() in _SAID_BEFORE_A_COLON or not any(each.isalpha() for each in label):
        return False
    return all(word.lower() in _PARTICLES or not word[0].islower() for word in words) and not words[0].isdigit()
