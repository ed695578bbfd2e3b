# SPDX-License-Identifier: GPL-3.0-or-later
"""The ExGes tab of the 3D View's sidebar. Drawing only: nothing here changes the scene."""

from __future__ import annotations

import json
import time

import bpy

from exges_core.errors import ExgesError
from exges_core.rig import RigMap

from . import armature, compat, keyframes, operators, preferences, soundstrip

_LETTER_PX = 6.3
"""Mean width of a letter of Blender's default font at interface scale 1."""
_MARGIN_PX = 74.0
"""What a sidebar's edges, tabs and one icon take from a line's width at interface scale 1."""
_LONGEST = 120
"""Letters of a refusal that a sidebar has room for, its last sentence aside."""
_STAGES = {
    "starting": "Starting",
    "words": "Hearing the words",
    "features": "Hearing the voice",
    "retrieval": "Finding gestures",
    "diffusion": "Making the motion",
    "finish": "Smoothing",
    "files": "Handing over",
    "done": "Handing over",
}
_maps: dict[tuple[str, int], RigMap | str] = {}


class _Tab(bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "ExGes"


def _wrapped(context: bpy.types.Context, layout: bpy.types.UILayout, text: str, icon: str) -> None:
    """Draw a long sentence over as many lines as the sidebar's width asks for."""
    scale = context.preferences.system.ui_scale
    letters = max(16, int((context.region.width / scale - _MARGIN_PX) / _LETTER_PX))
    column = layout.column(align=True)
    column.scale_y = 0.8
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= letters:
            column.label(text=line, icon=icon)
            line, icon = "", "BLANK1"
        line = f"{line} {word}".strip()
    column.label(text=line, icon=icon)


def _settings_of(context: bpy.types.Context, layout: bpy.types.UILayout) -> bpy.types.PropertyGroup:
    """Return the scene's settings and set the layout to Blender's two columns, without animation dots."""
    layout.use_property_split, layout.use_property_decorate = True, False
    return context.scene.exges


def _shortened(text: str) -> str:
    """Return a long refusal's beginning and its last sentence; pressing Generate reports all of it."""
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST].rsplit(' ', 1)[0]} ... {text.rsplit('. ', 1)[-1]}"


def _map_of(character: bpy.types.Object) -> RigMap | str:
    """Return the character's map, or why there is none; worked out once per armature and number of bones."""
    key = (character.name_full, len(character.data.bones))
    if key not in _maps:
        _maps.clear()
        try:
            _maps[key] = armature.retargeter_of(character).rig_map
        except ExgesError as error:
            _maps[key] = _shortened(str(error))
    return _maps[key]


class ExgesMainPanel(_Tab):
    """The engine: there or not."""

    bl_idname = "EXGES_PT_main"
    bl_label = "ExGes"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout = self.layout
        found = preferences.of(context)
        if found is None or not found.python:
            layout.label(text="No engine chosen yet", icon="ERROR")
            layout.operator("preferences.addon_show", text="Choose the Engine", icon="PREFERENCES").module = __package__
            return
        engine = operators.Running.engine
        hello = engine.hello if engine is not None and engine.is_running else None
        row = layout.row().split(factor=0.7)
        if operators.Running.is_checking:
            row.label(text="Engine starts...", icon="SORTTIME")
        elif hello is not None:
            row.label(text=f"Engine ready · {hello.device}", icon="CHECKMARK")
        else:
            row.label(text="Engine not started", icon="RADIOBUT_OFF")
        row.operator("exges.check")


class ExgesSpeechPanel(_Tab):
    """Which speech."""

    bl_idname = "EXGES_PT_speech"
    bl_parent_id = "EXGES_PT_main"
    bl_label = "Speech"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout = self.layout
        settings = _settings_of(context, layout)
        layout.row().prop(settings, "source", expand=True)
        if settings.source == "STRIP":
            self._draw_strip(context, settings)
        else:
            layout.prop(settings, "audio")
            layout.prop(settings, "start_frame")
        layout.prop(settings, "transcript", placeholder="Recognised")

    def _draw_strip(self, context: bpy.types.Context, settings: bpy.types.PropertyGroup) -> None:
        scene = compat.sequencer_scene(context)
        strips = soundstrip.sound_strips(scene)
        if not strips:
            _wrapped(context, self.layout, "The sequencer has no sound strip: add one, or choose File.", "INFO")
            return
        self.layout.prop(settings, "strip", icon="SOUND", placeholder=strips[0].name)
        chosen = next((strip for strip in strips if strip.name == (settings.strip or strips[0].name)), None)
        if chosen is None:
            _wrapped(context, self.layout, f"There is no sound strip {settings.strip!r} now.", "ERROR")
            return
        start, stop = compat.strip_range(chosen)
        seconds = (stop - start) / keyframes.scene_rate_hz(scene)
        self.layout.label(text=f"{seconds:.1f} s · frames {start} to {stop - 1}", icon="BLANK1")


class ExgesCharacterPanel(_Tab):
    """Which character, and what was found on it."""

    bl_idname = "EXGES_PT_character"
    bl_parent_id = "EXGES_PT_main"
    bl_label = "Character"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout = self.layout
        settings = _settings_of(context, layout)
        layout.prop(settings, "character", text="Rig")
        if settings.character is None:
            return
        rig_map = _map_of(settings.character)
        if isinstance(rig_map, str):
            _wrapped(context, layout, rig_map, "ERROR")
            return
        count = len(rig_map.bones)
        text = f"{rig_map.title} · {count} of {count + len(rig_map.missing)} bones"
        layout.label(text=text, icon="ERROR" if rig_map.missing else "CHECKMARK")
        if rig_map.missing:
            missing = "Missing, their turns go to the bones that follow: " + ", ".join(rig_map.missing)
            _wrapped(context, layout, missing, "BLANK1")


class ExgesTakePanel(_Tab):
    """How the next take is made."""

    bl_idname = "EXGES_PT_take"
    bl_parent_id = "EXGES_PT_main"
    bl_label = "Next Take"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout = self.layout
        settings = _settings_of(context, layout)
        layout.prop(settings, "seed")
        layout.prop(settings, "speaker", placeholder="Default")
        column = layout.column(align=True)
        for name in ("use_retrieval", "use_keys", "as_active_action"):
            column.prop(settings, name)


class ExgesGeneratePanel(_Tab):
    """The button, its progress and what came of it."""

    bl_idname = "EXGES_PT_generate"
    bl_parent_id = "EXGES_PT_main"
    bl_label = "Generate"
    bl_options = {"HIDE_HEADER"}  # noqa: RUF012

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, job = self.layout, operators.Running.current
        if job is not None:
            progress = job.progress
            layout.label(text="Cancelling..." if job.is_cancelled else _STAGES.get(progress.stage, progress.stage))
            passed_s, left_s = time.monotonic() - job.started_s, job.seconds_left
            rest = f"{left_s:.0f} s left" if left_s is not None else f"{passed_s:.0f} s"
            layout.progress(factor=progress.fraction, text=f"{progress.fraction:.0%} · {rest}")
            row = layout.row()
            row.enabled = not job.is_cancelled
            row.operator("exges.cancel", text="Cancel (Esc)", icon="CANCEL")
            return
        column = layout.column()
        column.scale_y = 1.5
        column.operator("exges.generate", icon="PLAY")
        reason = operators.disabled_reason(context)
        if reason:
            _wrapped(context, layout, reason, "INFO")
        elif operators.Running.last_message:
            icon = "ERROR" if operators.Running.is_bad_news else "INFO"
            _wrapped(context, layout, operators.Running.last_message, icon)


class ExgesTakesPanel(_Tab):
    """The character's takes."""

    bl_idname = "EXGES_PT_takes"
    bl_parent_id = "EXGES_PT_main"
    bl_label = "Takes"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        character = context.scene.exges.character
        takes = keyframes.takes_of(character) if character else ()
        if not takes:
            self.layout.label(text="None yet", icon="BLANK1")
        column = self.layout.column(align=True)
        for action in takes:
            is_shown = keyframes.is_shown(character, action)
            row = column.row(align=True)
            text = f"{action.name} · seed {json.loads(action[keyframes.TAKE_KEY]).get('seed', '?')}"
            icon = "HIDE_OFF" if is_shown else "HIDE_ON"
            row.operator("exges.show_take", text=text, icon=icon, depress=is_shown).take = action.name
            row.operator("exges.delete_take", text="", icon="TRASH").take = action.name


CLASSES = (
    ExgesMainPanel,
    ExgesSpeechPanel,
    ExgesCharacterPanel,
    ExgesTakePanel,
    ExgesGeneratePanel,
    ExgesTakesPanel,
)
