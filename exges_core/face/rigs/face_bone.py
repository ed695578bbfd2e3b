"""A face's bones: as a rig has them at rest, what each plays, and how it moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from exges_core.arrays import Array, Float


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceBone:
    """A bone at rest, in the armature's space and unit.

    Attributes:
        name, parent: "" = no parent.
        head, tail: where it turns about, and ends.
        rest: armature from bone, a pure rotation.
        is_driven: drivers turn or move it.
        is_locked: it may be neither turned nor moved.
        can_move: its location counts: neither locked nor that of a bone connected to its parent.
        is_carried: constraints move it, so that its parents alone do not tell what it goes with.
        follows: by itself it goes some of the way that its neighbours go.
        moves_locally: its location counts along its own axes; if not (Blender's "Local Location"), its parent's.
        parent_rest: armature from parent, a pure rotation.
    """

    name: str
    parent: str = ""
    head: Float[Array, "3"]
    tail: Float[Array, "3"]
    rest: Float[Array, "3 3"]
    is_driven: bool = False
    is_locked: bool = False
    can_move: bool = True
    is_carried: bool = False
    follows: bool = False
    moves_locally: bool = True
    parent_rest: Float[Array, "3 3"] = field(default_factory=lambda: np.eye(3))

    def turn_of(self, vector: Float[Array, "3"]) -> Float[Array, "3"]:
        """Return a turn or a direction in the armature's axes in the bone's own."""
        return self.rest.T @ vector

    def move_of(self, vector: Float[Array, "3"]) -> Float[Array, "3"]:
        """Return a move in the armature's axes in those that the bone's location counts along."""
        return self.place_axes.T @ vector

    @property
    def place_axes(self) -> Float[Array, "3 3"]:
        """Return the axes that its location counts along, in the armature's."""
        return self.rest if self.moves_locally else self.parent_rest


def above(bone: FaceBone, by_name: Mapping[str, FaceBone]) -> Iterator[str]:
    """Yield the bones that one hangs on, from its parent to the root."""
    name, seen = bone.parent, {bone.name}
    while name in by_name and name not in seen:
        yield name
        seen.add(name)
        name = by_name[name].parent


@dataclass(frozen=True, kw_only=True, eq=False)
class BoneChannel:
    """A bone and what it plays.

    Attributes:
        bone, part: its name, and what of the face it is.
        turns: ARKit's shape -> its turn where that is 1, as a rotation vector in the bone's own axes, radians.
        moves: ARKit's shape -> its move where that is 1, as its location counts, in the armature's unit.
    """

    bone: str
    part: str
    turns: Mapping[str, Float[Array, "3"]] = field(default_factory=dict[str, Array])
    moves: Mapping[str, Float[Array, "3"]] = field(default_factory=dict[str, Array])


@dataclass(frozen=True, kw_only=True)
class FaceBones:
    """A face's bones by what they play.

    Attributes:
        channels: the bones that play.
        missing: parts that neither bones nor shape keys play: jaw, gaze, blinks, brows, lips.
        doubtful: bone -> why a person should look at it; it plays.
        left_alone: bone -> why it does not play though its name is a part's.
        played: the ARKit shapes that bones play.
    """

    channels: tuple[BoneChannel, ...] = ()
    missing: tuple[str, ...] = ()
    doubtful: Mapping[str, str] = field(default_factory=dict[str, str])
    left_alone: Mapping[str, str] = field(default_factory=dict[str, str])
    played: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, eq=False)
class BoneMotion:
    """How a bone moves: quaternions (w first) in its own axes, offsets as its location counts; None = not so."""

    quat_wxyz: Float[Array, "frames 4"] | None = None
    offset: Float[Array, "frames 3"] | None = None
