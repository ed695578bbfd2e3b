"""The command line `exges`: parse, call the pipeline, print; nothing is computed here.

Exit codes: 0 done; 2 wrong arguments or input; 130 cancelled; 1 a defect, with its traceback. The commands and their
options are a contract that scripts rely on: see docs/command-line.md.
"""

from __future__ import annotations

import _thread
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Annotated

import tyro
from rich.console import Console
from tyro.conf import UseAppendAction, arg, subcommand

from exges_core import __version__
from exges_core.cli.batch import Batch
from exges_core.cli.library import Library
from exges_core.cli.looping import MakeIdle, MirrorMotion
from exges_core.cli.models import Models
from exges_core.cli.options import (
    Asr,
    Device,
    Engine,
    Exact,
    GenerationOptions,
    JsonFile,
    Libraries,
    RigTarget,
    ScoreFile,
    SpeakerTier,
    SpeechFile,
    TranscriptFile,
    absolute,
    libraries,
    print_warnings,
    shown_progress,
)
from exges_core.cli.refusals import refusal
from exges_core.cli.rig import Rig
from exges_core.cli.score import PlanScore
from exges_core.cli.serving import Serve
from exges_core.errors import Cancelled, ExgesError
from exges_core.extras import explained
from exges_core.protocol import Request
from exges_core.settings import FINISH_PARTS, GenerationSettings, values_of

ABOUT = "Speech in, gestures out. docs/command-line.md has every option; `exges --version` tells the version."
CANCELLED = 130
REFUSED = 2


@dataclass(frozen=True, kw_only=True)
class Generate:
    """Turn speech into motion (.bvh and/or .npz in BEAT2's layout), and a face (--face) beside it or as .csv."""

    speech: SpeechFile
    output: Annotated[
        UseAppendAction[tuple[Path, ...]],
        arg(aliases=["-o"], help="OUT.bvh, OUT.npz or, with --face, OUT.csv; may be repeated."),
    ]
    transcript: TranscriptFile = None
    speaker_tier: SpeakerTier = None
    controls: Annotated[
        Path | None, arg(help="Poses that the motion must reach: JSON keys, or a BEAT2 .npz with is_observed.")
    ] = None
    held: Annotated[Path | None, arg(help="Motion (.npz, .bvh) in which the parts that are --busy stay.")] = None
    posture: Annotated[
        Path | None, arg(help="How to stand and rest, gestures about it: JSON, or the first frame of a .npz or .bvh.")
    ] = None
    base_motion: Annotated[Path | None, arg(help="Motion (.npz, .bvh) to keep, bit for bit.")] = None
    base_start: Annotated[float, arg(metavar="SECONDS", help="When that motion begins in the take.")] = 0.0
    keep_outside: Annotated[
        tuple[float, float] | None, arg(metavar="START END", help="Remake only these seconds of it.")
    ] = None
    finish: Annotated[bool, arg(help="Smooth the motion, keep joints within their limits and feet planted.")] = True
    library: Libraries = ()
    score: ScoreFile = None
    score_out: Annotated[Path | None, arg(help="Write the score to this file, to edit and play again.")] = None
    rig: RigTarget = None
    device: Device = "auto"
    engine: Engine = "auto"
    exact: Exact = False
    report: Annotated[Path | None, arg(help="Write a report of every decision to this JSON file.")] = None
    asr: Asr = "auto"
    settings: GenerationOptions = field(default_factory=GenerationOptions)

    def request(self) -> Request:
        """Return these options as the request that every entry point makes."""
        settings = values_of(self.settings, GenerationSettings)
        if not self.finish:
            settings["finish_without"] = FINISH_PARTS
        return Request(
            id="cli",
            speech=str(self.speech.absolute()),
            outputs=tuple(str(path.absolute()) for path in self.output),
            transcript=absolute(self.transcript),
            speaker_tier=self.speaker_tier,
            controls=absolute(self.controls),
            held=absolute(self.held),
            posture=absolute(self.posture),
            library=libraries(self.library),
            report=absolute(self.report),
            rig=absolute(Path(self.rig)) if self.rig is not None and Path(self.rig).suffix else self.rig,
            asr=self.asr,
            device=self.device,
            base_motion=absolute(self.base_motion),
            base_start_s=self.base_start,
            keep_outside_s=self.keep_outside,
            score=absolute(self.score),
            score_out=absolute(self.score_out),
            **settings,
        )

    def run(self, console: Console) -> None:
        """Generate, then say what was made in one line."""
        from exges_core.pipeline.generate import generate_files
        from exges_core.pipeline.models import Models

        request = self.request()
        with shown_progress() as on_progress:
            made = generate_files(
                request, Models(engine=self.engine, device=self.device, is_exact=self.exact), on_progress=on_progress
            )
        print_warnings(console, made.warnings)
        report, score = made.report, made.score
        used = sum(1 for each in report.retrieved if each.used)
        played = f"{used} retrieved gestures" if score is None else f"{len(score.strokes)} strokes by {report.style}"
        console.print(
            f"{report.duration_s:.1f} s of speech -> {report.frames} frames, {len(report.segments)} segments, "
            f"{played}, RTF {report.rtf:.3f}: {', '.join(map(str, self.output))}",
        )


@dataclass(frozen=True, kw_only=True)
class SegmentSpeech:
    """Cut speech into the 1-2 s segments that retrieval works on."""

    speech: SpeechFile
    transcript: TranscriptFile = None
    speaker_tier: SpeakerTier = None
    json: JsonFile = None
    asr: Asr = "auto"

    def run(self, console: Console) -> None:
        """Print a line per segment."""
        from exges_core.files import keep_apart, write_json
        from exges_core.pipeline.analyse import hear
        from exges_core.pipeline.report import as_json, heard_report

        keep_apart([("--json", self.json)], [("the speech", self.speech), ("the transcript", self.transcript)])
        with shown_progress() as on_progress:
            heard = hear(
                self.speech,
                transcript=self.transcript,
                speaker_tier=self.speaker_tier,
                asr=self.asr,
                on_progress=on_progress,
            )
        print_warnings(console, heard.warnings)
        for each in heard.segments:
            console.print(f"{each.start_s:8.2f} {each.end_s:8.2f}  {each.text}")
        if self.json is not None:
            write_json(self.json, as_json(heard_report(heard)))


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Run the bundled speech through everything: BVH, npz, .blend on a Rigify human, MP4 with sound, report."""

    out: Path = Path("out")
    seed: int = 0
    video: Annotated[bool, arg(help="Render the MP4 (minutes on a CPU).")] = True

    def run(self, console: Console) -> None:
        """Run and list the files."""
        from exges_core.cli.demo import run_demo

        with shown_progress() as on_progress:
            made = run_demo(self.out, seed=self.seed, video=self.video, on_progress=on_progress)
        for path in made.files:
            console.print(str(path))
        for note in made.notes:
            console.print(f"note: {note}")


@dataclass(frozen=True, kw_only=True)
class Doctor:
    """Say what is here, what is missing and how to get it."""

    json: JsonFile = None

    def run(self, console: Console) -> None:
        """Print one line per finding."""
        from exges_core.cli.doctor import examine

        findings = examine()
        for each in findings:
            mark = "ok     " if each.ok else "missing"
            console.print(f"{mark} {each.name}: {each.text}")
        if self.json is not None:
            from exges_core.files import write_json

            write_json(self.json, {"findings": [asdict(each) for each in findings]})


Command = (
    Annotated[Generate, subcommand("generate")]
    | Annotated[MakeIdle, subcommand("idle")]
    | Annotated[MirrorMotion, subcommand("mirror")]
    | Annotated[SegmentSpeech, subcommand("segment")]
    | Annotated[PlanScore, subcommand("score")]
    | Annotated[Library, subcommand("library")]
    | Annotated[Rig, subcommand("rig")]
    | Annotated[Batch, subcommand("batch")]
    | Annotated[Models, subcommand("models")]
    | Annotated[Serve, subcommand("serve")]
    | Annotated[Demo, subcommand("demo")]
    | Annotated[Doctor, subcommand("doctor")]
)


def parsed(arguments: Sequence[str] | None = None) -> Command:
    """Return the command that arguments ask for (None = the process's own); help and version end the process with 0.

    Raises:
        InputError: if they are wrong.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) == ["--version"]:
        print(f"exges {__version__}")
        raise SystemExit(0)
    config = (tyro.conf.OmitSubcommandPrefixes, tyro.conf.OmitArgPrefixes)
    told = io.StringIO()
    try:
        with redirect_stderr(told):
            return tyro.cli(Command, prog="exges", description=ABOUT, args=arguments, config=config)  # pyright: ignore
    except SystemExit as end:
        if not end.code:
            raise
    raise refusal(told.getvalue(), arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the contract's code."""
    signal.signal(signal.SIGINT, _interrupt)
    code = run(lambda: parsed(arguments).run(Console(soft_wrap=True, markup=False, highlight=False)))
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
        print("exges: cancelled; no half-written file was left", file=sys.stderr)
        return CANCELLED
    except ExgesError as error:
        print(f"exges: {error}", file=sys.stderr)
        return REFUSED
    except ModuleNotFoundError as error:
        if (advice := explained(error)) is None:
            raise
        print(f"exges: {advice}", file=sys.stderr)
        return REFUSED
    return 0
