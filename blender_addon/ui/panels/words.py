# SPDX-License-Identifier: GPL-3.0-or-later
"""Words in the tab: transcript, recogniser, the model to download, the words heard. Draws only."""

from __future__ import annotations

import time

import bpy

from ...engine import preferences, speech_models
from ...engine.session import Running
from ...generation import hearing, transcript
from ...scene import lookup
from ...scene.extension import Stored
from ...scene.interface import counted, translated
from ...takes import heard_words, word_markers
from .. import readiness
from ..operators import speech_models as model_buttons
from .drawing import CharacterPanel, clock, draw_progress, set_options, wrapped

_LINES_SHOWN, _DOUBTFUL_SHOWN = 4, 12
_UNTOLD = "The recogniser gives no confidence"
_WHY_MOONSHINE = "PocketSphinx gets about one word in three wrong, Moonshine one in thirteen."


def draw_transcript(context: bpy.types.Context, layout: bpy.types.UILayout, settings: Stored) -> None:
    """Draw the transcript (a file or a text, and its speaker), or else the recogniser."""
    row = layout.row()
    row.active = settings.transcript_text is None
    row.prop(settings, "transcript", placeholder="Recognised")
    row = layout.row(align=True)
    row.prop(settings, "transcript_text", icon="TEXT")
    row.operator("exges.paste_transcript", text="", icon="PASTEDOWN")
    if settings.transcript_text is not None:
        return
    if not settings.transcript:
        _draw_recogniser(context, layout, settings)
        return
    names = transcript.speakers(settings.transcript)
    if len(names) > 1 or settings.speaker_tier:
        layout.prop(settings, "speaker_tier", placeholder="All")
    if settings.speaker_tier and names and settings.speaker_tier not in names:
        text = translated("The transcript has no speaker {name}.", name=repr(settings.speaker_tier))
        wrapped(context, layout, text, "ERROR")


def _draw_recogniser(context: bpy.types.Context, layout: bpy.types.UILayout, settings: Stored) -> None:
    asr = settings.recogniser
    row = layout.split(factor=0.4)
    side = row.row()
    side.alignment = "RIGHT"
    side.label(text="Recogniser")
    row.menu("EXGES_MT_recogniser", text=translated(speech_models.title(asr)), translate=False)
    if not preferences.has_engine(context):
        return
    if asr == speech_models.AUTO:
        row = layout.split(factor=0.4)
        row.label(text="")
        row.label(text=automatic(context), translate=False)
    draw_models(context, layout, asr=asr)


def automatic(context: bpy.types.Context) -> str:
    """Return which recogniser Automatic uses now."""
    here = speech_models.here(preferences.model_places(context))
    return translated("Automatic: {recogniser}", recogniser=speech_models.title(here[0]))


def draw_models(
    context: bpy.types.Context, layout: bpy.types.UILayout, *, asr: str = speech_models.MOONSHINE.name
) -> None:
    """Draw the download of the chosen model, or of Moonshine: button, progress and outcome."""
    fetching = model_buttons.State.fetching
    if fetching is not None:
        name = speech_models.title(fetching.model)
        text = "Cancelling..." if fetching.is_cancelled else translated("Downloading {model}", model=name)
        layout.label(text=text, icon="IMPORT", translate=fetching.is_cancelled)
        passed_s, progress = int(time.monotonic() - fetching.started_s), fetching.progress
        layout.progress(
            factor=progress.fraction, text=f"{progress.fraction:.0%} · {passed_s // 60}:{passed_s % 60:02d}"
        )
        row = layout.row()
        row.enabled = not fetching.is_cancelled
        row.operator("exges.cancel_model", text="Cancel", icon="CANCEL")
        return
    for model in (asr, speech_models.MOONSHINE.name):
        offer = speech_models.offer_of(model)
        if offer is not None and not speech_models.is_here(model, preferences.model_places(context)):
            _draw_offer(context, layout, offer)
            break
    news = model_buttons.news()
    if news:
        wrapped(context, layout, news, "ERROR" if model_buttons.State.is_bad_news else "CHECKMARK")


def _draw_offer(context: bpy.types.Context, layout: bpy.types.UILayout, offer: speech_models.Offer) -> None:
    """Draw the button that downloads a model, and why it is greyed out."""
    if offer.model == speech_models.MOONSHINE.name:
        wrapped(context, layout, _WHY_MOONSHINE, "INFO")
        text = translated("Get Speech Model, {megabytes} MB", megabytes=offer.disk_mb)
    else:
        name = speech_models.title(offer.model)
        text = translated("Get {model}, {megabytes} MB", model=name, megabytes=offer.disk_mb)
    set_options(layout.operator("exges.get_model", text=text, icon="IMPORT", translate=False), model=offer.model)
    reason = model_buttons.fetch_reason(context)
    if reason:
        wrapped(context, layout, reason, "BLANK1")


class ExgesRecogniserMenu(bpy.types.Menu):
    """The recognisers installed here, and a way to get more."""

    bl_idname = "EXGES_MT_recogniser"
    bl_label = "Recogniser"

    def draw(self, context: bpy.types.Context) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Draw the menu."""
        here, layout = speech_models.here(preferences.model_places(context)), self.layout
        assert layout is not None
        for asr in (speech_models.AUTO, *here, speech_models.NONE):
            text = translated(speech_models.title(asr))
            set_options(layout.operator("exges.choose_recogniser", text=text, translate=False), recogniser=asr)
        layout.separator()
        layout.operator("exges.get_model", text="Get Another Speech Model", icon="IMPORT")


class ExgesWordsPanel(CharacterPanel):
    """The words heard, and their confidence."""

    bl_idname = "EXGES_PT_words"
    bl_parent_id = "EXGES_PT_speech"
    bl_label = "Words"

    def summary(self, context: bpy.types.Context) -> str:
        """Return the number of words, and of doubtful ones."""
        found = heard_words.of(readiness.character_of(context))
        if found is None:
            return ""
        count, doubtful = len(found.words), len(found.doubtful)
        said = counted(count, "{count} word", "{count} words")
        return translated("{words}, {doubtful} doubtful", words=said, doubtful=doubtful) if doubtful else said

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the panel."""
        layout, character = self.layout, readiness.chosen(context)
        if isinstance(Running.current, hearing.Hearing):
            draw_progress(layout, Running.current)
            return
        layout.operator("exges.hear_words", icon="SPEAKER")
        found = heard_words.of(character)
        if found is None:
            reason = readiness.hearing_reason(context)
            wrapped(context, layout, reason or "Words are listed here once they have been heard.", "INFO")
            return
        text = f"{translated(found.origin)}: {counted(len(found.words), '{count} word', '{count} words')}"
        layout.label(text=text, icon="CHECKMARK", translate=False)
        if found.sound and found.sound != readiness.sound_key_of(context):
            wrapped(context, layout, "These words belong to different speech.", "ERROR")
        for each in found.warnings:
            wrapped(context, layout, f"{each[:1].upper()}{each[1:]}.", "BLANK1")
        self._draw_lines(context, found)
        self._draw_doubtful(context, found)
        row = layout.row(align=True)
        row.operator("exges.words_to_text", icon="TEXT")
        row.operator("exges.add_words", icon="MARKER_HLT")
        if word_markers.are_there(context.scene):
            row.operator("exges.remove_words", text="", icon="X")

    def _draw_lines(self, context: bpy.types.Context, found: heard_words.HeardWords) -> None:
        """Draw the lines around the current frame."""
        rate_hz = lookup.scene_rate_hz(context.scene)
        if not found.lines:
            return
        box = self.layout.box()
        for each in found.lines_near(context.scene.frame_current, rate_hz, _LINES_SHOWN):
            wrapped(context, box, f"{clock(each.start_s)}  {each.text}")

    def _draw_doubtful(self, context: bpy.types.Context, found: heard_words.HeardWords) -> None:
        """List the words of low confidence; a click jumps to each."""
        layout, rate_hz = self.layout, lookup.scene_rate_hz(context.scene)
        if not found.words:
            return
        if not found.doubtful:
            wrapped(context, layout, "No word is doubtful" if found.has_confidence else _UNTOLD, "BLANK1")
            return
        text = translated("{doubtful} doubtful, click to jump there:", doubtful=len(found.doubtful))
        layout.label(text=text, icon="QUESTION", translate=False)
        column = layout.column(align=True)
        for word in found.doubtful[:_DOUBTFUL_SHOWN]:
            row = column.row(align=True)
            text = f"{clock(word.start_s)}  {word.text}"
            set_options(
                row.operator("exges.go_to_frame", text=text, translate=False), frame=found.frame_of(word, rate_hz)
            )
            share = row.row()
            share.alignment = "RIGHT"
            share.label(text=f"{word.confidence:.0%}", translate=False)
        if len(found.doubtful) > _DOUBTFUL_SHOWN:
            text = translated("{count} more", count=len(found.doubtful) - _DOUBTFUL_SHOWN)
            column.label(text=text, icon="BLANK1", translate=False)


CLASSES = (ExgesRecogniserMenu, ExgesWordsPanel)
