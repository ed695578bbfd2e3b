"""Act a take: speech in, motion and gesture marks out. Planner, hands, arms and body meet only here."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec, quat_multiply, quat_normalise, quat_rotate
from exges_core.motion.skeleton import JOINTS, REST_OFFSETS_M, joint_index
from exges_core.timeline import MOTION_RATE_HZ, frames_in
from training.corpus.gesture import body, gaze, hands, handshapes, solving, standing
from training.corpus.gesture.noise import Track, smooth
from training.corpus.gesture.phrasing import Performed, Phrasing
from training.corpus.gesture.rule_planner import Planned, plan
from training.corpus.gesture.speakers import Speaker
from training.corpus.script import SIDES, GestureMark, SpokenTake

_SPINE = ("spine1", "spine2", "spine3")
_SPINE_SHARES = np.array(((0.45, 0.33, 0.22), (0.30, 0.35, 0.35), (0.35, 0.35, 0.30)))
"""How pitch, yaw and roll of the spine are shared by its joints."""


def act(
    take: SpokenTake, speaker: Speaker, *, generator: np.random.Generator
) -> tuple[MotionClip, tuple[GestureMark, ...]]:
    """Act a spoken take: 30 Hz motion of frames_in(duration) frames and the gestures in order of time; ours."""
    today = speaker.in_mood(float(np.clip(np.exp(generator.normal(0.0, 0.15)), 0.7, 1.45)))
    return perform(take, plan(take, today, generator=generator), today, generator=generator)


def perform(
    take: SpokenTake, gestures: tuple[Planned, ...], speaker: Speaker, *, generator: np.random.Generator
) -> tuple[MotionClip, tuple[GestureMark, ...]]:
    """Act gestures that are already planned."""
    frames = frames_in(take.duration_s)
    loudness = body.loudness(take, frames)
    phrasing = Phrasing(speaker, take.duration_s, generator=generator)
    movements, performed = phrasing.write(gestures)
    tracks = {
        side: hands.hand_tracks(phrasing.initial_keys[side], movements[side], loudness, speaker, generator=generator)
        for side in SIDES
    }
    left, right = hands.keep_apart(tracks["left"].position, tracks["right"].position)
    targets = {"left": left, "right": right}

    stance = standing.stance(frames, take, speaker, generator=generator)
    reach = smooth(np.stack((left, right), axis=1).reshape(frames, 6), 0.14).reshape(frames, 2, 3)
    trunk = body.trunk(frames, stance, reach, performed, take, speaker, generator=generator)
    chest_deg = trunk.pelvis_deg + trunk.spine_deg - stance.heading_deg[:, None] * (0.0, 1.0, 0.0)
    looking = gaze.head(frames, take, performed, chest_deg, stance.heading_deg, speaker, generator=generator)

    local = _legs_and_pelvis(trunk, stance)
    _spine_and_head(local, trunk, looking, take)
    solving.solve_arms(local, trunk.pelvis_m, _girdles(local, trunk, performed, speaker, tracks, targets))
    clip = MotionClip(
        local_quat_wxyz=quat_normalise(local), root_position_m=trunk.pelvis_m, frame_rate_hz=float(MOTION_RATE_HZ)
    )
    return clip, tuple(gesture.mark for gesture in performed)


def _legs_and_pelvis(trunk: body.Trunk, stance: standing.Stance) -> Array:
    """Return local rotations of all joints, with those of pelvis and legs set."""
    local = np.zeros((len(trunk.pelvis_m), JOINTS, 4))
    local[..., 0] = 1.0
    local[:, 0] = standing.quat_from_angles(trunk.pelvis_deg)
    for name, quats in standing.legs(trunk.pelvis_m, local[:, 0], stance).items():
        local[:, joint_index(name)] = quats
    return local


def _spine_and_head(local: Array, trunk: body.Trunk, looking: gaze.Head, take: SpokenTake) -> None:
    for place, name in enumerate(_SPINE):
        local[:, joint_index(name)] = standing.quat_from_angles(trunk.spine_deg * _SPINE_SHARES[:, place])
    turn = looking.head_deg + np.array((-2.0, 0.0, 0.0))
    neck_base = np.array((7.0, 0.0, 0.0))
    local[:, joint_index("neck")] = standing.quat_from_angles(gaze.NECK_SHARE * turn + neck_base)
    local[:, joint_index("head")] = standing.quat_from_angles((1.0 - gaze.NECK_SHARE) * turn - neck_base)
    zero = np.zeros(len(local))
    mouth = np.deg2rad(body.mouth_deg(take, len(local)))
    local[:, joint_index("jaw")] = quat_from_rotvec(np.stack((mouth, zero, zero), axis=-1))
    eyes = np.deg2rad(looking.eyes_deg)
    eye_quat = quat_from_rotvec(np.stack((eyes[:, 0], eyes[:, 1], zero), axis=-1))
    for name in ("left_eye_smplhf", "right_eye_smplhf"):
        local[:, joint_index(name)] = eye_quat


def _shrugs(performed: tuple[Performed, ...], frames: int) -> Float[Array, "frames"]:
    track = Track(initial=np.zeros(1))
    for gesture in performed:
        if gesture.lexeme.shrug:
            mark, size = gesture.mark, np.array((gesture.lexeme.shrug * gesture.strength,))
            top_s = max(mark.stroke_end_s, mark.stroke_start_s + 0.3)
            track.add(mark.stroke_start_s, top_s, size)
            track.add(max(mark.hold_end_s - 0.2, top_s), max(mark.hold_end_s, top_s) + 0.35, -size)
    return track.sample(frames)[:, 0]


def _girdles(
    local: Array,
    trunk: body.Trunk,
    performed: tuple[Performed, ...],
    speaker: Speaker,
    tracks: dict[str, hands.HandTracks],
    targets: dict[str, Array],
) -> dict[str, solving.Arm]:
    """Set the fingers and ask both arms to reach from where the trunk has taken the shoulders."""
    shrug = _shrugs(performed, len(local)) * speaker.expressiveness + 1.3 * trunk.breath
    chest = _chest(local, trunk)
    heading = standing.quat_from_angles(trunk.pelvis_deg * np.array((0.0, 1.0, 0.0)))
    asked: dict[str, solving.Arm] = {}
    for side in SIDES:
        first = joint_index(f"{side}_index1")
        local[:, first : first + 15] = handshapes.finger_quats(tracks[side].fingers_deg, is_left=side == "left")
        asked[side] = solving.arm_of(
            side,
            chest=chest,
            heading_quat=heading,
            pelvis_m=trunk.pelvis_m,
            target=targets[side],
            angles_deg=tracks[side].angles_deg,
            shrug_deg=shrug,
        )
    return asked


def _chest(local: Array, trunk: body.Trunk) -> tuple[Array, Array]:
    """Return world rotation and position of spine3."""
    turn, at = local[:, 0], trunk.pelvis_m
    for name in _SPINE:
        at = at + quat_rotate(turn, REST_OFFSETS_M[joint_index(name)])
        turn = quat_multiply(turn, local[:, joint_index(name)])
    return turn, at
