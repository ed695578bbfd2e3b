"""Make the demo speech that ships with the package: `python -m training.corpus.demo`. Only that."""

from __future__ import annotations

import argparse
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np

from exges_core.audio.waveform import Waveform, write_waveform
from training.corpus.script import Sentence
from training.corpus.speech.speaking import speak
from training.corpus.speech.voices import voice_of
from training.corpus.text.annotation import annotate_text

ASSETS = Path(__file__).resolve().parents[2] / "exges_core" / "assets"
VOICE_ID, SEED = "festival_slt", 7
TEXT = (
    "Hello everyone, and welcome! Generally, people talk with their hands. This gesture, or that one?"
    " On the one hand it can be very small, on the other hand it can be huge. First listen, second feel, third move!"
    " Why does it work? I don't know, but suddenly the whole thing is energetic, and alive."
)
PAUSE_SCALE = 0.6
LICENCE = (
    "Text: written for this project, Apache-2.0. Sound: synthesised by Festival with festvox-us-slt-hts from Debian"
    " main (CMU ARCTIC slt, copyright 2003 Carnegie Mellon University; HTS models, Nagoya Institute of Technology):"
    " free to use and distribute without restriction under its EST and BSD-3-clause terms, which claim nothing of the"
    " output. The recording may be redistributed under Apache-2.0."
)


def _brisk(sentence: Sentence) -> Sentence:
    words = (replace(word, pause_after_s=PAUSE_SCALE * word.pause_after_s) for word in sentence.words)
    return replace(sentence, words=tuple(words))


def make_demo(folder: Path) -> float:
    """Write demo.flac, demo.txt and demo.json into a folder; return the length in seconds.

    Raises:
        InputError: if the synthesiser is missing.
        OutputError: if the folder cannot be written.
    """
    voice = voice_of(VOICE_ID)
    sentences = [_brisk(sentence) for sentence in annotate_text(TEXT)]
    take = speak(sentences, voice, generator=np.random.default_rng(SEED), take_id="demo")
    write_waveform(folder / "demo.flac", Waveform(samples=take.samples))
    (folder / "demo.txt").write_text(TEXT + "\n", encoding="utf-8")
    provenance = {
        "made_by": "python -m training.corpus.demo",
        "engine": _festival_version(),
        "voice": f"{voice.name} ({voice.id})",
        "seed": SEED,
        "text": TEXT,
        "duration_s": round(take.duration_s, 3),
        "words": [
            {"text": word.text, "start_s": round(word.start_s, 3), "end_s": round(word.end_s, 3)} for word in take.words
        ],
        "licence": LICENCE,
    }
    (folder / "demo.json").write_text(json.dumps(provenance, indent=1) + "\n", encoding="utf-8")
    return take.duration_s


def _festival_version() -> str:
    done = subprocess.run(["festival", "--version"], capture_output=True, text=True, check=True)  # noqa: S607
    return done.stdout.strip().removeprefix("festival: ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ASSETS)
    print(f"{make_demo(parser.parse_args().out):.1f} s")
