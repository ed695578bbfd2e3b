from typing import Literal

from exges_core.arrays import Array

def onset_detect(
    *, y: Array, sr: float = 22050, hop_length: int = 512, units: Literal["frames", "samples", "time"] = "frames"
) -> Array: ...
