# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked of one take, flat and by name: the panel, the command line and batches all fill this in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exges_core.json_lines import frozen
from exges_core.settings import GenerationSettings, setting

from ..sound import sources
from ..takes import user_keys


@dataclass(frozen=True, kw_only=True)
class TakeSettings(GenerationSettings):
    """All that one take is asked for; names, not references. What no help stands beside is no setting but a place.

    Attributes:
        scene, character: names.
        strip: name of a sound strip; '' = the first one. Ignored if other speech is given.
        audio: a sound file, or ''.
        posture_text: the posture as a file would have it; counts before a file.
        start_frame: where the motion of a sound file begins; a strip has its own place.
        fps: the scene's, once it was read; nobody can set it.
        face and its kin: no character here has a face yet.
    """

    scene: str
    character: str
    strip: str = ""
    audio: str = ""
    start_frame: int = 1
    fps: float | None = None
    face: bool = False
    face_mouth: float = 1.0
    face_brows: float = 1.0
    face_blinks: float = 1.0
    face_gaze: float = 1.0
    face_nods: float = 1.0
    face_happy: float = 0.0
    face_sad: float = 0.0
    face_angry: float = 0.0
    face_surprised: float = 0.0
    speech_from: str = setting("", "STRIP, SELECTED, RANGE, SPEAKER or FILE; without: whichever is given.")
    strips: tuple[str, ...] = setting((), "Sound strips that are heard together.", form="NAME")
    sound_frames: tuple[int, int] | None = setting(None, "All that is heard between two frames.", form="FRAME")
    speaker_object: str = setting("", "A Speaker object's name.", form="NAME")
    transcript: str = setting("", "A file with the words; without, they are recognised.", form="FILE")
    transcript_text: str = setting("", "A Text of the open file with the words; counts before a file.", form="NAME")
    speaker_tier: str = setting("", "Whose words of a transcript with several speakers.", form="NAME")
    asr: str = setting(
        "auto", "What recognises words: auto, moonshine, whisper:NAME, pocketsphinx or none.", form="NAME"
    )
    posture: str = setting("", "A file with the posture to gesture about; without, as the speaker stands.", form="FILE")
    posture_text: str = ""
    score: str = setting("", "A file with the strokes to make; without, they are planned.", form="FILE")
    score_out: str = setting("", "A file to write the strokes to.", form="FILE")
    library: str = setting("", "A motion base of your own.", form="DIR")
    use_shipped: bool = setting(True, "Search the shipped motion base, too.")
    use_keys: bool = setting(True, "Keep poses that you keyed yourself.", option="keys")
    bones: tuple[str, ...] = setting((), "Keep only your keys on these bones.", form="NAME")
    soft_frames: tuple[int, ...] = setting((), "Frames whose keys only shape the motion.", form="FRAME")
    ignored_frames: tuple[int, ...] = setting((), "Frames whose keys do not count.", form="FRAME")
    busy: tuple[str, ...] = setting(
        (),
        "Keep this part of the body as your own animation has it, all the time or in these frames; may be repeated.",
        form="PART[:FIRST-LAST]",
    )
    keeps_path: bool = setting(True, "Go where you keyed the location of the body.")
    part: tuple[int, int] | None = setting(None, "Make these frames alone: the first, and the one after.", form="FRAME")
    base: str = setting("", "The take that stays as it is outside of the part.", form="NAME")
    travel: str = setting(
        "hips",
        "What carries the character over the ground.",
        choices={
            "hips": "The bone that moves the whole body",
            "root": "The bone above the hips, for games",
            "object": "The armature object itself",
        },
    )
    is_in_place: bool = setting(False, "Stay where the character stands.", option="in-place")
    keeps_hands_out: bool = setting(True, "Keep hands and forearms out of the character's body.", option="hands-out")
    tolerance_deg: float = setting(
        0.0, "Write as few keys as hold every bone this close; 0 = a key on every frame.", least=0.0, most=10.0
    )
    turns: str = setting(
        "bones",
        "How rotations are written.",
        choices={
            "bones": "As each bone has them",
            "euler": "Euler angles, each bone in the order that stays farthest from gimbal lock",
        },
    )
    as_active_action: bool = setting(
        False, "Make the take the active Action instead of an NLA track.", option="active-action"
    )

    @property
    def source(self) -> sources.Source:
        """Return where the speech comes from."""
        return sources.source_from(
            kind=self.speech_from,
            strip=self.strip,
            selected=self.strips,
            frames=self.sound_frames,
            speaker=self.speaker_object,
            audio=self.audio,
            start_frame=self.start_frame,
        )

    @property
    def choice(self) -> user_keys.Choice:
        """Return which of the animator's keys count."""
        return user_keys.Choice(
            bones=frozenset(self.bones),
            soft=frozenset(self.soft_frames),
            ignored=frozenset(self.ignored_frames),
            keeps_path=self.keeps_path,
        )

    @property
    def _sound(self) -> tuple[object, ...]:
        source = self.source
        return (source.kind, source.strips, source.frames, source.speaker, source.audio)

    @property
    def sound_key(self) -> str:
        """Return which speech it is, however its words are found."""
        return json.dumps(self._sound)

    @property
    def has_transcript(self) -> bool:
        """Return whether the words are given, and nothing has to hear them."""
        return bool(self.transcript or self.transcript_text)

    @property
    def _said(self) -> str:
        """Return where the words come from; '' = the default."""
        if self.has_transcript:
            said = f"Text {self.transcript_text}" if self.transcript_text else self.transcript
            return f"{said} ({self.speaker_tier})" if self.speaker_tier else said
        return "" if self.asr == "auto" else self.asr

    @property
    def speech_key(self) -> str:
        """Return what numbers of segments and gestures depend on: sound, words, what of it is heard, the first base."""
        heard = None if self.base else self.part
        return json.dumps([*self._sound, self._said, heard, self.numbering])

    @property
    def numbering(self) -> str:
        """Return whose gestures are numbered from 0: '' = the shipped motion base's, or a folder."""
        return self.library if not self.use_shipped else ""


def settings_for(scene: str, character: str, values: Mapping[str, object]) -> TakeSettings:
    """Return the settings of a take by their names, the others at their defaults; lists may stand for tuples.

    Where None is the default, an empty text is None: Blender's texts know no other way to say so.
    """
    defaults = TakeSettings(scene=scene, character=character)
    made: dict[str, Any] = {
        name: None if value == "" and getattr(defaults, name) is None else frozen(value)
        for name, value in values.items()
    }
    return TakeSettings(scene=scene, character=character, **made)
