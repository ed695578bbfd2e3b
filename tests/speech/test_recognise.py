"""Where words come from: the order of precedence, what is refused, and an account of every fallback."""

import dataclasses
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from whisper.model import ModelDimensions, Whisper

from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.errors import Cancelled, CheckpointError, InputError, TranscriptError
from exges_core.protocol import Progress
from exges_core.speech.recognise import recognise
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.words import Transcript, Word
from exges_core.timeline import AUDIO_RATE_HZ


@pytest.fixture(autouse=True)
def whisper_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Begin every test with no model but PocketSphinx's and no word heard."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("EXGES_CACHE", str(tmp_path / "exges"))
    return tmp_path / "cache" / "whisper"


@pytest.fixture
def bursts(generator: np.random.Generator) -> Waveform:
    samples = 1e-3 * generator.standard_normal(5 * AUDIO_RATE_HZ)
    for start in range(8000, 72_000, 16_000):
        samples[start : start + 8000] += 0.1 * generator.standard_normal(8000)
    return Waveform(samples=samples.astype(np.float32))


def timed(*rows: tuple[str, float, float]) -> Transcript:
    words = tuple(Word(text=text, start_s=start_s, end_s=end_s) for text, start_s, end_s in rows)
    return Transcript(words=words, text=" ".join(word.text for word in words), kind="json")


ENGLISH, MULTILINGUAL = 51864, 51865
"""How many tokens Whisper's two kinds of models know."""

HELLO_IN_GERMAN = (7751, 50261, 50364)
"""The multilingual tokens for " hello", for German and for 0.00 s."""


def write_random_whisper(path: Path, *, tokens: int, always: Sequence[int] = ()) -> None:
    """Write a Whisper model of random weights: every line of loading and word timing runs, the words mean nothing.

    Of each kind of token, it predicts the one in `always` whatever it hears.
    """
    torch.manual_seed(0)
    dims = ModelDimensions(
        n_mels=80, n_audio_ctx=1500, n_audio_state=24, n_audio_head=2, n_audio_layer=1,
        n_vocab=tokens, n_text_ctx=48, n_text_state=24, n_text_head=6, n_text_layer=4,
    )  # fmt: skip
    model = Whisper(dims)
    torch.nn.init.normal_(model.decoder.positional_embedding)  # Whisper leaves whatever the memory held
    if always:  # a decoder that ends in one vector, whatever went in, and tokens that lie along it
        torch.nn.init.zeros_(model.decoder.ln.weight)
        torch.nn.init.ones_(model.decoder.ln.bias)
        with torch.no_grad():
            for place, token in enumerate(always):
                model.decoder.token_embedding.weight[token] = 4.0 - place
    torch.save({"dims": dataclasses.asdict(dims), "model_state_dict": model.state_dict()}, path)


@pytest.fixture(scope="module")
def model_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("model") / "tiny.pt"
    write_random_whisper(path, tokens=ENGLISH)
    return path.read_bytes()


def assert_words_are_sound(words: tuple[Word, ...], duration_s: float) -> None:
    assert all(0 <= word.start_s <= word.end_s <= duration_s + 1e-6 and word.text.strip() for word in words)
    assert all(a.end_s <= b.start_s + 1e-6 for a, b in pairwise(words))


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # Whisper's tokenizer leaves its table open
def test_a_whisper_model_file_is_loaded_and_gives_timed_words(
    tmp_path: Path, model_bytes: bytes, bursts: Waveform
) -> None:
    (tmp_path / "own.pt").write_bytes(model_bytes)
    found = recognise(bursts, asr=f"whisper:{tmp_path / 'own.pt'}", device="cpu")
    assert found.source == "whisper:own"
    assert_words_are_sound(found.words, bursts.duration_s)
    assert found == recognise(bursts, asr=f"whisper:{tmp_path / 'own.pt'}", device="cpu")


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_another_language_keeps_whispers_own_times_and_it_is_said(tmp_path: Path, bursts: Waveform) -> None:
    write_random_whisper(tmp_path / "own.pt", tokens=MULTILINGUAL, always=HELLO_IN_GERMAN)
    found = recognise(bursts, asr=f"whisper:{tmp_path / 'own.pt'}", device="cpu")
    assert found.words
    assert "language" in found.warnings[0]
    assert "Whisper's own" in found.warnings[0]
    assert_words_are_sound(found.words, bursts.duration_s)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_auto_takes_a_cached_model_and_nothing_else(whisper_cache: Path, model_bytes: bytes, bursts: Waveform) -> None:
    short = bursts.cut(0.4, 1.4)
    without = recognise(short, asr="auto", device="cpu")
    assert without.source == "pocketsphinx"
    assert "exges models get moonshine" in without.warnings[0]
    assert not whisper_cache.exists()
    whisper_cache.mkdir(parents=True)
    (whisper_cache / "base.en.pt").write_bytes(b"damaged")
    damaged = recognise(short, asr="auto", device="cpu")
    assert damaged.source == "pocketsphinx"
    assert "cannot be used" in damaged.warnings[0]
    (whisper_cache / "base.en.pt").unlink()
    (whisper_cache / "tiny.en.pt").write_bytes(model_bytes)
    assert recognise(short, asr="auto", device="cpu").source == "whisper:tiny.en"


def test_a_recogniser_that_was_not_fetched_is_refused_with_the_command_that_fetches_it(bursts: Waveform) -> None:
    with pytest.raises(CheckpointError, match="exges models get moonshine"):
        recognise(bursts, asr="moonshine")


@pytest.mark.parametrize("asr", ["", "google", "whisper:", "moonshine:base"])
def test_an_unknown_recogniser_is_refused(asr: str, bursts: Waveform) -> None:
    with pytest.raises(InputError, match="expected"):
        recognise(bursts, asr=asr, device="cpu")


@pytest.mark.parametrize("content", [None, b"", b"text", b"\x80\x02}q\x00."])
def test_a_missing_or_damaged_model_file_is_refused(tmp_path: Path, content: bytes | None, bursts: Waveform) -> None:
    if content is not None:
        (tmp_path / "bad.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"bad\.pt"):
        recognise(bursts, asr=f"whisper:{tmp_path / 'bad.pt'}", device="cpu")


def test_silence_has_no_words_and_says_so() -> None:
    silence = Waveform(samples=np.zeros(AUDIO_RATE_HZ, dtype=np.float32))
    found = recognise(silence, asr="auto")
    assert (found.words, found.source) == ((), "none")
    assert "silent" in found.warnings[0]
    with pytest.raises(TranscriptError, match="does not match"):
        recognise(silence, asr="auto", transcript=timed(("hello", 0.1, 0.5)))


def test_none_recognises_nothing(bursts: Waveform) -> None:
    found = recognise(bursts, asr="none")
    assert (found.words, found.source, found.warnings) == ((), "none", ())


def test_a_transcript_with_times_is_used_as_it_is(bursts: Waveform) -> None:
    transcript = timed(("uno", 0.5, 1.0), ("dos", 1.5, 2.0), ("tres", 2.5, 3.0))
    found = recognise(bursts, asr="auto", transcript=transcript)
    assert (found.words, found.source, found.warnings) == (transcript.words, "json", ())


def test_times_past_the_end_are_cut_within_a_second_and_refused_beyond(bursts: Waveform) -> None:
    near = recognise(bursts, asr="none", transcript=timed(("a", 0.5, 1.0), ("b", 4.5, 5.5), ("c", 5.5, 5.9)))
    assert [(word.start_s, word.end_s) for word in near.words] == [(0.5, 1.0), (4.5, 5.0)]
    assert "past the end" in near.warnings[0]
    with pytest.raises(TranscriptError, match="does not match"):
        recognise(bursts, asr="none", transcript=timed(("a", 0.5, 1.0), ("b", 5.5, 6.2)))


def test_a_timecode_that_begins_elsewhere_is_said(bursts: Waveform) -> None:
    with pytest.raises(TranscriptError, match="start from somewhere else"):
        recognise(bursts, asr="none", transcript=timed(("a", 3600.5, 3601.0), ("b", 3602.0, 3602.5)))


def test_words_where_nobody_speaks_are_refused(bursts: Waveform) -> None:
    rows = [(f"w{at}", at + 1.05, at + 1.45) for at in range(4)]
    with pytest.raises(TranscriptError, match="pauses"):
        recognise(bursts, asr="none", transcript=timed(*rows))


def test_cues_that_cannot_be_aligned_are_spread_by_length_and_it_is_said(bursts: Waveform) -> None:
    cues = (
        Word(text="お は よう", start_s=0.5, end_s=1.0),
        Word(text="さようなら", start_s=1.5, end_s=2.0),
        Word(text="ça va là", start_s=2.5, end_s=3.0),
    )
    found = recognise(bursts, asr="none", transcript=Transcript(words=None, text="", cues=cues, kind="srt"))
    assert [(word.text, word.start_s) for word in found.words] == [
        ("お", 0.5), ("は", pytest.approx(0.625)), ("よう", 0.75),
        ("さ", 1.5), ("よ", pytest.approx(1.6)), ("う", pytest.approx(1.7)), ("な", pytest.approx(1.8)),
        ("ら", pytest.approx(1.9)), ("ça", 2.5), ("va", pytest.approx(2.5 + 1 / 6)), ("là", pytest.approx(2.5 + 1 / 3)),
    ]  # fmt: skip
    assert found.source == "srt"
    assert "2 of 3 cues are written without spaces" in found.warnings[0]
    assert "in 1 of 3 cues words are placed by their length" in found.warnings[1]


def test_spread_words_leave_out_the_pause_inside_a_cue(bursts: Waveform) -> None:
    cue = Word(text="さようなら", start_s=0.5, end_s=2.0)  # the sound pauses from 1.0 to 1.5
    found = recognise(bursts, asr="none", transcript=Transcript(words=None, text="", cues=(cue,), kind="srt"))
    inside = [word for word in found.words if not (word.end_s <= 1.04 or word.start_s >= 1.46)]
    assert len(inside) <= 1  # the one that lies across the pause
    assert found.words[-1].end_s == pytest.approx(2.0)


def test_progress_can_cancel(bursts: Waveform) -> None:
    def cancel(_progress: Progress) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        recognise(bursts, asr="pocketsphinx", on_progress=cancel)


class TestRealSpeech:
    @pytest.fixture
    def waveform(self, real_clip_folder: Path) -> Waveform:
        return read_waveform(real_clip_folder / "2_scott_0_1_1.wav")

    @pytest.fixture
    def transcript(self, real_clip_folder: Path) -> Transcript:
        return read_transcript(real_clip_folder / "2_scott_0_1_1.TextGrid")

    def test_pocketsphinx_hears_most_words_at_their_times(self, waveform: Waveform, transcript: Transcript) -> None:
        start_s, end_s = 30.2, 36.0
        found = recognise(waveform.cut(start_s, end_s), asr="pocketsphinx").words
        assert_words_are_sound(found, end_s - start_s)
        assert transcript.words is not None
        said = [word for word in transcript.words if start_s <= word.start_s and word.end_s <= end_s]
        near = sum(any(a.text == b.text and abs(a.start_s + start_s - b.start_s) < 0.1 for a in found) for b in said)
        assert near > 0.6 * len(said)

    def test_its_own_transcript_fits(self, waveform: Waveform, transcript: Transcript) -> None:
        found = recognise(waveform, asr="auto", transcript=transcript)
        assert (found.words, found.source, found.warnings) == (transcript.words, "textgrid", ())

    def test_shifted_or_shuffled_transcripts_do_not(self, waveform: Waveform, transcript: Transcript) -> None:
        words = transcript.words
        assert words is not None
        rows = [(word.text, word.start_s, word.end_s) for word in words]
        texts = [word.text for word in words]
        shuffled = [(text, row[1], row[2]) for text, row in zip(texts[::-1], rows, strict=True)]
        late = [(text, low + 3, high + 3) for text, low, high in rows if high < 60]
        for wrong in (shuffled, late):
            with pytest.raises(TranscriptError, match="does not match"):
                recognise(waveform, asr="auto", transcript=timed(*wrong))

    def test_a_small_shift_is_used_and_said(self, waveform: Waveform, transcript: Transcript) -> None:
        assert transcript.words is not None
        rows = [(word.text, word.start_s + 0.5, word.end_s + 0.5) for word in transcript.words if word.end_s < 60]
        assert "0.5 s off" in recognise(waveform, asr="auto", transcript=timed(*rows)).warnings[0]

    def test_cues_are_aligned_inside_their_times(self, waveform: Waveform, transcript: Transcript) -> None:
        assert transcript.words is not None
        chosen = [transcript.words[:11], transcript.words[11:25]]
        cues = tuple(
            Word(text=" ".join(w.text for w in part), start_s=part[0].start_s - 0.1, end_s=part[-1].end_s + 0.05)
            for part in chosen
        )
        found = recognise(waveform, asr="auto", transcript=Transcript(words=None, text="", cues=cues, kind="vtt"))
        assert found.warnings == ()
        off_s = [
            abs(a.start_s - b.start_s)
            for part in [found.words]
            for a, b in zip(part, transcript.words[:25], strict=True)
        ]
        assert np.median(off_s) < 0.04
