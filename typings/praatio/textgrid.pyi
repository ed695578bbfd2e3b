from typing import Literal

from praatio.data_classes.interval_tier import IntervalTier
from praatio.data_classes.textgrid_tier import TextgridTier

__all__ = ["IntervalTier", "Textgrid", "openTextgrid"]

class Textgrid:
    def __init__(self, minTimestamp: float | None = None, maxTimestamp: float | None = None) -> None: ...
    @property
    def tierNames(self) -> tuple[str, ...]: ...
    def addTier(self, tier: TextgridTier) -> None: ...
    def getTier(self, tierName: str) -> TextgridTier: ...
    def save(
        self,
        fn: str,
        format: Literal["short_textgrid", "long_textgrid", "json", "textgrid_json"],
        includeBlankSpaces: bool,
        *,
        reportingMode: Literal["silence", "warning", "error"] = "warning",
    ) -> None: ...

def openTextgrid(
    fnFullPath: str,
    includeEmptyIntervals: bool,
    reportingMode: Literal["silence", "warning", "error"] = "warning",
    duplicateNamesMode: Literal["error", "rename"] = "error",
) -> Textgrid: ...
