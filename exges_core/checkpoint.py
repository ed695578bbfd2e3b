"""The only load and save of weights: safetensors with the configuration as JSON in its header; never pickles.

A file holds named tensors (normalisation statistics among them), a `kind` ("retrieval", "denoiser", ...), a format
version per kind, the model's configuration and its provenance (command, seed, data hash, metrics).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialise

from exges_core.arrays import Array
from exges_core.errors import CheckpointError, message
from exges_core.files import replacing
from exges_core.json_lines import frozen

if TYPE_CHECKING:
    from torch import nn

FORMAT_VERSION = 1
"""Raised whenever older files can no longer be read with the same meaning."""

ConfigT = TypeVar("ConfigT")


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What a weights file holds.

    Attributes:
        kind: which model this is.
        tensors: weights and statistics by name, as stored (often float16).
        config: the model's configuration, ready for `config_from`.
        provenance: command, seed, data hash, metrics: how it came to be.
        sha256: of the file's bytes.
        name: the file's name.
    """

    kind: str
    tensors: Mapping[str, Array]
    config: Mapping[str, Any]
    provenance: Mapping[str, Any]
    sha256: str
    name: str


def save(
    path: Path,
    tensors: Mapping[str, Array],
    *,
    kind: str,
    config: Mapping[str, object],
    provenance: Mapping[str, object],
) -> None:
    """Write a weights file: first beside the target, then renamed, so that a failure leaves the old one intact.

    Raises:
        OutputError: if it cannot be written.
    """
    header = {
        "exges_format": str(FORMAT_VERSION),
        "exges_kind": kind,
        "exges_config": json.dumps(dict(config), sort_keys=True),
        "exges_provenance": json.dumps(dict(provenance), sort_keys=True),
    }
    data = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    with replacing(path) as temporary:
        temporary.write_bytes(serialise(data, metadata=header))


def load(path: Path, *, kind: str) -> Checkpoint:
    """Read a weights file of one kind.

    Raises:
        CheckpointError: if it is missing, damaged, of another kind or of another format version.
    """
    advice = "Use a file written by this version, or train one with the commands in docs/training.md."
    if not path.is_file():
        raise CheckpointError(message(expected="a weights file", got="nothing", where=str(path), do=advice))
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        config: dict[str, Any] = json.loads(header.get("exges_config", "{}"))
        provenance: dict[str, Any] = json.loads(header.get("exges_provenance", "{}"))
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            message(expected="a safetensors file", got=f"unreadable ({error})", where=str(path), do=advice)
        ) from error
    found = (header.get("exges_kind", "no kind"), header.get("exges_format", "no version"))
    if found != (kind, str(FORMAT_VERSION)):
        raise CheckpointError(
            message(
                expected=f"{kind} weights of format {FORMAT_VERSION}",
                got=f"{found[0]} of format {found[1]}",
                where=str(path),
                do=advice,
            )
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Checkpoint(kind=kind, tensors=tensors, config=config, provenance=provenance, sha256=digest, name=path.name)


def config_from(config_type: type[ConfigT], values: Mapping[str, object], *, where: str) -> ConfigT:
    """Build a configuration dataclass from a checkpoint's JSON; an unknown or missing key is an error.

    A key with a default may be missing: a field added since weights were written has the old behaviour as its default.

    Raises:
        CheckpointError: naming the keys that do not fit.
    """
    known = fields(config_type)  # type: ignore[arg-type]
    names = {field.name for field in known}
    needed = {field.name for field in known if field.default is MISSING and field.default_factory is MISSING}
    if set(values) - names or needed - set(values):
        raise CheckpointError(
            message(
                expected=f"the keys {sorted(names)}",
                got=f"unknown {sorted(set(values) - names)}, missing {sorted(needed - set(values))}",
                where=where,
                do="The file is of another version: use matching weights.",
            )
        )
    return config_type(**{key: frozen(value) for key, value in values.items()})


def fill(network: nn.Module, weights: Checkpoint, prefix: str = "", *, where: str) -> None:
    """Put a checkpoint's tensors whose names begin with `prefix`, as float32, into a network.

    Raises:
        CheckpointError: if names or shapes do not fit.
    """
    import torch

    given = {name.removeprefix(prefix): each for name, each in weights.tensors.items() if name.startswith(prefix)}
    try:
        network.load_state_dict({name: torch.as_tensor(each.astype(np.float32)) for name, each in given.items()})
    except RuntimeError as error:
        expected, got = f"{weights.kind} weights that fit their configuration", str(error).splitlines()[-1].strip()
        do = "Use a file written by this version."
        raise CheckpointError(message(expected=expected, got=got, where=where, do=do)) from error
