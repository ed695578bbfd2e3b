"""What a mouth does for each phone: target shapes, and how firmly the phone insists on jaw and lips.

Phones that look alike are one viseme. A diphthong is two, one after the other. Values are those of ARKit's shapes at
ordinary loudness; how they are blended is `mouth`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exges_core.speech.phones import Phone  # it can hear, and what only looks at visemes need not


@dataclass(frozen=True, kw_only=True)
class Viseme:
    """A mouth shape.

    Attributes:
        shape: ARKit's shapes by name, without a side for both.
        jaw, lips: how firmly it insists on its own jaw and lips against its neighbours', 0 to 1.
        is_shut: the lips must touch.
        is_bitten: the lower lip must touch the upper teeth.
    """

    shape: Mapping[str, float]
    jaw: float = 1.0
    lips: float = 1.0
    is_shut: bool = False
    is_bitten: bool = False


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A viseme and its time."""

    viseme: Viseme
    start_s: float
    end_s: float


def _vowel(jaw: float, **lips: float) -> Viseme:
    open_lips = {"mouthLowerDown": 0.45 * jaw, "mouthUpperUp": 0.2 * jaw}
    return Viseme(shape={"jawOpen": jaw, **open_lips, **lips})


REST = Viseme(shape={}, jaw=0.6, lips=0.6)
_VOWELS = {
    "AA": _vowel(0.62),
    "AE": _vowel(0.56, mouthStretch=0.18, mouthSmile=0.08),
    "AH": _vowel(0.4),
    "AO": _vowel(0.5, mouthFunnel=0.4, mouthPucker=0.15),
    "EH": _vowel(0.4, mouthStretch=0.15, mouthSmile=0.1),
    "ER": _vowel(0.24, mouthFunnel=0.25, mouthPucker=0.2),
    "IH": _vowel(0.24, mouthStretch=0.15, mouthSmile=0.12),
    "IY": _vowel(0.15, mouthStretch=0.25, mouthSmile=0.25),
    "O": _vowel(0.38, mouthFunnel=0.35, mouthPucker=0.4),
    "UH": _vowel(0.22, mouthFunnel=0.2, mouthPucker=0.4),
    "UW": _vowel(0.14, mouthFunnel=0.25, mouthPucker=0.75),
}
_DIPHTHONGS = {
    "AY": ("AA", "IH"),
    "AW": ("AA", "UH"),
    "OY": ("AO", "IH"),
    "EY": ("EH", "IY"),
    "OW": ("O", "UW"),
}
SHUT = Viseme(
    shape={"jawOpen": 0.1, "mouthRollLower": 0.22, "mouthRollUpper": 0.18, "mouthPress": 0.3}, lips=0.3, is_shut=True
)
_BITTEN = Viseme(
    shape={"jawOpen": 0.08, "mouthRollLower": 0.5, "mouthUpperUp": 0.22, "mouthShrugUpper": 0.1},
    lips=0.6,
    is_bitten=True,
)
_DENTAL = Viseme(shape={"jawOpen": 0.16, "tongueOut": 0.3, "mouthLowerDown": 0.12}, jaw=0.6, lips=0.25)
_ALVEOLAR = Viseme(shape={"jawOpen": 0.13, "mouthLowerDown": 0.12, "mouthUpperUp": 0.05}, jaw=0.6, lips=0.15)
_SIBILANT = Viseme(
    shape={"jawOpen": 0.06, "mouthLowerDown": 0.22, "mouthUpperUp": 0.12, "mouthStretch": 0.12}, lips=0.45
)
_HUSHING = Viseme(
    shape={"jawOpen": 0.08, "mouthFunnel": 0.5, "mouthPucker": 0.25, "mouthLowerDown": 0.15, "mouthUpperUp": 0.1},
    lips=0.85,
)
_VELAR = Viseme(shape={"jawOpen": 0.2, "mouthLowerDown": 0.08}, jaw=0.3, lips=0.1)
_CONSONANTS = {
    **dict.fromkeys(("P", "B", "M"), SHUT),
    **dict.fromkeys(("F", "V"), _BITTEN),
    **dict.fromkeys(("TH", "DH"), _DENTAL),
    **dict.fromkeys(("T", "D", "N"), _ALVEOLAR),
    **dict.fromkeys(("S", "Z"), _SIBILANT),
    **dict.fromkeys(("SH", "ZH", "CH", "JH"), _HUSHING),
    **dict.fromkeys(("K", "G", "NG"), _VELAR),
    "L": Viseme(shape={"jawOpen": 0.2, "mouthLowerDown": 0.1}, jaw=0.45, lips=0.15),
    "R": Viseme(shape={"jawOpen": 0.18, "mouthFunnel": 0.25, "mouthPucker": 0.3}, jaw=0.5, lips=0.6),
    "W": Viseme(shape={"jawOpen": 0.12, "mouthFunnel": 0.2, "mouthPucker": 0.8}, jaw=0.7, lips=0.9),
    "Y": Viseme(shape={"jawOpen": 0.12, "mouthStretch": 0.2, "mouthSmile": 0.2}, jaw=0.5, lips=0.5),
    "HH": Viseme(shape={"jawOpen": 0.25}, jaw=0.1, lips=0.05),
}
VISEMES: Mapping[str, tuple[Viseme, ...]] = {
    **{name: (viseme,) for name, viseme in _VOWELS.items() if name != "O"},
    **{name: (_VOWELS[first], _VOWELS[second]) for name, (first, second) in _DIPHTHONGS.items()},
    **{name: (viseme,) for name, viseme in _CONSONANTS.items()},
}
"""What the mouth does for each phone, one after the other."""
PHONES = frozenset(VISEMES)
PAUSE_S = 0.12
"""A gap between phones that is longer lets the mouth rest."""


def visemes_of(phones: Sequence[Phone]) -> Iterator[Timed]:
    """Yield the visemes of phones and of the pauses between them, in order."""
    last_s = float("-inf")
    for phone in phones:
        if phone.start_s - last_s >= PAUSE_S:
            yield Timed(viseme=REST, start_s=max(last_s, phone.start_s - 1.0), end_s=phone.start_s)
        parts = VISEMES[phone.name]
        step_s = (phone.end_s - phone.start_s) / len(parts)
        for number, viseme in enumerate(parts):
            start_s = phone.start_s + number * step_s
            yield Timed(viseme=viseme, start_s=start_s, end_s=start_s + step_s)
        last_s = phone.end_s
    if phones:
        yield Timed(viseme=REST, start_s=last_s, end_s=last_s + 1.0)
