"""What reads a gesture back from its latents while the evaluator is trained; nothing else needs it.

The shape of the field's public decoder (facts): two residual blocks, then each layer doubles the frame rate.
"""

from __future__ import annotations

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

SLOPE = 0.2


class Decoder(nn.Module):
    """240 latent channels to 330 rotation channels at 16 times the frame rate."""

    def __init__(self, latent: int = 240, channels: int = 330, doublings: int = 4, blocks: int = 2) -> None:
        super().__init__()
        layers: list[nn.Module] = [ResidualBlock(latent) for _ in range(blocks)]
        widths = [latent] * doublings + [channels]
        for before, after in pairwise(widths):
            layers += [nn.Upsample(scale_factor=2, mode="nearest"), _convolution(before, after), nn.LeakyReLU(SLOPE)]
        self.main = nn.Sequential(*layers, _convolution(channels, channels))

    def forward(self, latents: Float[Tensor, "batch latents 240"]) -> Float[Tensor, "batch frames channels"]:
        """Return the rotations' rows."""
        return self.main(latents.transpose(1, 2)).transpose(1, 2)


class ResidualBlock(nn.Module):
    """x + convolution(leaky(convolution(x)))."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.model = nn.Sequential(
            _convolution(channels, channels), nn.LeakyReLU(SLOPE), _convolution(channels, channels)
        )

    def forward(self, values: Float[Tensor, "batch channels latents"]) -> Float[Tensor, "batch channels latents"]:
        """Return the block's output."""
        return values + self.model(values)


def _convolution(before: int, after: int) -> nn.Conv1d:
    return nn.Conv1d(before, after, kernel_size=3, padding=1)
