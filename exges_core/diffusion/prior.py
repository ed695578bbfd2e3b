"""What a linear filter can say about the clean motion, so that the network needs to learn only the rest (ours).

Motion is nearly Gaussian and smooth: for stationary Gaussian data the best estimate of x0 from a noisy window is a
Wiener filter, and it is known in closed form at every noise level. A network of a few hundred channels per token cannot
even pass its input through: measured on validation windows of the authored corpus, one trained for 9408 steps without
this kept 40 % of the energy of motion's velocity when its input was almost clean (the filter: 96 %), and was worse than
the filter at every timestep below 600. So the filter's answer is the network's starting point, its remaining
uncertainty the scale of what the network adds (as the skip connection and the output scale of Karras et al. 2022,
"Elucidating the Design Space", Table 1, whose filter is a number), and both are inputs to nothing else.

Where entries are observed, the filter works on what differs from the guess that these alone allow (`kriging`): so a
key's influence reaches as far as motion is correlated, however strong the noise around it.

Statistics: principal components of normalised frames, and the mean square of each component's cosine transform over a
window. Components are taken as independent of one another, and frequencies too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from exges_core.diffusion.schedule import cosine_schedule
from exges_core.tensors import eigh

SMALLEST_POWER = 1e-7
"""Of a component at a frequency, in normalised units: what is as good as still."""


class LinearPrior(nn.Module):
    """A Wiener filter over a window, in the basis of the motion's principal components."""

    basis: Tensor
    power: Tensor
    correlation: Tensor
    _cosines: Tensor
    _kept: Tensor

    def __init__(
        self, channels: int, rank: int, window_frames: int, training_steps: int, *, groups: Sequence[int] = ()
    ) -> None:
        """Make a prior that knows nothing yet.

        Args:
            channels: of the motion.
            rank: principal components.
            window_frames: length of every window.
            training_steps: timesteps.
            groups: sizes of groups of channels, from the first on, whose correlation over time is wanted.
        """
        super().__init__()
        self.groups = tuple(groups)
        self.register_buffer("basis", torch.zeros(channels, rank))
        self.register_buffer("power", torch.ones(window_frames, rank))
        if groups:
            self.register_buffer("correlation", torch.zeros(window_frames, len(groups)))
        self.register_buffer("_cosines", cosines(window_frames), persistent=False)
        kept = torch.as_tensor(cosine_schedule(training_steps).alpha_bar, dtype=torch.float32)
        self.register_buffer("_kept", kept, persistent=False)

    @torch.no_grad()
    def fit(self, windows: Float[Tensor, "windows frames channels"]) -> None:
        """Learn the statistics from normalised windows."""
        flat = windows.reshape(-1, windows.shape[-1]).double()
        covariance = flat.T @ flat / len(flat)  # normalised features have mean 0
        vectors = eigh(covariance)[1].flip(-1)[:, : self.basis.shape[1]]
        self.basis.copy_(vectors)
        spectra = self._cosines @ (windows.to(self.basis.dtype) @ self.basis)
        self.power.copy_(spectra.square().mean(dim=0).clamp(min=SMALLEST_POWER))
        self.correlate()

    @torch.no_grad()
    def correlate(self) -> None:
        """Work out from the power how each group of channels correlates with itself 0, 1, ... frames later."""
        if not self.groups:
            return
        frames = len(self.power)
        covariance = torch.einsum("fk,ft,fs->kts", self.power, self._cosines, self._cosines)
        lagged = torch.stack([covariance.diagonal(lag, 1, 2).mean(dim=-1) for lag in range(frames)])
        channels = lagged @ self.basis.square().T
        parts = torch.split(channels[:, : sum(self.groups)], list(self.groups), dim=-1)
        found = torch.stack([part.sum(dim=-1) for part in parts], dim=-1)
        self.correlation.copy_(found / found[:1].clamp(min=SMALLEST_POWER))

    def uncertainty(self) -> Float[Tensor, "timesteps"]:
        """Return the estimate's mean square error at every timestep, per channel of normalised motion."""
        kept = self._kept[:, None, None]
        left = self.power * (1 - kept) / (kept * self.power + 1 - kept)
        return left.mean(dim=1).sum(dim=-1) / len(self.basis)

    def forward(
        self,
        x: Float[Tensor, "batch frames channels"],
        is_observed: Bool[Tensor, "batch frames channels"],
        timestep: Int[Tensor, "batch"],
        given: Float[Tensor, "batch frames channels"] | None = None,
    ) -> tuple[Float[Tensor, "batch frames channels"], Float[Tensor, "batch 1 rank"]]:
        """Return the estimate of x0, and the deviation of what is left per component.

        Args:
            x: Eq. 8's composition, normalised: clean where observed, noisy elsewhere.
            is_observed: True = clean; such an entry counts as one whose noise happened to be 0.
            timestep: of the noise.
            given: what the observed entries alone let one guess (`kriging.krige`); None = the mean.
        """
        with torch.autocast(x.device.type, enabled=False):
            kept = self._kept[timestep][:, None, None]
            alpha, noise = kept.sqrt(), 1 - kept
            level = torch.where(is_observed, alpha * x.float(), x.float())
            if given is not None:
                level = level - alpha * given
            gain = self.power / (kept * self.power + noise)
            spectra = self._cosines @ (level @ self.basis)
            estimate = (self._cosines.T @ (alpha * gain * spectra)) @ self.basis.T
            if given is not None:
                estimate = estimate + given
            left = (gain * noise).mean(dim=1, keepdim=True).sqrt()
        return estimate, left


def cosines(frames: int) -> Float[Tensor, "frames frames"]:
    """Return the orthonormal cosine transform (DCT-II) as a matrix: rows are frequencies."""
    frequency = torch.arange(frames, dtype=torch.float64)[:, None]
    place = torch.arange(frames, dtype=torch.float64)[None] + 0.5
    matrix = torch.cos(math.pi / frames * frequency * place) * math.sqrt(2.0 / frames)
    matrix[0] /= math.sqrt(2.0)
    return matrix.float()
