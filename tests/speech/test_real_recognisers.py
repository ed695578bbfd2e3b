"""What real recognisers hear in the demo's speech, whose words are known: Moonshine, and Whisper's own tiny.en."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from speech.whisper_weights import write_tiny_en

from exges_core import assets
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.metrics.word_errors import word_errors
from exges_core.protocol import Progress
from exges_core.speech import moonshine
from exges_core.speech.recognise import Recognition, recognise
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.words import Word
from exges_core.timeline import AUDIO_RATE_HZ

NEAR_S = 0.1


@pytest.fixture(scope="module")
def demo() -> Waveform:
    return read_waveform(assets.DEMO_SPEECH)


@pytest.fixture(scope="module")
def known(demo: Waveform) -> tuple[Word, ...]:
    """Return the demo's words where the alignment of its true text places them."""
    return recognise(demo, asr="none", transcript=read_transcript(assets.DEMO_TRANSCRIPT)).words


def plain(words: Sequence[Word]) -> list[str]:
    return ["".join(letter for letter in word.text.lower() if letter.isalnum()) for word in words]


def assert_heard_well(found: Recognition, known: Sequence[Word], *, most_wrong: float) -> None:
    assert all(0.0 <= (word.confidence or 0.0) <= 1.0 for word in found.words)
    assert all(a.end_s <= b.start_s + 1e-6 for a, b in pairwise(found.words))
    assert word_errors(plain(known), plain(found.words)) <= most_wrong * len(known)
    times: dict[str, list[float]] = {}
    for text, word in zip(plain(known), known, strict=True):
        times.setdefault(text, []).append(word.start_s)
    off = [
        min(abs(word.start_s - start_s) for start_s in times[text])
        for text, word in zip(plain(found.words), found.words, strict=True)
        if text in times
    ]
    assert np.mean(np.array(off) < NEAR_S) > 0.9


@pytest.mark.usefixtures("moonshine_here")
class TestMoonshine:
    def test_the_words_and_their_times_are_right(self, demo: Waveform, known: tuple[Word, ...]) -> None:
        found = recognise(demo, asr="moonshine")
        assert (found.source, found.warnings) == ("moonshine", ())
        assert_heard_well(found, known, most_wrong=0.1)

    def test_other_words_in_the_same_places_count_as_wrong(self, demo: Waveform, known: tuple[Word, ...]) -> None:
        shuffled = plain(known)[::-1]
        assert word_errors(shuffled, plain(recognise(demo, asr="moonshine").words)) > 0.7 * len(shuffled)

    def test_a_quiet_voice_is_heard_as_a_loud_one(self, demo: Waveform) -> None:
        loud = demo.cut(0.0, 6.0)
        quiet = Waveform(samples=(loud.samples * 0.01).astype(np.float32))
        model = moonshine.load_moonshine()
        heard = [
            [plain(piece) for piece in moonshine.recognise_pieces(model, each, on_progress=lambda _: None)]
            for each in (loud, quiet)
        ]
        assert heard[0] == heard[1] != []

    def test_noise_gives_few_words_and_ends(self, generator: np.random.Generator) -> None:
        noise = Waveform(samples=(0.05 * generator.standard_normal(5 * AUDIO_RATE_HZ)).astype(np.float32))
        assert len(recognise(noise, asr="moonshine").words) <= 5

    def test_progress_grows_to_the_end(self, demo: Waveform) -> None:
        steps: list[Progress] = []
        model = moonshine.load_moonshine()
        moonshine.recognise_pieces(model, demo.cut(0.0, 3.0), on_progress=steps.append)
        fractions = [step.fraction for step in steps]
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0


def test_the_texts_of_tokens_have_lengths_of_one_or_two_bytes() -> None:
    long = b"x" * 300
    data = b"\x02ab" + b"\x00" + bytes([300 % 128 + 128, 300 // 128]) + long + b"\x01c"
    assert list(moonshine._token_texts(data)) == [b"ab", b"", long, b"c"]


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # Whisper's tokenizer leaves its table open
def test_whispers_real_weights_hear_the_words(
    demo: Waveform, known: tuple[Word, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    write_tiny_en(tmp_path / "whisper" / "tiny.en.pt")
    end_s = next(word.end_s for word in known if word.end_s > 8.0)
    found = recognise(demo.cut(0.0, end_s), asr="auto", device="cpu")
    assert found.source == "whisper:tiny.en"
    assert_heard_well(found, [word for word in known if word.end_s <= end_s], most_wrong=0.2)
