"""Who acts: virtual speakers, each a voice with a way of moving. Data only."""

from __future__ import annotations

from dataclasses import dataclass, replace

RESTS = ("hanging", "front", "pockets", "clasp", "wrist", "hip", "apart", "behind")


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
        width: of gestures, sideways, beyond `amplitude`.
        height: arm lengths by which gestures are higher.
        speed: of movements.
        symmetry: share of gestures with both hands where either is possible; at 0 the other hand stays where it is.
        expressiveness: of hand shapes, head and trunk.
        trunk: how much the trunk joins in, beyond `expressiveness`.
        rest: posture of the hands in silence, one of `RESTS`.
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
            restful=self.restful / energy,
        )


SPEAKERS: tuple[Speaker, ...] = (
    Speaker(
        name="ada", number=1, voice="festival_slt", symmetry=0.8, rest="clasp", restful=0.2, stance_m=0.24,
        elbow_deg=-2.0, bearing_deg=6, favours=0.3,
    ),
    Speaker(
        name="bela", number=2, voice="festival_slt_calm", rate=0.6, amplitude=0.62, speed=0.78, symmetry=0.5,
        rest="hanging", restful=0.65, stance_m=0.23, sway=0.75, dwell=1.7, head=0.7, trunk=0.7, bearing_deg=5,
        soft_deg=13.5, favours=-0.6, turn_rate=0.2,
    ),
    Speaker(
        name="cleo", number=3, voice="festival_slt_bright", rate=1.7, amplitude=1.35, width=1.15, height=0.04,
        speed=1.25, symmetry=0.8, expressiveness=1.3, trunk=1.3, rest="apart", restful=0.0, head=1.25,
        sway=1.2, soft_deg=18.5, turn_rate=1.2,
    ),
    Speaker(
        name="dora", number=4, voice="festival_slt_deep", rate=0.9, amplitude=0.85, symmetry=0.05, rest="wrist",
        restful=0.3, stance_m=0.25, favours=0.6, bearing_deg=5, soft_deg=15.5, lean_deg=-2.0,
    ),
    Speaker(
        name="emil", number=5, voice="festival_kal", soft_deg=15.5, amplitude=0.9, symmetry=0.1,
        rest="pockets", restful=0.35,
        stance_m=0.31, elbow_deg=4.0, favours=-0.5, bearing_deg=7.5, lean_deg=-2.5, dwell=1.3,
    ),
    Speaker(
        name="finn", number=6, voice="festival_ked", rate=0.85, amplitude=0.95, symmetry=0.15, rest="hip",
        restful=0.25, stance_m=0.3, sway=0.85, dwell=1.4, favours=-0.8, bearing_deg=5, soft_deg=16.0,
    ),
    Speaker(
        name="gaia", number=7, voice="festival_ked_light", speed=1.1, rate=1.15, height=0.06,
        symmetry=0.85, rest="apart", restful=0.08, is_left_handed=True, bearing_deg=7, soft_deg=14.5, turn_rate=0.8,
    ),
    Speaker(
        name="hana", number=8, voice="flite_slt", rate=1.45, amplitude=0.5, width=0.7, speed=1.45, symmetry=0.9,
        rest="clasp", restful=0.1, stance_m=0.22, elbow_deg=-6.0, bearing_deg=5.5, soft_deg=12.5, head=1.15,
        lean_deg=2.0,
    ),
    Speaker(
        name="iris", number=9, voice="flite_slt_quick", rate=1.6, amplitude=0.85, speed=1.4, symmetry=0.6,
        expressiveness=1.2, rest="apart", restful=0.02, head=1.4, dwell=0.7, bearing_deg=7.5, soft_deg=16.5,
        step_rate=6.0,
    ),
    Speaker(
        name="juno", number=10, voice="flite_slt_warm", rate=0.75, amplitude=1.2, width=1.1, speed=0.75,
        symmetry=0.85, rest="front", restful=0.35, expressiveness=0.9, stance_m=0.24, dwell=1.4,
        bearing_deg=6.5, soft_deg=17.5, lean_deg=-1.0, head=0.85,
    ),
    Speaker(
        name="karl", number=11, voice="flite_rms", speed=1.05, rate=0.9, amplitude=1.15, symmetry=0.55, rest="hanging",
        restful=0.35, stance_m=0.33, sway=1.1, trunk=1.3, elbow_deg=6.0, bearing_deg=7, soft_deg=17.5,
        lean_deg=2.0,
    ),
    Speaker(
        name="luca", number=12, voice="flite_rms_big", rate=1.5, amplitude=1.6, width=1.4, speed=1.2,
        symmetry=0.85, expressiveness=1.15, trunk=1.4, rest="hanging", restful=0.05, stance_m=0.34,
        elbow_deg=10.0, sway=1.3, bearing_deg=7, soft_deg=17.5, turn_rate=1.0,
    ),
    Speaker(
        name="milo", number=13, voice="flite_rms_young", rate=1.35, amplitude=0.9, speed=1.35, symmetry=0.5,
        rest="pockets", restful=0.1, sway=1.4, dwell=0.6, step_rate=10.0, turn_rate=2.5, is_left_handed=True,
        bearing_deg=6.5, soft_deg=17,
    ),
    Speaker(
        name="nils", number=14, voice="flite_kal16", rate=0.45, amplitude=0.55, speed=0.88, symmetry=0.5,
        expressiveness=0.7, trunk=0.6, rest="behind", restful=0.75, sway=0.7, dwell=2.0, head=0.65,
        bearing_deg=4.5, soft_deg=10.5, step_rate=1.5, turn_rate=0.1, lean_deg=-1.5,
    ),
    Speaker(
        name="odin", number=15, voice="flite_kal16_deep", rate=0.75, amplitude=1.1, height=-0.1, speed=0.74,
        symmetry=0.7, trunk=0.8, rest="behind", restful=0.4, stance_m=0.32, gaze_away=0.3, dwell=1.6,
        bearing_deg=5.5, soft_deg=12.5, head=0.8,
    ),
    Speaker(name="awbrey", number=16, voice="flite_awb", rest="hanging", restful=0.3, stance_m=0.28),
    Speaker(
        name="pavo", number=17, voice="espeak_us_m1", speed=1.15, rate=1.08, amplitude=1.15, height=0.15, symmetry=1.0,
        rest="apart", restful=0.05, elbow_deg=6.0, bearing_deg=6.5, soft_deg=13.5, trunk=0.8,
    ),
    Speaker(
        name="quin", number=18, voice="espeak_us_m3", rate=0.65, amplitude=0.75, symmetry=0.05, rest="hip",
        restful=0.4, stance_m=0.29, head=0.8, favours=0.75, bearing_deg=5, soft_deg=16.0, dwell=1.6,
        lean_deg=-2.0,
    ),
    Speaker(
        name="remy", number=19, voice="espeak_us_m7", speed=1.2, rate=1.25, amplitude=1.3, symmetry=0.7,
        expressiveness=1.25, trunk=1.6, rest="hanging", restful=0.12, sway=1.35, step_rate=9.0, turn_rate=2.0,
        stance_m=0.31, bearing_deg=7, soft_deg=17.5, lean_deg=3.0,
    ),
    Speaker(
        name="suri", number=20, voice="espeak_us_f2", amplitude=0.7, width=0.8, symmetry=0.05, rest="wrist",
        restful=0.25, stance_m=0.23, is_left_handed=True, elbow_deg=-6.0, favours=-0.6, bearing_deg=5.5,
        soft_deg=15.5,
    ),
    Speaker(
        name="tess", number=21, voice="espeak_us_f5", rate=1.6, amplitude=1.15, height=0.09, speed=1.5,
        symmetry=0.85, expressiveness=1.35, trunk=1.2, rest="apart", restful=0.02, head=1.4, stance_m=0.25,
        bearing_deg=6.5, soft_deg=17.5, dwell=0.8,
    ),
    Speaker(
        name="ugo", number=22, voice="espeak_gb_m2", rate=0.4, amplitude=0.6, speed=0.75, symmetry=0.5,
        rest="hanging", restful=0.85, sway=0.65, dwell=2.2, head=0.7, trunk=0.6, stance_m=0.26, gaze_away=0.55,
        favours=0.5, bearing_deg=4, soft_deg=10.5, step_rate=1.5, turn_rate=0.1,
    ),
    Speaker(
        name="vera", number=23, voice="espeak_gb_m5", amplitude=0.9, width=0.75, symmetry=0.9, rest="front",
        restful=0.2, stance_m=0.25, lean_deg=3.5, bearing_deg=6.5, soft_deg=14.5,
    ),
    Speaker(
        name="wynn", number=24, voice="espeak_gb_f1", rate=0.7, amplitude=0.65, height=-0.04, speed=0.82,
        symmetry=0.8, rest="front", restful=0.6, head=0.9, stance_m=0.23, dwell=1.5, favours=0.4,
        bearing_deg=4.5, soft_deg=12.5,
    ),
    Speaker(
        name="xena", number=25, voice="espeak_gb_f4", speed=1.2, rate=1.4, amplitude=1.3, width=1.35, symmetry=0.15,
        expressiveness=1.2, rest="hip", restful=0.08, sway=1.2, is_left_handed=True, favours=0.6,
        bearing_deg=6, soft_deg=16.0, turn_rate=1.0,
    ),
    Speaker(
        name="yuri", number=26, voice="espeak_scotland_m4", amplitude=1.05, width=1.2, height=-0.07,
        symmetry=0.65, rest="hanging", restful=0.3, stance_m=0.32, elbow_deg=5.0, bearing_deg=7, soft_deg=15.5,
        lean_deg=-1.0,
    ),
)  # fmt: skip
"""One speaker for each voice of the corpus."""
