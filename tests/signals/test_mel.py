"""Mel bands are librosa's."""

import librosa
import numpy as np
import pytest

from exges_core.signals.mel import mel_bands


@pytest.mark.parametrize(
    ("rate_hz", "window", "count"), [(16_000, 1024, 80), (22_050, 2048, 128), (8_000, 512, 40), (1_500, 512, 13)]
)
def test_mel_bands_are_librosas(rate_hz: int, window: int, count: int) -> None:
    found = mel_bands(rate_hz=rate_hz, window=window, count=count)
    wanted = librosa.filters.mel(sr=rate_hz, n_fft=window, n_mels=count)
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10)
