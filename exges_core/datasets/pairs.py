"""A folder of a studio's own recordings: motion and sound of the same name side by side, perhaps with a transcript.

`talk.bvh`, `talk.wav` and `talk.TextGrid` are one recording, in any depth of folders, suffixes in any case. Only
listing: what has no partner is left out and named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from exges_core.datasets.bvh_rigs import CHARACTER_SUFFIXES
from exges_core.datasets.motion_files import MOTION_SUFFIXES
from exges_core.errors import InputError, message

_VIDEO_SUFFIXES = (".mp4", ".mov", ".webm", ".mkv")
SOUND_SUFFIXES = (
    *(".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff", ".caf", ".opus", ".m4a", ".aac", ".wma"),
    *_VIDEO_SUFFIXES,
)
"""What may hold a motion's sound, best first; what cannot be decoded is told when it is read. A film beside a sound is
of the camera that ran along."""
TRANSCRIPT_SUFFIXES = (
    *(".TextGrid", ".eaf", ".ctm", ".srt", ".vtt", ".ass"),
    *(".ssa", ".sbv", ".lrc", ".json", ".tsv", ".txt"),
)
"""Best first: times of words before times of lines before none."""
_SHOWN = 8
"""So many files are named in a message."""
_LAYOUT = "BEAT2's layout (smplxflame_30/*.npz) or motion beside its sound (take.bvh, take.wav)"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One recording: its name in the base (with folders), and its files."""

    name: str
    motion: Path
    speech: Path
    transcript: Path | None


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """What a folder holds.

    Attributes:
        pairs: the recordings, by name.
        left_out: what has no partner, a line each.
        warnings: what was chosen among several files, a line each.
    """

    pairs: tuple[Pair, ...]
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and those below it that people mean: nothing hidden, no `._` twins of macOS."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def read_pairs(folder: Path) -> Pairs:
    """List the recordings of a folder, sorted by name.

    Raises:
        InputError: if there is none, or two motions have one name.
    """
    pairs, left_out, warnings = list[Pair](), list[str](), list[str]()
    for files in _takes(folder):
        motions, sounds = (_of_kind(files, kind) for kind in (MOTION_SUFFIXES, SOUND_SUFFIXES))
        name = _name(folder, (motions or files)[0])
        if len(motions) > 1:
            kinds = " and as ".join(path.suffix for path in motions)
            raise _wrong("one motion per name", f"{name} as {kinds}", folder, "Keep one of them.")
        if not (motions and sounds):
            left_out.extend(_without_partner(folder, files, motions, sounds))
            continue
        others = ", ".join(path.name for path in sounds[1:] if path.suffix.lower() not in _VIDEO_SUFFIXES)
        if others:
            warnings.append(f"{name}: has several sounds; {sounds[0].name} is used, not {others}")
        texts = _of_kind(files, TRANSCRIPT_SUFFIXES)
        pairs.append(Pair(name=name, motion=motions[0], speech=sounds[0], transcript=texts[0] if texts else None))
    if not pairs:
        raise _nothing(folder, left_out)
    return Pairs(
        pairs=tuple(sorted(pairs, key=lambda pair: pair.name)), left_out=tuple(left_out), warnings=tuple(warnings)
    )


def _takes(folder: Path) -> list[list[Path]]:
    """Return the files of each take: those of one name, letters in any case unless that joins two motions."""
    exact, loose = defaultdict[str, list[Path]](list), defaultdict[str, list[Path]](list)
    for path in files_of(folder):
        exact[_name(folder, path)].append(path)
        loose[_name(folder, path).casefold()].append(path)
    joined = {name: files for name, files in loose.items() if len({_name(folder, each) for each in files}) > 1}
    for name, files in joined.items():
        if len(_of_kind(files, MOTION_SUFFIXES)) > 1:
            del loose[name]
            loose |= {_name(folder, each): exact[_name(folder, each)] for each in files}
    return [loose[name] for name in sorted(loose)]


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _of_kind(files: Sequence[Path], suffixes: Sequence[str]) -> list[Path]:
    """Return the files of these kinds, the kind that comes first before the others."""
    lower = [suffix.lower() for suffix in suffixes]
    found = [path for path in files if path.suffix.lower() in lower]
    return sorted(found, key=lambda path: lower.index(path.suffix.lower()))


def _without_partner(
    folder: Path, files: Sequence[Path], motions: Sequence[Path], sounds: Sequence[Path]
) -> Iterator[str]:
    """Yield a line for a motion without sound, a sound without motion, and a motion in a form not read here."""
    for path in motions:
        yield f"{path.relative_to(folder)}: no sound {path.stem}.wav (or .flac, .ogg, .mp3) beside it"
    others = _of_kind(files, CHARACTER_SUFFIXES)
    for path in sounds:
        there = f", only {others[0].name}, which is not read here" if others else ""
        yield f"{path.relative_to(folder)}: no motion {path.stem}.bvh (or .npz) beside it{there}"
    if not sounds:
        yield from (f"{path.relative_to(folder)}: not read here, export it as .bvh" for path in others)


def _nothing(folder: Path, left_out: Sequence[str]) -> InputError:
    if not folder.is_dir():
        return _wrong("a folder of recordings", "no such folder", folder, "Check the path.")
    if not left_out:
        return _wrong(_LAYOUT, "neither", folder, "Point to the folder that holds them.")
    more = f"; and {len(left_out) - _SHOWN} more" if len(left_out) > _SHOWN else ""
    got = f"no two of one name: {'; '.join(left_out[:_SHOWN])}{more}"
    do = "Give motion and sound one name, or add them by exges library add DIR --motion FILE --speech FILE."
    return _wrong(_LAYOUT, got, folder, do)


def _wrong(expected: str, got: str, where: Path, do: str) -> InputError:
    return InputError(message(expected=expected, got=got, where=str(where), do=do))
