"""Mesh2Motion's human: Rigify's deform names with hips of its own under a root on the ground."""

from __future__ import annotations

from exges_core.rig.presets.table import Preset, fingers, limbs, sided, trunk


def _finger(finger: str, number: int) -> str:
    return f"DEF-{'thumb' if finger == 'thumb' else f'f_{finger}'}.0{number}"


_SIDE = "{}.<L|R>"

MESH2MOTION = Preset(
    name="mesh2motion",
    title="Mesh2Motion",
    bones={
        **trunk("DEF-hips DEF-spine.001 DEF-spine.002 DEF-spine.003 DEF-neck DEF-head"),
        **sided(limbs("DEF-thigh DEF-shin DEF-foot DEF-toe", "DEF-shoulder DEF-upper_arm DEF-forearm DEF-hand"), _SIDE),
        **sided(fingers(_finger), _SIDE),
    },
    signature=("DEF-hips", "DEF-spine.001"),
)
"""Rigify's own deform bones have DEF-spine where this has DEF-hips."""
