"""The exact joints of a user's own SMPL-X model; nothing of SMPL-X ships with us.

SMPL-X's joints at rest depend on the person's shape: ``J_regressor (v_template + shapedirs betas)``. The official file
(``SMPLX_NEUTRAL.npz``, MALE, FEMALE) holds those three as plain arrays; its pickled parts are never read. No package
of SMPL-X's is needed for this; the mesh (`visualization.mesh`) is skinned by the ``smplx`` package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import SkeletonError, message
from exges_core.motion.npz import read_arrays
from exges_core.motion.skeleton import JOINT_NAMES, JOINTS, PARENTS, Skeleton

SHAPES = 300
"""Shape directions of a model of 2020; 100 of expression follow them."""
_MOST = 1e6
_FEW_SHAPES = 10
"""The same of a smaller file, where 10 of expression follow."""
_ARRAYS = ("v_template", "J_regressor", "shapedirs")
_ADVICE = "Give a SMPL-X model as .npz (SMPLX_NEUTRAL_2020.npz from smpl-x.is.tue.mpg.de)."


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape:
    """Whose body a motion file says it is.

    Attributes:
        betas: shape coefficients; trailing zeros mean nothing.
        gender: neutral, male or female.
        where: the file, for messages.
    """

    betas: Float[Array, "shapes"]
    gender: str
    where: str


MEAN_SHAPE = Shape(betas=np.zeros(0), gender="neutral", where="the mean shape")


@dataclass(frozen=True, kw_only=True, eq=False)
class SmplxModel:
    """A SMPL-X model file.

    Attributes:
        path: where it is.
        gender: as its name says, or None.
        template_m: vertices of the mean shape.
        regressor: joints from vertices.
        directions: by how much a beta of 1 moves each vertex, shape alone.
    """

    path: Path
    gender: str | None
    template_m: Float[Array, "vertices 3"]
    regressor: Float[Array, "55 vertices"]
    directions: Float[Array, "vertices 3 shapes"]

    def betas_of(self, shape: Shape) -> Float[Array, "shapes"]:
        """Return a shape's coefficients, one for each of this model's directions.

        Raises:
            SkeletonError: if the shape is of another gender, or has more coefficients than the model.
        """
        if self.gender is not None and shape.gender != self.gender:
            expected, got = f"a {shape.gender} SMPL-X model for {shape.where}", f"{self.path.name}, a {self.gender} one"
            raise SkeletonError(
                message(expected=expected, got=got, where="--smplx", do=f"Give SMPLX_{shape.gender.upper()}.npz.")
            )
        betas, most = np.trim_zeros(shape.betas, "b"), self.directions.shape[2]
        if len(betas) > most:
            expected, got = f"at most {most} betas, as {self.path.name} has", f"{len(betas)}"
            do = f"Give the SMPL-X model of 2020, which has {SHAPES}."
            raise SkeletonError(message(expected=expected, got=got, where=shape.where, do=do))
        return np.pad(betas.astype(np.float64), (0, most - len(betas)))

    def rest_joints_m(self, shape: Shape = MEAN_SHAPE) -> Float[Array, "55 3"]:
        """Return the joints at rest, from the model's origin.

        Raises:
            SkeletonError: as `betas_of`.
        """
        return self.regressor @ (self.template_m + self.directions @ self.betas_of(shape))

    def skeleton(self, shape: Shape = MEAN_SHAPE) -> Skeleton:
        """Return the canonical joint tree with this body's own rest offsets.

        Raises:
            SkeletonError: as `betas_of`.
        """
        joints = self.rest_joints_m(shape)
        offsets = joints - joints[np.maximum(PARENTS, 0)]
        return Skeleton(names=JOINT_NAMES, parents=PARENTS, rest_offsets_m=offsets)


def read_smplx(path: Path) -> SmplxModel:
    """Read a SMPL-X model.

    Raises:
        SkeletonError: if the file is none.
    """
    arrays = read_arrays(path, _ARRAYS)
    if lacking := [name for name in _ARRAYS if name not in arrays]:
        got = f"no {', '.join(lacking)}"
        raise SkeletonError(message(expected=", ".join(_ARRAYS), got=got, where=str(path), do=_ADVICE))
    template, regressor, directions = (arrays[name] for name in _ARRAYS)
    vertices = regressor.shape[-1] if regressor.ndim else 0
    fits = template.shape == directions.shape[:-1] == (vertices, 3) and regressor.shape == (JOINTS, vertices)
    if fits and not all(each.dtype.kind in "fiu" and (np.abs(each) <= _MOST).all() for each in arrays.values()):
        do = "Use the official file."
        raise SkeletonError(message(expected="a body in metres", got="other numbers", where=str(path), do=do))
    if not fits:
        expected = f"v_template (V, 3), J_regressor ({JOINTS}, V), shapedirs (V, 3, n)"
        got = f"{template.shape}, {regressor.shape}, {directions.shape}"
        raise SkeletonError(message(expected=expected, got=got, where=str(path), do=_ADVICE))
    shapes = SHAPES if directions.shape[2] >= SHAPES else _FEW_SHAPES
    gender = re.search(r"female|male|neutral", path.stem.lower())
    return SmplxModel(
        path=path,
        gender=None if gender is None else gender[0],
        template_m=template.astype(np.float64),
        regressor=regressor.astype(np.float64),
        directions=directions[..., :shapes].astype(np.float64),
    )


def read_shape(path: Path) -> Shape:
    """Read whose body a motion file is of.

    Raises:
        SkeletonError: if the file has no betas, or those of SMPL or SMPL+H.
    """
    arrays = read_arrays(path, ("betas", "gender", "model", "surface_model_type"))
    betas = np.atleast_2d(arrays.get("betas", np.zeros((0, 0))))
    if betas.ndim != 2 or not betas.size or betas.dtype.kind not in "fiu" or (betas != betas[0]).any():
        expected, got = "one set of betas", f"{betas.shape}" if betas.size else "none"
        raise SkeletonError(message(expected=expected, got=got, where=str(path), do="Leave --smplx out."))
    model = _text(arrays.get("surface_model_type", arrays.get("model", np.array("smplx"))))
    if not model.startswith("smplx"):
        do = "Convert the motion to SMPL-X or leave --smplx out."
        raise SkeletonError(message(expected="betas of SMPL-X", got=f"of {model}", where=str(path), do=do))
    gender = _text(arrays.get("gender", np.array("neutral")))
    return Shape(betas=betas[0], gender=gender, where=str(path))


def _text(value: Array) -> str:
    """Return a string that was stored as text or, by older tools, as bytes."""
    try:
        item = value.reshape(-1)[0]
        return (item.decode() if isinstance(item, bytes) else str(item)).lower()
    except (SystemError, ValueError, IndexError):  # letters beyond Unicode, or nothing
        return "no text"
