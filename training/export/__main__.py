"""Write what ONNX Runtime runs: ``python -m training.export --denoiser mine.safetensors`` writes mine.onnx.zip beside.

Each file holds a model's graphs in float32 without its weights, whose digest it names, and how near the answers are to
PyTorch's. What is farther than `TOLERANCE` is not written. The shipped graphs also run other weights of their sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from exges_core import assets, exported
from exges_core.errors import OutputError, message
from exges_core.files import replacing
from training.command import start
from training.export import models, parity

TOLERANCE = 1e-4
"""Of any answer: motion then differs by far less than 0.1 degrees."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to write.

    Attributes:
        denoiser: weights whose graph is wanted; if nothing is named, all that ship.
        retrieval: likewise.
        planner: likewise.
        out: the folder; None = beside each, where they are looked for.
    """

    denoiser: Path | None = None
    retrieval: Path | None = None
    planner: Path | None = None
    out: Path | None = None


class _Kind(NamedTuple):
    shipped: Path
    export: Callable[[Path], exported.Exported]
    difference: Callable[[Path, Path], float]


_KINDS = {
    "denoiser": _Kind(assets.DENOISER, models.denoiser, parity.of_denoisers),
    "retrieval": _Kind(assets.RETRIEVAL, models.retrieval, parity.of_retrieval),
    "planner": _Kind(assets.PLANNER, models.planner, parity.of_planners),
}


def main(options: Options) -> None:
    """Export, compare, put in place."""
    named = {"denoiser": options.denoiser, "retrieval": options.retrieval, "planner": options.planner}
    wanted = {name: weights for name, weights in named.items() if weights is not None}
    for name, weights in (wanted or {name: kind.shipped for name, kind in _KINDS.items()}).items():
        beside = exported.graphs_beside(weights)
        target = beside if options.out is None else options.out / beside.name
        difference = write(target, weights, _KINDS[name].export, _KINDS[name].difference)
        print(f"{target}: {target.stat().st_size / 1e3:.0f} kB, answers within {difference:.1e} of PyTorch's")


def write(
    target: Path,
    weights: Path,
    export: Callable[[Path], exported.Exported],
    difference_of: Callable[[Path, Path], float],
) -> float:
    """Write one model and return how far its answers are from PyTorch's.

    Raises:
        CheckpointError: if the weights cannot be used.
        OutputError: if its answers are too far off; what was there stays.
    """
    made = export(weights)
    with replacing(target) as temporary:
        exported.save(temporary, made)
        difference = difference_of(weights, temporary)
        if not difference <= TOLERANCE:
            expected, got = f"answers within {TOLERANCE:g} of PyTorch's", f"{difference:g}"
            do = "Nothing was written. Tell us the versions of torch and onnxruntime (exges doctor)."
            raise OutputError(message(expected=expected, got=got, where=str(target), do=do))
        provenance = {**made.provenance, "largest_difference": float(f"{difference:.1e}")}
        exported.save(temporary, replace(made, provenance=provenance))
    return difference


if __name__ == "__main__":
    start(main, Options, about=__doc__)
