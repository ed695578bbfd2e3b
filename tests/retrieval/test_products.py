"""Searching in NumPy finds what FAISS' exact index finds; equal products come by their vectors' numbers."""

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.retrieval.products import Compared

NEAR = 1e-6
"""Of float32 sums of unit vectors in two orders."""


def exact(queries: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return queries.astype(np.float64) @ vectors.astype(np.float64).T


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 2000), st.integers(1, 5), st.integers(1, 40), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1)
)
def test_the_largest_are_those_of_faiss(
    size: int, asked: int, count: int, is_coded: bool, has_doubles: bool, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(size, 24)).astype(np.float32)
    if has_doubles:
        vectors = vectors[generator.integers(0, max(1, size // 8), size)]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)
    queries, count = generator.normal(size=(asked, 24)).astype(np.float32), min(count, size)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    kind = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexScalarQuantizer(24, kind, faiss.METRIC_INNER_PRODUCT) if is_coded else faiss.IndexFlatIP(24)
    index.add(vectors)
    scores, numbers = Compared(vectors).largest(queries, count)
    wanted, known = index.search(queries, count)
    np.testing.assert_allclose(scores, wanted, rtol=0, atol=NEAR)
    np.testing.assert_allclose(scores, np.take_along_axis(exact(queries, vectors), numbers, 1), rtol=0, atol=NEAR)
    for query in range(asked):
        # FAISS names equal ones in some order and last bits differ: what is clear of the last place is the same.
        clear = scores[query] > scores[query, -1] + NEAR
        assert set(numbers[query, clear]) == set(known[query, wanted[query] > wanted[query, -1] + NEAR])
        ties = np.diff(scores[query]) == 0
        assert (np.diff(numbers[query])[ties] > 0).all()


def test_of_many_equal_vectors_the_first_are_named() -> None:
    vectors = np.tile(np.full((1, 16), 0.25, np.float32), (5000, 1))
    scores, numbers = Compared(vectors).largest(vectors[:2], 12)
    assert numbers.tolist() == [list(range(12))] * 2
    assert np.unique(scores).tolist() == [1.0]


@pytest.mark.parametrize("size", [1, 37, 900])
def test_products_have_the_same_bits_in_any_company(size: int, generator: np.random.Generator) -> None:
    vectors = generator.normal(size=(1000, 64)).astype(np.float32)
    queries = generator.normal(size=(30, 64)).astype(np.float32)
    scores, numbers = Compared(vectors[:size]).largest(queries, 1)
    alone = [Compared(vectors[number[0] : number[0] + 1]).largest(queries[each : each + 1], 1)[0][0, 0]
             for each, number in enumerate(numbers)]  # fmt: skip
    np.testing.assert_array_equal(scores[:, 0], alone)
