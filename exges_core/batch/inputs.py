"""What a clip depends on, as hashes of contents: equal hashes, equal clip. Nothing but files is read here."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from exges_core import __version__, assets
from exges_core.batch.patience import Came, answered
from exges_core.errors import InputError, message
from exges_core.pipeline.models import AUTO
from exges_core.protocol import Idle, Request

FILES = ("speech", "transcript", "controls", "held", "posture", "base_motion", "score")
"""Fields of a request that name a file which shapes the clip; a rig may, and a library names folders."""
_PLACES = {*FILES, "id", "outputs", "report", "score_out", "library", "rig", "device", "candidate_poses"}
_OF_MODELS = (".safetensors", ".zip", ".json", ".npz")
_BLOCK_BYTES = 2**20
_MOST_HASHES = 100_000
_hashes: dict[tuple[Path, int, int, int], str] = {}
"""Of files by path, size, time and number."""

Inputs = Mapping[str, str]
"""Of each thing that a clip depends on, its hash; by what a person calls it."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What runs networks in a batch, for all its clips: as `Models` has it."""

    engine: str = AUTO
    device: str = AUTO
    is_exact: bool = False


def inputs_of(request: Request | Idle, setup: Setup) -> Inputs:
    """Return the hashes of everything that a clip depends on.

    Where `auto` chooses engine, device or recogniser, the choice is no part of them: what is made on one machine is
    not made again on another.

    Raises:
        InputError: if a file cannot be read.
    """
    found = {**files_of(request), "settings": _settings_of(request), "models": models_hash(setup)}
    if isinstance(request, Request) and request.use_retrieval:
        named = (request.library,) if isinstance(request.library, str) else request.library or (assets.LIBRARY_NAME,)
        folders = (assets.LIBRARY if name == assets.LIBRARY_NAME else Path(name) for name in named)
        found["library"] = _of_json([_in_time(each, partial(folder_hash, each)) for each in folders])
    return found


def files_of(request: Request | Idle) -> Inputs:
    """Return the hashes of the files that belong to this clip alone.

    Raises:
        InputError: if one cannot be read.
    """
    return {key: _in_time(path, partial(file_hash, path)) for key, path in files_read(request)}


def _in_time(path: Path, ask: Callable[[Came], str]) -> str:
    try:
        return answered(path, ask)
    except TimeoutError as error:
        raise _unreadable(path, error) from error


def files_read(request: Request | Idle) -> Iterator[tuple[str, Path]]:
    """Yield the files that belong to this clip alone, by the request's fields."""
    for key in FILES:
        if (name := getattr(request, key, None)) is not None:
            yield key, Path(name)
    if request.rig is not None and Path(request.rig).suffix:
        yield "rig", Path(request.rig)


def _settings_of(request: Request | Idle) -> str:
    """Return the hash of all that a line says which is no file's name, and of how its results are called."""
    said = {key: value for key, value in asdict(request).items() if key not in _PLACES}
    family = request.rig if request.rig is not None and not Path(request.rig).suffix else None
    score = getattr(request, "score_out", None)
    results = [Path(name).name for name in (*request.outputs, *([score] if score else []))]
    return _of_json({**said, "family": family, "results": results, "kind": type(request).__name__})


def models_hash(setup: Setup) -> str:
    """Return the hash of the shipped weights, of who runs them, and of this version of ExGes."""
    folder = assets.DENOISER.parent
    files = sorted(path for path in folder.iterdir() if path.suffix in _OF_MODELS)
    return _of_json([__version__, asdict(setup), [[path.name, file_hash(path)] for path in files]])


def _nothing() -> None:
    """Hear of what came, and do nothing."""


def folder_hash(folder: Path, came: Came = _nothing) -> str:
    """Return the hash of a motion base: of all its files; `came` is called whenever something was read.

    Raises:
        InputError: if one cannot be read.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return _of_json([[path.relative_to(folder).as_posix(), file_hash(path, came)] for path in files])


def file_hash(path: Path, came: Came = _nothing) -> str:
    """Return the SHA-256 of a file; it is read again only when its size or its time has changed.

    `came` is called whenever something was read.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        found = path.stat()
        key = path, found.st_size, found.st_mtime_ns, found.st_ino
        if (known := _hashes.get(key)) is not None:
            came()
            return known
        digest = _sha256(path, came)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(_hashes) >= _MOST_HASHES:
        _hashes.clear()
    _hashes[key] = digest
    return digest


def _unreadable(path: Path, error: OSError) -> InputError:
    got, do = error.strerror or str(error), "Check the path."
    return InputError(message(expected="a file to read", got=got, where=str(path), do=do))


def _sha256(path: Path, came: Came) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := os.read(file.fileno(), _BLOCK_BYTES):
            digest.update(block)
            came()
    return digest.hexdigest()


def _of_json(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
