"""How often a character's hands are inside its body: `python -m benchmarks.clearance TAKE.npz BODY.glb [BODY.fbx ...]`.

Bodies are files of your own (glTF, FBX, .blend). The take is put on each, without and with clearance, and Blender's own
deformed mesh is asked: how deep the deepest vertex of a hand lies below the nearest face of trunk, neck, head and legs.
That is not what pushes the hands out (points of the rest mesh, each carried by one bone). Metres are of a person with
the character's legs. Over-push is how far a hand that clearance moved by more than 1 cm is off the surface then, but no
more than it was moved: median, 95th percentile and most of those hands. A vertex counts only if it lies below its
nearest face rather than beside it, and in the body: most rays from it leave through the back of a face. What the hands
hold is no hand.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from blender_addon.character import armature, skin
from exges_core.arrays import Array
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
from exges_core.motion.skeleton import joint_index
from exges_core.rig import Retargeter, RetargetOptions, RigPose
from exges_core.rig.flesh import held_in_hands, parts_of, places_of

INSIDE_M = 0.01
SIDES = ("left", "right")
_BELOW = 0.7
"""Least share of the distance to the nearest face that is depth."""
_MOST_VERTICES = 400
_WAYS = [Vector(np.subtract(cell, 1)).normalized() for cell in np.ndindex(3, 3, 3) if cell != (1, 1, 1)]


MOVED_M = 0.01
"""What a wrist is moved by less than counts as not pushed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Worn:
    """A mesh of the character and the part that each vertex belongs to."""

    thing: bpy.types.Object
    part: Array


def opened(path: Path) -> bpy.types.Object:
    """Open a body in an empty file; return its largest armature, at rest."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if path.suffix == ".blend":
        bpy.ops.wm.open_mainfile(filepath=str(path))
    elif path.suffix == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(path))
    else:
        bpy.ops.import_scene.gltf(filepath=str(path))
    found = max((each for each in bpy.data.objects if each.type == "ARMATURE"), key=lambda each: len(each.data.bones))
    found.animation_data_clear()
    for bone in found.pose.bones:
        bone.rotation_mode = "QUATERNION"
        bone.matrix_basis.identity()
    return found


def worn_by(character: bpy.types.Object, retargeter: Retargeter) -> list[Worn]:
    """Return the meshes the character wears, vertex by vertex of which part."""
    chain, mesh = retargeter.chain, skin.mesh_of(character)
    place = places_of(chain, mesh)
    part = np.array([*parts_of(chain), ""])[place]
    part[held_in_hands(chain, mesh, place, retargeter.scale)] = ""
    things = [thing for thing in skin.worn(character) if thing.data.polygons]
    ends = np.cumsum([len(thing.data.vertices) for thing in things])
    return [Worn(thing=thing, part=own) for thing, own in zip(things, np.split(part, ends[:-1]), strict=True)]


def surface(posed: bpy.types.Object) -> tuple[Array, Array]:
    """Return where a mesh's vertices are in the world, and its triangles."""
    mesh = posed.data
    mesh.calc_loop_triangles()
    places = np.empty(3 * len(mesh.vertices), dtype=np.float32)
    mesh.vertices.foreach_get("co", places)
    rows = np.empty(3 * len(mesh.loop_triangles), dtype=np.int32)
    mesh.loop_triangles.foreach_get("vertices", rows)
    world = np.array(posed.matrix_world)
    return places.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3], rows.reshape(-1, 3)


def depths_m(character: bpy.types.Object, worn: list[Worn], unit: float) -> list[float]:
    """Return how deep each hand is in the present pose; negative = how far it is off the body."""
    graph = bpy.context.evaluated_depsgraph_get()
    vertices, faces, hands, count = [], [], {side: [] for side in SIDES}, 0
    for each in worn:
        posed = each.thing.evaluated_get(graph)
        places, rows = surface(posed)
        faces.append(rows[(each.part[rows] == "body").all(axis=1)] + count)
        vertices.append(places)
        count += len(places)
        for side in SIDES:
            hands[side].append(places[each.part == f"{side}_hand"])
    tree = BVHTree.FromPolygons(np.concatenate(vertices).tolist(), np.concatenate(faces).tolist())
    return [_deepest(tree, np.concatenate(hands[side]), unit) for side in SIDES]


def _deepest(tree: BVHTree, points: Array, unit: float) -> float:
    deepest, nearest = 0.0, np.inf
    step = max(1, len(points) // _MOST_VERTICES)
    for point in points[::step].tolist():
        place, normal, _, apart = tree.find_nearest(point)
        nearest = min(nearest, apart)
        depth = -(Vector(point) - place).dot(normal)
        if depth > max(deepest, _BELOW * apart) and (depth < INSIDE_M * unit or enclosed(tree, Vector(point))):
            deepest = depth
    return (deepest or -nearest) / unit


def enclosed(tree: BVHTree, point: Vector) -> bool:
    """Say whether most ways out of a point leave through the back of a face.

    A hem or a cut below clothes has faces that look inwards; nearest to a hand that hangs beside it, they say nothing.
    """
    backs = 0
    for way in _WAYS:
        _, normal, _, _ = tree.ray_cast(point, way)
        backs += normal is not None and normal.dot(way) > 0.0
    return 2 * backs > len(_WAYS)


def pose(character: bpy.types.Object, motion: RigPose, frame: int) -> None:
    """Put the character into one frame."""
    for place, name in enumerate(motion.bones):
        character.pose.bones[name].rotation_quaternion = motion.basis_quat_wxyz[frame, place]
    character.pose.bones[motion.location_bone].location = motion.location[frame]
    bpy.context.view_layer.update()


def wrists_m(retargeter: Retargeter, motion: RigPose) -> Array:
    """Return where the wrists are, frames x sides x 3."""
    clip = retargeter.to_canonical(motion.basis_quat_wxyz, motion.location, frame_rate_hz=motion.frame_rate_hz)
    return clip.positions_m()[:, [joint_index(f"{side}_wrist") for side in SIDES]]


def jerk(wrists: Array, rate_hz: float) -> float:
    """Return the wrists' mean jerk, m/s^3."""
    return float(np.linalg.norm(np.diff(wrists, n=3, axis=0), axis=-1).mean() * rate_hz**3)


def over_push(deep: Array, moved: Array) -> str:
    """Return median, 95th percentile and most of what pushed hands are off the body, in cm."""
    pushed = moved > MOVED_M
    if not pushed.any():
        return "-"
    over = np.clip(-deep[pushed], 0.0, moved[pushed])
    return " / ".join(f"{100 * each:.1f}" for each in (*np.percentile(over, (50, 95)), over.max()))


def measured(path: Path, clip: MotionClip, every: int) -> str:
    """Return a body's row of the table."""
    character = opened(path)
    retargeter = armature.retargeter_of(character)
    unit = retargeter.scale * character.matrix_world.to_scale()[0]
    worn = worn_by(character, retargeter)
    row, wrists, deep = path.stem, [], np.zeros(0)
    for keeps_out in (False, True):
        begun = time.process_time()
        flesh = retargeter.flesh_of(skin.mesh_of(character)) if keeps_out else None
        options = replace(RetargetOptions(), keep_out=keeps_out)
        motion = retargeter.to_rig(clip, options=options, flesh=flesh)
        seconds = time.process_time() - begun
        rows = []
        for frame in range(0, clip.frames, every):
            pose(character, motion, frame)
            rows.append(depths_m(character, worn, unit))
        deep = np.array(rows)
        wrists.append(wrists_m(retargeter, motion))
        worst = deep.max(axis=1)
        row += f" | {np.mean(worst > INSIDE_M):.1%} | {100 * max(worst.max(), 0.0):.1f} | {seconds:.1f}"
    moved = np.linalg.norm(wrists[1] - wrists[0], axis=-1)[::every]
    jerks = [jerk(each, clip.frame_rate_hz) for each in wrists]
    return f"| {row} | {over_push(deep, moved)} | {jerks[1] / jerks[0]:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("take", type=Path, help="a .npz take")
    parser.add_argument("bodies", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=12, help="frames between two that are measured")
    options = parser.parse_args()
    clip = read_npz(options.take)
    kept_out = "inside, kept out | deepest, cm | s | over-push, cm | jerk, kept out / not"
    print(f"| body | inside, % | deepest, cm | s | {kept_out} |")
    print("|---|---|---|---|---|---|---|---|---|")
    for path in options.bodies:
        print(measured(path, clip, options.every), flush=True)


if __name__ == "__main__":
    main()
