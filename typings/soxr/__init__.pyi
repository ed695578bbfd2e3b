"""What we call of soxr; its own annotations leave arrays without their kind."""

from exges_core.arrays import Array

class ResampleStream:
    def __init__(
        self, in_rate: float, out_rate: float, num_channels: int, dtype: str = "float32", quality: str = "HQ"
    ) -> None: ...
    def resample_chunk(self, x: Array, last: bool = False) -> Array: ...

def resample(x: Array, in_rate: float, out_rate: float, quality: str = "HQ") -> Array: ...
