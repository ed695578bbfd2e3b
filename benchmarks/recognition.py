"""How well and how fast speech is recognised: `python -m benchmarks.recognition SPEECH WORDS [--asr NAME]`.

SPEECH and WORDS are a sound and its TextGrid (or another transcript with word times), or a folder of sounds and a table
of "name <tab> what is said" (`--last N` takes the last N lines); without word times in the table, the reference is the
forced alignment of what is said, so an onset then counts only what other words did to it. The control is the same
answer held against the words in reverse. Peak memory is the whole process's: ask for one recogniser at a time.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from tyro.conf import Positional, arg

from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.metrics.word_errors import word_errors
from exges_core.speech import model_files, word_cache
from exges_core.speech.recognise import recognise
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.words import Transcript, Word

NEAR_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What to hear."""

    speech: Annotated[Positional[Path], arg(metavar="SPEECH", help="A sound, or a folder of sounds.")]
    words: Annotated[Positional[Path], arg(metavar="WORDS", help="Its transcript, or a table of name and text.")]
    asr: str = model_files.recognisers_here()[0]
    last: int = 60


def utterances(options: Benchmark) -> Iterator[tuple[Waveform, tuple[Word, ...]]]:
    """Yield every sound and its true words with times."""
    if options.speech.is_file():
        waveform = read_waveform(options.speech)
        yield waveform, recognise(waveform, asr="none", transcript=read_transcript(options.words)).words
        return
    for row in options.words.read_text(encoding="utf-8").splitlines()[-options.last :]:
        name, said = row.split("\t")[:2]
        waveform = read_waveform(next(options.speech.glob(f"{Path(name).stem}.*")))
        yield waveform, recognise(waveform, asr="none", transcript=Transcript(words=None, text=said)).words


def plain(words: Sequence[Word]) -> list[tuple[str, Word]]:
    """Return words as they are compared: letters, digits and apostrophes, hyphens apart."""
    return [
        ("".join(letter for letter in part if letter.isalnum() or letter == "'"), word)
        for word in words
        for part in word.text.lower().replace("’", "'").replace("-", " ").split()
    ]


def onsets_s(spoken: Sequence[tuple[str, Word]], heard: Sequence[tuple[str, Word]]) -> list[float]:
    """Return how far off the starts of rightly heard words are."""
    matcher = SequenceMatcher(None, [text for text, _ in spoken], [text for text, _ in heard], autojunk=False)
    return [
        abs(spoken[a + at][1].start_s - heard[b + at][1].start_s)
        for a, b, size in matcher.get_matching_blocks()
        for at in range(size)
    ]


def main(options: Benchmark) -> None:
    """Print one table."""
    os.environ[word_cache.KEEP_WORDS] = "0"
    wrong = total = control = 0
    duration_s = spent_s = 0.0
    off_s: list[float] = []
    for waveform, known in utterances(options):
        began = time.perf_counter()
        found = recognise(waveform, asr=options.asr)
        spent_s += time.perf_counter() - began
        spoken, heard = plain(known), plain(found.words)
        texts = [text for text, _ in spoken]
        wrong += word_errors(texts, [text for text, _ in heard])
        control += word_errors(texts[::-1], [text for text, _ in heard])
        total += len(texts)
        duration_s += waveform.duration_s
        off_s += onsets_s(spoken, heard)
    off = np.array(off_s)
    print(f"{options.asr}: {total} words, {duration_s:.0f} s of speech")
    print(f"wrong {wrong / total:.1%} (against the words in reverse {control / total:.0%})")
    near = (off < NEAR_S).mean()
    print(f"onsets of {len(off)} right words: median {np.median(off) * 1e3:.0f} ms, within 100 ms {near:.1%}")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{spent_s:.1f} s, {spent_s / duration_s:.2f} of the speech's length; peak memory {peak_mb:.0f} MB")


if __name__ == "__main__":
    main(tyro.cli(Benchmark))
