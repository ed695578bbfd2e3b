"""How long it takes to put motion on a rig: `python -m benchmarks.retarget [--frames 10000] [--blender]`.

A rig of 60 driven bones (the canonical 55 and five more in spine, neck and forearms), A-posed limbs, rolled frames.
Retargets exactly and with contact, writes BVH in the rig's hierarchy and, with --blender, F-curves. Processor seconds
are what counts on a shared machine; the clock is printed beside them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from exges_core.datasets.target_rigs import TargetRig, write_on
from exges_core.motion.bvh import BvhMotion
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import matrix_from_quat, quat_from_rotvec
from exges_core.motion.skeleton import JOINT_NAMES, PARENTS, REST_OFFSETS_M, STANDING_PELVIS_HEIGHT_M
from exges_core.rig.bones import Rig, rig_from_hierarchy
from exges_core.rig.match import match_rig
from exges_core.rig.options import EXACT, RetargetOptions
from exges_core.rig.retarget import Retargeter

Result = TypeVar("Result")
MORE = (("spine2", "spine_between"), ("spine3", "chest_between"), ("head", "neck_between"))
"""(bone that gets another one above it, its name)."""


def rig_of_sixty() -> Rig:
    """Return the canonical body with five more bones, so that 60 are driven."""
    names, parents, offsets = list(JOINT_NAMES), list(PARENTS), [each.copy() for each in REST_OFFSETS_M]
    for below, name in (*MORE, *((f"{side}_wrist", f"{side}_forearm_twist") for side in ("left", "right"))):
        at = names.index(below)
        names.insert(at, name)
        offsets.insert(at, 0.5 * offsets[at])
        offsets[at + 1] = 0.5 * offsets[at + 1]
        parents = [parent + (parent >= at) for parent in parents]
        parents.insert(at, parents[at])
        parents[at + 1] = at
    offsets[0] = np.array([0.0, STANDING_PELVIS_HEIGHT_M, 0.0])
    return rig_from_hierarchy(tuple(names), tuple(parents), np.stack(offsets))


def clip_of(frames: int) -> MotionClip:
    generator = np.random.default_rng(1)
    phase, size = generator.uniform(0.0, 6.28, (1, 55, 3)), generator.normal(scale=0.35, size=(1, 55, 3))
    time_s = np.arange(frames)[:, None, None] / 30.0
    local = quat_from_rotvec(size * np.sin(2.0 * time_s + phase))
    root = 0.05 * np.sin(np.arange(frames)[:, None] / 20.0 + np.arange(3)) + np.array([0.0, 0.9, 0.0])
    return MotionClip(local_quat_wxyz=local, root_position_m=root, frame_rate_hz=30.0)


def timed(name: str, job: Callable[[], Result]) -> Result:
    clock, processor = time.perf_counter(), time.process_time()
    result = job()
    print(f"{name:<44} {time.process_time() - processor:6.2f} s {time.perf_counter() - clock:8.2f} s by the clock")
    return result


def in_blender(clip: MotionClip, rig: Rig) -> None:
    import bpy  # isort: skip
    from mathutils import Matrix

    from blender_addon.takes import keyframes

    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1.0
    data = bpy.data.armatures.new("Sixty")
    thing = bpy.data.objects.new("Sixty", data)
    scene.collection.objects.link(thing)
    bpy.context.view_layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    for index, name in enumerate(rig.names):
        bone = data.edit_bones.new(name)
        bone.head, bone.tail = (0.0, 0.0, 0.0), (0.0, 0.05, 0.0)
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = rig.rest_matrix[index], rig.heads[index]
        bone.matrix = Matrix(matrix.tolist())
        if rig.parents[index] >= 0:
            bone.parent = data.edit_bones[rig.names[rig.parents[index]]]
    bpy.ops.object.mode_set(mode="OBJECT")

    def take(options: RetargetOptions) -> None:
        keyframes.add_take(scene, thing, clip, start_frame=1, settings={}, options=options)

    timed("retarget and write F-curves", lambda: take(EXACT))
    timed("the same with contact", lambda: take(RetargetOptions()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--blender", action="store_true", help="also write F-curves, with bpy in this process")
    options = parser.parse_args()
    clip, plain = clip_of(options.frames), rig_of_sixty()
    generator = np.random.default_rng(2)
    rolled = replace(
        plain, rest_matrix=matrix_from_quat(quat_from_rotvec(generator.normal(size=(len(plain.names), 3))))
    )
    retargeter = Retargeter(rig=rolled, rig_map=match_rig(rolled))
    print(f"{options.frames} frames on {len(retargeter.driven)} driven bones; processor time first")
    timed("retarget", lambda: retargeter.to_rig(clip))
    pose = timed("retarget, feet and hands in contact", lambda: retargeter.to_rig(clip, options=RetargetOptions()))
    timed("read back", lambda: retargeter.to_canonical(pose.basis_quat_wxyz, pose.location, frame_rate_hz=30.0))
    parents = plain.parents
    offsets = np.stack([h - plain.heads[p] if p >= 0 else h for h, p in zip(plain.heads, parents, strict=True)])
    rest = BvhMotion(
        names=plain.names,
        parents=parents,
        offsets=offsets,
        end_sites=(),
        local_quat_wxyz=np.zeros((0, len(parents), 4)),
        local_position=np.zeros((0, len(parents), 3)),
        frame_rate_hz=30.0,
    )
    target = TargetRig(name="sixty", rest=rest, retargeter=Retargeter(rig=plain, rig_map=match_rig(plain)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sixty.bvh"
        timed("retarget and write BVH", lambda: write_on(path, clip, target, EXACT))
        timed("the same with contact", lambda: write_on(path, clip, target))
    if options.blender:
        in_blender(clip, rolled)


if __name__ == "__main__":
    main()
