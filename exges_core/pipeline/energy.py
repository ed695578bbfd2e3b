"""From calm to vivid: one word for how lively a speaker is, as values of the settings that make them so (ours).

Whoever sets one of them by hand means it: the word only fills what is left open.
"""

from __future__ import annotations

from dataclasses import dataclass

from exges_core.settings import GenerationSettings


@dataclass(frozen=True, kw_only=True)
class Energy:
    """What a word stands for.

    Attributes:
        intensity: how far gestures go, about the pose the speaker returns to.
        guidance: scale of audio guidance.
        retrieval_strength: how strongly retrieved gestures shape the motion.
    """

    intensity: float
    guidance: float
    retrieval_strength: float


ENERGIES = {
    "calm": Energy(intensity=0.7, guidance=1.0, retrieval_strength=0.6),
    "normal": Energy(intensity=1.0, guidance=1.0, retrieval_strength=1.0),
    "vivid": Energy(intensity=1.25, guidance=1.5, retrieval_strength=1.0),
}


STILLEST = 0.25
"""At vividness 0 spine and arms move so much as far about their rest (arms that hang ride on the trunk)."""


def stillness(vividness: float) -> float:
    """Return how far what is no stroke goes, of usual: less below vividness 1, where strokes are fewer, too."""
    return min(STILLEST + (1.0 - STILLEST) * vividness, 1.0)


def energy_of(settings: GenerationSettings) -> Energy:
    """Return the values of settings: their own where they have them, else those of their word (of `ENERGIES`)."""
    word = ENERGIES[settings.energy]
    return Energy(
        intensity=word.intensity if settings.intensity is None else settings.intensity,
        guidance=word.guidance if settings.guidance is None else settings.guidance,
        retrieval_strength=(
            word.retrieval_strength if settings.retrieval_strength is None else settings.retrieval_strength
        ),
    )
