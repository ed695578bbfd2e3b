"""What counts as one word: what stands between spaces, or where a script has none, a character with its marks.

Pure text; the standard library alone, because Blender's Python reads transcripts' speakers with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPACELESS = (
    "\u0e01-\u0e2f\u0e3f\u0e46\u0e50-\u0e5b\u0e81-\u0edf\u1000-\u102a\u103f-\u104f\u1780-\u17b3"
    "\u3041-\u3042\u3044\u3046\u3048\u304a-\u3062\u3064-\u3082\u3084\u3086\u3088-\u308d\u308f-\u3094"
    "\u30a2\u30a4\u30a6\u30a8\u30aa-\u30c2\u30c4-\u30e2\u30e4\u30e6\u30e8-\u30ed\u30ef-\u30f4\u30f7-\u30fa"
    "\u3105-\u312f\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66\uff71-\uff9d\U00020000-\U0003ffff"
)
"""Letters of Thai, Lao, Burmese, Khmer, Japanese and Chinese that begin a unit; small kana and vowel signs join one."""
_BEFORE = "\u0e40-\u0e44\u0ec0-\u0ec4"
"""Thai and Lao vowels that are written before their consonant."""
_JOINED = (
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶー゛゜ゝゞ\u0e30-\u0e3a\u0e45\u0e47-\u0e4e\u0eb0-\u0ebd\u0ec8-\u0ece"
    "\u102b-\u103e\u17b4-\u17d3\uff67-\uff70\uff9e\uff9f\u0300-\u036f\u3099\u309a\ufe00-\ufe0f"
)
_OPENING = "「『（〈《【〔“‘(["
_MARKS = "、。！？…‥・」』）〉》】〕”’，．：；,.!?:;)\\]～〜"
_UNIT = re.compile(
    rf"[{re.escape(_OPENING)}]*(?:[{_BEFORE}]?[{_SPACELESS}][{_JOINED}]*|[^{_SPACELESS}{_BEFORE}{re.escape(_OPENING)}]+)"
    rf"[{_JOINED}{_MARKS}]*"
)
_HAS_SPACELESS = re.compile(rf"[{_SPACELESS}{_BEFORE}]")
_TIGHT = re.compile(rf"[{_SPACELESS}{_BEFORE}{_JOINED}\u3000-\u303f\uff00-\uff65]")
_LONGEST_WHOLE = 4
"""A text of such a script that is no longer than this is taken for one word, as its writer set it apart."""


def is_spaceless(text: str) -> bool:
    """Return whether a script that sets no spaces between words makes up most of a text."""
    return 2 * len(_HAS_SPACELESS.findall(text)) > sum(each.isalnum() for each in text)


def units_of(text: str) -> list[str]:
    """Divide a text into words; a long run of a script without spaces into its characters with their marks."""
    units: list[str] = []
    for token in text.split():
        if len(token) <= _LONGEST_WHOLE or not _HAS_SPACELESS.search(token):
            units.append(token)
        else:
            units += _characters(token)
    return units


def _characters(token: str) -> list[str]:
    found: list[str] = []
    done = 0
    for match in _UNIT.finditer(token):
        found.append(token[done : match.end()])
        done = match.end()
    if done < len(token):
        found[-1:] = [found[-1] + token[done:]] if found else [token]
    return found


def word_count(text: str) -> int:
    """Return how many words a label holds; a short run without spaces is one that somebody's tool cut out."""
    return sum(-(-len(token) // (2 * _LONGEST_WHOLE)) if is_spaceless(token) else 1 for token in text.split())


def joined(texts: Sequence[str]) -> str:
    """Join words to a text, with spaces but where the script has none."""
    line = ""
    for text in texts:
        tight = line and (_TIGHT.match(line[-1]) or _TIGHT.match(text[:1]))
        line += text if tight or not line else f" {text}"
    return line
