"""What we call of Faiss, as its Python wrappers take it; its own annotations describe the C++ signatures."""

from exges_core.arrays import Array

IO_FLAG_MMAP_IFC: int
METRIC_INNER_PRODUCT: int

class ScalarQuantizer:
    QT_fp16: int

class Index:
    def add(self, x: Array) -> None: ...
    def search(self, x: Array, k: int) -> tuple[Array, Array]: ...

class IndexFlatIP(Index):
    def __init__(self, d: int) -> None: ...

class IndexScalarQuantizer(Index):
    def __init__(self, d: int, qtype: int, metric: int) -> None: ...

class HNSW:
    efSearch: int

class IndexHNSW(Index):
    hnsw: HNSW

class IndexHNSWSQ(IndexHNSW):
    def __init__(self, d: int, qtype: int, M: int, metric: int) -> None: ...

def read_index(filename: str, flags: int = 0) -> Index: ...
def write_index(index: Index, filename: str) -> None: ...
