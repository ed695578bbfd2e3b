"""One table for each convention of names; facts of public models, add-ons and their documentation.

Where two conventions know the same names the first one's title is told.
"""

from exges_core.face.rigs.convention import Convention
from exges_core.face.rigs.tables.arkit import ARKIT
from exges_core.face.rigs.tables.daz import CONTROLS, FACS
from exges_core.face.rigs.tables.plain import METAHUMAN, PLAIN
from exges_core.face.rigs.tables.reallusion import DIRECT, EXPLUS, PAIRS, REALLUSION
from exges_core.face.rigs.tables.visemes import DAZ_VISEMES, MICROSOFT, OCULUS
from exges_core.face.rigs.tables.vrm import MMD, VRM, VROID

CONVENTIONS: tuple[Convention, ...] = (
    *(ARKIT, EXPLUS, REALLUSION, FACS, CONTROLS, METAHUMAN),
    *(OCULUS, MICROSOFT, DAZ_VISEMES, PAIRS, DIRECT, VROID, VRM, MMD, PLAIN),
)

__all__ = ["CONVENTIONS"]
