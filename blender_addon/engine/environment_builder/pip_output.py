# SPDX-License-Identifier: GPL-3.0-or-later
"""What pip says while it downloads, as bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from .meter import Meter

_SIZE = re.compile(r"\(([\d.]+) (bytes|kB|MB|GB)\)")
_UNITS = {"bytes": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9}


class DownloadReader:
    """Reads the lines of `pip wheel` and moves a meter."""

    def __init__(self, meter: Meter, *, known: Sequence[str] = ()) -> None:
        """Begin.

        Args:
            meter: in a step of downloading.
            known: names of packages that were counted elsewhere, as wheels are named.
        """
        self._meter, self._known = meter, tuple(f"{name}-" for name in known)
        self._earlier = self._now = self._total = 0.0
        self._is_raw = False

    def __call__(self, line: str) -> None:
        """Take in a line."""
        words = line.split()
        if words[:1] == ["Progress"] and len(words) == 4 and words[1].isdigit() and words[3].isdigit():
            self._now, self._total, self._is_raw = float(words[1]), float(words[3]), True
            self._report(is_fresh=True)
        elif words[:1] == ["Downloading"] and len(words) > 1:
            self._end_file()
            self._meter.text = f"Downloading {_name(words[1])}"
            self._total = _size_in(line)
        elif words[:2] == ["Using", "cached"] and len(words) > 2:
            self._there(_size_in(line))
        elif words[:1] == ["Processing"] and len(words) > 1:
            path = Path(words[1])
            if not path.name.startswith(self._known) and path.is_file():
                self._there(float(path.stat().st_size))
        elif words[:1] in (["Collecting"], ["Saved"], ["Building"]):
            self._end_file()

    def _there(self, size: float) -> None:
        self._end_file()
        self._earlier += size
        self._report(is_fresh=False)

    def _end_file(self) -> None:
        """Count a file as whole: pip says no more of it; one without a progress of its own ends here."""
        if self._total:
            self._now = self._total
            self._report(is_fresh=True)
        self._earlier, self._now, self._total = self._earlier + self._now, 0.0, 0.0

    def _report(self, *, is_fresh: bool) -> None:
        self._meter.reach(self._earlier + self._now, is_fresh=is_fresh, at_least=self._earlier + self._total)


def _name(wheel: str) -> str:
    return Path(wheel).name.partition("-")[0].replace("_", "-")


def _size_in(line: str) -> float:
    """Return the size that a line ends with, in bytes; metadata and what has none count as nothing."""
    found = _SIZE.search(line)
    return 0.0 if found is None or ".metadata" in line else float(found[1]) * _UNITS[found[2]]
