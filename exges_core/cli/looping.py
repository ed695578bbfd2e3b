"""The commands `exges idle` and `exges mirror`: parse, call the job, print; nothing is computed here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from rich.console import Console
from tyro.conf import Positional, UseAppendAction, arg

from exges_core.cli.options import Device, Engine, IdleOptions, RigTarget, absolute, print_warnings, shown_progress
from exges_core.protocol import Idle
from exges_core.settings import IdleSettings, values_of

Outputs = Annotated[UseAppendAction[tuple[Path, ...]], arg(aliases=["-o"], help="OUT.bvh or OUT.npz; may be repeated.")]


@dataclass(frozen=True, kw_only=True)
class MakeIdle:
    """Make motion without speech that loops without a seam: standing, breathing, looking around."""

    output: Outputs
    seconds: Annotated[float, arg(help="Length of one turn, to the nearest frame; 2 to 300.")] = 8.0
    closing_frame: Annotated[bool, arg(help="Write the first frame once more behind the last.")] = False
    rig: RigTarget = None
    posture: Annotated[Path | None, arg(help="How to stand and rest: JSON, or the first frame of a .npz or .bvh.")] = (
        None
    )
    device: Device = "auto"
    engine: Engine = "auto"
    report: Annotated[Path | None, arg(help="Write a report to this JSON file.")] = None
    settings: IdleOptions = field(default_factory=IdleOptions)

    def job(self) -> Idle:
        """Return what is asked for as every entry point asks."""
        return Idle(
            id="cli",
            seconds=self.seconds,
            outputs=tuple(str(path.absolute()) for path in self.output),
            report=absolute(self.report),
            rig=absolute(Path(self.rig)) if self.rig is not None and Path(self.rig).suffix else self.rig,
            posture=absolute(self.posture),
            closes=self.closing_frame,
            device=self.device,
            **values_of(self.settings, IdleSettings),
        )

    def run(self, console: Console) -> None:
        """Make it, then say what was made in one line."""
        from exges_core.pipeline.idle import idle_files
        from exges_core.pipeline.models import Models

        job = self.job()
        with shown_progress() as on_progress:
            models = Models(engine=self.engine, device=self.device)
            report = idle_files(job, models, on_progress=on_progress).report
        print_warnings(console, report.warnings)
        console.print(
            f"{report.duration_s:.2f} s of idle by {report.style} -> {report.frames} frames, "
            f"RTF {report.rtf:.3f}: {', '.join(map(str, self.output))}"
        )


@dataclass(frozen=True, kw_only=True)
class MirrorMotion:
    """Mirror a motion: what the left side did, the right side does."""

    motion: Annotated[Positional[Path], arg(metavar="MOTION", help="A .npz or .bvh, of our own body or any rig.")]
    output: Outputs
    rig: RigTarget = None

    def run(self, console: Console) -> None:
        """Mirror it, then say what was written."""
        from exges_core.pipeline.mirroring import mirror_files

        frames, warnings = mirror_files(self.motion, self.output, rig=self.rig)
        print_warnings(console, warnings)
        console.print(f"{frames} frames mirrored: {', '.join(str(path) for path in self.output)}")
