"""Shape-typed array aliases: the one place that knows how shapes are annotated.

Annotations read ``Float[Array, "frames joints 3"]``. Outside Blender they are jaxtyping's and are checked under
pytest; Blender's own Python has numpy but no jaxtyping, and there they are documentation only.

NumPy 1.26 leaves types open in its own stubs of a few functions; they stand here with the types that they have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

    Array = np.ndarray[Any, np.dtype[Any]]
    """A NumPy array; its shape and kind are said around it. Type checkers know its elements as Any."""
else:
    Array = np.ndarray
    try:
        from jaxtyping import Bool, Float, Int
    except ModuleNotFoundError:

        class _Unchecked:
            """Stands for a jaxtyping alias where jaxtyping is absent: accepts any subscript."""

            # Any, because that is what jaxtyping's own signature says.
            def __class_getitem__(cls, _item: Any) -> Any:  # noqa: ANN401
                return Any

        Bool = Float = Int = _Unchecked

__all__ = [
    "Array",
    "Bool",
    "Float",
    "Int",
    "convolve",
    "einsum",
    "interp",
    "median",
    "percentile",
    "polyfit",
    "quantile",
    "svd",
    "whole_number",
    "whole_numbers",
]

convolve = cast("Callable[..., Array]", np.convolve)
"""NumPy's own."""
einsum = cast("Callable[..., Array]", np.einsum)
"""NumPy's own."""
interp = cast("Callable[..., Array]", np.interp)
"""NumPy's own."""
median = cast("Callable[..., Array]", np.median)
"""NumPy's own."""
percentile = cast("Callable[..., Array]", np.percentile)
"""NumPy's own."""
polyfit = cast("Callable[..., Array]", np.polyfit)
"""NumPy's own."""
quantile = cast("Callable[..., Array]", np.quantile)
"""NumPy's own."""
svd = cast("Callable[..., tuple[Array, Array, Array]]", np.linalg.svd)
"""NumPy's own, with both of its bases."""

_integers = cast("Callable[..., Array]", np.random.Generator.integers)


def whole_number(generator: np.random.Generator, low: int, high: int) -> int:
    """Draw a whole number of [low, high)."""
    return int(_integers(generator, low, high))


def whole_numbers(
    generator: np.random.Generator, low: int, high: int, shape: int | tuple[int, ...]
) -> Int[Array, "..."]:
    """Draw whole numbers of [low, high)."""
    return _integers(generator, low, high, shape)
