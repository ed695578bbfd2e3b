# SPDX-License-Identifier: GPL-3.0-or-later
"""The bone map in the tab, limb by limb. Draws only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import bpy

from exges_core.rig import Retargeter

from ...character import limbs, rigcache
from ...scene.extension import stored
from ...scene.interface import translated
from .. import readiness
from .drawing import CharacterPanel, set_options

if TYPE_CHECKING:
    from .drawing import IconItems


class ExgesMapPanel(CharacterPanel):
    """The bone map, limb by limb."""

    bl_idname = "EXGES_PT_map"
    bl_parent_id = "EXGES_PT_character"
    bl_label = "Bone Map"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        character = readiness.chosen(context)
        found = rigcache.seen(character)
        rig_map = found.rig_map if isinstance(found, Retargeter) else None
        doubtful: Mapping[str, str] = rig_map.doubtful if rig_map else {}
        corrected = {each.joint: str(each.bone) for each in stored(character).overrides}
        bones: Mapping[str, str] = {**(rig_map.bones if rig_map else {}), **corrected}
        self.layout.operator("exges.reset_map", text="Reset All", icon="LOOP_BACK")
        for limb, joints in limbs.LIMBS.items():
            header, body = self.layout.panel(f"EXGES_{limb.replace(' ', '_')}", default_closed=True)
            count = sum(bool(bones.get(joint)) for joint in joints)
            icon = "CHECKMARK" if count == len(joints) else "X" if not count else "BLANK1"
            if any(joint in doubtful for joint in joints):
                icon = "QUESTION"
            text = f"{translated(limb)} · {translated('{found} of {all}', found=count, all=len(joints))}"
            header.label(text=text, icon=icon, translate=False)
            if body is None:
                continue
            column = body.column(align=True)
            for joint in joints:
                _draw_joint(column, joint, bones.get(joint, ""), corrected, doubtful)


def _draw_joint(
    layout: bpy.types.UILayout, joint: str, bone: str, corrected: Mapping[str, str], doubtful: Mapping[str, str]
) -> None:
    """Draw what plays a joint: the rig's own name of the bone on a button that changes it."""
    row = layout.row(align=True)
    icon: IconItems = "X" if not bone else "QUESTION" if joint in doubtful else "CHECKMARK"
    row.label(text=limbs.said(joint), icon="MODIFIER" if joint in corrected else icon, translate=False)
    button = row.row(align=True)
    set_options(button.operator("exges.edit_map", text=bone or "-", translate=False), joint=joint)
    if joint in corrected:
        set_options(button.operator("exges.reset_map", text="", icon="LOOP_BACK"), joint=joint)


CLASSES = (ExgesMapPanel,)
