"""From a sound file to what is said in it: sound, condition, words, segments and the warnings on the way."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from exges_core.audio.waveform import Waveform, condition_of, read_waveform
from exges_core.errors import InputError, message
from exges_core.protocol import OnProgress, ignore_progress
from exges_core.speech.recognise import Recognition, recognise
from exges_core.speech.segments import Segment, segment
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.words import Word
from exges_core.timeline import AUDIO_RATE_HZ

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
    asr: str = "auto",
    start_s: float = 0.0,
    end_s: float | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Heard:
    """Read a sound file (or a part of it), find its words and cut it into segments.

    Silence has no words and no segments: recognisers would invent some.

    Raises:
        AudioError: if the sound cannot be used.
        TranscriptError: if the transcript cannot be read or does not fit.
        InputError: if the part is empty or recognition is not available as asked.
    """
    waveform = _part(read_waveform(speech), start_s, end_s, speech)
    condition = condition_of(waveform)
    known = None if transcript is None else read_transcript(transcript)
    warnings: list[str] = []
    if condition.clipped_share > CLIPPED_SHARE:
        warnings.append(f"{condition.clipped_share:.1%} of the samples are clipped: beats and words may be missed")
    if condition.is_silent:
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


def _part(waveform: Waveform, start_s: float, end_s: float | None, where: Path) -> Waveform:
    if start_s <= 0.0 and end_s is None:
        return waveform
    stop_s = waveform.duration_s if end_s is None else min(end_s, waveform.duration_s)
    if not 0.0 <= start_s < stop_s:
        raise InputError(
            message(
                expected=f"a part within 0 to {waveform.duration_s:.2f} s",
                got=f"{start_s} to {end_s}",
                where=str(where),
                do="Choose a part that lies in the sound.",
            )
        )
    return Waveform(samples=waveform.samples[round(start_s * AUDIO_RATE_HZ) : round(stop_s * AUDIO_RATE_HZ)])
