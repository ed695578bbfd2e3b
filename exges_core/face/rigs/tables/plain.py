"""Plain words that faces of no family use, and MetaHuman's expressions where ARKit has the same."""

from __future__ import annotations

from exges_core.face.rigs.convention import Convention, Shape, reading

PLAIN = Convention(
    name="plain",
    title="plain words",
    shapes={
        "mouthOpen": reading("mouthOpen open_mouth jaw_drop jaw_down mouth_wide_open", jawOpen=1.0),
        "smile": reading("smile smiling", mouthSmile=1.0),
        "smileLeft": reading("smile_L", mouthSmileLeft=1.0),
        "smileRight": reading("smile_R", mouthSmileRight=1.0),
        "frown": reading("frown", mouthFrown=1.0),
        "eyesClosed": reading("eyesClosed eyes_close close_eyes eyelids_close blink blinks", eyeBlink=1.0),
        "eyeClosedLeft": reading("eyeClosedLeft eyelid_close_L blink_L", eyeBlinkLeft=1.0),
        "eyeClosedRight": reading("eyeClosedRight eyelid_close_R blink_R", eyeBlinkRight=1.0),
        "browsUp": reading("browsUp brow_up eyebrows_up eyebrow_up brow_raise", browInnerUp=0.5, browOuterUp=0.5),
        "browUpLeft": reading("brow_up_L eyebrow_up_L", browInnerUp=0.5, browOuterUpLeft=0.5),
        "browUpRight": reading("brow_up_R eyebrow_up_R", browInnerUp=0.5, browOuterUpRight=0.5),
        "browsDown": reading("browsDown eyebrows_down eyebrow_down", browDown=1.0),
        "eyesLookUp": reading("eyesLookUp eyes_up", eyeLookUp=1.0),
        "eyesLookDown": reading("eyesLookDown eyes_down", eyeLookDown=1.0),
        "pucker": reading("pucker kiss", mouthPucker=1.0),
        "funnel": reading("funnel", mouthFunnel=1.0),
    },
)

_SIDED = {
    "browRaiseOuter": "browOuterUp", "browDown": "browDown", "eyeBlink": "eyeBlink", "eyeWiden": "eyeWide",
    "eyeSquintInner": "eyeSquint", "eyeCheekRaise": "cheekSquint", "eyeLookUp": "eyeLookUp",
    "eyeLookDown": "eyeLookDown", "noseWrinkle": "noseSneer", "mouthCornerPull": "mouthSmile",
    "mouthCornerDepress": "mouthFrown", "mouthDimple": "mouthDimple", "mouthStretch": "mouthStretch",
    "mouthUpperLipRaise": "mouthUpperUp", "mouthLowerLipDepress": "mouthLowerDown", "mouthLipsPress": "mouthPress",
}  # fmt: skip
_MIDDLE = {
    "browRaiseIn": "browInnerUp", "mouthUpperLipRollIn": "mouthRollUpper", "mouthLowerLipRollIn": "mouthRollLower",
    "mouthCheekBlow": "cheekPuff",
}  # fmt: skip
_QUARTERS = {"mouthFunnel": "mouthFunnel", "mouthLipsPurse": "mouthPucker", "mouthLipsTogether": "mouthClose"}
_ONE = {"jawOpen": "jawOpen", "jawFwd": "jawForward", "jawLeft": "jawLeft", "jawRight": "jawRight",
        "mouthLeft": "mouthLeft", "mouthRight": "mouthRight", "tongueOut": "tongueOut",
        "eyeLookLeftL": "eyeLookOutLeft", "eyeLookRightL": "eyeLookInLeft", "eyeLookLeftR": "eyeLookInRight",
        "eyeLookRightR": "eyeLookOutRight"}  # fmt: skip


def _metahuman() -> dict[str, Shape]:
    pairs = dict(_ONE)
    for letter, side in (("L", "Left"), ("R", "Right")):
        pairs |= {name + letter: arkit + side for name, arkit in _SIDED.items()}
        pairs |= {name + letter: arkit for name, arkit in _MIDDLE.items()}
        pairs |= {f"{name}{part}{letter}": arkit for name, arkit in _QUARTERS.items() for part in "UD"}
    return {name: Shape(names=(f"CTRL_expressions_{name}", name), reads={arkit: 1.0}) for name, arkit in pairs.items()}


METAHUMAN = Convention(name="metahuman", title="MetaHuman", shapes=_metahuman(), least=6)
