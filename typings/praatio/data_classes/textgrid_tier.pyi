from praatio.utilities.constants import Interval, Point

class TextgridTier:
    @property
    def entries(self) -> tuple[Interval, ...] | tuple[Point, ...]: ...
