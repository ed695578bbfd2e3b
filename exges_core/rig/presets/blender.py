"""Names people give bones themselves, most of all Blender's own way with .L and .R: words, not one maker's list."""

from __future__ import annotations

from exges_core.rig.presets.table import Preset, sided

_SIDE = "{}.<L|R>"
_FINGER_WORDS = {
    "thumb": ("thumb",),
    "index": ("index", "f_index", "index_finger", "finger_index", "pointer"),
    "middle": ("middle", "f_middle", "middle_finger", "finger_middle", "mid"),
    "ring": ("ring", "f_ring", "ring_finger", "finger_ring"),
    "pinky": ("pinky", "f_pinky", "pinky_finger", "finger_pinky", "little", "little_finger", "pinkie"),
}
_PHALANX = {1: "proximal", 2: "intermediate", 3: "distal"}
_FINGERS = {
    f"{finger}{number}": tuple(
        spelt
        for word in words
        for spelt in (f"{word}.0{number}", f"{word}{number}", f"{word}_{_PHALANX[number]}", f"hand_{word}{number}")
    )
    for finger, words in _FINGER_WORDS.items()
    for number in (1, 2, 3)
}
_TRUNK = {
    "pelvis": ("hips", "pelvis", "hip", "root", "center", "body"),
    "spine1": ("spine", "spine1", "spine01", "spine_lower", "lower_spine", "torso", "abdomen", "waist", "spine0"),
    "spine2": ("chest", "spine2", "spine02", "spine_middle", "spine.001", "ribs", "stomach", "upper_body"),
    "spine3": ("upper_chest", "spine3", "spine03", "spine_upper", "upper_spine", "chest2", "spine.002", "thorax"),
    "neck": ("neck", "neck1", "neck01", "neck_lower"),
    "head": ("head", "skull"),
    "jaw": ("jaw", "lower_jaw", "chin"),
    **sided({"eye_smplhf": ("eye", "eyeball")}, _SIDE),
    **sided(_FINGERS, _SIDE),
}
_TOE = ("toe", "toes", "ball", "toe_base", "toes_01", "toe1", "toe01")

_LEGS = {
    "segments": {
        "hip": ("upper_leg", "thigh", "up_leg", "leg_upper", "femur", "upperleg01"),
        "knee": ("lower_leg", "shin", "calf", "leg_lower", "low_leg", "tibia", "leg", "knee"),
        "ankle": ("foot", "ankle"),
        "foot": _TOE,
    },
    "joints": {
        "hip": ("hip", "leg", "up_leg", "thigh"),
        "knee": ("knee", "shin", "calf", "low_leg"),
        "ankle": ("ankle", "foot"),
        "foot": (*_TOE, "foot"),
    },
}
_ARMS = {
    "segments": {
        "collar": ("shoulder", "clavicle", "collar", "collarbone", "scapula"),
        "shoulder": ("upper_arm", "up_arm", "arm_upper", "humerus", "bicep", "arm", "shldr"),
        "elbow": ("lower_arm", "forearm", "fore_arm", "arm_lower", "low_arm", "radius", "elbow"),
        "wrist": ("hand", "wrist", "palm"),
    },
    "joints": {
        "collar": ("clavicle", "collar", "collarbone", "scapula"),
        "shoulder": ("shoulder", "arm", "upper_arm"),
        "elbow": ("elbow", "forearm", "lower_arm"),
        "wrist": ("wrist", "hand"),
    },
}
_TITLES = {"segments": "Blender's own naming", "joints": "names of joints"}


def _words(legs: str, arms: str) -> Preset:
    is_plain = legs == arms
    return Preset(
        name={"segments": "blender", "joints": "joint_words"}[legs] if is_plain else f"words_{legs}_{arms}",
        title=_TITLES[legs] if is_plain else "plain words",
        bones={**_TRUNK, **sided(_LEGS[legs], _SIDE), **sided(_ARMS[arms], _SIDE)},
        is_generic=True,
    )


WORDS = tuple(_words(legs, arms) for legs in ("segments", "joints") for arms in ("segments", "joints"))
"""People name a limb's bones by segment (upper arm, forearm) or by the joint they turn about (shoulder, elbow): the
same word, "left shoulder", "left leg", is another bone in each. Legs and arms need not agree."""
