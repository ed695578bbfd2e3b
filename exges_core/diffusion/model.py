"""Load a trained denoiser for inference: the border between weights on disk and `longform`'s plain callable."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from exges_core import checkpoint
from exges_core.arrays import Array
from exges_core.diffusion.denoiser import Denoiser
from exges_core.diffusion.denoiser_file import KIND, NETWORK, read_denoiser
from exges_core.diffusion.predictor import Asked, Predictor
from exges_core.tensors import array_of

__all__ = ["KIND", "LoadedDenoiser", "has_fast_bf16", "load_denoiser"]


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedDenoiser(Predictor):
    """A denoiser that PyTorch runs.

    Attributes:
        device: where it runs.
        network: in evaluation mode.
        is_bf16: matrix products in bfloat16.
    """

    device: torch.device
    network: Denoiser
    is_bf16: bool

    @torch.inference_mode()
    def predict(
        self,
        x: Float[Tensor, "batch frames channels"],
        is_observed: Bool[Tensor, "batch frames groups"],
        audio: Float[Tensor, "batch frames audio_channels"],
        timestep: int,
        style: Int[Tensor, "batch"],
        has_audio: Bool[Tensor, "batch"],
        score: Float[Tensor, "batch frames score_channels"] | None = None,
        given: Float[Tensor, "batch frames channels"] | None = None,
    ) -> Float[Tensor, "batch frames channels"]:
        """Return the predicted clean motion, float32; all normalised, on the model's device."""
        at = torch.full((len(x),), timestep, device=x.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.is_bf16):
            return self.network(x, is_observed.to(x.dtype), audio, at, style, has_audio, score, given).float()

    @property
    def correlation(self) -> Float[Array, "lags groups"] | None:
        """Return how groups correlate over time; None = the network is told of no guess."""
        prior = self.network.prior
        is_told = self.config.has_kriging and self.config.has_mask_input
        return array_of(prior.correlation) if prior is not None and is_told else None

    def answer(self, asked: Asked) -> Float[Array, "batch frames channels"]:
        """Return the predicted clean motion of arrays (`Predictor`)."""
        count = len(asked.x)
        style = self._placed(asked.style)
        is_heard = torch.full((count,), asked.is_heard, device=self.device)
        x, is_observed, audio = (self._placed(each) for each in (asked.x, asked.is_observed, asked.audio))
        score, given = (None if each is None else self._placed(each) for each in (asked.score, asked.given))
        return array_of(self.predict(x, is_observed, audio, asked.timestep, style, is_heard, score, given))

    def release(self) -> None:
        """Give back memory that PyTorch keeps of a GPU's."""
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _placed(self, array: Array) -> Tensor:
        return torch.as_tensor(array).to(self.device)


def load_denoiser(path: Path, device: str | torch.device = "cpu", *, is_bf16: bool | None = None) -> LoadedDenoiser:
    """Read weights for inference; bfloat16 where the device computes it faster, unless told otherwise.

    Raises:
        CheckpointError: if the file is missing, damaged, of another kind, or its tensors do not fit its configuration.
    """
    found = read_denoiser(path)
    network = checkpoint.network_of(lambda: Denoiser(found.config), found.weights, NETWORK, where=str(path))
    place = torch.device(device)
    has_bf16 = has_fast_bf16(place) if is_bf16 is None else is_bf16
    if has_bf16:
        _keep_products_bf16(network)
    return LoadedDenoiser(
        config=found.config,
        stats=found.stats,
        styles=found.styles,
        name=found.weights.name,
        sha256=found.weights.sha256,
        provenance=dict(found.weights.provenance),
        device=place,
        network=network.to(place).eval().requires_grad_(False),
        is_bf16=has_bf16,
    )


def _keep_products_bf16(network: Denoiser) -> None:
    """Round the weights of products once: autocast would do so in every call, to the same values."""
    for module in network.modules():
        if isinstance(module, torch.nn.Linear):
            module.to(torch.bfloat16)


def has_fast_bf16(device: torch.device) -> bool:
    """Return whether bfloat16 products are faster than float32 there."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    has_products = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return device.type == "cpu" and bool(has_products())
