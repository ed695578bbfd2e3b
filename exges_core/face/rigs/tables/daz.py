"""Daz: the FACS shapes of Genesis 8.1 and 9 (ARKit's under Daz's names), and the older pose controls."""

from __future__ import annotations

from exges_core.face.names import ARKIT_NAMES
from exges_core.face.rigs.convention import Convention, Shape, reading


def _facs(arkit: str) -> Shape:
    name = arkit[0].upper() + arkit[1:]
    spelt = (f"facs_{kind}_{name}{end}" for kind in ("ctrl", "jnt", "bs") for end in ("", "_div2"))
    also = (f"facs_jnt_EyesWide{name.removeprefix('EyeWide')}",) if arkit.startswith("eyeWide") else ()
    return Shape(names=(*spelt, *also), reads={arkit: 1.0})


FACS = Convention(name="daz_facs", title="Daz FACS", shapes={name: _facs(name) for name in ARKIT_NAMES}, least=3)

CONTROLS = Convention(
    name="daz",
    title="Daz pose controls",
    shapes={
        "jawOpen": reading("eCTRLMouthOpen eCTRLJawOpen CTRLMouthOpen PHMMouthOpen", jawOpen=1.0),
        "eyeBlinkLeft": reading("eCTRLEyesClosedL CTRLEyesClosedL PHMEyesClosedL", eyeBlinkLeft=1.0),
        "eyeBlinkRight": reading("eCTRLEyesClosedR CTRLEyesClosedR PHMEyesClosedR", eyeBlinkRight=1.0),
        "eyeBlink": reading("eCTRLEyesClosed CTRLEyesClosed", eyeBlink=1.0),
        "eyeSquintLeft": reading("eCTRLEyesSquintL CTRLEyesSquintL PHMEyesSquintL", eyeSquintLeft=1.0),
        "eyeSquintRight": reading("eCTRLEyesSquintR CTRLEyesSquintR PHMEyesSquintR", eyeSquintRight=1.0),
        "mouthSmile": reading("eCTRLMouthSmile eCTRLMouthSmileSimple PHMMouthSmileSimple", mouthSmile=1.0),
        "mouthSmileLeft": reading("eCTRLMouthSmileSimpleL PHMMouthSmileSimpleL", mouthSmileLeft=1.0),
        "mouthSmileRight": reading("eCTRLMouthSmileSimpleR PHMMouthSmileSimpleR", mouthSmileRight=1.0),
        "mouthFrown": reading("eCTRLMouthFrown CTRLMouthFrown PHMMouthFrown", mouthFrown=1.0),
        "mouthPucker": reading("eCTRLLipsPucker PHMLipsPucker eCTRLLipsPucker-Pressed", mouthPucker=1.0),
        "mouthFunnel": reading("eCTRLLipsPuckerWide", mouthFunnel=1.0),
        "browInnerUp": reading("eCTRLBrowInnerUp-Down", browInnerUp=1.0),
        "browInnerUpLeft": reading("eCTRLBrowInnerUp-DownL PHMBrowInnerUpL", browInnerUp=1.0),
        "browInnerUpRight": reading("eCTRLBrowInnerUp-DownR PHMBrowInnerUpR", browInnerUp=1.0),
        "browOuterUp": reading("eCTRLBrowOuterUp-Down", browOuterUp=1.0),
        "browOuterUpLeft": reading("eCTRLBrowOuterUp-DownL", browOuterUpLeft=1.0),
        "browOuterUpRight": reading("eCTRLBrowOuterUp-DownR", browOuterUpRight=1.0),
        "browUp": reading("eCTRLBrowUp-Down", browInnerUp=0.5, browOuterUp=0.5),
        "browUpLeft": reading("eCTRLBrowUp-DownL PHMBrowUpL", browInnerUp=0.5, browOuterUpLeft=0.5),
        "browUpRight": reading("eCTRLBrowUp-DownR PHMBrowUpR", browInnerUp=0.5, browOuterUpRight=0.5),
    },
    least=2,
)
