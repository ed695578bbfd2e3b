"""Many clips from one manifest: resumable, one status line per clip, one bad clip never stops the rest.

A manifest line is {"id", "audio", "transcript"?, "controls"?, "seed"?, "speaker"?, "format"?, "fps"?, "energy"?,
"intensity"?, "guidance"?, "retrieval_strength"?}; relative paths are relative to the manifest. Outputs are named by id;
a clip whose report exists is done and is skipped. Clips are made one after another: none depends on what else is in
the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from exges_core.engine import Engine
from exges_core.errors import ExgesError, InputError, message
from exges_core.pipeline import generate
from exges_core.protocol import Request

_NUMBERS = ("fps", "intensity", "guidance", "retrieval_strength")
_KEYS = {"id", "audio", "transcript", "controls", "seed", "speaker", "rig", "format", "energy", *_NUMBERS}


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
    if "rig" in values:
        raise _bad(manifest, number, "the key 'rig': writing in a target's hierarchy is not there yet")
    for key in _NUMBERS:
        if isinstance(values.get(key), bool) or not isinstance(values.get(key), int | float | None):
            raise _bad(manifest, number, f"{key} {values[key]!r}, which is no number")
    name = str(values["id"])
    if not name or Path(name).name != name:
        raise _bad(manifest, number, f"the id {name!r}, which is no file name")
    return Request(
        id=name,
        speech=str((manifest.parent / values["audio"]).resolve()),
        outputs=(str((out / f"{name}.{values.get('format', 'bvh')}").resolve()),),
        report=str((out / f"{name}.json").resolve()),
        transcript=_beside(manifest, values, "transcript"),
        controls=_beside(manifest, values, "controls"),
        seed=int(values.get("seed", 0)),
        speaker=values.get("speaker"),
        energy=str(values.get("energy", "normal")),
        intensity=values.get("intensity"),
        guidance=values.get("guidance"),
        retrieval_strength=values.get("retrieval_strength"),
        fps=values.get("fps"),
        device=device,
    )


def _beside(manifest: Path, values: Mapping[str, Any], key: str) -> str | None:
    return str((manifest.parent / values[key]).resolve()) if values.get(key) else None


def _bad(manifest: Path, number: int, got: str) -> InputError:
    expected = f"{{'id', 'audio'}} and optionally {sorted(_KEYS - {'id', 'audio'})}"
    return InputError(message(expected=expected, got=got, where=f"{manifest} line {number}", do="Mend the line."))
