"""Keys and masks: what is observed is what was asked for, and what cannot be obeyed is refused by name."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rig.motions import standing_and_swaying

from exges_core.control import (
    Key,
    Observed,
    RetrievedPose,
    combine,
    compose,
    from_clip,
    from_keys,
    nothing,
    read_controls,
)
from exges_core.control.compose import GESTURE_JOINTS
from exges_core.control.masks import GROUPS, ORIGIN, ROOT_GROUP, channels_of_groups, groups_of_channels
from exges_core.errors import ControlError
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import (
    CONTACT_CHANNELS,
    ROOT_CHANNELS,
    Anchor,
    clip_from_features,
    features_from_clip,
    home_anchor,
    joint_channels,
)
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import (
    quat_angle,
    quat_from_rot6d,
    quat_from_rotvec,
    quat_inverse,
    quat_multiply,
    quat_rotate,
)
from exges_core.motion.skeleton import HANDS, LEGS, UPPER_BODY, joint_index

TURNED = [0.7071, 0.0, 0.7071, 0.0]


def clip_of(frames: int, generator: np.random.Generator) -> MotionClip:
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(generator.normal(0, 0.4, (frames, 55, 3))),
        root_position_m=generator.normal((1.0, 0.9, 2.0), 0.3, (frames, 3)),
        frame_rate_hz=30.0,
    )


def angle_rad(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return quat_angle(quat_multiply(quat_inverse(first), second))


def write_keys(path: Path, *keys: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"keys": list(keys)}))
    return path


def test_groups_and_channels_round_trip(generator: np.random.Generator) -> None:
    is_group = generator.random((40, GROUPS)) < 0.3
    is_channel = channels_of_groups(is_group)
    np.testing.assert_array_equal(groups_of_channels(is_channel), is_group)
    assert not is_channel[:, CONTACT_CHANNELS].any()
    assert is_channel.sum() == 6 * is_group[:, :55].sum() + 3 * is_group[:, ROOT_GROUP].sum()


def test_a_key_becomes_its_pose(generator: np.random.Generator) -> None:
    """Keys are in the world; the anchor is taken off on the way in and comes back with the motion."""
    clip = clip_of(30, generator)
    anchor = home_anchor(clip)
    key = Key(
        time_s=0.4,
        joints={"pelvis": clip.local_quat_wxyz[12, 0].tolist(), "left_elbow": clip.local_quat_wxyz[12, 18].tolist()},
        root_position_m=clip.root_position_m[12].tolist(),
    )
    observed = from_keys([key], 30, anchor=anchor)
    expected = features_from_clip(clip, anchor)
    np.testing.assert_allclose(observed.target[observed.is_observed], expected[observed.is_observed], atol=1e-6)
    assert np.flatnonzero(groups_of_channels(observed.is_observed)[12]).tolist() == [0, 18, ROOT_GROUP]
    assert observed.is_observed.any(axis=1).sum() == 1
    back = clip_from_features(np.where(observed.is_observed, observed.target, expected), anchor, 30.0)
    assert angle_rad(back.local_quat_wxyz[12], clip.local_quat_wxyz[12]).max() < 1e-5


def test_a_clip_is_observed_where_asked(generator: np.random.Generator) -> None:
    clip = clip_of(20, generator)
    is_group = np.zeros((20, GROUPS), bool)
    is_group[:, ROOT_GROUP] = True
    trajectory = from_clip(clip, is_group, anchor=Anchor(ground_xz_m=(0.0, 0.0), heading_rad=0.0))
    np.testing.assert_allclose(trajectory.target[:, ROOT_CHANNELS], clip.root_position_m, atol=1e-6)
    assert trajectory.is_observed.sum() == 60


def test_keys_from_json(tmp_path: Path) -> None:
    path = write_keys(
        tmp_path / "keys.json",
        {"time_s": 1.0, "joints": {"left_elbow": TURNED}},
        {"time_s": 2.0, "root_position_m": [0, 1, 0], "hard": False},
    )
    observed = read_controls(path).observed(90)
    assert observed.is_hard[30, joint_channels(18)].all()
    assert observed.is_observed[60, ROOT_CHANNELS].all()
    assert not observed.is_hard[60].any()


BAD_KEYS: dict[str, tuple[dict[str, Any], str]] = {
    "outside": ({"time_s": 3.1, "joints": {"head": TURNED}}, "3.1"),
    "before": ({"time_s": -0.1, "joints": {"head": TURNED}}, "-0.1"),
    "nan time": ({"time_s": float("nan"), "joints": {"head": TURNED}}, "nan"),
    "nan": ({"time_s": 1, "joints": {"head": [float("nan"), 0, 0, 0]}}, "finite"),
    "not unit": ({"time_s": 1, "joints": {"head": [1, 1, 0, 0]}}, "unit"),
    "three numbers": ({"time_s": 1, "joints": {"head": [1, 0, 0]}}, "four"),
    "unknown joint": ({"time_s": 1, "joints": {"left_elbw": TURNED}}, "left_elbow"),
    "nothing": ({"time_s": 1}, "at least one joint"),
    "no time": ({"joints": {"head": TURNED}}, "time_s"),
    "words": ({"time_s": 1, "joints": {"head": "up"}}, "numbers"),
    "unknown name": ({"time_s": 1, "joints": {"head": TURNED}, "soft": True}, "soft"),
    "bad root": ({"time_s": 1, "root_position_m": [1, 2]}, "root position"),
    "a list": ([], "object"),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_bad_key_is_named(tmp_path: Path, name: str) -> None:
    key, reason = BAD_KEYS[name]
    path = write_keys(tmp_path / "keys.json", {"time_s": 0.5, "joints": {"neck": TURNED}}, key)
    with pytest.raises(ControlError, match="key 2") as caught:
        read_controls(path).observed(90)
    assert reason in str(caught.value)


def test_hard_keys_that_differ_are_refused_and_equal_ones_are_not(tmp_path: Path) -> None:
    first = {"time_s": 1.0, "joints": {"head": TURNED}}
    other = {"time_s": 1.01, "joints": {"head": [1, 0, 0, 0]}}
    with pytest.raises(ControlError, match=r"key 2 at 1\.01 s: expected one hard value of head in frame 30.*key 1 at"):
        read_controls(write_keys(tmp_path / "a.json", first, other)).observed(90)
    places = [{"time_s": 1.0, "root_position_m": [x, 1, 0]} for x in (0.0, 0.1)]
    with pytest.raises(ControlError, match=r"key 2.*root position in frame 30.*key 1"):
        read_controls(write_keys(tmp_path / "r.json", *places)).observed(90)
    minus = {"time_s": 1.0, "joints": {"head": [-each for each in TURNED]}}
    read_controls(write_keys(tmp_path / "b.json", first, minus)).observed(90)
    soft = read_controls(write_keys(tmp_path / "c.json", first, {**other, "hard": False})).observed(90)
    assert soft.is_hard[30, joint_channels(15)].all()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"keys": []}', '{"keys": 3}', '{"other": []}'])
def test_what_is_no_list_of_keys_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(ControlError, match=r"keys\.json"):
        read_controls(tmp_path / "keys.json").observed(90)


def test_a_mask_file_is_obeyed_and_checked(tmp_path: Path, generator: np.random.Generator) -> None:
    clip, path = clip_of(20, generator), tmp_path / "m.npz"
    is_group = np.zeros((20, GROUPS), bool)
    is_group[5, 16] = True
    write_npz(path, clip, extra={"is_observed": is_group})
    observed = read_controls(path).observed(40)
    assert observed.is_hard[5, joint_channels(16)].all()
    assert observed.is_observed.sum() == 6
    for wrong in (is_group[:10], is_group[:, :55], is_group.astype(np.int64), np.zeros_like(is_group)):
        write_npz(path, clip, extra={"is_observed": wrong})
        with pytest.raises(ControlError, match=r"m\.npz"):
            read_controls(path).observed(40)
    write_npz(path, clip)
    with pytest.raises(ControlError, match="is_observed"):
        read_controls(path).observed(40)
    write_npz(path, clip, extra={"is_observed": is_group})
    with pytest.raises(ControlError, match="left_shoulder at frame 5"):
        read_controls(path).observed(5)
    poses = np.zeros((20, 165), np.float32)
    poses[7, 3 * 18 + 1] = np.nan
    write_npz(path, clip, extra={"is_observed": is_group, "poses": poses})
    with pytest.raises(ControlError, match="left_elbow in frame 7"):
        read_controls(path).observed(40)


@pytest.mark.parametrize("seconds", [2.0, 0.9])
def test_a_recorded_mask_of_other_axes_is_turned_and_keys_are_obeyed(tmp_path: Path, seconds: float) -> None:
    """A second and more of pelvis and root is a recording, whose up is measured; less is what somebody keyed."""
    clip, path, frames = standing_and_swaying(60), tmp_path / "m.npz", round(30 * seconds)
    down = quat_from_rotvec(np.array([0.5 * np.pi, 0.0, 0.0]))
    local = clip.local_quat_wxyz.copy()
    local[:, 0] = quat_multiply(down, local[:, 0])
    lain = replace(clip, local_quat_wxyz=local, root_position_m=quat_rotate(down, clip.root_position_m))
    is_group = np.zeros((60, GROUPS), bool)
    is_group[:frames] = True
    write_npz(path, lain, extra={"is_observed": is_group})
    controls = read_controls(path)
    observed = controls.observed(60)
    found = clip_from_features(observed.target[:frames], observed.anchor, 30.0)
    is_turned = seconds > 1.0
    assert controls.warnings == (("m.npz: up is +Z in this file; turned so that it is +Y",) if is_turned else ())
    wanted = (clip if is_turned else lain).local_quat_wxyz[:frames, 0]
    assert quat_angle(quat_multiply(quat_inverse(wanted), found.local_quat_wxyz[:, 0])).max() < 1e-4


def test_a_recorded_mask_that_lies_is_obeyed_and_said(tmp_path: Path) -> None:
    clip, path = standing_and_swaying(60), tmp_path / "m.npz"
    local = clip.local_quat_wxyz.copy()
    local[:, 0] = quat_from_rotvec(np.array([0.5 * np.pi, 0.0, 0.0]))
    lain = replace(clip, local_quat_wxyz=local, root_position_m=np.tile([0.0, 0.1, 0.0], (60, 1)))
    write_npz(path, lain, extra={"is_observed": np.ones((60, GROUPS), bool)})
    controls = read_controls(path)
    observed = controls.observed(60)
    assert "Obeyed as it is" in " ".join(controls.warnings)
    found = clip_from_features(observed.target, observed.anchor, 30.0)
    assert quat_angle(quat_multiply(quat_inverse(local[:, 0]), found.local_quat_wxyz[:, 0])).max() < 1e-4


def test_combine_prefers_the_second(generator: np.random.Generator) -> None:
    clip = clip_of(10, generator)
    everything = np.ones((10, GROUPS), bool)
    soft = from_clip(clip, everything, is_hard=False)
    hard = from_keys([Key(time_s=0.1, joints={"head": TURNED})], 10)
    both = combine(soft, hard)
    assert both.is_observed.sum() == soft.is_observed.sum()
    np.testing.assert_array_equal(both.is_hard, hard.is_hard)
    np.testing.assert_array_equal(both.target[hard.is_observed], hard.target[hard.is_observed])


def test_retrieved_poses_are_soft_and_of_the_upper_body(generator: np.random.Generator) -> None:
    clip = clip_of(60, generator)
    pose = RetrievedPose(clip=clip, key_time_s=0.5, query_time_s=1.0, confidence=0.8)
    outside = RetrievedPose(clip=clip, key_time_s=0.5, query_time_s=9.0, confidence=0.9)
    observed = compose([pose, outside], None, 90)
    groups = groups_of_channels(observed.is_observed)
    assert np.flatnonzero(groups.any(axis=1)).tolist() == [30]
    assert set(np.flatnonzero(groups[30]).tolist()) == {*UPPER_BODY, *HANDS}
    assert not groups[30, list(LEGS)].any()
    assert not observed.is_hard.any()
    assert observed.confidence[30] == pytest.approx(0.8)
    found = features_from_clip(clip, home_anchor(clip))
    np.testing.assert_allclose(
        observed.target[30][observed.is_observed[30]], found[15][observed.is_observed[30]], atol=1e-6
    )
    key = from_keys([Key(time_s=1.0, joints={"left_elbow": TURNED})], 90)
    with_key = compose([pose], key, 90)
    assert with_key.is_hard.sum() == 6
    assert with_key.is_observed.sum() == observed.is_observed.sum()
    assert compose([pose], None, 90, frames_per_pose=3).is_observed.any(axis=1).sum() == 3


def test_the_more_confident_pose_stays(generator: np.random.Generator) -> None:
    clip = clip_of(60, generator)
    poses = [
        RetrievedPose(clip=clip, key_time_s=t, query_time_s=1.0, confidence=c) for t, c in ((0.2, 0.9), (0.7, 0.3))
    ]
    assert compose(poses, None, 90).confidence[30] == pytest.approx(0.9)


def test_a_retrieved_poses_effect_is_scaled_down_to_nothing(generator: np.random.Generator) -> None:
    pose = RetrievedPose(clip=clip_of(60, generator), key_time_s=0.5, query_time_s=1.0, confidence=0.8)
    assert compose([pose], None, 90, strength=0.5).confidence[30] == pytest.approx(0.4)
    key = from_keys([Key(time_s=1.0, joints={"left_elbow": TURNED})], 90)
    without, silent = compose([], key, 90), compose([pose], key, 90, strength=0.0)
    for name in ("is_observed", "target", "is_hard", "confidence"):
        np.testing.assert_array_equal(getattr(silent, name), getattr(without, name))
    assert compose([pose], None, 90, strength=0.0).is_empty
    for strength in (-0.1, 1.1, float("nan")):
        with pytest.raises(ControlError, match="0 to 1"):
            compose([pose], None, 90, strength=strength)


def test_a_retrieved_pose_controls_the_joints_that_are_asked_for(generator: np.random.Generator) -> None:
    pose = RetrievedPose(clip=clip_of(60, generator), key_time_s=0.5, query_time_s=1.0, confidence=0.8)
    found = {
        joints: set(np.flatnonzero(groups_of_channels(compose([pose], None, 90, joints=joints).is_observed)[30]))
        for joints in GESTURE_JOINTS
    }
    assert found["hands"] < found["arms"] < found["upper-body"]
    assert found["hands"] == {joint_index("left_wrist"), joint_index("right_wrist"), *HANDS}
    assert joint_index("head") not in found["arms"]
    assert not found["upper-body"] & {*LEGS, 0, ROOT_GROUP}
    with pytest.raises(ControlError, match="upper-body"):
        compose([pose], None, 90, joints="feet")


def test_masks_of_the_wrong_shape_or_with_nan_are_refused() -> None:
    empty = nothing(5)
    narrow = empty.is_observed[:, :336]
    with pytest.raises(ControlError, match="shape"):
        Observed(is_observed=narrow, target=empty.target[:, :336], is_hard=narrow, confidence=empty.confidence)
    everything = np.ones_like(empty.is_observed)
    broken = empty.target.copy()
    broken[3, joint_channels(19)] = np.nan
    with pytest.raises(ControlError, match=r"right_elbow in frame 3: expected finite"):
        Observed(is_observed=everything, target=broken, is_hard=everything, confidence=empty.confidence)


def test_a_clips_mask_is_checked(generator: np.random.Generator) -> None:
    clip = clip_of(6, generator)
    for shape in ((6, 55), (5, GROUPS), (7, GROUPS)):
        with pytest.raises(ControlError, match=r"\(6, 56\)"):
            from_clip(clip, np.ones(shape, bool))
    clip.local_quat_wxyz[4, 18] *= 1.2
    with pytest.raises(ControlError, match=r"left_elbow in frame 4: expected a unit"):
        from_clip(clip, np.ones((6, GROUPS), bool))
    is_group = np.ones((6, GROUPS), bool)
    is_group[4, 18] = False
    from_clip(clip, is_group)
    clip.root_position_m[2, 1] = np.nan
    with pytest.raises(ControlError, match=r"root position in frame 2"):
        from_clip(clip, is_group)


def test_controls_stand_where_they_want_the_body(tmp_path: Path, generator: np.random.Generator) -> None:
    """Far from the origin and turned round, the network sees a body at home; the world's numbers come back."""
    turn = quat_from_rotvec(np.array([0.0, 2.5, 0.0]))
    keys = [
        {"time_s": t, "joints": {"pelvis": turn.tolist()}, "root_position_m": [5 + t, 0.9, -7]} for t in (0.5, 1, 1.5)
    ]
    observed = read_controls(write_keys(tmp_path / "k.json", *keys)).observed(60)
    np.testing.assert_allclose(observed.target[30, ROOT_CHANNELS], [0, 0.9, 0], atol=1e-6)
    np.testing.assert_allclose(observed.target[30, joint_channels(0)], [1, 0, 0, 0, 1, 0], atol=1e-6)
    back = clip_from_features(observed.target, observed.anchor, 30.0)
    np.testing.assert_allclose(back.root_position_m[45], [6.5, 0.9, -7], atol=1e-5)
    assert angle_rad(back.local_quat_wxyz[30, 0], turn) < 1e-5
    clip, is_group = clip_of(20, generator), np.zeros((20, GROUPS), bool)
    is_group[4:9, [0, ROOT_GROUP]] = True
    write_npz(tmp_path / "m.npz", clip, extra={"is_observed": is_group})
    mask = read_controls(tmp_path / "m.npz").observed(20)
    np.testing.assert_allclose(np.median(mask.target[4:9, ROOT_CHANNELS][:, [0, 2]], axis=0), 0, atol=0.5)
    assert compose([], mask, 20).anchor == mask.anchor
    with pytest.raises(ControlError, match="one take"):
        combine(mask, from_keys([Key(time_s=0.1, joints={"head": TURNED})], 20))


def test_every_joint_has_its_channels() -> None:
    key = Key(time_s=0.0, joints={"right_wrist": TURNED})
    found = np.flatnonzero(from_keys([key], 1).is_observed[0])
    assert found.tolist() == list(range(6 * joint_index("right_wrist"), 6 * joint_index("right_wrist") + 6))


def test_a_heading_is_a_key_of_an_upright_pelvis(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [{"time_s": 0.0, "heading_rad": 0.0}, {"time_s": 1.0, "heading_rad": 1.0}]}))
    observed = read_controls(path).observed(60, anchor=ORIGIN)
    assert observed.is_hard[30, :6].all()
    assert not observed.is_observed[:, 6:].any()
    pelvis = quat_from_rot6d(observed.target[30, :6].astype(np.float64))
    np.testing.assert_allclose(pelvis, [np.cos(0.5), 0.0, np.sin(0.5), 0.0], atol=1e-6)


@pytest.mark.parametrize("more", [{"heading_rad": "left"}, {"heading_rad": 1, "joints": {"pelvis": [1, 0, 0, 0]}}])
def test_a_heading_that_is_none_or_one_of_two_is_refused(tmp_path: Path, more: dict) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [{"time_s": 0.0, **more}]}))
    with pytest.raises(ControlError, match=r"key 1.*heading_rad"):
        read_controls(path).observed(60)


def test_degrees_for_a_heading_are_refused_with_what_they_are_in_radians(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [{"time_s": 0.0, "heading_rad": 90}]}))
    with pytest.raises(ControlError, match=r"within one turn.*got 90 \(90 degrees are 1\.571\)"):
        read_controls(path)


@pytest.mark.parametrize(("height", "is_said"), [(93, True), (0, True), (0.93, False), (2.5, False), (0.1, False)])
def test_a_pelvis_in_centimetres_or_on_the_ground_is_obeyed_and_said(
    tmp_path: Path, height: float, is_said: bool
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [{"time_s": 0.0, "root_position_m": [0, height, 0]}]}))
    controls = read_controls(path)
    said = f"keys.json: key 1: the pelvis is {height} m high; root_position_m is its place in metres"
    assert [each.startswith(said) for each in controls.warnings] == [True] * is_said
    controls.observed(60)
