"""Tiers are found by what they hold; several speakers are all read, or one of them; a menu names the same ones."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from praatio import textgrid
from praatio.utilities.constants import Interval, Point
from rich.console import Console
from speech.transcript_samples import eaf, eaf_tier, read

from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.batch.manifests import read_manifest
from exges_core.cli.main import parsed
from exges_core.errors import InputError, TranscriptError
from exges_core.pipeline.analyse import hear
from exges_core.protocol import decode, encode
from exges_core.speech.speakers import speakers_of
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.words import Transcript

_SAID = {
    "host": "so when i have time to kill i like to play on the internet",
    "guest": "and i pay close attention to what is new in the city",
    "phones": "S OW1 W EH1 N AY1 HH AE1 V T AY1 M T AH0 K IH1 L AY1 L AY1 K T UW1",
    "ipa": "s oʊ w ɛ n aɪ h æ v t aɪ m t ə k ɪ l aɪ l aɪ k t u",
}
HOST, GUEST, PHONES, IPA = (text.split() for text in _SAID.values())

Rows = list[tuple[float, float, str]]


def laid(words: list[str], start_s: float, step_s: float = 0.25) -> Rows:
    return [(start_s + at * step_s, start_s + (at + 1) * step_s, word) for at, word in enumerate(words)]


def saved(path: Path, *tiers: tuple[str, Rows], form: str = "long_textgrid", points: str = "") -> Path:
    grid = textgrid.Textgrid(0.0, 20.0)
    if points:
        grid.addTier(textgrid.PointTier(points, [Point(1.0, "the"), Point(2.0, "peak")], 0.0, 20.0))
    for name, rows in tiers:
        grid.addTier(textgrid.IntervalTier(name, [Interval(*row) for row in rows], 0.0, 20.0))
    grid.save(str(path), format=form, includeBlankSpaces=True)
    return path


def texts(found: Transcript) -> list[str]:
    assert found.words is not None
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(found.words))
    return [word.text for word in found.words]


WORDS = ("words", laid(HOST, 1.0))


@pytest.mark.parametrize("tiers", [
    [("phones", laid(PHONES, 1.0, 0.1)), WORDS],
    [("anna - phones", laid(PHONES, 1.0, 0.1)), ("anna - words", laid(HOST, 1.0))],
    [("MAU", laid(IPA, 1.0, 0.1)), ("ORT-MAU", laid(HOST, 1.0))],
    [("tier one", laid(IPA, 1.0, 0.1)), ("tier two", laid(HOST, 1.0))],
    [("words", laid(PHONES, 1.0, 0.1)), ("phones", laid(HOST, 1.0))],  # labels beat a name that lies
    [("a", []), ("b", laid(HOST, 1.0))],
    [("text", [(0.5, 6.0, " ".join(HOST))]), WORDS],
    [("gesture phase", laid(["prep", "stroke", "hold", "retraction"] * 4, 0.0, 1.0)), WORDS],
    [("RH", laid(["prep", "stroke", "hold", "retraction"] * 4, 0.0, 1.0)), WORDS],
    [("comments", [(1.0, 5.0, "is the level right")]), WORDS],
    [("POS", laid(["ADV", "CONJ", "PRON", "VERB"] * 3, 1.0)), WORDS],
])  # fmt: skip
def test_words_are_found_wherever_they_stand(tmp_path: Path, tiers: list[tuple[str, Rows]]) -> None:
    found = read_transcript(saved(tmp_path / "a.TextGrid", *tiers, points="marks"))
    assert texts(found) == HOST


def test_what_is_not_used_is_said_but_for_phones_of_the_words(tmp_path: Path) -> None:
    phones = ("phones", laid(PHONES, 1.0, 0.1))
    assert read_transcript(saved(tmp_path / "a.TextGrid", WORDS, phones)).warnings == ()
    notes = ("comments", [(1.0, 2.0, "loud here")])
    assert "'comments'" in read_transcript(saved(tmp_path / "b.TextGrid", WORDS, notes)).warnings[0]
    own = {"Host - words": laid(HOST, 1.0), "Host - phones": phones[1], "Guest - words": laid(GUEST, 5.0)}
    two = list(own.items())
    warnings = " ".join(read_transcript(saved(tmp_path / "c.TextGrid", *two)).warnings)
    assert "'Host - phones'" in warnings
    assert "Host, Guest" in warnings


def test_an_interval_of_many_words_is_a_cue(tmp_path: Path) -> None:
    rows = [(1.0, 3.0, " ".join(HOST[:7])), (3.5, 5.0, " ".join(HOST[7:]))]
    found = read_transcript(saved(tmp_path / "a.TextGrid", ("Anna", rows)))
    assert found.words is None
    assert [(cue.start_s, cue.end_s) for cue in found.cues] == [(1.0, 3.0), (3.5, 5.0)]


def test_one_interval_of_two_words_among_words_is_divided(tmp_path: Path) -> None:
    rows = [*laid(HOST, 1.0), (5.0, 5.6, "new york")]
    found = read_transcript(saved(tmp_path / "a.TextGrid", ("words", rows)))
    assert texts(found)[-2:] == ["new", "york"]
    assert found.untimed == (len(HOST), len(HOST) + 1)


@pytest.fixture
def conversation(tmp_path: Path) -> Path:
    host, guest = laid(HOST, 1.0), laid(GUEST, 3.1)  # they talk at once from 3.1 to 4.5
    phones = laid(PHONES, 1.0, 0.1)
    tiers = [("Host - words", host), ("Host - phones", phones), ("Guest - words", guest), ("Guest - phones", phones)]
    return saved(tmp_path / "two.TextGrid", *tiers)


def test_speakers_are_merged_by_time_and_it_is_said(conversation: Path) -> None:
    found = read_transcript(conversation)
    assert sorted(texts(found)) == sorted(HOST + GUEST)
    assert (found.speakers, found.has_overlap) == (("Host", "Guest"), True)
    assert any("speakers overlap" in each for each in found.warnings)


@pytest.mark.parametrize(("asked", "said"), [
    ("Host", HOST), ("guest", GUEST), ("Guest - words", GUEST), ("Host - phones", PHONES),
])  # fmt: skip
def test_one_speaker_or_tier_can_be_chosen(conversation: Path, asked: str, said: list[str]) -> None:
    found = read_transcript(conversation, speaker=asked)
    assert texts(found) == said
    assert any("only" in each and "Host" in each for each in found.warnings)


def test_an_unknown_speaker_is_refused_with_those_there_are(conversation: Path, tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match="Host, Guest"):
        read_transcript(conversation, speaker="Anna")
    with pytest.raises(TranscriptError, match="words"):
        read_transcript(saved(tmp_path / "a.TextGrid", WORDS), speaker="Anna")
    with pytest.raises(TranscriptError, match="no speaker names"):
        read(tmp_path, "a.txt", "hello there", speaker="Anna")


def test_a_speaker_without_a_transcript_is_refused(tmp_path: Path) -> None:
    write_waveform(tmp_path / "a.wav", Waveform(samples=np.zeros(16_000, np.float32)))
    with pytest.raises(InputError, match="transcript"):
        hear(tmp_path / "a.wav", speaker_tier="Host")


TWO_LINES = [("Kim", "so when i have time", 1.0, 2.0), ("Ben Ox", "i like to play", 1.5, 3.0)]
TIMED = [{"text": text, "start": low, "end": high, "speaker": who} for who, text, low, high in TWO_LINES]
VTT = "WEBVTT\n\n" + "".join(
    f"00:0{low:.3f} --> 00:0{high:.3f}\n<v {who}>{text}</v>\n\n" for who, text, low, high in TWO_LINES
)
SRT = "".join(
    f"{at}\n00:00:0{low:.0f},000 --> 00:00:0{high:.0f},000\n{who}: {text}\n\n"
    for at, (who, text, low, high) in enumerate(TWO_LINES * 2, 1)
)
ASS = "[Script Info]\n\n[Events]\n" + "".join(
    f"Dialogue: 0,0:00:0{low:.2f},0:00:0{high:.2f},Default,{who},0,0,0,,{text}\n" for who, text, low, high in TWO_LINES
)
PLAIN = "".join(f"{who}: {text}\n" for who, text, _, _ in TWO_LINES * 2)
SLOTS = ("1000", "1500", "2000", "3000")
EAF = eaf(
    eaf_tier("A", ("so when i have time", 0, 2), participant="Kim"),
    eaf_tier("B", ("i like to play", 1, 3), participant="Ben Ox"),
    slots=SLOTS,
)
EAF_NAMED = EAF.replace(' PARTICIPANT="Kim"', "").replace(' PARTICIPANT="Ben Ox"', "")
EAF_NAMED = EAF_NAMED.replace('"A"', '"ref@Kim"').replace('"B"', '"ref@Ben Ox"')
OTTER = "Kim  0:01\nso when i have time\n\nBen Ox  0:02\ni like to play\n"
TEAMS = "0:01 Kim: so when i have time\n0:02 Ben Ox: i like to play\n0:03 Kim: so\n0:04 Ben Ox: i like\n"

NAMED = {
    "a.json": json.dumps({"segments": TIMED}), "named.json": json.dumps({"segments": [
        {"text": f"{who}: {text}", "start": 10 * at + low, "end": 10 * at + high}
        for at in range(2) for who, text, low, high in TWO_LINES]}),
    "a.vtt": VTT, "a.srt": SRT, "a.ass": ASS, "a.txt": PLAIN, "a.eaf": EAF, "b.eaf": EAF_NAMED, "otter.txt": OTTER,
    "teams.txt": TEAMS, "zoom.txt": OTTER.replace("Kim ", "[Kim] ").replace("Ben Ox", "[Ben Ox]"),
    "a.csv": "who,start,end,text\n" + "".join(f"{who},{low},{high},{text}\n" for who, text, low, high in TWO_LINES),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(NAMED))
def test_speakers_of_any_format_are_read_chosen_and_named_to_a_menu(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, name, NAMED[name])
    assert found.speakers == ("Kim", "Ben Ox") == speakers_of(tmp_path / name)
    assert "Kim" not in found.text
    assert "when" in found.text
    chosen = read_transcript(tmp_path / name, speaker="ben ox")
    own = chosen.text.split() if not chosen.is_chosen else [
        word for word, ours in zip(chosen.text.split(), chosen.is_chosen, strict=True) if ours]  # fmt: skip
    assert set(own) == set(["i", "like", "to", "play"])
    assert any("only Ben Ox" in each for each in chosen.warnings)


@pytest.mark.parametrize("form", ["long_textgrid", "short_textgrid"])
def test_a_menu_has_the_names_of_a_grid_in_both_of_its_forms(tmp_path: Path, form: str) -> None:
    odd = ' "quoted" = 3 [1]'
    tiers = [(f"Kim{odd} - words", laid(HOST, 1.0)), ("Ben - words", [*laid(GUEST, 5.0), (9.0, 9.5, '"so"')])]
    path = saved(tmp_path / "a.TextGrid", *tiers, form=form, points="marks")
    assert speakers_of(path) == read_transcript(path).speakers == (f"Kim{odd}".strip(), "Ben")


@pytest.mark.parametrize("content", [
    b"", b"\0\1\2", b"ooTextFile", b'File type = "ooTextFile"\n<exists>\n3\n"x"', b"{}", b"<a>", b"[{}]",
])  # fmt: skip
def test_a_menu_is_empty_for_what_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    for suffix in ("TextGrid", "json", "eaf", "txt"):
        (tmp_path / f"a.{suffix}").write_bytes(content)
        assert speakers_of(tmp_path / f"a.{suffix}") == ()
    assert speakers_of(tmp_path / "missing.srt") == () == speakers_of(tmp_path)


def test_a_menu_needs_the_standard_library_alone() -> None:
    code = (
        "import sys; import exges_core.speech.speakers, exges_core.speech.transcripts;"
        "print(*sorted({name.split('.')[0] for name in sys.modules} & {'numpy', 'praatio', 'pysubs2', 'torch'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_entry_point_takes_the_choice(tmp_path: Path) -> None:
    tone = np.sin(np.arange(64_000) * 0.05) * (np.arange(64_000) % 8000 > 2000)
    write_waveform(tmp_path / "a.wav", Waveform(samples=(0.2 * tone).astype(np.float32)))
    (tmp_path / "a.json").write_text(json.dumps({"segments": TIMED}))
    shown, options = (
        Console(record=True, width=200),
        ["--transcript", str(tmp_path / "a.json"), "--speaker-tier", "Kim"],
    )
    parsed(["segment", str(tmp_path / "a.wav"), *options]).run(shown)
    assert "so when i have time" in (said := shown.export_text())
    assert "like" not in said
    for command in (
        ["generate", "a.wav", "-o", "b.bvh"],
        ["library", "search", "default", "a.wav"],
        ["library", "add", "base", "--motion", "a.bvh", "--speech", "a.wav"],
    ):
        assert "Kim" in str(parsed([*command, *options]))
    values = {"id": "kim", "audio": "a.wav", "transcript": "a.json", "speaker_tier": "Kim"}
    (tmp_path / "m.jsonl").write_text(json.dumps(values))
    (line,) = read_manifest(tmp_path / "m.jsonl", tmp_path, device="cpu")
    assert line.request.speaker_tier == "Kim"
    assert decode(encode(line.request)) == line.request
