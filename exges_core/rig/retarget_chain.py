"""Which bones of a rig are turned, in which order, what each follows, and what bones between them do; ours.

Between two mapped bones of the trunk a rig may have more (five spine bones, three neck bones): they share the turn.
Between elbow and wrist it may have twist bones, in the chain or beside it: they share the twist of the hand, so that
forearms do not wring. Control rigs move such bones themselves and are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.rotations import (
    quat_from_rotvec,
    quat_inverse,
    quat_multiply,
    quat_rotate,
    slerp,
)
from exges_core.motion.skeleton import joint_index
from exges_core.rig.bones import Rig
from exges_core.rig.match import RigMap
from exges_core.rig.rest import SPINE, hands_without_bones, unit

_TRUNK = ("pelvis", *SPINE, "neck", "head")
_AT_THE_ELBOW = 0.02
"""A twist bone beside the chain that is no further down the forearm than this share of it has nothing to twist."""


_ROWS = (("pelvis", "spine1", "spine2", "spine3"), ("spine3", "neck", "head"))
"""Joints between which a rig's fewer bones are read as bending evenly."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Posed:
    """A rig in motion.

    Attributes:
        turns_wxyz: each driven bone's turn against its rest, in rig axes.
        shift: of the location bone from its rest place, rig axes and unit.
    """

    turns_wxyz: Float[Array, "frames driven 4"]
    shift: Float[Array, "frames 3"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Between:
    """A bone that no joint has, turned by a share of what lies between two driven bones.

    Attributes:
        bone: its name.
        upper, lower: the driven bones.
        share: 0 = as the upper one, 1 = as the lower one.
        axis: at rest, rig axes: only the twist about it is shared; None = the whole turn.
    """

    bone: str
    upper: str
    lower: str
    share: float
    axis: Array | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Chain:
    """The driven bones of a rig.

    Args:
        rig: the bones.
        rig_map: what the family's table says of carriers and logical parents.
        bones: joint -> bone.
        held: bones that something else moves (constraints): never driven unless a joint has them.
    """

    rig: Rig
    rig_map: RigMap
    bones: Mapping[str, str]
    held: frozenset[str] = frozenset()

    @cached_property
    def between(self) -> tuple[Between, ...]:
        """Return the bones between mapped ones that share their turns; none on a control rig."""
        if self.rig_map.carriers or self.rig_map.logical_parents or self.rig_map.switches:
            return ()
        found = [each for joint in _TRUNK[1:] if joint in self.bones for each in self._trunk_bones(joint)]
        for side in ("left", "right"):
            found += self._twist_bones(f"{side}_elbow", f"{side}_wrist")
        return tuple(each for each in found if each.bone not in self.held)

    def _path_up(self, bone: str, taken: frozenset[str]) -> tuple[list[str], str | None]:
        """Return the free bones above one, lowest first, and the taken bone they lead to (None: there is none)."""
        path: list[str] = []
        index = self.rig.parents[self.rig.index(bone)]
        while index >= 0:
            name = self.rig.names[index]
            if name in taken:
                return path, name
            path.append(name)
            index = self.rig.parents[index]
        return path, None

    @cached_property
    def _mapped(self) -> frozenset[str]:
        return frozenset(self.bones.values())

    def _trunk_bones(self, joint: str) -> list[Between]:
        lower = self.bones[joint]
        path, upper = self._path_up(lower, self._mapped)
        if upper is None or upper not in {self.bones.get(name) for name in _TRUNK}:
            return []
        count = len(path) + 1
        return [
            Between(bone=bone, upper=upper, lower=lower, share=1.0 - (place + 1) / count)
            for place, bone in enumerate(path)
        ]

    def _twist_bones(self, joint: str, below: str) -> list[Between]:
        if below not in self.bones:
            return []
        elbow, wrist = self.bones[joint], self.bones[below]
        start, stop = self.rig.heads[self.rig.index(elbow)], self.rig.heads[self.rig.index(wrist)]
        limb, axis = stop - start, unit(stop - start)
        path, upper = self._path_up(wrist, self._mapped)
        if upper != elbow:
            return []
        found = [
            Between(bone=bone, upper=elbow, lower=wrist, share=1.0 - place / len(path), axis=axis)
            for place, bone in enumerate(path)
        ]
        for bone in self.rig_map.chains.twists.get(joint, ()):
            away = self.rig.heads[self.rig.index(bone)] - start
            share = float(np.clip(away @ limb / (limb @ limb), 0.0, 1.0))
            if bone not in path and bone not in self._mapped and share > _AT_THE_ELBOW:
                found.append(Between(bone=bone, upper=elbow, lower=wrist, share=share, axis=axis))
        return found

    @cached_property
    def driven(self) -> tuple[tuple[str, str], ...]:
        """Return (bone, joint) of every bone that gets keys, what a bone follows before it; joint '' = `between`."""
        joints = {each.bone: "" for each in self.between}
        joints |= {bone: joint for joint, bone in self.bones.items()} | dict(self.rig_map.carriers)
        order: dict[str, None] = {}

        def visit(bone: str) -> None:
            if bone not in order:
                above = self._followed(bone, joints)
                if above is not None:
                    visit(above)
                order[bone] = None

        for bone in sorted(joints, key=self.rig.index):
            visit(bone)
        return tuple((bone, joints[bone]) for bone in order)

    def _followed(self, bone: str, joints: Mapping[str, str]) -> str | None:
        logical = self.rig_map.logical_parents.get(bone)
        if logical in joints:
            return logical
        index = self.rig.index(bone)
        while self.rig.inherits_rotation[index] and self.rig.parents[index] >= 0:
            index = self.rig.parents[index]
            if self.rig.names[index] in joints:
                return self.rig.names[index]
        return None

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Return bone -> its place in `driven`."""
        return {bone: place for place, (bone, _) in enumerate(self.driven)}

    @cached_property
    def joint_places(self) -> Mapping[str, int]:
        """Return joint -> the place of its own bone in `driven`."""
        return {joint: self.places[bone] for joint, bone in self.bones.items()}

    @cached_property
    def above(self) -> tuple[int, ...]:
        """Return for each driven bone the place in `driven` of the bone whose turns it follows, -1 for none."""
        joints = dict(self.driven)
        names = [self._followed(bone, joints) for bone, _ in self.driven]
        return tuple(-1 if name is None else self.places[name] for name in names)

    @cached_property
    def _hung(self) -> tuple[int, ...]:
        """Return for each driven bone the one that carries it about, -1 for none."""
        hung: list[int] = []
        for (bone, _), above in zip(self.driven, self.above, strict=True):
            carrier = self._path_up(bone, frozenset(self.places))[1] if above < 0 else None
            carrier = self.rig_map.hangs_from.get(bone, carrier)
            hung.append(above if carrier is None else self.places[carrier])
        return tuple(hung)

    @cached_property
    def rest_heads(self) -> Float[Array, "driven 3"]:
        """Return where each driven bone turns about at rest."""
        return self.rig.heads[[self.rig.index(bone) for bone, _ in self.driven]]

    def heads(self, posed: Posed, wanted: Sequence[int]) -> dict[int, Float[Array, "frames 3"]]:
        """Return where driven bones are, by place; also those that carry them."""
        found: dict[int, Array] = {}

        def head(place: int) -> Array:
            if place not in found:
                above = self._hung[place]
                if above < 0:
                    found[place] = self.rest_heads[place] + posed.shift
                else:
                    arm = self.rest_heads[place] - self.rest_heads[above]
                    found[place] = head(above) + quat_rotate(posed.turns_wxyz[:, above], arm)
            return found[place]

        for place in wanted:
            head(place)
        return found

    @cached_property
    def anchors(self) -> Mapping[str, tuple[int, Array]]:
        """Return joint -> the place in `driven` that carries it, and where it is at rest; wrists without bones, too."""
        found = {joint: (place, self.rest_heads[place]) for joint, place in self.joint_places.items()}
        for wrist, point in hands_without_bones(self.rig, self.bones).items():
            found[wrist] = (self.joint_places[wrist.replace("wrist", "elbow")], point)
        return found

    def points(self, posed: Posed, joints: Sequence[str]) -> dict[str, Float[Array, "frames 3"]]:
        """Return where joints are, by name; those of `anchors`."""
        anchors = {joint: self.anchors[joint] for joint in joints}
        heads = self.heads(posed, [place for place, _ in anchors.values()])
        return {
            joint: heads[place] + quat_rotate(posed.turns_wxyz[:, place], point - self.rest_heads[place])
            for joint, (place, point) in anchors.items()
        }

    @cached_property
    def beside(self) -> tuple[str, ...]:
        """Return driven bones that nothing carries along with the one that moves the body: roots beside it."""
        location = self.rig_map.location_bone
        alone = [bone for (bone, _), above in zip(self.driven, self._hung, strict=True) if above < 0]
        return tuple(bone for bone in alone if bone != location and not self.rig.is_ancestor(location, bone))

    def share_turns(self, turns_wxyz: Float[Array, "frames driven 4"]) -> None:
        """Turn the bones between mapped ones by their share, in place."""
        twists: dict[tuple[str, str], Array] = {}
        for each in self.between:
            upper, lower = (turns_wxyz[:, self.places[name]] for name in (each.upper, each.lower))
            if each.axis is None:
                turn = slerp(upper, lower, each.share)
            else:
                pair = (each.upper, each.lower)
                if pair not in twists:
                    twists[pair] = _twist_rad(quat_multiply(quat_inverse(upper), lower), each.axis)
                turn = quat_multiply(upper, quat_from_rotvec(each.share * twists[pair][:, None] * each.axis))
            turns_wxyz[:, self.places[each.bone]] = turn


def _twist_rad(turn_wxyz: Array, axis: Array) -> Array:
    """Return the twist of turns about an axis (swing-twist), continuous over frames, the first within half a turn."""
    angle = 2.0 * np.arctan2(turn_wxyz[:, 1:] @ axis, turn_wxyz[:, 0])
    angle = np.unwrap(angle, period=2.0 * np.pi)
    return angle - 2.0 * np.pi * np.round(angle[:1] / (2.0 * np.pi))


def bend_evenly(world_wxyz: Float[Array, "frames joints 4"], mapped: Mapping[str, int]) -> None:
    """Let the joints of trunk and neck that have no bone share the bend between those that do, in place."""
    for row in _ROWS:
        joints = [place for place, joint in enumerate(row) if joint in mapped]
        for first, last in pairwise(joints):
            upper, lower = (world_wxyz[:, joint_index(row[place])] for place in (first, last))
            for place in range(first + 1, last):
                world_wxyz[:, joint_index(row[place])] = slerp(upper, lower, (place - first) / (last - first))
