# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked of one generation, flat and by name: the panel, the command line and batches all fill this in."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..sound import sources
from ..takes import user_keys


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the user asked for; names, not references. All of it can be asked for on the command line, too.

    Attributes:
        scene, character: names.
        speech_from: STRIP, SELECTED, RANGE, SPEAKER or FILE; '' = whichever of the following is given.
        strip: name of a sound strip; '' = the first one. Ignored if other speech is given.
        audio: a sound file, or ''.
        start_frame: where the motion of a sound file begins; a strip has its own place.
        strips: several sound strips that are heard together.
        sound_frames: all that is heard between two frames of the sequencer.
        speaker_object: a Speaker object's name.
        transcript, speaker: '' = none.
        transcript_text: a Text of the open file that is the transcript; '' = `transcript` counts.
        speaker_tier: whose words of a transcript with several speakers; '' = as the engine chooses.
        asr: what hears the words where there is no transcript: auto, moonshine, whisper:NAME, pocketsphinx or none.
        seed: another one gives another take.
        energy: calm, normal or vivid.
        intensity, retrieval_strength: None = as `energy` has it.
        vividness: number and size of planned strokes, 0 (none) to 2; 1 = as the speaker.
        use_score: False = no stroke is planned: the paper's own variant.
        score: a file with the strokes to make, '' = they are planned.
        score_out: a file to write the strokes to that were made, '' = none.
        retrieval_joints: upper-body, arms or hands.
        pins, bans, no_gesture: as `protocol.Request`.
        library: a motion base of the user's own, or ''.
        use_shipped: True = the shipped motion base is searched, too.
        use_keys: True = the animator's own keys are kept as control...
        bones: ...of these bones; empty = of all.
        soft_frames, ignored_frames: keys there only shape the motion, or do not count.
        keeps_path: True = keyed locations of the body are kept, too.
        part: the scene's frames [first, last) that are made; None = all of the speech.
        base: the take that stays as it is outside of `part`; '' = none.
        travel: hips, root or object: what carries the character over the ground.
        is_in_place: True = it stays where it is.
        tolerance_deg: 0 = a key on every frame; else as few as keep the motion that close.
        as_active_action: True = the active Action instead of an NLA track.
    """

    scene: str
    character: str
    speech_from: str = ""
    strip: str = ""
    audio: str = ""
    start_frame: int = 1
    strips: tuple[str, ...] = ()
    sound_frames: tuple[int, int] | None = None
    speaker_object: str = ""
    transcript: str = ""
    transcript_text: str = ""
    speaker_tier: str = ""
    asr: str = "auto"
    speaker: str = ""
    seed: int = 0
    energy: str = "normal"
    intensity: float | None = None
    vividness: float = 1.0
    use_score: bool = True
    score: str = ""
    score_out: str = ""
    use_retrieval: bool = True
    retrieval_strength: float | None = None
    retrieval_joints: str = "upper-body"
    pins: tuple[str, ...] = ()
    bans: tuple[str, ...] = ()
    no_gesture: tuple[int, ...] = ()
    library: str = ""
    use_shipped: bool = True
    use_keys: bool = True
    bones: tuple[str, ...] = ()
    soft_frames: tuple[int, ...] = ()
    ignored_frames: tuple[int, ...] = ()
    keeps_path: bool = True
    part: tuple[int, int] | None = None
    base: str = ""
    travel: str = "hips"
    is_in_place: bool = False
    tolerance_deg: float = 0.0
    as_active_action: bool = False

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
