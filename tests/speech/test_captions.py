"""What captions show and what is said: rolling lines, asides, names, scripts without spaces, words without times."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from speech.transcript_samples import eaf, eaf_tier, read

from exges_core import assets
from exges_core.audio.features import ENERGY, ONSET, audio_features
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.speech.asides import names_in, spoken_text
from exges_core.speech.captions import interleaved
from exges_core.speech.recognise import recognise
from exges_core.speech.segments import MAX_S, MIN_S, segment
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.units import is_spaceless, joined, units_of, word_count
from exges_core.speech.words import Transcript, Word

LINES = ["so when i have time", "to kill i like to", "play on the internet", "and close the door"]
SAID = " ".join(LINES)
FORMS = {
    "srt": ("{at}\n{low},000 --> {high},000\n{text}\n\n", ""),
    "vtt": ("{low}.000 --> {high}.000\n{text}\n\n", "WEBVTT\n\n"),
    "sbv": ("{low}.000,{high}.000\n{text}\n\n", ""),
}


def captions(form: str, *rows: tuple[int, int, str]) -> str:
    line, head = FORMS[form]
    return head + "".join(
        line.format(at=at, low=f"00:00:{low:02d}", high=f"00:00:{high:02d}", text=text)
        for at, (low, high, text) in enumerate(rows, 1)
    )


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("rows", [
    [(0, 2, LINES[0]), *((2 * at, 2 * at + 2, f"{LINES[at - 1]}\n{LINES[at]}") for at in (1, 2, 3))],
    [row for at in range(4) for row in ((2 * at, 2 * at + 1, "\n".join(LINES[max(0, at - 1) : at + 1])),
                                        (2 * at + 1, 2 * at + 2, LINES[at]))],
    [(0, 2, LINES[0]), *((2 * at, 2 * at + 2, f"{LINES[at - 1].capitalize()}. {LINES[at]}") for at in (1, 2, 3))],
    [(at, at + 1, " ".join(SAID.split()[: at + 1])) for at in range(len(SAID.split()))],  # painted on word by word
], ids=["two lines", "with flashes", "in one line", "growing"])  # fmt: skip
def test_rolling_captions_are_read_once_in_any_format(
    tmp_path: Path, form: str, rows: list[tuple[int, int, str]]
) -> None:
    found = read(tmp_path, f"a.{form}", captions(form, *rows))
    assert found.text == SAID
    assert any("rolling" in each for each in found.warnings)


def test_refrains_and_short_answers_are_no_rolling_captions(tmp_path: Path) -> None:
    song = ["we will", "we will", "rock you", "no", "no way", "yes", "sing it", "out loud"]
    found = read(tmp_path, "a.srt", captions("srt", *((at, at + 1, text) for at, text in enumerate(song))))
    assert found.text == " ".join(song)
    assert found.warnings == ()


@pytest.mark.parametrize("form", sorted(FORMS))
def test_an_overlap_of_cues_ends_where_the_next_begins(tmp_path: Path, form: str) -> None:
    rows = [(0, 3, LINES[0]), (2, 5, LINES[1]), (4, 7, LINES[2])]
    found = read(tmp_path, f"a.{form}", captions(form, *rows))
    assert [(cue.start_s, cue.end_s) for cue in found.cues] == [(0, 2), (2, 4), (4, 7)]
    assert "2 cues overlap" in found.warnings[0]


@pytest.mark.parametrize(("shown", "said"), [
    ("[Music]", ""), ("♪ we will ♪", "we will"), ("(applause) thank you", "thank you"), ("[BLANK_AUDIO]", ""),
    ("(crowd murmurs)", ""), (">> right", "right"), ("- Yes.\n- No.", "Yes.\nNo."), ("<i>so</i> {\\an8}it", "so it"),
    ("well (I think) so", "well (I think) so"), ("<font color=\"#fff\">hi</font>", "hi"), ("*laughs* oh", "oh"),
    ("a < b and c > d", "a < b and c > d"), ("2 * 3 * 4", "2 * 3 * 4"), ("（笑）はい", "はい"),
    ("well-known", "well-known"),
])  # fmt: skip
def test_what_is_not_said_goes_and_what_is_stays(shown: str, said: str) -> None:
    assert spoken_text(shown) == said


def test_one_bracketed_word_of_a_list_stays_but_for_sounds() -> None:
    assert spoken_text("(yes)", is_word=True) == "(yes)"
    assert spoken_text("(laughter)", is_word=True) == ""


@pytest.mark.parametrize(("lines", "names"), [
    (["Kim Example: so when", "Kim Example: to kill"], ("Kim Example",)),
    (["KIM: so", "when i have", "BEN: hm", "KIM: time", "to kill"], ("KIM", "BEN")),
    (["Kim: so", "Ben: hm"], ("Kim", "Ben")),
    (["Speaker 1: so when", "i have time"], ("Speaker 1",)),
    (["SPEAKER_00: so", "SPEAKER_01: hm"], ("SPEAKER_00", "SPEAKER_01")),
    ([">> Kim van Example: a", ">> Kim van Example: b"], ("Kim van Example",)),
    (["[Kim]: so", "[Kim]: hm"], ("Kim",)),
    (["Kim Example (0:03): so", "Kim Example (0:09): hm"], ("Kim Example",)),
    (["主持人：大家好", "嘉宾：你好"], ("主持人", "嘉宾")),
    (["Note: this is new", "and so on", "Note: that is old", "and more"], ()),
    (["we met at 3:30", "it is 4:15 now"], ()),
    (["I said: go", "he said: no"], ()),
    (["Breaking News: it rains", "and so on", "all day"], ()),
    (["the answer: none", "the question: why"], ()),
    (["http://a.b", "http://c.d"], ()),
])  # fmt: skip
def test_names_before_a_colon_recur_and_are_written_as_names(lines: list[str], names: tuple[str, ...]) -> None:
    assert names_in(lines) == names


def test_names_are_no_speech_in_captions_and_text(tmp_path: Path) -> None:
    lines = [f"Kim Example: {line}" for line in LINES]
    rows = [(2 * at, 2 * at + 2, line) for at, line in enumerate(lines)]
    for name, content in (("a.vtt", captions("vtt", *rows)), ("a.txt", "\n".join(lines))):
        found = read(tmp_path, name, content)
        assert (found.text, found.speakers) == (SAID, ("Kim Example",))
        assert "Kim Example" in found.warnings[0]


def test_two_people_in_one_cue_share_its_time(tmp_path: Path) -> None:
    rows = [(0, 3, "- Kim: so when\n- Ben: hm"), (3, 6, "Kim: i have\nBen: yes")]
    found = read(tmp_path, "a.srt", captions("srt", *rows))
    edge_s = pytest.approx(3 * len("so when") / len("so whenhm"))
    got = [(cue.text, cue.start_s, cue.end_s) for cue in found.cues]
    assert got[:2] == [("so when", 0, edge_s), ("hm", edge_s, 3)]
    assert found.speakers == ("Kim", "Ben")


@given(st.text(alphabet="私は昨日東京でキャッーっ。、「」（）สวัดีครับ่า今天很好ab1 …", max_size=40))
def test_units_lose_nothing_and_are_not_empty(text: str) -> None:
    units = units_of(text)
    assert "".join(units) == "".join(text.split())
    assert all(unit.strip() for unit in units)
    assert "".join(joined(units).split()) == "".join(text.split())


@pytest.mark.parametrize(("text", "count"), [
    ("私は昨日東京で友達と会いました。", 15), ("今天天气很好，我们去公园吧。", 12), ("キャッチボール", 4),
    ("hello there", 2), ("はい", 1), ("お は よう", 3), ("iPhoneを買いました", 7),
])  # fmt: skip
def test_scripts_without_spaces_count_by_characters(text: str, count: int) -> None:
    assert len(units_of(text)) == count
    assert joined(units_of(text)).replace(" ", "") == text.replace(" ", "")


def test_a_word_of_such_a_script_in_a_list_stays_one() -> None:
    assert word_count("友達") == 1
    assert word_count("私は昨日東京で友達と会いました。") > 1
    assert is_spaceless("私はAndroidを使っていますね本当に")
    assert not is_spaceless("the word 東京")


def bursts(duration_s: float, generator: np.random.Generator) -> Waveform:
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * np.arange(round(16_000 * duration_s)) / 16_000)
    return Waveform(samples=(0.1 * syllables * generator.standard_normal(syllables.size)).astype(np.float32))


def test_japanese_cues_give_segments_of_a_second_or_two(tmp_path: Path, generator: np.random.Generator) -> None:
    text = ["私は昨日東京で友達と会いました。", "とても楽しかったです。", "それから映画を見ました。"]
    known = read(tmp_path, "a.srt", captions("srt", *((4 * at, 4 * at + 3, line) for at, line in enumerate(text))))
    waveform = bursts(12.0, generator)
    found = recognise(waveform, asr="none", transcript=known)
    segments = segment(found.words, waveform)
    assert all(MIN_S - 1e-6 <= each.end_s - each.start_s <= MAX_S + 1e-6 for each in segments)
    assert "".join(each.text for each in segments) == "".join(text)
    assert all("English" not in each for each in found.warnings)


@given(
    st.lists(st.lists(st.tuples(st.floats(0, 9), st.floats(0.01, 2)), min_size=1, max_size=6), min_size=1, max_size=3)
)
def test_merged_speakers_keep_every_word_and_never_overlap(lanes: list[list[tuple[float, float]]]) -> None:
    made = [
        [Word(text=f"{lane}-{at}", start_s=low, end_s=low + length) for at, (low, length) in enumerate(sorted(rows))]
        for lane, rows in enumerate(lanes)
    ]
    words, order, at_once_s = interleaved(made)
    flat = [word.text for lane in made for word in lane]
    assert [flat[at] for at in order] == [word.text for word in words]
    assert sorted(word.text for word in words) == sorted(flat)
    assert all(a.end_s <= b.start_s + 1e-9 and b.start_s <= b.end_s + 1e-9 for a, b in pairwise(words))
    assert at_once_s >= 0


@pytest.fixture(scope="module")
def demo() -> tuple[Waveform, tuple[Word, ...]]:
    """Return the first seconds of the shipped speech and its words."""
    words = [
        Word(text=each["text"], start_s=each["start_s"], end_s=each["end_s"])
        for each in json.loads((assets.LIBRARY.parent / "demo.json").read_text())["words"]
    ]
    near = tuple(word for word in words if word.end_s < 6.0)
    return read_waveform(assets.LIBRARY.parent / "demo.flac").cut(0.0, 6.3), near


def rows_of(words: tuple[Word, ...], without: set[int]) -> list[dict[str, object]]:
    times = [{} if at in without else {"start": word.start_s, "end": word.end_s} for at, word in enumerate(words)]
    return [{"word": word.text, **time} for word, time in zip(words, times, strict=True)]


def test_words_without_times_are_aligned_between_their_neighbours(
    tmp_path: Path, demo: tuple[Waveform, tuple[Word, ...]]
) -> None:
    waveform, words = demo
    without = {2, 3, 6, len(words) - 1}
    known = read(tmp_path, "a.json", {"segments": [{"words": rows_of(words, without)}]})
    assert known.untimed == tuple(sorted(without))
    found = recognise(waveform, asr="none", transcript=known)
    assert [word.text for word in found.words] == [word.text for word in words]
    assert max(abs(found.words[at].start_s - words[at].start_s) for at in without) < 0.06
    kept = [at for at in range(len(words)) if at not in without]
    assert [found.words[at] for at in kept] == [words[at] for at in kept]
    assert "words without times: 4 (aligned to the sound: 4)" in found.warnings


def test_segments_without_words_among_others_are_aligned_too(
    tmp_path: Path, demo: tuple[Waveform, tuple[Word, ...]]
) -> None:
    waveform, words = demo
    first, rest = words[:4], words[4:]
    bare = {"text": " ".join(word.text for word in first), "start": first[0].start_s, "end": first[-1].end_s}
    known = read(tmp_path, "a.json", {"segments": [bare, {"words": rows_of(rest, set())}]})
    found = recognise(waveform, asr="none", transcript=known)
    assert max(abs(a.start_s - b.start_s) for a, b in zip(found.words, words, strict=True)) < 0.06


def test_words_that_leave_no_room_share_their_neighbours_time(tmp_path: Path) -> None:
    rows = [{"word": "in", "start": 0.0, "end": 0.5}, {"word": "2024"}, {"word": "we", "start": 0.5, "end": 0.8}]
    found = read(tmp_path, "a.json", {"words": rows})
    assert found.words is not None
    assert all(word.end_s - word.start_s > 0.1 for word in found.words)
    assert (found.words[0].start_s, found.words[-1].end_s) == (0.0, 0.8)
    assert found.untimed == (1,)


@given(without=st.sets(st.integers(0, 9)), count=st.integers(2, 10))
def test_any_words_may_lack_their_times(
    tmp_path_factory: pytest.TempPathFactory, without: set[int], count: int
) -> None:
    words = tuple(Word(text=f"w{at}", start_s=at * 0.4, end_s=at * 0.4 + 0.3) for at in range(count))
    found = read(tmp_path_factory.mktemp("lack"), "a.json", rows_of(words, without))
    if set(range(count)) <= without:
        assert found.words is None
        return
    assert found.words is not None
    assert [word.text for word in found.words] == [word.text for word in words]
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(found.words))
    assert set(found.untimed) == without & set(range(count))


def test_elan_slots_without_a_value_lie_between_their_neighbours_and_it_is_said(tmp_path: Path) -> None:
    tier = eaf_tier("words", ("so", 0, 1), ("when", 1, 2), ("i", 2, 3))
    found = read(tmp_path, "a.eaf", eaf(tier, slots=("1000", None, None, "1600")))
    assert found.words is not None
    assert [word.start_s for word in found.words] == pytest.approx([1.0, 1.2, 1.4])
    assert found.untimed == (0, 1, 2)
    assert any("no time in ELAN" in each for each in found.warnings)


def test_a_text_of_two_is_aligned_whole_and_one_speaker_kept(
    tmp_path: Path, demo: tuple[Waveform, tuple[Word, ...]]
) -> None:
    waveform, words = demo
    texts = [word.text for word in words]
    body = f"Kim: {' '.join(texts[:4])}\nBen: {' '.join(texts[4:])}\n"
    (tmp_path / "a.txt").write_text(body)
    known = read_transcript(tmp_path / "a.txt", speaker="Ben")
    found = recognise(waveform, asr="none", transcript=known)
    assert [word.text for word in found.words] == texts[4:]
    assert abs(found.words[0].start_s - words[4].start_s) < 0.06


def test_a_pasted_transcript_in_whole_seconds_is_aligned_whole(
    tmp_path: Path, demo: tuple[Waveform, tuple[Word, ...]]
) -> None:
    waveform, words = demo
    lines = [
        f"0:{int(words[at].start_s):02d}\n{' '.join(word.text for word in words[at : at + 4])}\n" for at in (0, 4, 8)
    ]
    found = recognise(waveform, asr="none", transcript=read(tmp_path, "a.txt", "".join(lines)))
    assert [word.text for word in found.words] == [word.text for word in words[:12]]
    off_s = [abs(a.start_s - b.start_s) for a, b in zip(found.words, words, strict=False)]
    assert sorted(off_s)[-2] < 0.06
    assert (found.source, found.warnings) == ("stamped text", ())


@pytest.mark.parametrize("gain_db", [-20, -40, -50])
def test_quiet_recordings_align_as_loud_ones(demo: tuple[Waveform, tuple[Word, ...]], gain_db: float) -> None:
    waveform, words = demo
    steps = np.round(waveform.samples * 10 ** (gain_db / 20) * 32767) / 32767  # as a 16-bit file has it
    quiet = Waveform(samples=steps.astype(np.float32))
    text = Transcript(words=None, text=" ".join(word.text for word in words))
    whole = Word(text=text.text, start_s=words[0].start_s, end_s=words[-1].end_s)
    for known in (text, Transcript(words=None, text=text.text, cues=(whole,), kind="srt")):
        found = recognise(quiet, asr="none", transcript=known)
        loud = recognise(waveform, asr="none", transcript=known)
        off_s = [abs(a.start_s - b.start_s) for a, b in zip(found.words, loud.words, strict=True)]
        assert np.median(off_s) < 0.02
        assert sorted(off_s)[-2] < 0.06  # one word may fall on the other side of the breath before it
    timed = Transcript(words=words, text=text.text, kind="json")
    assert recognise(quiet, asr="none", transcript=timed).warnings == ()
    assert segment(words, quiet) == segment(words, waveform)


def test_features_of_a_quiet_voice_are_those_of_a_loud_one(demo: tuple[Waveform, tuple[Word, ...]]) -> None:
    loud = audio_features(demo[0])
    quiet = audio_features(Waveform(samples=demo[0].samples * np.float32(0.01)))
    assert np.abs(loud[:, ENERGY] - quiet[:, ENERGY]).max() < 1e-3
    assert np.abs(loud[:, ONSET] - quiet[:, ONSET]).max() < 0.1


def test_quiet_noise_and_digital_silence_stay_silent(generator: np.random.Generator) -> None:
    for level in (0.0, 1e-5, 3e-4):
        hiss = Waveform(samples=(level * generator.standard_normal(64_000)).astype(np.float32))
        assert recognise(hiss, asr="auto").source == "none"
        assert segment((), hiss) == ()
