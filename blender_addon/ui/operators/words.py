# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons of words: hear them, correct them as a Text, paste a transcript, mark them, choose who hears them."""

import bpy

from ...engine import client, preferences, speech_models
from ...engine.session import Running, engine_for
from ...generation import hearing
from ...scene import compat
from ...scene.extension import stored
from ...scene.interface import Button, Ending
from ...takes import heard_words, word_markers
from .. import readiness
from . import driven


class ExgesHearWords(driven.Driven, bpy.types.Operator):
    """Hear the words of the chosen speech and list them, without making a take. Esc cancels."""

    bl_idname = "exges.hear_words"
    bl_label = "Hear Words"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        reason = disabled_reason(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def begun(self, context: bpy.types.Context) -> hearing.Hearing:
        """Return the words on their way."""
        engine = engine_for(preferences.python_of(context))
        return hearing.Hearing(
            readiness.take_settings(context, with_part=False),
            sequencer=compat.sequencer_scene(context).name,
            engine=engine,
        )

    def done(self, outcome: heard_words.HeardWords) -> str:
        """Return how many words there are, with the engine's doubts."""
        doubts = f", {len(outcome.doubtful)} of them doubtful" if outcome.doubtful else ""
        warnings = [client.without_options(each) for each in outcome.warnings]
        told = f"{outcome.origin}: {len(outcome.words)} words{doubts}."
        return " ".join((told, *(f"{each[:1].upper()}{each[1:]}." for each in warnings)))


def disabled_reason(context: bpy.types.Context) -> str:
    """Return why no words can be heard now, '' if they can."""
    if Running.current is not None:
        return Running.current.reason
    if Running.is_checking:
        return "The engine is being checked"
    return readiness.hearing_reason(context)


def _can_be_set(operator: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Return whether there is a character whose settings can be changed; if not, the operator's button says so."""
    character = readiness.character_of(context)
    why = "" if character is not None else "Choose the character's armature"
    if character is not None and character.library is not None:
        why = "The character is linked: make a library override"
    if why:
        operator.poll_message_set(why)
    return not why


class _OfCharacter(Button):
    """Buttons that change a character's settings."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        return _can_be_set(cls, context)


class ExgesChooseRecogniser(_OfCharacter, bpy.types.Operator):
    """Let this recogniser hear the words."""

    bl_idname = "exges.choose_recogniser"
    bl_label = "Recogniser"
    bl_options = {"UNDO"}  # noqa: RUF012

    recogniser: bpy.props.StringProperty(
        name="Recogniser", description="As the engine calls it", default=speech_models.AUTO, options={"HIDDEN"}
    )

    def execute(self, context: bpy.types.Context) -> Ending:
        """Choose it."""
        if not speech_models.is_known(self.recogniser):
            self.report({"ERROR"}, f"There is no recogniser {self.recogniser!r}.")
            return {"CANCELLED"}
        stored(readiness.chosen(context)).recogniser = self.recogniser
        readiness.forget()
        return {"FINISHED"}


def _choose_text(operator: bpy.types.Operator, context: bpy.types.Context, name: str, said: str) -> None:
    """Put words into a new Text and choose it as the transcript."""
    text = bpy.data.texts.new(name)
    text.write(said)
    stored(readiness.chosen(context)).transcript_text = text
    readiness.forget()
    operator.report({"INFO"}, f"The transcript is the Text {text.name!r} now: the Text Editor shows it.")


class ExgesPasteTranscript(_OfCharacter, bpy.types.Operator):
    """Put the clipboard's text into a new Text and choose it as the transcript."""

    bl_idname = "exges.paste_transcript"
    bl_label = "Paste Transcript"
    bl_options = {"UNDO"}  # noqa: RUF012

    text: bpy.props.StringProperty(
        name="Text", description="What is pasted; empty: the clipboard", options={"HIDDEN", "SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> Ending:
        """Paste it."""
        said = self.text or context.window_manager.clipboard
        if not said.strip():
            self.report({"ERROR"}, "The clipboard holds no text. Copy the words first.")
            return {"CANCELLED"}
        _choose_text(self, context, "Transcript", said)
        return {"FINISHED"}


class ExgesWordsToText(bpy.types.Operator):
    """Put the words into a new Text, where they can be corrected, and choose it as the transcript."""

    bl_idname = "exges.words_to_text"
    bl_label = "Words to Text"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        return _can_be_set(cls, context) and _has_words(cls, context)

    def execute(self, context: bpy.types.Context) -> Ending:
        """Write them, a segment of the speech a line."""
        character, found = readiness.chosen(context), _heard(context)
        lines = [each.text for each in found.lines] or [" ".join(each.text for each in found.words)]
        _choose_text(self, context, f"Words of {character.name}", "\n".join(lines) + "\n")
        return {"FINISHED"}


def _heard(context: bpy.types.Context) -> heard_words.HeardWords:
    """Return the character's words where `poll` has made sure that there are some."""
    found = heard_words.of(readiness.chosen(context))
    assert found is not None
    return found


def _has_words(operator: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Return whether words are known; if not, the operator's button says so."""
    found = heard_words.of(readiness.character_of(context))
    if found is None or not found.words:
        operator.poll_message_set("No words are known yet: press Hear Words, or generate a take")
        return False
    return True


class ExgesAddWords(bpy.types.Operator):
    """Add a timeline marker for every word; those of other words are replaced."""

    bl_idname = "exges.add_words"
    bl_label = "Words as Markers"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        return _has_words(cls, context)

    def execute(self, context: bpy.types.Context) -> Ending:
        """Add them."""
        count = word_markers.add(context.scene, _heard(context))
        self.report({"INFO"}, f"{count} words were marked.")
        return {"FINISHED"}


class ExgesRemoveWords(bpy.types.Operator):
    """Remove the markers of words, all of them; your own markers stay."""

    bl_idname = "exges.remove_words"
    bl_label = "Remove Word Markers"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Say why the button is disabled."""
        if not word_markers.are_there(context.scene):
            cls.poll_message_set("There are no markers of words")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> Ending:
        """Remove them."""
        word_markers.remove(context.scene)
        return {"FINISHED"}


CLASSES = (
    ExgesHearWords,
    ExgesChooseRecogniser,
    ExgesPasteTranscript,
    ExgesWordsToText,
    ExgesAddWords,
    ExgesRemoveWords,
)
