"""What bones of a face are called: Rigify, Auto-Rig Pro, Character Creator, Daz, Unreal, VRoid and plain words.

Of two names for one part the earlier is the control that an animator takes.
"""

from __future__ import annotations

from collections.abc import Mapping

from exges_core.rig.names import Name, parse_name

JAW, EYE, TARGET, UPPER, LOWER = "jaw", "eye", "gaze target", "upper lid", "lower lid"
_NAMES: Mapping[str, tuple[str, ...]] = {
    JAW: (
        *("jaw_master", "c_jawbone.x", "CC_Base_JawRoot", "FACIAL_C_Jaw", "lowerJaw", "lower_jaw", "jawRoot"),
        *("jaw", "jawbone", "head_jaw", "mandible", "chin_jaw", "c_jaw", "jaw_joint", "DEF-jaw"),
    ),
    TARGET: ("eyes", "c_eye_target.x", "eye_target", "eyes_target", "eye_common", "look_at", "ctrl_eyes"),
    EYE: (
        *(
            "master_eye.L",
            "eye_master.L",
            "c_eye.L",
            "CC_Base_L_Eye",
            "FACIAL_L_Eye",
            "eye.L",
            "eyeball.L",
            "J_Adj_L_FaceEye",
        ),
        *("eye_joint.L", "eye_bone.L", "head_eye.L", "DEF-eye.L"),
    ),
    UPPER: (
        *("lid.T.L.002", "c_eyelid_top.L", "eyelid_top.L", "eyelidUpper.L", "upperEyelid.L", "upper_lid.L"),
        *("FACIAL_L_EyelidUpperA", "eyelid_up.L", "lid_up.L", "lid_upper.L", "lid_top.L", "CC_Base_L_EyelidUpper"),
    ),
    LOWER: (
        *("lid.B.L.002", "c_eyelid_bot.L", "eyelid_bot.L", "eyelidLower.L", "lowerEyelid.L", "lower_lid.L"),
        *("FACIAL_L_EyelidLowerA", "eyelid_low.L", "lid_low.L", "lid_lower.L", "lid_bottom.L", "CC_Base_L_EyelidLower"),
    ),
}
"""Part -> names, best first, the left one of two."""
_PLACES: Mapping[str, tuple[str, int]] = {
    parse_name(name).text: (part, rank) for part, names in _NAMES.items() for rank, name in enumerate(names)
}
_SIDED = frozenset({EYE, UPPER, LOWER})


def part_of(name: str) -> tuple[str, int]:
    """Return the part of a face that a bone's name means, with its side, and how good a name it is; "" for none.

    >>> part_of("CC_Base_L_Eye"), part_of("jaw_master"), part_of("Hips")
    (('left eye', 3), ('jaw', 0), ('', 0))
    """
    parsed: Name = parse_name(name)
    part, rank = _PLACES.get(parsed.text, ("", 0))
    if (part in _SIDED) != bool(parsed.side):
        return "", 0
    return (f"{parsed.side} {part}" if parsed.side else part), rank
