"""What the entry points, the worker and the add-on say to each other: frozen records with a JSON round trip.

One message is one line of JSON: {"type": "request" | "hear" | "plan" | "progress" | "result" | ..., ...}. Arrays never
travel in a line: a result names an .npz file. Only the standard library may be imported here: Blender's Python does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any, cast

from exges_core.errors import WorkerError

PROTOCOL_VERSION = 3
TOP_K = 5
"""Candidates per segment that a generation looks at and reports; `library search` shows as many."""
FINISH_PARTS = ("smoothing", "limits", "ground", "feet")
"""What is done to the motion after denoising, in this order; each can be left out."""


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
class Request:
    """One generation, as every entry point asks for it; paths are absolute.

    Attributes:
        id: chosen by the asker, repeated in every answer.
        speech: the sound file.
        outputs: files to write; the suffix (.npz, .bvh) chooses the format.
        transcript, controls, report: optional files as in the command line.
        speaker_tier: whose words of the transcript are taken; None = everybody's, merged by time.
        base_motion: motion (.npz, .bvh) that stays as it is, bit for bit, from `base_start_s` of the take on...
        keep_outside_s: ...but for this range (start, end) of the take, which is made anew.
        finish_without: parts of `FINISH_PARTS` that are left out.
        cutoff_hz: of the finish's smoothing.
        candidate_poses: an .npz to write the key pose of every candidate to, for previews: segment (N,), clip (N,),
            local_quat_wxyz (N, 55, 4); None = none.
        rig: .bvh outputs are written in this rig's hierarchy: a .bvh file or a family's name; None = our own body.
        score: a file with the strokes to make (docs/score.md); None = they are planned.
        score_out: a file to write the strokes to that were made.
        use_score: False = the paper's own variant: nobody plans, and the denoiser is told of no stroke.
        vividness: number and size of planned strokes: 0 = none, 1 = as the speaker, up to 2.
        library: a motion base, or several that are searched as one; 'default' or None = the shipped one.
        start_s, end_s: the part of the sound to use; None = all of it.
        speaker: a style name the model knows, or None.
        sampler, steps: None = the model's default.
        use_retrieval: False = the paper's ablation without it.
        retrieval_strength: 0 (as if there were no retrieval) to 1. None = as `energy` has it.
        retrieval_joints: upper-body, arms or hands: what a retrieved pose controls.
        pins: "SEGMENT=CLIP" each: gestures that must be used.
        bans: clips' numbers or sources' names that are never used.
        no_gesture: segments that get none.
        guidance: scale of audio guidance; 1 = off. None = as `energy` has it.
        energy: calm, normal or vivid: values for guidance, intensity and retrieval strength where they are None.
        intensity: how far gestures go, 0.5 to 1.5; 1 = as the model made them. None = as `energy` has it.
        fps: frames per second of the outputs, by exact time (23.976 is 24000/1001); None = 30.
        asr: auto, whisper:NAME, moonshine, pocketsphinx or none.
        device: auto, cpu or cuda.
    """

    id: str
    speech: str
    outputs: tuple[str, ...]
    transcript: str | None = None
    speaker_tier: str | None = None
    controls: str | None = None
    library: str | tuple[str, ...] | None = None
    report: str | None = None
    start_s: float = 0.0
    end_s: float | None = None
    speaker: str | None = None
    seed: int = 0
    sampler: str | None = None
    steps: int | None = None
    use_retrieval: bool = True
    retrieval_strength: float | None = None
    retrieval_joints: str = "upper-body"
    pins: tuple[str, ...] = ()
    bans: tuple[str, ...] = ()
    no_gesture: tuple[int, ...] = ()
    guidance: float | None = None
    energy: str = "normal"
    intensity: float | None = None
    fps: float | None = None
    asr: str = "auto"
    device: str = "auto"
    base_motion: str | None = None
    base_start_s: float = 0.0
    keep_outside_s: tuple[float, float] | None = None
    finish_without: tuple[str, ...] = ()
    cutoff_hz: float = 5.0
    candidate_poses: str | None = None
    rig: str | None = None
    score: str | None = None
    score_out: str | None = None
    use_score: bool = True
    vividness: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Hear:
    """Ask for the words of a speech alone; fields as in `Request`. The result's report is `Heard.as_json`."""

    id: str
    speech: str
    transcript: str | None = None
    speaker_tier: str | None = None
    start_s: float = 0.0
    end_s: float | None = None
    asr: str = "auto"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Ask for the score of a speech alone, without motion; fields as in `Request`, but for these.

    The result's report is `Heard.as_json` with the score; its output is the file.

    Attributes:
        score: strokes in it that are locked stay as they are; the others are planned anew.
        score_out: the file to write the score to.
    """

    id: str
    speech: str
    score_out: str
    score: str | None = None
    transcript: str | None = None
    speaker_tier: str | None = None
    start_s: float = 0.0
    end_s: float | None = None
    asr: str = "auto"
    speaker: str | None = None
    seed: int = 0
    vividness: float = 1.0
    library: str | tuple[str, ...] | None = None
    use_retrieval: bool = True
    pins: tuple[str, ...] = ()
    bans: tuple[str, ...] = ()
    no_gesture: tuple[int, ...] = ()
    device: str = "auto"


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """Ask for a speech model to be fetched: `moonshine` or `whisper:NAME`. The result's report has its `path`."""

    id: str
    model: str


Job = Request | Hear | Plan | Fetch
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
        values: dict[str, Any] = json.loads(line)
        cls = _TYPES[values.pop("type")]
        unknown = set(values) - {each.name for each in fields(cls)}
        if unknown:
            raise WorkerError(f"protocol: unknown keys {sorted(unknown)} in a {cls.__name__}; versions differ?")
        make = cast(Callable[..., Message], cls)
        return make(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WorkerError(f"protocol: not a message: {line[:200]!r} ({error})") from error
