"""Who acts: virtual speakers, each a voice with a way of moving, from `tables/speakers.toml`."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path

from training.corpus.gesture.ways import rests
from training.corpus.tables import read_table, refuse

TABLES = Path(__file__).with_name("tables")


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """A way of moving; 1 is average wherever nothing else is said.

    Attributes:
        name: without underscores (BEAT2's file names are split there).
        number: as in BEAT2's file names.
        voice: id of one of `voices`.
        is_left_handed: which hand leads.
        rate: how often a word that could call a gesture does.
        amplitude: of gestures.
        width: of gestures, sideways, beyond `amplitude`.
        height: arm lengths by which gestures are higher.
        speed: of movements.
        symmetry: share of gestures with both hands where either is possible; at 0 the other hand stays where it is.
        expressiveness: of hand shapes, head and trunk.
        trunk: how much the trunk joins in, beyond `expressiveness`.
        rest: posture of the hands in silence, one of `ways.rests`.
        restful: share of speech in which the hands rest, for seconds at a time.
        stance_m: distance between the ankles.
        bearing_deg: how far the knee of the leg that bears is bent.
        soft_deg: how far that of the free leg is.
        favours: which leg bears: the right one always at -1, either at 0, the left one at 1.
        lean_deg: of the trunk, forward.
        sway: of weight shifts.
        dwell: how long the weight stays.
        head: head activity.
        gaze_away: share of phrases that begin with eyes off the listener.
        elbow_deg: how far the elbows are carried outward.
        step_rate: steps per minute.
        turn_rate: turns to other listeners per minute.
    """

    name: str
    number: int
    voice: str
    is_left_handed: bool = False
    rate: float = 1.0
    amplitude: float = 1.0
    width: float = 1.0
    height: float = 0.0
    speed: float = 1.0
    symmetry: float = 0.65
    expressiveness: float = 1.0
    trunk: float = 1.0
    rest: str = "hanging"
    restful: float = 0.3
    stance_m: float = 0.27
    bearing_deg: float = 6.0
    soft_deg: float = 16.5
    favours: float = 0.0
    lean_deg: float = 0.0
    sway: float = 1.0
    dwell: float = 1.0
    head: float = 1.0
    gaze_away: float = 0.45
    elbow_deg: float = 0.0
    step_rate: float = 4.0
    turn_rate: float = 0.5

    def __post_init__(self) -> None:
        """Check the name and the posture.

        Raises:
            ValueError: for an underscore in the name or an unknown rest posture.
        """
        if "_" in self.name:
            raise ValueError(f"expected a name without underscores, got {self.name!r}")
        if self.rest not in rests().postures:
            raise ValueError(f"expected a rest of {', '.join(rests().postures)}, got {self.rest!r}")

    def in_mood(self, energy: float) -> Speaker:
        """Return this speaker on a calm (below 1) or vivid (above 1) day: more, larger and quicker by its powers."""
        return replace(
            self,
            rate=self.rate * energy**0.6,
            amplitude=self.amplitude * energy**0.7,
            speed=self.speed * energy**0.3,
            expressiveness=self.expressiveness * energy**0.6,
            head=self.head * energy**0.6,
            sway=self.sway * energy**0.4,
            restful=self.restful / energy,
        )


@functools.cache
def speakers() -> tuple[Speaker, ...]:
    """Return the speakers, one for each of Debian's voices, in the table's order.

    Raises:
        InputError: if the table is wrong, or two speakers have one number.
    """
    table = read_table(TABLES / "speakers.toml", dict[str, Speaker], key="name")
    numbers = [speaker.number for speaker in table.values()]
    if len(set(numbers)) < len(numbers):
        refuse("speakers.toml: number", "another number for each speaker", numbers)
    return tuple(table.values())
