"""Parts of the add-on that need no Blender: fewer keys, translations, tooltips' translations in step with the code."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ADDON = Path(__file__).resolve().parents[2] / "blender_addon"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"addon_{name}", ADDON / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


decimate, translations = load("decimate"), load("translations")


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    frames=st.integers(1, 120),
    channels=st.integers(1, 4),
    tolerance=st.sampled_from([1e-4, 0.01, 0.2]),
)
def test_no_frame_is_farther_off_than_the_tolerance(seed: int, frames: int, channels: int, tolerance: float) -> None:
    generator = np.random.default_rng(seed)
    values = np.cumsum(generator.normal(size=(frames, channels)), axis=0)
    kept = generator.integers(0, frames, size=3)
    keys = decimate.key_frames(values, tolerance, kept=kept)
    assert set(kept.tolist()) <= set(keys.tolist())
    assert (np.diff(keys) > 0).all()
    if len(keys) < frames:
        shown = decimate.interpolated(values, decimate.slopes_of(values), keys)
        assert np.abs(shown - values).max() <= tolerance


def test_smooth_motion_needs_few_keys_and_a_still_one_two() -> None:
    time_s = np.arange(240)[:, None] / 24.0
    assert len(decimate.key_frames(np.sin(2.0 * time_s), 0.005)) < 40
    assert decimate.key_frames(np.zeros((240, 4)), 1e-6).tolist() == [0, 239]


@pytest.mark.parametrize("language", translations.TABLES)
def test_a_language_keeps_the_values_of_a_sentence_and_says_nothing_that_the_code_does_not(language: str) -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in ADDON.glob("*.py") if path.name != "translations.py"
    )
    table = translations.TABLES[language]
    assert len(table) > 50
    for (_, english), said in table.items():
        assert f'"{english}"' in source, english
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", said)), english
