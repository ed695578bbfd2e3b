"""Motion of many takes in few bytes: a transform code, as for pictures, whose error is bounded at every frame.

Rotation vectors about each joint's mean, and the root about its own, are turned into principal directions of their
frame-to-frame changes (fingers move together), cut into blocks of 64 frames, transformed by a DCT and rounded to a
fixed step; LZMA packs the whole numbers. The step is equal at all frequencies, so speed and jerk survive. Ours.
Only arrays and bytes: no files.
"""

from __future__ import annotations

import lzma
from collections.abc import Sequence
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save
from scipy.fft import dct, idct

from exges_core import timeline
from exges_core.arrays import Array, Float, Int
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import (
    quat_from_rotvec,
    quat_inverse,
    quat_multiply,
    quat_normalise,
    rotvec_from_quat,
)
from exges_core.motion.skeleton import JOINTS

BLOCK = 64
STEP = 4e-4
"""Radians for the body's joints, metres for the root: 0.2 mm mean error of joint positions."""
FINGER_STEP = 2 * STEP
_BODY_JOINTS = 22
_TURNS = 3 * JOINTS
_CHANNELS = _TURNS + 3
_BASIS_SCALE = 32767.0
_BYTES = 4
_FILTERS: list[dict[str, Any]] = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 0, "lp": 0, "pb": 0}]
"""No context but the plane itself: neighbours are of one frequency and channel."""


def pack(clips: Sequence[MotionClip]) -> bytes:
    """Return the bytes of clips at 30 fps; the same clips always give the same bytes.

    Raises:
        ValueError: if there is no clip, or one is not at 30 fps.
    """
    if not clips or any(clip.frame_rate_hz != timeline.MOTION_RATE_HZ for clip in clips):
        raise ValueError(f"pack: need clips at {timeline.MOTION_RATE_HZ} fps")
    rests = np.stack([_mean_quat(clip.local_quat_wxyz) for clip in clips]).astype(np.float32)
    homes = np.stack([clip.root_position_m.mean(axis=0) for clip in clips]).astype(np.float32)
    values = [_centred(clip, rest, home) / _steps() for clip, rest, home in zip(clips, rests, homes, strict=True)]
    basis = _principal_directions(values)
    # The basis is stored rounded, so the exact inverse of what will be read is applied here.
    inverse = np.linalg.inv(_matrix(basis).T)
    levels = np.concatenate([_levels(each @ inverse) for each in values], axis=2)
    unsigned = np.where(levels >= 0, 2 * levels, -2 * levels - 1).astype(np.uint32)
    planes = [lzma.compress(_plane(unsigned, place), lzma.FORMAT_RAW, filters=_FILTERS) for place in range(_BYTES)]
    arrays = {
        "basis": basis,
        "rests": rests,
        "homes": homes,
        "frames": np.array([clip.frames for clip in clips], np.int64),
        **{f"plane_{place}": np.frombuffer(plane, np.uint8) for place, plane in enumerate(planes)},
    }
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def unpack(data: bytes) -> list[MotionClip]:
    """Return the clips of `pack`, float64 at 30 fps, to its rounding.

    Raises:
        ValueError: if these are not its bytes.
    """
    try:
        arrays = load(data)
        frames: list[int] = arrays["frames"].tolist()
        shape = (BLOCK, _CHANNELS, sum(-(-each // BLOCK) for each in frames))
        unsigned = np.zeros(shape, np.uint32)
        for place in range(_BYTES):
            plane = lzma.decompress(arrays[f"plane_{place}"].tobytes(), lzma.FORMAT_RAW, filters=_FILTERS)
            unsigned |= np.frombuffer(plane, np.uint8).reshape(shape).astype(np.uint32) << np.uint32(8 * place)
    except (SafetensorError, lzma.LZMAError, KeyError) as error:
        raise ValueError(f"not packed motion ({error})") from error
    signed = unsigned.astype(np.int64)
    levels = np.where(signed & 1, -((signed + 1) >> 1), signed >> 1)
    matrix = _matrix(arrays["basis"])
    clips: list[MotionClip] = []
    first = 0
    for count, rest, home in zip(frames, arrays["rests"], arrays["homes"], strict=True):
        last = first + -(-count // BLOCK)
        values = _from_levels(levels[:, :, first:last], count) @ matrix.T * _steps()
        clips.append(_clip(values, rest.astype(np.float64), home.astype(np.float64)))
        first = last
    return clips


def _steps() -> Float[Array, "channels"]:
    steps = np.full(_CHANNELS, STEP)
    steps[3 * _BODY_JOINTS : _TURNS] = FINGER_STEP
    return steps


def _mean_quat(quats: Float[Array, "frames joints 4"]) -> Float[Array, "joints 4"]:
    """Return a rotation amid all frames; it need not be the exact mean, only near all of them."""
    side = np.where(np.sum(quats * quats[:1], axis=-1, keepdims=True) < 0, -1.0, 1.0)
    return quat_normalise((quats * side).sum(axis=0))


def _centred(
    clip: MotionClip, rest: Float[Array, "joints 4"], home: Float[Array, "3"]
) -> Float[Array, "frames channels"]:
    inverse = quat_inverse(quat_normalise(rest.astype(np.float64)))
    turns = rotvec_from_quat(quat_multiply(inverse, clip.local_quat_wxyz)).reshape(clip.frames, _TURNS)
    return np.concatenate([turns, clip.root_position_m - home.astype(np.float64)], axis=1)


def _clip(
    values: Float[Array, "frames channels"], rest: Float[Array, "joints 4"], home: Float[Array, "3"]
) -> MotionClip:
    turns = quat_from_rotvec(values[:, :_TURNS].reshape(-1, JOINTS, 3))
    return MotionClip(
        local_quat_wxyz=quat_normalise(quat_multiply(quat_normalise(rest), turns)),
        root_position_m=values[:, _TURNS:] + home,
        frame_rate_hz=float(timeline.MOTION_RATE_HZ),
    )


def _principal_directions(
    values: Sequence[Float[Array, "_ channels"]],
) -> Int[Array, "channels channels"]:
    """Return orthonormal directions of the changes of all joints, as whole numbers of 1/32767; the root stays apart."""
    scatter = np.zeros((_TURNS, _TURNS))
    for each in values:
        changes = np.diff(each[:, :_TURNS], axis=0)
        scatter += changes.T @ changes
    directions = np.linalg.eigh(scatter)[1][:, ::-1]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=0)[None], axis=0)
    basis = np.eye(_CHANNELS)
    basis[:_TURNS, :_TURNS] = directions * np.sign(largest)
    return np.round(basis * _BASIS_SCALE).astype(np.int16)


def _matrix(basis: Int[Array, "channels channels"]) -> Float[Array, "channels channels"]:
    return basis.astype(np.float64) / _BASIS_SCALE


def _levels(values: Float[Array, "frames channels"]) -> Int[Array, "block channels blocks"]:
    blocks = -(-len(values) // BLOCK)
    padded = np.pad(values, ((0, blocks * BLOCK - len(values)), (0, 0)), mode="edge")
    spectrum = np.asarray(dct(padded.reshape(blocks, BLOCK, _CHANNELS), axis=1, norm="ortho"))
    levels = np.round(spectrum).astype(np.int64)
    levels[1:, 0] -= levels[:-1, 0].copy()
    return levels.transpose(1, 2, 0)


def _from_levels(levels: Int[Array, "block channels blocks"], frames: int) -> Float[Array, "frames channels"]:
    spectrum = levels.transpose(2, 0, 1).astype(np.float64)
    spectrum[:, 0] = np.cumsum(spectrum[:, 0], axis=0)
    return np.asarray(idct(spectrum, axis=1, norm="ortho")).reshape(-1, _CHANNELS)[:frames]


def _plane(unsigned: Array, place: int) -> bytes:
    return ((unsigned >> np.uint32(8 * place)) & np.uint32(255)).astype(np.uint8).tobytes()
