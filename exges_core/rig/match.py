"""Which bone plays which joint: every table is scored on a rig and the best one that is complete is taken.

Numpy alone. Names are compared without case, separators and namespaces or prefixes ("mixamorig:Hips" is "Hips").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from exges_core.errors import RigMatchError, message
from exges_core.motion.skeleton import JOINT_NAMES, PARENTS
from exges_core.rig.bones import EYES, REQUIRED_JOINTS, Rig, Switch
from exges_core.rig.chains import Chains, chains_of
from exges_core.rig.presets import PRESETS, Preset

_SEPARATORS = re.compile(r"[\s_.\-]+")
_COMMON_PREFIX_SHARE = 0.6


@dataclass(frozen=True, kw_only=True)
class RigMap:
    """A rig's bones by joint.

    Attributes:
        preset: name of the table it came from.
        title: the family's name for people.
        bones: joint -> bone.
        missing: joints without a bone, in the body's order; eyes are not counted.
        score: 0 to 1; 1 = every joint found and in order.
        location_bone: the bone that moves the whole body.
        carriers, logical_parents, switches: as in `presets.table.Preset`, only what this rig has.
        chains: bones of spine, neck, twists and metacarpals, also those that play no joint.
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
    chains: Chains = field(default_factory=Chains)


def plain_name(name: str) -> str:
    """Return a bone's name without namespace, case and separators."""
    return _SEPARATORS.sub("_", name.rsplit(":", 1)[-1].rsplit("|", 1)[-1]).strip("_").lower()


def _common_prefix(names: Sequence[str]) -> str:
    """Return the prefix up to a separator that most plain names share, such as 'cc_base_'; '' if there is none."""
    counts: dict[str, int] = {}
    for name in names:
        for end, character in enumerate(name):
            if character == "_":
                counts[name[: end + 1]] = counts.get(name[: end + 1], 0) + 1
    shared = [prefix for prefix, count in counts.items() if count >= _COMMON_PREFIX_SHARE * len(names)]
    return max(shared, key=len, default="")


def _bones_by_name(rig: Rig) -> dict[str, str]:
    plain = [plain_name(name) for name in rig.names]
    prefix = _common_prefix(plain)
    found: dict[str, str] = {}
    for short, name in zip(plain, rig.names, strict=True):
        for key in (name, short, short.removeprefix(prefix)):
            found.setdefault(key, name)
    return found


def _in_order_share(rig: Rig, bones: Mapping[str, str], followed: Mapping[str, str]) -> float:
    """Return the share of mapped joints whose bone is not above the bone of their own nearest mapped parent."""
    wrong = 0
    for joint, bone in bones.items():
        parent = PARENTS[JOINT_NAMES.index(joint)]
        while parent >= 0 and JOINT_NAMES[parent] not in bones:
            parent = PARENTS[parent]
        if parent >= 0 and bone not in followed:
            upper = bones[JOINT_NAMES[parent]]
            wrong += upper == bone or rig.is_ancestor(bone, upper)
    return 1.0 - wrong / max(1, len(bones))


def map_with(rig: Rig, preset: Preset) -> RigMap:
    """Apply one table to a rig; nothing is required here."""
    by_name = _bones_by_name(rig)

    def find(candidates: Sequence[str]) -> str | None:
        return next((by_name[key] for name in candidates for key in (name, plain_name(name)) if key in by_name), None)

    bones = {joint: bone for joint in JOINT_NAMES if (bone := find(preset.bones.get(joint, ()))) is not None}
    missing = tuple(joint for joint in JOINT_NAMES if joint not in bones and joint not in EYES)
    # Rigify's pelvis control hangs below its spine controls: that is its design, not a wrong order.
    order = 1.0 if preset.carriers else _in_order_share(rig, bones, preset.logical_parents)
    required = sum(joint in bones for joint in REQUIRED_JOINTS) / len(REQUIRED_JOINTS)
    optional = 1.0 - len(missing) / (len(JOINT_NAMES) - len(EYES))
    is_signed = all(find((name,)) is not None for name in preset.signature)
    names = set(rig.names)
    return RigMap(
        preset=preset.name,
        title=preset.title,
        bones=bones,
        missing=missing,
        score=order * (0.6 * required + 0.4 * optional) if is_signed else 0.0,
        location_bone=(find((preset.location_bone,)) if preset.location_bone else None) or bones.get("pelvis", ""),
        carriers={bone: joint for bone, joint in preset.carriers.items() if bone in names},
        logical_parents={bone: up for bone, up in preset.logical_parents.items() if bone in names and up in names},
        switches=tuple(switch for switch in preset.switches if switch.bone in names),
        chains=chains_of(rig, bones),
    )


def match_rig(rig: Rig, *, presets: Sequence[Preset] = PRESETS) -> RigMap:
    """Return the best complete map of a rig; a control rig wins over the bones it controls.

    Raises:
        RigMatchError: if no table finds every required joint; the message names what the nearest one lacks.
    """
    maps = [map_with(rig, preset) for preset in presets]
    # A control rig also contains its deform bones; the table with a signature is the one its animator means.
    signed = {preset.name for preset in presets if preset.signature}
    best = max(maps, key=lambda found: (found.score > 0.7 and found.preset in signed, found.score))
    lacking = [joint for joint in REQUIRED_JOINTS if joint not in best.bones]
    if lacking or best.score == 0.0:
        raise RigMatchError(
            message(
                expected="bones for " + ", ".join(REQUIRED_JOINTS),
                got=f"{len(rig.names)} bones; the nearest family, {best.title}, lacks {', '.join(lacking) or 'order'}",
                where="rig",
                do="Supported now: " + ", ".join(preset.title for preset in presets) + ".",
            )
        )
    return best
