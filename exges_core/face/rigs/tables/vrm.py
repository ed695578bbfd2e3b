"""VRM's expressions, old and new names; VRoid's mesh keys; the Japanese names of MMD models."""

from __future__ import annotations

from exges_core.face.rigs.convention import Convention, Shape, looking, reading
from exges_core.face.rigs.tables import mouths

_MOOD = 0.7
"""Where a mood of ours is full a whole face's mood is so far out: theirs are drawn for stills, and open the mouth."""
_WHOLE = "a whole face's mood: keys for its parts play"


def _vowels(names: dict[str, str]) -> dict[str, Shape]:
    looks = {"A": mouths.AA, "I": mouths.IY, "U": mouths.UW, "E": mouths.EH, "O": mouths.OW}
    return {vowel: looking(names[vowel], look) for vowel, look in looks.items()}


_SHORT = {"A": "A aa", "I": "I ih", "U": "U ou", "E": "E ee", "O": "O oh"}
_GAZE = {
    "lookUp": reading("lookUp look_up", eyeLookUp=1.0),
    "lookDown": reading("lookDown look_down", eyeLookDown=1.0),
    "lookLeft": reading("lookLeft", eyeLookOutLeft=0.5, eyeLookInRight=0.5),
    "lookRight": reading("lookRight", eyeLookOutRight=0.5, eyeLookInLeft=0.5),
}
VRM = Convention(
    name="vrm",
    title="VRM expressions",
    shapes={
        **_vowels({
            vowel: f"{short} " + " ".join(f"{word}_{vowel}" for word in ("mouth", "MTH", "vowel", "lip", "vrm"))
            for vowel, short in _SHORT.items()
        }),
        "blink": reading("blink eye_close eyes_close eye_closed eyes_closed", eyeBlink=1.0),
        "blinkLeft": reading("blink_L eye_close_L wink_L", eyeBlinkLeft=1.0),
        "blinkRight": reading("blink_R eye_close_R wink_R", eyeBlinkRight=1.0),
        **_GAZE,
        "happy": reading("happy joy", cheekSquint=2.5 * _MOOD),
        "angry": reading("angry", browDown=1.5 * _MOOD),
        "sad": reading("sad sorrow", mouthFrown=2.2 * _MOOD, browDown=-0.7 * _MOOD),
        "surprised": reading("surprised surprise", eyeWide=2.6 * _MOOD, browOuterUp=-0.55 * _MOOD),
    },
    least=3,
    alone={"neutral": "the face at rest", "relaxed": "no mood of ours", "fun": "no mood of ours"},
    is_terse=True,
)  # fmt: skip

VROID = Convention(
    name="vroid",
    title="VRoid",
    shapes={
        **_vowels({vowel: f"Fcl_MTH_{vowel}" for vowel in _SHORT}),
        "Fcl_EYE_Close": reading("Fcl_EYE_Close", eyeBlink=1.0),
        "Fcl_EYE_Close_L": reading("Fcl_EYE_Close_L", eyeBlinkLeft=1.0),
        "Fcl_EYE_Close_R": reading("Fcl_EYE_Close_R", eyeBlinkRight=1.0),
        "Fcl_EYE_Spread": reading("Fcl_EYE_Spread", eyeWide=1.0),
        "Fcl_EYE_Fun": reading("Fcl_EYE_Fun", cheekSquint=0.8),
        "Fcl_BRW_Angry": reading("Fcl_BRW_Angry", browDown=1.0),
        "Fcl_BRW_Sorrow": reading("Fcl_BRW_Sorrow", browInnerUp=1.0, browOuterUp=-0.9),
        "Fcl_BRW_Surprised": reading("Fcl_BRW_Surprised", browOuterUp=1.0),
        "Fcl_MTH_Fun": reading("Fcl_MTH_Fun", mouthSmile=1.0),
        "Fcl_MTH_Sorrow": reading("Fcl_MTH_Sorrow", mouthFrown=0.8),
    },
    least=3,
    alone=dict.fromkeys((f"Fcl_ALL_{mood}" for mood in ("Angry", "Fun", "Joy", "Sorrow", "Surprised")), _WHOLE),
)

MMD = Convention(
    name="mmd",
    title="MMD",
    shapes={
        **_vowels({"A": "あ", "I": "い", "U": "う", "E": "え", "O": "お"}),
        "ん": looking("ん", mouths.SHUT),
        "まばたき": reading("まばたき", eyeBlink=1.0),
        "ウィンク": reading("ウィンク ウィンク２ ウィンク2", eyeBlinkLeft=1.0),
        "ウィンク右": reading("ウィンク右 ウィンク２右 ｳｨﾝｸ２右", eyeBlinkRight=1.0),
        "びっくり": reading("びっくり", eyeWide=1.0),
        "にやり": reading("にやり 口角上げ", mouthSmile=1.0),
        "口角下げ": reading("口角下げ", mouthFrown=1.0),
        "怒り": reading("怒り", browDown=1.0),
        "困る": reading("困る", browInnerUp=1.0, browOuterUp=-0.9),
        "上": reading("上", browOuterUp=1.0),
    },
    least=3,
    is_terse=True,
)
