"""What is to be made, and why: requests beside what the ledger has. Nothing is written here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import soundfile

from exges_core.batch.inputs import Inputs, Setup, inputs_of
from exges_core.batch.ledger import Ledger, Record
from exges_core.batch.limits import usual_limit_s
from exges_core.batch.manifests import Line, missing_files
from exges_core.batch.patience import answered
from exges_core.batch.tasks import Task, one_line
from exges_core.errors import ExgesError
from exges_core.protocol import Idle, Request

USUAL_S, USUAL_RATE = 0.2, 0.2
"""Work for a clip, and for a second of its speech, on a processor of 2024: for estimates where nothing was made yet."""
_CALLED = {"speech": "sound", "library": "motion base", "base_motion": "base motion"}


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A clip of the manifest.

    Attributes:
        line: of what.
        why: it is to be made; "" = it is done.
        fault: why it cannot be; "" = it can.
        inputs: hashes of what it depends on; none where it cannot be made.
        record: what the ledger has of it; None = nothing, or of something else.
        speech_s: how long it is; None where its sound does not say.
    """

    line: Line
    why: str
    fault: str
    inputs: Inputs
    record: Record | None
    speech_s: float | None

    @property
    def request(self) -> Request | Idle:
        """Return what is asked for."""
        return self.line.request

    @property
    def id(self) -> str:
        """Return the clip's name."""
        return self.request.id

    def limit_s(self, asked_s: float | None) -> float:
        """Return how long it may take, 0 = for ever: as its line says, else the batch, else by its length."""
        said_s = asked_s if self.line.clip_limit_s is None else self.line.clip_limit_s
        return usual_limit_s(self.request, self.speech_s) if said_s is None else said_s

    def task(self, ledger: Ledger, limit_s: float) -> Task:
        """Return it as a worker takes it."""
        return Task(request=self.request, inputs=self.inputs, out=str(ledger.out), limit_s=limit_s)


def plan(lines: Iterable[Line], ledger: Ledger, setup: Setup) -> tuple[Planned, ...]:
    """Return every clip with what is to become of it."""
    return tuple(planned(each, ledger, setup) for each in lines)


def planned(line: Line, ledger: Ledger, setup: Setup) -> Planned:
    """Return one clip with what is to become of it."""
    request = line.request
    record, missing = ledger.record_of(request.id), missing_files(request)
    inputs, fault = dict[str, str](), f"missing {', '.join(missing)}" if missing else ""
    if not missing:
        try:
            inputs = dict(inputs_of(request, setup))
        except ExgesError as error:
            fault = one_line(str(error))
    why = "" if fault else _why(record, inputs, ledger)
    if record is not None and not (why or fault):
        speech_s = record.duration_s
    else:
        speech_s = None if missing else _length_s(request)  # a pipe would block whoever opens it
    return Planned(line=line, why=why, fault=fault, inputs=inputs, record=record, speech_s=speech_s)


def _why(record: Record | None, inputs: Inputs, ledger: Ledger) -> str:
    """Return why a clip is to be made; "" = it is done."""
    if record is None:
        return "new"
    names = sorted({*record.inputs, *inputs}, key=[*inputs, *record.inputs].index)
    other = [_CALLED.get(name, name) for name in names if record.inputs.get(name) != inputs.get(name)]
    return f"other {', '.join(other)}" if other else ledger.damage(record)


def _length_s(request: Request | Idle) -> float | None:
    if isinstance(request, Idle):
        return request.seconds
    try:
        whole_s = answered(Path(request.speech), lambda _came: _sound_s(request.speech))
    except (soundfile.SoundFileError, OSError):
        return None  # a film's sound, say; its length is known when it is decoded
    end_s = whole_s if request.end_s is None else min(request.end_s, whole_s)
    return max(0.0, end_s - request.start_s)


def _sound_s(speech: str) -> float:
    with soundfile.SoundFile(speech) as sound:
        return sound.frames / sound.samplerate


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """How long clips take, from how long others took.

    Attributes:
        work_s: of one worker.
        speech_s: of the clips to make.
        is_measured: on clips made here; else it is the usual.
    """

    work_s: float
    speech_s: float
    is_measured: bool


def estimate(clips: Collection[Planned]) -> Estimate:
    """Return the work on clips that are to be made, by the speech seconds and the work of those that were made here."""
    to_make = [each for each in clips if each.why]
    known = [each.speech_s for each in clips if each.speech_s is not None]
    usual_s = sum(known) / len(known) if known else 10.0
    speech_s = sum(usual_s if each.speech_s is None else each.speech_s for each in to_make)
    records = [each.record for each in clips if each.record is not None]
    made_s = sum(each.duration_s for each in records)
    if made_s > 0.0:
        return Estimate(
            work_s=speech_s * sum(each.work_s for each in records) / made_s, speech_s=speech_s, is_measured=True
        )
    return Estimate(work_s=len(to_make) * USUAL_S + speech_s * USUAL_RATE, speech_s=speech_s, is_measured=False)


def spoken_time(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < 90.0:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60.0)} min" if seconds < 90 * 60.0 else f"{seconds / 3600.0:.1f} h"
