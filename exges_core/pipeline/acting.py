"""The face of a take: its phones heard, its curves made of the same score, words and seed as the motion."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.control.edits import Kept
from exges_core.control.masks import Observed, groups_of_channels
from exges_core.errors import InputError, message
from exges_core.face.joints import with_face
from exges_core.face.moods import moods_in
from exges_core.face.nods import NODDING, with_nods
from exges_core.face.performance import Face, perform
from exges_core.motion.clip import MotionClip
from exges_core.pipeline.analyse import Speech
from exges_core.pipeline.report import FaceReport
from exges_core.pipeline.stages import Stages
from exges_core.score.records import Score
from exges_core.settings import FaceSettings, about, option_of
from exges_core.speech.phones import pronounce
from exges_core.timeline import MOTION_RATE_HZ


def check_face(settings: FaceSettings) -> None:
    """Refuse settings of a face where none is asked for.

    Raises:
        InputError: naming the first of them.
    """
    usual = FaceSettings()
    for name, found in about(FaceSettings).items():
        if not settings.face and getattr(settings, name) != getattr(usual, name):
            where, do = f"--{option_of(name, found)}", "Ask for a face with --face, or leave it out."
            raise InputError(message(expected="a face", got="none", where=where, do=do))


def face_of(speech: Speech, score: Score | None, settings: FaceSettings, seed: int, stages: Stages) -> Face | None:
    """Return the face of a take, None where none is asked for; phones are heard as words are, on a stage apart."""
    if not settings.face:
        return None
    heard = speech.heard
    with stages.timed("phones"):
        pronounced = pronounce(heard.words, heard.waveform)
    with stages.timed("face"):
        return perform(heard.waveform, speech.features, heard.words, pronounced, score, settings, seed)


def with_jaw_and_eyes(clip: MotionClip, face: Face, kept: Kept | None) -> MotionClip:
    """Return the motion with the face's jaw and eyes; frames that are kept stay as they are."""
    curves = curves_of(clip, face)
    if kept is None:
        return with_face(clip, curves)
    nearest = np.rint(np.arange(clip.frames) * MOTION_RATE_HZ / clip.frame_rate_hz).astype(np.int64)
    return with_face(clip, curves, kept.is_kept[np.minimum(nearest, len(kept.is_kept) - 1)])


def nodding(clip: MotionClip, face: Face | None, observed: Observed) -> MotionClip:
    """Return a motion at 30 frames per second with the face's nods; where neck or head is fixed, nothing changes."""
    if face is None:
        return clip
    is_fixed = groups_of_channels(observed.is_observed & observed.is_hard)[:, NODDING].any(axis=1)
    return with_nods(clip, face.nods_deg, is_fixed)


def curves_of(clip: MotionClip, face: Face) -> Float[Array, "frames 52"]:
    """Return a face's curves at a clip's frames."""
    return face.at(clip.frames, clip.frame_rate_hz)


def face_report(face: Face, settings: FaceSettings) -> FaceReport:
    """Return what was done with the face."""
    return FaceReport(
        source=face.source,
        aligned_words=face.aligned,
        spread_words=face.spread,
        brow_raises=face.raises,
        blinks=face.blinks,
        nods=face.nods,
        moods=moods_in(settings),
    )
