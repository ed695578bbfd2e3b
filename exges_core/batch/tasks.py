"""One clip of a batch: made from a request and models, whoever asks. Workers of every kind call `make`.

A task and its outcome have a JSON round trip: they travel between processes and machines.
"""

from __future__ import annotations

import json
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

from exges_core import protocol
from exges_core.batch.inputs import Inputs, files_of
from exges_core.batch.ledger import Ledger, Record, hashes_of
from exges_core.batch.manifests import written
from exges_core.batch.pictures import can_draw, strip_jpeg
from exges_core.errors import Cancelled, ExgesError, InputError, message
from exges_core.extras import explained
from exges_core.files import replacing
from exges_core.motion.clip import MotionClip
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.idle import idle_files
from exges_core.pipeline.models import Models
from exges_core.pipeline.report import IdleReport, Report
from exges_core.protocol import Idle, OnProgress, Request, ignore_progress


@dataclass(frozen=True, kw_only=True)
class Task:
    """A clip to make.

    Attributes:
        request: what of.
        inputs: hashes of what it depends on, when it was planned.
        out: the folder of results.
        limit_s: how long it may take; 0 = for ever.
    """

    request: Request | Idle
    inputs: Inputs
    out: str
    limit_s: float = 0.0

    def encode(self) -> str:
        """Return it as a line of JSON."""
        values = {"inputs": dict(self.inputs), "out": self.out, "limit_s": self.limit_s}
        return json.dumps({"request": protocol.encode(self.request), **values})

    @staticmethod
    def decode(line: str) -> Task:
        """Read a line that `encode` wrote."""
        values = json.loads(line)
        request = protocol.decode(values["request"])
        assert isinstance(request, Request | Idle)
        return Task(request=request, inputs=values["inputs"], out=values["out"], limit_s=values["limit_s"])


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a task ended.

    Attributes:
        id: the clip's.
        reason: why it was not made, in one line; "" = it was, and its record is in the ledger.
        trace: of a defect, for the log.
        frames, rtf, work_s, duration_s: of a clip that was made.
    """

    id: str
    reason: str = ""
    trace: str = ""
    frames: int = 0
    rtf: float = 0.0
    work_s: float = 0.0
    duration_s: float = 0.0

    def encode(self) -> str:
        """Return it as a line of JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def decode(line: str) -> Outcome:
        """Read a line that `encode` wrote."""
        return Outcome(**json.loads(line))


def make(task: Task, models: Models, *, on_progress: OnProgress = ignore_progress) -> Outcome:
    """Make a clip and note it in the ledger; nothing it meets goes further than its outcome.

    Raises:
        Cancelled: if `on_progress` asks for it; nothing half-written is left.
    """
    name, begun = task.request.id, time.perf_counter()
    try:
        record = _made(task, models, on_progress, begun)
    except Cancelled:
        raise
    except ExgesError as error:
        return Outcome(id=name, reason=one_line(str(error)))
    except Exception as error:  # noqa: BLE001 - a defect in one clip must be told, and must not end the batch
        advice = explained(error) if isinstance(error, ModuleNotFoundError) else None
        if advice is not None:
            return Outcome(id=name, reason=one_line(str(advice)))
        reason = one_line(f"a defect in ExGes: {type(error).__name__}: {error}")
        return Outcome(id=name, reason=reason, trace=traceback.format_exc())
    return Outcome(id=name, frames=record.frames, rtf=record.rtf, work_s=record.work_s, duration_s=record.duration_s)


def one_line(text: str) -> str:
    """Return a text in one line, cut where nobody reads on."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 500 else f"{flat[:497]}..."


def _made(task: Task, models: Models, on_progress: OnProgress, begun_s: float) -> Record:
    request, ledger = task.request, Ledger(Path(task.out))
    if isinstance(request, Idle):
        loop = idle_files(request, models, on_progress=on_progress)
        clip, report = loop.clip, loop.report
    else:
        made = generate_files(request, models, on_progress=on_progress)
        clip, report = made.clip, made.report
    picture = _draw(request.id, clip, ledger)
    _check_unchanged(task)
    record = _record(task, report, ledger, picture=picture, work_s=time.perf_counter() - begun_s)
    ledger.write(record)
    return record


def _check_unchanged(task: Task) -> None:
    """Refuse a clip whose inputs are not what the plan saw: its record would tell of others.

    Raises:
        InputError: if one has changed, or is gone.
    """
    for key, sha256 in files_of(task.request).items():
        if task.inputs.get(key) != sha256:
            got, do = "another one since the batch was planned", "Run the batch again."
            raise InputError(message(expected=f"the same {key}", got=got, where=task.request.id, do=do))


def _draw(name: str, clip: MotionClip, ledger: Ledger) -> str:
    """Write a clip's strip of poses; return its name, "" where nothing draws."""
    if not can_draw():
        return ""
    path = ledger.folder / f"{name}.jpg"
    with replacing(path) as temporary:
        temporary.write_bytes(strip_jpeg(clip))
    return path.name


def _record(task: Task, report: Report | IdleReport, ledger: Ledger, *, picture: str, work_s: float) -> Record:
    score = report.score if isinstance(report, Report) else None
    results = [Path(name) for name in written(task.request)]
    return Record(
        id=task.request.id,
        inputs=task.inputs,
        results=hashes_of((path for path in results if path.is_file()), ledger.out),
        duration_s=report.duration_s,
        frames=report.frames,
        work_s=work_s,
        rtf=report.rtf,
        words=" ".join(word.text for word in report.words) if isinstance(report, Report) else "",
        style=report.style or "",
        strokes=None if score is None else len(score.score.strokes),
        warnings=report.warnings,
        picture=picture,
    )
