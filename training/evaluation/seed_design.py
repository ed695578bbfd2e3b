"""A design of n seeds by m speeches: every speech with every seed, so that what makes the motion can be told apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.audio.waveform import Waveform
from exges_core.errors import InputError, message
from exges_core.metrics.listening.seeds import same_seed_correlation, variance_shares
from exges_core.motion.clip import MotionClip
from exges_core.score.sizes import wrists_m
from exges_core.timeline import AUDIO_RATE_HZ, MOTION_RATE_HZ

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class SeedAgainstSpeech:
    """What was found of one way of generating.

    Attributes:
        same_seed: mean correlation of wrist paths of one seed for two speeches; 0 by chance.
        same_speech: the same of one speech with two seeds; above 0 where motion listens.
        speech, seed: shares of the variance that they explain; `speech_chance`, `seed_chance` for cells that have
            nothing in common.
    """

    same_seed: float
    same_speech: float
    speech: float
    seed: float
    speech_chance: float
    seed_chance: float

    def as_json(self) -> dict[str, float]:
        """Return the figures by name."""
        return asdict(self)


def seed_against_speech(paths: Float[Array, "seeds speeches frames channels"]) -> SeedAgainstSpeech:
    """Measure the wrist paths of a full design.

    Raises:
        InputError: with fewer than two seeds or speeches.
    """
    shares = variance_shares(paths)
    return SeedAgainstSpeech(
        same_seed=same_seed_correlation(paths),
        same_speech=same_seed_correlation(np.swapaxes(paths, 0, 1)),
        **shares._asdict(),
    )


def design(
    make: Callable[[int, int], MotionClip], *, seeds: int, speeches: int, frames: int, say: Say = lambda _line: None
) -> Float[Array, "seeds speeches frames 6"]:
    """Return wrist paths (m, about the pelvis) of `make(seed, speech)` for every seed and speech, cut to `frames`."""
    paths = np.empty((seeds, speeches, frames, 6))
    for seed in range(seeds):
        for speech in range(speeches):
            paths[seed, speech] = wrists_m(make(seed, speech))[:frames].reshape(frames, 6)
        say(f"  seed {seed}: {speeches} speeches")
    return paths


def speeches_of(sounds: Sequence[tuple[str, Waveform]], *, seconds: float, most: int) -> list[tuple[str, Waveform]]:
    """Return at most `most` speeches of exactly `seconds`, named by their first sound.

    Long sounds are cut into several, short ones are joined in order, without a pause beside their own.

    Raises:
        InputError: if there is sound for fewer than two.
    """
    length = round(seconds * AUDIO_RATE_HZ)
    found: list[tuple[str, Waveform]] = []
    name, waiting = "", np.zeros(0, np.float32)
    for each, waveform in sounds:
        name = name or each
        waiting = np.concatenate([waiting, waveform.samples.astype(np.float32)])
        while len(waiting) >= length and len(found) < most:
            found.append((name, Waveform(samples=waiting[:length])))
            waiting = waiting[length:]
            name = each if len(waiting) else ""
    if len(found) < 2:
        got = f"{sum(each.duration_s for _, each in sounds):.0f} s"
        do = "Give more recordings, or a smaller --seconds."
        raise InputError(message(expected=f"two times {seconds:g} s of speech", got=got, where="speeches", do=do))
    return found


def frames_of(seconds: float) -> int:
    """Return how many frames all speeches of so many seconds have."""
    return int(seconds * MOTION_RATE_HZ)
