"""The exact SMPL-X skeleton of a user's own model file; nothing of SMPL-X ships with us.

The official ``SMPLX_NEUTRAL.npz`` (or MALE, FEMALE) holds v_template, shapedirs and J_regressor as plain arrays, which
is all that rest joints need: pickled parts of the file are never touched. For the mesh, use the
``smplx`` package.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import SkeletonError, message
from exges_core.motion.npz import read_arrays
from exges_core.motion.skeleton import JOINT_NAMES, JOINTS, PARENTS, Skeleton


def smplx_rest_joints_m(path: Path, betas: Float[Array, "shapes"] | None = None) -> Float[Array, "55 3"]:
    """Return the rest joints of a SMPL-X model in the model's own frame: J_regressor (v_template + shapedirs betas).

    Args:
        path: the user's SMPL-X .npz.
        betas: shape coefficients; None = the mean shape. More than the file knows is an error.

    Raises:
        SkeletonError: if the file is not such a model, or betas do not fit it.
    """
    arrays = read_arrays(path, ("v_template", "J_regressor", *(("shapedirs",) if betas is not None else ())))
    template, regressor = arrays.get("v_template"), arrays.get("J_regressor")
    advice = "Give a SMPL-X model as .npz (SMPLX_NEUTRAL.npz from smpl-x.is.tue.mpg.de)."
    if template is None or regressor is None or (betas is not None and "shapedirs" not in arrays):
        raise SkeletonError(
            message(
                expected="v_template, J_regressor (and shapedirs)", got=f"{sorted(arrays)}", where=str(path), do=advice
            )
        )
    if template.ndim != 2 or template.shape[1] != 3 or regressor.shape != (JOINTS, len(template)):
        raise SkeletonError(
            message(
                expected=f"v_template (V, 3) and J_regressor ({JOINTS}, V)",
                got=f"{template.shape} and {regressor.shape}",
                where=str(path),
                do=advice,
            )
        )
    vertices = template.astype(np.float64)
    if betas is not None:
        directions = arrays["shapedirs"]
        if directions.ndim != 3 or directions.shape[:2] != template.shape or len(betas) > directions.shape[2]:
            raise SkeletonError(
                message(
                    expected=f"shapedirs for at least {len(betas)} betas",
                    got=f"{directions.shape}",
                    where=str(path),
                    do="Pass fewer betas.",
                )
            )
        vertices = vertices + directions[..., : len(betas)].astype(np.float64) @ betas.astype(np.float64)
    return regressor.astype(np.float64) @ vertices


def smplx_skeleton(path: Path, betas: Float[Array, "shapes"] | None = None) -> Skeleton:
    """Return the canonical joint tree with the exact rest offsets of a user's SMPL-X file.

    Raises:
        SkeletonError: as `smplx_rest_joints_m`.
    """
    joints = smplx_rest_joints_m(path, betas)
    offsets = joints - joints[np.maximum(PARENTS, 0)]
    return Skeleton(names=JOINT_NAMES, parents=PARENTS, rest_offsets_m=offsets)
