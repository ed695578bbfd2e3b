"""What is no person: a dog under a person's names and under its own, a crane that lifts, a crane that flies."""

from __future__ import annotations

import numpy as np

from exges_core.rig.bones import Rig

Bone = tuple[str, str, tuple[float, float, float]]


def _rig(bones: list[Bone]) -> Rig:
    """Name, parent, place (metres, y up, facing +z, left = +x); names with <L|R> stand for both sides."""
    names: list[str] = []
    parents: list[int] = []
    heads: list[tuple[float, float, float]] = []
    for name, parent, (x, y, z) in bones:
        for side, sign in (("L", 1.0), ("R", -1.0)) if "@" in name else (("", 1.0),):
            names.append(name.replace("@", side))
            parents.append(names.index(parent.replace("@", side)) if parent else -1)
            heads.append((sign * x, y, z))
    places = np.array(heads)
    return Rig(
        names=tuple(names),
        parents=tuple(parents),
        heads=places,
        tails=places + np.array([0.0, 0.05, 0.0]),
        rest_matrix=np.broadcast_to(np.eye(3), (len(names), 3, 3)).copy(),
        inherits_rotation=np.ones(len(names), dtype=bool),
    )


_DOG_PLACES: list[tuple[str, str, tuple[float, float, float]]] = [
    ("Hips", "", (0.0, 0.6, -0.3)),
    ("Spine", "Hips", (0.0, 0.62, -0.15)),
    ("Spine1", "Spine", (0.0, 0.62, 0.05)),
    ("Neck", "Spine1", (0.0, 0.66, 0.22)),
    ("Head", "Neck", (0.0, 0.82, 0.36)),
    ("Jaw", "Head", (0.0, 0.80, 0.40)),
    ("Ear.@", "Head", (0.05, 0.9, 0.36)),
    ("Shoulder.@", "Spine1", (0.05, 0.58, 0.2)),
    ("Arm.@", "Shoulder.@", (0.1, 0.45, 0.24)),
    ("ForeArm.@", "Arm.@", (0.1, 0.32, 0.17)),
    ("Hand.@", "ForeArm.@", (0.1, 0.08, 0.18)),
    ("HandIndex1.@", "Hand.@", (0.1, 0.02, 0.23)),
    ("UpLeg.@", "Hips", (0.09, 0.55, -0.32)),
    ("Leg.@", "UpLeg.@", (0.09, 0.36, -0.24)),
    ("Foot.@", "Leg.@", (0.09, 0.15, -0.38)),
    ("ToeBase.@", "Foot.@", (0.09, 0.02, -0.31)),
    ("Tail", "Hips", (0.0, 0.62, -0.42)),
    ("Tail1", "Tail", (0.0, 0.6, -0.6)),
    ("Tail2", "Tail1", (0.0, 0.55, -0.75)),
]


def dog_named_like_a_person() -> Rig:
    """Return a dog as motion capture of dogs names it: every required joint of a person has a bone by name."""
    return _rig(_DOG_PLACES)


def dog() -> Rig:
    """Return the same dog under names that say what they are."""
    words = {"Arm.": "FrontThigh.", "ForeArm.": "FrontShin.", "Hand.": "FrontPaw.", "HandIndex1.": "FrontToe."}
    legs = {"UpLeg.": "BackThigh.", "Leg.": "BackShin.", "Foot.": "BackPaw.", "ToeBase.": "BackToe."}

    def word(name: str) -> str:
        stem = name.removesuffix("@")
        return {**words, **legs}.get(stem, stem) + name[len(stem) :]

    return _rig([(word(name), word(parent), place) for name, parent, place in _DOG_PLACES])


def lifting_crane() -> Rig:
    """Return a tower crane with outriggers, a jib and a hook."""
    return _rig(
        [
            ("base", "", (0.0, 0.0, 0.0)),
            ("outrigger_upper.@", "base", (0.8, 0.6, 0.0)),
            ("outrigger_lower.@", "outrigger_upper.@", (2.0, 0.5, 0.0)),
            ("pad.@", "outrigger_lower.@", (2.6, 0.0, 0.0)),
            ("tower.001", "base", (0.0, 3.0, 0.0)),
            ("tower.002", "tower.001", (0.0, 9.0, 0.0)),
            ("slewing", "tower.002", (0.0, 20.0, 0.0)),
            ("cab", "slewing", (0.8, 20.5, 1.0)),
            ("counter_jib", "slewing", (0.0, 21.0, -2.0)),
            ("ballast", "counter_jib", (0.0, 20.0, -8.0)),
            ("jib.001", "slewing", (0.0, 21.0, 2.0)),
            ("jib.002", "jib.001", (0.0, 21.0, 16.0)),
            ("trolley", "jib.002", (0.0, 20.5, 14.0)),
            ("cable", "trolley", (0.0, 19.0, 14.0)),
            ("hook", "cable", (0.0, 8.0, 14.0)),
        ]
    )


def flying_crane() -> Rig:
    """Return the bird, standing on long legs with its wings folded: two legs, two wings, a neck, a head."""
    return _rig(
        [
            ("root", "", (0.0, 0.0, 0.0)),
            ("body", "root", (0.0, 0.78, -0.1)),
            ("breast", "body", (0.0, 0.86, 0.15)),
            ("neck.001", "breast", (0.0, 0.92, 0.22)),
            ("neck.002", "neck.001", (0.0, 1.08, 0.28)),
            ("neck.003", "neck.002", (0.0, 1.26, 0.26)),
            ("head", "neck.003", (0.0, 1.4, 0.28)),
            ("beak", "head", (0.0, 1.39, 0.34)),
            ("wing_upper.@", "breast", (0.1, 0.88, 0.1)),
            ("wing_lower.@", "wing_upper.@", (0.13, 0.8, -0.12)),
            ("wing_tip.@", "wing_lower.@", (0.13, 0.88, 0.08)),
            ("feather.@", "wing_tip.@", (0.12, 0.75, -0.3)),
            ("thigh.@", "body", (0.07, 0.74, -0.06)),
            ("shank.@", "thigh.@", (0.08, 0.62, 0.06)),
            ("metatarsus.@", "shank.@", (0.08, 0.34, -0.03)),
            ("toes.@", "metatarsus.@", (0.08, 0.03, 0.0)),
            ("claw.@", "toes.@", (0.08, 0.01, 0.1)),
            ("tail", "body", (0.0, 0.74, -0.3)),
        ]
    )
