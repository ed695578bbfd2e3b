"""The command `exges score`: parse, call the job, print; nothing is computed here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.console import Console
from tyro.conf import arg

from exges_core.cli.options import (
    Asr,
    Device,
    Engine,
    Libraries,
    PlanOptions,
    SpeakerTier,
    SpeechFile,
    TranscriptFile,
    absolute,
    libraries,
    print_warnings,
    shown_progress,
)
from exges_core.protocol import Plan
from exges_core.settings import PlanSettings, values_of

if TYPE_CHECKING:
    from exges_core.score.records import Stroke


@dataclass(frozen=True, kw_only=True)
class PlanScore:
    """Plan which strokes a speech gets, without making motion; `generate --score` plays them."""

    speech: SpeechFile
    output: Annotated[Path, arg(aliases=["-o"], help="The score to write (JSON).")]
    score: Annotated[Path | None, arg(help="Keep the locked strokes of this score and replan the rest.")] = None
    transcript: TranscriptFile = None
    speaker_tier: SpeakerTier = None
    library: Libraries = ()
    device: Device = "auto"
    engine: Engine = "auto"
    asr: Asr = "auto"
    settings: PlanOptions = field(default_factory=PlanOptions)

    def job(self) -> Plan:
        """Return what is asked for as every entry point asks."""
        return Plan(
            id="cli",
            speech=str(self.speech.absolute()),
            score_out=str(self.output.absolute()),
            score=absolute(self.score),
            transcript=absolute(self.transcript),
            speaker_tier=self.speaker_tier,
            asr=self.asr,
            library=libraries(self.library),
            device=self.device,
            **values_of(self.settings, PlanSettings),
        )

    def run(self, console: Console) -> None:
        """Plan, then print a line per stroke."""
        from exges_core.pipeline.models import Models
        from exges_core.pipeline.plan_score import plan_score

        job = self.job()
        with shown_progress() as on_progress:
            models = Models(engine=self.engine, device=self.device)
            report = plan_score(job, models, on_progress=on_progress)
        print_warnings(console, report.warnings)
        strokes, texts = report.score.score.strokes, report.score.texts
        for number, stroke in enumerate(strokes):
            text = None if stroke.word is None else texts[stroke.word]
            console.print(_line(number, stroke, text))
        console.print(f"{len(strokes)} strokes in {report.duration_s:.1f} s: {self.output}")


def _line(number: int, stroke: Stroke, text: str | None) -> str:
    about = " ".join(filter(None, (stroke.kind, text and f'"{text}"')))
    times = f"{stroke.start_s:7.2f} {stroke.apex_s:7.2f} {stroke.end_s:7.2f}"
    return f"{number:4d} {times}  {stroke.hand:<5} {stroke.size:.2f}  {about}".rstrip()
