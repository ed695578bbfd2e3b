"""One table per rig family: joint of the canonical body -> names its bone may have.

Data alone: scoring is in ``match``.
"""

from exges_core.rig.presets import mixamo, rigify, smplx
from exges_core.rig.presets.table import Preset

PRESETS: tuple[Preset, ...] = (smplx.SMPLX, rigify.CONTROLS, rigify.METARIG, mixamo.MIXAMO)
"""All families, in the order in which ties are decided."""

__all__ = ["PRESETS", "Preset"]
