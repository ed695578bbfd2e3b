"""Banded equations are solved as SciPy solves them, in one block or many."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from exges_core.signals.banded import solved


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 260), st.integers(1, 5), st.integers(0, 2**32 - 1), st.booleans())
def test_solutions_are_scipys(size: int, width: int, seed: int, is_stiff: bool) -> None:
    generator = np.random.default_rng(seed)
    root = np.tril(np.triu(generator.normal(size=(size, size)), -(width - 1)))
    root[np.diag_indices(size)] = generator.uniform(0.5, 2.0, size) + 3.0 * width
    matrix = (1e3 if is_stiff else 1.0) * root @ root.T
    # What stands beyond the matrix is not to be read.
    band = np.full((width, size), np.nan)
    for apart in range(min(width, size)):
        band[apart, : size - apart] = np.diagonal(matrix, -apart)
    force = generator.normal(size=(size, 3))
    found, wanted = solved(band, force), linalg.solveh_banded(np.nan_to_num(band), force, lower=True)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10 * max(1e-3, float(np.abs(wanted).max())))
    np.testing.assert_allclose(matrix @ found, force, atol=1e-8)
