"""The form of a table; `sided` and `fingers` spare writing everything twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from exges_core.rig.bones import Switch


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A rig family.

    Attributes:
        name: stable identifier, stored with a scene.
        title: for people.
        bones: joint -> the names its bone may have, best first.
        location_bone: the bone that moves the whole body; None = the bone of the pelvis.
        carriers: bones that turn with a joint without being its bone (Rigify's torso turns with the pelvis).
        logical_parents: bone -> the bone it follows once the switches are set, where that is not its ancestor.
        switches: what must be set so that these bones are in charge.
        signature: bones that only this family has; all must be there, so a control rig is told from its deform bones.
    """

    name: str
    title: str
    bones: Mapping[str, tuple[str, ...]]
    location_bone: str | None = None
    carriers: Mapping[str, str] = field(default_factory=dict)
    logical_parents: Mapping[str, str] = field(default_factory=dict)
    switches: tuple[Switch, ...] = ()
    signature: tuple[str, ...] = ()


def sided(table: Mapping[str, str], side: Callable[[str, str], str]) -> dict[str, tuple[str, ...]]:
    """Return the table for both sides: joint 'hip' -> 'left_hip', its bone through side(bone, 'left')."""
    return {f"{which}_{joint}": (side(bone, which),) for which in ("left", "right") for joint, bone in table.items()}


def fingers(pattern: Callable[[str, int], str]) -> dict[str, str]:
    """Return joint -> bone for 15 finger joints of one hand, through pattern(finger, 1..3)."""
    return {
        f"{finger}{number}": pattern(finger, number)
        for finger in ("index", "middle", "pinky", "ring", "thumb")
        for number in (1, 2, 3)
    }
