"""The same three words or two lines, in every format that people have them in; other files are called what they are."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysubs2 import SSAEvent
from speech.transcript_samples import eaf, eaf_tier, read

from exges_core.errors import TranscriptError
from exges_core.speech import styled_subtitles

WORDS = [("the", 0.1, 0.3), ("first", 0.3, 0.7), ("thing.", 1.2, 1.6)]
LINES = [("the first", 0.1, 0.7), ("thing.", 1.2, 1.6)]


def each_word(**names: str) -> list[dict[str, Any]]:
    return [{names["text"]: text, names["start"]: start, names["end"]: end} for text, start, end in WORDS]


EAF_WORDS = eaf_tier("speech", ("the", 0, 1), ("first", 1, 2), ("thing.", 3, 4))
SECONDS = each_word(text="word", start="start", end="end")
MILLISECONDS = [{"text": text, "start": round(1000 * low), "end": round(1000 * high)} for text, low, high in WORDS]
REV = {"monologues": [{"speaker": 0, "elements": [
    {"type": "text", "value": "the", "ts": 0.1, "end_ts": 0.3, "confidence": 0.9}, {"type": "punct", "value": " "},
    {"type": "text", "value": "first", "ts": 0.3, "end_ts": 0.7}, {"type": "punct", "value": " "},
    {"type": "text", "value": "thing", "ts": 1.2, "end_ts": 1.6}, {"type": "punct", "value": "."}]}]}  # fmt: skip
AWS = {"jobName": "x", "results": {"transcripts": [{"transcript": "the first thing."}], "items": [
    *({"type": "pronunciation", "start_time": str(low), "end_time": str(high),
       "alternatives": [{"content": text.strip("."), "confidence": "0.98"}]} for text, low, high in WORDS),
    {"type": "punctuation", "alternatives": [{"content": ".", "confidence": "0.0"}]}]}}  # fmt: skip
GOOGLE = {
    "results": [
        {
            "alternatives": [
                {
                    "transcript": "the first thing.",
                    "words": [
                        {"word": text, "startTime": f"{low:.3f}s", "endTime": f"{high:.3f}s"}
                        for text, low, high in WORDS
                    ],
                }
            ]
        }
    ]
}
AZURE = {
    "recognizedPhrases": [
        {
            "nBest": [
                {
                    "display": "The first thing.",
                    "words": [
                        {"word": text, "offsetInTicks": low * 1e7, "durationInTicks": (high - low) * 1e7}
                        for text, low, high in WORDS
                    ],
                }
            ]
        }
    ]
}
SPEECHMATICS = {"results": [
    {"type": "word", "start_time": low, "end_time": high, "alternatives": [{"content": text}]}
    for text, low, high in WORDS]}  # fmt: skip
YOUTUBE = {"events": [
    {"tStartMs": 0, "dDurationMs": 9000, "id": 1},
    {"tStartMs": 100, "dDurationMs": 1500, "segs": [{"utf8": "the"}, {"utf8": " first", "tOffsetMs": 200}]},
    {"tStartMs": 700, "dDurationMs": 900, "aAppend": 1, "segs": [{"utf8": "\n"}]},
    {"tStartMs": 1200, "dDurationMs": 400, "segs": [{"utf8": "thing."}]}]}  # fmt: skip
HUGGING = {"text": "", "chunks": [{"text": text, "timestamp": [low, high]} for text, low, high in WORDS]}
CTM = ";; a comment\n" + "".join(f"take 1 {low} {high - low:.2f} {text} 0.9\n" for text, low, high in WORDS)


@pytest.mark.parametrize(("name", "content"), [
    ("a.ctm", CTM),
    ("ctm.txt", CTM),
    ("a.eaf", eaf(EAF_WORDS)),
    ("assemblyai.json", {"audio_duration": 2, "words": MILLISECONDS}),
    ("milliseconds_named.json", [{"text": t, "start_ms": 1000 * a, "end_ms": 1000 * b} for t, a, b in WORDS]),
    ("deepgram.json", {"results": {"channels": [{"alternatives": [{"transcript": "x", "words": SECONDS}]}]}}),
    ("rev.json", REV),
    ("aws.json", AWS),
    ("google.json", GOOGLE),
    ("azure.json", AZURE),
    ("speechmatics.json", SPEECHMATICS),
    ("watson.json", {"results": [{"alternatives": [{"timestamps": [list(word) for word in WORDS]}]}]}),
    ("empty.json", {"words": [], "segments": [{"words": SECONDS}], "text": "x"}),
    ("vosk.json", {"result": SECONDS, "text": "the first thing."}),
    ("hugging_face.json", HUGGING),
    ("youtube.json3.txt", YOUTUBE),
    ("premiere.json", {"segments": [{"words": [{"text": t, "start": a, "duration": b - a} for t, a, b in WORDS]}]}),
    ("aside.json", [*each_word(text="text", start="start", end="end"), {"text": "[Music]", "start": 1.7, "end": 2}]),
    ("words.lrc", "[ti:x]\n[00:00.10]<00:00.10>the <00:00.30>first <00:00.70>\n[00:01.20]<00:01.20>thing.<00:01.60>"),
])  # fmt: skip
def test_words_with_times_are_read_from_any_format(tmp_path: Path, name: str, content: Any) -> None:
    found = read(tmp_path, name, content)
    assert found.words is not None
    expected = WORDS if name != "youtube.json3.txt" else [WORDS[0], ("first", 0.3, 1.2), WORDS[2]]
    got = [(word.text, word.start_s, word.end_s) for word in found.words]
    assert got == [(t, pytest.approx(a, abs=2e-3), pytest.approx(b, abs=2e-3)) for t, a, b in expected]


ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,not said\n"
    "Dialogue: 0,0:00:00.10,0:00:00.70,Default,,0,0,0,,{\\i1}the{\\i0} first\n"
    "Dialogue: 1,0:00:00.10,0:00:00.70,Default,,0,0,0,,the first\n"
    "Dialogue: 0,0:00:01.20,0:00:01.60,Default,,0,0,0,,thing.\n"
    "Dialogue: 0,0:00:00.00,0:00:05.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}\n"
)
TTML = (
    '<?xml version="1.0" encoding="utf-16"?><tt xmlns="{ns}"><body><div><p begin="0.1s" end="0.7s">the<br/>first</p>'
    '<p begin="00:00:01.200" end="00:00:01.600"><span>thing.</span></p></div></body></tt>'
)


@pytest.mark.parametrize(("name", "content"), [
    ("a.sbv", "0:00:00.100,0:00:00.700\nthe\nfirst\n\n0:00:01.200,0:00:01.600\nthing.\n"),
    ("a.tsv", "start\tend\ttext\n100\t700\tthe first\n1200\t1600\tthing.\n"),
    ("labels.txt", "0.1\t0.7\tthe first\n\\\t100.0\t200.0\n1.2\t1.6\tthing.\n"),
    ("table.csv", 'Speaker,Start Time,End Time,Text\n,0:00:00.1,0:00:00.7,"the first"\n,0:00:01.2,0:00:01.6,thing.\n'),
    ("semicolon.csv", "text;start;duration\nthe first;0.1;0.6\nthing.;1.2;0.4\n"),
    ("ms.csv", "start,end,text\n100,700,the first\n1200,1600,thing.\n"),
    ("comma.txt", "0,1\t0,7\tthe first\n1,2\t1,6\tthing.\n"),
    ("a.ass", ASS),
    ("ass.txt", ASS),
    ("a.ttml", TTML.replace("{ns}", "http://www.w3.org/ns/ttml")),
    ("old.dfxp", TTML.replace("{ns}", "http://www.w3.org/2006/10/ttaf1")),
    ("srv1.xml", '<?xml version="1.0"?><transcript><text start="0.1" dur="0.6">the first</text>'
                 '<text start="1.2" dur="0.4">thing.</text></transcript>'),
    ("srv3.xml", '<timedtext format="3"><body><p t="100" d="600"><s>the</s><s t="3"> first</s></p>'
                 '<p t="1200" d="400">thing.</p></body></timedtext>'),
    ("micro.sub", "{1}{1}10\n{1}{7}the|first\n{12}{16}thing.\n"),
    ("whisper_cpp.json", {"transcription": [
        {"offsets": {"from": 100, "to": 700}, "text": " the first"},
        {"offsets": {"from": 1200, "to": 1600}, "text": "thing."}]}),
    ("milliseconds.json", {"utterances": [{"text": "the first", "start": 100, "end": 700},
                                          {"text": "thing.", "start": 1200, "end": 1600}]}),
    ("a.eaf", eaf(eaf_tier("speech", ("the first", 0, 2), ("thing.", 3, 4)))),
])  # fmt: skip
def test_lines_with_times_are_read_from_any_format(tmp_path: Path, name: str, content: Any) -> None:
    found = read(tmp_path, name, content)
    assert found.words is None
    got = [(cue.text, cue.start_s, cue.end_s) for cue in found.cues]
    assert got == [(t, pytest.approx(a), pytest.approx(b)) for t, a, b in LINES]


@pytest.mark.parametrize(("name", "content"), [
    ("a.lrc", "[ar:x]\n[00:00.10]the first\n[00:01.20]thing.\n[00:03.00]\n"),
    ("offset.lrc", "[offset:+100]\n[00:00.20]the first\n[00:01.30]thing.\n"),
    ("pasted.txt", "0:00.1\nthe first\n0:01.2\nthing.\n"),
    ("stamped.txt", "[0:00.1] the first\n[0:01.2] thing.\n"),
    ("a.smi", "<SAMI><BODY><SYNC Start=100><P>the first<SYNC Start=1200><P>thing.</BODY></SAMI>"),
])  # fmt: skip
def test_lines_without_an_end_last_to_the_next(tmp_path: Path, name: str, content: str) -> None:
    cues = read(tmp_path, name, content).cues
    assert [(cue.text, cue.start_s) for cue in cues] == [
        ("the first", pytest.approx(0.1)),
        ("thing.", pytest.approx(1.2)),
    ]
    assert cues[0].end_s <= 1.2 + 1e-9
    assert cues[1].end_s > 1.3


def test_times_are_in_milliseconds_only_where_words_would_last_minutes(tmp_path: Path) -> None:
    in_ms = read(tmp_path, "a.json", {"words": MILLISECONDS})
    assert any("milliseconds" in each for each in in_ms.warnings)
    whole = [{"text": "one rather long line of speech", "start": 0, "end": 9}, {"text": "hm", "start": 9, "end": 12}]
    in_s = read(tmp_path, "b.json", {"segments": whole})
    assert in_s.cues[-1].end_s == 12
    assert in_s.warnings == ()


@given(rate=st.floats(1.0, 30.0), count=st.integers(1, 30), is_ms=st.booleans())
def test_the_unit_is_told_at_any_rate_of_speech(
    tmp_path_factory: pytest.TempPathFactory, rate: float, count: int, is_ms: bool
) -> None:
    unit = 1000 if is_ms else 1
    length = 8 / rate * unit
    words = [{"text": "eightlet", "start": at * length, "end": (at + 1) * length} for at in range(count)]
    found = read(tmp_path_factory.mktemp("unit"), "a.json", words)
    assert found.words is not None
    assert found.words[-1].end_s == pytest.approx(8 / rate * count)


def test_confidence_comes_along(tmp_path: Path) -> None:
    whisper = read(
        tmp_path,
        "a.json",
        [{"word": "a", "start": 0, "end": 1, "probability": 0.25}, {"word": "b", "start": 1, "end": 2, "score": 7}],
    )
    assert whisper.words is not None
    assert [word.confidence for word in whisper.words] == [0.25, None]
    ctm = read(tmp_path, "a.ctm", CTM)
    assert ctm.words is not None
    assert {word.confidence for word in ctm.words} == {0.9}


def zipped(name: str) -> bytes:
    body = BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(name, "x")
    return body.getvalue()


@pytest.mark.parametrize(("name", "content", "says"), [
    ("notes.docx", zipped("word/document.xml"), "a Word document"),
    ("words.xlsx", zipped("xl/workbook.xml"), "an Excel workbook"),
    ("all.zip", zipped("a.srt"), "a ZIP archive"),
    ("a.pdf", b"%PDF-1.7\n\xe2\xe3", "a PDF"),
    ("a.rtf", b"{\\rtf1\\ansi hello}", "a Rich Text document"),
    ("a.txt", b"OggS\0\0", "a sound file"),
    ("a.m4a", b"\0\0\0\x18ftypM4A \0", "MP4 or M4A"),
    ("a.html", "<!DOCTYPE html><html><body>hello there</body></html>", "HTML"),
    ("a.xml", '<?xml version="1.0"?><score-partwise><part/></score-partwise>', "<score-partwise>"),
    ("a.fcpxml", "<?xml version='1.0'?><!DOCTYPE fcpxml><fcpxml/>", "Final Cut"),
    ("a.scc", "Scenarist_SCC V1.0\n\n00:00:01:00\t9420 9420\n", "Scenarist"),
    ("a.edl", "TITLE: x\nFCM: NON-DROP FRAME\n001 AX V C 00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\n", "EDL"),
    ("premiere.txt", "00:00:01:12 - 00:00:03:05\nhello there\n\n00:00:03:05 - 00:00:04:00\nyes\n", "frames"),
    ("frames.srt", "1\n00:00:01:12 --> 00:00:03:05\nhello\n", "frames"),
    ("a.ttml", '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="00:00:01:12" end="00:00:02:00">a</p></div>'
               "</body></tt>", "frames"),
    ("a.sub", "{25}{50}hello\n", "MicroDVD"),
    ("premiere.csv", '"Speaker","Start","End","Text"\n"Kim","00:00:01:12","00:00:02:10","hello"\n', "frames"),
    ("bad.csv", "start,text\nsoon,hello\n", "row 2"),
    ("a.bvh", "HIERARCHY\nROOT Hips\n{\n}\n", "motion"),
    ("a.eaf", "hello there", "EAF"),
    ("a.eaf", eaf(), "tiers"),
    ("a.eaf", eaf(EAF_WORDS).replace('"milliseconds"', '"PAL-frames"'), "PAL-frames"),
    ("a.eaf", eaf(eaf_tier("speech", ("the", 0, 9))), "time slots"),
    ("a.eaf", eaf(EAF_WORDS)[:-30], "a.eaf:2"),
    ("bomb.eaf", '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n'
                 "<ANNOTATION_DOCUMENT>&b;</ANNOTATION_DOCUMENT>", "bomb.eaf:2"),
    ("a.tsv", "start\tend\ttext\n100\tx\tthe\n", "a.tsv:2"),
    ("a.sbv", "0:00:02.000,0:00:01.000\nback\n", "a.sbv:1"),
    ("a.ctm", "one 1 0.1 0.2 the\ntwo 1 0.3 0.2 first\n", "one recording"),
    ("a.ass", "[Script Info]\n[Events]\nDialogue: nonsense\n", "a.ass"),
    ("a.jsonl", '{"id": "a", "audio": "b"}\n{"id": "b"}\n', "a.jsonl:2"),
])  # fmt: skip
def test_other_files_are_called_what_they_are(tmp_path: Path, name: str, content: str | bytes, says: str) -> None:
    with pytest.raises(TranscriptError) as caught:
        read(tmp_path, name, content)
    assert says in str(caught.value)
    assert "does not match" not in str(caught.value)
    assert "\n" not in str(caught.value)


JAPANESE = "今日はとてもいい天気ですね。公園を歩きました。"


@pytest.mark.parametrize(("text", "encoding"), [
    ("Das war für mich sehr schön.\nGröße und Maß.", "cp1252"),
    ("I don’t know – it’s “fine”.", "cp1252"),
    ("C'était très bien, où l’on va.", "mac_roman"),
    ("Příliš hezký den, děkuji.", "cp1250"),
    (JAPANESE, "cp932"),
    (JAPANESE, "euc_jp"),
    ("今天天气很好，我们去公园吧。", "gb18030"),
    ("今天天氣很好，我們去公園吧。", "big5"),
    ("오늘은 날씨가 좋아서 공원에 갔어요", "cp949"),
    ("Сегодня очень хорошая погода.", "cp1251"),
    ("Сегодня очень хорошая погода.", "koi8_r"),
    ("Σήμερα ο καιρός είναι πολύ καλός", "cp1253"),
    ("วันนี้อากาศดีมาก", "cp874"),
    ("היום מזג האוויר נעים מאוד", "cp1255"),
    ("الطقس اليوم جميل جدا", "cp1256"),
    ("The first thing, then: 1, 2.\n", "utf-16-le"),
    ("Das war für mich schön.\n", "utf-16-be"),
])  # fmt: skip
def test_other_encodings_are_found_out_and_it_is_said(tmp_path: Path, text: str, encoding: str) -> None:
    found = read(tmp_path, "a.txt", text.encode(encoding))
    assert found.text == " ".join(text.split())
    assert encoding.replace("_", "-").lower() in found.warnings[0].replace("_", "-").lower()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_that_say_so_themselves_are_no_news(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path, "a.txt", f"{JAPANESE} für".encode(encoding))
    assert (found.text, found.warnings) == (f"{JAPANESE} für", ())


@pytest.mark.parametrize("raw", [
    "ab\xa7cd \xd7ef\xfe gh".encode("latin-1"), b"fine\xff\xfe\x81\x9d ok then",
])  # fmt: skip
def test_an_encoding_that_cannot_be_told_is_refused_not_guessed(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(TranscriptError, match="UTF-8"):
        read(tmp_path, "a.txt", raw)


@pytest.mark.parametrize(
    ("escaped", "said"),
    [
        (r"a\ud83d\ude00", "a\N{GRINNING FACE}"),
        (r"a\uD83D", "a\N{REPLACEMENT CHARACTER}"),
        (r"a\ude00\ud83d", "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
        (r"a\\ud83d", r"a\ud83d"),  # a backslash, then letters
    ],
)
def test_half_of_a_character_is_marked_and_told(tmp_path: Path, escaped: str, said: str) -> None:
    content = f'[{{"text": "hello", "speaker": "{escaped}", "start_s": 0.5, "end_s": 0.9}}]'
    found = read(tmp_path, "a.json", content)
    assert found.speakers == (said,)
    assert any("halves of characters" in each for each in found.warnings) == ("\N{REPLACEMENT CHARACTER}" in said)


@given(
    st.lists(
        st.sampled_from(["{", "}", "\\p1", "\\p0", "\\r", "\\rTop", "\\pos(1,2)", "\\fnp1", "\\h", "\\N", "a ", "1"])
    )
)
def test_overrides_are_read_as_pysubs2_reads_them(parts: list[str]) -> None:
    event = SSAEvent(text="".join(parts))
    assert styled_subtitles.draws(event.text) == event.is_drawing
    assert styled_subtitles.plain(event.text) == event.plaintext
