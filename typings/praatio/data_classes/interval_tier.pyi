from collections.abc import Sequence

from praatio.data_classes.textgrid_tier import TextgridTier
from praatio.utilities.constants import Interval

class IntervalTier(TextgridTier):
    def __init__(
        self, name: str, entries: Sequence[Interval], minT: float | None = None, maxT: float | None = None
    ) -> None: ...
    @property
    def entries(self) -> tuple[Interval, ...]: ...
