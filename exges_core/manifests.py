"""Manifests of `exges batch`: one JSON object a line, and what people's editors and scripts make of that.

A line is {"id", "audio", "format"?} and whatever else `protocol.Request` has, by its name there: what one generation
can be asked for, so can many. Relative paths are relative to the manifest. Also read: a byte order mark, UTF-16, any
line ends, commas between lines, one JSON list of all. All faulty lines are told at once.
"""

from __future__ import annotations

import codecs
import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from exges_core import assets
from exges_core.errors import InputError, message
from exges_core.protocol import Request

_GIVEN = {"id", "speech", "outputs", "report", "device", "candidate_poses"}
"""What the manifest calls otherwise, or the command decides for all clips, or only a window can show."""
_OPTIONS = tuple(each.name for each in fields(Request) if each.name not in _GIVEN)
_KEYS = {"id", "audio", "format", *_OPTIONS}
_FORMATS = ("bvh", "npz")
_TYPES = get_type_hints(Request)
_PATHS = {"transcript", "controls", "base_motion", "library", "rig"}
_JSON_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", NoneType: "null"}
_MEANT = {
    **dict.fromkeys(("speech", "sound", "wav", "file", "path", "input"), "audio"),
    **dict.fromkeys(("text", "words", "subtitles"), "transcript"),
    **dict.fromkeys(("name", "output", "out"), "id"),
    **dict.fromkeys(("style", "voice"), "speaker"),
}
"""Words that people use for ours."""
_SHOWN = 20
"""So many faults are listed."""
_EXAMPLE = 'Write one object a line: {"id": "take1", "audio": "take1.wav"}'


@dataclass(frozen=True, kw_only=True)
class _Fault:
    """What is wrong where; sorts by line."""

    line: int
    what: str


def read_manifest(manifest: Path, out: Path, *, device: str) -> tuple[Request, ...]:
    """Read and check every line of a manifest; whether its files exist is not asked here.

    Raises:
        InputError: naming all lines that are wrong, and what is wrong in each.
    """
    faults, requests, lines = list[_Fault](), dict[str, Request](), dict[str, int]()
    for line, values, broken in _entries(_text(manifest)):
        wrong = [broken] if broken else list(_faults(values))
        if not wrong:
            name = str(values["id"])
            same = name.casefold()
            if same in lines:
                wrong = [f"the id {name!r} again, which line {lines[same]} has; results are named by it"]
            else:
                lines[same], requests[name] = line, _request(values, manifest, out, device)
        faults.extend(_Fault(line=line, what=each) for each in wrong)
    if faults:
        raise _all_of(manifest, faults)
    if not requests:
        raise InputError(message(expected="takes", got="none", where=f"{manifest}, line 1", do=f"{_EXAMPLE}."))
    return tuple(requests.values())


def missing_files(request: Request) -> tuple[str, ...]:
    """Return what a request names and is not there, as 'audio none.wav'; a folder is no file."""
    named: list[tuple[str, str]] = [("audio", request.speech)]
    for key in ("transcript", "controls", "base_motion"):
        named.extend([(key, path)] if (path := getattr(request, key)) else [])
    if request.rig and Path(request.rig).suffix:
        named.append(("rig", request.rig))
    found = [f"{key} {path}" for key, path in named if not Path(path).is_file()]
    folders = (request.library,) if isinstance(request.library, str) else request.library or ()
    return (*found, *(f"library {path}" for path in folders if path != "default" and not Path(path).is_dir()))


def _text(manifest: Path) -> str:
    """Return the manifest's text, its lines ended as Unix does.

    Raises:
        InputError: if it cannot be read, or is none of JSON at all.
    """
    try:
        data = manifest.read_bytes()
        is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data.decode("utf-16" if is_wide else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        where, do = str(manifest), "Check the path, or save it as UTF-8."
        raise InputError(message(expected="a manifest of JSON lines", got=str(error), where=where, do=do)) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.strip() and not re.search(r"^\s*[\[{]", text, re.MULTILINE):
        got = f"none ({text.strip().splitlines()[0][:60]!r})"
        raise InputError(message(expected="JSON", got=got, where=f"{manifest}, line 1", do=f"{_EXAMPLE}."))
    return text


def _entries(text: str) -> Iterator[tuple[int, Any, str]]:
    """Yield line and value of every value in a manifest, and of what is no JSON why not ("" = it is)."""
    decoder = json.JSONDecoder(object_pairs_hook=_once)
    place = 0
    while (begin := re.compile(r"[^\s,\[\]]").search(text, place)) is not None:
        place = begin.start()
        line = text.count("\n", 0, place) + 1
        value, broken = None, ""
        try:
            value, place = decoder.raw_decode(text, place)
        except ValueError as error:
            broken = _told(error, line)
            # What follows inside an object that is spread over lines is no fault of its own.
            onwards = re.compile(r"\n(?!\s*[\"}\]])").search(text, place)
            place = onwards.start() if onwards is not None else len(text)
        yield line, value, broken


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"the key {twice!r} twice")
    return dict(pairs)


def _told(error: ValueError, line: int) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    where = f"column {error.colno}" + (f" of line {error.lineno}" if error.lineno != line else "")
    return f"no JSON: {error.msg[:1].lower()}{error.msg[1:]} at {where}"


def _faults(values: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield what is wrong with one entry."""
    if not isinstance(values, dict):
        yield f"{_shown(values)} instead of an object"
        return
    for key in values:
        if key not in _KEYS:
            yield f"unknown key {key!r}{_nearest(key)}"
    name, audio = values.get("id"), values.get("audio")
    if name is None or audio is None:
        yield "no " + " and no ".join(repr(key) for key in ("id", "audio") if values.get(key) is None)
    if name is not None and (not isinstance(name, str | int) or not str(name) or Path(str(name)).name != str(name)):
        yield f"id {_shown(name)}, which is no file name"
    if audio is not None and (not isinstance(audio, str) or not audio):
        yield f"audio {_shown(audio)}, which is no file name"
    if values.get("format", "bvh") not in _FORMATS:
        yield f"format {_shown(values['format'])}; it must be {' or '.join(_FORMATS)}"
    for key in _OPTIONS:
        if key in values and not _fits(_frozen(values[key]), _TYPES[key]):
            yield f"{key} {_shown(values[key])}; it must be {_named(_TYPES[key])}"


def _nearest(key: str) -> str:
    near = _MEANT.get(key.lower()) or next(iter(difflib.get_close_matches(key.lower(), sorted(_KEYS), n=1)), None)
    return f", is {near!r} meant?" if near else ""


def _shown(value: Any) -> str:  # noqa: ANN401 - JSON
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _all_of(manifest: Path, faults: list[_Fault]) -> InputError:
    """Return the error that lists the faults, line by line."""
    lines = [f"  line {fault.line}: {fault.what}" for fault in sorted(faults, key=lambda each: each.line)]
    more = [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    count = f"{len(lines)} fault" + ("s" if lines[1:] else "")
    return InputError(
        "\n".join([f"{manifest}: {count}, nothing was made", *lines[:_SHOWN], *more, "Mend and run again."])
    )


def _request(values: dict[str, Any], manifest: Path, out: Path, device: str) -> Request:
    name = str(values["id"])
    options: dict[str, Any] = {key: _frozen(values[key]) for key in _OPTIONS if key in values}
    options |= {key: _beside(manifest, key, options[key]) for key in _PATHS if key in options}
    return Request(
        id=name,
        speech=str((manifest.parent / values["audio"]).resolve()),
        outputs=(str((out / f"{name}.{values.get('format', 'bvh')}").resolve()),),
        report=str((out / f"{name}.json").resolve()),
        device=device,
        **options,
    )


def _frozen(value: Any) -> Any:  # noqa: ANN401 - JSON
    return tuple(value) if isinstance(value, list) else value


def _fits(value: Any, wanted: Any) -> bool:  # noqa: ANN401 - JSON and a type
    """Return whether a JSON value (lists as tuples) is of a field's type."""
    if get_origin(wanted) is UnionType:
        return any(_fits(value, each) for each in get_args(wanted))
    if get_origin(wanted) is tuple:
        inner = get_args(wanted)
        if not isinstance(value, tuple):
            return False
        if inner[-1] is Ellipsis:
            return all(_fits(each, inner[0]) for each in value)
        return len(value) == len(inner) and all(_fits(*each) for each in zip(value, inner, strict=True))
    if wanted in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if wanted is float else wanted)


def _named(wanted: Any) -> str:  # noqa: ANN401 - a type
    if get_origin(wanted) is UnionType:
        return " or ".join(_named(each) for each in get_args(wanted))
    if get_origin(wanted) is tuple:
        inner = get_args(wanted)
        what = _named(inner[0]).split(" ", 1)[-1]
        return f"a list of {what}s" if inner[-1] is Ellipsis else f"a list of {len(inner)} {what}s"
    return _JSON_NAMES[wanted]


def _beside(manifest: Path, key: str, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
    """Return paths as absolute ones; the library `default` is the shipped one and a rig may be a family's name."""
    if isinstance(value, tuple):
        return tuple(str(_beside(manifest, key, each)) for each in value)
    if key == "library" and value == "default":
        return str(assets.LIBRARY)
    if key == "rig" and value and not Path(value).suffix:
        return value
    return str((manifest.parent / value).resolve()) if value else None
