"""Takes to be measured on: the true motion, and the speech as the product hears it. Read only, never learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.audio.features import audio_features
from exges_core.audio.fingerprint import fingerprint
from exges_core.audio.waveform import Waveform
from exges_core.datasets.recordings import Take
from exges_core.errors import InputError, message
from exges_core.metrics.listening.strokes import Stroke
from exges_core.motion.clip import MotionClip
from exges_core.motion.skeleton import DEFAULT_SKELETON, Skeleton
from exges_core.motion.smplx_body import SmplxModel, read_shape
from exges_core.pipeline.analyse import Heard, Speech
from exges_core.score.records import Score
from exges_core.speech.segments import Segment, segment
from exges_core.speech.words import Word
from training.data.labelled_scores import labelled_score
from training.data.recordings import common_frames
from training.evaluation.labelled_strokes import labelled_strokes


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownTake:
    """One take whose motion is known.

    Attributes:
        id, speaker: as in its folder; "" = unknown speaker.
        truth: its motion, as many frames as `audio`.
        waveform: its sound, uncut.
        audio: features of the sound, computed as the product does.
        segments: retrieval units; none if the take has no transcript.
        strokes: as labelled; none if the take has no gesture tiers.
        words: none if the take has no transcript.
        score: what the take was acted by; None where its folder has no events.
        skeleton: whose joints the field's figures (BC, L1div, MPJPE) are taken of.
    """

    id: str
    speaker: str
    truth: MotionClip
    waveform: Waveform
    audio: Float[Array, "frames audio_channels"]
    segments: tuple[Segment, ...]
    strokes: tuple[Stroke, ...] = ()
    words: tuple[Word, ...] = ()
    score: Score | None = None
    skeleton: Skeleton = DEFAULT_SKELETON

    @property
    def frames(self) -> int:
        """Return the number of frames."""
        return self.truth.frames

    @cached_property
    def speech(self) -> Speech:
        """Return the speech as the product's flow takes it, as long as the motion."""
        heard = Heard(
            waveform=self.waveform, words=self.words, segments=self.segments, asr="transcript", source=self.id
        )
        return Speech(heard=heard, features=self.audio, sound=fingerprint(self.waveform))

    @property
    def style(self) -> str | None:
        """Return the speaker as the denoiser's style."""
        return self.speaker or None


def spread(takes: Sequence[Take], limit: int | None) -> list[Take]:
    """Return all takes, or `limit` of them spread over the list.

    Raises:
        InputError: if that would be none.
    """
    if limit is not None and limit < 1:
        raise InputError(message(expected="1 take or more", got=f"{limit}", where="--limit", do="Change the option."))
    if limit is None or limit >= len(takes):
        return list(takes)
    return [takes[round(place)] for place in np.linspace(0, len(takes) - 1, limit)]


def skeleton_of(take: Take, model: SmplxModel | None) -> Skeleton:
    """Return the joints of a take's own shape by a user's SMPL-X model; the canonical body's without one.

    Raises:
        SkeletonError: if the take's shape does not fit the model.
    """
    return DEFAULT_SKELETON if model is None else model.skeleton(read_shape(take.motion_path))


def known_take(take: Take, folder: Path | None = None, model: SmplxModel | None = None) -> KnownTake:
    """Read one take; sound and motion are brought to one length.

    Args:
        take: as listed.
        folder: whose `events/` have the take's score; None = it is not needed.
        model: whose joints it is measured on, in the take's own shape; None = the canonical body's.

    Raises:
        InputError: if sound and motion differ by more than `LENGTH_TOLERANCE_S`, the events cannot be read, or the
            take's shape does not fit the model.
    """
    clip, waveform = take.clip, take.waveform
    audio = audio_features(waveform)
    frames = common_frames(take.id, clip, audio)
    truth, words = clip.cut(0, frames), take.words
    return KnownTake(
        id=take.id,
        speaker=take.speaker,
        truth=truth,
        waveform=waveform,
        audio=audio[:frames],
        segments=segment(words, waveform),
        strokes=labelled_strokes(take.transcript_path),
        words=words,
        score=None if folder is None else labelled_score(folder, take.id, truth),
        skeleton=skeleton_of(take, model),
    )
