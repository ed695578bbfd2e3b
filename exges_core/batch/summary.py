"""The summary of a batch: `summary.json` for scripts, and one page without any other file for whoever looks through.

The page has a card for each clip, with its strip of poses; what failed comes first, then what has warnings. It needs
jinja2, and pictures need Pillow (both in the extra `pages`); where they are missing, a line says so.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exges_core import __version__
from exges_core.batch.ledger import Ledger, Record
from exges_core.batch.names import SUMMARY
from exges_core.batch.pictures import can_draw
from exges_core.extras import is_installed
from exges_core.files import replacing, write_json

DONE, FAILED, SET_ASIDE, OPEN = "done", "failed", "set aside", "open"
_ORDER = (SET_ASIDE, FAILED, OPEN, DONE)
_WORDS_SHOWN = 600


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A clip in the summary.

    Attributes:
        state: done, failed, set aside (it killed or held up two workers) or open (the batch was stopped).
        why: it is not done, in one line.
        source: its sound; "" of an idle.
        limit_s: how long it may take in this run; 0 = for ever.
        record: of a clip that is done.
    """

    id: str
    state: str
    why: str
    source: str
    limit_s: float
    record: Record | None

    def as_json(self) -> dict[str, object]:
        """Return it as the summary's JSON has it."""
        found: dict[str, object] = {"id": self.id, "state": self.state, "why": self.why, "source": self.source}
        found["clip_limit_s"] = round(self.limit_s, 3)
        if self.record is None:
            return found
        record = self.record
        rate = record.strokes_per_min
        return found | {
            "files": sorted(record.results),
            "duration_s": record.duration_s,
            "frames": record.frames,
            "words": record.words,
            "style": record.style,
            "strokes": record.strokes,
            "strokes_per_min": None if rate is None else round(rate, 2),
            "warnings": list(record.warnings),
            "work_s": round(record.work_s, 3),
            "rtf": record.rtf,
        }


@dataclass(frozen=True, kw_only=True)
class Card:
    """A clip on the page.

    Attributes:
        entry: the clip.
        picture: its strip of poses, base64; "" = none.
    """

    entry: Entry
    picture: str

    @property
    def rank(self) -> tuple[int, bool]:
        """Return where it stands: what failed first, then what has warnings."""
        record = self.entry.record
        return _ORDER.index(self.entry.state), record is not None and not record.warnings

    @property
    def found_by(self) -> str:
        """Return what the search looks in."""
        record = self.entry.record
        more = (record.words, record.style, *record.warnings) if record is not None else ()
        return " ".join((self.entry.id, self.entry.state, self.entry.why, *more)).casefold()

    @property
    def words(self) -> str:
        """Return the words, cut where a card is full."""
        words = "" if self.entry.record is None else self.entry.record.words
        return words if len(words) <= _WORDS_SHOWN else f"{words[:_WORDS_SHOWN]} ..."


def write_summary(entries: Sequence[Entry], ledger: Ledger, *, manifest: Path) -> tuple[str, ...]:
    """Write summary.json and summary.html; return what there is to say about them.

    Raises:
        OutputError: if one cannot be written.
    """
    counts = Counter(each.state for each in entries)
    whole: dict[str, object] = {
        "exges": __version__,
        "manifest": str(manifest),
        "counts": {state: counts[state] for state in _ORDER},
        "speech_s": sum(each.record.duration_s for each in entries if each.record is not None),
        "clips": [each.as_json() for each in entries],
    }
    write_json(ledger.out / f"{SUMMARY}.json", whole)
    page = ledger.out / f"{SUMMARY}.html"
    if not is_installed("jinja2"):
        return ("summary.html is left out: it needs jinja2 (pip install 'exges[pages]')",)
    with replacing(page) as temporary:
        temporary.write_text(_html(entries, ledger, counts, manifest), encoding="utf-8")
    no_pictures = "summary.html has no pictures: they need Pillow (pip install 'exges[pages]')"
    return () if can_draw() else (no_pictures,)


def _html(entries: Sequence[Entry], ledger: Ledger, counts: Counter[str], manifest: Path) -> str:
    from jinja2 import Environment, PackageLoader

    cards = sorted((_card(each, ledger) for each in entries), key=lambda card: card.rank)
    loader = PackageLoader("exges_core.batch", ".")
    template = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template(
        "summary.html.jinja"
    )
    speech_s = sum(each.record.duration_s for each in entries if each.record is not None)
    return template.render(
        cards=cards,
        counts=[(state, counts[state]) for state in _ORDER if counts[state]],
        speech_min=speech_s / 60.0,
        manifest=manifest.name,
        version=__version__,
    )


def _card(entry: Entry, ledger: Ledger) -> Card:
    data = None if entry.record is None else ledger.picture(entry.record)
    return Card(entry=entry, picture="" if data is None else base64.b64encode(data).decode())
