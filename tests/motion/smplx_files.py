"""A model file with SMPL-X's keys and shapes, but few vertices: two for each joint, 1 cm to its left and right."""

from pathlib import Path

import numpy as np

from exges_core.motion import skeleton as s

PELVIS_M = np.array([0.003, -0.351, 0.012])


def write_model(path: Path, *, shapes: int = 400, **changes: np.ndarray) -> Path:
    """Write the model: mean shape = the canonical body, each vertex moved by its own joint, no pose correctives."""
    generator = np.random.default_rng(0)
    template = np.repeat(s.DEFAULT_SKELETON.rest_positions_m() + PELVIS_M, 2, axis=0)
    template[::2] += [0.01, 0, 0]
    template[1::2] -= [0.01, 0, 0]
    vertices = np.arange(110)
    arrays = {
        "v_template": template,
        "J_regressor": np.repeat(np.eye(55), 2, axis=1) / 2,
        "shapedirs": generator.normal(size=(110, 3, shapes)) * 0.01,
        "posedirs": np.zeros((110, 3, 486)),
        "weights": np.repeat(np.eye(55), 2, axis=0),
        "f": np.stack([vertices[:-2], vertices[1:-1], vertices[2:]], axis=1).astype(np.uint32),
        "kintree_table": np.array([np.array(s.PARENTS) % 2**32, np.arange(55)]),
        "joint2num": np.array([{"never": "read"}], dtype=object),
        **changes,
    }
    np.savez(path, **arrays)
    return path
