# SPDX-License-Identifier: GPL-3.0-or-later
"""The ExGes tab of the 3D View's sidebar. Drawing only: nothing here changes the scene."""

from __future__ import annotations

import bpy

from exges_core.errors import ExgesError
from exges_core.rig import RigMap

from . import armature, keyframes, operators, preferences

_LINE = 46
_maps: dict[tuple[str, int], RigMap | str] = {}


class _Tab(bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "ExGes"


def _wrapped(layout: bpy.types.UILayout, text: str, icon: str) -> None:
    """Draw a long sentence over several lines."""
    column = layout.column(align=True)
    line = ""
    for word in text.split():
        if line and len(line) + len(word) > _LINE:
            column.label(text=line, icon=icon)
            line, icon = "", "BLANK1"
        line = f"{line} {word}".strip()
    column.label(text=line, icon=icon)


def _map_of(character: bpy.types.Object) -> RigMap | str:
    """Return the character's map, or why there is none; worked out once per armature and number of bones."""
    key = (character.name_full, len(character.data.bones))
    if key not in _maps:
        _maps.clear()
        try:
            _maps[key] = armature.retargeter_of(character).rig_map
        except ExgesError as error:
            _maps[key] = str(error)
    return _maps[key]


class ExgesMainPanel(_Tab):
    """Engine, Generate and progress."""

    bl_idname = "EXGES_PT_main"
    bl_label = "ExGes"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout = self.layout
        found = preferences.of(context)
        row = layout.row()
        if found is None or not found.python:
            row.label(text="Engine: not chosen yet", icon="ERROR")
            opening = row.operator("preferences.addon_show", text="Preferences")
            opening.module = __package__
        else:
            engine = operators.Running.engine
            is_warm = engine is not None and engine.is_running
            hello = engine.hello if is_warm else None
            row.label(text=f"Engine: ready · {hello.device}" if hello else "Engine: starts when needed")
            row.operator("exges.check")
        if operators.Running.current is None:
            layout.operator("exges.generate", icon="PLAY")
        else:
            fraction = operators.Running.current.progress.fraction
            layout.progress(factor=fraction, text=operators.progress_text())
            layout.operator("exges.cancel", icon="CANCEL")
        if operators.Running.last_message:
            _wrapped(layout, operators.Running.last_message, "INFO")


class ExgesSpeechPanel(_Tab):
    """Which speech."""

    bl_idname = "EXGES_PT_speech"
    bl_parent_id = "EXGES_PT_main"
    bl_label = "Speech"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        settings, layout = context.scene.exges, self.layout
        layout.use_property_split = True
        layout.row().prop(settings, "source", expand=True)
        if settings.source == "STRIP":
            layout.prop(settings, "strip")
        else:
            layout.prop(settings, "audio")
            layout.prop(settings, "start_frame")
        layout.prop(settings, "transcript")


class ExgesCharacterPanel(_Tab):
    """Which character, and what was found on it."""

    bl_idname = "EXGES_PT_character"
    bl_parent_id = "EXGES_PT_main"
    bl_label = "Character"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        settings, layout = context.scene.exges, self.layout
        layout.prop(settings, "character", text="Rig")
        if settings.character is None:
            return
        rig_map = _map_of(settings.character)
        if isinstance(rig_map, str):
            _wrapped(layout, rig_map, "ERROR")
            return
        count = len(rig_map.bones)
        layout.label(text=f"{rig_map.title} · {count} of {count + len(rig_map.missing)} bones", icon="ARMATURE_DATA")
        if rig_map.missing:
            _wrapped(layout, "Missing, their turns go to the bones that follow: " + ", ".join(rig_map.missing), "INFO")


class ExgesTakePanel(_Tab):
    """How the next take is made."""

    bl_idname = "EXGES_PT_take"
    bl_parent_id = "EXGES_PT_main"
    bl_label = "Take"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        settings, layout = context.scene.exges, self.layout
        layout.use_property_split = True
        for name in ("seed", "speaker", "use_retrieval", "use_keys", "as_active_action"):
            layout.prop(settings, name)


class ExgesTakesPanel(_Tab):
    """The character's takes."""

    bl_idname = "EXGES_PT_takes"
    bl_parent_id = "EXGES_PT_main"
    bl_label = "Takes"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        character = context.scene.exges.character
        takes = keyframes.takes_of(character) if character else ()
        if not takes:
            self.layout.label(text="None yet")
        for action in takes:
            row = self.layout.row(align=True)
            row.operator("exges.show_take", text=action.name, icon="HIDE_OFF").take = action.name
            row.operator("exges.delete_take", text="", icon="TRASH").take = action.name


CLASSES = (ExgesMainPanel, ExgesSpeechPanel, ExgesCharacterPanel, ExgesTakePanel, ExgesTakesPanel)
