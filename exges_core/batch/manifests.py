"""Manifests of `exges batch`: one JSON object a line, each a generation.

A line is {"id", "audio", "format"?, "clip_limit_s"?} and whatever else `protocol.Request` has, by its name there: what
one generation can be asked for, so can many. With {"id", "idle": SECONDS} it is an idle, and has what `protocol.Idle`
has. Relative paths are relative to the manifest. Results stay in one folder, whatever a line or a link there says.
All faulty lines are told at once; how they may be written is `json_lines`.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast, get_type_hints

from exges_core import assets
from exges_core.batch.inputs import files_read
from exges_core.batch.limits import fault_of_limit
from exges_core.batch.names import alike, fault_of_id, fault_of_path, leaving
from exges_core.batch.patience import is_silent, resolved, status_of
from exges_core.errors import InputError, message
from exges_core.json_lines import (
    Fault,
    all_of,
    entries,
    fits,
    frozen,
    is_list,
    is_object,
    named,
    nearest,
    shown,
    text_of,
)
from exges_core.pipeline.generate import check_request
from exges_core.pipeline.idle import check_job
from exges_core.protocol import Idle, Request

_GIVEN = {"id", "speech", "outputs", "report", "device", "candidate_poses"}
"""What the manifest calls otherwise, or the command decides for all clips, or only a window can show."""
_OPTIONS = tuple(each.name for each in fields(Request) if each.name not in _GIVEN)
_OWN = {"format", "clip_limit_s"}
"""What a batch does with a line, and a generation knows nothing of."""
_KEYS = {"id", "audio", *_OWN, *_OPTIONS}
_IDLE_GIVEN = {"id", "seconds", "outputs", "report", "device"}
_IDLE_OPTIONS = tuple(each.name for each in fields(Idle) if each.name not in _IDLE_GIVEN)
_IDLE_KEYS = {"id", "idle", *_OWN, *_IDLE_OPTIONS}
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
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
    stat.S_IFREG: "a file",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a line of a manifest asks for.

    Attributes:
        request: the clip.
        clip_limit_s: how long it may take; 0 = for ever, None = as the batch has it.
    """

    request: Request | Idle
    clip_limit_s: float | None = None


def read_manifest(manifest: Path, out: Path, *, device: str) -> tuple[Line, ...]:
    """Read and check every line of a manifest; whether its files exist is not asked here.

    Raises:
        InputError: naming all lines that are wrong, and what is wrong in each.
    """
    faults, found, lines = list[Fault](), dict[str, Line](), dict[str, int]()
    for line, values, broken in entries(text_of(manifest, example=_EXAMPLE)):
        wrong = [broken] if broken else list(_faults(values))
        if not wrong:
            asked = cast("Mapping[str, object]", values)
            make = _idle if "idle" in asked else _request
            request = make(asked, manifest, out, device)
            wrong = [*_taken(request, line, lines), *_outside(request, out), *_refused(request)]
            limit_s = asked.get("clip_limit_s")
            found[request.id] = Line(
                request=request, clip_limit_s=None if limit_s is None else float(cast("float", limit_s))
            )
        faults.extend(Fault(line=line, what=each) for each in wrong)
    if faults:
        raise all_of(manifest, faults)
    if not found:
        raise InputError(message(expected="takes", got="none", where=f"{manifest}, line 1", do=f"{_EXAMPLE}."))
    return tuple(found.values())


def _taken(request: Request | Idle, line: int, lines: dict[str, int]) -> Iterator[str]:
    """Yield what of a take's results another line has already, and note its own in `lines`."""
    given = getattr(request, "score_out", None)
    name, score = alike(request.id), None if given is None else alike(given)
    named = [alike(each) for each in written(request) if each != given]
    held = next((lines[each] for each in named if each in lines), None)
    if name in lines:
        yield f"id {request.id!r} is already used in line {lines[name]}; results are named after it"
    elif held is not None:
        yield f"its results are already the score_out of line {held}; each take needs its own"
    if score is not None and score in lines:
        yield f"score_out is already used in line {lines[score]}; each take needs its own"
    lines |= {key: lines.get(key, line) for key in (name, *named, score) if key is not None}


def written(request: Request | Idle) -> tuple[str, ...]:
    """Return the files that a request makes: motion, report, score."""
    more = (request.report, getattr(request, "score_out", None))
    return (*request.outputs, *(name for name in more if name is not None))


def _outside(request: Request | Idle, out: Path) -> Iterator[str]:
    """Yield which results would leave `out`, by their path or by a link that lies there."""
    score = getattr(request, "score_out", None)
    for path in leaving(map(Path, written(request)), out):
        if str(path) == score:
            yield f"score_out {shown(path.name)}: expected a file of your own inside --out, got {path}"
        else:
            yield f"{path.name} in --out is a link that leads out of it; results are written inside alone"


def _refused(request: Request | Idle) -> Iterator[str]:
    if any(is_silent(Path(path)) for _, path in _files_of(request)):
        return  # to look whether results lie apart from them would ask them; the plan says what is wrong
    try:
        check_job(request) if isinstance(request, Idle) else check_request(request)
    except InputError as error:
        yield str(error)


def missing_files(request: Request | Idle) -> tuple[str, ...]:
    """Return what a request names and is no file there, as 'audio none.wav'; nothing is opened: a pipe would block."""
    library = getattr(request, "library", None)
    folders = (library,) if isinstance(library, str) else library or ()
    libraries = [("library", path) for path in folders if path != assets.LIBRARY_NAME]
    return (*_absent(_files_of(request)), *_absent(libraries, kind=stat.S_IFDIR))


def _files_of(request: Request | Idle) -> Iterator[tuple[str, str]]:
    """Yield the files that a request reads, as manifests call them."""
    yield from (("audio" if key == "speech" else key, str(path)) for key, path in files_read(request))


def _absent(named: Iterable[tuple[str, str]], *, kind: int = stat.S_IFREG) -> Iterator[str]:
    for key, path in named:
        try:
            found = stat.S_IFMT(status_of(Path(path)).st_mode)
        except FileNotFoundError:
            yield f"{key} {path}"
        except OSError as error:
            yield f"{key} {path} ({error.strerror or error})"
        else:
            if found != kind:
                yield f"{key} {path} (expected {_KINDS[kind]}, got {_KINDS.get(found, 'something else')})"


def _faults(values: object) -> Iterator[str]:
    """Yield what is wrong with one entry."""
    if not is_object(values):
        yield f"{shown(values)} instead of an object"
        return
    is_idle = "idle" in values
    keys, options, types = (_IDLE_KEYS, _IDLE_OPTIONS, _IDLE_TYPES) if is_idle else (_KEYS | {"idle"}, _OPTIONS, _TYPES)
    for key in values:
        if key not in keys:
            meant = nearest(key, keys, _MEANT) if len(key) < 60 else ""
            yield f"unknown key {_in_ascii(key)[1:-1]!r}{meant}" + (" for an idle" if key in _KEYS else "")
    name, made_of = values.get("id"), "idle" if is_idle else "audio"
    if name is None or values.get(made_of) is None:
        yield "no " + " and no ".join(repr(key) for key in ("id", made_of) if values.get(key) is None)
    if name is not None:
        is_name = isinstance(name, str | int) and not isinstance(name, bool)
        wrong = fault_of_id(str(name)) if is_name else "which is no file name"
        yield from [f"id {_in_ascii(name)}, {wrong}"] if wrong else []
    yield from _source_faults(values, made_of)
    yield from _path_faults(values)
    if values.get("format", "bvh") not in _FORMATS:
        yield f"format {shown(values['format'])}; it must be {' or '.join(_FORMATS)}"
    if wrong := fault_of_limit(values.get("clip_limit_s")):
        yield f"clip_limit_s {shown(values['clip_limit_s'])}; it must be {wrong}"
    for key in options:
        if key in values and not fits(frozen(values[key]), types[key]):
            yield f"{key} {shown(values[key])}; it must be {named(types[key])}"


def _source_faults(values: Mapping[str, object], made_of: str) -> Iterator[str]:
    """Yield what is wrong with the sound, or with an idle's length."""
    value = values.get(made_of)
    if value is None:
        return
    wrong = fault_of_path(value) if isinstance(value, str) else "which is no file name"
    if made_of == "audio" and wrong:
        yield f"audio {_in_ascii(value)}, {wrong}"
    if made_of == "idle" and (isinstance(value, bool) or not isinstance(value, int | float)):
        yield f"idle {shown(value)}; it must be its length in seconds"


def _path_faults(values: Mapping[str, object]) -> Iterator[str]:
    """Yield which other files cannot be ones by their names; an empty one is none."""
    for key in sorted(_PATHS & values.keys()):
        value = values[key]
        for path in value if is_list(value) else [value]:
            if isinstance(path, str) and path and (wrong := fault_of_path(path)):
                yield f"{key} {_in_ascii(path)}, {wrong}"


def _in_ascii(value: object) -> str:
    """Return a value as `shown`, in characters that any terminal can print."""
    return shown(value).encode("ascii", "backslashreplace").decode()


def _request(values: Mapping[str, object], manifest: Path, out: Path, device: str) -> Request:
    name = str(values["id"])
    options: dict[str, Any] = {key: frozen(values[key]) for key in _OPTIONS if key in values}
    options |= {key: _beside(manifest, key, options[key]) for key in _PATHS if key in options}
    return Request(
        id=name,
        speech=str(resolved(manifest.parent / str(values["audio"]))),
        outputs=(str(out.resolve() / f"{name}.{values.get('format', 'bvh')}"),),
        report=str(out.resolve() / f"{name}.json"),
        device=device,
        **options,
    )


def _idle(values: Mapping[str, object], manifest: Path, out: Path, device: str) -> Idle:
    name = str(values["id"])
    options: dict[str, Any] = {key: frozen(values[key]) for key in _IDLE_OPTIONS if key in values}
    options |= {key: _beside(manifest, key, options[key]) for key in _PATHS if key in options}
    return Idle(
        id=name,
        seconds=float(cast("float", values["idle"])),
        outputs=(str(out.resolve() / f"{name}.{values.get('format', 'bvh')}"),),
        report=str(out.resolve() / f"{name}.json"),
        device=device,
        **options,
    )


def _beside(manifest: Path, key: str, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
    """Return paths as absolute ones; the library `default` is the shipped one and a rig may be a family's name."""
    if isinstance(value, tuple):
        return tuple(str(_beside(manifest, key, each)) for each in value)
    if key == "library" and value == assets.LIBRARY_NAME:
        return str(assets.LIBRARY)
    if key == "rig" and value and not Path(value).suffix:
        return value
    return str(resolved(manifest.parent / value)) if value else None
