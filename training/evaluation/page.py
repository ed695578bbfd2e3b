"""The report's files: one self-contained HTML page, the numbers as JSON, the tables as Markdown, the strips as PNG."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from exges_core.arrays import convolve
from exges_core.files import replacing
from exges_core.json_lines import is_object
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import velocity_m_per_s
from exges_core.motion.skeleton import joint_index
from exges_core.visualization.figures import Cell as Frame
from exges_core.visualization.figures import strip_of
from training.evaluation.checks import Check
from training.evaluation.tables import Table

STRIP_S = 6.0
POSES = 13
_FRAME = Frame(width=84, height=140)
_STYLE = """body{font:15px/1.5 sans-serif;max-width:1150px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:.6em 0;font-size:13px}td,th{border:1px solid #ccc;padding:.25em .6em}
th{background:#f2f2ef;text-align:left}td:not(:first-child){text-align:right}td.best{font-weight:bold}
.yes{color:#00734f}.no{color:#b03a00}.open{color:#777}.note{color:#555;font-size:13px;max-width:60em}
code,pre{background:#f6f6f4;font-size:12.5px}pre{padding:.7em;overflow-x:auto;white-space:pre-wrap}img{max-width:100%}"""


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is shown.

    Attributes:
        facts: about the run: command, versions, weights, data; JSON.
        tables: in order.
        charts: SVG by the title of the table they stand under.
        checks: what the issues ask.
        strips: a picture of one take by every system, or None, and what it shows.
    """

    facts: Mapping[str, Any]
    tables: Sequence[Table]
    charts: Mapping[str, str]
    checks: Sequence[Check]
    strips: Image.Image | None
    strips_text: str

    def html(self) -> str:
        """Return the page."""
        parts = [
            f"<!doctype html><html lang='en'><meta charset='utf-8'><title>ExGes report</title><style>{_STYLE}</style>",
            f"<h1>ExGes, measured: protocol {escape(str(self.facts['protocol']))}</h1>",
            f"<p>{escape(str(self.facts['summary']))}</p>",
            f"<h2>The command</h2><pre>{escape(str(self.facts['command']))}</pre>",
            "<h2>What is asked, and whether it holds</h2>",
            _checks_html(self.checks),
        ]
        for table in self.tables:
            parts.append(_table_html(table))
            parts.append(self.charts.get(table.title, ""))
        if self.strips is not None:
            data = base64.b64encode(png_of(self.strips)).decode()
            parts.append(f"<h2>Strips</h2><p class='note'>{escape(self.strips_text)}</p>")
            parts.append(f"<img alt='strips of poses, one row per system' src='data:image/png;base64,{data}'>")
        facts = json.dumps(self.facts, indent=1, ensure_ascii=False)
        parts.append(f"<h2>How it was made</h2><pre>{escape(facts)}</pre></html>")
        return "\n".join(parts)

    def markdown(self) -> str:
        """Return command, checks and tables as Markdown."""
        lines = [str(self.facts["summary"]), "", "    " + str(self.facts["command"]), ""]
        lines += [f"- {_WORDS[check.holds]}: {check.asks} ({check.found})" for check in self.checks]
        return "\n".join([*lines, "", *(table.markdown() for table in self.tables)])


_WORDS = {True: "holds", False: "does NOT hold", None: "not measured"}
_CLASSES = {True: "yes", False: "no", None: "open"}


def write_page(page: Page, numbers: Mapping[str, object], folder: Path) -> None:
    """Write report.html, report.json, tables.md and strips.png into a folder.

    Raises:
        OutputError: if one cannot be written; then none is.
    """
    with (
        replacing(folder / "report.html") as html,
        replacing(folder / "report.json") as numbers_path,
        replacing(folder / "tables.md") as tables,
    ):
        html.write_text(page.html(), encoding="utf-8")
        text = json.dumps(_finite({**page.facts, **numbers}), indent=1, ensure_ascii=False)
        numbers_path.write_text(text + "\n", encoding="utf-8")
        tables.write_text(page.markdown() + "\n", encoding="utf-8")
    if page.strips is not None:
        with replacing(folder / "strips.png") as temporary:
            temporary.write_bytes(png_of(page.strips))


def strips_picture(shown: Mapping[str, MotionClip]) -> tuple[Image.Image, float]:
    """Return a row of poses per system, and where in the take they begin: its liveliest `STRIP_S` seconds."""
    first = next(iter(shown.values()))
    wrists = first.positions_m()[:, [joint_index("left_wrist"), joint_index("right_wrist")]]
    speed = np.linalg.norm(velocity_m_per_s(wrists, first.frame_rate_hz), axis=-1).max(axis=1)
    width = min(round(STRIP_S * first.frame_rate_hz), first.frames)
    start_s = int(np.argmax(convolve(speed, np.ones(width), mode="valid"))) / first.frame_rate_hz
    times_s = (start_s + np.linspace(0, width / first.frame_rate_hz, POSES)).tolist()
    rows = [strip_of(clip, times_s, title=name, cell=_FRAME) for name, clip in shown.items()]
    sheet = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)))
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    return sheet, start_s


def png_of(image: Image.Image) -> bytes:
    """Return a picture as a small PNG."""
    buffer = io.BytesIO()
    image.quantize(48).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _checks_html(checks: Sequence[Check]) -> str:
    rows = "".join(
        f"<tr><td style='text-align:left'>{escape(check.asks)}</td><td class='{_CLASSES[check.holds]}'>"
        f"{_WORDS[check.holds]}</td><td style='text-align:left'>{escape(check.found)}</td></tr>"
        for check in checks
    )
    return f"<table><tr><th>asked</th><th></th><th>found</th></tr>{rows}</table>"


def _table_html(table: Table) -> str:
    heads = "".join(f"<th>{escape(head)}</th>" for head in table.heads)
    rows = "".join(
        "<tr>"
        + "".join(f"<td class='best'>{escape(c.text)}</td>" if c.is_best else f"<td>{escape(c.text)}</td>" for c in row)
        + "</tr>"
        for row in table.rows
    )
    note = f"<p class='note'>{escape(table.note)}</p>" if table.note else ""
    return f"<h2>{escape(table.title)}</h2><table><tr>{heads}</tr>{rows}</table>{note}"


def _finite(value: object) -> object:
    """Return JSON whose numbers are finite or null: NaN is no JSON."""
    if is_object(value):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in cast("Sequence[object]", value)]
    if isinstance(value, float | np.floating):
        number = float(cast("float", value))
        return number if np.isfinite(number) else None
    return value.item() if isinstance(value, np.generic) else value
