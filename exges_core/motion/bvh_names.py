"""Names of joints as bytes and as text: BVH says nothing of encodings, so each name is read by what fits it.

A name keeps the bytes it has in the file (undecodable ones as Python's surrogates), so that it can be written back byte
for byte; what people and JSON see is decoded. Guesses are made over all names of a file, for one says too little.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

BLANK = " \t\f\v"
"""What parts words within a line; other blanks, as Japanese's wide one, belong to names."""
_KANA = re.compile("[\u3041-\u30ff]")
_KANAS = 2
"""Accents of the West read as Japanese make kanji and half-wide kana, hardly ever two full kana."""
_EAST = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff9f]")
_EASTERN = ("cp932", "euc_kr", "gbk")
_UTF16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def text_of(data: bytes) -> str:
    """Return a file's text as UTF-8 (or UTF-16 behind its mark); bytes that are none are kept as surrogates."""
    encoding = _UTF16.get(data[:2])
    if encoding is not None:
        return data.decode(encoding, errors="replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="surrogateescape")


def bytes_of(name: str) -> bytes:
    """Return the bytes a name has in its file."""
    return name.encode("utf-8", errors="surrogateescape")


def shown_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return names as people wrote them: as UTF-8 where they are that, else in the encoding that fits all others."""
    foreign = [bytes_of(name) for name in names if not _is_text(name)]
    if not foreign:
        return tuple(names)
    encoding = _encoding_of(foreign)
    # Two bytes of Chinese may happen to be UTF-8 as well; Western letters hardly ever are.
    is_all = encoding in _EASTERN and _all_decoded([bytes_of(name) for name in names], encoding) is not None
    return tuple(name if _is_text(name) and not is_all else _decoded(bytes_of(name), encoding) for name in names)


def _is_text(name: str) -> bool:
    return not any("\udc80" <= letter <= "\udcff" for letter in name)


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("latin-1")  # never fails: five bytes are no letters of cp1252


def _encoding_of(names: Sequence[bytes]) -> str:
    """Return the likeliest encoding of names that are no UTF-8: Japanese, Russian, Korean, Chinese, else Western."""
    japanese = [letter for letter in _all_decoded(names, "cp932") or "" if not letter.isascii()]
    if len([letter for letter in japanese if _KANA.match(letter)]) >= _KANAS and all(map(_EAST.match, japanese)):
        return "cp932"
    high = [byte for name in names for byte in name if byte >= 0x80]
    letters = [byte for name in names for byte in name if byte >= 0x80 or chr(byte).isalpha()]
    if 2 * len(high) < len(letters):
        return "cp1252"  # an accent here and there among plain letters
    if all(byte >= 0xC0 or byte in (0xA8, 0xB8) for byte in high):
        return "cp1251"
    runs = [run for name in names for run in re.findall(rb"[\x80-\xff]+", name)]
    if all(len(run) % 2 == 0 and min(run) >= 0xA1 for run in runs):
        leads = [byte for run in runs for byte in run[::2]]
        for encoding, highest in (("euc_kr", 0xC8), ("gbk", 0xF7)):
            if all(0xB0 <= lead <= highest for lead in leads) and _all_decoded(names, encoding) is not None:
                return encoding
    return "cp1252"


def _all_decoded(names: Sequence[bytes], encoding: str) -> str | None:
    try:
        return "".join(name.decode(encoding) for name in names)
    except UnicodeDecodeError:
        return None
