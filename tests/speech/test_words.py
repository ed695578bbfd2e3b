"""Transcripts in: every format gives the same words; what is wrong is said with its place."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exges_core.errors import TranscriptError
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.untimed import spread
from exges_core.speech.words import Timed, Transcript, checked

TIMES = [("the", 0.1, 0.3), ("first", 0.3, 0.7), ("thing.", 1.2, 1.6)]


def textgrid(rows: list[tuple[str, float, float]], end_s: float = 2.0, tier: str = "words") -> str:
    head = (
        f'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = {end_s}\ntiers? <exists>\nsize = 1\n'
    )
    head += f'item []:\n    item [1]:\n        class = "IntervalTier"\n        name = "{tier}"\n'
    head += f"        xmin = 0\n        xmax = {end_s}\n"
    head += f"        intervals: size = {len(rows)}\n"
    return head + "".join(
        f'        intervals [{at}]:\n            xmin = {low}\n            xmax = {high}\n            text = "{text}"\n'
        for at, (text, low, high) in enumerate(rows, 1)
    )


def read(tmp_path: Path, name: str, content: str | bytes) -> Transcript:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_transcript(path)


def times(transcript: Transcript) -> list[tuple[str, float, float]]:
    assert transcript.words is not None
    return [(word.text, word.start_s, word.end_s) for word in transcript.words]


WHISPER = {
    "text": " the first thing.",
    "segments": [
        {"start": 0.1, "end": 0.7, "text": " the first", "words": [
            {"word": " the", "start": 0.1, "end": 0.3, "probability": 0.9},
            {"word": " first", "start": 0.3, "end": 0.7}]},
        {"start": 1.2, "end": 1.6, "text": " thing.", "words": [{"word": " thing.", "start": 1.2, "end": 1.6}]},
    ],
}  # fmt: skip
VTT = (
    "WEBVTT\n\n00:00.100 --> 00:00.700\nthe<00:00:00.300><c> first</c>\n\n00:01.200 --> 00:01.600\nthing.<00:01.600>\n"
)


@pytest.mark.parametrize(("name", "content"), [
    ("a.TextGrid", textgrid([("", 0, 0.1), *TIMES[:2], ("<sil>", 0.7, 1.2), TIMES[2], ("", 1.6, 2.0)])),
    ("a.json", json.dumps(WHISPER)),
    ("b.json", json.dumps([{"text": t, "start_s": a, "end_s": b} for t, a, b in TIMES])),
    ("c.json", json.dumps({"words": [{"word": t, "start": a, "end": b} for t, a, b in TIMES]})),
    ("without_suffix", json.dumps([{"text": t, "start": a, "end": b} for t, a, b in TIMES])),
    ("a.vtt", VTT),
    ("crlf.vtt", VTT.replace("\n", "\r\n")),
    ("bom.json", b"\xef\xbb\xbf" + json.dumps(WHISPER).encode()),
    ("wide.TextGrid", textgrid(TIMES).encode("utf-16")),
])  # fmt: skip
def test_every_format_with_word_times_gives_the_same_words(tmp_path: Path, name: str, content: str | bytes) -> None:
    assert times(read(tmp_path, name, content)) == [(t, pytest.approx(a), pytest.approx(b)) for t, a, b in TIMES]


SRT = "1\n00:00:00,100 --> 00:00:00,700\n<i>the first</i>\n\n2\n00:00:01,200 --> 00:00:01,600\n{\\an8}thing.\n"


@pytest.mark.parametrize(("name", "content"), [
    ("a.srt", SRT),
    ("srt.txt", SRT),
    ("no_blank_lines.srt", SRT.replace("\n\n", "\n")),
    ("a.vtt", "WEBVTT - title\nKind: captions\n\nNOTE an aside\nof two\n\nintro\n00:00.100 --> 00:00.700 align:start\n"
              "<v Ann>the first\n\n00:01.200 --> 00:01.600\nthing.\n"),
    ("a.json", json.dumps({"segments": [{"text": "the first", "start": 0.1, "end": 0.7},
                                        {"text": "thing.", "start": 1.2, "end": 1.6}]})),
])  # fmt: skip
def test_lines_with_times_are_cues_without_words(tmp_path: Path, name: str, content: str) -> None:
    found = read(tmp_path, name, content)
    assert found.words is None
    assert [(cue.text, cue.start_s, cue.end_s) for cue in found.cues] == [("the first", 0.1, 0.7), ("thing.", 1.2, 1.6)]
    assert found.text == "the first thing."


def test_plain_text_has_no_times(tmp_path: Path) -> None:
    found = read(tmp_path, "a.txt", "The first thing\nI like — to do…\n")
    assert (found.words, found.cues, found.text) == (None, (), "The first thing I like — to do…")


def test_rolling_captions_say_each_line_once(tmp_path: Path) -> None:
    rolling = (
        "WEBVTT\n\n00:00.000 --> 00:01.000\n \nhello<00:00.500><c> there</c>\n\n"
        "00:01.000 --> 00:01.010\nhello there\n \n\n"
        "00:01.010 --> 00:02.000\nhello there\ngood<00:01.500><c> friend</c>\n"
    )
    assert [word[0] for word in times(read(tmp_path, "a.vtt", rolling))] == ["hello", "there", "good", "friend"]


@pytest.mark.parametrize(("name", "content", "says"), [
    ("a.txt", b"", "empty"),
    ("a.txt", b" \n\n", "empty"),
    ("a.txt", b"... -- ...", "words"),
    ("a.txt", b"fine\nna\x81\xfe\x8d ve\n", "a.txt:2"),
    ("a.txt", b"RIFF\0\0\0\0WAVE", "binary"),
    ("a.srt", b"just words\nno times\n", "a.srt:1"),
    ("a.srt", b"1\n00:00:02,000 --> 00:00:01,000\nback\n", "a.srt:2"),
    ("a.srt", b"1\n-00:00:02,000 --> 00:00:01,000\nback\n", "a.srt:2"),
    ("a.srt", b"1\n00:00:00,000 -> 00:00:02,000\na\n", "a.srt:2"),
    ("a.srt", b"1\n00:00:00,0x0 --> 00:00:02,000\na\n", "a.srt:2"),
    ("a.vtt", b"00:00.000 --> 00:02.000\na\n", "a.vtt:1"),
    ("a.json", b'[{"text": "a", "start": 0,\n "end": }]', "a.json:2"),
    ("a.json", b'[{"text": "a", "start": -1, "end": 1}]', "word 1"),
    ("a.json", b'[{"text": "a", "start": 0, "end": 1}, {"text": "b", "start": 0.5, "end": 2}]', "word 2"),
    ("a.json", b'[{"text": "a", "end": 1}]', "start"),
    ("a.json", b'[{"text": "a", "start": "0", "end": 1}]', "'0'"),
    ("a.json", b'[{"text": "a", "start": NaN, "end": 1}]', "nan"),
    ("a.json", b'[1, 2]', "int"),
    ("a.json", b'"words"', "str"),
    ("a.json", b'{"foo": 1}', "foo"),
    ("a.json", b'[]', "at least one word"),
    ("a.TextGrid", b'File type = "ooTextFile"\nObject class = "TextGrid"\n', "a.TextGrid:"),
    ("a.TextGrid", b"hello there", "a.TextGrid:"),
    ("a.TextGrid", textgrid([("", 0, 2.0)]).encode(), "at least one word"),
    ("a.TextGrid", textgrid([("a", 0, 1.0), ("b", 0.5, 2.0)]).encode(), "a.TextGrid:"),
    ("a.TextGrid", textgrid([("a", 1.0, 0.5)]).encode(), "a.TextGrid:"),
])  # fmt: skip
def test_what_is_wrong_is_said_in_one_line_with_its_place(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    with pytest.raises(TranscriptError) as caught:
        read(tmp_path, name, content)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.txt", tmp_path):
        with pytest.raises(TranscriptError):
            read_transcript(path)


@given(
    content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    suffix=st.sampled_from(
        ["txt", "srt", "vtt", "json", "TextGrid", "eaf", "ass", "lrc", "ctm", "sbv", "tsv", "ttml", "csv", "x"]
    ),
)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str) -> None:
    path = tmp_path_factory.mktemp("any") / f"a.{suffix}"
    path.write_bytes(content)
    try:
        found = read_transcript(path)
    except TranscriptError:
        return
    assert found.text.strip()


@given(
    st.lists(st.sampled_from(["word", "a", "long-winded"]), min_size=1, max_size=20),
    st.floats(0, 100),
    st.floats(0.1, 9),
)
def test_spread_words_tile_their_time(words: list[str], start_s: float, duration_s: float) -> None:
    found = spread(" ".join(words), start_s, start_s + duration_s)
    assert [word for word, _, _ in found] == words
    assert found[0][1] == start_s
    assert found[-1][2] == pytest.approx(start_s + duration_s)
    assert all(a[2] == b[1] for a, b in pairwise(found))
    assert all(low <= high for _, low, high in found)


def test_a_small_overlap_is_cut() -> None:
    found = checked(
        [Timed(text="a", start_s=0.0, end_s=1.03, line=1), Timed(text="b", start_s=1.0, end_s=2.0, line=2)], "x"
    )
    assert [(word.start_s, word.end_s) for word in found] == [(0.0, 1.0), (1.0, 2.0)]


def test_the_real_transcript(real_clip_folder: Path) -> None:
    found = read_transcript(real_clip_folder / "2_scott_0_1_1.TextGrid")
    assert found.words is not None
    assert len(found.words) == 199
    assert (found.words[0].text, found.words[0].start_s, found.words[0].end_s) == ("the", 1.42, 1.52)


@pytest.mark.parametrize("content", [b"0", b"[]", b'"x"', b"{}", b"null", b'{"tiers": 3}'])
def test_json_that_is_no_textgrid_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.TextGrid"
    path.write_bytes(content)
    with pytest.raises(TranscriptError):
        read_transcript(path)
