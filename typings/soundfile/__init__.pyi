"""What we call of soundfile, which has no stubs."""

from os import PathLike
from types import TracebackType
from typing import BinaryIO, Literal, Self, TypeAlias

from exges_core.arrays import Array

_File: TypeAlias = str | PathLike[str] | BinaryIO
_Kind: TypeAlias = Literal["float64", "float32", "int32", "int16"]

class SoundFileError(Exception): ...
class SoundFileRuntimeError(SoundFileError, RuntimeError): ...

class LibsndfileError(SoundFileRuntimeError):
    code: int
    @property
    def error_string(self) -> str: ...

class SoundFile:
    def __init__(
        self,
        file: _File,
        mode: str | None = "r",
        samplerate: int | None = None,
        channels: int | None = None,
        subtype: str | None = None,
        endian: str | None = None,
        format: str | None = None,
        closefd: bool = True,
        compression_level: float | None = None,
        bitrate_mode: str | None = None,
    ) -> None: ...
    @property
    def samplerate(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def frames(self) -> int: ...
    @property
    def format(self) -> str: ...
    @property
    def subtype(self) -> str: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def seekable(self) -> bool: ...
    def read(self, frames: int = -1, dtype: _Kind = "float64", always_2d: bool = False) -> Array: ...
    def write(self, data: Array) -> None: ...
    def close(self) -> None: ...

def read(file: _File, dtype: _Kind = "float64", always_2d: bool = False) -> tuple[Array, int]: ...
def write(
    file: _File,
    data: Array,
    samplerate: int,
    subtype: str | None = None,
    format: str | None = None,
    compression_level: float | None = None,
) -> None: ...
def check_format(format: str, subtype: str | None = None, endian: str | None = None) -> bool: ...
