"""The report's files: one self-contained HTML page, the numbers as JSON, the tables as Markdown, the strips as PNG."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from jinja2 import Environment, PackageLoader
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
_TEMPLATE = Environment(
    loader=PackageLoader("training.evaluation", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
).get_template("page.html.jinja")


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
        strips = None if self.strips is None else base64.b64encode(png_of(self.strips)).decode()
        facts = json.dumps(self.facts, indent=1, ensure_ascii=False)
        return _TEMPLATE.render(page=self, strips=strips, facts=facts, words=_WORDS, classes=_CLASSES)

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
