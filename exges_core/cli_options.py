"""What several commands of `exges` share: the meaning of common options, and the progress bar."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from tyro.conf import Positional, arg

from exges_core.protocol import OnProgress, ignore_progress
from exges_core.protocol import Progress as Step

SpeechFile = Annotated[Positional[Path], arg(metavar="SPEECH", help="A sound file: wav, flac, ogg or mp3.")]
TranscriptFile = Annotated[Path | None, arg(help="Known words: TextGrid, SRT, VTT, JSON or plain text.")]
JsonFile = Annotated[Path | None, arg(help="Write the result here as JSON.")]
Asr = Annotated[str, arg(help="auto (cached Whisper, else pocketsphinx), whisper:NAME_OR_FILE, pocketsphinx or none.")]
Device = Literal["auto", "cpu", "cuda"]


@contextmanager
def shown_progress() -> Generator[OnProgress]:
    """Show a progress bar on stderr where that is a terminal; gives the sink that feeds it."""
    target = Console(stderr=True)
    if not target.is_terminal:
        yield ignore_progress
        return
    columns = (TextColumn("{task.description:<12}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=target, transient=True) as progress:
        task = progress.add_task("starting", total=1.0)

        def on_progress(step: Step) -> None:
            progress.update(task, description=step.stage, completed=step.fraction)

        yield on_progress
