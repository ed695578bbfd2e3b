"""The only load and save of weights: safetensors with the configuration as JSON in its header; never pickles.

A file holds named tensors (normalisation statistics among them), a `kind` ("retrieval", "denoiser", ...), a format
version per kind, the model's configuration and its provenance (command, seed, data hash, metrics).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialise

from exges_core import json_text
from exges_core.arrays import Array
from exges_core.errors import CheckpointError, message
from exges_core.files import replacing
from exges_core.json_lines import Kind, fits, frozen, is_object, shown

if TYPE_CHECKING:
    from torch import nn

FORMAT_VERSION = 1
"""Raised whenever older files can no longer be read with the same meaning."""

_MOST, _MOST_LAYERS = 2**17, 256
"""No number of a configuration is greater: a million layers would be built for hours before they did not fit."""
ConfigT = TypeVar("ConfigT")
NetworkT = TypeVar("NetworkT")


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
        config = json_text.parse(header.get("exges_config", "{}"))
        provenance = json_text.parse(header.get("exges_provenance", "{}"))
        if not (is_object(config) and is_object(provenance)):
            raise ValueError("a configuration that is no JSON object")
    except (SafetensorError, OSError, ValueError, TypeError, MemoryError) as error:
        got = f"unreadable ({' '.join(str(error).split())[:200] or type(error).__name__})"
        raise CheckpointError(message(expected="a safetensors file", got=got, where=str(path), do=advice)) from error
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


def config_from(config_type: type[ConfigT], values: object, *, where: str) -> ConfigT:
    """Build a configuration dataclass from a checkpoint's JSON; an unknown or missing key is an error.

    A key with a default may be missing: a field added since weights were written has the old behaviour as its default.

    Raises:
        CheckpointError: naming the keys that do not fit, or the value that is of another type or out of range.
    """
    do = "The file is damaged or of another version: use matching weights."
    if not is_object(values):
        raise CheckpointError(message(expected="a configuration", got=shown(values), where=where, do=do))
    known = fields(config_type)  # type: ignore[arg-type]
    names = {field.name for field in known}
    needed = {field.name for field in known if field.default is MISSING and field.default_factory is MISSING}
    if set(values) - names or needed - set(values):
        raise CheckpointError(
            message(
                expected=f"the keys {sorted(names)}",
                got=f"unknown {sorted(set(values) - names)}, missing {sorted(needed - set(values))}",
                where=where,
                do=do,
            )
        )
    given = {key: frozen(value) for key, value in values.items()}
    for name, wanted in get_type_hints(config_type).items():
        most = _MOST_LAYERS if name.endswith("layers") else _MOST
        if name in given and not _fits(given[name], wanted, most):
            got = f"{name} {shown(values[name])}"
            raise CheckpointError(message(expected="a value that can be used", got=got, where=where, do=do))
    try:
        return config_type(**given)
    except (ValueError, ArithmeticError) as error:
        raise CheckpointError(message(expected="sizes that fit", got=str(error), where=where, do=do)) from error


def _fits(value: object, wanted: object, most: float) -> bool:
    """Say whether a value is of a field's type, and a number not beyond what any network has."""
    if get_origin(wanted) is Literal:
        return value in get_args(wanted)
    numbers = cast("tuple[object, ...]", value if isinstance(value, tuple) else (value,))
    within = all(not isinstance(each, int | float) or abs(each) <= most for each in numbers)
    return within and fits(cast("object", value), cast("Kind", wanted))


def network_of(make: Callable[[], NetworkT], weights: Checkpoint, prefix: str = "", *, where: str) -> NetworkT:
    """Return a network with a checkpoint's tensors whose names begin with `prefix`, as float32.

    It is built without memory first: a configuration may claim sizes that no machine holds.

    Raises:
        CheckpointError: if names or shapes do not fit.
    """
    named = {name.removeprefix(prefix): each for name, each in weights.tensors.items() if name.startswith(prefix)}
    shapes = {name: _shape(each.shape) for name, each in named.items()}
    try:
        sketch = _sketched(make)
    except (RuntimeError, ValueError, TypeError, ArithmeticError, IndexError) as error:
        raise _unfit(weights, str(error), where) from error
    wanted = {name: _shape(each.shape) for name, each in cast("nn.Module", sketch).state_dict().items()}
    differing = sorted(name for name in {*wanted, *shapes} if wanted.get(name) != shapes.get(name))
    if differing:
        name = differing[0]
        raise _unfit(weights, f"{name} of shape {shapes.get(name)} instead of {wanted.get(name)}", where)
    network = make()
    fill(cast("nn.Module", network), weights, prefix, where=where)
    return network


def _sketched(make: Callable[[], NetworkT]) -> NetworkT:
    """Return a network whose large tensors have a shape and no memory.

    Not PyTorch's own `with torch.device("meta")`: there, drawing first values imports for seconds. Here none are drawn.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    factories = {torch.empty, torch.zeros, torch.ones, torch.full, torch.randn, torch.rand}

    class Sketch(TorchFunctionMode):
        def __torch_function__(
            self,
            func: Callable[..., object],
            types: object,
            args: tuple[object, ...] = (),
            kwargs: Mapping[str, object] | None = None,
        ) -> object:
            given = dict(kwargs or {})
            changed = args[0] if args else given.get("tensor")
            if re.search(r"[^_]_$", func.__name__) and getattr(changed, "is_meta", False):
                return changed
            return func(*args, **(given | {"device": "meta"} if func in factories else given))

    with Sketch():
        return make()


def _shape(shape: Sequence[int]) -> tuple[int, ...]:
    """Return a shape; a single number may be stored as a row of one."""
    return () if tuple(shape) == (1,) else tuple(shape)


def _unfit(weights: Checkpoint, got: str, where: str) -> CheckpointError:
    expected, do = f"{weights.kind} weights that fit their configuration", "Use a file written by this version."
    return CheckpointError(message(expected=expected, got=" ".join(got.split())[:300], where=where, do=do))


def fill(network: nn.Module, weights: Checkpoint, prefix: str = "", *, where: str) -> None:
    """Put a checkpoint's tensors whose names begin with `prefix`, as float32, into a network.

    Raises:
        CheckpointError: if names or shapes do not fit, or a number is not finite.
    """
    import torch

    named = {name.removeprefix(prefix): each for name, each in weights.tensors.items() if name.startswith(prefix)}
    with np.errstate(over="ignore", invalid="ignore"):
        given = {name: each.astype(np.float32) for name, each in named.items()}
    strange = next((name for name, each in given.items() if not np.isfinite(each).all()), None)
    if strange is not None:
        raise _unfit(weights, f"{strange} with a number that is not finite", where)
    try:
        network.load_state_dict({name: torch.as_tensor(each) for name, each in given.items()})
    except RuntimeError as error:
        raise _unfit(weights, str(error).splitlines()[-1], where) from error
