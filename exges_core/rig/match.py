"""Which bone plays which joint: all tables are laid over a rig, its shape is read, and the two are weighed.

Names decide where a family is recognised; shape fills what they leave open, decides alone where they say nothing, and
tells what is doubtful. What is no humanoid is refused. Numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from exges_core.errors import RigMatchError, message
from exges_core.motion.skeleton import FINGERS, JOINT_NAMES
from exges_core.rig.bones import EYES, MAIN_JOINTS, REQUIRED_JOINTS, Rig, Switch
from exges_core.rig.chains import Chains, chains_of
from exges_core.rig.geometry import Shape, shape_of
from exges_core.rig.names import parse_name
from exges_core.rig.presets import PRESETS, Preset
from exges_core.rig.symmetry import size_of
from exges_core.rig.tables import Laid, NamedRig, lay, mapped_parent

_IN_ORDER = 0.75
"""A table whose bones hang together less than this is read into the wrong rig."""
_AGREES = 0.6
"""Names and shape agree if they put so many of the joints that both found in the same places."""
_SAME_PLACE = 0.02
"""Bones nearer than this share of the character's size are in one place."""
_FAMILY = 6.0
"""So many joints more must a table of plain words find to win over a family's."""
_ANCHORS = 3
"""From so many required joints on a table's find is worth completing by shape."""
_ELSEWHERE = 0.1
"""Names and shape contradict each other where their bones are further apart than this share of the size."""
_UNEVEN = 1.25
"""Left and right segments whose lengths differ by more than this factor are doubtful."""
_LYING = np.cos(np.deg2rad(65.0))
"""A trunk that rises less than this along the legs' own direction is no standing person's."""
BY_SHAPE, BY_NAME = "shape", "names"
"""`RigMap.preset` of a map that no table had a part in, and of one whose table is a family's that the rig is not."""


@dataclass(frozen=True, kw_only=True)
class RigMap:
    """A rig's bones by joint.

    Attributes:
        preset: name of the table it came from; "shape" if names said nothing, "names" if they are no known family's.
        title: the family's name for people.
        bones: joint -> bone.
        missing: joints without a bone, in the body's order; eyes are not counted.
        score: 0 to 1, mean confidence of the required joints.
        location_bone: the bone that moves the whole body.
        carriers, logical_parents, hangs_from, switches: as in `presets.table.Preset`, only what this rig has.
        chains: bones of spine, neck, twists and metacarpals, also those that play no joint.
        confidence: joint -> 0 to 1.
        doubtful: joint -> why a person should look at it.
    """

    preset: str
    title: str
    bones: Mapping[str, str]
    missing: tuple[str, ...]
    score: float
    location_bone: str
    carriers: Mapping[str, str]
    logical_parents: Mapping[str, str]
    switches: tuple[Switch, ...]
    hangs_from: Mapping[str, str] = field(default_factory=dict[str, str])
    chains: Chains = field(default_factory=Chains)
    confidence: Mapping[str, float] = field(default_factory=dict[str, float])
    doubtful: Mapping[str, str] = field(default_factory=dict[str, str])


def map_with(rig: Rig, preset: Preset) -> RigMap:
    """Apply one table to a rig by names alone; nothing is required and nothing is doubted here."""
    laid = lay(NamedRig(rig=rig), preset)
    return _rig_map(rig, preset, laid.bones, doubtful={}, shaped=())


def match_rig(rig: Rig, *, presets: Sequence[Preset] = PRESETS) -> RigMap:
    """Return the best complete map of a rig; a control rig wins over the bones it controls.

    Args:
        rig: at rest, in any axes and unit.
        presets: the tables to weigh, a user's own among them.

    Raises:
        RigMatchError: if neither names nor shape give every required joint, or if what they give is no person standing;
            the message lists what was not found.
    """
    named = NamedRig(rig=rig)
    shape = shape_of(rig)
    laid = [lay(named, preset) for preset in presets]
    laid = [each for each in laid if not each.is_contradicted and _is_together(rig, each)]
    best = max(laid, key=lambda each: _rank(rig, each, shape), default=None)
    if best is None:
        raise _refusal(rig, None, REQUIRED_JOINTS, shape)
    bones, shaped = _merged(rig, best, shape)
    lacking = [joint for joint in REQUIRED_JOINTS if joint not in bones]
    if lacking:
        raise _refusal(rig, best, lacking, shape)
    _check_standing(rig, bones, best.preset.title)
    preset = _named_after(best, bones) if len(shaped) < len(bones) else _shape_preset()
    return _rig_map(rig, preset, bones, doubtful=_doubts(rig, bones, shape, shaped, preset), shaped=shaped)


def _is_together(rig: Rig, laid: Laid) -> bool:
    """Say whether bones begin in one place where the table says so."""
    bones = [laid.bones[joint] for joint in laid.preset.together if joint in laid.bones]
    return all(_distance(rig, bones[0], each) <= _SAME_PLACE * size_of(rig) for each in bones[1:])


def _shape_preset() -> Preset:
    return Preset(name=BY_SHAPE, title="a rig of its own, told by its shape", bones={})


def _named_after(laid: Laid, bones: Mapping[str, str]) -> Preset:
    """Return the table, without its family's name where a rig lacks what all of that family have."""
    if all(joint in bones for joint in laid.preset.needs):
        return laid.preset
    return replace(laid.preset, name=BY_NAME, title="no known family, told by its names")


def _rig_map(
    rig: Rig, preset: Preset, bones: Mapping[str, str], *, doubtful: Mapping[str, str], shaped: Sequence[str]
) -> RigMap:
    names = set(rig.names)
    by_name = {parse_name(name): name for name in reversed(rig.names)}

    def here(bone: str) -> str | None:
        return bone if bone in names else by_name.get(parse_name(bone))

    def pairs(table: Mapping[str, str]) -> dict[str, str]:
        both = {here(bone): here(up) for bone, up in table.items()}
        return {bone: up for bone, up in both.items() if bone is not None and up is not None}

    carriers = {here(bone): joint for bone, joint in preset.carriers.items()}
    confidence = {joint: _confidence(joint, shaped, doubtful) for joint in bones}
    location = here(preset.location_bone) if preset.location_bone else None
    return RigMap(
        preset=preset.name,
        title=preset.title,
        bones={joint: bones[joint] for joint in JOINT_NAMES if joint in bones},
        missing=tuple(joint for joint in JOINT_NAMES if joint not in bones and joint not in EYES),
        score=sum(confidence.get(joint, 0.0) for joint in REQUIRED_JOINTS) / len(REQUIRED_JOINTS),
        location_bone=location or _bearer(rig, preset, bones) or bones.get("pelvis", ""),
        carriers={bone: joint for bone, joint in carriers.items() if bone is not None},
        logical_parents=pairs(preset.logical_parents),
        hangs_from=pairs(preset.hangs_from),
        switches=tuple(
            Switch(bone=bone, name=switch.name, value=switch.value)
            for switch in preset.switches
            if (bone := here(switch.bone)) is not None
        ),
        chains=chains_of(rig, bones),
        confidence=confidence,
        doubtful=dict(doubtful),
    )


def _bearer(rig: Rig, preset: Preset, bones: Mapping[str, str]) -> str:
    """Return the lowest bone that carries pelvis and both legs; '' = none does, or a control rig says for itself.

    Some rigs hang the legs beside the hips: moving the hips would leave the legs behind.
    """
    joints = [bones[joint] for joint in ("pelvis", "left_hip", "right_hip") if joint in bones]
    if len(joints) < 3 or preset.carriers or preset.logical_parents or preset.switches:
        return ""
    pelvis, *legs = (_line(rig, bone) for bone in joints)
    return next((bone for bone in pelvis if all(bone in leg for leg in legs)), "")


def _line(rig: Rig, bone: str) -> list[str]:
    """Return a bone and what it hangs from, lowest first."""
    found, index = list[str](), rig.index(bone)
    while index >= 0:
        found.append(rig.names[index])
        index = rig.parents[index]
    return found


def _confidence(joint: str, shaped: Sequence[str], doubtful: Mapping[str, str]) -> float:
    if joint in shaped:
        return 0.5 if joint in doubtful and doubtful[joint] != TOLD_BY_SHAPE else 0.7
    return 0.6 if joint in doubtful else 1.0


TOLD_BY_SHAPE = "told by shape, no name says so"


def _rank(rig: Rig, laid: Laid, shape: Shape) -> tuple[bool, bool, bool, float]:
    """Return what makes one table better than another, weightiest first."""
    is_complete = not laid.lacking and laid.in_order >= _IN_ORDER
    agreement = _agreement(rig, laid.bones, shape)
    found = sum(0.5 if joint in EYES else 1.0 for joint in laid.bones)
    return (
        is_complete,
        # A control rig also contains the bones it moves; the table with a signature is the one its animator means.
        is_complete and laid.is_signed,
        agreement >= _AGREES,
        found + (0.0 if laid.preset.is_generic else _FAMILY) + 10.0 * agreement,
    )


def _agreement(rig: Rig, bones: Mapping[str, str], shape: Shape) -> float:
    """Return the share of joints, found both by names and by shape, that are in one place; sides may be swapped."""
    both = [joint for joint in MAIN_JOINTS if joint in bones and joint in shape.bones]
    if not both:
        return 1.0 if not shape.bones else 0.0
    near = _SAME_PLACE * size_of(rig)
    same = sum(
        any(_distance(rig, bones[joint], shape.bones[each]) <= near for each in (joint, _mirrored(joint)))
        for joint in both
    )
    return same / len(both)


def _mirrored(joint: str) -> str:
    other = {"left_": "right_", "right_": "left_"}
    return next((other[side] + joint.removeprefix(side) for side in other if joint.startswith(side)), joint)


def _distance(rig: Rig, one: str, other: str) -> float:
    return float(np.linalg.norm(rig.heads[rig.index(one)] - rig.heads[rig.index(other)]))


def _merged(rig: Rig, laid: Laid, shape: Shape) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return joint -> bone of names and shape together, and the joints that shape alone gave."""
    agrees = _agreement(rig, laid.bones, shape) >= _AGREES
    is_complete = not laid.lacking and laid.in_order >= _IN_ORDER
    anchors = sum(joint in laid.bones for joint in MAIN_JOINTS)
    if not is_complete and shape.bones and not (agrees and anchors >= _ANCHORS):
        return dict(shape.bones), tuple(shape.bones)
    bones = dict(laid.bones)
    if not (shape.bones and agrees) or laid.preset.carriers:
        return bones, ()
    shaped: list[str] = []
    swapped = _is_swapped(rig, bones, shape)
    for joint in JOINT_NAMES:
        bone = shape.bones.get(_mirrored(joint) if swapped else joint)
        if joint not in bones and bone is not None and bone not in bones.values() and _fits(rig, bones, joint, bone):
            bones[joint] = bone
            shaped.append(joint)
    return bones, tuple(shaped)


def _is_swapped(rig: Rig, bones: Mapping[str, str], shape: Shape) -> bool:
    """Say whether what names call left is right by shape."""
    sided = [joint for joint in MAIN_JOINTS if joint != _mirrored(joint) and joint in bones and joint in shape.bones]
    near = _SAME_PLACE * size_of(rig)
    same = sum(_distance(rig, bones[joint], shape.bones[joint]) <= near for joint in sided)
    other = sum(_distance(rig, bones[joint], shape.bones[_mirrored(joint)]) <= near for joint in sided)
    return other > same


def _fits(rig: Rig, bones: Mapping[str, str], joint: str, bone: str) -> bool:
    """Say whether a bone hangs where its joint must: below its parent's bone, above those of the joints that follow."""
    upper = mapped_parent(joint, bones)
    if upper is not None and not rig.is_ancestor(bones[upper], bone):
        return False
    followers = [each for each in bones if mapped_parent(each, {**bones, joint: bone}) == joint]
    return all(rig.is_ancestor(bone, bones[each]) for each in followers)


def _doubts(rig: Rig, bones: Mapping[str, str], shape: Shape, shaped: Sequence[str], preset: Preset) -> dict[str, str]:
    """Return joint -> why a person should look at it."""
    doubts = dict.fromkeys(shaped, TOLD_BY_SHAPE)
    if shaped and not shape.knows_sides:
        why = "left or right? nothing in the shape tells front from back"
        doubts |= {joint: why for joint in shaped if joint != _mirrored(joint)}
    if not preset.carriers:
        doubts |= _out_of_order(rig, bones)
    if shape.bones and shape.knows_sides and _is_swapped(rig, bones, shape):
        why = "lies on the other side than its name says"
        doubts |= {joint: why for joint in MAIN_JOINTS if joint != _mirrored(joint) and joint in bones}
    elif shape.bones and not shaped:
        near = _ELSEWHERE * size_of(rig)
        for joint in MAIN_JOINTS:
            other = shape.bones.get(joint) if joint in bones else None
            if other is None or _is_beside_hand(rig, bones, joint, other):
                continue
            if _distance(rig, bones[joint], other) > near:
                doubts[joint] = f"by its shape it is rather {other!r}"
    return doubts | _uneven(rig, bones)


def _is_beside_hand(rig: Rig, bones: Mapping[str, str], joint: str, other: str) -> bool:
    """Say whether a bone, as of a braid, is not on the way to an arm's hand that has three fingers by name."""
    side, _, part = joint.partition("_")
    hand = bones.get(f"{side}_wrist", "")
    if not hand or part not in {"shoulder", "elbow", "wrist"}:
        return False
    fingers = [bones[f"{side}_{each}1"] for each in FINGERS if f"{side}_{each}1" in bones]
    is_hand = sum(rig.is_ancestor(hand, finger) for finger in fingers) >= 3
    return is_hand and other != hand and not rig.is_ancestor(other, hand) and not rig.is_ancestor(hand, other)


def _out_of_order(rig: Rig, bones: Mapping[str, str]) -> dict[str, str]:
    doubts: dict[str, str] = {}
    for joint, bone in bones.items():
        upper = mapped_parent(joint, bones)
        if upper is not None and not rig.is_ancestor(bones[upper], bone):
            doubts[joint] = f"does not hang below {bones[upper]!r}, which is {upper}"
    return doubts


def _uneven(rig: Rig, bones: Mapping[str, str]) -> dict[str, str]:
    doubts: dict[str, str] = {}
    for upper, lower in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist")):
        if not all(f"{side}_{lower}" in bones for side in ("left", "right")):
            continue
        lengths = [_distance(rig, bones[f"{side}_{upper}"], bones[f"{side}_{lower}"]) for side in ("left", "right")]
        if max(lengths) > _UNEVEN * max(min(lengths), 1e-12):
            doubts |= {f"{side}_{lower}": "left and right differ in length" for side in ("left", "right")}
    return doubts


def _check_standing(rig: Rig, bones: Mapping[str, str], title: str) -> None:
    """Refuse what has a person's names but not a person's stance.

    Raises:
        RigMatchError: if the trunk does not rise above the legs.
    """
    at = {joint: rig.heads[rig.index(bones[joint])] for joint in REQUIRED_JOINTS}
    hips = 0.5 * (at["left_hip"] + at["right_hip"])
    ankles = 0.5 * (at["left_ankle"] + at["right_ankle"])
    shoulders = 0.5 * (at["left_shoulder"] + at["right_shoulder"])
    rising, trunk = hips - ankles, shoulders - hips
    upright = float(rising @ trunk) / max(float(np.linalg.norm(rising) * np.linalg.norm(trunk)), 1e-12)
    if upright < _LYING:
        raise RigMatchError(
            message(
                expected="a person standing at rest",
                got=f"bones of {title} whose trunk does not rise above the legs, as of an animal on all fours",
                where="rig",
                do="Not found: a trunk above the legs, hands off the ground. Choose a humanoid, or set its rest pose.",
            )
        )


def _refusal(rig: Rig, best: Laid | None, lacking: Sequence[str], shape: Shape) -> RigMatchError:
    nearest = f"; the nearest family, {best.preset.title}, lacks {', '.join(lacking)}" if best is not None else ""
    by_shape = f"; its shape lacks {shape.why_not}" if shape.why_not else ""
    return RigMatchError(
        message(
            expected="bones for " + ", ".join(REQUIRED_JOINTS),
            got=f"{len(rig.names)} bones{nearest}{by_shape}",
            where="rig",
            do="Choose a humanoid, or make a preset that names its bones (docs/rigs.md).",
        )
    )
