"""Words in Blender: who hears them, the model that is brought, the list of doubtful ones, texts as transcripts."""

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.blender


@pytest.fixture(scope="module")
def found(run_steps: Any) -> dict[str, Any]:
    standin = str(Path(__file__).with_name("standin_worker.py"))
    return run_steps("words", standin, str(ROOT), sys.executable, source=True)


def test_without_a_model_the_panel_offers_it_and_says_why(found: dict[str, Any]) -> None:
    assert {"Automatic: PocketSphinx", "Get Speech Model, 64 MB"} <= set(found["before"])
    assert "PocketSphinx gets about one word" in " ".join(found["before"])


def test_nothing_is_fetched_while_blender_may_not_go_online_unless_the_wheel_is_here(found: dict[str, Any]) -> None:
    can, reason = found["offline"]
    assert not can
    assert "online access is off" in reason
    assert found["offline_with_wheel"] == ""


@pytest.mark.parametrize(
    ("asr", "words"),
    [
        ("moonshine", "recogniser Moonshine. Get it in the Speech panel"),
        ("whisper:base", "recogniser Whisper base. Get it in the Speech panel"),
        ("nonsense", "'nonsense'"),
        ("whisper:", "'whisper:'"),
    ],
)
def test_a_recogniser_that_is_not_here_greys_the_buttons_and_nothing_takes_its_place(
    found: dict[str, Any], asr: str, words: str
) -> None:
    assert all(words in each for each in found["reasons"][asr][:2])
    assert found["reasons"][asr][2] != ""


def test_the_chosen_model_is_the_one_that_is_offered(found: dict[str, Any]) -> None:
    assert "Get Whisper base, 145 MB" in found["offered_whisper"]
    assert "Get Speech Model, 64 MB" not in found["offered_whisper"]


def test_none_makes_a_take_but_hears_nothing(found: dict[str, Any]) -> None:
    for_take, for_words, pressed = found["reasons"]["none"]
    assert (for_take, pressed) == ("", "")
    assert "No recogniser" in for_words


def test_with_a_transcript_no_recogniser_is_needed(found: dict[str, Any]) -> None:
    assert found["reasons"]["with_transcript"] == ""


def test_a_fetch_that_fails_or_is_cancelled_is_told(found: dict[str, Any]) -> None:
    assert "expected sound, got noise" in found["refused_fetch"]
    assert found["cancelled_fetch"] == ["Cancelled", "The speech model download was cancelled."]


def test_the_model_arrives_in_the_engines_cache_and_the_panel_shows_it(found: dict[str, Any]) -> None:
    assert found["fetched"] == ""
    assert found["fetched_into"] == [True]
    assert not found["nobodys"]
    assert found["fine_now"] == ""
    assert "Moonshine" in found["after"]
    assert not any("Get Speech Model" in each for each in found["after"])
    assert "Automatic: Moonshine" in found["automatic"]


def test_words_are_heard_and_listed_with_those_of_low_confidence(found: dict[str, Any]) -> None:
    assert found["hear"] == ""
    assert found["said"] == "Automatic: 3 words, 1 of them doubtful. The sound is quiet."
    assert found["heard"] == ["auto", ["well", "hello", "there"], ["hello"]]
    assert "0:00.0 well hello there" in found["listed"]
    assert {"Automatic: 3 words", "1 doubtful, click to jump there:", "0:00.6  hello", "31%"} <= set(found["listed"])
    assert found["jumped"] == 31 + 12


def test_what_is_said_around_the_current_frame_is_shown(found: dict[str, Any]) -> None:
    assert found["near"] == ["0123", "0123", "0123", "2345", "2345", "01"]


def test_words_are_marked_before_there_is_a_take(found: dict[str, Any]) -> None:
    assert found["marked"] == ["", [["hello", 43], ["there", 51], ["well", 35]]]


def test_words_stay_with_the_file_and_say_when_they_are_of_other_speech(found: dict[str, Any]) -> None:
    assert found["reopened"] == ["well", "hello", "there"]
    assert found["other_speech"]


def test_another_cache_folder_is_another_engine(found: dict[str, Any]) -> None:
    assert found["cache_folder_followed"] == [True, True]


def test_words_become_a_text_whose_correction_is_the_transcript(found: dict[str, Any]) -> None:
    assert found["to_text"] == ""
    assert found["text"] == ["Words of Body", "well hello there\n"]
    assert found["generate"] == ""
    assert found["take"] == ["Words of Body", "auto", "alignment", ""]
    assert found["take_words"] == [
        "Transcript, timed by the sound",
        ["well", "met", "by", "moonlight", "proud", "titania"],
    ]
    assert "The recogniser gives no confidence" in " ".join(found["take_listed"])


def test_a_pasted_text_is_the_transcript_and_an_empty_one_is_refused(found: dict[str, Any]) -> None:
    assert "clipboard holds no text" in found["empty_clipboard"]
    assert found["pasted"] == ["", "one two"]
    assert "No words in the Text 'Transcript'" in found["empty_text"]


def test_a_take_remembers_who_heard_it_and_gives_it_back(found: dict[str, Any]) -> None:
    assert found["pocketsphinx"] == "pocketsphinx"
    assert {"Words from", "Text"} <= set(found["differences"])
    assert found["reused"] == ["auto", "Words of Body"]
    assert found["reused_second"] == ["pocketsphinx", True]
    assert found["chosen"] == ["", "moonshine"]
    assert "no recogniser 'nonsense'" in found["chosen_nonsense"]


def test_the_command_line_and_batches_name_the_recogniser(found: dict[str, Any]) -> None:
    assert (found["cli"], found["cli_asr"]) == (0, "pocketsphinx")
    assert found["cli_missing"] == 2
    assert (found["batch"], found["batch_asr"]) == (0, "moonshine")


def test_of_several_speakers_one_is_chosen(found: dict[str, Any]) -> None:
    assert found["speakers"] == [["anna", "ben"], []]
    is_drawn, reason, pressed = found["no_speaker"]
    assert is_drawn
    assert "choose another one" in reason
    assert pressed != ""
    assert found["ben"] == ["", "", "ben"]
    assert found["bens_words"] == ["", ["hello", "anna"]]
    assert found["all_words"] == ["", ["good", "morning", "hello", "anna"]]
    assert found["reused_speaker"] == "ben"


def test_subtitles_may_be_pasted(found: dict[str, Any]) -> None:
    assert found["pasted_subtitles"] == ["", "srt", "Transcript (srt)"]


def test_failures_are_said_and_leave_nothing(found: dict[str, Any]) -> None:
    assert "expected sound, got noise" in found["refuses"]
    assert "Press Hear Words to restart it" in found["dies_inside"]
    assert found["cancelled_hearing"] == "Speech recognition was cancelled."
    assert found["unchanged"]
    assert found["foreign_heard"]
    assert found["working_folders"] == []
    assert found["left"] == []


def test_the_real_engine_hears_real_speech(found: dict[str, Any]) -> None:
    assert found["real"] == ""
    asr, words = found["real_words"]
    assert asr == "pocketsphinx"
    assert words
    assert all(0.0 <= start_s < end_s <= 3.1 for _, start_s, end_s, _ in words)
    right = {text.lower().strip(".,") for text, *_ in words} & {text.lower() for text in found["true_words"]}
    assert len(right) >= len(found["true_words"]) / 3
