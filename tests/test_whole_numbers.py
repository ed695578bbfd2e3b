"""Weights as whole numbers."""

from __future__ import annotations

import numpy as np
import pytest

from exges_core.whole_numbers import INT8, LARGEST, SCALE, base_of, part_of, shape_of


@pytest.mark.parametrize("shape", [(5, 7), (1, 4), (3, 1)])
def test_columns_are_put_back_within_half_a_step(shape: tuple[int, int]) -> None:
    weight = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    weight[0] = 0.0
    numbers, scale = part_of("w" + INT8, weight), part_of("w" + SCALE, weight)
    assert (numbers.dtype, numbers.shape, scale.shape) == (
        np.int8,
        shape_of("w" + INT8, shape),
        shape_of("w" + SCALE, shape),
    )
    assert np.abs(numbers).max() <= LARGEST
    assert (np.abs(numbers * scale - weight.T) <= scale * 0.50001).all()
    assert (numbers[:, 0] == 0).all()


def test_a_weight_itself_stays_as_it_is() -> None:
    weight = np.arange(6, dtype=np.float16).reshape(2, 3)
    np.testing.assert_array_equal(part_of("w", weight), weight.astype(np.float32))
    assert (base_of("w"), base_of("w" + INT8), shape_of("w", (2, 3))) == ("w", "w", (2, 3))
