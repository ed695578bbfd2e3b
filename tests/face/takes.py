"""A take with its face, and a synthetic voice whose phones are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.face.performance import Face, perform
from exges_core.pipeline.analyse import Speech
from exges_core.settings import FaceSettings
from exges_core.speech.phones import Pronounced
from exges_core.timeline import AUDIO_RATE_HZ

FORMANTS = {"AA": (700, 1200), "IY": (300, 2300), "EH": (550, 1850), "UW": (320, 900), "AE": (680, 1700)}


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """A take with its face; `phones` are those that others know of it, where there are others."""

    speech: Speech
    pronounced: Pronounced
    phones: Sequence[tuple[str, float, float]]
    face: Face

    def again(self, *, seed: int = 5, score: object = None, **settings: object) -> Face:
        chosen = FaceSettings(face=True, **settings)  # type: ignore[arg-type]
        heard = self.speech.heard
        return perform(heard.waveform, self.speech.features, heard.words, self.pronounced, score, chosen, seed)  # type: ignore[arg-type]


def spoken(speech: Speech, pronounced: Pronounced, phones: Sequence[tuple[str, float, float]] = ()) -> Spoken:
    heard = speech.heard
    face = perform(heard.waveform, speech.features, heard.words, pronounced, None, FaceSettings(face=True), 5)
    own = tuple((each.name, each.start_s, each.end_s) for each in pronounced.phones)
    return Spoken(speech=speech, pronounced=pronounced, phones=phones or own, face=face)


def sound_of(name: str, count: int, chances: np.random.Generator) -> np.ndarray:
    at_s = np.arange(count) / AUDIO_RATE_HZ
    if name not in FORMANTS:
        return 0.1 * chances.standard_normal(count)
    near = [sum(np.exp(-(((k * 120 - f) / 150) ** 2)) for f in FORMANTS[name]) + 0.1 for k in range(1, 30)]
    buzz = sum(weight * np.sin(2 * np.pi * 120 * k * at_s) for k, weight in enumerate(near, start=1))
    openness = {"AA": 1.0, "AE": 0.95, "EH": 0.7, "IY": 0.45, "UW": 0.4}[name]
    return np.asarray(openness * buzz / 3)
