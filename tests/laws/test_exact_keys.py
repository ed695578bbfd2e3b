"""Law: a hard key is in the motion, whatever its kind and wherever it lies, after the finish and after the files."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exges_core.control.masks import GROUPS, ROOT_GROUP, from_clip
from exges_core.motion.bvh import clip_from_bvh, read_bvh, write_bvh
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import Anchor, features_from_clip
from exges_core.motion.npz import read_npz, write_npz
from exges_core.motion.rotations import quat_angle, quat_from_rotvec, quat_inverse, quat_multiply
from exges_core.motion.smooth import low_pass
from exges_core.postprocess.finish import FinishConfig, finish, without
from exges_core.settings import FINISH_PARTS

FRAMES = 75
NEAR_DEG, NEAR_M = 0.01, 1e-4
"""The promise: below 0.01 degrees and 0.1 mm."""


def wandering(generator: np.random.Generator, size_rad: float) -> MotionClip:
    """Return smooth random motion of all joints, about a metre above the ground, at a random place of the world."""
    noise = low_pass(generator.normal(0, 1, (FRAMES, 55, 3)), rate_hz=30.0, cutoff_hz=2.0)
    root = low_pass(generator.normal(0, 0.3, (FRAMES, 3)), rate_hz=30.0, cutoff_hz=1.0)
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(size_rad * noise + generator.normal(0, size_rad, (55, 3))),
        root_position_m=root + np.array([*generator.uniform(-5, 5, 1), 0.95, *generator.uniform(-5, 5, 1)]),
        frame_rate_hz=30.0,
    )


def mask_of(kind: str, generator: np.random.Generator) -> np.ndarray:
    is_group = np.zeros((FRAMES, GROUPS), bool)
    if kind in ("frame-wise", "mixed"):
        is_group[generator.random(FRAMES) < generator.choice([0.02, 0.3])] = True
    if kind in ("joint-level", "mixed"):
        is_group |= generator.random((FRAMES, GROUPS)) < generator.choice([0.002, 0.05, 0.5])
    if kind in ("trajectory", "mixed"):
        start, stop = np.sort(generator.choice(FRAMES + 1, 2, replace=False))
        is_group[start:stop, [0, ROOT_GROUP]] = True
    return is_group


def errors(found: MotionClip, wanted: MotionClip, is_group: np.ndarray) -> tuple[float, float]:
    """Return the largest error at keys: degrees of keyed joints, metres of keyed roots."""
    turn = quat_multiply(quat_inverse(wanted.local_quat_wxyz), found.local_quat_wxyz)
    away = np.linalg.norm(found.root_position_m - wanted.root_position_m, axis=-1)
    return (
        float(np.degrees(quat_angle(turn)[is_group[:, :ROOT_GROUP]]).max(initial=0.0)),
        float(away[is_group[:, ROOT_GROUP]].max(initial=0.0)),
    )


@pytest.mark.parametrize("kind", ["trajectory", "joint-level", "frame-wise", "mixed"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), size_rad=st.sampled_from([0.1, 1.0]), has_finish=st.booleans())
def test_hard_keys_are_exact(kind: str, seed: int, size_rad: float, has_finish: bool, tmp_path: Path) -> None:
    generator = np.random.default_rng(seed)
    wanted, own = wandering(generator, size_rad), wandering(generator, 0.3)
    anchor = Anchor(ground_xz_m=tuple(generator.uniform(-3, 3, 2)), heading_rad=float(generator.uniform(-3, 3)))
    is_group = mask_of(kind, generator)
    observed = from_clip(wanted, is_group, anchor=anchor)
    found = finish(features_from_clip(own, anchor), observed, FinishConfig() if has_finish else without(FINISH_PARTS))
    write_npz(tmp_path / "m.npz", found)
    write_bvh(tmp_path / "m.bvh", found)
    for clip in (found, read_npz(tmp_path / "m.npz"), clip_from_bvh(read_bvh(tmp_path / "m.bvh"))):
        degrees, metres = errors(clip, wanted, is_group)
        assert degrees < NEAR_DEG
        assert metres < NEAR_M
        assert np.isfinite(clip.local_quat_wxyz).all()
