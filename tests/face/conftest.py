"""Takes that the face's tests share: a voice whose phones are known by construction, the demo's, two real ones."""

import re
from pathlib import Path

import numpy as np
import pytest
from face.takes import FORMANTS, Spoken, sound_of, spoken
from praatio import textgrid

from exges_core import assets
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.pipeline.analyse import Speech, hear, heard_in
from exges_core.speech.phones import Phone, Pronounced, pronounce
from exges_core.speech.words import Transcript, Word
from exges_core.timeline import AUDIO_RATE_HZ

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
VOICE = SHARED / "voices" / "kathleen"
SENTENCES = 12


@pytest.fixture(scope="session")
def synthetic() -> Spoken:
    """24 s of words made of p, b, m, f, v and vowels: buzzes and hiss, at two loudnesses, with pauses."""
    chances = np.random.default_rng(8)
    samples, phones, words = np.zeros(24 * AUDIO_RATE_HZ, np.float32), list[Phone](), list[Word]()
    at_s = 0.8
    while at_s < 21.0:
        begin_s, gain = at_s, float(chances.choice((0.05, 0.25)))
        for name in (chances.choice(list("PBMFVS")), *chances.permutation(list(FORMANTS))[:1]) * 2:
            length_s = float(chances.uniform(0.12, 0.25)) if name in FORMANTS else float(chances.uniform(0.05, 0.1))
            first, stop = round(at_s * AUDIO_RATE_HZ), round((at_s + length_s) * AUDIO_RATE_HZ)
            samples[first:stop] = gain * sound_of(str(name), stop - first, chances)
            phones.append(Phone(name=str(name), start_s=at_s, end_s=at_s + length_s, word=len(words)))
            at_s += length_s
        words.append(Word(text="word", start_s=begin_s, end_s=at_s))
        at_s += 1.0 if len(words) % 5 == 0 else 0.06
    heard = heard_in(Waveform(samples=samples), transcript=Transcript(words=tuple(words), text=""), asr="none")
    return spoken(Speech.of(heard), Pronounced(phones=tuple(phones), aligned=len(words)))


@pytest.fixture(scope="session")
def demo() -> Spoken:
    heard = hear(assets.DEMO_SPEECH, transcript=assets.DEMO_TRANSCRIPT)
    return spoken(Speech.of(heard), pronounce(heard.words, heard.waveform))


@pytest.fixture(scope="session")
def real() -> Spoken:
    """The real sample, with the phones that another aligner found."""
    folder = SHARED / "beat2_sample"
    if not (folder / "2_scott_0_1_1.wav").is_file():
        pytest.skip("the real BEAT2 sample is not on this machine (../shared/data/beat2_sample)")
    grid = folder / "2_scott_0_1_1.TextGrid"
    heard = hear(folder / "2_scott_0_1_1.wav", transcript=grid)
    tier = textgrid.openTextgrid(str(grid), includeEmptyIntervals=False).getTier("phones").entries
    named = [(re.sub(r"\d", "", each.label), each.start, each.end) for each in tier]
    phones = [each for each in named if re.fullmatch("[A-Z]+", each[0])]
    return spoken(Speech.of(heard), pronounce(heard.words, heard.waveform), phones)


@pytest.fixture(scope="session")
def kathleen() -> Spoken:
    """A dozen read sentences of another real voice, half a second apart."""
    if not (VOICE / "text.tsv").is_file():
        pytest.skip("the voice Kathleen is not on this machine (../shared/data/voices)")
    rows = [line.split("\t") for line in (VOICE / "text.tsv").read_text(encoding="utf-8").splitlines()[:SENTENCES]]
    pause = np.zeros(AUDIO_RATE_HZ // 2, np.float32)
    parts = [part for name, _ in rows for part in (read_waveform(VOICE / f"{name}.ogg").samples, pause)]
    text = Transcript(words=None, text=" ".join(said for _, said in rows))
    heard = heard_in(Waveform(samples=np.concatenate(parts)), transcript=text)
    return spoken(Speech.of(heard), pronounce(heard.words, heard.waveform))


@pytest.fixture(scope="session", params=["synthetic", "demo", "real", "kathleen"])
def take(request: pytest.FixtureRequest) -> Spoken:
    return request.getfixturevalue(request.param)
