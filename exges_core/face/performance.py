"""One performance of the face: mouth, brows, blinks, gaze, nods and mood of a take, as ARKit's 52 curves at 30 Hz.

All of it follows from the take's words, sound, score and seed: the same ones give the same face, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.audio.accents import accents_s
from exges_core.audio.pauses import Span, is_still, pauses
from exges_core.audio.waveform import Waveform
from exges_core.face.brows import brows_of, raises_s
from exges_core.face.eyes import blinks_s, fixations_of, gaze_of, lids_of, looks_of
from exges_core.face.moods import joined, mood_of, moods_in, settled
from exges_core.face.mouth import mouth_of, stronger
from exges_core.face.names import COLUMN, columns_of
from exges_core.face.nods import nods_of, turns_of
from exges_core.face.phrases import phrases_of
from exges_core.score.records import Score
from exges_core.settings import FaceSettings
from exges_core.signals.filters import gaussian
from exges_core.speech.phones import Pronounced
from exges_core.speech.words import Word
from exges_core.timeline import MOTION_RATE_HZ

_MOOD_S, _MOOD_DEPTH = 2.0, 0.15
_ROUND = [COLUMN["mouthPucker"], COLUMN["mouthFunnel"]]
_WIDE = [*columns_of("mouthSmile"), *columns_of("mouthDimple"), *columns_of("mouthFrown")]
_UNVOICED_PAUSE_S = 0.15


@dataclass(frozen=True, kw_only=True, eq=False)
class Face:
    """A face's performance.

    Attributes:
        curves: ARKit's shapes, 0 to 1, in the order of `names.ARKIT_NAMES`.
        frame_rate_hz: of the curves.
        source: what moves the mouth: phones, sound, or "phones and sound".
        aligned, spread: words whose phones were aligned; whose phones share their word's time.
        raises, blinks, nods: how many there are.
        nods_deg: how far the head is down, and tilted to the character's left, beside the motion's own turns.
        warnings: what was done without, in plain words.
    """

    curves: Float[Array, "frames 52"]
    frame_rate_hz: float
    source: str
    aligned: int
    spread: int
    raises: int
    blinks: int
    nods: int
    nods_deg: Float[Array, "frames 2"]
    warnings: tuple[str, ...] = ()

    def at(self, frames: int, rate_hz: float) -> Float[Array, "frames 52"]:
        """Return the curves of so many frames at another rate, linear in time."""
        if rate_hz == self.frame_rate_hz and frames == len(self.curves):
            return self.curves
        place = np.clip(np.arange(frames) * self.frame_rate_hz / rate_hz, 0, len(self.curves) - 1)
        before = np.floor(place).astype(np.int64)
        share = (place - before)[:, None]
        return (1 - share) * self.curves[before] + share * self.curves[np.minimum(before + 1, len(self.curves) - 1)]


def perform(
    waveform: Waveform,
    features: Float[Array, "frames 84"],
    words: Sequence[Word],
    pronounced: Pronounced,
    score: Score | None,
    settings: FaceSettings,
    seed: int,
) -> Face:
    """Return the face of a take; `seed` is the performance's."""
    frames, phrases = len(features), phrases_of(words, waveform)
    by_sound, warnings = _unpronounced(waveform, words, pronounced)
    chances = [np.random.default_rng([seed & (2**63 - 1), number]) for number in range(5)]
    raises = raises_s(accents_s(features).tolist(), score) if phrases else []
    blinks = blinks_s(phrases, waveform.duration_s, chances[1], settings.face_blinks)
    nods = nods_of(raises, phrases, chances[4]) if settings.face_nods else ()
    fixations = fixations_of(phrases, waveform.duration_s, chances[2])
    curves = stronger(mouth_of(pronounced.phones, features, by_sound), settings.face_mouth)
    curves += np.minimum(settings.face_brows * brows_of(raises, frames, chances[0]), 1.0)
    curves += looks_of(gaze_of(fixations, frames, settings.face_gaze))
    curves = _with_mood(curves, settings, chances[3])
    lids = lids_of(blinks, frames)
    for name in ("eyeWide", "eyeSquint"):  # a shut lid is not shut twice
        curves[:, columns_of(name)] *= 1.0 - lids[:, columns_of("eyeBlink")]
    source = "phones" if not by_sound else "phones and sound" if pronounced.phones else "sound"
    return Face(
        curves=np.clip(curves + lids, 0.0, 1.0).astype(np.float32),
        frame_rate_hz=float(MOTION_RATE_HZ),
        source=source,
        aligned=pronounced.aligned,
        spread=pronounced.spread,
        raises=len(raises),
        blinks=len(blinks),
        nods=len(nods),
        nods_deg=turns_of(nods, frames, settings.face_nods),
        warnings=warnings,
    )


def _unpronounced(
    waveform: Waveform, words: Sequence[Word], pronounced: Pronounced
) -> tuple[list[tuple[float, float]], tuple[str, ...]]:
    """Return the stretches of speech whose phones nobody knows, and what is said of that."""
    if is_still(waveform):
        return [], ()
    if not words:
        spoken = _between(pauses(waveform, at_least_s=_UNVOICED_PAUSE_S), waveform.duration_s)
        told = ("the mouth follows loudness and voice alone: there are no words",) if spoken else ()
        return spoken, told
    if not pronounced.unknown:
        return [], ()
    some = ", ".join(words[index].text for index in pronounced.unknown[:3])
    told = f"the mouth follows loudness and voice in {len(pronounced.unknown)} words without English phones: {some}"
    return [(words[index].start_s, words[index].end_s) for index in pronounced.unknown], (told,)


def _between(quiet: Sequence[Span], duration_s: float) -> list[tuple[float, float]]:
    starts = [0.0, *(each.end_s for each in quiet)]
    ends = [*(each.start_s for each in quiet), duration_s]
    return [(start_s, end_s) for start_s, end_s in zip(starts, ends, strict=True) if end_s - start_s > 1e-6]


def _with_mood(curves: Array, settings: FaceSettings, generator: np.random.Generator) -> Float[Array, "frames 52"]:
    """Return a face with a mood that comes and goes a little; where lips are round it gives way to them."""
    mood = mood_of(moods_in(settings))
    if not mood.any():
        return curves
    noise = gaussian(generator.standard_normal(len(curves)), _MOOD_S * MOTION_RATE_HZ, edge="nearest")
    breath = 1.0 + _MOOD_DEPTH * np.tanh(noise * np.sqrt(2 * _MOOD_S * MOTION_RATE_HZ * np.sqrt(np.pi)))
    added = breath[:, None] * mood
    added[:, _WIDE] *= 1.0 - 0.7 * np.clip(curves[:, _ROUND].sum(axis=1), 0.0, 1.0)[:, None]
    return settled(joined(curves, added))
