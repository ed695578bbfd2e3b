"""Nods: on the accents that have a stroke and where sentences end, no faster than heads are; what is fixed stays."""

import numpy as np
import pytest
from face.measures import RATE_HZ
from face.takes import Spoken

from exges_core.audio.accents import accents_s
from exges_core.face.nods import NODDING, Nod, nods_of, turns_of, with_nods
from exges_core.face.phrases import Phrase, phrases_of
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import quat_inverse, quat_multiply, quat_rotate, rotvec_from_quat
from exges_core.motion.skeleton import JOINTS, joint_index
from exges_core.score.records import Score, Stroke

FASTEST_DEG_PER_S = 82.0
"""The 99th percentile of the BEAT2 sample's head."""
HEAD = joint_index("head")


def score_on(accents: np.ndarray, duration_s: float) -> Score:
    strokes = tuple(
        Stroke(start_s=max(0.0, t - 0.5), stroke_start_s=max(0.0, t - 0.2), apex_s=t, hold_end_s=t, end_s=t + 0.3)
        for t in accents
    )
    return Score(strokes=strokes, duration_s=duration_s)


def dip_deg(down_deg: np.ndarray, at_s: np.ndarray) -> float:
    """Return by how much a head is lower at some instants than about them."""
    frames = np.arange(len(down_deg)) / RATE_HZ
    before, at, behind = (np.interp(at_s + by_s, frames, down_deg) for by_s in (-0.45, 0.0, 0.55))
    return float(np.mean(at - (before + behind) / 2))


def still(frames: int) -> MotionClip:
    quats = np.zeros((frames, JOINTS, 4))
    quats[..., 0] = 1.0
    return MotionClip(local_quat_wxyz=quats, root_position_m=np.zeros((frames, 3)), frame_rate_hz=30.0)


def test_heads_nod_on_accents_with_a_stroke_and_not_on_the_others(take: Spoken) -> None:
    accents, duration_s = accents_s(take.speech.features), take.speech.heard.waveform.duration_s
    chosen, others = accents[1::3], np.concatenate([accents[0::3], accents[2::3]])
    down_deg = take.again(score=score_on(chosen, duration_s)).nods_deg[:, 0]
    exchanged = take.again(score=score_on(others, duration_s)).nods_deg[:, 0]
    assert dip_deg(down_deg, chosen) > 2.0
    assert dip_deg(exchanged, chosen) < 0.5 * dip_deg(down_deg, chosen)
    shifted = [dip_deg(down_deg, (chosen + by_s) % duration_s) for by_s in np.arange(1.0, duration_s - 1.0, 0.5)]
    assert abs(np.mean(shifted)) < 0.5


def test_a_strength_of_0_nods_not_and_of_15_half_as_far_again(take: Spoken) -> None:
    none, most = take.again(face_nods=0.0), take.again(face_nods=1.5)
    assert (none.nods, none.nods_deg.any()) == (0, False)
    assert np.allclose(most.nods_deg, 1.5 * take.face.nods_deg)
    assert none.curves.tobytes() == take.face.curves.tobytes()


def test_nods_are_smooth_and_no_faster_than_heads(take: Spoken) -> None:
    accents, duration_s = accents_s(take.speech.features), take.speech.heard.waveform.duration_s
    turns = take.again(score=score_on(accents, duration_s)).nods_deg
    moved = with_nods(still(len(turns)), turns).local_quat_wxyz
    turned = quat_multiply(*(moved[:, joint] for joint in NODDING))
    steps = rotvec_from_quat(quat_multiply(quat_inverse(turned[:-1]), turned[1:])) * RATE_HZ
    speed_deg_per_s = np.rad2deg(np.linalg.norm(steps, axis=1))
    assert 15.0 < speed_deg_per_s.max() <= FASTEST_DEG_PER_S
    assert np.abs(np.diff(turns, n=2, axis=0)).max() * RATE_HZ**2 < 700.0  # degrees a second squared: no jolt
    assert np.abs(turns).max() < 10.0


def test_sentences_end_with_a_nod_where_no_accent_has_one(kathleen: Spoken) -> None:
    heard = kathleen.speech.heard
    phrases = phrases_of(heard.words, heard.waveform)
    nods = nods_of((), phrases, np.random.default_rng(0))
    assert [nod.at_s for nod in nods] == [each.end_s for each in phrases if each.ends_sentence]
    assert max(nod.depth_deg for nod in nods) < 4.0
    ends = [Phrase(start_s=0.0, end_s=3.0), Phrase(start_s=4.0, end_s=8.0)]
    assert [nod.at_s for nod in nods_of([(2.8, 1.0)], ends, np.random.default_rng(0))] == [2.8, 8.0]


def test_down_is_down_and_left_is_left() -> None:
    turns = turns_of((Nod(at_s=1.0, depth_deg=6.0, tilt=0.5),), 60)
    assert turns[:, 0].argmax() == 30
    assert turns[30].tolist() == [6.0, 3.0]
    assert turns[:24, 0].min() < -0.5  # it lifts first
    assert not turns[[0, 1, 59]].any()
    clip = with_nods(still(60), turns)
    pose = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m)
    ahead, top = (quat_rotate(pose.world_quat_wxyz[30, HEAD], np.array(axis)) for axis in ([0.0, 0, 1], [0, 1.0, 0]))
    assert np.rad2deg(np.arcsin(-ahead[1])) == pytest.approx(6.0, abs=0.1)
    assert top[0] > 0.04  # to the character's left, which is +X


def test_fixed_frames_keep_every_bit_and_nods_fade_beside_them() -> None:
    clip = still(90)
    chances = np.random.default_rng(3)
    clip.local_quat_wxyz[:] += 0.1 * chances.standard_normal(clip.local_quat_wxyz.shape)
    clip.local_quat_wxyz[:] /= np.linalg.norm(clip.local_quat_wxyz, axis=-1, keepdims=True)
    turns = turns_of((Nod(at_s=1.0, depth_deg=8.0, tilt=0.3), Nod(at_s=2.0, depth_deg=8.0, tilt=0.0)), 90)
    is_fixed = np.zeros(90, bool)
    is_fixed[30:34] = True
    moved = with_nods(clip, turns, is_fixed)
    assert moved.local_quat_wxyz[is_fixed].tobytes() == clip.local_quat_wxyz[is_fixed].tobytes()
    others = [joint for joint in range(JOINTS) if joint not in NODDING]
    assert moved.local_quat_wxyz[:, others].tobytes() == clip.local_quat_wxyz[:, others].tobytes()
    added = quat_multiply(quat_inverse(clip.local_quat_wxyz[:, HEAD]), moved.local_quat_wxyz[:, HEAD])
    angle_deg = np.rad2deg(np.linalg.norm(rotvec_from_quat(added), axis=-1))
    assert angle_deg[60] > 4.0
    assert np.abs(np.diff(angle_deg)).max() * RATE_HZ <= FASTEST_DEG_PER_S
