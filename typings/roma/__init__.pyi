"""What we call of RoMa, which has no stubs."""

from torch import Tensor

def special_gramschmidt(M: Tensor, epsilon: float = 0) -> Tensor: ...
