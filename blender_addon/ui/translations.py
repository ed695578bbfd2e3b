# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tab says in other languages: `locale/CODE.po`, one file for each language by Blender's own code for it.

Tooltips and the engine's own sentences stay English. A message without a translation is shown in English, as is one
that a translators' tool (Poedit, Weblate) has marked fuzzy.

The files are read as they are. Python's gettext reads only compiled .mo files: the build would have to make them, and
the add-on run from a checkout would speak English. `read` knows the part of the format that our files use and refuses
the rest by line number; tests hold it against Babel's reader.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

_LOCALE = Path(__file__).with_name("locale")
_LINE = re.compile(r'(?:(msgid|msgstr) +)?(".*")')

CONTEXT = "ExGes"
"""Of choices that mean something else in Blender's own translations, which come first: feet are a unit there."""
Table = dict[tuple[str, str], str]
"""(context, English) -> translation."""


def read(text: str) -> dict[str, str]:
    """Return English -> translation of one .po file; its header, fuzzy, obsolete and empty entries aside.

    Raises:
        ValueError: naming the first line that is no comment, msgid or msgstr (plurals and contexts are not used).
    """
    entries: list[dict[str, str]] = []
    entry: dict[str, str] = {}
    field, is_fuzzy = "", False
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if line.startswith("#,"):
            is_fuzzy = "fuzzy" in line
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match and match[1] == "msgid":
            entry = {"msgid": "", "msgstr": ""}
            entries += [] if is_fuzzy else [entry]
            is_fuzzy = False
        field = (match[1] if match else None) or field
        if match is None or field not in entry:
            raise ValueError(f"line {number}: expected msgid or msgstr and a quoted string, got {line!r}")
        entry[field] += json.loads(match[2])
    return {each["msgid"]: each["msgstr"] for each in entries if each["msgid"] and each["msgstr"]}


def tables() -> dict[str, Table]:
    """Return every language's table by its code, as `bpy.app.translations.register` takes them.

    Raises:
        ValueError: if a file is not in the form that `read` knows.
    """
    return {path.stem: _table(read(path.read_text(encoding="utf-8"))) for path in sorted(_LOCALE.glob("*.po"))}


def _table(said: dict[str, str]) -> Table:
    """Return translations by context: Blender looks up labels under '*' and buttons' names under 'Operator'."""
    return {
        (context, english): own
        for english, own in said.items()
        for context in (("*", "Operator", CONTEXT) if english[0].isupper() or english[0].isdigit() else ("*",))
    }
