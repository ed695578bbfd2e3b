"""From a sound file to what is said in it: sound, condition, words, segments and the warnings on the way."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from exges_core.audio.pauses import is_still
from exges_core.audio.waveform import Waveform, condition_of, read_waveform
from exges_core.errors import InputError, message
from exges_core.protocol import OnProgress, ignore_progress
from exges_core.speech.recognise import Recognition, recognise
from exges_core.speech.segments import Segment, segment
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.words import Word

CLIPPED_SHARE = 0.001
"""Share of samples at full scale from which on a recording is called clipped."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """A speech as ExGes understands it.

    Attributes:
        asr: where the words come from (textgrid, alignment, whisper:NAME, pocketsphinx, none...).
        warnings: fallbacks and doubts, in plain words.
    """

    waveform: Waveform
    words: tuple[Word, ...]
    segments: tuple[Segment, ...]
    asr: str
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return words and segments as the report has them."""
        return {
            "asr": self.asr,
            "duration_s": self.waveform.duration_s,
            "words": [asdict(word) for word in self.words],
            "segments": [
                {"start_s": each.start_s, "end_s": each.end_s, "text": each.text, "note": each.note}
                for each in self.segments
            ],
            "warnings": list(self.warnings),
        }


def listen(
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
    condition = condition_of(waveform)
    if speaker_tier is not None and transcript is None:
        do = "Give the transcript, too, or leave the speaker out."
        raise InputError(message(expected="a transcript", got="none", where=f"speaker tier {speaker_tier!r}", do=do))
    known = None if transcript is None else read_transcript(transcript, speaker=speaker_tier)
    warnings = list(waveform.notes)
    if condition.clipped_share > CLIPPED_SHARE:
        warnings.append(f"{condition.clipped_share:.1%} of the samples are clipped: beats and words may be missed")
    if is_still(waveform):
        warnings.append("the sound is silent: the motion is idle")
        return Heard(waveform=waveform, words=(), segments=(), asr="none", warnings=tuple(warnings))
    heard: Recognition = recognise(waveform, asr=asr, transcript=known, on_progress=on_progress)
    return Heard(
        waveform=waveform,
        words=heard.words,
        segments=segment(heard.words, waveform),
        asr=heard.source,
        warnings=(*warnings, *heard.warnings),
    )
