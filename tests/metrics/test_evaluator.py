"""The evaluator's graph and network against naive references, and both kinds of weights file."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from exges_core import checkpoint
from exges_core.assets import EVALUATOR, LIBRARY
from exges_core.errors import CheckpointError, InputError
from exges_core.metrics.edges import edges_of, is_near, pooled
from exges_core.metrics.evaluator import (
    FRAME_MULTIPLE,
    KIND,
    LoadedEvaluator,
    load_evaluator,
    rotation_rows,
)
from exges_core.metrics.frechet import frechet_gesture_distance
from exges_core.metrics.skeleton_encoder import CONSTANTS, SkeletonConvolution, SkeletonEncoder
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import matrix_from_quat, quat_from_rotvec, quat_normalise, slerp
from exges_core.motion.skeleton import JOINTS, PARENTS
from exges_core.retrieval.library import MotionBase

FIELD_LAYERS = [(330, 330, 210), (210, 210, 120), (240, 120, None), (240, 240, None)]
"""Of the field's file: channels out of a layer's convolutions, channels in, channels pooled to."""


def field_names() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Return names and shapes of the field's evaluator file, written out on purpose."""
    for layer, (after, before, pooled_to) in enumerate(FIELD_LAYERS):
        stem = f"encoder.layers.{layer}.0."
        for part, kernel in (("residual.0", 4), ("shortcut", 1)):
            yield f"{stem}{part}.weight", (after, before, kernel)
            yield f"{stem}{part}.bias", (after,)
            yield f"{stem}{part}.mask", (after, before, kernel)
        yield f"{stem}residual.1.weight", (after,)
        yield f"{stem}residual.1.bias", (after,)
        if pooled_to is not None:
            yield f"{stem}common.0.weight", (pooled_to, after)
    yield from (("fc_mu.weight", (240, 240)), ("fc_logvar.bias", (240,)), ("decoder.main.3.weight", (240, 240, 3)))


@pytest.fixture(scope="module")
def field_state() -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    constants = SkeletonEncoder().state_dict()
    state = {name: 0.05 * torch.randn(shape) for name, shape in field_names()}
    for name in state:
        if name.endswith(CONSTANTS):
            state[name] = constants[name.removeprefix("encoder.")]
    return state


@pytest.fixture(scope="module")
def shipped() -> LoadedEvaluator:
    return load_evaluator(EVALUATOR)


def motion(frames: int, generator: np.random.Generator, rate_hz: float = 30.0) -> MotionClip:
    times = np.arange(frames)[:, None, None] / rate_hz
    rotvec = 0.4 * np.sin(2 * np.pi * generator.uniform(0.2, 1, (1, JOINTS, 3)) * times)
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=np.zeros((frames, 3)), frame_rate_hz=rate_hz
    )


def test_the_skeleton_shrinks_as_the_field_s_does() -> None:
    encoder = SkeletonEncoder()
    assert encoder.edges == [55, 35, 20, 20, 20]
    shapes = {f"encoder.{name}": tuple(value.shape) for name, value in encoder.state_dict().items()}
    assert shapes == {name: shape for name, shape in field_names() if name.startswith("encoder.")}


def test_a_small_tree_is_pooled_by_hand() -> None:
    """0-1-2-3 with a branch at 3 into 4 and 5-6, and the root's virtual edge."""
    edges = edges_of([-1, 0, 1, 2, 3, 3, 5])
    assert edges == [(0, 7), (0, 1), (1, 2), (2, 3), (3, 4), (3, 5), (5, 6)]
    found = pooled(edges)
    assert found.groups == [(0,), (1,), (2, 3), (4,), (5, 6)]
    assert found.edges == [(0, 7), (0, 1), (1, 3), (3, 4), (3, 6)]


def test_pooling_takes_every_edge_once() -> None:
    edges = edges_of(PARENTS)
    found = pooled(edges)
    assert sorted(edge for group in found.groups for edge in group) == list(range(55))
    assert all(len(group) <= 2 for group in found.groups)


def test_near_edges_are_those_a_walk_reaches() -> None:
    edges = edges_of(PARENTS)
    near = is_near(edges, 2)
    for start in range(len(edges)):
        reached = {start}
        for _ in range(2):
            joints = {joint for edge in reached for joint in edges[edge]}
            reached |= {place for place, edge in enumerate(edges) if joints & set(edge)}
        assert set(np.flatnonzero(near[start])) == reached


def test_the_convolution_is_one_per_edge_over_its_near_edges() -> None:
    torch.manual_seed(0)
    edges = edges_of([-1, 0, 1, 2, 3])
    near = is_near(edges, 2)
    convolution = SkeletonConvolution(near, before=3, after=2, kernel=4)
    with torch.no_grad():
        convolution.weight.normal_()  # what lies outside the mask must not count
    x = torch.randn(2, 15, 10)
    found = convolution(x)
    assert found.shape == (2, 10, 5)
    for edge in range(5):
        sees = [3 * other + channel for other in np.flatnonzero(near[edge]) for channel in range(3)]
        own = slice(2 * edge, 2 * edge + 2)
        naive = nn.functional.conv1d(
            x[:, sees], convolution.weight[own, sees], convolution.bias[own], stride=2, padding=1
        )
        torch.testing.assert_close(found[:, own], naive)


def test_far_edges_are_not_seen_by_the_first_layer() -> None:
    layer = SkeletonEncoder().layers[0][0].residual[0]  # type: ignore[index]
    x = torch.randn(1, 330, 8)
    moved = x.clone()
    moved[:, 6 * 54 :] += 1.0  # the right thumb's tip
    difference = (layer(moved) - layer(x)).abs().sum(dim=(0, 2)).reshape(55, 6).sum(dim=1)
    assert difference[54] > 0
    assert difference[20] == 0  # the left wrist


def test_rows_are_rows() -> None:
    quats = quat_from_rotvec(np.random.default_rng(1).normal(size=(4, JOINTS, 3)))
    rows = rotation_rows(quats)
    matrix = matrix_from_quat(quats)
    assert rows.shape == (4, 330)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(
        rows[2, 6 * 17 : 6 * 18], np.concatenate([matrix[2, 17, 0], matrix[2, 17, 1]]), atol=1e-6
    )


@pytest.mark.parametrize("prefix", ["", "module."])
def test_the_field_s_file_loads(
    prefix: str, field_state: dict[str, torch.Tensor], tmp_path: Path, generator: np.random.Generator
) -> None:
    path = tmp_path / "AESKConv_240_100.bin"
    torch.save({"model_state": {prefix + name: value for name, value in field_state.items()}, "epoch": 100}, path)
    loaded = load_evaluator(path)
    assert loaded.name == path.name
    assert len(loaded.sha256) == 64
    for name, value in loaded.network.state_dict().items():
        assert torch.equal(value, field_state[f"encoder.{name}"])
    assert loaded.embed(motion(64, generator)).shape == (4, 240)


def test_files_that_do_not_fit_are_refused(field_state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path = tmp_path / "a.bin"

    def refuses(state: object, match: str) -> None:
        torch.save(state, path)
        with pytest.raises(CheckpointError, match=match):
            load_evaluator(path)

    with pytest.raises(CheckpointError, match="nothing"):
        load_evaluator(path)
    with pytest.raises(CheckpointError, match="nothing"):
        load_evaluator(tmp_path / "a.safetensors")
    path.write_bytes(b"not a pickle at all")
    with pytest.raises(CheckpointError, match="unreadable"):
        load_evaluator(path)
    refuses({"model_state": {}}, "missing")
    refuses({"weights": field_state}, "unreadable")
    refuses({"model_state": {**field_state, "encoder.layers.4.0.shortcut.bias": torch.zeros(3)}}, "unknown")
    mask = "encoder.layers.0.0.shortcut.mask"
    refuses({"model_state": {**field_state, mask: 1 - field_state[mask]}}, "another skeleton")
    bias = "encoder.layers.0.0.shortcut.bias"
    refuses({"model_state": {**field_state, bias: torch.full((330,), float("nan"))}}, "not finite")
    refuses({"model_state": {**field_state, bias: torch.zeros(7)}}, "other shapes")


def test_our_own_format_needs_no_constants(field_state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    kept = {
        name: value.numpy()
        for name, value in field_state.items()
        if name.startswith("encoder.") and not name.endswith(CONSTANTS)
    }
    checkpoint.save(path, kept, kind=KIND, config={}, provenance={"seed": 1})
    loaded = load_evaluator(path)
    assert loaded.provenance == {"seed": 1}
    for name, value in loaded.network.state_dict().items():
        assert torch.equal(value, field_state[f"encoder.{name}"])


def test_a_clip_is_cut_to_whole_blocks_and_refused_below_one(
    shipped: LoadedEvaluator, generator: np.random.Generator
) -> None:
    clip = motion(100, generator)
    whole = shipped.embed(clip)
    assert whole.shape == (6, 240)
    assert np.array_equal(whole, shipped.embed(clip.cut(0, 96)))
    assert [len(each) for each in shipped.embed_many([clip, clip.cut(0, 64)])] == [6, 4]
    with pytest.raises(InputError, match="at least 32 frames"):
        shipped.embed(clip.cut(0, FRAME_MULTIPLE - 1))
    with pytest.raises(InputError, match="30 fps"):
        shipped.embed(motion(64, generator, rate_hz=60.0))


def test_where_a_take_stands_does_not_count_but_where_it_faces_does(
    shipped: LoadedEvaluator, generator: np.random.Generator
) -> None:
    clip = motion(64, generator)
    moved = MotionClip(local_quat_wxyz=clip.local_quat_wxyz, root_position_m=clip.root_position_m + 3, frame_rate_hz=30)
    assert np.array_equal(shipped.embed(clip), shipped.embed(moved))
    turned = clip.local_quat_wxyz.copy()
    turned[:, 0] = quat_from_rotvec(np.array([0.0, 1.0, 0.0]))
    away = MotionClip(local_quat_wxyz=turned, root_position_m=clip.root_position_m, frame_rate_hz=30)
    assert not np.allclose(shipped.embed(clip), shipped.embed(away), atol=1e-3)


def test_the_shipped_encoder_is_small_and_says_how_it_came_to_be(shipped: LoadedEvaluator) -> None:
    assert EVALUATOR.stat().st_size < 3_000_000
    assert shipped.provenance["metrics"]["rows"] < 0.05
    assert shipped.provenance["steps"] > 1000
    assert "training.train_evaluator" in shipped.provenance["command"]


def test_the_shipped_encoder_orders_damage(shipped: LoadedEvaluator) -> None:
    """Recorded gestures of the shipped base: the flatter they get, the farther away they are."""
    base = MotionBase.open(LIBRARY)
    clips = [base.clip(index) for index in range(0, len(base), 12)]
    clips = [clip for clip in clips if clip.frames >= FRAME_MULTIPLE]
    latents = shipped.embed_many(clips)

    def left(share: float) -> float:
        """Return FGD of the same clips with that share of their way from each clip's mean pose."""
        changed = []
        for clip in clips:
            mean = np.broadcast_to(quat_normalise(clip.local_quat_wxyz.mean(axis=0)), clip.local_quat_wxyz.shape)
            quats = slerp(mean, clip.local_quat_wxyz, share)
            changed.append(MotionClip(local_quat_wxyz=quats, root_position_m=clip.root_position_m, frame_rate_hz=30.0))
        return frechet_gesture_distance(latents, shipped.embed_many(changed))

    distances = [left(share) for share in (1.0, 0.7, 0.2)]
    assert distances[0] == pytest.approx(0.0, abs=1e-2)
    assert 0.2 < distances[1] < 0.3 * distances[2]
