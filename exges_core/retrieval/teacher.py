"""The momentum teacher: a slow copy of the student (ALBEF's momentum distillation). Updated outside any forward."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import nn

MOMENTUM = 0.995
"""ALBEF's."""

ModuleT = TypeVar("ModuleT", bound=nn.Module)


def make_teacher(student: ModuleT) -> ModuleT:
    """Return a copy that never trains: no gradients, eval mode."""
    teacher = copy.deepcopy(student)
    for parameter in teacher.parameters():
        parameter.requires_grad_(False)
    return teacher.eval()


@torch.no_grad()
def update_teacher(teacher: nn.Module, student: nn.Module, *, momentum: float = MOMENTUM) -> None:
    """Move the teacher: theta' = momentum * theta' + (1 - momentum) * theta; buffers are copied."""
    for slow, fast in zip(teacher.parameters(), student.parameters(), strict=True):
        slow.lerp_(fast, 1.0 - momentum)
    for slow, fast in zip(teacher.buffers(), student.buffers(), strict=True):
        slow.copy_(fast)
