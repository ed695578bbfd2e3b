"""Motion and speech on their way into a motion base: one record, and the checks at the border."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from exges_core.arrays import Array, Float
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import Waveform
from exges_core.errors import LibraryError, message
from exges_core.motion.clip import MotionClip
from exges_core.score.records import Stroke
from exges_core.speech.segments import Segment, segment
from exges_core.speech.words import Word
from exges_core.timeline import MOTION_RATE_HZ, frame_at

LENGTH_TOLERANCE_S = 1.0
"""Motion and speech may differ by this much: the longer is trimmed and it is said; more is refused."""
MINIMUM_FRAMES = 2
COMMON_RATES_HZ = (15.0, 24.0, 25.0, 30.0, 48.0, 50.0, 60.0, 90.0, 100.0, 120.0, 240.0)
FIT_S, FIT_SHARE = 0.25, 0.02
"""A wrong frame rate is suspected if motion at another common rate is as long as the sound to this, whichever is more,
but never more than what is trimmed."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class SourceTake:
    """A stretch of motion with its speech, to be put into a motion base.

    Attributes:
        id: name of the source.
        speaker: "" if unknown.
        clip: at 30 fps.
        audio: features of the same frames; None if there is no speech (then nothing is known of its sound).
        segments: in seconds of this clip.
        tags: per segment, names of what happens in it (gesture lexemes); empty = unknown for all.
        offset_s: where in its source this clip starts.
        strokes: its gesture score, in seconds of this clip; None = nobody knows, and it is found in the motion.
    """

    id: str
    speaker: str
    clip: MotionClip
    audio: Float[Array, "frames audio_channels"] | None
    segments: tuple[Segment, ...]
    tags: tuple[tuple[str, ...], ...] = ()
    offset_s: float = 0.0
    strokes: tuple[Stroke, ...] | None = None

    def frames_of(self, segment: Segment) -> tuple[int, int]:
        """Return [start, stop) of a segment in frames, inside the clip and never empty."""
        last = self.clip.frames
        start = min(max(frame_at(segment.start_s), 0), max(last - MINIMUM_FRAMES, 0))
        return start, min(max(frame_at(segment.end_s), start + MINIMUM_FRAMES), last)


def source_take(
    take_id: str, clip: MotionClip, waveform: Waveform, words: tuple[Word, ...] | None, *, speaker: str = ""
) -> SourceTake:
    """Bring motion, sound and words together: 30 fps, equal length, cut into segments.

    Raises:
        LibraryError: if motion and sound differ by more than `LENGTH_TOLERANCE_S` or there is nothing to cut.
    """
    frames_as_written, rate_hz = clip.frames, clip.frame_rate_hz
    if clip.frame_rate_hz != MOTION_RATE_HZ:
        clip = clip.resample(MOTION_RATE_HZ)
    audio = audio_features(waveform)
    difference = len(audio) - clip.frames
    if abs(difference) > LENGTH_TOLERANCE_S * MOTION_RATE_HZ:
        raise LibraryError(
            message(
                expected=f"motion and sound of equal length to {LENGTH_TOLERANCE_S:g} s",
                got=f"{clip.duration_s:.2f} s of motion, {waveform.duration_s:.2f} s of sound",
                where=take_id,
                do=_advice(frames_as_written, rate_hz, waveform.duration_s),
            )
        )
    if difference:
        longer = "sound" if difference > 0 else "motion"
        _LOG.warning(
            "%s: the %s is %.2f s longer; its end is trimmed", take_id, longer, abs(difference) / MOTION_RATE_HZ
        )
    frames = min(len(audio), clip.frames)
    inside = tuple(each for each in segment(words or (), waveform) if frame_at(each.start_s) + MINIMUM_FRAMES < frames)
    if not inside:
        raise LibraryError(
            message(expected="speech", got="no segment in it", where=take_id, do="Use a take in which somebody speaks.")
        )
    return SourceTake(id=take_id, speaker=speaker, clip=clip.cut(0, frames), audio=audio[:frames], segments=inside)


def _advice(frames: int, rate_hz: float, sound_s: float) -> str:
    """Return what to do about unequal lengths; a rate at which they would fit is named."""
    tolerance_s = min(max(FIT_S, FIT_SHARE * sound_s), LENGTH_TOLERANCE_S)
    rate = min(COMMON_RATES_HZ, key=lambda each: abs(frames / each - sound_s))
    if rate != rate_hz and abs(frames / rate - sound_s) < tolerance_s:
        return f"The file says {rate_hz:g} frames per second; at {rate:g} they would fit: is that its rate?"
    return "Cut both to the same part of the take."
