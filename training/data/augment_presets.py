"""Numbers of the speech augmentation: named, frozen, and chosen only here."""

from __future__ import annotations

from dataclasses import dataclass, fields

Range = tuple[float, float]

TEMPO_LIMIT = 0.10
"""Beyond this, motion played faster or slower stops looking like a person's."""


@dataclass(frozen=True, kw_only=True)
class AugmentSettings:
    """How a take's speech is varied; every `*_share` is the chance that it is done at all, every range is even.

    Attributes:
        pitch_share, pitch_semitones: F0, formants kept.
        formant_share, formant_ratio: length of the vocal tract; above 1 = shorter, formants higher.
        tempo_share, tempo: above 1 = faster; labels and motion move along.
        room_share, rt60_s, direct_db: reverberation; direct sound over the room's, the smaller the further away.
        noise_share, noise_snr_db, noise_exponent: steady noise; 0 white, 1 pink, 2 brown.
        babble_share, babble_snr_db: other voices behind the speaker, where there are any.
        microphone_share, tilt_db_per_octave, bump_db, low_hz, high_hz: colour and limits of the microphone.
        level_db: level of the speech at the end, dB re full scale; what exceeds full scale is cut off.
        codec_share: chance of one of the codecs of `augment_sound.CODECS`.
    """

    pitch_share: float = 0.6
    pitch_semitones: Range = (-4.0, 4.0)
    formant_share: float = 0.6
    formant_ratio: Range = (0.87, 1.15)
    tempo_share: float = 0.5
    tempo: Range = (1 - TEMPO_LIMIT, 1 + TEMPO_LIMIT)
    room_share: float = 0.4
    rt60_s: Range = (0.15, 0.8)
    direct_db: Range = (-3.0, 12.0)
    noise_share: float = 0.6
    noise_snr_db: Range = (8.0, 40.0)
    noise_exponent: Range = (0.0, 2.0)
    babble_share: float = 0.15
    babble_snr_db: Range = (10.0, 25.0)
    microphone_share: float = 0.7
    tilt_db_per_octave: Range = (-3.0, 3.0)
    bump_db: Range = (-6.0, 6.0)
    low_hz: Range = (30.0, 200.0)
    high_hz: Range = (5000.0, 8000.0)
    level_db: Range = (-40.0, -14.0)
    codec_share: float = 0.25

    def __post_init__(self) -> None:
        """Check the choices."""
        for field in fields(self):
            value = getattr(self, field.name)
            is_right = 0.0 <= value <= 1.0 if field.name.endswith("_share") else value[0] <= value[1]
            if not is_right:
                raise ValueError(f"AugmentSettings: {field.name} must be a share or a rising range, got {value}")
        if not 1 - TEMPO_LIMIT <= self.tempo[0] <= self.tempo[1] <= 1 + TEMPO_LIMIT:
            raise ValueError(f"AugmentSettings: tempo must stay within {TEMPO_LIMIT:.0%} of 1, got {self.tempo}")


AUGMENTATION = AugmentSettings()
"""Of the shipped recipes; ours. Ranges of voices, rooms and microphones that users bring, not of what is possible."""
