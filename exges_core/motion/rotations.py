"""The single home of rotation arithmetic outside torch: quaternions, matrices, rotation vectors and the 6D form.

Numpy alone, any leading axes, the dtype follows the input (whole numbers become float64). Quaternions are (w, x, y, z)
and active: `quat_rotate(q, v)` turns the vector v. The 6D form is the first two COLUMNS of the matrix, flattened as
[c0x, c0y, c0z, c1x, c1y, c1z]. No joints, no frames, no files: those live in other modules.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from exges_core.arrays import Array, Float

_Component = Array | np.floating[Any]
_Components = tuple[_Component, ...]
_TINY = 1e-12
IDENTITY_QUAT_WXYZ = np.array([1.0, 0.0, 0.0, 0.0])


def unit(vector: Float[Array, "*batch axes"]) -> Float[Array, "*batch axes"]:
    """Return vectors at unit length; a zero vector stays zero."""
    return vector / np.maximum(length(vector), _TINY)


def length(vectors: Float[Array, "*batch axes"]) -> Float[Array, "*batch 1"]:
    """Return lengths, the last axis kept: np.linalg.norm's bits in a quarter of its time on so few components."""
    return np.sqrt(dot(vectors, vectors))


def dot(left: Float[Array, "*left axes"], right: Float[Array, "*right axes"]) -> Float[Array, "*product 1"]:
    """Return scalar products, the last axis kept."""
    product = left[..., :1] * right[..., :1]
    for place in range(1, left.shape[-1]):
        product = product + left[..., place : place + 1] * right[..., place : place + 1]
    return product


def _perpendicular(direction: Array) -> Array:
    """Return a unit vector perpendicular to each unit vector, whichever: the axis least aligned decides."""
    axis = np.eye(3, dtype=direction.dtype)[np.argmin(np.abs(direction), axis=-1)]
    return unit(cross(direction, axis))


def _components(vectors: Array) -> _Components:
    return tuple(vectors[..., place] for place in range(vectors.shape[-1]))


def _joined(*components: _Component) -> Array:
    """Return components as vectors: np.stack without its checks, which cost more than the sums on a few frames."""
    joined = np.empty((*components[0].shape, len(components)), dtype=components[0].dtype)
    for place, component in enumerate(components):
        joined[..., place] = component
    return joined


def cross(left: Float[Array, "*left 3"], right: Float[Array, "*right 3"]) -> Float[Array, "*product 3"]:
    """Return cross products along the last axis: np.cross without its axis juggling. Leading axes broadcast."""
    return _joined(*_cross(_components(left), _components(right)))


def _cross(left: _Components, right: _Components) -> _Components:
    lx, ly, lz = left
    rx, ry, rz = right
    return ly * rz - lz * ry, lz * rx - lx * rz, lx * ry - ly * rx


def quat_normalise(quat_wxyz: Float[Array, "*batch 4"]) -> Float[Array, "*batch 4"]:
    """Return quaternions at unit length; a zero quaternion becomes the identity."""
    norm = length(quat_wxyz)
    identity = IDENTITY_QUAT_WXYZ.astype(quat_wxyz.dtype)
    return np.where(norm > _TINY, quat_wxyz / np.maximum(norm, _TINY), identity)


def quat_multiply(
    left_wxyz: Float[Array, "*left 4"], right_wxyz: Float[Array, "*right 4"]
) -> Float[Array, "*product 4"]:
    """Return the Hamilton product: `right` is applied first. Leading axes broadcast."""
    return _joined(*_product(_components(left_wxyz), _components(right_wxyz)))


def _product(left: _Components, right: _Components) -> _Components:
    lw, lx, ly, lz = left
    rw, rx, ry, rz = right
    return (
        lw * rw - lx * rx - ly * ry - lz * rz,
        lw * rx + lx * rw + ly * rz - lz * ry,
        lw * ry - lx * rz + ly * rw + lz * rx,
        lw * rz + lx * ry - ly * rx + lz * rw,
    )


def turn_on(turn: Float[Array, "4 *batch"], quat: Float[Array, "4 *batch"]) -> Float[Array, "4 *batch"]:
    """Return `quat_multiply(turn, quat)` of quaternions whose components are the first axis: twice as fast on many."""
    return np.stack(_product(tuple(turn), tuple(quat)))


def turned_by(turn: Float[Array, "4 *batch"], vector: Float[Array, "3 *vectors"]) -> Float[Array, "3 *batch"]:
    """Return `quat_rotate(turn, vector)` of arrays whose components are the first axis. Other axes broadcast."""
    twice = 2.0 * np.stack(_cross(tuple(turn[1:]), tuple(vector)))
    return vector + turn[:1] * twice + np.stack(_cross(tuple(turn[1:]), tuple(twice)))


def quat_inverse(quat_wxyz: Float[Array, "*batch 4"]) -> Float[Array, "*batch 4"]:
    """Return the inverse of unit quaternions (the conjugate)."""
    return quat_wxyz * np.array([1, -1, -1, -1], dtype=quat_wxyz.dtype)


def quat_rotate(quat_wxyz: Float[Array, "*quats 4"], vector: Float[Array, "*vectors 3"]) -> Float[Array, "*turned 3"]:
    """Return the vectors turned by unit quaternions: v + 2 w (u x v) + 2 u x (u x v). Leading axes broadcast."""
    (w, *u), v = _components(quat_wxyz), _components(vector)
    twice = tuple(2.0 * each for each in _cross(tuple(u), v))
    return _joined(*(one + w * two + three for one, two, three in zip(v, twice, _cross(tuple(u), twice), strict=True)))


def quat_angle(quat_wxyz: Float[Array, "*batch 4"]) -> Float[Array, "*batch"]:
    """Return the angle of rotation in radians, 0 to pi; accurate at both ends."""
    angle = 2.0 * np.arctan2(np.linalg.norm(quat_wxyz[..., 1:], axis=-1), np.abs(quat_wxyz[..., 0]))
    return np.asarray(angle)


def quat_from_rotvec(rotvec: Float[Array, "*batch 3"]) -> Float[Array, "*batch 4"]:
    """Return the unit quaternion of rotation vectors (axis times angle, radians, any length).

    >>> quat_from_rotvec(np.array([np.pi, 0.0, 0.0])).round(3)
    array([0., 1., 0., 0.])
    """
    half = 0.5 * length(rotvec)
    sinc = cast("Array", np.sinc(half / np.pi))  # its stubs ask for a kind of number
    return np.concatenate([np.cos(half), 0.5 * sinc * rotvec], axis=-1)


def rotvec_from_quat(quat_wxyz: Float[Array, "*batch 4"]) -> Float[Array, "*batch 3"]:
    """Return the rotation vectors of unit quaternions: the short way round, length 0 to pi."""
    signed = np.where(quat_wxyz[..., :1] < 0, -quat_wxyz, quat_wxyz)
    w, u = signed[..., :1], signed[..., 1:]
    sine = length(u)
    is_small = sine < 1e-9
    scale = np.where(is_small, 2.0, 2.0 * np.arctan2(sine, w) / np.where(is_small, 1.0, sine))
    return scale * u


def matrix_from_quat(quat_wxyz: Float[Array, "*batch 4"]) -> Float[Array, "*batch 3 3"]:
    """Return the rotation matrices of unit quaternions; columns are the turned axes."""
    # Every sum runs over memory in one piece, and nothing is stacked: a third of the time.
    w, x, y, z = np.ascontiguousarray(np.moveaxis(quat_wxyz, -1, 0))
    xx, yy, zz, xy, xz, yz, wx, wy, wz = x * x, y * y, z * z, x * y, x * z, y * z, w * x, w * y, w * z
    rows = (
        (1 - 2 * (yy + zz), 2 * (xy - wz), 2 * (xz + wy)),
        (2 * (xy + wz), 1 - 2 * (xx + zz), 2 * (yz - wx)),
        (2 * (xz - wy), 2 * (yz + wx), 1 - 2 * (xx + yy)),
    )
    matrix = np.empty((*quat_wxyz.shape[:-1], 3, 3), dtype=quat_wxyz.dtype)
    for place, row in enumerate(rows):
        for column, value in enumerate(row):
            matrix[..., place, column] = value
    return matrix


def quat_from_matrix(matrix: Float[Array, "*batch 3 3"]) -> Float[Array, "*batch 4"]:
    """Return the unit quaternions of rotation matrices, w >= 0 (Shepperd 1978: divide by the largest component)."""
    m = matrix
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    wx, wy, wz = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    # Each row is 4 * (one component) * quaternion, so any row is right and the one with the largest diagonal is best.
    ww, xx, yy, zz = 1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz
    best = np.argmax(np.stack([ww, xx, yy, zz]), axis=0)
    columns = ([ww, wx, wy, wz], [wx, xx, xy, xz], [wy, xy, yy, yz], [wz, xz, yz, zz])
    quat = quat_normalise(_joined(*(np.choose(best, column) for column in columns)))
    return np.where(quat[..., :1] < 0, -quat, quat)


def rot6d_from_matrix(matrix: Float[Array, "*batch 3 3"]) -> Float[Array, "*batch 6"]:
    """Return the first two columns, [c0x, c0y, c0z, c1x, c1y, c1z] (Zhou et al. 2019, in columns)."""
    return np.concatenate([matrix[..., 0], matrix[..., 1]], axis=-1)


def matrix_from_rot6d(rot6d: Float[Array, "*batch 6"]) -> Float[Array, "*batch 3 3"]:
    """Return the rotation matrices nearest in Gram-Schmidt's sense (Zhou et al. 2019).

    Defined everywhere: a zero first column reads as the x axis, a second one parallel to it as any perpendicular.
    """
    first, second = rot6d[..., :3], rot6d[..., 3:]
    x_axis = np.array([1, 0, 0], dtype=rot6d.dtype)
    c0 = np.where(length(first) > _TINY, unit(first), x_axis)
    rest = second - dot(c0, second) * c0
    is_parallel = length(rest) <= _TINY
    c1 = unit(rest)
    if is_parallel.any():
        c1 = np.where(is_parallel, _perpendicular(c0), c1)
    return np.stack([c0, c1, cross(c0, c1)], axis=-1)


def quat_from_rot6d(rot6d: Float[Array, "*batch 6"]) -> Float[Array, "*batch 4"]:
    """Return the unit quaternions of the 6D form, w >= 0."""
    return quat_from_matrix(matrix_from_rot6d(rot6d))


def rot6d_from_quat(quat_wxyz: Float[Array, "*batch 4"]) -> Float[Array, "*batch 6"]:
    """Return the 6D form of unit quaternions."""
    return rot6d_from_matrix(matrix_from_quat(quat_wxyz))


def slerp(
    start_wxyz: Float[Array, "*start 4"],
    stop_wxyz: Float[Array, "*stop 4"],
    fraction: Float[Array, "*fraction"] | float,
) -> Float[Array, "*blend 4"]:
    """Return the rotation `fraction` of the way from start to stop, the short way round. Leading axes broadcast."""
    between = rotvec_from_quat(quat_multiply(quat_inverse(start_wxyz), stop_wxyz))
    return quat_multiply(start_wxyz, quat_from_rotvec(np.asarray(fraction, dtype=between.dtype)[..., None] * between))


def quat_continuous(quat_wxyz: Float[Array, "frames *batch 4"]) -> Float[Array, "frames *batch 4"]:
    """Return the same rotations with signs chosen so that consecutive frames never jump to the far side."""
    products = dot(quat_wxyz[1:], quat_wxyz[:-1])[..., 0]
    flips = np.cumprod(np.where(products < 0, -1, 1).astype(quat_wxyz.dtype), axis=0)
    return np.concatenate([quat_wxyz[:1], quat_wxyz[1:] * flips[..., None]])


def quat_between(start: Float[Array, "*start 3"], stop: Float[Array, "*stop 3"]) -> Float[Array, "*between 4"]:
    """Return the smallest rotation that turns one direction into another; opposite ones about any perpendicular."""
    u, v = np.broadcast_arrays(unit(start), unit(stop))
    # |u + v| and |u - v| are 2 cos and 2 sin of the half angle: accurate from 0 to pi, unlike the dot product.
    cosine, sine = length(u + v), length(u - v)
    normal = cross(u, v)
    is_parallel = length(normal) < _TINY
    axis = np.where(is_parallel, _perpendicular(u), unit(normal))
    return quat_normalise(np.concatenate([cosine, sine * axis], axis=-1))


def quat_from_yaw(yaw_rad: Float[Array, "*batch"]) -> Float[Array, "*batch 4"]:
    """Return turns about +Y, counter-clockwise from above (+Z turns towards +X)."""
    half, zero = 0.5 * np.asarray(yaw_rad), np.zeros_like(yaw_rad)
    return np.stack([np.cos(half), zero, np.sin(half), zero], axis=-1)


def yaw_of(quat_wxyz: Float[Array, "*batch 4"]) -> Float[Array, "*batch"]:
    """Return the heading about +Y in radians, (-pi, pi]: the twist about Y of the swing-twist decomposition.

    Unlike the direction of the turned +Z it survives bending forward past the vertical, and a turn by a about +Y adds
    exactly a.
    """
    yaw = 2.0 * np.arctan2(quat_wxyz[..., 2], quat_wxyz[..., 0])
    return np.asarray(np.arctan2(np.sin(yaw), np.cos(yaw)))
