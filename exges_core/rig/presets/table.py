"""The form of a table; `sided` and `fingers` spare writing everything twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from exges_core.motion.skeleton import FINGERS
from exges_core.rig.bones import Switch


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A rig family.

    Attributes:
        name: stable identifier, stored with a scene.
        title: for people.
        bones: joint -> the names its bone may have, best first. Case, separators, namespaces and a prefix or suffix
            that all bones share do not matter.
        location_bone: the bone that moves the whole body; None = the bone of the pelvis.
        carriers: bones that turn with a joint without being its bone (Rigify's torso turns with the pelvis).
        logical_parents: bone -> the bone it follows once the switches are set, where that is not its ancestor.
        hangs_from: bone -> the bone that carries its head about, where that is not the one it turns with.
        switches: what must be set so that these bones are in charge.
        signature: bones that only this family has; all must be there, so a control rig is told from its deform bones.
        foreign: text that no bone's name of this family has, only those of one that is named alike.
        together: joints whose bones begin in one place on every rig of this family, so that one with the same names
            and other bones is told from it.
        needs: joints that every rig of this family has beside the required ones; without one it is not called by its
            title.
        is_generic: a table of words, not of a family: one of these only wins where no family fits as well.
    """

    name: str
    title: str
    bones: Mapping[str, tuple[str, ...]]
    location_bone: str | None = None
    carriers: Mapping[str, str] = field(default_factory=dict[str, str])
    logical_parents: Mapping[str, str] = field(default_factory=dict[str, str])
    hangs_from: Mapping[str, str] = field(default_factory=dict[str, str])
    switches: tuple[Switch, ...] = ()
    signature: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    is_generic: bool = False


def sided(
    table: Mapping[str, str | Sequence[str]], side: Callable[[str, str], str] | str
) -> dict[str, tuple[str, ...]]:
    """Return the table for both sides: joint 'hip' -> 'left_hip'.

    Args:
        table: joint without side -> bone, or bones, best first.
        side: a pattern such as "<Left|Right>{}" or "{}.<L|R>", or a function of bone and 'left' or 'right'.
    """
    both: dict[str, tuple[str, ...]] = {}
    for place, which in enumerate(("left", "right")):
        for joint, bones in table.items():
            names = (bones,) if isinstance(bones, str) else tuple(bones)
            both[f"{which}_{joint}"] = tuple(
                _on_side(side, name, place) if isinstance(side, str) else side(name, which) for name in names
            )
    return both


def _on_side(pattern: str, bone: str, place: int) -> str:
    before, _, rest = pattern.partition("<")
    marks, _, after = rest.partition(">")
    return (before + marks.split("|")[place] + after).format(bone)


def fingers(pattern: Callable[[str, int], str]) -> dict[str, str]:
    """Return joint -> bone for 15 finger joints of one hand, through pattern(finger, 1..3)."""
    return {f"{finger}{number}": pattern(finger, number) for finger in FINGERS for number in (1, 2, 3)}


def numbered(pattern: str, **names: str) -> dict[str, str]:
    """Return joint -> bone for 15 finger joints; the pattern takes {finger} and {n}, names respell fingers.

    numbered("{finger}_0{n}", middle="mid") -> {"index1": "index_01", ..., "middle1": "mid_01", ...}
    """
    return fingers(lambda finger, number: pattern.format(finger=names.get(finger, finger), n=number))


def limbs(leg: str, arm: str) -> dict[str, str]:
    """Return joint -> bone of one side from two rows of names: hip knee ankle foot, collar shoulder elbow wrist.

    A dash leaves a joint out.
    """
    joints = ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist")
    rows = zip(joints, [*leg.split(), *arm.split()], strict=True)
    return {joint: bone for joint, bone in rows if bone != "-"}


def trunk(row: str) -> dict[str, tuple[str, ...]]:
    """Return joint -> bone of pelvis, spine1, spine2, spine3, neck, head from a row of names; a dash leaves one out."""
    joints = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
    return {joint: (bone,) for joint, bone in zip(joints, row.split(), strict=True) if bone != "-"}
