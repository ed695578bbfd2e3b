"""Manifests of `exges batch`: one JSON object a line, each a generation.

A line is {"id", "audio", "format"?} and whatever else `protocol.Request` has, by its name there: what one generation
can be asked for, so can many. Relative paths are relative to the manifest. All faulty lines are told at once; how
they may be written is `json_lines`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, cast, get_type_hints

from exges_core import assets
from exges_core.errors import InputError, message
from exges_core.json_lines import Fault, all_of, entries, fits, frozen, is_object, named, nearest, shown, text_of
from exges_core.protocol import Request
from exges_core.score.asking import check_asked

_GIVEN = {"id", "speech", "outputs", "report", "device", "candidate_poses"}
"""What the manifest calls otherwise, or the command decides for all clips, or only a window can show."""
_OPTIONS = tuple(each.name for each in fields(Request) if each.name not in _GIVEN)
_KEYS = {"id", "audio", "format", *_OPTIONS}
_FORMATS = ("bvh", "npz")
_TYPES = get_type_hints(Request)
_PATHS = {"transcript", "controls", "posture", "base_motion", "library", "rig", "score", "score_out"}
_MEANT = {
    **dict.fromkeys(("speech", "sound", "wav", "file", "path", "input"), "audio"),
    **dict.fromkeys(("text", "words", "subtitles"), "transcript"),
    **dict.fromkeys(("name", "output", "out"), "id"),
    **dict.fromkeys(("style", "voice"), "speaker"),
}
"""Words that people use for ours."""
_EXAMPLE = 'Write one object a line: {"id": "take1", "audio": "take1.wav"}'


def read_manifest(manifest: Path, out: Path, *, device: str) -> tuple[Request, ...]:
    """Read and check every line of a manifest; whether its files exist is not asked here.

    Raises:
        InputError: naming all lines that are wrong, and what is wrong in each.
    """
    faults, requests, lines = list[Fault](), dict[str, Request](), dict[str, int]()
    for line, values, broken in entries(text_of(manifest, example=_EXAMPLE)):
        wrong = [broken] if broken else list(_faults(values))
        if not wrong:
            request = _request(cast("Mapping[str, object]", values), manifest, out, device)
            wrong = [*_taken(request, line, lines), *_refused(request)]
            requests[request.id] = request
        faults.extend(Fault(line=line, what=each) for each in wrong)
    if faults:
        raise all_of(manifest, faults)
    if not requests:
        raise InputError(message(expected="takes", got="none", where=f"{manifest}, line 1", do=f"{_EXAMPLE}."))
    return tuple(requests.values())


def _taken(request: Request, line: int, lines: dict[str, int]) -> Iterator[str]:
    """Yield what of a take's results another line has already, and note its own in `lines`."""
    name, score = request.id.casefold(), request.score_out
    if name in lines:
        yield f"id {request.id!r} is already used in line {lines[name]}; results are named after it"
    if score is not None and score in lines:
        yield f"score_out is already used in line {lines[score]}; each take needs its own"
    lines |= {key: lines.get(key, line) for key in (name, score) if key is not None}


def _refused(request: Request) -> Iterator[str]:
    try:
        check_asked(request)
    except InputError as error:
        yield str(error)


def missing_files(request: Request) -> tuple[str, ...]:
    """Return what a request names and is not there, as 'audio none.wav'; a folder is no file."""
    named: list[tuple[str, str]] = [("audio", request.speech)]
    for key in ("transcript", "controls", "posture", "base_motion", "score"):
        named.extend([(key, path)] if (path := getattr(request, key)) else [])
    if request.rig and Path(request.rig).suffix:
        named.append(("rig", request.rig))
    found = [f"{key} {path}" for key, path in named if not Path(path).is_file()]
    folders = (request.library,) if isinstance(request.library, str) else request.library or ()
    return (*found, *(f"library {path}" for path in folders if path != "default" and not Path(path).is_dir()))


def _faults(values: object) -> Iterator[str]:
    """Yield what is wrong with one entry."""
    if not is_object(values):
        yield f"{shown(values)} instead of an object"
        return
    for key in values:
        if key not in _KEYS:
            yield f"unknown key {key!r}{nearest(key, _KEYS, _MEANT)}"
    name, audio = values.get("id"), values.get("audio")
    if name is None or audio is None:
        yield "no " + " and no ".join(repr(key) for key in ("id", "audio") if values.get(key) is None)
    if name is not None and (not isinstance(name, str | int) or not str(name) or Path(str(name)).name != str(name)):
        yield f"id {shown(name)}, which is no file name"
    if audio is not None and (not isinstance(audio, str) or not audio):
        yield f"audio {shown(audio)}, which is no file name"
    if values.get("format", "bvh") not in _FORMATS:
        yield f"format {shown(values['format'])}; it must be {' or '.join(_FORMATS)}"
    for key in _OPTIONS:
        if key in values and not fits(frozen(values[key]), _TYPES[key]):
            yield f"{key} {shown(values[key])}; it must be {named(_TYPES[key])}"


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


def _beside(manifest: Path, key: str, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
    """Return paths as absolute ones; the library `default` is the shipped one and a rig may be a family's name."""
    if isinstance(value, tuple):
        return tuple(str(_beside(manifest, key, each)) for each in value)
    if key == "library" and value == "default":
        return str(assets.LIBRARY)
    if key == "rig" and value and not Path(value).suffix:
        return value
    return str((manifest.parent / value).resolve()) if value else None
