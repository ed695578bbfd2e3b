"""The mesh of a user's own SMPL-X model, posed: the person's skin in place of the mannequin. No drawing in here.

Skinning, pose correctives among it, is the ``smplx`` package's, whose licence is for non-commercial research alone: it
is an extra (``exges[smplx]``), imported here and only when somebody asks for a mesh.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from exges_core.arrays import Array, Float, Int
from exges_core.errors import InputError, SkeletonError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import PELVIS_REST_M, read_arrays
from exges_core.motion.rotations import rotvec_from_quat
from exges_core.motion.skeleton import JOINT_NAMES, JOINTS, PARENTS
from exges_core.motion.smplx_body import Shape, SmplxModel

SIDES = tuple(name.partition("_")[0] if name.startswith(("left_", "right_")) else "middle" for name in JOINT_NAMES)
"""The side of each joint, as the mannequin's parts have it."""


def require_smplx() -> Any:  # noqa: ANN401 - a module without types
    """Return the module `smplx.lbs`.

    Raises:
        InputError: if the package is not installed.
    """
    try:
        from smplx import lbs
    except ImportError as error:
        do = "Run: pip install 'exges[smplx]' (for non-commercial research alone)."
        raise InputError(message(expected="the package smplx", got="nothing", where="drawing a mesh", do=do)) from error
    return lbs


@dataclass(frozen=True, kw_only=True, eq=False)
class Skin:
    """A person's skin.

    Attributes:
        model: the user's file.
        shape: whose body.
    """

    model: SmplxModel
    shape: Shape

    @cached_property
    def faces(self) -> Int[Array, "faces 3"]:
        """Return the vertices of each triangle, counter-clockwise from outside."""
        return self._arrays["f"].astype(np.int64)

    @cached_property
    def sides(self) -> list[str]:
        """Return the side of each triangle: that of the joint which moves its first vertex most."""
        return [SIDES[joint] for joint in self._arrays["weights"].argmax(axis=1)[self.faces[:, 0]]]

    def vertices_m(self, clip: MotionClip, frame: int) -> Float[Array, "vertices 3"]:
        """Return the skin in one frame, in the world.

        Raises:
            InputError: if the `smplx` package is not installed.
            SkeletonError: if the file is no whole model, or the shape does not fit it.
        """
        pose = torch.as_tensor(rotvec_from_quat(clip.local_quat_wxyz[frame]).reshape(1, -1))
        vertices, joints = require_smplx().lbs(pose=pose, **self._constants)
        # The clip has its pelvis where the mean shape's is: this person's own may lie higher or lower.
        own_m = self.model.rest_joints_m(self.shape)[0] - PELVIS_REST_M
        return vertices[0].numpy() - joints[0, 0].numpy() + clip.root_position_m[frame] + own_m

    @cached_property
    def _arrays(self) -> dict[str, Array]:
        vertices = len(self.model.template_m)
        shapes = {"f": (-1, 3), "weights": (vertices, JOINTS), "posedirs": (vertices, 3, 9 * (JOINTS - 1))}
        arrays = read_arrays(self.model.path, tuple(shapes))
        for name, shape in shapes.items():
            got = arrays[name].shape if name in arrays else "none"
            if len(got) != len(shape) or any(wanted not in (-1, size) for wanted, size in zip(shape, got, strict=True)):
                expected, do = f"{name} of shape {shape}", "Give the whole SMPL-X model."
                where = str(self.model.path)
                raise SkeletonError(message(expected=expected, got=f"{got}", where=where, do=do))
        return arrays

    @cached_property
    def _constants(self) -> dict[str, Tensor]:
        """Return what `smplx.lbs.lbs` takes beside the pose."""
        correctives = self._arrays["posedirs"].astype(np.float64)
        arrays: dict[str, Array] = {
            "betas": self.model.betas_of(self.shape)[None],
            "v_template": self.model.template_m,
            "shapedirs": self.model.directions,
            "posedirs": correctives.reshape(-1, correctives.shape[-1]).T,
            "J_regressor": self.model.regressor,
            "parents": np.array(PARENTS),
            "lbs_weights": self._arrays["weights"].astype(np.float64),
        }
        return {name: torch.as_tensor(np.ascontiguousarray(array)) for name, array in arrays.items()}
