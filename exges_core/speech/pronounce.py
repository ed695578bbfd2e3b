"""How written English is spoken, well enough to align it: numbers as words, and phones for words no lexicon knows.

Pure text. The phones are CMUdict's, which the offline acoustic model was trained on.
"""

from __future__ import annotations

import re
import unicodedata

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SIGNS = {"&": " and ", "%": " percent ", "+": " plus ", "@": " at ", "$": " dollars ", "€": " euros ", "£": " pounds "}
_PART = re.compile(r"[a-z]+(?:'[a-z]+)*'?|\d+")
_MOST_COUNTED = 15
"""Nobody says longer numbers but digit by digit."""
_SEPARATED_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")

_GRAPHEMES = {
    "tion": "SH AH N", "sion": "ZH AH N", "ture": "CH ER", "ough": "AO", "augh": "AO", "eigh": "EY", "tch": "CH",
    "igh": "AY", "sch": "SH", "dge": "JH", "ing": "IH NG", "ous": "AH S", "ch": "CH", "sh": "SH", "th": "TH",
    "ph": "F", "wh": "W", "ck": "K", "ng": "NG", "qu": "K W", "kn": "N", "wr": "R", "gh": "G", "ee": "IY", "ea": "IY",
    "oo": "UW", "ou": "AW", "ow": "OW", "oa": "OW", "oi": "OY", "oy": "OY", "ai": "EY", "ay": "EY", "au": "AO",
    "aw": "AO", "ie": "IY", "ei": "EY", "ey": "IY", "eu": "Y UW", "ew": "UW", "ue": "UW", "ui": "UW", "ar": "AA R",
    "er": "ER", "ir": "ER", "or": "AO R", "ur": "ER", "ce": "S", "ge": "JH", "a": "AE", "b": "B", "c": "K", "d": "D",
    "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA",
    "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "Y", "z": "Z",
}  # fmt: skip
_LONGEST = max(map(len, _GRAPHEMES))
_VOWELS = frozenset("aeiou")
_LONG_VOWELS = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW"}


def spoken_parts(text: str) -> tuple[str, ...]:
    """Return the lower-case words said for one written word: ("twenty", "one") for "21".

    Compounds are taken apart at their hyphens. Letters lose their accents; another script has no
    parts.
    """
    plain = unicodedata.normalize("NFKD", text.lower().replace("’", "'").replace("‘", "'"))
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    plain = _SEPARATED_THOUSANDS.sub(lambda found: " ".join(_counted(found[0].replace(",", ""))), plain)
    for sign, said in _SIGNS.items():
        plain = plain.replace(sign, said)
    parts: list[str] = []
    for part in _PART.findall(plain):
        parts += _number(part) if part.isdigit() else [part]
    return tuple(parts)


def _counted(digits: str) -> list[str]:
    return _cardinal(int(digits)) if len(digits) <= _MOST_COUNTED else _number(digits)


def _number(digits: str) -> list[str]:
    value = int(digits) if len(digits) <= 9 else -1
    if value < 0 or (len(digits) > 1 and digits[0] == "0"):
        return [_ONES[int(digit)] for digit in digits]
    if 1100 <= value < 2100 and len(digits) == 4 and value % 1000 >= 10:
        rest = value % 100
        tail = ["hundred"] if rest == 0 else (["oh", _ONES[rest]] if rest < 10 else _cardinal(rest))
        return _cardinal(value // 100) + tail
    return _cardinal(value)


def _cardinal(value: int) -> list[str]:
    for size, name in ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred")):
        if value >= size:
            rest = _cardinal(value % size) if value % size else []
            return [*_cardinal(value // size), name, *rest]
    if value >= 20:
        return [_TENS[value // 10], *([_ONES[value % 10]] if value % 10 else [])]
    return [_ONES[value]]


def phones_of(part: str) -> str:
    """Return a pronunciation guessed from the spelling, longest grapheme first; ours.

    A final silent e lengthens the vowel before it; doubled consonants sound once; y is a vowel unless it starts.
    """
    letters = re.sub(r"([^aeiou])\1+", r"\1", "".join(each for each in part if each in "abcdefghijklmnopqrstuvwxyz"))
    silent_e = len(letters) > 3 and letters[-1] == "e" and letters[-2] not in _VOWELS
    body = letters[:-1] if silent_e else letters
    phones: list[str] = []
    at = 0
    while at < len(body):
        piece = next(body[at : at + size] for size in range(_LONGEST, 0, -1) if body[at : at + size] in _GRAPHEMES)
        following = body[at + len(piece) :]
        if silent_e and piece in _LONG_VOWELS and len(following) == 1:
            phones.append(_LONG_VOWELS[piece])
        elif piece == "y" and at > 0:
            phones.append("AY" if not following and not any(each in _VOWELS for each in body) else "IY")
        elif piece == "c" and following[:1] in {"e", "i", "y"}:
            phones.append("S")
        else:
            phones.append(_GRAPHEMES[piece])
        at += len(piece)
    return " ".join(phones)
