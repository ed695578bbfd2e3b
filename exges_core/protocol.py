"""What the entry points, the worker and the add-on say to each other: frozen records with a JSON round trip.

One message is one line of JSON: {"type": "request" | "hear" | "plan" | "progress" | "result" | ..., ...}. Arrays never
travel in a line: a result names an .npz file. Only the standard library may be imported here: Blender's Python does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any, cast

from exges_core import json_text
from exges_core.errors import WorkerError
from exges_core.json_lines import frozen
from exges_core.settings import GenerationSettings, IdleSettings, PlanSettings

PROTOCOL_VERSION = 3
TOP_K = 5
"""Candidates per segment that a generation looks at and reports; `library search` shows as many."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a job is. `fraction` is of the whole job, 0 to 1."""

    stage: str
    fraction: float
    note: str = ""


OnProgress = Callable[[Progress], None]
"""A progress sink. It may raise `errors.Cancelled` to stop the job: that is the only way a job is cancelled."""


def ignore_progress(_progress: Progress) -> None:
    """Do nothing with progress."""


def part_of(on_progress: OnProgress, start: float, stop: float) -> OnProgress:
    """Return a sink for a part of a job, whose fractions 0 to 1 become `start` to `stop` of the whole."""

    def within(step: Progress) -> None:
        on_progress(Progress(stage=step.stage, fraction=start + (stop - start) * step.fraction, note=step.note))

    return within


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """A speech that a job is about; paths are absolute.

    Attributes:
        id: chosen by the asker, repeated in every answer.
        speech: the sound file.
        transcript: a file with its words.
        speaker_tier: whose words of the transcript are taken; None = everybody's, merged by time.
        start_s, end_s: the part of the sound to use; None = all of it.
        asr: auto, whisper:NAME, moonshine, pocketsphinx or none.
    """

    id: str
    speech: str
    transcript: str | None = None
    speaker_tier: str | None = None
    start_s: float = 0.0
    end_s: float | None = None
    asr: str = "auto"


@dataclass(frozen=True, kw_only=True)
class Request(Spoken, GenerationSettings):
    """One generation, as every entry point asks for it: speech, settings (`settings`) and files; paths are absolute.

    Attributes:
        outputs: files to write; the suffix (.npz, .bvh; .csv of the face) chooses the format.
        controls, posture, report: optional files as in the command line.
        held: motion (.npz, .bvh) in which the parts that are `busy` stay.
        library: a motion base, or several that are searched as one; 'default' or None = the shipped one.
        base_motion: motion (.npz, .bvh) that stays as it is, bit for bit, from `base_start_s` of the take on...
        keep_outside_s: ...but for this range (start, end) of the take, which is made anew.
        candidate_poses: an .npz to write the key pose of every candidate to, for previews: segment (N,), clip (N,),
            local_quat_wxyz (N, 55, 4); None = none.
        rig: .bvh outputs are written in this rig's hierarchy: a .bvh file or a family's name; None = our own body.
        score: a file with the strokes to make (docs/score.md); None = they are planned.
        score_out: a file to write the strokes to that were made.
        device: auto, cpu or cuda.
    """

    outputs: tuple[str, ...]
    controls: str | None = None
    held: str | None = None
    posture: str | None = None
    library: str | tuple[str, ...] | None = None
    report: str | None = None
    base_motion: str | None = None
    base_start_s: float = 0.0
    keep_outside_s: tuple[float, float] | None = None
    candidate_poses: str | None = None
    rig: str | None = None
    score: str | None = None
    score_out: str | None = None
    device: str = "auto"


@dataclass(frozen=True, kw_only=True)
class Hear(Spoken):
    """Ask for the words of a speech alone; the result's report is `analyse.Heard` as JSON."""


@dataclass(frozen=True, kw_only=True)
class Plan(Spoken, PlanSettings):
    """Ask for the score of a speech alone, without motion; the result's output is its file.

    Attributes:
        score_out: the file to write the score to.
        score: strokes in it that are locked stay as they are; the others are planned anew.
        library, device: as in `Request`.
    """

    score_out: str
    score: str | None = None
    library: str | tuple[str, ...] | None = None
    device: str = "auto"


@dataclass(frozen=True, kw_only=True)
class Idle(IdleSettings):
    """Ask for motion without speech that ends where it begins; paths are absolute.

    Attributes:
        id: chosen by the asker, repeated in every answer.
        seconds: its length, to the nearest frame.
        outputs, report, rig, posture, device: as in `Request`.
        closes: write the first frame once more behind the last, for whoever wants both ends alike.
    """

    id: str
    seconds: float
    outputs: tuple[str, ...]
    report: str | None = None
    rig: str | None = None
    posture: str | None = None
    closes: bool = False
    device: str = "auto"


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """Ask for a speech model to be fetched: `moonshine` or `whisper:NAME`. The result's report has its `path`."""

    id: str
    model: str


Job = Request | Hear | Plan | Fetch | Idle
"""What a worker can be asked to do; each is answered by progress and one `Result` or `Failure`."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A finished job: the files written and the report of the command-line contract."""

    id: str
    outputs: tuple[str, ...]
    report: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A job that did not finish. `kind` is the error class's name; `exit_code` as in the command line."""

    id: str
    kind: str
    text: str
    exit_code: int


@dataclass(frozen=True, kw_only=True)
class Hello:
    """The worker's first line: who answers."""

    protocol_version: int = PROTOCOL_VERSION
    exges_version: str = ""
    backend: str = ""
    device: str = ""
    speakers: tuple[str, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class JobProgress:
    """A job's progress as a line."""

    id: str
    stage: str
    fraction: float
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Cancel:
    """Ask the worker to stop a job."""

    id: str


Message = Job | Result | Failure | Hello | JobProgress | Cancel
_TYPES: dict[str, type[Message]] = {
    "request": Request,
    "hear": Hear,
    "plan": Plan,
    "fetch": Fetch,
    "idle": Idle,
    "result": Result,
    "failure": Failure,
    "hello": Hello,
    "progress": JobProgress,
    "cancel": Cancel,
}
_NAMES = {cls: name for name, cls in _TYPES.items()}


def encode(record: Message) -> str:
    """Return the record as one line of JSON, without the line end."""
    return json.dumps({"type": _NAMES[type(record)], **asdict(record)}, ensure_ascii=True)


def decode(line: str) -> Message:
    """Read one line.

    Raises:
        WorkerError: if the line is not a message of this version.
    """
    try:
        values = cast("dict[str, Any]", json_text.parse(line))
        cls = _TYPES[values.pop("type")]
        unknown = set(values) - {each.name for each in fields(cls)}
        if unknown:
            raise WorkerError(f"protocol: unknown keys {sorted(unknown)} in a {cls.__name__}; versions differ?")
        make = cast(Callable[..., Message], cls)
        return make(**{key: frozen(value) for key, value in values.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WorkerError(f"protocol: not a message: {line[:200]!r} ({error})") from error
