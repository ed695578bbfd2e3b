"""What the losses ask for: a sampler needs the mean of what is possible, and gets it."""

from dataclasses import replace

import pytest
import torch

from exges_core.diffusion.config import MOTION_CHANNELS
from exges_core.diffusion.objective import ObjectiveConfig, losses

PLAIN = ObjectiveConfig()
MEAN, STD = torch.zeros(MOTION_CHANNELS), torch.ones(MOTION_CHANNELS)


def best_answer(config: ObjectiveConfig) -> float:
    """Return which constant, of 0 to 4, is answered to "0 nine times in ten, else 4"."""
    truth = torch.zeros(10, 2, MOTION_CHANNELS)
    truth[0] = 4.0
    everything, one = torch.ones(10, 2, dtype=torch.bool), torch.ones(10)
    answers = torch.linspace(0.0, 4.0, 401)
    costs = [
        losses(torch.full_like(truth, float(each)), truth, everything, config, MEAN, STD, one, one)["loss"]
        for each in answers
    ]
    return float(answers[int(torch.stack(costs).argmin())])


def test_the_square_asks_for_the_mean_and_smooth_l1_does_not() -> None:
    assert best_answer(replace(PLAIN, is_squared=True)) == pytest.approx(0.4, abs=0.01)
    assert best_answer(PLAIN) == pytest.approx(1 / 9, abs=0.01)  # where 9 a = 1: an error beyond 1 pulls no harder


def test_small_errors_cost_the_same_either_way() -> None:
    truth = torch.randn(3, 6, MOTION_CHANNELS)
    predicted = truth + 0.1 * torch.randn_like(truth)
    everything, one = torch.ones(3, 6, dtype=torch.bool), torch.ones(3)
    config = ObjectiveConfig(velocity=3.0, acceleration=1.0)
    found = [
        losses(predicted, truth, everything, each, MEAN, STD, one, one)
        for each in (config, replace(config, is_squared=True))
    ]
    for name, value in found[0].items():
        torch.testing.assert_close(value, found[1][name], msg=name)


@pytest.mark.parametrize("name", ["position", "foot"])
def test_where_noise_hides_the_pose_its_places_do_not_count(name: str) -> None:
    config = ObjectiveConfig(position=1.0, foot=1.0, pose_stride=1, is_pose_by_signal=True)
    truth = 0.1 * torch.randn(4, 8, MOTION_CHANNELS, generator=torch.Generator().manual_seed(0))
    truth[..., -4:] = 1.0  # feet on the ground
    predicted = truth + 0.3 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(1))
    everything, one = torch.ones(4, 8, dtype=torch.bool), torch.ones(4)

    def cost(signal: float, each: ObjectiveConfig = config) -> float:
        return float(losses(predicted, truth, everything, each, MEAN, STD, one, signal * one)[name])

    assert cost(0.0) == 0.0
    assert cost(0.25) == pytest.approx(0.25 * cost(1.0))
    assert cost(0.25, replace(config, is_pose_by_signal=False)) == pytest.approx(cost(1.0))
