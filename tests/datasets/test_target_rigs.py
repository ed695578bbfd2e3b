"""BVH in somebody else's hierarchy: the same tree, names, unit and channels, and the same motion when read back."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rig.families import family
from rig.motions import degrees_between, random_clip

from exges_core.batch.manifests import read_manifest
from exges_core.datasets.motion_files import open_motion
from exges_core.datasets.target_rigs import read_target, write_on
from exges_core.errors import InputError, RigMatchError
from exges_core.motion.bvh import BvhMotion, read_bvh, write_motion
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import quat_inverse, quat_multiply, quat_rotate
from exges_core.motion.skeleton import joint_index
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.models import Models
from exges_core.protocol import Request
from exges_core.rig.options import EXACT
from exges_core.rig.preset_files import write_preset
from exges_core.rig.presets import PRESETS

CHANNELS = {"pelvis": ("Xp", "Yp", "Zp", "Yr", "Xr", "Zr"), "other": ("Yr", "Xr", "Zr")}


def skeleton_file(path: Path, *, root_at_origin: bool) -> Path:
    """A Mixamo-like T-pose in centimetres, Y-X-Z channels, End Sites at the toes."""
    each = family("mixamo", pose="t", build="heroic")
    names, parents = each.rig.names, each.rig.parents
    offsets = np.stack([h - each.rig.heads[p] if p >= 0 else h for h, p in zip(each.rig.heads, parents, strict=True)])
    offsets[0] *= 0.0 if root_at_origin else 1.0
    toes = [names.index(each.truth[f"{side}_foot"]) for side in ("left", "right")]
    quats = np.zeros((1, len(names), 4))
    quats[..., 0] = 1.0
    write_motion(
        path,
        BvhMotion(
            names=names,
            parents=parents,
            offsets=offsets,
            end_sites=tuple((toe, (0.0, -1.5, 7.0)) for toe in toes),
            local_quat_wxyz=quats,
            local_position=offsets[None],
            frame_rate_hz=60.0,
            channels=tuple(CHANNELS["other" if parent >= 0 else "pelvis"] for parent in parents),
        ),
    )
    return path


def heads_of(motion: BvhMotion) -> np.ndarray:
    world, heads = motion.local_quat_wxyz.copy(), motion.local_position.copy()
    for joint, parent in enumerate(motion.parents):
        if parent >= 0:
            world[:, joint] = quat_multiply(world[:, parent], world[:, joint])
            heads[:, joint] = heads[:, parent] + quat_rotate(world[:, parent], heads[:, joint])
    return heads


def standing(frames: int = 3) -> MotionClip:
    clip = random_clip(3, frames=frames, size=0.2)
    local = clip.local_quat_wxyz.copy()
    local[:, [0, 1, 2, 4, 5, 7, 8, 10, 11]] = np.array([1.0, 0.0, 0.0, 0.0])
    root = np.tile([0.1, 0.935, 0.2], (frames, 1))
    return MotionClip(local_quat_wxyz=local, root_position_m=root, frame_rate_hz=30.0)


@pytest.mark.parametrize("root_at_origin", [False, True])
def test_a_file_s_own_hierarchy_is_kept_and_carries_the_motion(tmp_path: Path, *, root_at_origin: bool) -> None:
    source = skeleton_file(tmp_path / "rig.bvh", root_at_origin=root_at_origin)
    clip, target = standing(), read_target(str(source))
    write_on(tmp_path / "take.bvh", clip, target, EXACT)
    hierarchies = [path.read_text().split("MOTION")[0] for path in (source, tmp_path / "take.bvh")]
    assert hierarchies[0] == hierarchies[1]
    assert "CHANNELS 3 Yrotation Xrotation Zrotation" in hierarchies[1]
    written = read_bvh(tmp_path / "take.bvh")
    assert written.frame_rate_hz == 30.0
    back = open_motion(tmp_path / "take.bvh").clip
    joints = [joint_index(joint) for joint in target.retargeter.bones]
    shown = forward_kinematics(back.local_quat_wxyz, back.root_position_m).world_quat_wxyz[:, joints]
    wanted = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).world_quat_wxyz[:, joints]
    assert degrees_between(shown, wanted) < 0.1
    # Two metres are two hundred units here, and toes' End Sites lie on the ground.
    names = [name.split(":")[-1] for name in written.names]
    heads = heads_of(written)
    toe = heads[:, names.index("LeftToeBase")]
    np.testing.assert_allclose(toe[:, 1], 1.5, atol=0.2)
    assert 150 < heads[0, names.index("Head"), 1] < 200
    assert heads[0, names.index("Hips"), 2] == pytest.approx(20.0 * target.retargeter.scale / 100.0, abs=1.5)


@pytest.mark.parametrize("name", ["mixamo", "vrm0", "rocketbox"])
def test_a_family_s_name_gives_our_body_in_its_names(tmp_path: Path, name: str) -> None:
    clip, target = standing(), read_target(name)
    write_on(tmp_path / "take.bvh", clip, target)
    written = read_bvh(tmp_path / "take.bvh")
    preset = next(each for each in PRESETS if each.name == name)
    assert set(written.names) == {names[0] for names in preset.bones.values()}
    back = open_motion(tmp_path / "take.bvh").clip
    joints = [joint_index(joint) for joint in target.retargeter.bones]
    between = quat_multiply(quat_inverse(clip.local_quat_wxyz), back.local_quat_wxyz)
    assert degrees_between(between[:, joints], np.array([1.0, 0.0, 0.0, 0.0])) < 0.1
    np.testing.assert_allclose(back.root_position_m[:, [0, 2]], clip.root_position_m[:, [0, 2]], atol=1e-3)
    assert abs(heads_of(written)[:, :, 1].min() - 0.015) < 0.005


def test_a_saved_preset_names_the_bones(tmp_path: Path) -> None:
    mixamo = next(each for each in PRESETS if each.name == "mixamo")
    write_preset(tmp_path / "mine.json", replace(mixamo, name="mine", title="Mine"))
    target = read_target(str(tmp_path / "mine.json"))
    assert target.rig_map.title == "Mine"
    assert target.rest.names == read_target("mixamo").rest.names


def test_a_position_channel_above_the_hips_carries_the_body(tmp_path: Path) -> None:
    """Unreal's root bone lies on the ground; a file whose root alone has places moves by it."""
    each = family("unreal5", pose="t")
    heads, parents = each.rig.heads, each.rig.parents
    offsets = np.stack([head - heads[up] if up >= 0 else head for head, up in zip(heads, parents, strict=True)])
    quats = np.zeros((1, len(parents), 4))
    quats[..., 0] = 1.0
    rest = BvhMotion(
        names=each.rig.names,
        parents=parents,
        offsets=offsets,
        end_sites=(),
        local_quat_wxyz=quats,
        local_position=offsets[None],
        frame_rate_hz=30.0,
        channels=tuple(CHANNELS["other" if parent >= 0 else "pelvis"] for parent in parents),
    )
    write_motion(tmp_path / "rig.bvh", rest)
    clip, target = standing(), read_target(str(tmp_path / "rig.bvh"))
    write_on(tmp_path / "take.bvh", clip, target)
    heads = heads_of(read_bvh(tmp_path / "take.bvh"))
    pelvis = heads[0, each.rig.names.index(each.truth["pelvis"])]
    np.testing.assert_allclose(pelvis, 100.0 * clip.root_position_m[0], atol=3.0)


def test_what_is_no_rig_is_refused_with_the_names_of_families(tmp_path: Path) -> None:
    with pytest.raises(RigMatchError, match="mixamo"):
        read_target("mixamoo")
    with pytest.raises(RigMatchError, match="control rig"):
        read_target("rigify")
    path = tmp_path / "crane.bvh"
    chain = tuple(f"boom{number}" for number in range(4))
    quats = np.zeros((1, 4, 4))
    quats[..., 0] = 1.0
    offsets = np.tile([0.0, 1.0, 0.0], (4, 1))
    crane = BvhMotion(
        names=chain,
        parents=(-1, 0, 1, 2),
        offsets=offsets,
        end_sites=(),
        local_quat_wxyz=quats,
        local_position=offsets[None],
        frame_rate_hz=30.0,
    )
    write_motion(path, crane)
    with pytest.raises(RigMatchError, match="crane"):
        read_target(str(path))


def test_a_rig_without_a_bvh_output_is_refused_before_any_work(tmp_path: Path) -> None:
    request = Request(id="x", speech="none.wav", outputs=(str(tmp_path / "x.npz"),), rig="mixamo")
    with pytest.raises(InputError, match="--rig"):
        generate_files(request, Models(device="cpu"))
    with pytest.raises(RigMatchError, match="--rig"):
        generate_files(replace(request, outputs=(str(tmp_path / "x.bvh"),), rig="no such family"), Models(device="cpu"))


def test_a_manifest_names_a_family_or_a_file_beside_it(tmp_path: Path) -> None:
    manifest = tmp_path / "takes.jsonl"
    lines = [{"id": "a", "audio": "a.wav", "rig": "mixamo"}, {"id": "b", "audio": "b.wav", "rig": "rigs/hero.bvh"}]
    manifest.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    family_name, file = (line.request.rig for line in read_manifest(manifest, tmp_path, device="cpu"))
    assert family_name == "mixamo"
    assert file == str((tmp_path / "rigs" / "hero.bvh").resolve())
