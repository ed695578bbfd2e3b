"""The command `exges batch`: many clips from one manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from rich.console import Console
from tyro.conf import Positional, arg

from exges_core.cli.options import Device, Engine, Exact

REFUSED = 2


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Generate many clips from a manifest, one JSON line each; what is done is not made again (docs/batch.md)."""

    manifest: Annotated[Positional[Path], arg(metavar="MANIFEST.jsonl")]
    out: Annotated[Path, arg(help="Folder for the outputs, which are named after their ids, and the summary.")]
    on: Annotated[Literal["local", "ray"], arg(help="Processes of this machine, or a Ray cluster.")] = "local"
    workers: Annotated[
        int | None, arg(metavar="N", help="Clips at a time; None = as many as processors and memory allow.")
    ] = None
    threads: Annotated[int, arg(metavar="T", help="Of each worker; more workers are faster than more threads.")] = 1
    ray_address: Annotated[
        str | None, arg(metavar="A", help="HOST:PORT or ray://HOST:PORT; None = a cluster of this machine alone.")
    ] = None
    clip_limit: Annotated[
        float | None,
        arg(metavar="SECONDS", help="A clip that takes longer is given up; 0 = none is, None = by its length."),
    ] = None
    dry_run: Annotated[bool, arg(help="Only list what would be made, and about how long it takes.")] = False
    device: Device = "auto"
    engine: Engine = "auto"
    exact: Exact = False

    def run(self, console: Console) -> None:
        """Print one status line per clip."""
        from exges_core.batch import Crew, Setup, dry_run, run_batch

        def say(line: str) -> None:
            console.print(line)

        setup = Setup(engine=self.engine, device=self.device, is_exact=self.exact)
        crew = Crew(
            on=self.on,
            workers=self.workers,
            threads=self.threads,
            ray_address=self.ray_address,
            clip_limit_s=self.clip_limit,
        )
        if self.dry_run:
            return dry_run(self.manifest, self.out, setup=setup, crew=crew, say=say)
        ending = run_batch(self.manifest, self.out, setup=setup, crew=crew, say=say)
        whole = len(ending.entries)
        console.print(f"{whole - ending.failed} of {whole} clips are done: {self.out / 'summary.html'}")
        if ending.failed:
            raise SystemExit(REFUSED)
        return None
