# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a speech, from settings to what the character remembers."""

from __future__ import annotations

import shutil
import uuid

import bpy

from exges_core.errors import InputError
from exges_core.protocol import Hear

from ..engine import client, preferences, underway
from ..scene import cooperative, lookup
from ..sound import sources
from ..takes import heard_words
from . import checks, transcript
from .settings import TakeSettings


class Hearing(underway.UnderWay[heard_words.HeardWords]):
    """The words of one speech on their way."""

    name = "Speech recognition"
    reason = "The words are being heard"

    def __init__(self, settings: TakeSettings, *, sequencer: str, engine: client.Engine) -> None:
        self._settings, self._sequencer = settings, sequencer
        super().__init__(engine)

    def _whole(self) -> cooperative.Work[heard_words.HeardWords]:
        """Write the speech, hear it, and store what was heard.

        Raises:
            ExgesError: if there is no usable speech, or the character, the recogniser or the transcript is gone.
        """
        settings, scene = self._settings, lookup.scene(self._settings.scene)
        checks.check_character(lookup.character(settings.character))
        checks.check_recogniser(settings)
        first_frame = sources.place_of(settings.source, scene, lookup.scene(self._sequencer)).start_frame
        folder = preferences.work_folder(bpy.context)
        try:
            sound = yield from sources.writing(settings.source, self._sequencer, folder)
            said = transcript.file_of(settings, folder)
            result = yield from self._answering(_request(settings, sound, said))
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror or error}). Free some space.") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        character = lookup.character(settings.character)
        heard_words.remember(character, result.report, first_frame=first_frame, sound=settings.sound_key)
        return heard_words.words_of(result.report, first_frame=first_frame, sound=settings.sound_key)


def _request(settings: TakeSettings, sound: sources.Stretch, said: str | None) -> Hear:
    return Hear(
        id=uuid.uuid4().hex,
        speech=str(sound.path),
        transcript=said,
        speaker_tier=settings.speaker_tier or None,
        start_s=sound.start_s,
        end_s=sound.stop_s,
        asr=settings.asr,
    )
