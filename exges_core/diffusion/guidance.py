"""Classifier-free guidance on the sound (Ho and Salimans 2022). Only the formula."""

from __future__ import annotations

from typing import TypeVar

ArrayT = TypeVar("ArrayT")


def guided(with_audio: ArrayT, without_audio: ArrayT, scale: float) -> ArrayT:
    """Return without + scale * (with - without): 1 = off, above 1 follows the sound more closely."""
    return without_audio + scale * (with_audio - without_audio)  # type: ignore[operator]
