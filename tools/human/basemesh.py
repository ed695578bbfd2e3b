"""MakeHuman's base mesh (hm08) as a person: shaped by targets, in metres, with its groups, joints and face shapes.

Axes are Blender's: Z up, facing -Y, the person's left at +X, soles at 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.face.names import ARKIT_NAMES
from tools.human.source import Archive

_METRES = 0.1
"""A unit of the base mesh is a decimetre."""
_MACRO = "mpfb2/targets/macrodetails"
_LOOKS: Mapping[str, float] = {
    **{f"{_MACRO}/{origin}-female-young.target.gz": 1.0 / 3.0 for origin in ("african", "asian", "caucasian")},
    f"{_MACRO}/universal-female-young-averagemuscle-averageweight.target.gz": 1.0,
    f"{_MACRO}/proportions/female-young-averagemuscle-averageweight-idealproportions.target.gz": 0.6,
}
"""Targets by their share: a young woman of no origin in particular."""

_CLOSED = 0.035
"""Share of `mouthClose` that shuts the base mesh's lips, which are a millimetre apart."""


@dataclass(frozen=True, kw_only=True)
class Base:
    """The shaped mesh.

    Attributes:
        points_m: every vertex, helpers too.
        faces: four vertices each.
        groups: of the faces, by name, rows of `faces`.
        islands: for each face the number of its piece of the texture map.
        shapes_m: what each of ARKit's shapes at 1 adds.
    """

    points_m: Float[Array, "vertices 3"]
    faces: Int[Array, "faces 4"]
    groups: Mapping[str, Int[Array, " some"]]
    islands: Int[Array, " faces"]
    shapes_m: Mapping[str, Float[Array, "vertices 3"]]

    def joint_m(self, name: str) -> Float[Array, "3"]:
        """Return the middle of a joint's cube, for instance `l-elbow`."""
        members = np.unique(self.faces[self.groups[f"joint-{name}"]])
        return self.points_m[members].mean(axis=0)

    def faces_of(self, *names: str) -> Int[Array, "some 4"]:
        """Return the faces of groups whose names begin so."""
        rows = [rows for name, rows in self.groups.items() if name.startswith(names)]
        return self.faces[np.concatenate(rows)]


def read_base(archive: Archive, *, looks: Mapping[str, float] = _LOOKS) -> Base:
    """Return the base mesh with targets applied, each by its share."""
    points, faces, mapped, groups = _read_obj(archive.text("mpfb2/3dobjs/base.obj"))
    for name, share in looks.items():
        points = points + share * _read_target(archive.text(name), len(points))
    points = _turned(points)
    ground_m = points[np.unique(faces[groups["body"]]), 2].min()
    points[:, 2] -= ground_m
    folder = "faceunits01/targets/faceunits"
    shapes = {name: _turned(_read_target(archive.text(f"{folder}/{name}.target"), len(points))) for name in ARKIT_NAMES}
    points = points + _CLOSED * shapes["mouthClose"]
    return Base(points_m=points, faces=faces, groups=groups, islands=_islands(mapped), shapes_m=shapes)


def _read_obj(text: str) -> tuple[Array, Array, Array, dict[str, Array]]:
    """Return places, faces, the faces' corners in the texture map, and rows of faces by group."""
    points: list[list[float]] = []
    corners: list[list[list[str]]] = []
    groups: dict[str, list[int]] = {}
    members: list[int] = []
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            points.append([float(number) for number in rest.split()])
        elif kind == "g":
            members = groups.setdefault(rest.strip(), [])
        elif kind == "f":
            members.append(len(corners))
            corners.append([corner.split("/")[:2] for corner in rest.split()])
    both = np.array(corners).astype(np.int64) - 1
    return np.array(points), both[..., 0], both[..., 1], {name: np.array(rows) for name, rows in groups.items()}


def _islands(mapped: Array) -> Array:
    """Return for each face the lowest number in its piece of the texture map."""
    label = np.arange(mapped.max() + 1)
    while True:
        lowest = label[mapped].min(axis=1)
        spread = label.copy()
        np.minimum.at(spread, mapped.reshape(-1), np.repeat(lowest, mapped.shape[1]))
        spread = spread[spread]
        if (spread == label).all():
            return label[mapped].min(axis=1)
        label = spread


def _read_target(text: str, count: int) -> Array:
    """Return a target's offsets, one row for each vertex."""
    numbers = np.array(
        [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")], dtype=np.float64
    ).reshape(-1, 4)
    offsets = np.zeros((count, 3))
    offsets[numbers[:, 0].astype(np.int64)] = numbers[:, 1:]
    return offsets


def _turned(points: Array) -> Array:
    """Return places in decimetres, Y up, facing +Z as metres in Blender's axes."""
    return _METRES * np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1)
