"""Character Creator: its standard and extended expressions, ExPlus (ARKit's by number), and two sets of visemes.

Its jaw is a bone: keys of an opening jaw shape the skin around it, and the bone turns along by as much as iClone's own
profiles say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from exges_core.face.rigs.convention import Convention, Shape, looking, reading
from exges_core.face.rigs.tables import mouths
from exges_core.face.rigs.tables.mouths import Look

_SIDES = (("L", "Left"), ("R", "Right"))
_BY_SIDE: Mapping[str, tuple[str, ...]] = {
    "browOuterUp": ("Brow_Raise_Outer",), "browDown": ("Brow_Drop",), "eyeBlink": ("Eye_Blink",),
    "eyeSquint": ("Eye_Squint",), "eyeWide": ("Eye_Wide",), "cheekSquint": ("Cheek_Raise",),
    "noseSneer": ("Nose_Sneer", "Nose_Flank_Raise"), "jaw": ("Jaw",), "mouth": ("Mouth",),
    "mouthSmile": ("Mouth_Smile",), "mouthFrown": ("Mouth_Frown",), "mouthDimple": ("Mouth_Dimple",),
    "mouthUpperUp": ("Mouth_Up_Upper",),
    "mouthLowerDown": ("Mouth_Down_Lower",),
    "mouthPress": ("Mouth_Press",), "mouthStretch": ("Mouth_Stretch",),
}  # fmt: skip
_QUARTERS = {"mouthFunnel": "Mouth_Funnel", "mouthPucker": "Mouth_Pucker"}
_HALVES = {
    "browInnerUp": ("Brow_Raise_Inner",), "cheekPuff": ("Cheek_Puff", "Cheek_Blow"),
    "mouthRollUpper": ("Mouth_Roll_In_Upper",), "mouthRollLower": ("Mouth_Roll_In_Lower",),
}  # fmt: skip


def _extended() -> dict[str, Shape]:
    """Return shapes that are sided, or halves and quarters of ARKit's."""
    shapes: dict[str, Shape] = {}
    for letter, side in _SIDES:
        for arkit, names in _BY_SIDE.items():
            shapes[arkit + side] = Shape(names=tuple(f"{name}_{letter}" for name in names), reads={arkit + side: 1.0})
        for arkit, names in _HALVES.items():
            shapes[arkit + side] = Shape(names=tuple(f"{name}_{letter}" for name in names), reads={arkit: 1.0})
        for arkit, name in _QUARTERS.items():
            for part in ("Up", "Down"):
                shapes[f"{arkit}{part}{side}"] = Shape(names=(f"{name}_{part}_{letter}",), reads={arkit: 1.0})
        for turn in ("Up", "Down"):
            shapes[f"eyeLook{turn}{side}"] = reading(f"Eye_{letter}_Look_{turn}", **{f"eyeLook{turn}{side}": 1.0})
    looks = {"Eye_L_Look_L": "OutLeft", "Eye_L_Look_R": "InLeft", "Eye_R_Look_L": "InRight", "Eye_R_Look_R": "OutRight"}
    return shapes | {f"eyeLook{arkit}": reading(name, **{f"eyeLook{arkit}": 1.0}) for name, arkit in looks.items()}


REALLUSION = Convention(
    name="reallusion",
    title="Character Creator",
    shapes={
        **_extended(),
        "jawOpen": reading("Jaw_Open", 30.0, jawOpen=1.0),
        "mouthOpen": reading("Mouth_Open", 17.0, jawOpen=1.0),
        "jawForward": reading("Jaw_Forward", jawForward=1.0),
        "mouthClose": reading("Mouth_Close", mouthClose=1.0),
        "mouthShrugUpper": reading("Mouth_Shrug_Upper", mouthShrugUpper=1.0),
        "mouthShrugLower": reading("Mouth_Shrug_Lower", mouthShrugLower=1.0),
        "tongueOut": reading("Tongue_Out", tongueOut=1.0),
        "browRaiseLeft": reading("Brow_Raise_L", browInnerUp=0.5, browOuterUpLeft=0.5),
        "browRaiseRight": reading("Brow_Raise_R", browInnerUp=0.5, browOuterUpRight=0.5),
        "eyeBlink": reading("Eye_Blink Eyes_Blink", eyeBlink=1.0),
        "mouthSmile": reading("Mouth_Smile", mouthSmile=1.0),
        "mouthFrown": reading("Mouth_Frown", mouthFrown=1.0),
        "noseSneer": reading("Nose_Flanks_Raise", noseSneer=1.0),
        "mouthFunnel": reading("Mouth_Pucker_Open", mouthFunnel=1.0),
        "mouthPucker": reading("Mouth_Pucker", mouthPucker=1.0),
        "mouthRollUpper": reading("Mouth_Top_Lip_Under", mouthRollUpper=1.0),
        "mouthRollLower": reading("Mouth_Bottom_Lip_Under", mouthRollLower=1.0),
        "mouthUpperUp": reading("Mouth_Top_Lip_Up", mouthUpperUp=1.0),
        "mouthLowerDown": reading("Mouth_Bottom_Lip_Down", mouthLowerDown=1.0),
        "mouthStretch": reading("Mouth_Widen", mouthStretch=1.0),
        "mouthPress": reading("Mouth_Lips_Tight", mouthPress=1.0),
    },
    least=3,
)

_EXPLUS = (
    "browInnerUp", "browDownLeft", "browDownRight", "browOuterUpLeft", "browOuterUpRight", "eyeLookUpLeft",
    "eyeLookUpRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookOutLeft", "eyeLookInLeft", "eyeLookInRight",
    "eyeLookOutRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft",
    "eyeWideRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "jawOpen",
    "jawForward", "jawLeft", "jawRight", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight", "mouthRollUpper",
    "mouthRollLower", "mouthShrugUpper", "mouthShrugLower", "mouthClose", "mouthSmileLeft", "mouthSmileRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthUpperUpLeft",
    "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight",
    "mouthStretchLeft", "mouthStretchRight", "tongueOut",
)  # fmt: skip
"""ARKit's shapes in the order of ExPlus' numbers."""


def _explus(number: int, arkit: str) -> Shape:
    words = re.sub("([A-Z])", r"_\1", arkit).title()
    return reading(f"A{number:02d}_{words}", 35.0 if arkit == "jawOpen" else 0.0, **{arkit: 1.0})


EXPLUS = Convention(
    name="reallusion_explus",
    title="Character Creator ExPlus",
    shapes={name: _explus(number, name) for number, name in enumerate(_EXPLUS, start=1)},
)

_PAIRS: Mapping[str, Look] = {
    "Open": mouths.AA, "Explosive": mouths.SHUT, "Dental_Lip": mouths.BITTEN,
    "Tight_O": {"mouthPucker": 0.75, "mouthFunnel": 0.25, "jawOpen": 0.06}, "Tight": {"mouthPucker": 0.35},
    "Wide": {"mouthStretch": 0.25, "mouthSmile": 0.25, "jawOpen": 0.04},
    "Affricate": mouths.HUSHING, "Lip_Open": {"mouthLowerDown": 0.3, "mouthUpperUp": 0.2, "jawOpen": 0.04},
}  # fmt: skip
PAIRS = Convention(
    name="reallusion_visemes",
    title="Character Creator visemes",
    shapes={name: looking(f"V_{name} {name}", look, 30.0 if name == "Open" else 0.0) for name, look in _PAIRS.items()},
    least=5,
    alone={"V_None": "the mouth at rest"},
    most=2.0,
    is_terse=True,
)

_DIRECT: Mapping[str, Look] = {
    "EE": mouths.IY, "Er": mouths.ER, "IH": mouths.IH, "Ah": mouths.AA, "Oh": mouths.OW, "W_OO": mouths.UW,
    "S_Z": mouths.SIBILANT, "Ch_J": mouths.HUSHING, "F_V": mouths.BITTEN, "TH": mouths.DENTAL,
    "T_L_D_N": mouths.ALVEOLAR, "B_M_P": mouths.SHUT, "K_G_H_NG": mouths.VELAR, "AE": mouths.AE, "R": mouths.RHOTIC,
}  # fmt: skip
DIRECT = Convention(
    name="reallusion_direct",
    title="Character Creator's fifteen visemes",
    shapes={name: looking(name, look, 17.0 if name == "Ah" else 0.0) for name, look in _DIRECT.items()},
    least=7,
    is_terse=True,
)
