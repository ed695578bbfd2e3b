"""The commands beside making a corpus: report, preview, sheet. Each parses its own options and prints."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from exges_core.errors import InputError, message
from exges_core.files import replacing
from exges_core.json_lines import is_list


@dataclass(frozen=True, kw_only=True)
class Reporting:
    """Compare takes with statistics of real speakers; measure stroke timing, styles and silence.

    Attributes:
        folder: takes in BEAT2's layout (this corpus, BEAT2 itself, or a studio's own).
        targets: JSON of bands and limits, instead of those that come with the corpus.
        reference: another folder (real takes, for one), whose values are printed beside.
        json: write the same as JSON here.
        most: how many takes to read, spread evenly.
    """

    folder: Annotated[Path, tyro.conf.Positional]
    targets: Path | None = None
    reference: Path | None = None
    json: Path | None = None
    most: int = 120

    def __post_init__(self) -> None:
        """Check the number.

        Raises:
            InputError: if no take may be read.
        """
        if self.most < 1:
            raise InputError(_refused("--most of 1 or more", str(self.most), "report"))


@dataclass(frozen=True, kw_only=True)
class Joining:
    """Put several corpora into one folder; files are linked, not copied, where the disk can.

    Attributes:
        folders: finished corpora, each once.
        out: an empty folder.
    """

    folders: Annotated[tuple[Path, ...], tyro.conf.Positional]
    out: Path


@dataclass(frozen=True, kw_only=True)
class Previewing:
    """Draw a gesture lexeme, every variant of it, at the instants of its phases.

    Attributes:
        lexeme: its name; nothing with --all.
        out: PNG (a folder with --all).
        all: draw every lexeme.
        seed: of chance.
    """

    lexeme: Annotated[str, tyro.conf.Positional] = ""
    out: Path | None = None
    all: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Check that one lexeme or all are asked for.

        Raises:
            InputError: if neither or both are.
        """
        if bool(self.lexeme) == self.all:
            raise InputError(_refused("one lexeme, or --all", self.lexeme or "neither", "preview"))


@dataclass(frozen=True, kw_only=True)
class Sheeting:
    """Draw a contact sheet of a take.

    Attributes:
        take: its motion (.npz).
        out: PNG.
        start: first pose, seconds.
        every: seconds from one to the next; 0 spreads them over the rest of the take.
        count: how many poses.
        columns: poses per row.
    """

    take: Annotated[Path, tyro.conf.Positional]
    out: Path
    start: float = 0.0
    every: float = 0.0
    count: int = 16
    columns: int = 4

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: if one is out of range.
        """
        if self.start < 0 or self.every < 0 or not 1 <= self.count <= 400 or self.columns < 1:
            got = f"start {self.start:g}, every {self.every:g}, count {self.count}, columns {self.columns}"
            raise InputError(_refused("start, every >= 0, 1 <= count <= 400, columns >= 1", got, "sheet"))


def progress_bar(*, transient: bool = False) -> Progress:
    """Return a bar on the terminal's error stream that counts takes."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=transient)


def _refused(expected: str, got: str, command: str) -> str:
    return message(expected=expected, got=got, where=f"python -m training.corpus {command}", do="Change the option.")


def write_report(asked: Reporting) -> None:
    """Print a report, and write its JSON.

    Raises:
        InputError: if a folder or file cannot be read.
        OutputError: if the JSON cannot be written.
    """
    from training.corpus.measures.bands import OWN_FILE
    from training.corpus.measures.report import Report, report_json, report_on, report_text

    def measured(folder: Path) -> Report:
        with progress_bar(transient=True) as progress:
            task = progress.add_task("takes", total=None)

            def on_take(_take: str, count: int) -> None:
                progress.update(task, total=count, advance=1)

            return report_on(folder, targets_path=asked.targets or OWN_FILE, most=asked.most, on_take=on_take)

    report = measured(asked.folder)
    reference = measured(asked.reference) if asked.reference else None
    print(report_text(report, reference))
    if asked.json is not None:
        content = json.dumps(report_json(report, reference), indent=1, allow_nan=False)
        with replacing(asked.json) as temporary:
            temporary.write_text(content + "\n", encoding="utf-8")


def write_previews(asked: Previewing) -> None:
    """Draw previews and print their paths.

    Raises:
        InputError: if there is no such lexeme.
        OutputError: if a picture cannot be written.
    """
    from training.corpus.gesture.lexemes import lexemes
    from training.corpus.gesture.preview import preview

    if not asked.all:
        for path in preview(asked.lexeme, asked.out or Path(f"{asked.lexeme}.png"), seed=asked.seed):
            print(path)
        return
    folder = asked.out or Path("previews")
    for name in sorted(lexemes()):
        preview(name, folder / f"{name}.png", seed=asked.seed)
    print(f"{len(lexemes())} lexemes in {folder}")


def write_sheet(asked: Sheeting) -> None:
    """Draw a contact sheet and print its path.

    Raises:
        InputError: if the sheet begins after the take ends.
        SkeletonError: if the take cannot be read.
        OutputError: if the picture cannot be written.
    """
    from training.corpus.gesture.preview import sheet

    sheet(asked.take, asked.out, start_s=asked.start, every_s=asked.every, count=asked.count, columns=asked.columns)
    print(asked.out)


def write_joined(asked: Joining) -> None:
    """Join corpora and print how many takes and minutes the result holds.

    Raises:
        InputError: if a folder is no finished corpus, or the place is taken.
        OutputError: if it cannot be written.
    """
    from training.corpus.production.joining import join

    manifest = join(asked.folders, asked.out)
    takes = manifest["takes"]
    assert is_list(takes)
    print(f"{len(takes)} takes, {float(str(manifest['seconds'])) / 60:.1f} minutes in {asked.out}")
