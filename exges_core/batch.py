"""Many clips from one manifest: resumable, one status line per clip, one bad clip never stops the rest.

A manifest line is {"id", "audio", "format"?} and whatever else `protocol.Request` has, by its name there: what one
generation can be asked for, so can many. Relative paths are relative to the manifest. Outputs are named by id; a clip
whose report exists is done and is skipped. Clips are made one after another: none depends on what else is in the
manifest.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from exges_core import assets
from exges_core.engine import Engine
from exges_core.errors import ExgesError, InputError, message
from exges_core.pipeline import generate
from exges_core.protocol import Request

_GIVEN = {"id", "speech", "outputs", "report", "device", "candidate_poses"}
"""What the manifest calls otherwise, or the command decides for all clips, or only a window can show."""
_OPTIONS = tuple(each.name for each in fields(Request) if each.name not in _GIVEN)
_KEYS = {"id", "audio", "format", *_OPTIONS}
_TYPES = get_type_hints(Request)
_PATHS = {"transcript", "controls", "base_motion", "library", "rig"}
_JSON_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", NoneType: "null"}


def run_batch(manifest: Path, out: Path, *, device: str, say: Callable[[str], None]) -> int:
    """Generate every clip of a manifest that has no report yet; return how many failed.

    Raises:
        InputError: if the manifest cannot be read or a line is not of its form; nothing is generated then.
    """
    requests = read_manifest(manifest, out, device=device)
    engine = Engine(device=device)
    failed = 0
    for request in requests:
        if Path(request.report or "").is_file():
            say(f"{request.id}: done before")
            continue
        try:
            result = generate(request, engine)
        except ExgesError as error:
            failed += 1
            say(f"{request.id}: failed: {error}")
        else:
            say(f"{request.id}: done, {result.report['frames']} frames, RTF {result.report['rtf']:.3f}")
    return failed


def read_manifest(manifest: Path, out: Path, *, device: str) -> tuple[Request, ...]:
    """Read and check every line of a manifest.

    Raises:
        InputError: naming the line that is wrong.
    """
    try:
        lines = manifest.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        text = message(expected="a manifest of JSON lines", got=str(error), where=str(manifest), do="Check the path.")
        raise InputError(text) from error
    requests: dict[str, Request] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            request = _request(line, manifest, number, out, device)
            if request.id in requests:
                raise _bad(manifest, number, f"the id {request.id!r} a second time")
            requests[request.id] = request
    return tuple(requests.values())


def _request(line: str, manifest: Path, number: int, out: Path, device: str) -> Request:
    try:
        values: Any = json.loads(line)
    except ValueError as error:
        raise _bad(manifest, number, f"no JSON ({error})") from error
    if not isinstance(values, dict) or not {"id", "audio"} <= set(values) <= _KEYS:
        raise _bad(
            manifest, number, f"the keys {sorted(values) if isinstance(values, dict) else type(values).__name__}"
        )
    name, audio = str(values["id"]), values["audio"]
    if not isinstance(audio, str) or not audio:
        raise _bad(manifest, number, f"the audio {audio!r}, which is no file name")
    if not name or Path(name).name != name:
        raise _bad(manifest, number, f"the id {name!r}, which is no file name")
    options: dict[str, Any] = {}
    for key in _OPTIONS:
        if key in values:
            value = _frozen(values[key])
            if not _fits(value, _TYPES[key]):
                raise _bad(manifest, number, f"{key} {values[key]!r}; it must be {_named(_TYPES[key])}")
            options[key] = _beside(manifest, key, value) if key in _PATHS else value
    return Request(
        id=name,
        speech=str((manifest.parent / audio).resolve()),
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


def _bad(manifest: Path, number: int, got: str) -> InputError:
    expected = f"{{'id', 'audio'}} and optionally {sorted(_KEYS - {'id', 'audio'})}"
    return InputError(message(expected=expected, got=got, where=f"{manifest} line {number}", do="Mend the line."))
