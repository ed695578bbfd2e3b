"""Manifests of `exges batch`: one JSON object a line, each a generation.

A line is {"id", "audio", "format"?} and whatever else `protocol.Request` has, by its name there: what one generation
can be asked for, so can many. With {"id", "idle": SECONDS} it is an idle, and has what `protocol.Idle` has. Relative
paths are relative to the manifest. All faulty lines are told at once; how they may be written is `json_lines`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, cast, get_type_hints

from exges_core import assets
from exges_core.errors import InputError, message
from exges_core.json_lines import Fault, all_of, entries, fits, frozen, is_object, named, nearest, shown, text_of
from exges_core.pipeline.acting import check_face
from exges_core.pipeline.writing import check_format
from exges_core.protocol import Idle, Request
from exges_core.score.asking import check_asked
from exges_core.settings import check

_GIVEN = {"id", "speech", "outputs", "report", "device", "candidate_poses"}
"""What the manifest calls otherwise, or the command decides for all clips, or only a window can show."""
_OPTIONS = tuple(each.name for each in fields(Request) if each.name not in _GIVEN)
_KEYS = {"id", "audio", "format", *_OPTIONS}
_IDLE_GIVEN = {"id", "seconds", "outputs", "report", "device"}
_IDLE_OPTIONS = tuple(each.name for each in fields(Idle) if each.name not in _IDLE_GIVEN)
_IDLE_KEYS = {"id", "idle", "format", *_IDLE_OPTIONS}
_IDLE_TYPES = get_type_hints(Idle)
_FORMATS = ("bvh", "npz", "csv")
_TYPES = get_type_hints(Request)
_PATHS = {"transcript", "controls", "held", "posture", "base_motion", "library", "rig", "score", "score_out"}
_MEANT = {
    **dict.fromkeys(("speech", "sound", "wav", "file", "path", "input"), "audio"),
    **dict.fromkeys(("text", "words", "subtitles"), "transcript"),
    **dict.fromkeys(("name", "output", "out"), "id"),
    **dict.fromkeys(("style", "voice"), "speaker"),
}
"""Words that people use for ours."""
_EXAMPLE = 'Write one object a line: {"id": "take1", "audio": "take1.wav"}'


def read_manifest(manifest: Path, out: Path, *, device: str) -> tuple[Request | Idle, ...]:
    """Read and check every line of a manifest; whether its files exist is not asked here.

    Raises:
        InputError: naming all lines that are wrong, and what is wrong in each.
    """
    faults, requests, lines = list[Fault](), dict[str, Request | Idle](), dict[str, int]()
    for line, values, broken in entries(text_of(manifest, example=_EXAMPLE)):
        wrong = [broken] if broken else list(_faults(values))
        if not wrong:
            asked = cast("Mapping[str, object]", values)
            make = _idle if "idle" in asked else _request
            request = make(asked, manifest, out, device)
            wrong = [*_taken(request, line, lines), *_refused(request)]
            requests[request.id] = request
        faults.extend(Fault(line=line, what=each) for each in wrong)
    if faults:
        raise all_of(manifest, faults)
    if not requests:
        raise InputError(message(expected="takes", got="none", where=f"{manifest}, line 1", do=f"{_EXAMPLE}."))
    return tuple(requests.values())


def _taken(request: Request | Idle, line: int, lines: dict[str, int]) -> Iterator[str]:
    """Yield what of a take's results another line has already, and note its own in `lines`."""
    name, score = request.id.casefold(), getattr(request, "score_out", None)
    if name in lines:
        yield f"id {request.id!r} is already used in line {lines[name]}; results are named after it"
    if score is not None and score in lines:
        yield f"score_out is already used in line {lines[score]}; each take needs its own"
    lines |= {key: lines.get(key, line) for key in (name, score) if key is not None}


def _refused(request: Request | Idle) -> Iterator[str]:
    try:
        check(request) if isinstance(request, Idle) else check_asked(request)
        has_face = None if isinstance(request, Idle) else request.face
        for name in request.outputs:
            check_format(Path(name), has_face=has_face)
        if not isinstance(request, Idle):
            check_face(request)
    except InputError as error:
        yield str(error)


def missing_files(request: Request | Idle) -> tuple[str, ...]:
    """Return what a request names and is not there, as 'audio none.wav'; a folder is no file."""
    rig = (("rig", request.rig),) if request.rig and Path(request.rig).suffix else ()
    if isinstance(request, Idle):
        return tuple(f"{key} {path}" for key, path in rig if not Path(path).is_file())
    named: list[tuple[str, str]] = [("audio", request.speech)]
    for key in ("transcript", "controls", "held", "posture", "base_motion", "score"):
        named.extend([(key, path)] if (path := getattr(request, key)) else [])
    named.extend(rig)
    found = [f"{key} {path}" for key, path in named if not Path(path).is_file()]
    folders = (request.library,) if isinstance(request.library, str) else request.library or ()
    return (*found, *(f"library {path}" for path in folders if path != "default" and not Path(path).is_dir()))


def _faults(values: object) -> Iterator[str]:
    """Yield what is wrong with one entry."""
    if not is_object(values):
        yield f"{shown(values)} instead of an object"
        return
    is_idle = "idle" in values
    keys, options, types = (_IDLE_KEYS, _IDLE_OPTIONS, _IDLE_TYPES) if is_idle else (_KEYS | {"idle"}, _OPTIONS, _TYPES)
    for key in values:
        if key not in keys:
            yield f"unknown key {key!r}{nearest(key, keys, _MEANT)}" + (" for an idle" if key in _KEYS else "")
    name, made_of = values.get("id"), "idle" if is_idle else "audio"
    if name is None or values.get(made_of) is None:
        yield "no " + " and no ".join(repr(key) for key in ("id", made_of) if values.get(key) is None)
    if name is not None and (not isinstance(name, str | int) or not str(name) or Path(str(name)).name != str(name)):
        yield f"id {shown(name)}, which is no file name"
    yield from _source_faults(values, made_of)
    if values.get("format", "bvh") not in _FORMATS:
        yield f"format {shown(values['format'])}; it must be {' or '.join(_FORMATS)}"
    for key in options:
        if key in values and not fits(frozen(values[key]), types[key]):
            yield f"{key} {shown(values[key])}; it must be {named(types[key])}"


def _source_faults(values: Mapping[str, object], made_of: str) -> Iterator[str]:
    """Yield what is wrong with the sound, or with an idle's length."""
    value = values.get(made_of)
    if value is None:
        return
    if made_of == "audio" and (not isinstance(value, str) or not value):
        yield f"audio {shown(value)}, which is no file name"
    if made_of == "idle" and (isinstance(value, bool) or not isinstance(value, int | float)):
        yield f"idle {shown(value)}; it must be its length in seconds"


def _request(values: Mapping[str, object], manifest: Path, out: Path, device: str) -> Request:
    name = str(values["id"])
    options: dict[str, Any] = {key: frozen(values[key]) for key in _OPTIONS if key in values}
    options |= {key: _beside(manifest, key, options[key]) for key in _PATHS if key in options}
    return Request(
        id=name,
        speech=str((manifest.parent / str(values["audio"])).resolve()),
        outputs=(str((out / f"{name}.{values.get('format', 'bvh')}").resolve()),),
        report=str((out / f"{name}.json").resolve()),
        device=device,
        **options,
    )


def _idle(values: Mapping[str, object], manifest: Path, out: Path, device: str) -> Idle:
    name = str(values["id"])
    options: dict[str, Any] = {key: frozen(values[key]) for key in _IDLE_OPTIONS if key in values}
    if "rig" in options:
        options["rig"] = _beside(manifest, "rig", options["rig"])
    return Idle(
        id=name,
        seconds=float(cast("float", values["idle"])),
        outputs=(str((out / f"{name}.{values.get('format', 'bvh')}").resolve()),),
        report=str((out / f"{name}.json").resolve()),
        device=device,
        **options,
    )


def _beside(manifest: Path, key: str, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
    """Return paths as absolute ones; the library `default` is the shipped one and a rig may be a family's name."""
    if isinstance(value, tuple):
        return tuple(str(_beside(manifest, key, each)) for each in value)
    if key == "library" and value == "default":
        return str(assets.LIBRARY)
    if key == "rig" and value and not Path(value).suffix:
        return value
    return str((manifest.parent / value).resolve()) if value else None
