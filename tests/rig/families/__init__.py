"""Rigs of every family, made here: names and hierarchy as the family ships them, on bodies we pose ourselves.

    each = family("unreal5", pose="a", roll=7, placed=3, extras=True)
    each.rig      what `match_rig` and `Retargeter` take: the armature's own space and unit
    each.truth    joint -> bone

Nothing of anybody's file is in here: only names, parents and which joint a bone sits at are facts of the families.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from rig.families import bipeds, controls, film, games
from rig.families.bodies import A_POSE, BUILDS, T_POSE, Body, Pose, body
from rig.families.extras import with_extras
from rig.families.hierarchy import Node, parse

from exges_core.motion.rotations import matrix_from_quat, quat_between, quat_from_rotvec
from exges_core.rig.bones import Rig

_RELAXED = Pose(arms_down=42.0, elbows_forward=25.0, legs_apart=5.0, fingers_curled=12.0)


@dataclass(frozen=True, kw_only=True)
class _Spec:
    title: str
    text: str
    pose: Pose = T_POSE
    unit: float = 1.0
    along: str = "y"
    """Which axis of a bone's frame lies along it: y after most importers, x in Unreal's and Biped's own FBX."""


_SPECS: Mapping[str, _Spec] = {
    "smplx": _Spec(title="SMPL-X", text=film.SMPLX),
    "smplh": _Spec(title="SMPL-H", text=film.SMPLH),
    "smpl": _Spec(title="SMPL", text=film.SMPL),
    "rigify_metarig": _Spec(title="Rigify metarig", text=film.RIGIFY_METARIG, pose=_RELAXED),
    "mixamo": _Spec(title="Mixamo", text=games.MIXAMO, unit=100.0),
    "mixamo_with_eyes": _Spec(title="Mixamo", text=games.MIXAMO_WITH_EYES, unit=100.0),
    "mesh2motion": _Spec(title="Mesh2Motion", text=games.MESH2MOTION),
    "unreal4": _Spec(title="Unreal 4", text=games.UNREAL_4, pose=A_POSE, unit=100.0, along="x"),
    "unreal5": _Spec(title="Unreal 5", text=games.UNREAL_5, pose=A_POSE, unit=100.0, along="x"),
    "metahuman": _Spec(title="MetaHuman", text=games.METAHUMAN, pose=A_POSE, unit=100.0, along="x"),
    "vrm0": _Spec(title="VRM 0", text=film.VRM0),
    "vrm1": _Spec(title="VRM 1", text=film.VRM1),
    "vroid": _Spec(title="VRoid", text=film.VROID),
    "auto_rig_pro": _Spec(title="Auto-Rig Pro", text=film.AUTO_RIG_PRO, pose=A_POSE),
    "auto_rig_pro_controls": _Spec(title="Auto-Rig Pro controls", text=film.AUTO_RIG_PRO_CONTROLS, pose=A_POSE),
    "blenrig": _Spec(title="BlenRig 6 biped", text=controls.BLENRIG, pose=_RELAXED),
    "character_creator": _Spec(title="Character Creator", text=film.CHARACTER_CREATOR, pose=A_POSE, unit=100.0),
    "daz_genesis8": _Spec(title="DAZ Genesis 8", text=film.DAZ_GENESIS_8, pose=A_POSE, unit=100.0),
    "daz_genesis9": _Spec(title="DAZ Genesis 9", text=film.DAZ_GENESIS_9, pose=A_POSE, unit=100.0),
    "makehuman": _Spec(title="MakeHuman default", text=film.MAKEHUMAN_DEFAULT, pose=_RELAXED, unit=10.0),
    "makehuman_game_engine": _Spec(
        title="MakeHuman game engine", text=games.MAKEHUMAN_GAME_ENGINE, pose=_RELAXED, unit=10.0
    ),
    "makehuman_cmu": _Spec(title="MakeHuman CMU", text=games.MAKEHUMAN_CMU, pose=_RELAXED, unit=10.0),
    "makehuman_rigify": _Spec(title="MakeHuman Rigify", text=film.MAKEHUMAN_RIGIFY, pose=_RELAXED),
    "ready_player_me": _Spec(title="Ready Player Me", text=games.READY_PLAYER_ME),
    "biped": _Spec(title="3ds Max Biped", text=bipeds.BIPED, unit=100.0, along="x"),
    "biped_triangle": _Spec(title="3ds Max Biped", text=bipeds.BIPED_TRIANGLE, unit=100.0, along="x"),
    "rocketbox": _Spec(title="Rocketbox", text=bipeds.ROCKETBOX, pose=A_POSE, unit=100.0, along="x"),
    "smartbody": _Spec(title="SmartBody", text=games.SMARTBODY),
    "smartbody_motions": _Spec(title="SmartBody's own skeleton", text=games.SMARTBODY_MOTIONS, unit=100.0),
    "cmu_bvh": _Spec(title="CMU BVH", text=games.CMU_BVH, unit=17.0),
    "cmu_daz_bvh": _Spec(title="CMU BVH for DAZ", text=games.CMU_DAZ_BVH, unit=39.0),
    "zeroeggs_bvh": _Spec(title="ZeroEGGS BVH", text=games.ZEROEGGS_BVH, unit=100.0),
    "blender": _Spec(title="Blender's own naming", text=film.BLENDER),
}

FAMILIES: tuple[str, ...] = tuple(_SPECS)
"""Names that `family` takes. Rigify's generated controls are made by Blender itself: see tests/addon."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """A rig at rest and what is true of it.

    Attributes:
        name, title: of the family.
        rig: in the armature's own space and unit: Y up and facing +Z unless `turned`; rest_matrix is rig from bone.
            A bone's tail lies on its frame's Y axis, as everywhere in Blender.
        truth: joint -> bone, for every joint the family has.
        unit: rig units per metre.
        world_from_rig: 4 x 4, the armature object's matrix: rotation, uniform scale, place.
    """

    name: str
    title: str
    rig: Rig
    truth: Mapping[str, str]
    unit: float
    world_from_rig: np.ndarray

    def renamed(self, seed: int) -> Family:
        """Return it with noise for names and siblings in another order: geometry is all there is."""
        generator = np.random.default_rng(seed)
        numbers = generator.permutation(len(self.rig.names))
        new = {old: f"node{number:04d}" for old, number in zip(self.rig.names, numbers, strict=True)}
        order = _shuffled(self.rig.parents, generator)
        place = {bone: at for at, bone in enumerate(order)}
        rig = Rig(
            names=tuple(new[self.rig.names[bone]] for bone in order),
            parents=tuple(place.get(self.rig.parents[bone], -1) for bone in order),
            heads=self.rig.heads[order],
            tails=self.rig.tails[order],
            rest_matrix=self.rig.rest_matrix[order],
            inherits_rotation=self.rig.inherits_rotation[order],
        )
        return replace(self, rig=rig, truth={joint: new[bone] for joint, bone in self.truth.items()})

    def turned(self, rotation: np.ndarray) -> Family:
        """Return it in other axes (3 x 3): Z up, lying, facing anywhere; what `rig` holds changes."""
        rig = replace(
            self.rig,
            heads=self.rig.heads @ rotation.T,
            tails=self.rig.tails @ rotation.T,
            rest_matrix=rotation @ self.rig.rest_matrix,
        )
        return replace(self, rig=rig)

    def in_world(self) -> Rig:
        """Return the rig with its object's matrix applied."""
        linear, place = self.world_from_rig[:3, :3], self.world_from_rig[:3, 3]
        scale = float(np.cbrt(np.linalg.det(linear)))
        return replace(
            self.rig,
            heads=self.rig.heads @ linear.T + place,
            tails=self.rig.tails @ linear.T + place,
            rest_matrix=linear / scale @ self.rig.rest_matrix,
        )


def family(
    name: str,
    *,
    pose: str = "own",
    roll: int | None = None,
    placed: int | None = None,
    extras: bool = False,
    build: str = "average",
    prefix: str = "",
    tails: str = "child",
) -> Family:
    """Return a rig of a family.

    Args:
        name: one of FAMILIES.
        pose: "t", "a" or "own", the rest pose that family ships.
        roll: seed of a random turn of every bone about its own length; None = as the family has them.
        placed: seed of a random object matrix: rotation, uniform scale, place; None = metres, standing at the origin.
        extras: also twists, breasts, hair, a tail, a prop in a hand, IK helpers, a cape.
        build: one of bodies.BUILDS.
        prefix: put before every name.
        tails: "child" = bones reach to their children; "stub" = short bones along their frames' Y, wherever that is.
    """
    spec = _SPECS[name]
    at_rest = body({"t": T_POSE, "a": A_POSE, "own": spec.pose}[pose], build)
    nodes = parse(spec.text)
    truth = {node.joint: node.name for node in nodes if node.joint is not None}
    if extras:
        nodes = with_extras(nodes)
    heads = np.stack([at_rest.at(node.place) for node in nodes])
    tips = _tips(nodes, heads, at_rest)
    frames = _frames(tips - heads, spec.along, mirrored=heads[:, 0] < -1e-6)
    generator = np.random.default_rng(roll)
    if roll is not None:
        frames = frames @ _about(spec.along, generator.uniform(-np.pi, np.pi, size=len(nodes)))
    lengths = np.linalg.norm(tips - heads, axis=1)
    is_stub = tails == "stub" or spec.along != "y"
    lengths = np.full(len(nodes), 0.03) if is_stub else lengths
    rig = Rig(
        names=tuple(prefix + node.name for node in nodes),
        parents=tuple(node.parent for node in nodes),
        heads=heads * spec.unit,
        tails=(heads + frames[:, :, 1] * lengths[:, None]) * spec.unit,
        rest_matrix=frames,
        inherits_rotation=np.ones(len(nodes), dtype=bool),
    )
    return Family(
        name=name,
        title=spec.title,
        rig=rig,
        truth={joint: prefix + bone for joint, bone in truth.items()},
        unit=spec.unit,
        world_from_rig=_object_matrix(spec.unit, placed),
    )


def _tips(nodes: tuple[Node, ...], heads: np.ndarray, at_rest: Body) -> np.ndarray:
    """Return where each bone's length points: to its main child, else on as its parent does."""
    tips = np.empty_like(heads)
    for index, node in enumerate(nodes):
        below = [child for child, each in enumerate(nodes) if each.parent == index and each.joint is not None]
        below += [child for child, each in enumerate(nodes) if each.parent == index and each.joint is None]
        below = [child for child in below if np.linalg.norm(heads[child] - heads[index]) > 0.004]
        main = next((child for child in below if _is_main(node, nodes[child])), None)
        if main is None and node.joint is not None and not _has_chain_below(node.joint):
            tips[index] = at_rest.end(node.joint)
        elif main is None and below and node.joint is None:
            tips[index] = heads[below[0]]
        elif main is not None:
            tips[index] = heads[main]
        else:
            before = tips[node.parent] - heads[node.parent] if node.parent >= 0 else np.array([0.0, 0.1, 0.0])
            tips[index] = heads[index] + before / np.linalg.norm(before) * max(0.02, 0.4 * np.linalg.norm(before))
    return tips


def _has_chain_below(joint: str) -> bool:
    return not (joint.endswith(("3", "_foot", "head", "jaw", "_eye_smplhf")) and joint != "spine3")


def _is_main(node: Node, child: Node) -> bool:
    """Say whether a bone's length runs to this child: along the trunk, a limb, the middle finger."""
    if node.joint is None:
        return True
    if child.joint is None:
        is_trunk = node.joint in ("spine1", "spine2", "spine3", "neck", "pelvis")
        is_limb = node.joint.endswith(("hip", "shoulder", "elbow")) and ">" in child.place
        is_foot = node.joint.endswith("ankle") and "_foot" in child.place
        return is_limb or is_foot or (is_trunk and child.place.startswith(("spine", "neck", "head")))
    wanted = {"pelvis": ("spine1",), "spine3": ("neck",), "neck": ("head",)}.get(node.joint)
    if wanted is not None:
        return child.joint in wanted
    return not node.joint.endswith("wrist") or "middle" in child.joint


def _frames(directions: np.ndarray, along: str, *, mirrored: np.ndarray) -> np.ndarray:
    """Return rig from bone: one axis along the bone, the others as near to the world's as may be."""
    axis = {"x": 0, "y": 1}[along]
    frames = np.empty((len(directions), 3, 3))
    for index, vector in enumerate(directions):
        goal = vector / np.linalg.norm(vector)
        if axis == 0 and mirrored[index]:
            goal = -goal  # Unreal's right side is the left side seen in a mirror
        unit = np.eye(3)[axis]
        frames[index] = matrix_from_quat(quat_between(unit, goal))
    return frames


def _about(axis: str, angles: np.ndarray) -> np.ndarray:
    vectors = np.zeros((len(angles), 3))
    vectors[:, {"x": 0, "y": 1}[axis]] = angles
    return matrix_from_quat(quat_from_rotvec(vectors))


def _object_matrix(unit: float, placed: int | None) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] /= unit
    if placed is not None:
        generator = np.random.default_rng(placed)
        turn = matrix_from_quat(quat_from_rotvec(generator.normal(size=3)))
        matrix[:3, :3] = turn * float(generator.uniform(0.2, 3.0)) / unit
        matrix[:3, 3] = generator.normal(scale=2.0, size=3)
    return matrix


def _shuffled(parents: tuple[int, ...], generator: np.random.Generator) -> list[int]:
    """Return an order with parents first, siblings at random."""
    order: list[int] = []
    ready = [bone for bone, parent in enumerate(parents) if parent < 0]
    while ready:
        bone = ready.pop(int(generator.integers(len(ready))))
        order.append(bone)
        ready += [child for child, parent in enumerate(parents) if parent == bone]
    return order


__all__ = ["BUILDS", "FAMILIES", "Family", "family"]
