"""How the denoiser hears a score (ours): per hand, where in a gesture it is, how large that is, where the wrist goes.

Per hand, then once whether a score is given at all (without one everything is 0):

    0 preparation   0 -> 1 while the hand gets ready
    1 stroke        0 -> 1 while it strokes
    2 hold          1 while it stays
    3 retraction    1 -> 0 while it goes back
    4 busy          1 from start to end
    5 to the apex   seconds, -1 to 1, while busy
    6 size          while busy
    7 - 9           where the wrist is when the stroke starts, 10 - 12 where it is at the apex: chest's axes, `PER_M`
    13              1 where these places are known

Places need no labels and no vocabulary: a motion base's clip has them, and so has every take. They are what a lexeme
would tell the network of the hand's course, in numbers that mean the same in another base.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_inverse, quat_rotate
from exges_core.motion.skeleton import joint_index
from exges_core.score.records import SIDES, Score, Stroke
from exges_core.timeline import MOTION_RATE_HZ

HAND_CHANNELS = 14
SCORE_CHANNELS = 2 * HAND_CHANNELS + 1
PER_M = 3.0
"""Places are told in thirds of a metre, which makes them about as large as the other channels."""
PLACE_CHANNELS = [side * HAND_CHANNELS + channel for side in (0, 1) for channel in range(7, HAND_CHANNELS)]
"""All that a score without known places leaves at 0."""
_CHEST = joint_index("spine3")
_WRISTS = [joint_index(f"{side}_wrist") for side in SIDES]


def chest_wrists_m(clip: MotionClip) -> Float[Array, "frames 2 3"]:
    """Return left and right wrist about spine3, in its axes, metres: what an arm does whatever the trunk does."""
    pose = clip.pose_of([_CHEST, *_WRISTS])
    away = pose.positions_m[:, _WRISTS] - pose.positions_m[:, _CHEST, None]
    return quat_rotate(quat_inverse(pose.world_quat_wxyz[:, _CHEST, None]), away)


def places_of(strokes: Sequence[Stroke], wrists_m: Float[Array, "frames 2 3"]) -> Float[Array, "strokes 2 2 3"]:
    """Return where each hand is at each stroke's start and apex, in `chest_wrists_m` at 30 fps; NaN for idle hands."""
    places = np.full((len(strokes), 2, 2, 3), np.nan)
    last = len(wrists_m) - 1
    for number, stroke in enumerate(strokes):
        frames = [min(max(round(time * MOTION_RATE_HZ), 0), last) for time in (stroke.stroke_start_s, stroke.apex_s)]
        for side, name in enumerate(SIDES):
            if stroke.uses(name):
                places[number, side] = wrists_m[frames, side]
    return places


def score_channels(
    score: Score, frames: int, places_m: Float[Array, "strokes 2 2 3"] | None = None
) -> Float[Array, "frames 29"]:
    """Return what the denoiser is told of a score, float32.

    A hand that starts its next stroke leaves the last one there.

    Args:
        score: of the take.
        frames: of the take, at 30 fps.
        places_m: of its strokes (`places_of`); NaN or None = not known.
    """
    channels = np.zeros((frames, SCORE_CHANNELS), np.float32)
    channels[:, -1] = 1.0
    time_s = np.arange(frames) / MOTION_RATE_HZ
    for side, name in enumerate(SIDES):
        own = [number for number, stroke in enumerate(score.strokes) if stroke.uses(name)]
        own.sort(key=lambda number: score.strokes[number].start_s)
        for number, following in zip(own, [*own[1:], None], strict=False):
            until_s = np.inf if following is None else score.strokes[following].start_s
            place = None if places_m is None else places_m[number, side]
            part = channels[:, side * HAND_CHANNELS : (side + 1) * HAND_CHANNELS]
            _write(part, score.strokes[number], min(score.strokes[number].end_s, until_s), place, time_s)
    return channels


def _write(part: Float[Array, "frames 14"], stroke: Stroke, end_s: float, place: Array | None, time_s: Array) -> None:
    is_busy = (time_s >= stroke.start_s) & (time_s < max(end_s, stroke.apex_s))
    at = time_s[is_busy]
    phases = np.zeros((len(at), HAND_CHANNELS), np.float32)
    phases[:, 0] = _ramp(at, stroke.start_s, stroke.stroke_start_s) * (at < stroke.stroke_start_s)
    is_stroke = (at >= stroke.stroke_start_s) & (at < stroke.apex_s)
    phases[:, 1] = _ramp(at, stroke.stroke_start_s, stroke.apex_s) * is_stroke
    phases[:, 2] = (at >= stroke.apex_s) & (at < stroke.hold_end_s)
    phases[:, 3] = (1.0 - _ramp(at, stroke.hold_end_s, stroke.end_s)) * (at >= stroke.hold_end_s)
    phases[:, 4] = 1.0
    phases[:, 5] = np.clip(stroke.apex_s - at, -1.0, 1.0)
    phases[:, 6] = stroke.size
    if place is not None and np.isfinite(place).all():
        phases[:, 7:13] = PER_M * place.ravel()
        phases[:, 13] = 1.0
    part[is_busy] = phases


def _ramp(at: Array, start_s: float, stop_s: float) -> Array:
    return np.clip((at - start_s) / max(stop_s - start_s, 1e-6), 0.0, 1.0)
