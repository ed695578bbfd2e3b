"""Training masks: shares as the paper states them, the curriculum from easy to hard."""

import numpy as np
import pytest
import torch

from exges_core.motion.skeleton import HANDS, UPPER_BODY
from training.diffusion.masking import MaskingConfig, Masks, draw_masks, observed_rate

PAPER = MaskingConfig()


def drawn(config: MaskingConfig, progress: float, batch: int = 2000) -> Masks:
    return draw_masks(config, batch, 32, progress, generator=torch.Generator().manual_seed(0))


def test_the_curriculum_falls_from_most_to_little() -> None:
    rates = [observed_rate(PAPER, progress) for progress in np.linspace(0, 1, 11)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == pytest.approx(0.9)
    assert rates[-1] == pytest.approx(0.03)
    assert observed_rate(MaskingConfig(curriculum_share=0.5), 0.5) == pytest.approx(0.03)
    assert observed_rate(MaskingConfig(curriculum_share=0.0), 0.0) == pytest.approx(0.03)


def test_shares_are_the_papers() -> None:
    masks = drawn(PAPER, 1.0)
    observed = masks.is_observed
    has_control = observed.any(dim=2).any(dim=1)
    assert float(has_control.float().mean()) == pytest.approx(0.7 * 0.95, abs=0.03)
    is_frames = has_control & (observed.all(dim=2) == observed.any(dim=2)).all(dim=1)
    assert float(is_frames.float().sum() / has_control.float().sum()) == pytest.approx(0.3, abs=0.04)
    assert float((~masks.has_audio).float().mean()) == pytest.approx(0.05, abs=0.015)
    assert float((~masks.has_style).float().mean()) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("kind", [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)], ids=["keypoints", "frames", "sequences"])
def test_each_kind_observes_its_rate_and_at_least_something(kind: tuple[float, float]) -> None:
    config = MaskingConfig(control_share=1.0, keypoint_share=kind[0], frame_share=kind[1], null_control_share=0.0)
    for progress in (0.0, 1.0):
        observed = drawn(config, progress, 500).is_observed
        assert observed.any(dim=2).any(dim=1).all()
        # A sequence covers a part of the window; the other kinds cover the rate itself.
        share = float(observed.float().mean())
        rate = observed_rate(config, progress)
        assert (0.5 if kind == (0.0, 0.0) else 0.9) * rate < share < rate + 0.04


def test_seeds_are_contiguous_from_an_end_and_whole() -> None:
    observed = drawn(MaskingConfig(control_share=0.0, seed_share=1.0, null_control_share=0.0), 1.0, 300).is_observed
    shown = observed.all(dim=2)
    assert torch.equal(shown, observed.any(dim=2))
    assert (shown[:, 0] | shown[:, -1]).all()
    changes = (shown[:, 1:] != shown[:, :-1]).sum(dim=1)
    both = shown[:, 0] & shown[:, -1]
    assert (changes[both] == 2).all()
    assert (changes[~both] == 1).all()
    assert 0.2 < float(both.float().mean()) < 0.45


def test_some_poses_show_upper_body_and_hands_alone() -> None:
    config = MaskingConfig(control_share=1, keypoint_share=0, frame_share=1, upper_body_share=1, null_control_share=0)
    groups = drawn(config, 1.0, 50).is_observed.any(dim=1)
    expected = torch.zeros(56, dtype=torch.bool)
    expected[[*UPPER_BODY, *HANDS]] = True
    assert (groups == expected).all()


def test_a_seed_is_a_mask() -> None:
    assert torch.equal(drawn(PAPER, 0.5, 10).is_observed, drawn(PAPER, 0.5, 10).is_observed)
