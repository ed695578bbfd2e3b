# SPDX-License-Identifier: GPL-3.0-or-later
"""The ExGes tab in the 3D View's sidebar, from the engine to Generate. Draws only, never changes the scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ...character import limbs, rigcache
from ...engine import preferences
from ...engine.session import Running
from ...generation import ranges
from ...scene import compat, lookup
from ...scene.extension import Stored, stored
from ...scene.interface import counted, translated
from ...sound import sources, strips
from ...takes import user_keys
from .. import readiness
from ..operators import generate as generate_buttons
from . import engine_choice, first_minute, setup
from . import words as words_panel
from .drawing import CharacterPanel, Tab, clock, draw_lean, draw_progress, set_options, shortened, two_columns, wrapped
from .settings import draw_keys, draw_setting
from .standing import draw_posture, draw_standing

if TYPE_CHECKING:
    from .drawing import IconItems

_KEYS_SHOWN = 12
_DRAWN_S = 0.25
"""Longer than a panel takes to be drawn: Blender asks its buttons last."""
_BONES_SHOWN = 3
_COUNTS: dict[str, IconItems] = {"HARD": "LOCKED", "SOFT": "UNLOCKED", "IGNORED": "CANCEL"}


class ExgesMainPanel(Tab):
    """The tab itself: engine and character."""

    bl_idname = "EXGES_PT_main"
    bl_label = "ExGes"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout = self.layout
        if preferences.has_engine(context):
            engine_choice.draw_state(context, layout)
        else:
            engine_choice.draw_choice(context, layout)
            if not preferences.is_builtin(context):
                setup.draw_setup(context, layout)
        first_minute.draw_steps(context, layout)
        first_minute.draw_character(context, layout)


class ExgesSpeechPanel(CharacterPanel):
    """The speech to gesture to."""

    bl_idname = "EXGES_PT_speech"
    bl_label = "Speech"

    def summary(self, context: bpy.types.Context) -> str:
        """Return the strip's or file's name."""
        settings = stored(readiness.chosen(context))
        if settings.source == sources.STRIP:
            heard = strips.sound_strips(compat.sequencer_scene(context))
            return settings.strip or (heard[0].name if heard else "-")
        if settings.source == sources.FILE:
            return bpy.path.basename(settings.audio) or "-"
        return ""

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, settings = two_columns(self.layout), stored(readiness.chosen(context))
        layout.prop(settings, "source")
        if settings.source == sources.STRIP:
            self._draw_strip(context, settings)
        elif settings.source == sources.SELECTED:
            selected = [each for each in strips.sound_strips(compat.sequencer_scene(context)) if each.select]
            names = ", ".join(strip.name for strip in selected)
            wrapped(context, layout, names or "No sound strip is selected in the sequencer", "SOUND")
        elif settings.source == sources.RANGE:
            column = layout.column(align=True)
            column.prop(settings, "sound_start")
            column.prop(settings, "sound_end")
        elif settings.source == sources.SPEAKER:
            layout.prop(settings, "speaker_object")
        else:
            layout.prop(settings, "audio")
            layout.prop(settings, "start_frame")
        words_panel.draw_transcript(context, layout, settings)

    def _draw_strip(self, context: bpy.types.Context, settings: Stored) -> None:
        scene = compat.sequencer_scene(context)
        heard = strips.sound_strips(scene)
        if not heard:
            wrapped(context, self.layout, "The sequencer has no sound strip: add one, or choose File.", "INFO")
            return
        self.layout.prop(settings, "strip", placeholder=heard[0].name, icon="SOUND")
        chosen = next((strip for strip in heard if strip.name == (settings.strip or heard[0].name)), None)
        if chosen is None:
            text = translated("There is no sound strip {name} any more.", name=repr(settings.strip))
            wrapped(context, self.layout, text, "ERROR")
            return
        start, stop = compat.strip_range(chosen)
        length = clock((stop - start) / lookup.scene_rate_hz(scene))
        text = translated("{length} · frames {first} to {last}", length=length, first=start, last=stop - 1)
        self.layout.label(text=text, icon="BLANK1", translate=False)


class ExgesCharacterPanel(CharacterPanel):
    """What was detected on the character, and its preset."""

    bl_idname = "EXGES_PT_character"
    bl_label = "Character"

    def summary(self, context: bpy.types.Context) -> str:
        """Return how many bones are mapped."""
        found = rigcache.seen(readiness.chosen(context))
        if found is None:
            return "..."
        if isinstance(found, str):
            return "?"
        count = len(found.rig_map.bones)
        return translated("{found} of {all} bones", found=count, all=count + len(found.rig_map.missing))

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, character = two_columns(self.layout), readiness.chosen(context)
        found = rigcache.seen(character)
        if found is None:
            layout.label(text=rigcache.LOOKING, icon="SORTTIME")
        elif isinstance(found, str):
            wrapped(context, layout, shortened(found), "ERROR")
        else:
            rig_map = found.rig_map
            layout.label(text=rig_map.title, icon="ERROR" if rig_map.missing else "CHECKMARK", translate=False)
            if rig_map.missing:
                names = _list([limbs.said(joint) for joint in rig_map.missing])
                text = translated("Missing; the bones below them take over their rotation: {names}", names=names)
                wrapped(context, layout, text, "BLANK1")
            for joint, why in rig_map.doubtful.items():
                wrapped(context, layout, f"{limbs.said(joint)}: {why}", "QUESTION")
            draw_lean(context, layout, found.rest.lean)
            locked = sorted(set(found.locks) & set(rig_map.bones.values()))
            if locked:
                wrapped(
                    context,
                    layout,
                    translated("Locked and left as is: {names}", names=", ".join(locked)),
                    "LOCKED",
                )
        draw_standing(layout, character)
        layout.prop(stored(character), "travel")
        layout.prop(stored(character), "keeps_hands_out")
        row = layout.row(align=True)
        row.prop(stored(character), "preset", placeholder="Name")
        row.operator("exges.load_map", text="", icon="IMPORT")
        row.operator("exges.save_map", text="", icon="EXPORT")


class ExgesControlsPanel(CharacterPanel):
    """The animator's own keys, which the next take respects."""

    bl_idname = "EXGES_PT_controls"
    bl_label = "Controls"

    def draw_header(self, context: bpy.types.Context) -> None:
        """Draw the panel's checkbox."""
        self.layout.prop(stored(readiness.chosen(context)), "use_keys", text="")

    def summary(self, context: bpy.types.Context) -> str:
        """Return how many poses and bones are keyed."""
        keys = user_keys.recent(readiness.chosen(context))
        bones = {bone for each in keys.values() for bone in each}
        poses = counted(len(keys), "{count} pose", "{count} poses")
        return f"{poses}, {counted(len(bones), '{count} bone', '{count} bones')}" if keys else ""

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, character = two_columns(self.layout), readiness.chosen(context)
        settings, keys = stored(character), user_keys.recent(character)
        layout.active = settings.use_keys
        layout.prop(settings, "keeps_path")
        row = layout.row(align=True)
        row.use_property_split = False  # its label would be cut off
        if settings.bones:
            text = counted(len(settings.bones), "Only {count} Chosen Bone", "Only {count} Chosen Bones")
            row.prop(settings, "only_bones", text=text)
        else:
            row.prop(settings, "only_bones")
        row.operator("exges.choose_bones", text="", icon="RESTRICT_SELECT_OFF")
        if not keys:
            wrapped(context, layout, "No keys of your own yet: key a pose, and the motion passes through it.", "INFO")
            return
        kinds = {each.frame: each.kind for each in settings.keyed}
        column = layout.column(align=True)
        near = sorted(keys, key=lambda frame: abs(frame - context.scene.frame_current))[:_KEYS_SHOWN]
        for frame in sorted(near):
            row = column.row(align=True)
            set_options(row.operator("exges.go_to_frame", text=str(frame), translate=False), frame=frame)
            row.label(text=_list(keys[frame][:_BONES_SHOWN], rest=len(keys[frame]) - _BONES_SHOWN), translate=False)
            kind = kinds.get(frame, "HARD")
            set_options(row.operator("exges.count_keys", text="", icon=_COUNTS[kind]), frame=frame)
        if len(keys) > len(near):
            text = translated("{count} more, farther from this frame", count=len(keys) - len(near))
            column.label(text=text, icon="BLANK1", translate=False)


class ExgesTakePanel(CharacterPanel):
    """Settings of the next take."""

    bl_idname = "EXGES_PT_take"
    bl_label = "Next Take"

    def summary(self, context: bpy.types.Context) -> str:
        """Return the seed and the style."""
        settings = stored(readiness.chosen(context))
        return translated("seed {seed}", seed=settings.seed) + (f" · {settings.speaker}" if settings.speaker else "")

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, settings = two_columns(self.layout), stored(readiness.chosen(context))
        row = layout.row(align=True)
        draw_setting(row, settings, "seed")
        row.prop(settings, "is_seed_locked", text="", icon="LOCKED" if settings.is_seed_locked else "UNLOCKED")
        layout.prop(settings, "speaker", placeholder="Default")
        draw_setting(layout, settings, "energy")
        row = layout.row()
        row.active = settings.use_score and not settings.score  # what is given or unplanned has its own strokes
        draw_setting(row, settings, "vividness")
        draw_setting(layout, settings, "intensity")
        draw_setting(layout, settings, "use_retrieval")
        if settings.use_retrieval:
            draw_setting(layout, settings, "retrieval_strength", text="Strength")
            draw_setting(layout, settings, "retrieval_joints", text="Joints")
            self._draw_bases(context)
        draw_posture(layout, readiness.chosen(context))
        layout.prop(settings, "part")
        draw_keys(layout, settings)

    def _draw_bases(self, context: bpy.types.Context) -> None:
        scene = stored(context.scene)
        column = self.layout.column(align=True)
        column.prop(scene, "library", placeholder="None")
        if scene.library:
            column.prop(scene, "use_library")
            column.prop(scene, "use_shipped")


class ExgesGeneratePanel(Tab):
    """The Generate button, its progress and its outcome."""

    bl_idname = "EXGES_PT_generate"
    bl_parent_id = "EXGES_PT_main"
    bl_label = "Generate"
    bl_options = {"HIDE_HEADER"}  # noqa: RUF012

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, current = self.layout, Running.current
        if current is not None:
            draw_progress(layout, current)
            return
        reason = generate_buttons.disabled_reason(context, lasts_s=_DRAWN_S)  # before the buttons, which ask it, too
        column = layout.column()
        column.scale_y = 1.5
        column.operator("exges.generate", icon="PLAY", text=self._label(context))
        layout.operator("exges.variations", icon="DUPLICATE")
        if reason:
            wrapped(context, layout, shortened(reason), "INFO")
        elif Running.last_message:
            icon = "ERROR" if Running.is_bad_news else "INFO"
            wrapped(context, layout, Running.last_message, icon)
        first_minute.draw_offers(context, layout)

    @staticmethod
    def _label(context: bpy.types.Context) -> str:
        character = readiness.character_of(context)
        is_part = character is not None and stored(character).part != ranges.WHOLE
        return "Generate Range" if is_part else "Generate"


def _list(names: tuple[str, ...] | list[str], *, rest: int = 0) -> str:
    return ", ".join(names) + (f" +{rest}" if rest > 0 else "")


CLASSES = (
    ExgesMainPanel,
    ExgesSpeechPanel,
    ExgesCharacterPanel,
    ExgesControlsPanel,
)
NEXT, LAST = (ExgesTakePanel,), (ExgesGeneratePanel,)
"""Panels below the gestures, and the one below the face."""
LATER = (*NEXT, *LAST)
