"""From a sound file to what the flow hears in it: words, segments, features, and the warnings on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exges_core.arrays import Array, Float
from exges_core.audio.features import audio_features
from exges_core.audio.fingerprint import fingerprint, performance_seed
from exges_core.audio.pauses import is_still
from exges_core.audio.waveform import Waveform, condition_of, read_waveform
from exges_core.errors import InputError, message
from exges_core.protocol import OnProgress, Spoken, ignore_progress
from exges_core.speech.recognise import recognise
from exges_core.speech.segments import Segment, segment
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.words import Transcript, Word

CLIPPED_SHARE = 0.001
"""Share of samples at full scale from which on a recording is called clipped."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """What was said in a sound, and how that is known.

    Attributes:
        asr: where the words come from (textgrid, alignment, whisper:NAME, pocketsphinx, none...).
        warnings: fallbacks and doubts, in plain words.
        source: the sound's file, for reports.
    """

    waveform: Waveform
    words: tuple[Word, ...]
    segments: tuple[Segment, ...]
    asr: str
    warnings: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Speech:
    """A speech as the flow takes it; motion has a frame for every row of `features`.

    Attributes:
        heard: sound, words and segments.
        features: of the sound.
        sound: its fingerprint.
    """

    heard: Heard
    features: Float[Array, "frames 84"]
    sound: str

    @staticmethod
    def of(heard: Heard) -> Speech:
        """Measure a sound, once."""
        features = audio_features(heard.waveform)
        return Speech(heard=heard, features=features, sound=fingerprint(heard.waveform))

    @property
    def frames(self) -> int:
        """Return the number of frames at 30 per second."""
        return len(self.features)

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the words' texts."""
        return tuple(word.text for word in self.heard.words)

    def performance(self, seed: int) -> int:
        """Return the seed of a performance: of two speeches one seed makes two."""
        return performance_seed(seed, self.sound)


def analyse(
    speech: Path,
    *,
    transcript: Path | None = None,
    speaker_tier: str | None = None,
    asr: str = "auto",
    on_progress: OnProgress = ignore_progress,
) -> Speech:
    """Hear and measure a sound file; arguments and errors as those of `hear`."""
    return Speech.of(hear(speech, transcript=transcript, speaker_tier=speaker_tier, asr=asr, on_progress=on_progress))


def hear_job(job: Spoken, *, on_progress: OnProgress = ignore_progress) -> Heard:
    """Hear the speech that a job names; errors as those of `hear`."""
    return hear(
        Path(job.speech),
        transcript=None if job.transcript is None else Path(job.transcript),
        speaker_tier=job.speaker_tier,
        asr=job.asr,
        start_s=job.start_s,
        end_s=job.end_s,
        on_progress=on_progress,
    )


def hear(
    speech: Path,
    *,
    transcript: Path | None = None,
    speaker_tier: str | None = None,
    asr: str = "auto",
    start_s: float = 0.0,
    end_s: float | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Heard:
    """Read a sound file (or a part of it), find its words and cut it into segments.

    Silence has no words and no segments: recognisers would invent some. `speaker_tier` takes one speaker's words, or
    one tier's, of a transcript that has several.

    Raises:
        AudioError: if the sound, or the part of it, cannot be used.
        TranscriptError: if the transcript cannot be read or does not fit.
        InputError: if recognition is not available as asked, or a speaker is chosen without a transcript.
    """
    waveform = read_waveform(speech)
    if start_s > 0.0 or end_s is not None:
        waveform = waveform.cut(start_s, end_s)
    if speaker_tier is not None and transcript is None:
        do = "Give the transcript as well, or leave the speaker out."
        raise InputError(message(expected="a transcript", got="none", where=f"speaker tier {speaker_tier!r}", do=do))
    known = None if transcript is None else read_transcript(transcript, speaker=speaker_tier)
    return heard_in(waveform, transcript=known, asr=asr, source=str(speech), on_progress=on_progress)


def heard_in(
    waveform: Waveform,
    *,
    transcript: Transcript | None = None,
    asr: str = "auto",
    source: str = "",
    on_progress: OnProgress = ignore_progress,
) -> Heard:
    """Find the words of a sound in memory and cut it into segments; arguments and errors as those of `hear`."""
    warnings = list(waveform.notes)
    clipped_share = condition_of(waveform).clipped_share
    if clipped_share > CLIPPED_SHARE:
        warnings.append(f"{clipped_share:.1%} of the samples are clipped: beats and words may be missed")
    if is_still(waveform):
        warnings.append("the sound is silent, so the motion only idles")
        return Heard(waveform=waveform, words=(), segments=(), asr="none", warnings=tuple(warnings), source=source)
    found = recognise(waveform, asr=asr, transcript=transcript, on_progress=on_progress)
    return Heard(
        waveform=waveform,
        words=found.words,
        segments=segment(found.words, waveform),
        asr=found.source,
        warnings=(*warnings, *found.warnings),
        source=source,
    )
