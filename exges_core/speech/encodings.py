"""Which encoding a text is in that says neither: told by what its letters would be, or not told at all.

Statistics over bytes (charset-normalizer's too) mistake a few accents for another alphabet; a transcript has few. So
an encoding counts only where its text reads like a language that is written in it. Pure; the standard library alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

_KANA = re.compile(r"[\u3041-\u30ff]")
_HALF_WIDTH = re.compile(r"[\uff61-\uff9f]")
_COMMON_CHINESE = frozenset(
    "的一是不了人我在有他这這中大来來上国國和也子时時道说說出得你要就那会會着著去好们們到个個地为為自可下过過生"
    "后後能对對里裡以小多然于於心学學么麼之都看起发發当當没沒成只如事把还還用第样樣想作种種开開吗嗎呢吧很今天"
)
_COMMON_KOREAN = frozenset("이다는에을가하고의도로를은지한나서기리그시사아요니해")
_COMMON_CYRILLIC = frozenset("оеаинтсрі")
_WESTERN = (
    "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíóúüñªº", "áâãàçéêíóôõúüªº", "àèéìíîòóùú", "åäöæøéüá", "áéíóúýþðæö",
    "áàâäçéèêëíïóöúüñ",
)  # fmt: skip
"""Letters beyond ASCII of German, French, Spanish, Portuguese, Italian, the Nordic languages, and names in English."""
_CENTRAL = ("áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "ăâîşţ", "čćđšž")
"""Those of Czech, Slovak, Polish, Hungarian, Romanian and Croatian."""
_SIGNS = frozenset("‘’‚“”„–—…«»‹›¿¡°€£§©®™·•´ºª½¼¾ \u00a0\u00ad")


def found_out(raw: bytes) -> tuple[str, str] | None:
    """Return the text and the name of its encoding, or None where no text of a known language comes out."""
    if re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", raw):
        return None
    for encoding, reads in _CANDIDATES:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        foreign = [each for each in text if ord(each) > 127]
        if foreign and reads(text, foreign):
            return text, encoding
    return None


def _is_japanese(_text: str, foreign: list[str]) -> bool:
    line = "".join(foreign)
    return len(_KANA.findall(line)) >= 0.2 * len(line) and len(_HALF_WIDTH.findall(line)) <= 0.05 * len(line)


def _is_chinese(_text: str, foreign: list[str]) -> bool:
    return len(foreign) >= 4 and sum(each in _COMMON_CHINESE for each in foreign) >= 0.12 * len(foreign)


def _is_korean(_text: str, foreign: list[str]) -> bool:
    syllables = sum("가" <= each <= "힣" for each in foreign)
    common = sum(each in _COMMON_KOREAN for each in foreign)
    return len(foreign) >= 4 and syllables >= 0.8 * len(foreign) and common >= 0.15 * len(foreign)


def _is_cyrillic(text: str, foreign: list[str]) -> bool:
    letters = [each for each in foreign if each.isalpha()]
    is_mixed = re.search(r"[а-я][А-Я]", text) is not None
    common = sum(each in _COMMON_CYRILLIC for each in letters)
    return len(letters) >= 8 and not is_mixed and common >= 0.35 * len(letters)


def _is_script(letters: str, misplaced: str) -> Callable[[str, list[str]], bool]:
    """Return a judge of text in another script: by its letters, and by what never occurs in it."""
    known, wrong = re.compile(f"[{letters}]"), re.compile(misplaced)

    def reads(text: str, foreign: list[str]) -> bool:
        own = [each for each in foreign if known.match(each)]
        return len(own) >= 8 and len(own) >= 0.95 * len(foreign) and wrong.search(text) is None

    return reads


def _is_latin(alphabets: tuple[str, ...]) -> Callable[[str, list[str]], bool]:
    """Return a judge of text in one of several languages, whose letters do not occur together."""

    def reads(text: str, foreign: list[str]) -> bool:
        letters = [each for each in "".join(foreign).lower() if each.isalpha()]
        is_known = all(each.isalpha() or each in _SIGNS for each in foreign)
        is_one_language = any(set(letters) <= set(alphabet) for alphabet in alphabets)
        has_odd_case = any(a.islower() and b.isupper() and ord(b) > 127 for a, b in pairwise(text))
        has_sign_inside = re.search(r"[^\W\d_](?:[§©®™•´ºª½¼¾°£€¿¡]|[«»‹›„‚])[^\W\d_]", text) is not None
        return is_known and is_one_language and not (has_odd_case or has_sign_inside)

    return reads


_CANDIDATES: tuple[tuple[str, Callable[[str, list[str]], bool]], ...] = (
    ("cp932", _is_japanese), ("euc_jp", _is_japanese), ("gb18030", _is_chinese), ("big5", _is_chinese),
    ("cp949", _is_korean), ("cp1255", _is_script("א-ת", "[םןךףץ][א-ת]")), ("cp1251", _is_cyrillic),
    ("koi8_r", _is_cyrillic), ("cp1253", _is_script("Ά-ώ", "ς[α-ώ]|[^α-ώΆ-Ώ]ς|[α-ώ][Α-Ω]")),
    ("cp1256", _is_script("ء-ي", "[ةى][ء-ي]")),
    ("cp874", _is_script("\u0e01-\u0e5b", "(?:^|[^\u0e01-\u0e4e])[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]")),
    ("cp1252", _is_latin(_WESTERN)), ("mac_roman", _is_latin(_WESTERN)), ("cp1250", _is_latin(_CENTRAL)),
)  # fmt: skip
