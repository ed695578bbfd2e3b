"""A take with its speech varied, and with it every time that hangs on the speech: words, stresses, gestures, motion.

Users bring voices, microphones and rooms that no synthesiser has. Which variations, how often and how far is
`AugmentSettings`; the sound itself is changed in `augment_sound`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from exges_core.arrays import Array, whole_number
from exges_core.audio.waveform import Waveform
from exges_core.motion.clip import MotionClip
from exges_core.motion.resample import at_frames
from exges_core.score.records import Stroke
from exges_core.timeline import AUDIO_RATE_HZ
from training.data import augment_sound as sound
from training.data.augment_presets import AugmentSettings, Range
from training.data.takes import RecordedTake


def augment_take(
    take: RecordedTake,
    *,
    settings: AugmentSettings,
    babble: Sequence[Waveform] = (),
    generator: np.random.Generator,
) -> RecordedTake:
    """Return a take with its speech varied: voice and tempo, then the room, noise, microphone, level and codec.

    Args:
        take: as recorded.
        settings: what is done how often, and how far.
        babble: other voices; up to three of them may speak behind.
        generator: of every choice; the same one gives the same take.

    Returns:
        A take of the same id; samples are finite and within full scale; words, stresses and marks lie inside it.
    """
    samples, tempo = _another_voice(take.waveform.samples, settings, generator)
    samples = _surroundings(samples, settings, babble, generator)
    samples = _recording(samples, settings, generator)
    return change_take_tempo(replace(take, waveform=Waveform(samples=samples)), tempo)


def change_take_tempo(take: RecordedTake, tempo: float) -> RecordedTake:
    """Return a take whose sound is already `tempo` times as fast with everything else moved to it."""
    if tempo == 1.0:
        return take
    end_s = take.waveform.duration_s

    def moved(time_s: float) -> float:
        return min(time_s / tempo, end_s)

    return replace(
        take,
        clip=change_clip_tempo(take.clip, tempo),
        words=tuple(replace(word, start_s=moved(word.start_s), end_s=moved(word.end_s)) for word in take.words),
        marks=tuple(replace(mark, start_s=moved(mark.start_s), end_s=moved(mark.end_s)) for mark in take.marks),
        stresses_s=tuple(moved(time_s) for time_s in take.stresses_s),
        strokes=None if take.strokes is None else tuple(_moved(stroke, moved) for stroke in take.strokes),
    )


def _moved(stroke: Stroke, moved: Callable[[float], float]) -> Stroke:
    start_s, stroke_start_s, apex_s, hold_end_s, end_s = map(moved, stroke.times_s)
    return replace(
        stroke,
        start_s=start_s,
        stroke_start_s=stroke_start_s,
        apex_s=apex_s,
        hold_end_s=hold_end_s,
        end_s=end_s,
    )


def change_clip_tempo(clip: MotionClip, tempo: float) -> MotionClip:
    """Return motion `tempo` times as fast at the same frame rate, every new instant inside the old clip."""
    if tempo == 1.0 or clip.frames < 3:
        return clip
    places = np.arange(math.floor((clip.frames - 1) / tempo + 1e-9) + 1) * tempo
    return at_frames(clip, np.minimum(places, clip.frames - 1), rate_hz=clip.frame_rate_hz)


def _another_voice(samples: Array, settings: AugmentSettings, generator: np.random.Generator) -> tuple[Array, float]:
    pitch = 2.0 ** (_drawn(settings.pitch_semitones, settings.pitch_share, 0.0, generator) / 12.0)
    formants = _drawn(settings.formant_ratio, settings.formant_share, 1.0, generator)
    tempo = _drawn(settings.tempo, settings.tempo_share, 1.0, generator)
    return sound.change_voice(samples, AUDIO_RATE_HZ, pitch=pitch, formants=formants, tempo=tempo), tempo


def _surroundings(
    samples: Array, settings: AugmentSettings, babble: Sequence[Waveform], generator: np.random.Generator
) -> Array:
    if generator.random() < settings.room_share:
        rt60_s, direct_db = _within(settings.rt60_s, generator), _within(settings.direct_db, generator)
        samples = sound.reverberate(samples, AUDIO_RATE_HZ, rt60_s=rt60_s, direct_db=direct_db, generator=generator)
    if generator.random() < settings.babble_share and babble:
        voices = [
            babble[int(index)].samples for index in generator.permutation(len(babble))[: whole_number(generator, 1, 4)]
        ]
        snr_db = _within(settings.babble_snr_db, generator)
        samples = sound.add_babble(samples, AUDIO_RATE_HZ, voices, snr_db=snr_db, generator=generator)
    if generator.random() < settings.noise_share:
        snr_db, exponent = _within(settings.noise_snr_db, generator), _within(settings.noise_exponent, generator)
        samples = sound.add_noise(samples, AUDIO_RATE_HZ, snr_db=snr_db, exponent=exponent, generator=generator)
    return samples


def _recording(samples: Array, settings: AugmentSettings, generator: np.random.Generator) -> Array:
    if generator.random() < settings.microphone_share:
        samples = sound.equalise(
            samples,
            AUDIO_RATE_HZ,
            tilt_db_per_octave=_within(settings.tilt_db_per_octave, generator),
            bumps=[(_within((150.0, 5000.0), generator), _within(settings.bump_db, generator)) for _ in range(2)],
            band_hz=(_within(settings.low_hz, generator), _within(settings.high_hz, generator)),
        )
    power = sound.active_power(samples, AUDIO_RATE_HZ)
    wanted_db = _within(settings.level_db, generator)
    samples = sound.change_level(samples, wanted_db - 10 * math.log10(power) if power > 0.0 else 0.0)
    if generator.random() < settings.codec_share:
        samples = sound.transcode(samples, AUDIO_RATE_HZ, str(generator.choice(sorted(sound.CODECS))))
    return samples


def _within(limits: Range, generator: np.random.Generator) -> float:
    return float(generator.uniform(*limits))


def _drawn(limits: Range, share: float, otherwise: float, generator: np.random.Generator) -> float:
    """Draw a value, or take the neutral one; as many numbers are drawn either way."""
    chance, value = generator.random(), _within(limits, generator)
    return value if chance < share else otherwise
