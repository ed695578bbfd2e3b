"""One table per rig family: joint of the canonical body -> names its bone may have.

Data alone: scoring is in ``match``.
"""

from exges_core.rig.presets import (
    auto_rig_pro,
    biped,
    blender,
    blenrig,
    daz,
    makehuman,
    mesh2motion,
    mixamo,
    openpose,
    reallusion,
    rigify,
    smartbody,
    smplx,
    unreal,
    vrm,
)
from exges_core.rig.presets.table import Preset

PRESETS: tuple[Preset, ...] = (
    smplx.SMPLX,
    smplx.SMPL,
    rigify.CONTROLS,
    rigify.METARIG,
    mixamo.MIXAMO,
    mixamo.READY_PLAYER_ME,
    unreal.UNREAL_4,
    unreal.UNREAL_5,
    unreal.METAHUMAN,
    vrm.VROID,
    vrm.VRM_1,
    vrm.VRM_0,
    auto_rig_pro.CONTROLS,
    auto_rig_pro.EXPORTED,
    blenrig.BLENRIG,
    reallusion.CHARACTER_CREATOR,
    daz.GENESIS_8,
    daz.GENESIS_9,
    makehuman.MAKEHUMAN,
    openpose.OPENPOSE,
    mesh2motion.MESH2MOTION,
    smartbody.SMARTBODY,
    smartbody.SMARTBODY_MOTIONS,
    biped.BIPED,
    biped.ROCKETBOX,
    mixamo.ZEROEGGS,
    mixamo.CMU,
    mixamo.CMU_DAZ,
    mixamo.CMU_ASF,
    *blender.WORDS,
)
"""All families, in the order in which ties are decided."""

__all__ = ["PRESETS", "Preset"]
