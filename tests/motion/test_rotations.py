import numpy as np
import pytest
import roma
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from exges_core.motion import rotations as r

EXACT = 1e-12
component = st.floats(-1, 1, allow_subnormal=False)
quats = arrays(np.float64, (4,), elements=component).filter(lambda q: np.linalg.norm(q) > 1e-3).map(r.quat_normalise)
vectors = arrays(np.float64, (3,), elements=component)
rotvecs = arrays(np.float64, (3,), elements=st.floats(-10, 10))


def same(left: np.ndarray, right: np.ndarray, tolerance: float = EXACT) -> bool:
    """Whether two quaternions are one rotation."""
    return bool(np.all(r.quat_angle(r.quat_multiply(r.quat_inverse(left), right)) < tolerance))


def xyzw(quat: np.ndarray) -> np.ndarray:
    return quat[..., [1, 2, 3, 0]]


def hard_cases() -> np.ndarray:
    """Random rotations, the identity, tiny turns and exact half turns about awkward axes."""
    generator = np.random.default_rng(3)
    axes = np.concatenate([np.eye(3), -np.eye(3), generator.normal(size=(20, 3))])
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    turns = [axes * angle for angle in (0.0, 1e-12, 1e-8, 1e-4, 1.0, np.pi - 1e-8, np.pi)]
    return np.concatenate([r.quat_from_rotvec(np.concatenate(turns)), r.quat_normalise(generator.normal(size=(99, 4)))])


@given(quats, quats, quats)
def test_rotations_form_a_group(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    assert same(r.quat_multiply(r.quat_multiply(a, b), c), r.quat_multiply(a, r.quat_multiply(b, c)))
    assert same(r.quat_multiply(a, r.quat_inverse(a)), r.IDENTITY_QUAT_WXYZ)
    assert same(r.quat_multiply(r.IDENTITY_QUAT_WXYZ, a), a)


@given(quats, quats, vectors)
def test_rotating_is_an_action_and_keeps_length(a: np.ndarray, b: np.ndarray, v: np.ndarray) -> None:
    np.testing.assert_allclose(
        r.quat_rotate(r.quat_multiply(a, b), v), r.quat_rotate(a, r.quat_rotate(b, v)), atol=EXACT
    )
    assert np.linalg.norm(r.quat_rotate(a, v)) == pytest.approx(np.linalg.norm(v), abs=EXACT)


@given(rotvecs)
def test_rotation_vectors_agree_with_scipy_at_any_length(v: np.ndarray) -> None:
    ours, scipys = r.quat_from_rotvec(v), Rotation.from_rotvec(v)
    assert same(ours, scipys.as_quat()[[3, 0, 1, 2]])
    assert same(r.quat_from_rotvec(r.rotvec_from_quat(ours)), ours)


def test_every_conversion_agrees_with_scipy_and_roma_also_at_half_turns() -> None:
    quat = hard_cases()
    scipys, tensor = Rotation.from_quat(xyzw(quat)), torch.from_numpy(xyzw(quat))
    matrix = r.matrix_from_quat(quat)
    np.testing.assert_allclose(matrix, scipys.as_matrix(), atol=EXACT)
    np.testing.assert_allclose(matrix, roma.unitquat_to_rotmat(tensor).numpy(), atol=EXACT)
    assert same(r.quat_from_matrix(matrix), quat)
    vector = r.rotvec_from_quat(quat)
    assert same(r.quat_from_rotvec(vector), quat)
    assert np.linalg.norm(vector, axis=1).max() <= np.pi + EXACT
    sixd = r.rot6d_from_quat(quat)
    np.testing.assert_allclose(sixd, np.concatenate([matrix[..., 0], matrix[..., 1]], axis=-1), atol=EXACT)
    columns = torch.from_numpy(np.swapaxes(sixd.reshape(-1, 2, 3), 1, 2).copy())
    np.testing.assert_allclose(r.matrix_from_rot6d(sixd), roma.special_gramschmidt(columns).numpy(), atol=EXACT)
    assert same(r.quat_from_rot6d(sixd), quat)


@given(arrays(np.float64, (5, 6), elements=st.floats(-3, 3)))
def test_any_six_numbers_give_a_rotation(rot6d: np.ndarray) -> None:
    matrix = r.matrix_from_rot6d(rot6d)
    np.testing.assert_allclose(np.swapaxes(matrix, -1, -2) @ matrix, np.broadcast_to(np.eye(3), (5, 3, 3)), atol=1e-6)
    np.testing.assert_allclose(np.linalg.det(matrix), 1.0, atol=1e-6)


@given(quats, quats, st.floats(0, 1))
def test_slerp_starts_stops_and_is_even(a: np.ndarray, b: np.ndarray, t: float) -> None:
    assert same(r.slerp(a, b, 0.0), a)
    assert same(r.slerp(a, b, 1.0), b, 1e-9)
    whole = r.quat_angle(r.quat_multiply(r.quat_inverse(a), b))
    part = r.quat_angle(r.quat_multiply(r.quat_inverse(a), r.slerp(a, b, t)))
    assert part == pytest.approx(t * whole, abs=1e-9)


@given(vectors, vectors)
def test_the_turn_between_two_directions_takes_one_to_the_other(u: np.ndarray, v: np.ndarray) -> None:
    if min(np.linalg.norm(u), np.linalg.norm(v)) < 1e-3:
        return
    for start, stop in ((u, v), (u, -u), (u, u)):
        turned = r.quat_rotate(r.quat_between(start, stop), start / np.linalg.norm(start))
        np.testing.assert_allclose(turned, stop / np.linalg.norm(stop), atol=1e-6)


@given(quats, st.floats(-3, 3))
def test_turning_about_the_vertical_adds_to_the_heading(q: np.ndarray, angle: float) -> None:
    if np.hypot(q[0], q[2]) < 1e-3:
        return  # upside down: no heading
    turned = r.quat_multiply(r.quat_from_yaw(np.array(angle)), q)
    difference = r.yaw_of(turned) - r.yaw_of(q) - angle
    assert np.cos(difference) == pytest.approx(1.0, abs=1e-9)


def test_a_positive_heading_turns_forward_to_the_left() -> None:
    np.testing.assert_allclose(
        r.quat_rotate(r.quat_from_yaw(np.array(np.pi / 2)), np.array([0.0, 0.0, 1.0])), [1.0, 0.0, 0.0], atol=EXACT
    )


def test_continuous_signs_change_no_rotation_and_never_jump() -> None:
    angle = np.linspace(0, 12 * np.pi, 500)
    quat = r.quat_from_rotvec(angle[:, None] * np.array([0.6, 0.0, 0.8]))
    quat *= np.random.default_rng(0).choice([-1.0, 1.0], (500, 1))
    smooth = r.quat_continuous(quat)
    assert same(smooth, quat)
    assert np.sum(smooth[1:] * smooth[:-1], axis=1).min() > 0.99


@settings(max_examples=20)
@given(st.sampled_from([(), (3,), (2, 3), (0,)]), st.sampled_from([np.float32, np.float64]))
def test_leading_axes_and_dtype_follow_the_input(shape: tuple[int, ...], dtype: type) -> None:
    quat = r.quat_normalise(np.random.default_rng(1).normal(size=(*shape, 4)).astype(dtype))
    for function, last in (
        (r.matrix_from_quat, (3, 3)),
        (r.rotvec_from_quat, (3,)),
        (r.rot6d_from_quat, (6,)),
        (r.quat_inverse, (4,)),
        (r.yaw_of, ()),
    ):
        result = function(quat)
        assert result.shape == (*shape, *last)
        assert shape == () or result.dtype == dtype  # NumPy 1 widens a lone number by its own rule
    assert r.quat_from_rot6d(r.rot6d_from_quat(quat)).shape == (*shape, 4)
