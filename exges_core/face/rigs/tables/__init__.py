"""One table for each convention of names; facts of public models, add-ons and their documentation."""

from exges_core.face.rigs.convention import Convention
from exges_core.face.rigs.tables.arkit import ARKIT

CONVENTIONS: tuple[Convention, ...] = (ARKIT,)

__all__ = ["CONVENTIONS"]
