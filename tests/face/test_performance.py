"""One performance: the same take, the same face; each group has its strength; without phones the sound moves it."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from face.measures import lip_gap
from face.takes import Spoken, spoken

from exges_core.audio.features import ENERGY, energy_db_of
from exges_core.audio.waveform import Waveform
from exges_core.face.csv_file import HEADER, timecode, write_csv
from exges_core.face.eyes import gaze_in
from exges_core.face.joints import with_face
from exges_core.face.names import ARKIT_NAMES, COLUMN, columns_of
from exges_core.face.phrases import phrases_of
from exges_core.face.visemes import PHONES, visemes_of
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import quat_rotate
from exges_core.motion.skeleton import JOINTS, joint_index
from exges_core.pipeline.analyse import Speech, heard_in
from exges_core.speech.phones import VOWELS, Phone, Pronounced
from exges_core.speech.words import Transcript, Word
from exges_core.timeline import AUDIO_RATE_HZ

JAW, CLOSE = COLUMN["jawOpen"], COLUMN["mouthClose"]
MOUTH = [column for column, name in enumerate(ARKIT_NAMES) if name.startswith(("mouth", "jaw", "tongue"))]
BROWS = [COLUMN["browInnerUp"], *columns_of("browOuterUp")]
QUIET = Waveform(samples=np.zeros(16_000, np.float32))
LIDS = columns_of("eyeBlink")


def test_names_are_apples() -> None:
    assert len(ARKIT_NAMES) == len(set(ARKIT_NAMES)) == 52
    assert ARKIT_NAMES[:3] == ("eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft")
    assert ARKIT_NAMES[14:19] == ("jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose")
    assert ARKIT_NAMES[41:46] == ("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight")
    assert ARKIT_NAMES[-1] == "tongueOut"


def test_every_phone_of_the_lexicon_has_a_mouth() -> None:
    consonants = {*"BDFGKLMNPRSTVWYZ", "CH", "DH", "HH", "JH", "NG", "SH", "TH", "ZH"}
    assert VOWELS | consonants == PHONES


def test_diphthongs_are_two_shapes_and_pauses_are_rest() -> None:
    phones = [Phone(name="AY", start_s=1.0, end_s=1.2, word=0), Phone(name="M", start_s=2.0, end_s=2.1, word=1)]
    found = [(each.viseme.shape.get("jawOpen", 0.0), each.start_s, each.end_s) for each in visemes_of(phones)]
    rest, first, second, pause, shut, end = found
    assert rest[0] == pause[0] == end[0] == 0.0
    assert first[0] > second[0] > 0.0
    assert (*first[1:], *second[1:]) == pytest.approx((1.0, 1.1, 1.1, 1.2))
    assert pause[1:] == (1.2, 2.0)
    assert shut[1:] == (2.0, 2.1)


def test_the_same_take_has_the_same_face_and_another_seed_other_eyes_alone(demo: Spoken) -> None:
    one, same, other = demo.again(), demo.again(), demo.again(seed=6)
    assert one.curves.tobytes() == same.curves.tobytes()
    assert np.array_equal(one.curves[:, MOUTH], other.curves[:, MOUTH])
    assert not np.array_equal(one.curves[:, LIDS], other.curves[:, LIDS])
    assert not np.array_equal(gaze_in(one.curves), gaze_in(other.curves))


@pytest.mark.parametrize(("setting", "columns"), [
    ("face_mouth", MOUTH), ("face_brows", BROWS), ("face_blinks", LIDS),
    ("face_gaze", [column for column, name in enumerate(ARKIT_NAMES) if name.startswith("eyeLook")]),
])  # fmt: skip
def test_each_group_has_its_strength(demo: Spoken, setting: str, columns: list[int]) -> None:
    none, full = demo.again(**{setting: 0.0}).curves, demo.face.curves
    assert not none[:, columns].any()
    others = [column for column in range(52) if column not in columns and "eyeWide" not in ARKIT_NAMES[column]]
    assert np.array_equal(none[:, others], full[:, others])
    if setting != "face_blinks":
        half = demo.again(**{setting: 0.5}).curves
        assert half[:, columns].mean() == pytest.approx(0.5 * full[:, columns].mean(), rel=1e-3)


def test_a_mouth_at_half_strength_still_shuts(demo: Spoken) -> None:
    curves = demo.again(face_mouth=0.5).curves
    assert (curves[:, CLOSE] <= curves[:, JAW] + 1e-6).all()
    assert lip_gap(curves).min() >= -1e-6


@pytest.mark.parametrize(("mood", "more", "less"), [
    ("happy", "mouthSmile", "mouthFrown"), ("sad", "mouthFrown", "mouthSmile"),
    ("angry", "browDown", "mouthSmile"), ("surprised", "eyeWide", "browDown"),
])  # fmt: skip
def test_moods_show_by_their_strength(demo: Spoken, mood: str, more: str, less: str) -> None:
    def of(name: str, strength: float) -> float:
        shown = demo.again(**{f"face_{mood}": strength}).curves
        return float(shown[:, columns_of(name)].mean())

    plain, half, full = (of(more, strength) for strength in (0.0, 0.5, 1.0))
    assert full - plain > 0.1
    assert 0.3 < (half - plain) / (full - plain) < 0.7
    assert of(less, 1.0) <= of(less, 0.0) + 0.01


def test_without_words_the_sound_moves_the_jaw_and_it_is_said(demo: Spoken) -> None:
    deaf = spoken(Speech.of(heard_in(demo.speech.heard.waveform, asr="none")), Pronounced())
    assert deaf.face.source == "sound"
    assert deaf.face.warnings == ("the mouth follows loudness and voice alone: there are no words",)
    jaw = deaf.face.curves[:, JAW]
    energy_db = np.maximum(energy_db_of(demo.speech.features[:, ENERGY]), -50)
    assert np.corrcoef(jaw, energy_db)[0, 1] > 0.6
    assert np.corrcoef(np.roll(jaw, 97), energy_db)[0, 1] < 0.3
    assert deaf.face.blinks > 0


def test_words_of_another_script_are_moved_by_the_sound_among_the_others(demo: Spoken) -> None:
    heard = demo.speech.heard
    words = tuple(
        Word(text="東京" if index == 4 else word.text, start_s=word.start_s, end_s=word.end_s)
        for index, word in enumerate(heard.words)
    )
    known = tuple(each for each in demo.pronounced.phones if each.word != 4)
    again = heard_in(heard.waveform, transcript=Transcript(words=words, text=""), asr="none")
    face = spoken(Speech.of(again), Pronounced(phones=known, unknown=(4,))).face
    assert face.source == "phones and sound"
    assert "1 words without English phones: 東京" in face.warnings[0]
    first, stop = round(words[4].start_s * 30), round(words[4].end_s * 30)
    assert face.curves[first:stop, JAW].max() > 0.05
    assert not face.curves[first:stop, COLUMN["mouthPucker"]].any()


@pytest.mark.parametrize("seconds", [0.02, 3.0, 60.0])
def test_silence_blinks_and_looks_with_a_shut_mouth(seconds: float) -> None:
    quiet = Waveform(samples=np.zeros(round(seconds * AUDIO_RATE_HZ), np.float32))
    face = spoken(Speech.of(heard_in(quiet)), Pronounced()).face
    assert not face.curves[:, [*MOUTH, *BROWS]].any()
    assert face.warnings == ()
    if seconds == 60.0:
        assert 10 <= face.blinks <= 25


def test_jaw_and_eyes_of_the_body_follow(demo: Spoken) -> None:
    curves = np.zeros((4, 52))
    curves[1, JAW] = 1.0
    curves[2, [COLUMN["eyeLookOutLeft"], COLUMN["eyeLookInRight"]]] = 1.0  # to the character's left, which is +X
    curves[3, columns_of("eyeLookDown")] = 1.0
    still = np.zeros((4, JOINTS, 4))
    still[..., 0] = 1.0
    clip = MotionClip(local_quat_wxyz=still, root_position_m=np.zeros((4, 3)), frame_rate_hz=30.0)
    moved = with_face(clip, curves, np.array([False, False, False, False]))
    pose = forward_kinematics(moved.local_quat_wxyz, moved.root_position_m)
    chin = quat_rotate(pose.world_quat_wxyz[:, joint_index("jaw")], np.array([0.0, -0.02, 0.09]))
    assert chin[1, 1] < chin[0, 1] - 0.02
    for eye in ("left_eye_smplhf", "right_eye_smplhf"):
        ahead = quat_rotate(pose.world_quat_wxyz[:, joint_index(eye)], np.array([0.0, 0.0, 1.0]))
        assert ahead[2, 0] > 0.4
        assert ahead[3, 1] < -0.3
        assert np.allclose(ahead[:2], [0, 0, 1])
    kept = with_face(clip, curves, np.array([False, True, True, False]))
    assert np.array_equal(kept.local_quat_wxyz[1:3], clip.local_quat_wxyz[1:3])


def test_a_csv_is_one_that_live_link_face_writes(demo: Spoken, tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", demo.face.curves, 30.0)
    header, *rows = (tmp_path / "a.csv").read_text().splitlines()
    assert header.split(",")[:4] == ["Timecode", "BlendShapeCount", "EyeBlinkLeft", "EyeLookDownLeft"]
    assert header.split(",")[-9:][:4] == ["HeadYaw", "HeadPitch", "HeadRoll", "LeftEyeYaw"]
    assert len(HEADER) == 63
    assert [row.split(",")[1] for row in rows] == ["61"] * len(demo.face.curves)
    values = np.array([[float(each) for each in row.split(",")[2:54]] for row in rows])
    assert np.abs(values - demo.face.curves).max() <= 1e-5
    assert rows[31].startswith("00:00:01:01,")


@pytest.mark.parametrize(("frame", "rate_hz", "text"), [
    (0, 30, "00:00:00:00"), (29, 29.97, "00:00:00:29"), (24 * 3661, 23.976, "01:01:01:00"), (59, 60, "00:00:00:59"),
])  # fmt: skip
def test_timecodes_count_frames(frame: int, rate_hz: float, text: str) -> None:
    assert timecode(frame, rate_hz) == text


def test_curves_at_another_rate_are_those_between(demo: Spoken) -> None:
    face = demo.face
    half, same = face.at(2 * len(face.curves) - 1, 60.0), face.at(len(face.curves), 30.0)
    assert np.array_equal(same, face.curves)
    assert np.allclose(half[::2], face.curves)
    assert np.allclose(half[1::2], [(a + b) / 2 for a, b in itertools.pairwise(face.curves)])


def test_phrases_end_at_pauses_marks_and_where_breath_does() -> None:
    def word(text: str, start_s: float) -> Word:
        return Word(text=text, start_s=start_s, end_s=start_s + 0.3)

    short = phrases_of([word("yes", 0.0), word("we", 0.4), word("can.", 0.8), word("now", 1.2), word("go", 2.0)], QUIET)
    assert [(each.start_s, round(each.end_s, 1), each.ends_sentence) for each in short] == [
        (0.0, 1.1, True), (1.2, 1.5, False), (2.0, 2.3, True),
    ]  # fmt: skip
    gap_s = {12: 0.2}
    at_s, words = 0.0, []
    for index in range(24):
        at_s += gap_s.get(index, 0.05)
        words.append(word("on", at_s))
        at_s += 0.3
    long = phrases_of(words, QUIET)
    assert len(long) == 2
    assert long[1].start_s == words[12].start_s
