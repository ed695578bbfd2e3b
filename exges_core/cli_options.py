"""What several commands of `exges` share: the meaning of common options, and the progress bar."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from tyro.conf import FlagCreatePairsOff, Positional, UseAppendAction, arg

from exges_core import assets
from exges_core.protocol import OnProgress, ignore_progress
from exges_core.protocol import Progress as Step

SpeechFile = Annotated[Positional[Path], arg(metavar="SPEECH", help="A sound file: wav, flac, ogg or mp3.")]
TranscriptFile = Annotated[
    Path | None, arg(help="Known words: TextGrid, ELAN, subtitles, JSON with times, plain text... (docs).")
]
SpeakerTier = Annotated[
    str | None, arg(metavar="NAME", help="Take this speaker's words, or this tier's, of a transcript with several.")
]
JsonFile = Annotated[Path | None, arg(help="Write the result here as JSON.")]
Asr = Annotated[str, arg(help="auto (the first that is here), whisper:NAME_OR_FILE, moonshine, pocketsphinx or none.")]
Device = Literal["auto", "cpu", "cuda"]
Energy = Annotated[
    Literal["calm", "normal", "vivid"],
    arg(help="How lively the speaker is: presets for intensity, guidance and retrieval strength (docs)."),
]
Intensity = Annotated[float | None, arg(help="How far gestures go, 0.5 to 1.5; 1 = as the model made them.")]
Guidance = Annotated[float | None, arg(help="Audio guidance scale; 1 = off, more follows the sound more closely.")]
RetrievalStrength = Annotated[
    float | None, arg(help="How strongly retrieved gestures shape the motion: 1 = fully, 0 = as without retrieval.")
]
Pins = Annotated[
    UseAppendAction[tuple[str, ...]],
    arg(metavar="SEGMENT=CLIP", help="Use this clip of the base in this segment; may be repeated."),
]
Bans = Annotated[
    UseAppendAction[tuple[str, ...]],
    arg(metavar="CLIP|SOURCE", help="Never use this clip, or anything of this source; may be repeated."),
]
NoGesture = Annotated[
    UseAppendAction[tuple[int, ...]],
    arg(metavar="SEGMENT", help="Use no gesture in this segment; may be repeated."),
]
ScoreFile = Annotated[Path | None, arg(help="Make these strokes: a score, as --score-out writes it (docs).")]
NoScore = Annotated[
    FlagCreatePairsOff[bool], arg(help="Plan no strokes and let the model guess them: the paper's own variant.")
]
Vividness = Annotated[
    float, arg(metavar="0..2", help="Number and size of strokes: 0 = none, 1 = as the speaker, 2 = many, large.")
]
Libraries = Annotated[
    UseAppendAction[tuple[str, ...]],
    arg(help="A motion base of your own; may be repeated, all are searched as one. `default` is the shipped one."),
]
Style = Annotated[str | None, arg(help="A style the weights know (`exges doctor` lists them).")]
Retrieval = Annotated[bool, arg(help="Let retrieved gestures shape the motion.")]
Fps = Annotated[float | None, arg(help="Frames per second of the output, by exact time: 24, 25, 23.976... (30).")]

RigTarget = Annotated[
    str | None,
    arg(metavar="FAMILY|FILE", help="Write .bvh in this rig's own hierarchy: a family, a .bvh, or a preset's .json."),
]


def absolute(path: Path | None) -> str | None:
    """Return a file's name as a request has it."""
    return None if path is None else str(path.absolute())


def libraries(names: Sequence[str]) -> tuple[str, ...] | None:
    """Return motion bases as a request has them; None = the shipped one."""
    return tuple(str(assets.LIBRARY if name == "default" else Path(name).absolute()) for name in names) or None


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
