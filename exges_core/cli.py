"""The command line `exges`: parse, call the pipeline, print; nothing is computed here.

Exit codes: 0 done; 2 wrong arguments or input; 130 cancelled; 1 a defect, with its traceback. The commands and their
options are a contract that scripts rely on: see docs/command-line.md.
"""

from __future__ import annotations

import _thread
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal

import tyro
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from tyro.conf import Positional, UseAppendAction, arg, subcommand

from exges_core.errors import Cancelled, ExgesError
from exges_core.protocol import OnProgress, Request, ignore_progress
from exges_core.protocol import Progress as Step

CANCELLED = 130
REFUSED = 2

SpeechFile = Annotated[Positional[Path], arg(metavar="SPEECH", help="A sound file: wav, flac, ogg or mp3.")]
TranscriptFile = Annotated[Path | None, arg(help="Known words: TextGrid, SRT, VTT, JSON or plain text.")]
JsonFile = Annotated[Path | None, arg(help="Write the result here as JSON.")]
Asr = Annotated[str, arg(help="auto (cached Whisper, else pocketsphinx), whisper:NAME_OR_FILE, pocketsphinx or none.")]
Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, kw_only=True)
class Generate:
    """Turn speech into motion (.bvh and/or .npz in BEAT2's layout)."""

    speech: SpeechFile
    output: Annotated[
        UseAppendAction[tuple[Path, ...]], arg(aliases=["-o"], help="OUT.bvh or OUT.npz; may be repeated.")
    ]
    transcript: TranscriptFile = None
    controls: Annotated[Path | None, arg(help="Poses to obey: JSON keys, or a BEAT2 .npz with is_observed.")] = None
    library: Annotated[Path | None, arg(help="A motion base of your own (see `exges library`).")] = None
    speaker: Annotated[str | None, arg(help="A style the weights know (`exges doctor` lists them).")] = None
    seed: int = 0
    sampler: Literal["dpmpp", "ddim", "ddpm"] | None = None
    steps: Annotated[int | None, arg(help="Denoising steps; None = the sampler's default.")] = None
    guidance: Annotated[float, arg(help="Audio guidance scale; 1 = off.")] = 1.0
    retrieval: Annotated[bool, arg(help="Let retrieved gestures shape the motion.")] = True
    device: Device = "auto"
    report: Annotated[Path | None, arg(help="Write everything that was decided here as JSON.")] = None
    asr: Asr = "auto"

    def run(self, console: Console) -> None:
        """Generate, then say what was made in one line."""
        from exges_core.engine import Engine
        from exges_core.pipeline import generate

        request = Request(
            id="cli",
            speech=str(self.speech.absolute()),
            outputs=tuple(str(path.absolute()) for path in self.output),
            transcript=_absolute(self.transcript),
            controls=_absolute(self.controls),
            library=_absolute(self.library),
            report=_absolute(self.report),
            speaker=self.speaker,
            seed=self.seed,
            sampler=self.sampler,
            steps=self.steps,
            use_retrieval=self.retrieval,
            guidance=self.guidance,
            asr=self.asr,
            device=self.device,
        )
        with _bar() as on_progress:
            result = generate(request, Engine(device=self.device), on_progress=on_progress)
        report = result.report
        for warning in report["warnings"]:
            console.print(f"warning: {warning}", style="yellow", highlight=False)
        used = sum(1 for each in report["retrieved"] if each["used"])
        console.print(
            f"{report['duration_s']:.1f} s of speech -> {report['frames']} frames, {len(report['segments'])} segments, "
            f"{used} retrieved gestures, RTF {report['rtf']:.3f}: {', '.join(result.outputs)}",
            highlight=False,
            soft_wrap=True,
        )


@dataclass(frozen=True, kw_only=True)
class SegmentSpeech:
    """Cut speech into the 1-2 s segments that retrieval works on."""

    speech: SpeechFile
    transcript: TranscriptFile = None
    json: JsonFile = None
    asr: Asr = "auto"

    def run(self, console: Console) -> None:
        """Print a line per segment."""
        from exges_core.listening import listen

        with _bar() as on_progress:
            heard = listen(self.speech, transcript=self.transcript, asr=self.asr, on_progress=on_progress)
        for warning in heard.warnings:
            console.print(f"warning: {warning}", style="yellow", highlight=False)
        for each in heard.segments:
            console.print(f"{each.start_s:8.2f} {each.end_s:8.2f}  {each.text}", highlight=False, markup=False)
        if self.json is not None:
            from exges_core.files import write_json

            write_json(self.json, heard.as_json())


@dataclass(frozen=True, kw_only=True)
class LibraryBuild:
    """Build a motion base from a folder in BEAT2's layout."""

    directory: Annotated[Positional[Path], arg(metavar="DIR")]
    data: Annotated[Path, arg(help="A folder with smplxflame_30, wave16k and textgrid.")]
    device: Device = "auto"

    def run(self, console: Console) -> None:
        """Build, then print what is in it."""
        from exges_core.library_jobs import build_library

        with _bar() as on_progress:
            info = build_library(self.directory, self.data, device=self.device, on_progress=on_progress)
        console.print_json(json.dumps(info))


@dataclass(frozen=True, kw_only=True)
class LibraryAdd:
    """Add one recording (motion + speech) to a motion base."""

    directory: Annotated[Positional[Path], arg(metavar="DIR")]
    motion: Annotated[Path, arg(help="A BEAT2 .npz or a .bvh in the canonical hierarchy.")]
    speech: Annotated[Path, arg(help="The sound of the same take.")]
    transcript: TranscriptFile = None
    speaker: str = "user"
    asr: Asr = "auto"
    device: Device = "auto"

    def run(self, console: Console) -> None:
        """Add, then print what is in it now."""
        from exges_core.library_jobs import add_to_library

        with _bar() as on_progress:
            info = add_to_library(
                self.directory,
                motion=self.motion,
                speech=self.speech,
                transcript=self.transcript,
                speaker=self.speaker,
                asr=self.asr,
                device=self.device,
                on_progress=on_progress,
            )
        console.print_json(json.dumps(info))


@dataclass(frozen=True, kw_only=True)
class LibraryInfo:
    """Print a motion base's counts, hours, speakers and sizes."""

    directory: Annotated[Positional[Path], arg(metavar="DIR")]

    def run(self, console: Console) -> None:
        """Print as JSON."""
        from exges_core.retrieval.library import MotionBase

        console.print_json(json.dumps(MotionBase.open(self.directory).info()))


@dataclass(frozen=True, kw_only=True)
class LibrarySearch:
    """Show which gestures a speech retrieves, with scores and a picture."""

    directory: Annotated[Positional[Path], arg(metavar="DIR")]
    speech: SpeechFile
    transcript: TranscriptFile = None
    top_k: int = 3
    json: JsonFile = None
    picture: Annotated[Path | None, arg(help="Write the top key poses per segment here as PNG.")] = None
    asr: Asr = "auto"
    device: Device = "auto"

    def run(self, console: Console) -> None:
        """Print a line per segment and candidate."""
        from exges_core.library_jobs import search_library

        with _bar() as on_progress:
            found = search_library(
                self.directory,
                self.speech,
                transcript=self.transcript,
                asr=self.asr,
                top_k=self.top_k,
                device=self.device,
                picture=self.picture,
                on_progress=on_progress,
            )
        for each in found["segments"]:
            console.print(f"{each['start_s']:.2f}-{each['end_s']:.2f} {each['text']}", highlight=False, markup=False)
            for hit in each["candidates"]:
                scores = f"score {hit['score']:.3f}  p {hit['probability']:.2f}"
                console.print(f"    {hit['source']} {hit['key_time_s']:.2f} s  {scores}", highlight=False, markup=False)
        if self.json is not None:
            from exges_core.files import write_json

            write_json(self.json, found)


@dataclass(frozen=True, kw_only=True)
class Rig:
    """Show which bone of a rig stands for which joint of the canonical body."""

    action: Annotated[Positional[Literal["match"]], arg(help="What to do with the rig.")]
    rig: Annotated[Positional[Path], arg(metavar="RIG.bvh")]
    json: JsonFile = None

    def run(self, console: Console) -> None:
        """Print a line per joint, then what is missing."""
        from exges_core.files import write_json
        from exges_core.motion.bvh import read_bvh
        from exges_core.rig.bones import rig_from_hierarchy
        from exges_core.rig.match import match_rig

        motion = read_bvh(self.rig)
        found = match_rig(rig_from_hierarchy(motion.names, motion.parents, motion.offsets))
        console.print(f"{found.title}, confidence {found.score:.2f}", highlight=False)
        for joint, bone in found.bones.items():
            console.print(f"{joint:<20} {bone}", highlight=False, markup=False)
        console.print(f"missing: {', '.join(found.missing) or 'nothing'}", highlight=False)
        if self.json is not None:
            record = {"family": found.title, "confidence": found.score, "bones": dict(found.bones)}
            write_json(self.json, {**record, "missing": list(found.missing)})


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Generate many clips from a manifest, one JSON line each; done clips are skipped on the next run."""

    manifest: Annotated[Positional[Path], arg(metavar="MANIFEST.jsonl")]
    out: Annotated[Path, arg(help="Folder for the outputs, named by id.")]
    device: Device = "auto"

    def run(self, console: Console) -> None:
        """Print one status line per clip."""
        from exges_core.batch import run_batch

        failed = run_batch(self.manifest, self.out, device=self.device, say=console.print)
        if failed:
            raise SystemExit(REFUSED)


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Run the bundled speech through everything: BVH, npz, .blend on a Rigify human, MP4 with sound, report."""

    out: Path = Path("out")
    seed: int = 0
    video: Annotated[bool, arg(help="Render the MP4 (minutes on a CPU).")] = True

    def run(self, console: Console) -> None:
        """Run and list the files."""
        from exges_core.showcase import run_demo

        with _bar() as on_progress:
            files = run_demo(self.out, seed=self.seed, video=self.video, on_progress=on_progress)
        for path in files:
            console.print(str(path), highlight=False)


@dataclass(frozen=True, kw_only=True)
class Doctor:
    """Say what is here, what is missing and how to get it."""

    json: JsonFile = None

    def run(self, console: Console) -> None:
        """Print one line per finding."""
        from exges_core.doctor import examine

        findings = examine()
        for each in findings:
            mark = "ok     " if each["ok"] else "missing"
            console.print(f"{mark} {each['name']}: {each['text']}", highlight=False, markup=False, soft_wrap=True)
        if self.json is not None:
            from exges_core.files import write_json

            write_json(self.json, {"findings": findings})


LibraryCommand = (
    Annotated[LibraryBuild, subcommand("build")]
    | Annotated[LibraryAdd, subcommand("add")]
    | Annotated[LibraryInfo, subcommand("info")]
    | Annotated[LibrarySearch, subcommand("search")]
)


@dataclass(frozen=True, kw_only=True)
class Library:
    """Build, extend and search motion bases."""

    command: LibraryCommand

    def run(self, console: Console) -> None:
        """Run the chosen command."""
        self.command.run(console)


Command = (
    Annotated[Generate, subcommand("generate")]
    | Annotated[SegmentSpeech, subcommand("segment")]
    | Annotated[Library, subcommand("library")]
    | Annotated[Rig, subcommand("rig")]
    | Annotated[Batch, subcommand("batch")]
    | Annotated[Demo, subcommand("demo")]
    | Annotated[Doctor, subcommand("doctor")]
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the contract's code."""
    config = (tyro.conf.OmitSubcommandPrefixes, tyro.conf.OmitArgPrefixes)
    signal.signal(signal.SIGINT, _interrupt)
    command = tyro.cli(Command, prog="exges", args=arguments, config=config)  # pyright: ignore
    code = run(lambda: command.run(Console(soft_wrap=True)))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if code == CANCELLED:
        # Libraries that an interrupt went through may not survive a polite exit; all files are in order by now.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _interrupt(_signal: int, frame: FrameType | None) -> None:
    """Stop at Ctrl-C: at once, or a moment later where Python runs below C code that cannot pass the interrupt on.

    Raises:
        KeyboardInterrupt: outside imports (C++ parts abort) and the reading of sound (its callbacks swallow it).
    """
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib") or frame.f_code.co_filename.endswith(
            "soundfile.py"
        ):
            again = threading.Timer(0.1, _thread.interrupt_main)
            again.daemon = True
            again.start()
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def run(job: Callable[[], None]) -> int:
    """Run a job and turn its end into an exit code, with one clear line on stderr."""
    try:
        job()
    except (KeyboardInterrupt, Cancelled):
        print("exges: cancelled, nothing was left half-written", file=sys.stderr)
        return CANCELLED
    except ExgesError as error:
        print(f"exges: {error}", file=sys.stderr)
        return REFUSED
    return 0


@contextmanager
def _bar() -> Generator[OnProgress]:
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


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())


if __name__ == "__main__":
    main()
