"""What a mouth looks like where a set's shape is full: that of the phones it is made for, as `face.visemes` has it."""

from __future__ import annotations

from collections.abc import Mapping

Look = Mapping[str, float]


def _vowel(jaw: float, **lips: float) -> Look:
    return {"jawOpen": jaw, "mouthLowerDown": 0.45 * jaw, "mouthUpperUp": 0.2 * jaw, **lips}


AA = _vowel(0.62)
AE = _vowel(0.56, mouthStretch=0.18, mouthSmile=0.08)
AH = _vowel(0.4)
AO = _vowel(0.5, mouthFunnel=0.4, mouthPucker=0.15)
EH = _vowel(0.4, mouthStretch=0.15, mouthSmile=0.1)
ER = _vowel(0.24, mouthFunnel=0.25, mouthPucker=0.2)
IH = _vowel(0.24, mouthStretch=0.15, mouthSmile=0.12)
IY = _vowel(0.15, mouthStretch=0.25, mouthSmile=0.25)
OW = _vowel(0.38, mouthFunnel=0.35, mouthPucker=0.4)
UH = _vowel(0.22, mouthFunnel=0.2, mouthPucker=0.4)
UW = _vowel(0.14, mouthFunnel=0.25, mouthPucker=0.75)
SHUT: Look = {
    "jawOpen": 0.1, "mouthClose": 0.1, "mouthRollLower": 0.22, "mouthRollUpper": 0.18, "mouthPress": 0.3,
}  # fmt: skip
BITTEN: Look = {"jawOpen": 0.08, "mouthRollLower": 0.5, "mouthUpperUp": 0.22, "mouthShrugUpper": 0.1}
DENTAL: Look = {"jawOpen": 0.16, "tongueOut": 0.3, "mouthLowerDown": 0.12}
ALVEOLAR: Look = {"jawOpen": 0.13, "mouthLowerDown": 0.12, "mouthUpperUp": 0.05}
SIBILANT: Look = {"jawOpen": 0.06, "mouthLowerDown": 0.22, "mouthUpperUp": 0.12, "mouthStretch": 0.12}
HUSHING: Look = {
    "jawOpen": 0.08, "mouthFunnel": 0.5, "mouthPucker": 0.25, "mouthLowerDown": 0.15, "mouthUpperUp": 0.1,
}  # fmt: skip
VELAR: Look = {"jawOpen": 0.2, "mouthLowerDown": 0.08}
LATERAL: Look = {"jawOpen": 0.2, "mouthLowerDown": 0.1}
RHOTIC: Look = {"jawOpen": 0.18, "mouthFunnel": 0.25, "mouthPucker": 0.3}
ROUND: Look = {"jawOpen": 0.12, "mouthFunnel": 0.2, "mouthPucker": 0.8}
BREATH: Look = {"jawOpen": 0.25}
