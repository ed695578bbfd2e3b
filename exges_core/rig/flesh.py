"""The surface of a character as points with normals, each carried by a driven bone; ours.

What is asked of it is how deep a hand is inside the body, in every frame. Capsules answer that for realistic limbs
and miss wide chests, big heads and skirts; points of the character's own mesh fit any shape, and the nearest one's
normal says how deep and which way is out. A character without a mesh gets points of tubes about its bones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exges_core.arrays import Array, Bool, Int, einsum
from exges_core.motion.skeleton import FINGERS
from exges_core.rig.bone_tubes import SIDES, tubes_about
from exges_core.rig.depth import Surface
from exges_core.rig.mesh_points import roomy, scattered, seen, size_of, smoothed, thinned
from exges_core.rig.patch import APART_M, Mesh, Patch
from exges_core.rig.props import held_by
from exges_core.rig.rest import SPINE, RestPose
from exges_core.rig.retarget_chain import Chain

_BODY = ("pelvis", *SPINE, "neck", "head", *(f"{side}_{name}" for side in SIDES for name in ("collar", "hip", "knee")))


@dataclass(frozen=True, kw_only=True, eq=False)
class Flesh:
    """The parts of a character's surface that meet: what hands must stay out of, and hands and forearms.

    Attributes:
        body: trunk, neck, head and legs.
        hands, forearms: by side.
        scale: rig units per metre of a person as big as this character.
    """

    body: Surface
    hands: Mapping[str, Patch]
    forearms: Mapping[str, Patch]
    scale: float

    @classmethod
    def of_mesh(cls, chain: Chain, rest: RestPose, mesh: Mesh) -> Flesh | None:
        """Sample a character's mesh; None where it has no body or no hands (a prop, a hat)."""
        place = places_of(chain, mesh)
        held = held_in_hands(chain, mesh, place, max(rest.scale, size_of(mesh)))
        mesh = replace(mesh, triangles=mesh.triangles[~held[mesh.triangles].any(axis=1)])
        scale = max(rest.scale, size_of(mesh))
        found = cls._of(chain, seen(scattered(mesh, place, scale), scale), scale)
        return found if found.body.grids and all(len(found.hands[side]) for side in SIDES) else None

    @classmethod
    def of_bones(cls, chain: Chain, rest: RestPose) -> Flesh:
        """Lay tubes of human girth about the bones."""
        return cls._of(chain, tubes_about(chain, rest), rest.scale)

    @classmethod
    def _of(cls, chain: Chain, surface: Patch, scale: float) -> Flesh:
        part = np.array(parts_of(chain))[surface.places]
        for side in SIDES:
            part[_is_past_wrist(chain, surface, side)] = f"{side}_hand"
        whole = roomy(surface.only(part == "body"), scale)
        body = thinned(whole, whole.places >= 0, APART_M["body"] * scale)

        def patch(name: str, kind: str) -> Patch:
            return thinned(surface, part == name, APART_M[kind] * scale)

        return cls(
            body=Surface.of(smoothed(body, whole, scale), scale),
            hands={side: patch(f"{side}_hand", "hand") for side in SIDES},
            forearms={side: patch(f"{side}_forearm", "forearm") for side in SIDES},
            scale=scale,
        )


def parts_of(chain: Chain) -> list[str]:
    """Return what each driven bone belongs to: body, left_hand, left_forearm...; '' for upper arms and feet."""
    fingers = tuple(f"{name}{number}" for name in FINGERS for number in (1, 2, 3))
    part = {joint: "body" for joint in _BODY}
    for side in SIDES:
        part |= {f"{side}_{name}": f"{side}_hand" for name in ("wrist", *fingers)}
        part[f"{side}_elbow"] = f"{side}_forearm"
    found: list[str] = []
    for place, (_, joint) in enumerate(chain.driven):
        above = chain.above[place]
        found.append(part.get(joint, "") if joint else found[above] if above >= 0 else "")
    return found


def _is_past_wrist(chain: Chain, surface: Patch, side: str) -> Bool[Array, "points"]:
    """Say which points are of a hand that has no bone: the forearm carries them, past its own end."""
    (place, start), (carrier, stop) = (chain.anchors[f"{side}_{name}"] for name in ("elbow", "wrist"))
    along = stop - start
    return (surface.places == place) & ((surface.points - start) @ along > along @ along) & (carrier == place)


def places_of(chain: Chain, mesh: Mesh) -> Int[Array, "vertices"]:
    """Return for each vertex the driven bone that moves it, -1 = none."""
    return np.append(carriers_of(chain, mesh.bones), -1)[mesh.bone]


def held_in_hands(chain: Chain, mesh: Mesh, place: Int[Array, "vertices"], scale: float) -> Bool[Array, "vertices"]:
    """Return which vertices belong to what either hand holds."""
    parts, held = np.array([*parts_of(chain), ""]), np.zeros(len(place), dtype=bool)
    bones = parts[carriers_of(chain, chain.rig.names)]
    for side in SIDES:
        name = f"{side}_hand"
        held |= held_by(chain, mesh, side, parts[place] == name, bones == name, scale)
    return held


def carriers_of(chain: Chain, bones: Sequence[str]) -> Int[Array, "bones"]:
    """Return for each bone the driven bone that moves it: itself, the next above it, or (control rigs) the nearest."""
    rig, starts, stops, places = chain.rig, *_segments(chain)
    known = {name: index for index, name in enumerate(rig.names)}
    found: list[int] = []
    for name in bones:
        index = known.get(name, -1)
        middle = 0.5 * (rig.heads[index] + rig.tails[index])
        is_control = bool(chain.rig_map.switches or chain.rig_map.logical_parents)
        while index >= 0 and not is_control and rig.names[index] not in chain.places:
            index = rig.parents[index]
        if index < 0 and name not in known:
            found.append(-1)
        elif index >= 0 and rig.names[index] in chain.places:
            found.append(chain.places[rig.names[index]])
        else:
            found.append(int(places[np.argmin(_apart(middle, starts, stops))]))
    return np.array(found, dtype=np.int64)


def _segments(chain: Chain) -> tuple[Array, Array, Array]:
    """Return where each joint's bone begins and ends at rest, and its place in the chain."""
    rig = chain.rig
    rows = [(rig.index(bone), chain.places[bone]) for bone, joint in chain.driven if joint]
    index, places = np.array(rows).T
    return rig.heads[index], rig.tails[index], places


def _apart(point: Array, starts: Array, stops: Array) -> Array:
    """Return how far a point is from each segment."""
    along = stops - starts
    share = einsum("sx,sx->s", point - starts, along) / np.maximum(einsum("sx,sx->s", along, along), 1e-12)
    return np.linalg.norm(starts + np.clip(share, 0.0, 1.0)[:, None] * along - point, axis=-1)
