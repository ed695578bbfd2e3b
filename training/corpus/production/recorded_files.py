"""A folder of recorded speech: which sound goes with which words. Only listing and reading text; no sound is heard.

Either a table ``text.tsv`` (name, tab, what is said; order counts) with ``name.ogg`` beside it, or transcripts of the
same name in any format that ExGes reads. What has no partner is left out and named.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exges_core.datasets.pairs import SOUND_SUFFIXES, TRANSCRIPT_SUFFIXES, files_of
from exges_core.errors import InputError, TranscriptError, message
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.words import Transcript, is_word

TABLE = "text.tsv"
_SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A sound and where its words are: in `text`, or in a file of their own."""

    name: str
    sound: Path
    text: str | None = None
    transcript: Path | None = None

    def read_transcript(self) -> Transcript:
        """Read what is said.

        Raises:
            TranscriptError: if it cannot be read, or nothing is.
        """
        if self.transcript is not None:
            return read_transcript(self.transcript)
        assert self.text is not None
        if not any(map(is_word, self.text.split())):
            do = "Write what is said, or drop the line."
            raise TranscriptError(message(expected="words", got=repr(self.text), where=f"{TABLE}, {self.name}", do=do))
        return Transcript(words=None, text=self.text)


@dataclass(frozen=True, kw_only=True)
class Recordings:
    """The recordings of a folder in order, and a line for each thing that was left out."""

    items: tuple[Recording, ...]
    left_out: tuple[str, ...]


def read_recordings(folder: Path) -> Recordings:
    """List a folder's recordings: in the table's order, or by name.

    Raises:
        InputError: if there is no folder, no sound or no text, or a line of the table is none.
    """
    if not folder.is_dir():
        raise _wrong("a folder of recorded speech", "no such folder", str(folder), "Check the path.")
    files = list(files_of(folder))
    sounds = _by_stem(folder, files, SOUND_SUFFIXES)
    if not sounds:
        raise _wrong("sounds (.wav, .flac, .ogg, .mp3...)", "none", str(folder), "Point to the folder that holds them.")
    table = folder / TABLE
    recordings = _of_table(table, sounds) if table.is_file() else _of_files(folder, files, sounds)
    if not recordings.items:
        some = "; ".join(recordings.left_out[:_SHOWN])
        do = f"Put a transcript beside each sound (name.txt, .srt, .TextGrid...), or a table {TABLE} (name, tab, text)."
        raise _wrong("sounds with their texts", f"none ({some})", str(folder), do)
    return recordings


def _by_stem(folder: Path, files: list[Path], suffixes: tuple[str, ...]) -> dict[str, Path]:
    """Return the files of these kinds by their name in the folder; the kind that comes first wins."""
    order = [suffix.lower() for suffix in suffixes]
    kept = [path for path in files if path.suffix.lower() in order and path.name != TABLE]
    kept.sort(key=lambda path: -order.index(path.suffix.lower()))
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in kept}


def _of_files(folder: Path, files: list[Path], sounds: dict[str, Path]) -> Recordings:
    texts = _by_stem(folder, files, TRANSCRIPT_SUFFIXES)
    names = sorted(sounds.keys() & texts.keys())
    left_out = [f"{name}: sound without a text" for name in sorted(sounds.keys() - texts.keys())]
    left_out += [f"{name}: text without a sound" for name in sorted(texts.keys() - sounds.keys())]
    items = tuple(Recording(name=name, sound=sounds[name], transcript=texts[name]) for name in names)
    return Recordings(items=items, left_out=tuple(left_out))


def _of_table(table: Path, sounds: dict[str, Path]) -> Recordings:
    texts: dict[str, str] = {}
    left_out: list[str] = []
    for number, line in enumerate(_lines(table), start=1):
        if not line.strip():
            continue
        name, tab, text = line.partition("\t")
        name = name.strip()
        if not tab or not name:
            raise _wrong("name, tab, text", repr(line[:40]), f"{table}:{number}", "Correct the line.")
        if name in texts:
            left_out.append(f"{name}: named again in line {number} of {TABLE}; the first line counts")
        elif name in sounds:
            texts[name] = text.strip()
        else:
            left_out.append(f"{name}: text without a sound")
    left_out += [f"{name}: sound without a text" for name in sorted(sounds.keys() - texts.keys())]
    items = tuple(Recording(name=name, sound=sounds[name], text=text) for name, text in texts.items())
    return Recordings(items=items, left_out=tuple(left_out))


def _lines(table: Path) -> list[str]:
    try:
        return table.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong("a table in UTF-8", str(error), str(table), "Save it as UTF-8 text.") from error


def _wrong(expected: str, got: str, where: str, do: str) -> InputError:
    return InputError(message(expected=expected, got=got, where=where, do=do))
