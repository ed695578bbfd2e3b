"""Who acts: virtual speakers, each a voice with a way of moving. Data only."""

from __future__ import annotations

from dataclasses import dataclass, replace

RESTS = ("hanging", "clasp", "wrist", "hip", "apart", "behind")


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """A way of moving; 1 is average wherever nothing else is said.

    Attributes:
        name: without underscores (BEAT2's file names are split there).
        number: as in BEAT2's file names.
        voice: id in `voices.VOICES`.
        is_left_handed: which hand leads.
        rate: how often a word that could call a gesture does.
        amplitude: of gestures.
        height: arm lengths by which gestures are higher.
        speed: of movements.
        symmetry: share of gestures with both hands where either is possible.
        expressiveness: of hand shapes, head and trunk.
        rest: posture of the hands in silence, one of `RESTS`.
        stance_m: distance between the ankles.
        sway: of weight shifts.
        head: head activity.
        gaze_away: share of phrases that begin with eyes off the listener.
        elbow_deg: how far the elbows are carried outward.
        step_rate: steps per minute.
    """

    name: str
    number: int
    voice: str
    is_left_handed: bool = False
    rate: float = 1.0
    amplitude: float = 1.0
    height: float = 0.0
    speed: float = 1.0
    symmetry: float = 0.6
    expressiveness: float = 1.0
    rest: str = "hanging"
    stance_m: float = 0.27
    sway: float = 1.0
    head: float = 1.0
    gaze_away: float = 0.45
    elbow_deg: float = 0.0
    step_rate: float = 4.0

    def __post_init__(self) -> None:
        """Check the name and the posture.

        Raises:
            ValueError: for an underscore in the name or an unknown rest posture.
        """
        if "_" in self.name or self.rest not in RESTS:
            raise ValueError(f"speaker {self.name}: need a name without underscores and a rest of {RESTS}")

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
        )


SPEAKERS: tuple[Speaker, ...] = (
    Speaker(name="ada", number=1, voice="festival_slt", symmetry=0.7, rest="clasp", stance_m=0.24, elbow_deg=-2),
    Speaker(
        name="bela",
        number=2,
        symmetry=0.5,
        voice="festival_slt_calm",
        rate=0.62,
        amplitude=0.77,
        speed=0.81,
        sway=0.79,
        head=0.77,
        rest="hanging",
        stance_m=0.23,
    ),
    Speaker(
        name="cleo",
        number=3,
        symmetry=0.75,
        voice="festival_slt_bright",
        rate=1.38,
        amplitude=1.12,
        height=0.05,
        speed=1.15,
        expressiveness=1.28,
        rest="apart",
        head=1.22,
        sway=1.21,
    ),
    Speaker(name="dora", number=4, voice="festival_slt_deep", rate=0.92, symmetry=0.3, rest="wrist", stance_m=0.25),
    Speaker(
        name="emil", number=5, voice="festival_kal", rate=1.08, symmetry=0.4, rest="hanging", stance_m=0.31, elbow_deg=4
    ),
    Speaker(
        name="finn",
        number=6,
        symmetry=0.35,
        voice="festival_ked",
        rate=0.85,
        amplitude=0.92,
        rest="hip",
        stance_m=0.30,
        sway=0.86,
    ),
    Speaker(
        name="gaia",
        number=7,
        voice="festival_ked_light",
        rate=1.15,
        height=0.04,
        symmetry=0.8,
        rest="apart",
        is_left_handed=True,
    ),
    Speaker(
        name="hana",
        number=8,
        symmetry=0.85,
        voice="flite_slt",
        rate=1,
        amplitude=0.88,
        rest="clasp",
        stance_m=0.22,
        elbow_deg=-4,
    ),
    Speaker(
        name="iris",
        number=9,
        voice="flite_slt_quick",
        rate=1.45,
        speed=1.23,
        expressiveness=1.21,
        rest="apart",
        head=1.3,
        symmetry=0.5,
    ),
    Speaker(
        name="juno",
        number=10,
        symmetry=0.8,
        voice="flite_slt_warm",
        rate=0.77,
        amplitude=1,
        speed=0.81,
        rest="clasp",
        expressiveness=0.86,
        stance_m=0.24,
    ),
    Speaker(
        name="karl",
        number=11,
        symmetry=0.4,
        voice="flite_rms",
        rate=0.92,
        amplitude=1.08,
        rest="hanging",
        stance_m=0.33,
        sway=1.14,
        elbow_deg=6,
    ),
    Speaker(
        name="luca",
        number=12,
        symmetry=0.75,
        voice="flite_rms_big",
        rate=1.15,
        amplitude=1.22,
        speed=1,
        expressiveness=1.14,
        rest="hanging",
        stance_m=0.34,
        elbow_deg=8,
        sway=1.28,
    ),
    Speaker(
        name="milo",
        number=13,
        voice="flite_rms_young",
        rate=1.38,
        speed=1.19,
        symmetry=0.4,
        rest="apart",
        sway=1.35,
        step_rate=7,
        is_left_handed=True,
    ),
    Speaker(
        name="nils",
        number=14,
        symmetry=0.3,
        voice="flite_kal16",
        rate=0.55,
        amplitude=0.7,
        speed=0.9,
        head=0.7,
        rest="behind",
        expressiveness=0.72,
    ),
    Speaker(
        name="odin",
        number=15,
        symmetry=0.7,
        voice="flite_kal16_deep",
        rate=0.77,
        amplitude=1.08,
        height=-0.04,
        speed=0.77,
        rest="behind",
        stance_m=0.32,
        gaze_away=0.3,
    ),
    Speaker(name="awbrey", number=16, voice="flite_awb", rate=1, rest="hanging", stance_m=0.28, symmetry=0.6),
    Speaker(name="pavo", number=17, voice="espeak_us_m1", rate=1.08, height=0.06, rest="apart", symmetry=0.9),
    Speaker(
        name="quin",
        number=18,
        symmetry=0.45,
        voice="espeak_us_m3",
        rate=0.7,
        amplitude=0.85,
        rest="hip",
        stance_m=0.29,
        head=0.85,
    ),
    Speaker(
        name="remy",
        number=19,
        symmetry=0.65,
        voice="espeak_us_m7",
        rate=1.3,
        amplitude=1.15,
        expressiveness=1.28,
        rest="hanging",
        sway=1.28,
        step_rate=8,
        stance_m=0.31,
    ),
    Speaker(
        name="suri",
        number=20,
        voice="espeak_us_f2",
        rate=1,
        symmetry=0.2,
        rest="wrist",
        stance_m=0.23,
        is_left_handed=True,
        elbow_deg=-4,
    ),
    Speaker(
        name="tess",
        number=21,
        symmetry=0.85,
        voice="espeak_us_f5",
        rate=1.45,
        amplitude=1.08,
        height=0.05,
        speed=1.19,
        head=1.3,
        expressiveness=1.35,
        rest="apart",
        stance_m=0.25,
    ),
    Speaker(
        name="ugo",
        number=22,
        symmetry=0.35,
        voice="espeak_gb_m2",
        rate=0.48,
        amplitude=0.7,
        speed=0.81,
        sway=0.65,
        head=0.77,
        rest="hanging",
        stance_m=0.26,
        gaze_away=0.55,
    ),
    Speaker(name="vera", number=23, voice="espeak_gb_m5", rate=1, rest="clasp", symmetry=0.8, stance_m=0.25),
    Speaker(
        name="wynn",
        number=24,
        symmetry=0.8,
        voice="espeak_gb_f1",
        rate=0.77,
        amplitude=0.85,
        rest="clasp",
        speed=0.85,
        head=0.92,
        stance_m=0.23,
    ),
    Speaker(
        name="xena",
        number=25,
        symmetry=0.5,
        voice="espeak_gb_f4",
        rate=1.22,
        amplitude=1.18,
        expressiveness=1.21,
        rest="hip",
        sway=1.21,
        is_left_handed=True,
    ),
    Speaker(
        name="yuri",
        number=26,
        voice="espeak_scotland_m4",
        rate=1.08,
        amplitude=1,
        rest="hanging",
        stance_m=0.32,
        elbow_deg=5,
        symmetry=0.4,
    ),
)
"""One speaker for each voice of the corpus."""
