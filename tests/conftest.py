"""Fixtures that every room's tests share; jaxtyping annotations are checked by beartype while tests run."""

from pathlib import Path

import numpy as np
import pytest
from jaxtyping import install_import_hook

install_import_hook(["exges_core", "training"], "typechecker.check")

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT.parent / "shared" / "data" / "beat2_sample"


@pytest.fixture
def generator() -> np.random.Generator:
    """Hand out fresh, repeatable randomness."""
    return np.random.default_rng(20251122)


@pytest.fixture
def real_clip_folder() -> Path:
    """Return the folder of the one real BEAT2 clip, or skip where it is not at hand."""
    if not (SAMPLE / "2_scott_0_1_1.npz").is_file():
        pytest.skip("the real BEAT2 sample is not on this machine (../shared/data/beat2_sample)")
    return SAMPLE
