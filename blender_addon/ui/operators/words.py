# SPDX-License-Identifier: GPL-3.0-or-later
"""Buttons for words: hear them, edit them as a text, paste a transcript, add markers, choose the recogniser."""

from typing import TYPE_CHECKING

import bpy

from ...engine import client, speech_models
from ...engine.session import Running, engine_for
from ...generation import hearing
from ...scene import compat
from ...scene.extension import stored
from ...scene.interface import Button, Ending
from ...takes import heard_words, word_markers
from .. import readiness
from . import driven


class ExgesHearWords(driven.Driven[heard_words.HeardWords], bpy.types.Operator):
    """Recognise the words of the speech and list them, without generating a take. Esc cancels."""

    bl_idname = "exges.hear_words"
    bl_label = "Hear Words"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's own form

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return disabled_reason(context)

    def begun(self, context: bpy.types.Context) -> hearing.Hearing:
        """Start the recognition."""
        engine = engine_for(context)
        return hearing.Hearing(
            readiness.take_settings(context, with_part=False),
            sequencer=compat.sequencer_scene(context).name,
            engine=engine,
        )

    def done(self, outcome: heard_words.HeardWords) -> str:
        """Return the number of words, with the engine's warnings."""
        doubts = f", {len(outcome.doubtful)} of them doubtful" if outcome.doubtful else ""
        warnings = [client.without_options(each) for each in outcome.warnings]
        count = len(outcome.words)
        told = f"{outcome.origin}: {count} {'word' if count == 1 else 'words'}{doubts}."
        return " ".join((told, *(f"{each[:1].upper()}{each[1:]}." for each in warnings)))


def disabled_reason(context: bpy.types.Context) -> str:
    """Return why words cannot be recognised now, '' if they can."""
    if Running.current is not None:
        return Running.current.reason
    if Running.is_checking:
        return "The engine is being checked"
    return readiness.hearing_reason(context)


class _OfCharacter(Button):
    """Buttons that change a character's settings."""

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return readiness.why_unchangeable(context)


class ExgesChooseRecogniser(_OfCharacter, bpy.types.Operator):
    """Recognise words with this recogniser."""

    bl_idname = "exges.choose_recogniser"
    bl_label = "Recogniser"
    bl_options = {"UNDO"}  # noqa: RUF012

    if TYPE_CHECKING:
        recogniser: str
    else:
        recogniser: bpy.props.StringProperty(
            name="Recogniser", description="The engine's name for it", default=speech_models.AUTO, options={"HIDDEN"}
        )

    def execute(self, context: bpy.types.Context) -> Ending:
        """Store the choice."""
        if not speech_models.is_known(self.recogniser):
            return self.refused(f"There is no recogniser {self.recogniser!r}.")
        stored(readiness.chosen(context)).recogniser = self.recogniser
        readiness.forget()
        return {"FINISHED"}


def _choose_text(operator: bpy.types.Operator, context: bpy.types.Context, name: str, said: str) -> None:
    """Write words to a new text and use it as the transcript."""
    text = bpy.data.texts.new(name)
    text.write(said)
    stored(readiness.chosen(context)).transcript_text = text
    readiness.forget()
    operator.report({"INFO"}, f"The transcript is now the text {text.name!r}: open it in the Text Editor.")


class ExgesPasteTranscript(_OfCharacter, bpy.types.Operator):
    """Paste the clipboard into a new text and use it as the transcript."""

    bl_idname = "exges.paste_transcript"
    bl_label = "Paste Transcript"
    bl_options = {"UNDO"}  # noqa: RUF012

    if TYPE_CHECKING:
        text: str
    else:
        text: bpy.props.StringProperty(
            name="Text", description="Text to paste; empty: the clipboard", options={"HIDDEN", "SKIP_SAVE"}
        )

    def execute(self, context: bpy.types.Context) -> Ending:
        """Paste the given text, or the clipboard."""
        said = self.text or context.window_manager.clipboard
        if not said.strip():
            return self.refused("The clipboard holds no text: copy the words first.")
        _choose_text(self, context, "Transcript", said)
        return {"FINISHED"}


class ExgesWordsToText(_OfCharacter, bpy.types.Operator):
    """Write the words to a new text, where you can correct them, and use it as the transcript."""

    bl_idname = "exges.words_to_text"
    bl_label = "Words to Text"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return super().why_not(context) or _why_no_words(context)

    def execute(self, context: bpy.types.Context) -> Ending:
        """Write one line for each segment of the speech."""
        character, found = readiness.chosen(context), _heard(context)
        lines = [each.text for each in found.lines] or [" ".join(each.text for each in found.words)]
        _choose_text(self, context, f"Words of {character.name}", "\n".join(lines) + "\n")
        return {"FINISHED"}


def _heard(context: bpy.types.Context) -> heard_words.HeardWords:
    """Return the character's words; `poll` has checked that there are some."""
    found = heard_words.of(readiness.chosen(context))
    assert found is not None
    return found


def _why_no_words(context: bpy.types.Context) -> str:
    """Return that no words are known, '' if some are."""
    found = heard_words.of(readiness.character_of(context))
    return "" if found is not None and found.words else "No words yet: press Hear Words, or generate a take"


class ExgesAddWords(Button, bpy.types.Operator):
    """Add a timeline marker for every word, replacing earlier word markers."""

    bl_idname = "exges.add_words"
    bl_label = "Words as Markers"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return _why_no_words(context)

    def execute(self, context: bpy.types.Context) -> Ending:
        """Add them to the scene."""
        count = word_markers.add(context.scene, _heard(context))
        self.report({"INFO"}, f"Added {count} word {'marker' if count == 1 else 'markers'}.")
        return {"FINISHED"}


class ExgesRemoveWords(Button, bpy.types.Operator):
    """Remove all word markers; your own markers stay."""

    bl_idname = "exges.remove_words"
    bl_label = "Remove Word Markers"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return "There are no word markers" if not word_markers.are_there(context.scene) else ""

    def execute(self, context: bpy.types.Context) -> Ending:
        """Remove them from the scene."""
        word_markers.remove(context.scene)
        return {"FINISHED"}


class ExgesAddPhones(Button, bpy.types.Operator):
    """Add a timeline marker for every phone that the mouth says, replacing earlier phone markers."""

    bl_idname = "exges.add_phones"
    bl_label = "Phones as Markers"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        found = heard_words.of(readiness.character_of(context))
        return "" if found is not None and found.phones else "No phones yet: generate a take with Face"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Add them to the scene."""
        count = word_markers.add(context.scene, _heard(context), word_markers.PHONES)
        self.report({"INFO"}, f"Added {count} phone {'marker' if count == 1 else 'markers'}.")
        return {"FINISHED"}


class ExgesRemovePhones(Button, bpy.types.Operator):
    """Remove all phone markers; your own markers and those of words stay."""

    bl_idname = "exges.remove_phones"
    bl_label = "Remove Phone Markers"
    bl_options = {"UNDO"}  # noqa: RUF012

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str:
        """Return why the button is greyed out, '' if it is not."""
        return "" if word_markers.are_there(context.scene, word_markers.PHONES) else "There are no phone markers"

    def execute(self, context: bpy.types.Context) -> Ending:
        """Remove them from the scene."""
        word_markers.remove(context.scene, word_markers.PHONES)
        return {"FINISHED"}


CLASSES = (
    ExgesHearWords,
    ExgesChooseRecogniser,
    ExgesPasteTranscript,
    ExgesWordsToText,
    ExgesAddWords,
    ExgesRemoveWords,
    ExgesAddPhones,
    ExgesRemovePhones,
)
