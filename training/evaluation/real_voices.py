"""Do words, retrieval and motion hold up on a real voice? The full system on real speech beside synthetic test voices.

The takes' own motion stands beside what was generated. Gesture rate and amplitude are those of the corpus's own
statistics (`corpus.measures.motion_statistics`): movement units of a wrist that are fast and long enough to be strokes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from exges_core.datasets.recordings import Take
from exges_core.metrics.word_errors import word_errors
from exges_core.motion.clip import MotionClip
from exges_core.retrieval.spoken import plain
from exges_core.speech.recognise import recognise
from exges_core.speech.words import Word
from training.corpus.measures.motion_statistics import clip_statistics
from training.evaluation.generation_table import Yardstick
from training.evaluation.material import KnownTake
from training.evaluation.systems import Flow, Made

FIGURES: dict[str, str] = {
    "strokes_per_min_per_hand": "gesture rate (strokes per minute and hand)",
    "unit_amplitude_p50": "stroke length, median (m)",
    "wrist_speed_world_p50": "wrist speed, median (m/s)",
    "wrist_speed_world_p95": "wrist speed, fastest 5 % (m/s)",
}
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Voices:
    """Figures of one kind of voice: medians over its takes; BC over all of them.

    Attributes:
        takes: how many.
        own: figures of the takes' own motion, by names of `FIGURES`, with "bc" and "bc_excess".
        generated: of the generated motion.
        segments: of the speech, in all.
        used_share: of the segments that retrieval gave a gesture.
        probability: mean matching probability of the segments' best candidates.
        word_error: share of words that recognition gets wrong, over the takes it was tried on; None = not tried.
        recogniser: which.
    """

    takes: int
    own: Mapping[str, float]
    generated: Mapping[str, float]
    segments: int
    used_share: float
    probability: float
    word_error: float | None
    recogniser: str

    def as_json(self) -> dict[str, object]:
        """Return the figures by name."""
        return asdict(self)


def voices(
    takes: Sequence[KnownTake],
    flow: Flow,
    yardstick: Yardstick,
    *,
    seed: int,
    heard: tuple[float, str] | None = None,
    made: Sequence[Made] = (),
    say: Say = lambda _line: None,
) -> Voices:
    """Generate motion for every take and measure it beside the take's own.

    Args:
        takes: of one kind of voice.
        flow: the full system.
        yardstick: of the report; gives protocol and joint speeds.
        seed: of the first take; the others count on.
        heard: word error rate and the recogniser's name.
        made: what the flow made of these takes and seeds before, if it did.
        say: told of each take.
    """
    clips = [each.clip for each in made]
    for number, take in enumerate(takes[len(clips) :], len(clips)):
        clips.append(flow(take, seed + number).clip)
        say(f"  {take.id}: generated")
    found = [match for number, take in enumerate(takes) for match in flow.matches(take, seed + number)]
    best = [match.candidates[0].probability for match in found if match.candidates]
    return Voices(
        takes=len(takes),
        own=_figures([take.truth for take in takes], takes, yardstick),
        generated=_figures(clips, takes, yardstick),
        segments=len(found),
        used_share=float(np.mean([match.used is not None for match in found])) if found else 0.0,
        probability=float(np.mean(best)) if best else 0.0,
        word_error=None if heard is None else heard[0],
        recogniser="" if heard is None else heard[1],
    )


def _figures(clips: Sequence[MotionClip], takes: Sequence[KnownTake], yardstick: Yardstick) -> dict[str, float]:
    statistics = [clip_statistics(clip) for clip in clips]
    found = {
        name: float(np.median([each[name] for each in statistics if name in each] or [np.nan])) for name in FIGURES
    }
    beats = yardstick.beats(clips, takes)
    return {**found, "bc": beats.score, "bc_excess": beats.excess}


def word_error_of(takes: Sequence[Take], *, asr: str = "auto", say: Say = lambda _line: None) -> tuple[float, str]:
    """Return the share of wrong words over all takes with a transcript, and the recogniser's name.

    Raises:
        InputError: if there is no recogniser, or no take has a transcript.
    """
    wrong = total = 0
    source = ""
    for take in takes:
        words = take.words
        if not words:
            continue
        found = recognise(take.waveform, asr=asr)
        source = found.source
        mistakes = word_errors(_texts(words), _texts(found.words))
        wrong, total = wrong + mistakes, total + len(_texts(words))
        say(f"  {take.id}: {mistakes} of {len(_texts(words))} words wrong ({found.source})")
    return wrong / max(total, 1), source


def _texts(words: Sequence[Word]) -> list[str]:
    return [text for text in (plain(word.text) for word in words) if text]
