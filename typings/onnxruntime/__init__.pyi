"""What we call of ONNX Runtime, which has no stubs."""

from collections.abc import Mapping, Sequence

from exges_core.arrays import Array

class OrtAllocatorType:
    ORT_ARENA_ALLOCATOR: OrtAllocatorType

class OrtMemType:
    DEFAULT: OrtMemType

class OrtMemoryInfo:
    def __init__(self, name: str, allocator: OrtAllocatorType, device: int, kind: OrtMemType) -> None: ...

class OrtArenaCfg:
    def __init__(
        self, max_mem: int, arena_extend_strategy: int, initial_chunk_size_bytes: int, max_dead_bytes_per_chunk: int
    ) -> None: ...

class SessionOptions:
    log_severity_level: int
    intra_op_num_threads: int
    inter_op_num_threads: int
    enable_mem_pattern: bool
    def add_session_config_entry(self, key: str, value: str) -> None: ...
    def add_external_initializers(self, names: Sequence[str], values: Sequence[OrtValue]) -> None: ...

class OrtValue:
    @staticmethod
    def ortvalue_from_numpy(array: Array) -> OrtValue: ...

class NodeArg:
    @property
    def name(self) -> str: ...

class InferenceSession:
    def __init__(self, model: str | bytes, options: SessionOptions, providers: Sequence[str]) -> None: ...
    def get_inputs(self) -> list[NodeArg]: ...
    def get_outputs(self) -> list[NodeArg]: ...
    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Array]) -> list[Array]: ...

def create_and_register_allocator(place: OrtMemoryInfo, arena: OrtArenaCfg) -> None: ...
