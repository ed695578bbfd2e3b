"""The commands of `exges library`: parse, call the job, print; nothing is computed here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.console import Console
from tyro.conf import Positional, arg, subcommand

from exges_core import assets
from exges_core.cli.options import (
    Asr,
    ChoiceOptions,
    Device,
    Engine,
    JsonFile,
    SpeakerTier,
    SpeechFile,
    TranscriptFile,
    print_warnings,
    shown_progress,
)
from exges_core.protocol import TOP_K

if TYPE_CHECKING:
    from exges_core.cli.library_search import FoundSegment

BaseFolder = Annotated[Positional[Path], arg(metavar="DIR", help="The motion base.")]
AnyBase = Annotated[Positional[Path], arg(metavar="DIR", help="The motion base; `default` is the shipped one.")]
DataFolder = "BEAT2's layout (smplxflame_30, wave16k, textgrid), or motion beside its sound: take.bvh, take.wav"
Licence = Annotated[str, arg(help="The motion's licence, stored with it.")]
Source = Annotated[str, arg(help="Where the motion comes from, in your own words; stored with it.")]


@dataclass(frozen=True, kw_only=True)
class Build:
    """Build a motion base from a folder of recordings, replacing an old one once the new one is whole."""

    directory: BaseFolder
    data: Annotated[Path, arg(help=DataFolder + ", take.TextGrid.")]
    licence: Licence = "not stated"
    source: Source = ""
    speaker: Annotated[str | None, arg(help="The speaker of every recording; None = read from their names.")] = None
    asr: Asr = "auto"
    device: Device = "auto"
    engine: Engine = "auto"

    def run(self, console: Console) -> None:
        """Build, then print what is in it."""
        from exges_core.cli.library_jobs import Origin, build_library

        origin = Origin(licence=self.licence, source=self.source, speaker=self.speaker)
        with shown_progress() as on_progress:
            made = build_library(
                self.directory,
                self.data,
                origin=origin,
                asr=self.asr,
                device=self.device,
                engine=self.engine,
                on_progress=on_progress,
            )
        console.print_json(json.dumps(made.as_json()))


@dataclass(frozen=True, kw_only=True)
class Add:
    """Add one recording (motion + speech), or a folder of them, to a motion base; a new DIR begins a base."""

    directory: BaseFolder
    motion: Annotated[
        Path | None, arg(help="An .npz of BEAT2 or AMASS, or a .bvh of any rig that `exges rig match` knows.")
    ] = None
    speech: Annotated[Path | None, arg(help="The sound of the same recording.")] = None
    transcript: TranscriptFile = None
    speaker_tier: SpeakerTier = None
    data: Annotated[Path | None, arg(help=f"Instead of one recording, a folder: {DataFolder}.")] = None
    name: Annotated[str | None, arg(help="The recording's name in the base; None = the file's name.")] = None
    licence: Licence = "not stated"
    source: Source = ""
    speaker: Annotated[str | None, arg(help="Who speaks.")] = None
    asr: Asr = "auto"
    device: Device = "auto"
    engine: Engine = "auto"

    def run(self, console: Console) -> None:
        """Add, then print what is in it now."""
        from exges_core.cli.library_jobs import Origin, add_to_library

        with shown_progress() as on_progress:
            made = add_to_library(
                self.directory,
                data=self.data,
                motion=self.motion,
                speech=self.speech,
                transcript=self.transcript,
                speaker_tier=self.speaker_tier,
                name=self.name,
                origin=Origin(licence=self.licence, source=self.source, speaker=self.speaker),
                asr=self.asr,
                device=self.device,
                engine=self.engine,
                on_progress=on_progress,
            )
        console.print_json(json.dumps(made.as_json()))


@dataclass(frozen=True, kw_only=True)
class Copy:
    """Copy the shipped motion base (or another one), to add to the copy."""

    directory: BaseFolder
    of: Annotated[Path | None, arg(help="Another base to copy; None = the shipped one.")] = None

    def run(self, console: Console) -> None:
        """Copy, then say what is in it."""
        from exges_core.cli.library_jobs import copy_library

        info = copy_library(self.directory, of=None if self.of is None else _folder(self.of))
        console.print(f"{self.directory}: {info.clips} clips of {info.takes} takes")


@dataclass(frozen=True, kw_only=True)
class Info:
    """Print a motion base's counts, hours, speakers, sizes, licences, provenance and duplicates."""

    directory: AnyBase

    def run(self, console: Console) -> None:
        """Print as JSON."""
        from exges_core.retrieval.library import MotionBase

        console.print_json(json.dumps(asdict(MotionBase.open(_folder(self.directory)).info())))


@dataclass(frozen=True, kw_only=True)
class Search:
    """Show which gestures a speech retrieves: numbers for --pin and --ban, probabilities, and a picture.

    With --speaker, --pin, --ban and --no-gesture it shows what `exges generate` would use with the same.
    """

    directory: AnyBase
    speech: SpeechFile
    transcript: TranscriptFile = None
    speaker_tier: SpeakerTier = None
    speaker: Annotated[str | None, arg(help="A speaker the weights know: their own gestures come first.")] = None
    top_k: int = TOP_K
    choice: ChoiceOptions = field(default_factory=ChoiceOptions)
    json: JsonFile = None
    picture: Annotated[
        Path | None, arg(aliases=["-o"], help="Draw each segment's text and its three best key poses to this PNG.")
    ] = None
    asr: Asr = "auto"
    device: Device = "auto"
    engine: Engine = "auto"

    def run(self, console: Console) -> None:
        """Print a line per segment and candidate."""
        from exges_core.cli.library_search import search_library
        from exges_core.files import keep_apart, write_json

        results = [("the picture", self.picture), ("--json", self.json)]
        keep_apart(results, [("the speech", self.speech), ("the transcript", self.transcript)])
        with shown_progress() as on_progress:
            found = search_library(
                _folder(self.directory),
                self.speech,
                transcript=self.transcript,
                speaker_tier=self.speaker_tier,
                asr=self.asr,
                top_k=self.top_k,
                device=self.device,
                engine=self.engine,
                picture=self.picture,
                choice=self.choice,
                speaker=self.speaker,
                on_progress=on_progress,
            )
        print_warnings(console, found.warnings)
        for segment in found.segments:
            for line in _lines(segment):
                console.print(line)
        if self.json is not None:
            write_json(self.json, asdict(found))


def _folder(directory: Path) -> Path:
    return assets.LIBRARY if directory == Path(assets.LIBRARY_NAME) else directory


def _lines(segment: FoundSegment) -> list[str]:
    """Return a segment and its candidates as lines; `*` marks the one that would be used."""
    text = segment.text or "(no words)"
    lines = [f"segment {segment.segment}  {segment.start_s:.2f}-{segment.end_s:.2f} s  {text}"]
    for hit in segment.candidates:
        mark = "*" if hit.used else " "
        numbers = f"clip {hit.clip:<6} p {hit.probability:.2f}  score {hit.score:.3f}"
        note = " (pinned)" if hit.note == "pinned" else ""
        lines.append(f"  {mark} {numbers}{note}  {hit.source} at {hit.key_time_s:.2f} s: {hit.text}")
    if not any(hit.used for hit in segment.candidates):
        lines.append(f"    no gesture ({segment.decision.removeprefix('none: ')})")
    return lines


LibraryCommand = (
    Annotated[Build, subcommand("build")]
    | Annotated[Add, subcommand("add")]
    | Annotated[Copy, subcommand("copy")]
    | Annotated[Info, subcommand("info")]
    | Annotated[Search, subcommand("search")]
)


@dataclass(frozen=True, kw_only=True)
class Library:
    """Build, extend, copy and search motion bases."""

    command: LibraryCommand

    def run(self, console: Console) -> None:
        """Run the chosen command."""
        self.command.run(console)
