"""Is silence alive? Speakers stand for 20 s with nothing to say; is there breath, sway, gaze, and no frozen frame?

A frame is frozen if no joint but those of the face turns by 0.5 degrees per second or more. Stillness: the longest run
in which both wrists stay below 5 mm/s, the head turns by less than 1 degree per second, the eyes by less than 1.
Breath: the spine's lean and the collarbones' height share a rhythm between 0.15 and 0.4 Hz: the highest peak of both
spectra together (their geometric mean, each over its own power law), and each one's swing from end to end in the
0.05 Hz round it. Gaze shifts: the line of sight turns faster than 30 degrees per second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.signal import detrend, periodogram

from exges_core.arrays import Array, Bool, Float, polyfit
from exges_core.motion.kinematics import angular_speed_rad_per_s
from exges_core.motion.rotations import quat_inverse, quat_multiply, quat_rotate
from exges_core.motion.skeleton import JOINT_NAMES
from exges_core.timeline import AUDIO_RATE_HZ
from training.corpus.gesture.behaviour import act
from training.corpus.gesture.speakers import Speaker, speakers
from training.corpus.measures.measured_body import MeasuredBody, measured_body, pitch_yaw_roll_deg
from training.corpus.measures.motion_statistics import head_rates, limb_speeds
from training.corpus.measures.signals import RATE_HZ, runs
from training.corpus.script import SpokenTake

SILENCE_S = 20.0
FROZEN_DEG_PER_S = 0.5
_STILL_WRIST_M_PER_S, _STILL_DEG_PER_S = 0.005, 1.0
_SHIFT_DEG_PER_S, _SHIFT_PAUSE = 30.0, 6
_BREATH_HZ, _POWER_LAW_HZ = (0.15, 0.4), (0.08, 1.2)
_BREATH_HALF_WIDTH_HZ = 0.055
LEAST_BREATH_PROMINENCE, LEAST_SWAY_MM, LEAST_SHIFTS_PER_MIN = 2.5, 3.0, 4.0
_FACE = ("jaw", "left_eye_smplhf", "right_eye_smplhf")


@dataclass(frozen=True, kw_only=True)
class Breath:
    """The rhythm of breathing: its rate, how far it stands out of the spectrum, its swing from end to end."""

    rate_hz: float
    prominence: float
    spine_deg: float
    collar_deg: float


@dataclass(frozen=True, kw_only=True)
class Silence:
    """What one speaker does in silence.

    Attributes:
        speaker: its name.
        frozen_frames: how many frames are frozen.
        slowest_frame_deg_per_s: the fastest joint of the stillest frame.
        still_wrists_s, still_head_s, still_eyes_s: longest stillness.
        breath: what the spine's lean and the collarbones' height share.
        sway_mm: standard deviation of the pelvis, sideways and forward.
        gaze_shifts_per_min: of the line of sight.
    """

    speaker: str
    frozen_frames: int
    slowest_frame_deg_per_s: float
    still_wrists_s: float
    still_head_s: float
    still_eyes_s: float
    breath: Breath
    sway_mm: tuple[float, float]
    gaze_shifts_per_min: float

    @property
    def faults(self) -> tuple[str, ...]:
        """Return what a living person would not do."""
        checks = (
            (self.frozen_frames > 0, "frozen frames"),
            (self.breath.prominence < LEAST_BREATH_PROMINENCE, "no breath"),
            (max(self.sway_mm) < LEAST_SWAY_MM, "no sway"),
            (self.gaze_shifts_per_min < LEAST_SHIFTS_PER_MIN, "staring"),
        )
        return tuple(text for is_wrong, text in checks if is_wrong)


def stand_silent(speaker: Speaker, *, seed: int = 0, duration_s: float = SILENCE_S) -> MeasuredBody:
    """Let a speaker stand with nothing to say."""
    samples = np.zeros(round(duration_s * AUDIO_RATE_HZ), dtype=np.float32)
    take = SpokenTake(id=f"silence_{speaker.name}", voice=speaker.voice, samples=samples, words=(), sentences=())
    clip, _ = act(take, speaker, generator=np.random.default_rng([seed, speaker.number]))
    return measured_body(clip)


def silence_of(name: str, body: MeasuredBody) -> Silence:
    """Measure a body that stands silent."""
    turning = np.rad2deg(angular_speed_rad_per_s(body.clip.local_quat_wxyz, RATE_HZ))
    fastest = turning[:, [index for index, joint in enumerate(JOINT_NAMES) if joint not in _FACE]].max(axis=1)
    eyes = turning[:, JOINT_NAMES.index("left_eye_smplhf")]
    spine = quat_multiply(quat_inverse(body.world("pelvis")), body.world("spine3"))
    collars = [
        np.rad2deg(np.arcsin(np.clip(quat_rotate(quat_inverse(body.world("spine3")), bone)[:, 1], -1, 1)))
        for bone in (body.bone(f"{side}_collar", f"{side}_shoulder") for side in ("left", "right"))
    ]
    pelvis = 1000 * quat_rotate(quat_inverse(body.heading_wxyz[:1]), body.positions_m[:, 0])
    return Silence(
        speaker=name,
        frozen_frames=int(np.count_nonzero(fastest < FROZEN_DEG_PER_S)),
        slowest_frame_deg_per_s=float(fastest.min()),
        still_wrists_s=_longest_s((limb_speeds(body)["wrist"] < _STILL_WRIST_M_PER_S).all(axis=0)),
        still_head_s=_longest_s(head_rates(body)[:, 0] < _STILL_DEG_PER_S),
        still_eyes_s=_longest_s(eyes < _STILL_DEG_PER_S),
        breath=breath_in(pitch_yaw_roll_deg(spine)[:, 0], np.mean(collars, axis=0)),
        sway_mm=(float(pelvis[:, 0].std()), float(pelvis[:, 2].std())),
        gaze_shifts_per_min=_gaze_shifts(body) * 60 / body.clip.duration_s,
    )


def _longest_s(is_still: Bool[Array, "frames"]) -> float:
    return max((stop - start for start, stop in runs(is_still, 1)), default=0) / RATE_HZ


def _gaze_shifts(body: MeasuredBody) -> int:
    """Count jumps of the line of sight; two within 0.2 s are one."""
    ahead = quat_rotate(body.world("left_eye_smplhf"), np.array((0.0, 0.0, 1.0)))
    cosine = np.clip(np.sum(ahead[1:] * ahead[:-1], axis=-1), -1, 1)
    jumps = runs(np.rad2deg(np.arccos(cosine)) * RATE_HZ > _SHIFT_DEG_PER_S, 1)
    return sum(1 for k, (start, _) in enumerate(jumps) if k == 0 or start - jumps[k - 1][1] >= _SHIFT_PAUSE)


def breath_in(spine_deg: Float[Array, "frames"], collar_deg: Float[Array, "frames"]) -> Breath:
    """Find the rhythm that two tracks share (Hann window, linear drift taken off)."""
    length = max(len(spine_deg), 2048)
    tracks = np.stack((spine_deg, collar_deg))
    rate, power = periodogram(tracks, RATE_HZ, window="hann", detrend=detrend, nfft=length)
    law = (rate >= _POWER_LAW_HZ[0]) & (rate <= _POWER_LAW_HZ[1])
    logs = np.log(np.maximum(power, 1e-12))
    above = np.stack(
        [one - np.polyval(polyfit(np.log(rate[law]), one[law], 1), np.log(np.maximum(rate, 1e-6))) for one in logs]
    ).mean(axis=0)
    band = np.flatnonzero((rate >= _BREATH_HZ[0]) & (rate <= _BREATH_HZ[1]))
    best = band[np.argmax(above[band])]
    near = np.abs(rate - rate[best]) <= _BREATH_HALF_WIDTH_HZ
    swing = 2.0 * np.sqrt(2.0 * power[:, near].sum(axis=1) * (rate[1] - rate[0]))
    return Breath(
        rate_hz=float(rate[best]),
        prominence=float(np.exp(above[best])),
        spine_deg=float(swing[0]),
        collar_deg=float(swing[1]),
    )


def silences(count: int = 6) -> list[Silence]:
    """Measure speakers spread over the list."""
    everybody = speakers()
    places = np.unique(np.linspace(0, len(everybody) - 1, count).round())
    chosen = [everybody[int(place)] for place in places]
    return [silence_of(speaker.name, stand_silent(speaker)) for speaker in chosen]


def silence_lines(measured: Sequence[Silence]) -> list[str]:
    """Format the section of the report."""
    lines = [
        f"{SILENCE_S:g} s of silence (frozen: every joint below {FROZEN_DEG_PER_S:g} deg/s;"
        " stillness: wrists, head, eyes)",
        f"  {'speaker':10s} {'frozen':>6s} {'slowest':>8s} {'stillness s':>14s}"
        f" {'breath, spine and collar':>34s} {'sway mm':>9s} {'gaze/min':>8s}",
    ]
    for one in measured:
        breath = one.breath
        rhythm = f"{breath.rate_hz:.2f} Hz x{breath.prominence:.1f} {breath.spine_deg:.1f} {breath.collar_deg:.1f} deg"
        still = f"{one.still_wrists_s:.1f} {one.still_head_s:.1f} {one.still_eyes_s:.1f}"
        lines.append(
            f"  {one.speaker:10s} {one.frozen_frames:6d} {one.slowest_frame_deg_per_s:8.2f} {still:>14s} {rhythm:>34s}"
            f" {one.sway_mm[0]:4.0f} {one.sway_mm[1]:4.0f} {one.gaze_shifts_per_min:8.0f}"
            + (f"  OUT: {', '.join(one.faults)}" if one.faults else "")
        )
    return lines


def silence_json(measured: Sequence[Silence]) -> list[dict[str, object]]:
    """Return the same for JSON."""
    return [{**asdict(one), "faults": list(one.faults)} for one in measured]
