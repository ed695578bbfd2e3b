"""Write the networks for ONNX Runtime: ``python -m training.export --out FOLDER``.

Each file holds a model's graphs in float32, its sizes, names and statistics, how its weights came to be and how near
the graphs' answers are to PyTorch's. What is farther than `TOLERANCE` is not written.
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
SUFFIX = ".onnx.zip"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to write.

    Attributes:
        out: the folder.
        denoiser: weights; those that ship by default.
        retrieval: likewise.
        planner: likewise.
    """

    out: Path
    denoiser: Path = assets.DENOISER
    retrieval: Path = assets.RETRIEVAL
    planner: Path = assets.PLANNER


class _Kind(NamedTuple):
    weights: Path
    export: Callable[[Path], exported.Exported]
    difference: Callable[[Path, Path], float]


def main(options: Options) -> None:
    """Export, compare, put in place."""
    kinds = {
        "denoiser": _Kind(options.denoiser, models.denoiser, parity.of_denoisers),
        "retrieval": _Kind(options.retrieval, models.retrieval, parity.of_retrieval),
        "planner": _Kind(options.planner, models.planner, parity.of_planners),
    }
    for name, kind in kinds.items():
        target = options.out / f"{name}{SUFFIX}"
        difference = write(target, *kind)
        print(f"{target}: {target.stat().st_size / 1e6:.1f} MB, answers within {difference:.1e} of PyTorch's")


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
        provenance = {**made.provenance, "onnx": {"largest_difference": float(f"{difference:.1e}")}}
        exported.save(temporary, replace(made, provenance=provenance))
    return difference


if __name__ == "__main__":
    start(main, Options, about=__doc__)
