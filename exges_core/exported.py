"""Networks for ONNX Runtime on disk: graphs without weights, in one zip that says where it came from.

Weights lie once, in their .safetensors: a graph names them, and a session takes them from there when it is made. What
a graph computes depends on a model's sizes alone, so the shipped graphs run any weights of the shipped sizes; others
need graphs of their own beside them, which `training.export` writes. Nothing here needs PyTorch.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from exges_core import json_text
from exges_core.arrays import Array
from exges_core.checkpoint import Checkpoint
from exges_core.errors import CheckpointError, message
from exges_core.files import replacing
from exges_core.threads import at_most
from exges_core.whole_numbers import base_of, part_of, shape_of

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FORMAT_VERSION = 2
"""Raised whenever older files can no longer be read with the same meaning."""
SUFFIX = ".onnx.zip"
THREADS = 2
"""More than two gain little on networks so small, and take cores from Blender."""
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)
_DAMAGE = (zipfile.BadZipFile, zlib.error, LookupError, TypeError, ValueError, AttributeError, EOFError, RuntimeError)
"""What zipfile and JSON raise of a file that is none: strange compressions are RuntimeErrors."""
_LARGEST_BYTES = 2**26
"""Of all members: a header that claims more is refused before anything is read."""


class Network(NamedTuple):
    """A graph, as it is stored.

    Attributes:
        model: a serialised ONNX model; its weights are named and not there.
        weights: the shapes of those weights by their names in the .safetensors, and of their parts (`whole_numbers`).
    """

    model: bytes
    weights: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Exported:
    """The graphs of a model.

    Attributes:
        kind: which model this is.
        sizes: the part of its configuration that the graphs depend on, as JSON.
        sha256: of the weights that they were written from and compared with.
        provenance: by which versions, and how near the graphs' answers are to PyTorch's.
        networks: by name.
    """

    kind: str
    sizes: Mapping[str, Any]
    sha256: str
    provenance: Mapping[str, Any]
    networks: Mapping[str, Network]


class Graph:
    """A network that ONNX Runtime runs on the CPU."""

    def __init__(self, model: bytes, weights: Mapping[str, Array]) -> None:
        """Load it with the arrays that it names."""
        self._session = _session(model, weights)
        self._weights = weights  # some versions of ONNX Runtime read them where they are
        self._inputs = frozenset(each.name for each in self._session.get_inputs())

    def __call__(self, **feeds: Array) -> list[Array]:
        """Return the outputs; what the graph has no use for is left out."""
        return self._session.run(None, {name: each for name, each in feeds.items() if name in self._inputs})


def _session(model: bytes, weights: Mapping[str, Array]) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = at_most(THREADS)
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(each) for each in weights.values()]
    options.add_external_initializers(list(weights), values)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def graphs_beside(weights: Path) -> Path:
    """Return where the graphs of weights lie, if they have their own."""
    return weights.with_suffix(SUFFIX)


def graphs_for(
    weights: Checkpoint,
    path: Path,
    *,
    sizes: Mapping[str, Any],
    shipped: Path,
    own: Path | None = None,
    only: str | None = None,
) -> dict[str, Graph]:
    """Return the graphs that run weights, ready: their own if there are, else the shipped ones.

    Args:
        weights: as read from `path`.
        path: where they lie.
        sizes: what `Exported.sizes` must be.
        shipped: the shipped graphs of this kind.
        own: their own graphs; None = those beside them, if there are.
        only: the one that is wanted; None = all.

    Raises:
        CheckpointError: if graphs are damaged, were written from other weights, or are of other sizes.
    """
    beside = graphs_beside(path) if own is None else own
    is_own = own is not None or beside.is_file()
    file = beside if is_own else shipped
    found = load(file, kind=weights.kind)
    if is_own and found.sha256 != weights.sha256:
        got = f"graphs of other weights (sha256 {found.sha256[:12]}, not {weights.sha256[:12]})"
        raise _unfit(file, weights.kind, got, path)
    if dict(found.sizes) != dict(sizes):
        differ = sorted(name for name in {*sizes, *found.sizes} if sizes.get(name) != found.sizes.get(name))
        raise _unfit(file, weights.kind, f"graphs of other sizes ({', '.join(differ)})", path)
    if only is not None and only not in found.networks:
        raise _unfit(file, weights.kind, f"no graph {only!r}", path)
    wanted = {name: each for name, each in found.networks.items() if only in (None, name)}
    arrays = _arrays(weights, wanted, path)
    return {
        name: Graph(each.model, {weight: arrays[weight] for weight in each.weights}) for name, each in wanted.items()
    }


def _arrays(weights: Checkpoint, networks: Mapping[str, Network], path: Path) -> dict[str, Array]:
    """Return the weights that graphs name: each once, whoever shares it."""
    shapes = {name: shape for each in networks.values() for name, shape in each.weights.items()}
    for name, shape in shapes.items():
        there = weights.tensors.get(base_of(name))
        if there is None or shape_of(name, there.shape) != shape:
            got = f"{name} {'missing' if there is None else f'of shape {there.shape}, not {shape}'}"
            raise _unfit(path, weights.kind, got, path)
    return {name: part_of(name, weights.tensors[base_of(name)]) for name in shapes}


def save(path: Path, exported: Exported) -> None:
    """Write graphs; equal ones give equal bytes.

    Raises:
        OutputError: if it cannot be written.
    """
    head = {
        "format": FORMAT_VERSION,
        "kind": exported.kind,
        "sizes": dict(exported.sizes),
        "sha256": exported.sha256,
        "provenance": dict(exported.provenance),
        "weights": {name: dict(each.weights) for name, each in exported.networks.items()},
    }
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as file:
        _add(file, "model.json", json.dumps(head, indent=1, sort_keys=True).encode())
        for name in sorted(exported.networks):
            _add(file, f"{name}.onnx", exported.networks[name].model)


def load(path: Path, *, kind: str) -> Exported:
    """Read the graphs of one kind of model.

    Raises:
        CheckpointError: if they are missing, damaged, of another kind or of another format version.
    """
    try:
        with zipfile.ZipFile(path) as file:
            if sum(each.file_size for each in file.infolist()) > _LARGEST_BYTES:
                raise ValueError(f"members that claim more than {_LARGEST_BYTES} bytes")
            content = {each.filename: file.read(each) for each in file.infolist()}
        head = cast("dict[str, Any]", json_text.parse(content["model.json"]))
        found = (head["kind"], head["format"])
        if found != (kind, FORMAT_VERSION):
            raise _unfit(path, kind, f"{found[0]} of format {found[1]}")
        return Exported(
            kind=kind,
            sizes=head["sizes"],
            sha256=head["sha256"],
            provenance=head["provenance"],
            networks={
                name: Network(content[f"{name}.onnx"], {weight: tuple(shape) for weight, shape in shapes.items()})
                for name, shapes in head["weights"].items()
            },
        )
    except (OSError, *_DAMAGE) as error:
        raise _unfit(path, kind, " ".join(str(error).split())[:200] or type(error).__name__) from error


def _add(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    file.writestr(zipfile.ZipInfo(name, date_time=_WRITTEN_AT), content, zipfile.ZIP_DEFLATED, 9)


def _unfit(path: Path, kind: str, got: str, weights: Path | None = None) -> CheckpointError:
    expected = f"graphs of the {kind} for ONNX Runtime, format {FORMAT_VERSION}"
    of = f"--{kind} FILE" if weights is None else f"--{kind} {weights}"
    do = f"Write them from the weights (python -m training.export {of}), or use the engine torch."
    return CheckpointError(message(expected=expected, got=got, where=str(path), do=do))
