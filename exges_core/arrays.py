"""Shape-typed array aliases: the one place that knows how shapes are annotated.

Annotations read ``Float[Array, "frames joints 3"]``. Outside Blender they are jaxtyping's and are checked under
pytest; Blender's own Python has numpy but no jaxtyping, and there they are documentation only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

            def __class_getitem__(cls, _item: Any) -> Any:  # noqa: ANN401 - mirrors jaxtyping's own signature
                return Any

        Bool = Float = Int = _Unchecked

__all__ = ["Array", "Bool", "Float", "Int"]
