from collections.abc import Mapping
from os import PathLike
from typing import IO, Literal, overload

from matplotlib.axes import Axes

from exges_core.arrays import Array

class Figure:
    def __init__(self, figsize: tuple[float, float], *, layout: str) -> None: ...
    def legend(self, *, loc: str) -> object: ...
    @overload
    def subplots(self) -> Axes: ...
    @overload
    def subplots(self, nrows: int, ncols: int = 1, *, squeeze: Literal[False]) -> Array: ...
    def savefig(
        self,
        file: str | PathLike[str] | IO[str] | IO[bytes],
        *,
        format: str | None = None,
        metadata: Mapping[str, None] | None = None,
    ) -> None: ...
    def supxlabel(self, text: str, *, fontsize: float) -> object: ...
