"""What bones of a face are called: Rigify, Auto-Rig Pro, Character Creator, Daz, Unreal, VRoid and plain words.

Of two names for one part the earlier is the control that an animator takes. Rigify's are those of faces that Blender's
own add-on generates, of the old kind (`faces.super_face`) and the new one (`face.*` and skin chains). The others are
known by name alone. Character Creator's lips and brows are shape keys: it has no bones for them.
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

BROW, UPPER_LIP, LOWER_LIP, CORNER = "brow", "upper lip", "lower lip", "lip corner"
_ROWS: Mapping[str, tuple[str, ...]] = {
    BROW: (
        "brow.T.L.001 brow.T.L.002 brow.T.L.003",
        "c_eyebrow_01_end.L c_eyebrow_01.L c_eyebrow_02.L c_eyebrow_03.L",
        "FACIAL_L_ForeheadIn FACIAL_L_ForeheadMid FACIAL_L_ForeheadOut",
        "BrowInner.L BrowMid.L BrowOuter.L brow_middle.L",
        "inner_brow.L mid_brow.L outer_brow.L in_brow.L out_brow.L brow_in.L brow_out.L",
        "eyebrow_inner.L eyebrow_mid.L eyebrow_middle.L eyebrow_outer.L inner_eyebrow.L mid_eyebrow.L outer_eyebrow.L",
        "brow_01.L brow_02.L brow_03.L eyebrow_01.L eyebrow_02.L eyebrow_03.L",
        "brow.L.001 brow.L.002 brow.L.003",
        "c_eyebrow_full.L brow.L eyebrow.L c_brow.L ctrl_brow.L",
    ),
    UPPER_LIP: (
        "lip.T lip.T.L.001",
        "c_lips_top.x c_lips_top.L c_lips_top_01.L",
        "FACIAL_C_LipUpper FACIAL_L_LipUpper FACIAL_L_LipUpperOuter",
        "LipUpperMiddle LipUpperInner.L LipUpperOuter.L",
        "upper_lip upper_lip.L lip_upper lip_upper.L lip_top lip_top.L top_lip top_lip.L lip_up lip_up.L upLip upLip.L",
        "c_upper_lip c_lip_upper ctrl_upper_lip mouth_upper mouth_top upper_mouth",
    ),
    LOWER_LIP: (
        "lip.B lip.B.L.001",
        "c_lips_bot.x c_lips_bot.L c_lips_bot_01.L",
        "FACIAL_C_LipLower FACIAL_L_LipLower FACIAL_L_LipLowerOuter",
        "LipLowerMiddle LipLowerInner.L LipLowerOuter.L",
        "lower_lip lower_lip.L lip_lower lip_lower.L lip_bottom lip_bottom.L bottom_lip bottom_lip.L lip_low lip_low.L",
        "c_lower_lip c_lip_lower ctrl_lower_lip lowLip lowLip.L mouth_lower mouth_bottom lower_mouth",
    ),
    CORNER: (
        "lips.L",
        "lip_end.L.001",
        "c_lips_smile.L",
        "FACIAL_L_LipCorner",
        "LipCorner.L",
        "mouth_corner.L corner_lip.L corner_mouth.L lips_corner.L lip_side.L mouth_side.L c_lip_corner.L mouth.L lip.L",
    ),
}
"""Part of several bones -> rows of names that play together, the best row first; a name with a side means both."""
_MEMBERS: Mapping[tuple[str, bool], tuple[str, int]] = {
    (parse_name(name).text, bool(parse_name(name).side)): (part, rank)
    for part, rows in _ROWS.items()
    for rank, row in enumerate(rows)
    for name in row.split()
}
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


def member_of(name: str) -> tuple[str, str, int]:
    """Return the part of several bones that a bone belongs to, its side, and how good its row is; "" for none.

    >>> member_of("brow.T.R.003"), member_of("c_lips_top.x"), member_of("lip.T.L")
    (('brow', 'right', 0), ('upper lip', '', 1), ('', '', 0))
    """
    parsed = parse_name(name)
    part, rank = _MEMBERS.get((parsed.text, bool(parsed.side)), ("", 0))
    return (part, parsed.side, rank) if part else ("", "", 0)
