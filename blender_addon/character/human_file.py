# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a human character: where it lies, and what it holds. No bpy in here.

`tools/human` makes it from CC0 data that are fetched once; it may also come with the extension. An .npz without
pickles: `made_by` (which code), `meshes`, `groups` (deforming bones by Rigify's names), `bones` with `bone_heads_m`,
`bone_tails_m` and `bone_rolls_rad` (Rigify's metarig), and for each mesh NAME/`points_m`, `corners` and `sizes` (of its
faces), `colours` (sRGB, 8 bits), `groups` and `weights` (four for each vertex), and ARKit's shapes: `shapes`,
`shape_sizes`, `shape_rows`, `shape_offsets_m`.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.errors import InputError, message
from exges_core.speech.model_files import cache_folder

NAME = "human.npz"


@dataclass(frozen=True, kw_only=True)
class HumanMesh:
    """A mesh of the human; `groups` are rows of `Human.groups`, shapes the vertices that they move and how far."""

    points_m: Float[Array, "vertices 3"]
    corners: Int[Array, " corners"]
    sizes: Int[Array, " faces"]
    colours: Int[Array, "vertices 3"]
    groups: Int[Array, "vertices 4"]
    weights: Float[Array, "vertices 4"]
    shapes: Mapping[str, tuple[Int[Array, " moved"], Float[Array, "moved 3"]]]

    def faces(self) -> list[list[int]]:
        """Return the vertices of each face."""
        return [each.tolist() for each in np.split(self.corners, np.cumsum(self.sizes)[:-1])]


@dataclass(frozen=True, kw_only=True)
class HumanBone:
    """A bone of Rigify's metarig where the human has it."""

    name: str
    head_m: Float[Array, "3"]
    tail_m: Float[Array, "3"]
    roll_rad: float


@dataclass(frozen=True, kw_only=True)
class Human:
    """The whole character; metres, Z up, facing -Y, soles at 0. `made_by` tells which code made it."""

    made_by: str
    meshes: Mapping[str, HumanMesh]
    groups: tuple[str, ...]
    bones: tuple[HumanBone, ...]


def human_path(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return where the human's file is: beside this module, else in the cache folder; None if it is nowhere."""
    places = (Path(__file__).with_name(NAME), built_path(environment))
    return next((each for each in places if each.is_file()), None)


def built_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where `python -m tools.human` puts the file, in the user's cache folder of ExGes."""
    return cache_folder(environment) / "human" / NAME


def read_human(path: Path) -> Human:
    """Read the file.

    Raises:
        InputError: if it cannot be read, or is not the human's.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return _human({name: file[name] for name in file.files})
    except (OSError, EOFError, KeyError, ValueError, IndexError, zipfile.BadZipFile) as error:
        do = "Remove it, and make it again: python -m tools.human."
        raise InputError(message(expected="the human character", got=str(error), where=str(path), do=do)) from error


def _human(content: Mapping[str, Array]) -> Human:
    rows = zip(
        content["bones"].tolist(),
        content["bone_heads_m"].astype(float),
        content["bone_tails_m"].astype(float),
        content["bone_rolls_rad"].tolist(),
        strict=True,
    )
    return Human(
        made_by=str(content["made_by"]),
        meshes={name: _mesh(name, content) for name in content["meshes"].tolist()},
        groups=tuple(content["groups"].tolist()),
        bones=tuple(HumanBone(name=name, head_m=head, tail_m=tail, roll_rad=roll) for name, head, tail, roll in rows),
    )


def _mesh(name: str, content: Mapping[str, Array]) -> HumanMesh:
    cuts = np.cumsum(content[f"{name}/shape_sizes"])[:-1]
    moved = np.split(content[f"{name}/shape_rows"], cuts)
    offsets = np.split(content[f"{name}/shape_offsets_m"], cuts)
    return HumanMesh(
        points_m=content[f"{name}/points_m"],
        corners=content[f"{name}/corners"],
        sizes=content[f"{name}/sizes"].astype(np.int64),
        colours=content[f"{name}/colours"],
        groups=content[f"{name}/groups"].astype(np.int64),
        weights=content[f"{name}/weights"],
        shapes=dict(zip(content[f"{name}/shapes"].tolist(), zip(moved, offsets, strict=True), strict=False)),
    )
