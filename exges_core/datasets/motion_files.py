"""A motion file of any kind as canonical motion: .npz of BEAT2 or AMASS, our own BVH, or a BVH of any rig that matches.

Whatever comes in stands on +Y when it leaves, or is refused (see `motion.orientation`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exges_core.datasets.bvh_rigs import CHARACTER_SUFFIXES, refuse_characters
from exges_core.errors import InputError, RigMatchError, SkeletonError, message
from exges_core.motion.bvh import BvhMotion, clip_from_bvh, plain_name, read_bvh
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz_motion
from exges_core.motion.orientation import on_ground, upright
from exges_core.motion.rotations import quat_inverse, quat_multiply, quat_rotate
from exges_core.motion.skeleton import HANDS, JOINT_NAMES, REST_OFFSETS_M, joint_index
from exges_core.rig.bones import Rig
from exges_core.rig.retarget import Retargeter
from exges_core.rig.zero_pose import rested_rig

MOTION_SUFFIXES = (".npz", ".bvh")
_ALIKE = float(np.cos(np.deg2rad(30.0)))
"""A BVH in our names is our body if its limbs rest within this angle of ours; other builds do, other poses do not."""
_LIMBS = [joint_index(f"{side}_{name}") for side in ("left", "right") for name in ("knee", "ankle", "elbow", "wrist")]


@dataclass(frozen=True, kw_only=True, eq=False)
class MotionRead:
    """A motion as it came in.

    Attributes:
        clip: upright, at the file's own frame rate.
        warnings: what was guessed, lacks or was turned, in plain words.
        is_verbatim: nothing was changed: BEAT2's numbers to the last bit.
    """

    clip: MotionClip
    warnings: tuple[str, ...]
    is_verbatim: bool


def open_motion(path: Path) -> MotionRead:
    """Read a motion and turn it upright; a BVH of another rig is matched and retargeted, and what it lacks is said.

    Raises:
        InputError: if it is neither .npz nor .bvh, cannot be read, its skeleton is no humanoid's, or the person lies.
    """
    warnings, suffix = list[str](), path.suffix.lower()

    def say(text: str) -> None:
        warnings.append(f"{path.name}: {text}")

    if suffix == ".npz":
        found = read_npz_motion(path)
        warnings.extend(found.remarks)
        clip = upright(found.clip, promised=found.promised_up, where=str(path), say=say)
        if not found.is_ours and clip is found.clip:
            clip = on_ground(clip)
        return MotionRead(clip=clip, warnings=tuple(warnings), is_verbatim=clip is found.clip)
    if suffix == ".bvh":
        clip = upright(_of_bvh(path, say), where=str(path), say=say)
        return MotionRead(clip=clip, warnings=tuple(warnings), is_verbatim=False)
    if suffix in CHARACTER_SUFFIXES:
        refuse_characters(path, "a .npz or .bvh motion")
    do = "Convert it to one of these."
    raise InputError(message(expected="a .npz or .bvh motion", got=path.suffix or "no suffix", where=str(path), do=do))


def _of_bvh(path: Path, say: Callable[[str], None]) -> MotionClip:
    motion = read_bvh(path)
    if motion.frames == 0:
        raise SkeletonError(
            message(expected="motion", got="a rest pose without frames", where=str(path), do="Export the take.")
        )
    names = [plain_name(name) for name in motion.names]
    if set(names).issuperset(JOINT_NAMES[:22]) and _rests_as_ours(motion, names):
        missing = [name for name in JOINT_NAMES[25:] if name not in names]
        clip = clip_from_bvh(motion, where=str(path))
    else:
        try:
            found = rested_rig(motion)
        except RigMatchError as error:
            raise SkeletonError(f"{path}: {error}") from error
        lacking = found.rig_map.missing
        missing = [name for name in lacking if name.startswith(("left_", "right_")) and "eye" not in name]
        say(f"read as {found.rig_map.title} and retargeted" + (f"; {found.remark}" if found.remark else ""))
        clip = _retargeted(found.motion, found.rig, Retargeter(rig=found.rig, rig_map=found.rig_map))
    if missing:
        fingers = sum(1 for name in missing if joint_index(name) in HANDS)
        what = f"{fingers} finger joints" if fingers == len(missing) else ", ".join(missing[:5])
        say(f"lacks {what}; they stay at rest")
    return MotionClip.checked(
        local_quat_wxyz=clip.local_quat_wxyz,
        root_position_m=clip.root_position_m,
        frame_rate_hz=clip.frame_rate_hz,
        where=str(path),
    )


def _rests_as_ours(motion: BvhMotion, names: list[str]) -> bool:
    """Say whether the limbs of a BVH with our names point as ours do at rest."""
    there = motion.offsets[[names.index(JOINT_NAMES[joint]) for joint in _LIMBS]]
    here = REST_OFFSETS_M[_LIMBS]
    sizes = np.linalg.norm(here, axis=1) * np.linalg.norm(there, axis=1)
    return bool(((here * there).sum(axis=1) >= _ALIKE * sizes).all())


def _retargeted(motion: BvhMotion, rig: Rig, retargeter: Retargeter) -> MotionClip:
    """Return a rig's BVH on the canonical body, its lowest steps on the ground."""
    world_quat = np.empty_like(motion.local_quat_wxyz)
    world = np.empty_like(motion.local_position)
    for bone, parent in enumerate(motion.parents):
        local = motion.local_quat_wxyz[:, bone]
        world_quat[:, bone] = local if parent < 0 else quat_multiply(world_quat[:, parent], local)
        place = motion.local_position[:, bone]
        world[:, bone] = place if parent < 0 else world[:, parent] + quat_rotate(world_quat[:, parent], place)
    # Bone frames of a BVH are aligned to the world at rest, so that a bone's basis is its turn against what it follows.
    names = [bone for bone, _ in retargeter.driven]
    basis = np.empty((motion.frames, len(names), 4))
    for place, (bone, above) in enumerate(zip(names, retargeter.above, strict=True)):
        turn = world_quat[:, rig.index(bone)]
        basis[:, place] = (
            turn if above < 0 else quat_multiply(quat_inverse(world_quat[:, rig.index(names[above])]), turn)
        )
    carrier = rig.index(retargeter.rig_map.location_bone)
    moved = world[:, carrier] - rig.heads[carrier]
    return on_ground(retargeter.to_canonical(basis, moved, frame_rate_hz=motion.frame_rate_hz))
