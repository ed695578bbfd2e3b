"""Which licences a zip may carry: the extension is GPL-3.0-or-later, so each must be one that can be combined with it.

A wheel's metadata say its licence in one of three ways, the older ones loosely; the table says it exactly. Both must
agree, and a library that lies inside a wheel counts as well.
"""

from __future__ import annotations

import re
from email.message import Message

from exges_core.errors import InputError, message
from tools.packaging.pins import PinnedPackage, names

COMPATIBLE = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "GPL-2.0-or-later", "GPL-3.0-only",
        "GPL-3.0-or-later", "ISC", "LGPL-2.0-or-later", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only",
        "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib",
    }
)  # fmt: skip
"""SPDX names, after the Free Software Foundation's list of licences compatible with the GPL, version 3."""
_LOOSE = {
    r"\bMIT\b": {"MIT", "MIT-0"},
    r"\bBSD\b": {"0BSD", "BSD-2-Clause", "BSD-3-Clause"},
    r"\bApache\b": {"Apache-2.0"},
    r"\bPython Software Foundation\b": {"PSF-2.0", "Python-2.0"},
    r"\b(Lesser|LGPL)": {
        "LGPL-2.0-or-later",
        "LGPL-2.1-only",
        "LGPL-2.1-or-later",
        "LGPL-3.0-only",
        "LGPL-3.0-or-later",
    },
    r"\b(Mozilla|MPL)": {"MPL-2.0"},
}
"""What words in classifiers and in the old licence field may mean."""


def check(package: PinnedPackage, metadata: Message, wheel: str) -> None:
    """Make sure that a wheel may go into a zip.

    Raises:
        InputError: if its metadata say no licence or another than the table, or the GPL cannot be combined with it.
    """
    said = _said(metadata)
    if package.licence != said and not set(_terms(package.licence)) <= _meant(said):
        got, do = f"{said or 'no licence'} in its metadata", f"Read {wheel}'s licence and correct wheels.toml."
        raise InputError(message(expected=f"{package.licence}, as wheels.toml says", got=got, where=wheel, do=do))
    foreign = [each for each in (*_terms(package.licence), *package.inside) if each not in COMPATIBLE]
    if foreign:
        do = "Leave the package out of the zip, or find another one."
        expected = "licences that GPL-3.0-or-later can be combined with"
        raise InputError(message(expected=expected, got=names(foreign), where=wheel, do=do))


def _said(metadata: Message) -> str:
    """Return what metadata say: the SPDX expression, else classifiers, else the first line of the licence field."""
    if expression := metadata["License-Expression"]:
        return str(expression)
    classifiers = [
        each.rpartition("::")[2].strip() for each in metadata.get_all("Classifier", []) if "License ::" in each
    ]
    return ", ".join(classifiers) or str(metadata["License"] or "").strip().partition("\n")[0]


def _terms(expression: str) -> list[str]:
    """Return the licences of an expression: all of them must be allowed, whatever stands between them."""
    return [each for each in re.split(r"[()\s]+", expression) if each and each not in {"AND", "OR"}]


def _meant(said: str) -> set[str]:
    return {licence for pattern, licences in _LOOSE.items() if re.search(pattern, said) for licence in licences}
