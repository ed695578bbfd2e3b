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
ROUNDING = 0.03
"""Of answers of the faster graph, root mean square over that of the answers; 0.007 in what ships."""


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


class Kind(NamedTuple):
    """How a kind of model is written, and how far its answers may be.

    Attributes:
        shipped: its weights that ship.
        export: makes the graphs.
        difference: of the graphs' answers from PyTorch's.
        rounding: of the faster graph's answers from the exact one's; None = there is none.
    """

    shipped: Path
    export: Callable[[Path], exported.Exported]
    difference: Callable[[Path, Path], float]
    rounding: Callable[[Path, Path], float] | None = None


KINDS = {
    "denoiser": Kind(assets.DENOISER, models.denoiser, parity.of_denoisers, parity.of_whole_numbers),
    "retrieval": Kind(assets.RETRIEVAL, models.retrieval, parity.of_retrieval),
    "planner": Kind(assets.PLANNER, models.planner, parity.of_planners),
}


def main(options: Options) -> None:
    """Export, compare, put in place."""
    named = {"denoiser": options.denoiser, "retrieval": options.retrieval, "planner": options.planner}
    wanted = {name: weights for name, weights in named.items() if weights is not None}
    for name, weights in (wanted or {name: kind.shipped for name, kind in KINDS.items()}).items():
        beside = exported.graphs_beside(weights)
        target = beside if options.out is None else options.out / beside.name
        difference = write(target, weights, KINDS[name])
        print(f"{target}: {target.stat().st_size / 1e3:.0f} kB, answers within {difference:.1e} of PyTorch's")


def write(
    target: Path,
    weights: Path,
    kind: Kind,
) -> float:
    """Write one model and return how far its answers are from PyTorch's.

    Raises:
        CheckpointError: if the weights cannot be used.
        OutputError: if its answers are too far off; what was there stays.
    """
    made = kind.export(weights)
    with replacing(target) as temporary:
        exported.save(temporary, made)
        difference = kind.difference(weights, temporary)
        _check(target, difference, TOLERANCE, "answers within {} of PyTorch's")
        found = {"largest_difference": float(f"{difference:.1e}")}
        if kind.rounding is not None:
            rounding = kind.rounding(weights, temporary)
            _check(target, rounding, ROUNDING, "answers of whole numbers within {} of those of float32")
            found["rounding"] = float(f"{rounding:.1e}")
        exported.save(temporary, replace(made, provenance={**made.provenance, **found}))
    return difference


def _check(target: Path, found: float, limit: float, expected: str) -> None:
    if not found <= limit:
        do = "Nothing was written. Tell us the versions of torch and onnxruntime (exges doctor)."
        what = expected.format(f"{limit:g}")
        raise OutputError(message(expected=what, got=f"{found:g}", where=str(target), do=do))


if __name__ == "__main__":
    start(main, Options, about=__doc__)
