import torch
from torch import nn

class Whisper(nn.Module):
    @property
    def device(self) -> torch.device: ...
    def set_alignment_heads(self, dump: bytes) -> None: ...
