"""What several commands of `exges` share: the meaning of common options, and the progress bar."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, Field, fields, make_dataclass
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin, get_type_hints

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from tyro.conf import FlagCreatePairsOff, Positional, UseAppendAction, arg

from exges_core import assets
from exges_core.protocol import OnProgress, ignore_progress
from exges_core.protocol import Progress as Step
from exges_core.settings import (
    About,
    GenerationSettings,
    GestureChoice,
    IdleSettings,
    PlanSettings,
    Settings,
    about,
    option_of,
)

SpeechFile = Annotated[Positional[Path], arg(metavar="SPEECH", help="A sound file: wav, flac, ogg or mp3.")]
TranscriptFile = Annotated[
    Path | None, arg(help="The words, if known: TextGrid, ELAN, subtitles, JSON with times, plain text... (docs).")
]
SpeakerTier = Annotated[
    str | None, arg(metavar="NAME", help="Read only this speaker, or this tier, of a transcript with several.")
]
JsonFile = Annotated[Path | None, arg(help="Write the result to this JSON file.")]
Asr = Annotated[str, arg(help="auto (the best one installed), whisper:NAME_OR_FILE, moonshine, pocketsphinx or none.")]
Device = Literal["auto", "cpu", "cuda"]
Engine = Annotated[
    Literal["auto", "torch", "onnx"], arg(help="What runs networks: auto takes torch where it is installed, else onnx.")
]
Exact = Annotated[
    bool, arg(help="Networks in float32, on which engines agree to 0.001 degrees; else as fast as the engine can.")
]
ScoreFile = Annotated[Path | None, arg(help="Play this score, as --score-out writes it (docs).")]
Libraries = Annotated[
    UseAppendAction[tuple[str, ...]],
    arg(help="A motion base of your own; repeat it to search several as one. `default` is the shipped one."),
]
RigTarget = Annotated[
    str | None,
    arg(
        metavar="FAMILY|FILE",
        help="Write .bvh for this rig, in its own hierarchy: a rig family, a .bvh, or a preset's .json.",
    ),
]


def _options_of(settings: type[Settings]) -> type[Settings]:
    """Return settings as a class whose fields are options of the command line."""
    types, known = get_type_hints(settings), about(settings)
    options = [
        (each.name, _option(types[each.name], each.name, known[each.name]), _default(each)) for each in fields(settings)
    ]
    name = f"{settings.__name__}Options"
    return make_dataclass(name, options, bases=(settings,), frozen=True, kw_only=True)


def _default(setting: Field[object]) -> object:
    assert setting.default is not MISSING
    return setting.default


# Any, here and below: annotations that are built at run time, which type checkers have no name for.
def _option(wanted: Any, name: str, setting: About) -> Any:  # noqa: ANN401
    """Return a setting's type as tyro reads it: name, help and how its value is written."""
    if setting.choices:
        return Annotated[_among(wanted, tuple(setting.choices)), arg(name=option_of(name, setting), help=setting.help)]
    text = f"{setting.help.removesuffix('.')}; {setting.range}." if setting.range else setting.help
    told = arg(name=option_of(name, setting), help=text, metavar=setting.form or None)
    if get_origin(wanted) is tuple:
        return Annotated[UseAppendAction[wanted], told]
    if setting.has_no_positive:
        told = arg(name=option_of(name, setting), help=setting.negative or text, help_behavior_hint="")
        return Annotated[FlagCreatePairsOff[wanted], told]
    return Annotated[wanted, told]


# Any: as above.
def _among(wanted: Any, choices: tuple[str, ...]) -> Any:  # noqa: ANN401
    """Return a text's type, or that of several or none, narrowed to choices."""
    literal: Any = Literal[choices]  # pyright: ignore
    if get_origin(wanted) is tuple:
        return UseAppendAction[tuple[literal, ...]]
    return literal | None if NoneType in get_args(wanted) else literal


if TYPE_CHECKING:
    GenerationOptions = GenerationSettings
    PlanOptions = PlanSettings
    ChoiceOptions = GestureChoice
    IdleOptions = IdleSettings
else:
    GenerationOptions, PlanOptions, ChoiceOptions = map(_options_of, (GenerationSettings, PlanSettings, GestureChoice))
    IdleOptions = _options_of(IdleSettings)


def absolute(path: Path | None) -> str | None:
    """Return a file's name as a request has it."""
    return None if path is None else str(path.absolute())


def libraries(names: Sequence[str]) -> tuple[str, ...] | None:
    """Return motion bases as a request has them; None = the shipped one."""
    folders = (assets.LIBRARY if name == assets.LIBRARY_NAME else Path(name).absolute() for name in names)
    return tuple(map(str, folders)) or None


def print_warnings(console: Console, warnings: Iterable[str]) -> None:
    """Print warnings, a line each."""
    for warning in warnings:
        console.print(f"warning: {warning}", style="yellow")


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
