"""A folder of a studio's own recordings: motion and sound of the same name side by side, perhaps with a transcript.

`talk.bvh`, `talk.wav` and `talk.TextGrid` are one recording, in any depth of folders. Only listing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exges_core.errors import InputError, message
from exges_core.motion_files import MOTION_SUFFIXES

SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
TRANSCRIPT_SUFFIXES = (".TextGrid", ".srt", ".vtt", ".json", ".txt")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One recording: its name in the base (with folders), and its files."""

    name: str
    motion: Path
    speech: Path
    transcript: Path | None


def read_pairs(folder: Path) -> list[Pair]:
    """List the recordings of a folder, sorted by name.

    Raises:
        InputError: if there is none, a motion has no sound, or two motions have one name.
    """
    motions = sorted(path for path in folder.rglob("*") if path.suffix.lower() in MOTION_SUFFIXES)
    pairs = [_pair(folder, motion) for motion in motions]
    names = [pair.name for pair in pairs]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise _wrong("one motion per name", f"{repeated} as .npz and as .bvh", folder, "Keep one of them.")
    if not pairs:
        expected = "BEAT2's layout (smplxflame_30/*.npz) or motion beside its sound (take.bvh, take.wav)"
        raise _wrong(expected, "neither", folder, "Point to the folder that holds them.")
    return pairs


def _pair(folder: Path, motion: Path) -> Pair:
    speech = _beside(motion, SOUND_SUFFIXES)
    if speech is None:
        raise _wrong(f"a sound {motion.stem}.wav (or .flac, .ogg, .mp3)", "none", motion, "Add it or drop the motion.")
    name = motion.relative_to(folder).with_suffix("").as_posix()
    return Pair(name=name, motion=motion, speech=speech, transcript=_beside(motion, TRANSCRIPT_SUFFIXES))


def _beside(motion: Path, suffixes: tuple[str, ...]) -> Path | None:
    found = (motion.with_name(motion.stem + suffix) for suffix in suffixes)
    return next((path for path in found if path.is_file()), None)


def _wrong(expected: str, got: str, where: Path, do: str) -> InputError:
    return InputError(message(expected=expected, got=got, where=str(where), do=do))
