"""Networks for ONNX Runtime on disk: graphs, and what else a model is, in one zip that says where it came from.

`training.export` writes them from weights; what runs them needs neither PyTorch nor the weights. A file's identity is
that of its weights: motion bases that were made with those fit.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from exges_core.arrays import Array
from exges_core.errors import CheckpointError, message
from exges_core.files import replacing

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FORMAT_VERSION = 1
"""Raised whenever older files can no longer be read with the same meaning."""
THREADS = 2
"""More than two gain little on networks so small, and take cores from Blender."""
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)
_LARGEST_BYTES = 2**30
"""Of one member: a header that claims more is refused before anything is read."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Exported:
    """A model for ONNX Runtime.

    Attributes:
        kind: which model this is.
        config: its sizes and names, as JSON.
        provenance: how its weights came to be, and how near the graphs' answers are to PyTorch's.
        tensors: what is no weight of a graph: statistics, counts.
        graphs: serialised ONNX models by name.
        name, sha256: of the weights.
    """

    kind: str
    config: Mapping[str, Any]
    provenance: Mapping[str, Any]
    tensors: Mapping[str, Array]
    graphs: Mapping[str, bytes]
    name: str
    sha256: str

    def graph(self, name: str) -> Graph:
        """Return a graph, ready to run."""
        return Graph(self.graphs[name])


class Graph:
    """A network that ONNX Runtime runs on the CPU."""

    def __init__(self, model: bytes) -> None:
        """Load it; its weights are in `model`."""
        self._session = _session(model)
        self._inputs = frozenset(each.name for each in self._session.get_inputs())

    def __call__(self, **feeds: Array) -> list[Array]:
        """Return the outputs; what the graph has no use for is left out."""
        return self._session.run(None, {name: each for name, each in feeds.items() if name in self._inputs})


def _session(model: bytes) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = THREADS
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def save(path: Path, exported: Exported) -> None:
    """Write a model; equal models give equal bytes.

    Raises:
        OutputError: if it cannot be written.
    """
    head = {
        "format": FORMAT_VERSION,
        "kind": exported.kind,
        "name": exported.name,
        "sha256": exported.sha256,
        "config": dict(exported.config),
        "provenance": dict(exported.provenance),
    }
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as file:
        _add(file, "model.json", json.dumps(head, indent=1, sort_keys=True).encode())
        for name in sorted(exported.tensors):
            buffer = io.BytesIO()
            np.save(buffer, np.ascontiguousarray(exported.tensors[name]), allow_pickle=False)
            _add(file, f"tensors/{name}.npy", buffer.getvalue())
        for name in sorted(exported.graphs):
            _add(file, f"graphs/{name}.onnx", exported.graphs[name])


def load(path: Path, *, kind: str) -> Exported:
    """Read a model of one kind.

    Raises:
        CheckpointError: if it is missing, damaged, of another kind or of another format version.
    """
    try:
        with zipfile.ZipFile(path) as file:
            content = {each.filename: _read(file, each) for each in file.infolist()}
        head: dict[str, Any] = json.loads(content["model.json"])
        found = (head["kind"], head["format"])
        if found != (kind, FORMAT_VERSION):
            raise _unfit(path, kind, f"{found[0]} of format {found[1]}")
        return Exported(
            kind=kind,
            config=head["config"],
            provenance=head["provenance"],
            tensors={name: _array(each) for name, each in _below(content, "tensors/", ".npy")},
            graphs=dict(_below(content, "graphs/", ".onnx")),
            name=head["name"],
            sha256=head["sha256"],
        )
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise _unfit(path, kind, str(error) or type(error).__name__) from error


def _add(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    file.writestr(zipfile.ZipInfo(name, date_time=_WRITTEN_AT), content, zipfile.ZIP_DEFLATED, 9)


def _read(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > _LARGEST_BYTES:
        raise ValueError(f"{member.filename} claims {member.file_size} bytes")
    return file.read(member)


def _array(content: bytes) -> Array:
    return np.load(io.BytesIO(content), allow_pickle=False)


def _below(content: Mapping[str, bytes], folder: str, suffix: str) -> list[tuple[str, bytes]]:
    return [
        (name.removeprefix(folder).removesuffix(suffix), each)
        for name, each in content.items()
        if name.startswith(folder)
    ]


def _unfit(path: Path, kind: str, got: str) -> CheckpointError:
    expected = f"a {kind} for ONNX Runtime, format {FORMAT_VERSION}"
    do = "Write it anew: python -m training.export."
    return CheckpointError(message(expected=expected, got=got, where=str(path), do=do))
