"""Do hands pause where the voice sets in? Beat consistency (BC) in three protocols, always beside its own chance level.

BC hardly measures synchrony: real motion scores almost the same against somebody else's moment. So every score comes
with that of the same beats shifted in time, and what counts is the excess. Motion beats are numpy and scipy; onsets are
librosa's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import librosa
import numpy as np
from scipy.signal import argrelextrema

from exges_core.arrays import Array, Float, Int
from exges_core.audio.waveform import Waveform
from exges_core.errors import InputError, message
from exges_core.metrics.diversity import positions_in_place_m
from exges_core.metrics.protocols import CLEAN, MetricProtocol
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import velocity_m_per_s
from exges_core.motion.rotations import IDENTITY_QUAT_WXYZ
from exges_core.motion.skeleton import DEFAULT_SKELETON, JOINTS, Skeleton, joint_index
from exges_core.timeline import AUDIO_RATE_HZ, MOTION_RATE_HZ

BC_SCALE = 10.0
"""The field prints BC times ten."""
BEAT_JOINTS = (3, 6, 9, *range(12, 22))
"""Spine, neck, head, collars and arms: the public code's upper body."""
MARGIN_FRAMES = 60
"""The first and last two seconds are ignored."""
MARGIN_SAMPLES = MARGIN_FRAMES * AUDIO_RATE_HZ // MOTION_RATE_HZ
WIDTH_S = 0.3
"""A beat this far from an onset still scores exp(-1/2)."""
ORDER_FRAMES = 7
"""A beat's speed is below that of as many frames on either side."""
HOP_SAMPLES = 512
MOST_SHIFTS = 16
SHORTEST_SHIFT_S = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class BeatConsistency:
    """BC of some clips, and what each of them adds, so that intervals need no second look at the clips.

    Attributes:
        clip_scores: of each clip, 0 to 1; NaN where a clip has no onset or no frame between the margins.
        clip_shifted: mean of the clip's own beats shifted in time.
        clip_weights: frames between the margins; 0 where the score is NaN.
    """

    clip_scores: Float[Array, "clips"]
    clip_shifted: Float[Array, "clips"]
    clip_weights: Float[Array, "clips"]

    @property
    def score(self) -> float:
        """Return BC, x10, clips weighted by their frames."""
        return BC_SCALE * self._mean(self.clip_scores)

    @property
    def shifted(self) -> float:
        """Return BC of the same beats shifted in time, x10: what this motion scores by chance."""
        return BC_SCALE * self._mean(self.clip_shifted)

    @property
    def excess(self) -> float:
        """Return score - shifted: synchrony itself."""
        return self.score - self.shifted

    def drawn(self, clips: Int[Array, "drawn"]) -> BeatConsistency:
        """Return the figure of the clips with these indices, repeats among them: for `intervals.bootstrap_interval`."""
        return BeatConsistency(
            clip_scores=self.clip_scores[clips],
            clip_shifted=self.clip_shifted[clips],
            clip_weights=self.clip_weights[clips],
        )

    def _mean(self, values: Array) -> float:
        total = float(self.clip_weights.sum())
        return float((np.nan_to_num(values) * self.clip_weights).sum() / total) if total else float("nan")


def mean_joint_speed_m_per_s(
    clips: Sequence[MotionClip],
    protocol: MetricProtocol = CLEAN,
    *,
    skeletons: Sequence[Skeleton] | None = None,
) -> Float[Array, "55"]:
    """Return each joint's mean speed over a corpus: what the speeds are divided by before beats are sought.

    With translation in the emage protocols, as in the field's file for BEAT2 (``mean_vel_smplxflame_30.npy``: its
    pelvis moves, and planted feet are slower than it); use that file for BEAT2.

    Args:
        clips: of the corpus.
        protocol: with or without translation.
        skeletons: whose body each clip is of; None = the canonical body.

    Raises:
        InputError: without a clip.
    """
    if not clips:
        raise InputError(message(expected="clips", got="none", where="mean joint speed", do="Give the training clips."))
    total = np.zeros(JOINTS)
    for clip, skeleton in zip(clips, skeletons or [DEFAULT_SKELETON] * len(clips), strict=True):
        positions = positions_in_place_m(clip, skeleton) if protocol.is_speed_in_place else clip.positions_m(skeleton)
        total += np.linalg.norm(velocity_m_per_s(positions, clip.frame_rate_hz), axis=-1).sum(axis=0)
    return total / sum(clip.frames for clip in clips)


def beat_consistency(
    clips: Sequence[MotionClip],
    waveforms: Sequence[Waveform],
    protocol: MetricProtocol = CLEAN,
    joint_speed_m_per_s: Float[Array, "55"] | None = None,
    *,
    skeletons: Sequence[Skeleton] | None = None,
) -> BeatConsistency:
    """Return BC (Li et al. 2021 in EMAGE's form) of clips with their sound.

    For each onset of the sound exp(-d^2 / (2 `WIDTH_S`^2)) with d the time to the nearest beat of a joint; mean over
    onsets, then over `BEAT_JOINTS`. A joint without a beat scores 0.

    Args:
        clips: at 30 fps; sound and motion start together, the longer one is trimmed.
        waveforms: of the clips, in their order.
        protocol: how beats are found.
        joint_speed_m_per_s: every joint's mean speed over the corpus; None = over these clips (figures then compare
            only among calls with the same clips).
        skeletons: whose body each clip is of; None = the canonical body.

    Raises:
        InputError: if counts differ, there is no clip, a rate is not 30 fps, or the speeds do not fit.
    """
    _check(clips, waveforms)
    speed = joint_speed_m_per_s
    if speed is None:
        speed = mean_joint_speed_m_per_s(clips, protocol, skeletons=skeletons)
    if speed.shape != (JOINTS,) or not (speed[list(BEAT_JOINTS)] > 0).all():
        raise InputError(
            message(
                expected=f"{JOINTS} positive speeds",
                got=f"shape {speed.shape}",
                where="joint_speed_m_per_s",
                do="Use mean_joint_speed_m_per_s of the training clips, or the field's file.",
            )
        )
    bodies = skeletons or [DEFAULT_SKELETON] * len(clips)
    rows = [_scores(*each, protocol, speed) for each in zip(clips, waveforms, bodies, strict=True)]
    scores, shifted, weights = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    return BeatConsistency(clip_scores=scores, clip_shifted=shifted, clip_weights=weights)


def onsets_s(waveform: Waveform, frames: int) -> Float[Array, "onsets"]:
    """Return the sound's onsets between the margins, in seconds after the first margin (librosa's defaults)."""
    last = int((frames - MARGIN_FRAMES) / MOTION_RATE_HZ * AUDIO_RATE_HZ)
    cut = waveform.samples[MARGIN_SAMPLES:last].astype(np.float32)
    if len(cut) < HOP_SAMPLES or not np.any(cut):
        return np.zeros(0)
    return np.asarray(librosa.onset.onset_detect(y=cut, sr=AUDIO_RATE_HZ, hop_length=HOP_SAMPLES, units="time"))


def motion_beats_s(
    clip: MotionClip,
    protocol: MetricProtocol,
    joint_speed_m_per_s: Float[Array, "55"],
    skeleton: Skeleton = DEFAULT_SKELETON,
) -> list[Float[Array, "_"]]:
    """Return the beats of each of `BEAT_JOINTS` between the margins, in seconds after the first margin."""
    positions = positions_in_place_m(_upright(clip) if protocol.is_upright else clip, skeleton)
    if protocol.is_folded:
        positions = np.abs(positions - positions.mean(axis=0))
    speed = np.linalg.norm(velocity_m_per_s(positions, clip.frame_rate_hz), axis=-1)
    beats: list[Array] = []
    for joint in BEAT_JOINTS:
        course = speed[:, joint] / joint_speed_m_per_s[joint]
        (minima,) = argrelextrema(course[MARGIN_FRAMES : clip.frames - MARGIN_FRAMES], np.less, order=ORDER_FRAMES)
        read = minima if protocol.is_threshold_early else minima + MARGIN_FRAMES
        beats.append(minima[course[read] > protocol.beat_threshold] / MOTION_RATE_HZ)
    return beats


def _upright(clip: MotionClip) -> MotionClip:
    quats = clip.local_quat_wxyz.copy()
    quats[:, [0, joint_index("jaw")]] = IDENTITY_QUAT_WXYZ
    return MotionClip(local_quat_wxyz=quats, root_position_m=clip.root_position_m, frame_rate_hz=clip.frame_rate_hz)


def _scores(
    clip: MotionClip, waveform: Waveform, skeleton: Skeleton, protocol: MetricProtocol, speed: Array
) -> tuple[float, float, float]:
    """Return a clip's score, the mean of its shifted copies, and its weight."""
    frames = min(clip.frames, int(waveform.duration_s * MOTION_RATE_HZ))
    inside = frames - 2 * MARGIN_FRAMES
    onsets = onsets_s(waveform, frames) if inside > 2 * ORDER_FRAMES else np.zeros(0)
    if not len(onsets):
        return float("nan"), float("nan"), 0.0
    beats = motion_beats_s(clip.cut(0, frames), protocol, speed, skeleton)
    span_s = inside / MOTION_RATE_HZ
    copies = int(np.clip(span_s / SHORTEST_SHIFT_S - 1, 1, MOST_SHIFTS))
    shifts_s = span_s * np.arange(1, copies + 1) / (copies + 1)
    shifted = [score_of([(each + shift_s) % span_s for each in beats], onsets) for shift_s in shifts_s]
    return score_of(beats, onsets), float(np.mean(shifted)), float(inside)


def score_of(beats_s: Sequence[Float[Array, "_"]], onsets_s: Float[Array, "onsets"]) -> float:
    """Return the mean over joints and onsets of exp(-d^2 / (2 `WIDTH_S`^2)), d the distance to the nearest beat."""
    scores: list[float] = []
    for beats in beats_s:
        if not len(beats):
            scores.append(0.0)
            continue
        nearest = np.abs(onsets_s[:, None] - beats).min(axis=1)
        scores.append(float(np.exp(-(nearest**2) / (2 * WIDTH_S**2)).mean()))
    return float(np.mean(scores))


def _check(clips: Sequence[MotionClip], waveforms: Sequence[Waveform]) -> None:
    rates = sorted({clip.frame_rate_hz for clip in clips} - {float(MOTION_RATE_HZ)})
    if not clips or len(clips) != len(waveforms) or rates:
        raise InputError(
            message(
                expected=f"clips at {MOTION_RATE_HZ} fps with one waveform each",
                got=f"{len(clips)} clips (other rates: {rates}), {len(waveforms)} waveforms",
                where="beat consistency",
                do="Resample the clips and give each its sound.",
            )
        )
