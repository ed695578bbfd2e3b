"""Names of faces that the tests of this folder share."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from exges_core.arrays import Array
from exges_core.face.rigs import FaceMatch, ShapeKey, match_shapes

NAMES: Mapping[str, list[str]] = {
    family: names.split()
    for family, names in tomllib.loads((Path(__file__).parent / "names.toml").read_text(encoding="utf-8")).items()
}


def keys_of(names: list[str], mesh: str = "Head") -> list[ShapeKey]:
    return [ShapeKey(mesh=mesh, name=name) for name in names]


@pytest.fixture(scope="session")
def matched() -> Callable[[str], FaceMatch]:
    known = {family: match_shapes(keys_of(names)) for family, names in NAMES.items()}
    return known.__getitem__


@pytest.fixture(scope="session")
def random_curves() -> Array:
    return np.random.default_rng(5).uniform(0.0, 1.0, (200, 52))
