# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own mannequin on a generated Rigify human: smooth limbs, ball joints, readable hands; no downloaded assets.

Every part is a loft of elliptic rings along deform bones. The trunk bends with the spine, all else is rigid, so nothing
collapses whatever the pose. Used by tests, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np

from exges_core.arrays import Array

SEGMENTS = 24
BODY, JOINT, DARK = 0, 1, 2
"""Material slots: limbs, joints and face, eyes."""
COLOURS = ((0.74, 0.63, 0.51), (0.06, 0.23, 0.33), (0.015, 0.018, 0.022))

Ring = tuple[Array, Array, Array]
"""Centre and the two half axes of an ellipse."""
_LIMBS: dict[str, tuple[str, tuple[tuple[float, float], ...]]] = {
    # first bone of the chain -> its last bone, (share of the length, radius) along the whole chain
    "DEF-upper_arm": ("DEF-upper_arm.{}.001", ((0.0, 0.056), (0.2, 0.058), (0.5, 0.05), (0.85, 0.042), (0.97, 0.036))),
    "DEF-forearm": ("DEF-forearm.{}.001", ((0.03, 0.034), (0.12, 0.043), (0.3, 0.045), (0.7, 0.034), (0.96, 0.026))),
    "DEF-thigh": ("DEF-thigh.{}.001", ((0.0, 0.092), (0.2, 0.093), (0.5, 0.078), (0.85, 0.06), (0.96, 0.048))),
    "DEF-shin": ("DEF-shin.{}.001", ((0.04, 0.046), (0.15, 0.058), (0.3, 0.063), (0.7, 0.044), (0.95, 0.034))),
}
_BALLS = (("DEF-forearm", 0.041), ("DEF-hand", 0.028), ("DEF-shin", 0.055), ("DEF-foot", 0.038))
_FINGER_RADII_M = {"index": 0.0112, "middle": 0.0116, "ring": 0.0110, "pinky": 0.0098, "thumb": 0.0135}
_TRUNK = (
    # height, half width, half depth, how far forward (m), on the metarig's own scale
    (0.985, 0.045, 0.050, 0.020),
    (1.010, 0.110, 0.085, 0.015),
    (1.060, 0.162, 0.112, 0.006),
    (1.120, 0.170, 0.116, 0.002),
    (1.190, 0.152, 0.104, 0.004),
    (1.270, 0.136, 0.094, 0.010),
    (1.350, 0.143, 0.102, 0.012),
    (1.430, 0.160, 0.116, 0.006),
    (1.500, 0.170, 0.118, -0.004),
    (1.550, 0.174, 0.104, -0.012),
    (1.595, 0.160, 0.084, -0.014),
    (1.632, 0.118, 0.068, -0.012),
    (1.660, 0.076, 0.058, -0.006),
    (1.676, 0.046, 0.044, -0.004),
)
_HEAD = (
    (1.716, 0.018, 0.024, 0.086),
    (1.726, 0.036, 0.044, 0.076),
    (1.752, 0.057, 0.073, 0.058),
    (1.792, 0.072, 0.094, 0.044),
    (1.842, 0.082, 0.106, 0.036),
    (1.894, 0.086, 0.111, 0.030),
    (1.940, 0.082, 0.106, 0.026),
    (1.980, 0.064, 0.084, 0.022),
    (2.001, 0.037, 0.049, 0.020),
    (2.009, 0.010, 0.013, 0.019),
)


class _Parts:
    """Collects vertices, faces, materials and weights of one mesh."""

    def __init__(self) -> None:
        self.points: list[Array] = []
        self.faces: list[tuple[int, ...]] = []
        self.slots: list[int] = []
        self.weights: dict[str, list[tuple[int, float]]] = {}

    def loft(self, rings: Sequence[Ring], slot: int, weights: Sequence[dict[str, float]] | str) -> None:
        """Add a closed loft; weights are per ring, or one bone for all."""
        base = sum(len(points) for points in self.points)
        angles = np.linspace(0.0, 2.0 * np.pi, SEGMENTS, endpoint=False)
        for place, (centre, across, along) in enumerate(rings):
            self.points.append(centre + np.outer(np.cos(angles), across) + np.outer(np.sin(angles), along))
            for bone, weight in ({weights: 1.0} if isinstance(weights, str) else weights[place]).items():
                first = base + place * SEGMENTS
                self.weights.setdefault(bone, []).extend((first + each, weight) for each in range(SEGMENTS))
        for place in range(len(rings) - 1):
            low = base + place * SEGMENTS
            for each in range(SEGMENTS):
                after = (each + 1) % SEGMENTS
                self.faces.append((low + each, low + after, low + SEGMENTS + after, low + SEGMENTS + each))
                self.slots.append(slot)
        top = base + (len(rings) - 1) * SEGMENTS
        self.faces += [tuple(range(base + SEGMENTS - 1, base - 1, -1)), tuple(range(top, top + SEGMENTS))]
        self.slots += [slot, slot]


def _unit(vector: Array) -> Array:
    return vector / np.linalg.norm(vector)


def _sides(direction: Array, hint: Array) -> tuple[Array, Array]:
    across = _unit(np.cross(hint, direction))
    return across, np.cross(direction, across)


def _tube(start: Array, stop: Array, profile: Sequence[tuple[float, float]]) -> list[Ring]:
    """Return rings of a round limb with rounded ends; the profile is smoothed."""
    direction = _unit(stop - start)
    length = float(np.linalg.norm(stop - start))
    across, along = _sides(direction, np.array([0.13, 0.91, 0.37]))
    shares, radii = np.array(profile).T
    places = np.linspace(shares[0], shares[-1], 12)
    smooth = np.interp(places, shares, radii)
    smooth[1:-1] = 0.25 * smooth[:-2] + 0.5 * smooth[1:-1] + 0.25 * smooth[2:]
    rings: list[Ring] = []
    for angle in np.linspace(np.deg2rad(86), 0, 5)[:-1]:
        at = start + direction * (places[0] * length - smooth[0] * 0.7 * np.sin(angle))
        rings.append((at, across * smooth[0] * np.cos(angle), along * smooth[0] * np.cos(angle)))
    rings += [
        (start + direction * place * length, across * radius, along * radius)
        for place, radius in zip(places, smooth, strict=True)
    ]
    for angle in np.linspace(0, np.deg2rad(86), 5)[1:]:
        at = start + direction * (places[-1] * length + smooth[-1] * 0.7 * np.sin(angle))
        rings.append((at, across * smooth[-1] * np.cos(angle), along * smooth[-1] * np.cos(angle)))
    return rings


def _ellipsoid(centre: Array, radii: Sequence[float]) -> list[Ring]:
    rings: list[Ring] = []
    for angle in np.linspace(-np.pi / 2 + 0.04, np.pi / 2 - 0.04, 14):
        size = np.cos(angle)
        at = centre + np.array([0.0, 0.0, radii[2] * np.sin(angle)])
        rings.append((at, np.array([radii[0] * size, 0, 0]), np.array([0, radii[1] * size, 0])))
    return rings


def _refined(table: Sequence[Sequence[float]], count: int) -> Array:
    """Return a table's rows resampled evenly and smoothed."""
    rows = np.array(table)
    places = np.linspace(0, len(rows) - 1, count)
    fine = np.stack([np.interp(places, np.arange(len(rows)), column) for column in rows.T], axis=-1)
    for _ in range(3):
        fine[1:-1] = 0.25 * fine[:-2] + 0.5 * fine[1:-1] + 0.25 * fine[2:]
    return fine


def _stack_rings(table: Sequence[Sequence[float]], count: int) -> list[Ring]:
    """Return level rings; the last column is how far forward (-Y) each lies."""
    return [
        (np.array([0.0, -forward, height]), np.array([width, 0.0, 0.0]), np.array([0.0, depth, 0.0]))
        for height, width, depth, forward in _refined(table, count)
    ]


def _trunk(parts: _Parts, bones: dict[str, tuple[Array, Array]]) -> None:
    rings = _stack_rings(_TRUNK, 44)
    names = ["DEF-spine", "DEF-spine.001", "DEF-spine.002", "DEF-spine.003"]
    middles = [0.5 * (bones[name][0][2] + bones[name][1][2]) for name in names]
    weights: list[dict[str, float]] = []
    for centre, _, _ in rings:
        place = float(np.interp(centre[2], middles, np.arange(4.0)))
        low = min(int(place), 2)
        share = place - low
        share = share * share * (3.0 - 2.0 * share)
        weights.append({names[low]: 1.0 - share, names[low + 1]: share})
    parts.loft(rings, BODY, weights)
    neck = _tube(
        np.array([0.0, 0.012, 1.63]), np.array([0.0, -0.024, 1.79]), ((0.0, 0.064), (0.4, 0.054), (1.0, 0.052))
    )
    parts.loft(neck, JOINT, [{"DEF-spine.004": 1.0}] * len(neck))


def _on_face(x: float, height: float, out: float = 0.0) -> Array:
    """Return a point of the head's front, a little out of it."""
    rows = _refined(_HEAD, 34)
    width, depth, forward = (float(np.interp(height, rows[:, 0], rows[:, column])) for column in (1, 2, 3))
    return np.array([x, -forward - depth * np.sqrt(max(0.0, 1.0 - (x / width) ** 2)) - out, height])


def _head(parts: _Parts) -> None:
    bone = "DEF-spine.006"
    parts.loft(_stack_rings(_HEAD, 34), BODY, bone)
    nose = ((0.0, 0.006), (0.6, 0.0105), (1.0, 0.0125))
    parts.loft(_tube(_on_face(0.0, 1.868, -0.002), _on_face(0.0, 1.822, 0.010), nose), BODY, bone)
    for side in (1.0, -1.0):
        parts.loft(_ellipsoid(_on_face(side * 0.033, 1.868, -0.003), (0.0125, 0.0085, 0.0145)), DARK, bone)
        brow = _tube(
            _on_face(side * 0.018, 1.899, 0.001), _on_face(side * 0.050, 1.899, 0.001), ((0, 0.0042), (1, 0.0032))
        )
        parts.loft(brow, JOINT, bone)
        parts.loft(_ellipsoid(np.array([side * 0.084, -0.022, 1.856]), (0.011, 0.021, 0.033)), JOINT, bone)
    lips = ((0.0, 0.0032), (0.5, 0.0046), (1.0, 0.0032))
    for start, stop in ((-0.02, 0.0), (0.0, 0.02)):
        parts.loft(_tube(_on_face(start, 1.785), _on_face(stop, 1.785), lips), JOINT, bone)


def _hand(parts: _Parts, bones: dict[str, tuple[Array, Array]], side: str) -> None:
    wrist = bones[f"DEF-hand.{side}"][0]
    index, middle, ring, pinky = (bones[f"DEF-f_{name}.01.{side}"][0] for name in ("index", "middle", "ring", "pinky"))
    knuckles = 0.25 * (index + middle + ring + pinky)
    direction = _unit(knuckles - wrist)
    line = index - pinky
    line = _unit(line - direction * (line @ direction))
    normal = np.cross(direction, line)
    length, width = float(np.linalg.norm(knuckles - wrist)), 0.5 * float(np.linalg.norm(index - pinky)) + 0.011
    shape = (
        (-0.02, 0.45, 0.017),
        (0.06, 0.6, 0.019),
        (0.35, 0.86, 0.0195),
        (0.7, 0.99, 0.017),
        (0.95, 1.0, 0.0135),
        (1.03, 0.92, 0.009),
    )
    rings: list[Ring] = [
        (wrist + direction * share * length, line * width * wide, normal * thick)
        for share, wide, thick in _refined(shape, 16)
    ]
    parts.loft(rings, BODY, f"DEF-hand.{side}")
    for finger, radius in _FINGER_RADII_M.items():
        stem = "DEF-thumb" if finger == "thumb" else f"DEF-f_{finger}"
        for number in (1, 2, 3):
            bone = f"{stem}.0{number}.{side}"
            start, stop = bones[bone]
            thick = radius * (1.0 - 0.1 * (number - 1))
            if finger == "thumb" and number == 1:
                parts.loft(_tube(start, stop, ((0.0, 0.018), (0.6, 0.016), (1.0, 0.0135))), BODY, bone)
                continue
            end = 1.0 if number == 3 else 0.98
            parts.loft(_tube(start, stop, ((0.02, thick), (0.5, thick * 0.97), (end, thick * 0.9))), BODY, bone)
            parts.loft(_ellipsoid(start, [thick * 1.06] * 3), JOINT if number > 1 else BODY, bone)


def _foot(parts: _Parts, bones: dict[str, tuple[Array, Array]], side: str) -> None:
    ankle, ball = bones[f"DEF-foot.{side}"]
    tip = bones[f"DEF-toe.{side}"][1]
    x = ankle[0]
    up, wide = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])

    def rings(table: Sequence[Sequence[float]]) -> list[Ring]:
        return [
            (np.array([x, y, 0.5 * height]), wide * half, up * 0.5 * height) for y, half, height in _refined(table, 14)
        ]

    heel, front = ankle[1] + 0.055, ball[1]
    parts.loft(
        rings(
            (
                (heel + 0.012, 0.012, 0.03),
                (heel, 0.028, 0.055),
                (heel - 0.03, 0.038, 0.075),
                (ankle[1] - 0.02, 0.041, 0.085),
                (front + 0.04, 0.046, 0.066),
                (front, 0.05, 0.046),
            )
        ),
        BODY,
        f"DEF-foot.{side}",
    )
    parts.loft(
        rings(
            (
                (front + 0.004, 0.05, 0.045),
                (front - 0.03, 0.05, 0.038),
                (tip[1] + 0.02, 0.042, 0.03),
                (tip[1] - 0.012, 0.026, 0.022),
                (tip[1] - 0.02, 0.01, 0.012),
            )
        ),
        BODY,
        f"DEF-toe.{side}",
    )


def _limbs(parts: _Parts, bones: dict[str, tuple[Array, Array]], side: str) -> None:
    for first, (last, profile) in _LIMBS.items():
        start, stop = bones[f"{first}.{side}"][0], bones[last.format(side)][1]
        rings = _tube(start, stop, profile)
        places = [float((ring[0] - start) @ (stop - start) / ((stop - start) @ (stop - start))) for ring in rings]
        shares = [float(np.clip((place - 0.3) / 0.4, 0.0, 1.0)) for place in places]
        parts.loft(rings, BODY, [{f"{first}.{side}": 1.0 - share, last.format(side): share} for share in shares])
    for bone, radius in _BALLS:
        parts.loft(_ellipsoid(bones[f"{bone}.{side}"][0], [radius] * 3), JOINT, f"{bone}.{side}")
    shoulder = bones[f"DEF-upper_arm.{side}"][0]
    parts.loft(_ellipsoid(shoulder, [0.06] * 3), JOINT, f"DEF-upper_arm.{side}")
    inner = shoulder * np.array([0.42, 0.4, 1.0]) + np.array([0.0, 0.0, 0.012])
    collar = _tube(inner, shoulder + np.array([0.0, 0.0, 0.002]), ((0.0, 0.05), (0.5, 0.055), (0.92, 0.054)))
    parts.loft(collar, BODY, f"DEF-shoulder.{side}")


def _material(name: str, colour: tuple[float, float, float], roughness: float) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.diffuse_color, material.roughness = (*colour, 1.0), roughness
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    return material


def add_mannequin(scene: bpy.types.Scene, armature: bpy.types.Object) -> bpy.types.Object:
    """Build the body on a Rigify human at rest and bind it."""
    bones = {
        bone.name: (np.array(bone.head_local), np.array(bone.tail_local))
        for bone in armature.data.bones
        if bone.name.startswith("DEF-")
    }
    parts = _Parts()
    _trunk(parts, bones)
    _head(parts)
    for side in ("L", "R"):
        _limbs(parts, bones, side)
        _hand(parts, bones, side)
        _foot(parts, bones, side)
    mesh = bpy.data.meshes.new("Mannequin")
    mesh.from_pydata(np.concatenate(parts.points).tolist(), [], parts.faces)
    mesh.polygons.foreach_set("material_index", parts.slots)
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    for name, colour, roughness in zip(("Body", "Joints", "Dark"), COLOURS, (0.55, 0.4, 0.25), strict=True):
        mesh.materials.append(_material(f"Mannequin {name}", colour, roughness))
    mesh.validate()
    body = bpy.data.objects.new("Mannequin", mesh)
    scene.collection.objects.link(body)
    for bone, pairs in parts.weights.items():
        group = body.vertex_groups.new(name=bone)
        for vertex, weight in pairs:
            group.add([vertex], weight, "REPLACE")
    body.parent = armature
    modifier = body.modifiers.new("Armature", "ARMATURE")
    modifier.object = armature
    return body
