"""Folders in BEAT2's layout: the data contract that BEAT2, the authored corpus and a studio's own takes share.

Layout: ``smplxflame_30/*.npz``, ``wave16k/*.wav``, ``textgrid/*.TextGrid`` and ``train_test_split.csv`` (id,type); or,
for a handful of takes, all files of a take side by side in one folder. An id is
``{speaker}_{name}_{recording}_{start}_{end}``. Only listing and reading: features are computed elsewhere.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from exges_core import timeline
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.errors import InputError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz_motion
from exges_core.motion.orientation import upright
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.words import Word

_MOTION, _SOUND, _TEXT = "smplxflame_30", "wave16k", "textgrid"
SPLITS = ("train", "val", "test", "additional", "all")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Take:
    """One take on disk: nothing is read until asked for, so that hours of takes are a short list.

    Attributes:
        id: the take's name in its folder.
        speaker: the style's name, from the id; "" if the id does not follow the layout.
        split: train, val, test or additional.
        motion_path, waveform_path: its files.
        transcript_path: its TextGrid, or None.
    """

    id: str
    speaker: str
    split: str
    motion_path: Path
    waveform_path: Path
    transcript_path: Path | None

    @property
    def clip(self) -> MotionClip:
        """Read the motion at 30 fps; what had to be done to it is logged."""
        return self.upright_clip(lambda text: _LOG.warning("%s: %s", self.id, text))

    def upright_clip(self, say: Callable[[str], None]) -> MotionClip:
        """Read the motion at 30 fps, standing on +Y; `say` takes what had to be done to it.

        Raises:
            SkeletonError: if it cannot be read, or the person lies.
        """
        found = read_npz_motion(self.motion_path)
        clip = upright(found.clip, promised=found.promised_up, where=str(self.motion_path), say=say)
        return clip if clip.frame_rate_hz == timeline.MOTION_RATE_HZ else clip.resample(timeline.MOTION_RATE_HZ)

    @property
    def waveform(self) -> Waveform:
        """Read the sound."""
        return read_waveform(self.waveform_path)

    @property
    def words(self) -> tuple[Word, ...]:
        """Read the words; empty without a transcript."""
        if self.transcript_path is None:
            return ()
        return read_transcript(self.transcript_path).words or ()


def speaker_of(take_id: str) -> str:
    """Return the speaker's name inside an id, or "" if it is not of that form.

    >>> speaker_of("2_scott_0_1_1")
    'scott'
    """
    parts = take_id.split("_")
    return "_".join(parts[1:-3]) if len(parts) >= 5 else ""


def read_folder(folder: Path, split: str, *, left_out: Callable[[str], None] | None = None) -> list[Take]:
    """List the takes of one split ("all" = every one) of a folder in BEAT2's layout, sorted by id.

    Without ``train_test_split.csv`` every take is a training take; with one, takes it does not name are left out.

    Args:
        folder: in BEAT2's layout; suffixes in any case.
        split: of `SPLITS`.
        left_out: takes a line for each take without sound, which is then left out; None = such a take is an error.

    Raises:
        InputError: if the folder is not of this layout, a take has no sound, or the split is empty.
    """
    if split not in SPLITS:
        raise InputError(message(expected=f"one of {SPLITS}", got=split, where="split", do="Choose one of them."))
    if folder.name == _MOTION and (folder.parent / _SOUND).is_dir():  # its splits and labels lie above
        where, do = str(folder), f"Point to {folder.parent}."
        raise InputError(message(expected="a folder in BEAT2's layout", got="its motion alone", where=where, do=do))
    motions = _files(folder / _MOTION, ".npz") or _files(folder, ".npz")
    if not motions:
        raise InputError(
            message(
                expected=f"{_MOTION}/*.npz, or takes side by side (x.npz, x.wav)",
                got="a file" if folder.is_file() else "no .npz",
                where=str(folder),
                do="Point to BEAT2's layout.",
            )
        )
    splits = _read_splits(folder / "train_test_split.csv", [path.stem for path in motions])
    found = _takes([path for path in motions if path.stem in splits])
    takes = [replace(take, split=splits[take.id]) for take in found if _has_sound(take, left_out)]
    chosen = [take for take in takes if split in ("all", take.split)]
    if not chosen:
        there = ", ".join(sorted({take.split for take in takes})) or "none of any split"
        do = "Check train_test_split.csv."
        raise InputError(message(expected=f"takes of split {split}", got=there, where=str(folder), do=do))
    return chosen


def _files(folder: Path, suffix: str) -> list[Path]:
    """Return a folder's files of a kind, by name; hidden ones and macOS' `._` twins are nobody's takes."""
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if each.suffix.lower() == suffix and each.name[0] != ".")


def _takes(motions: Sequence[Path]) -> list[Take]:
    """Return takes of one folder; the sound's path is where it should be, if there is none."""
    if not motions:
        return []
    sounds = texts = motions[0].parent
    if sounds.name == _MOTION:
        sounds, texts = sounds.parent / _SOUND, sounds.parent / _TEXT
    waveforms = {each.stem: each for each in _files(sounds, ".wav")}
    transcripts = {each.stem: each for each in _files(texts, ".textgrid")}
    return [
        Take(
            id=path.stem,
            speaker=speaker_of(path.stem),
            split="train",
            motion_path=path,
            waveform_path=waveforms.get(path.stem, sounds / f"{path.stem}.wav"),
            transcript_path=transcripts.get(path.stem),
        )
        for path in motions
    ]


def _has_sound(take: Take, left_out: Callable[[str], None] | None) -> bool:
    """Say whether a take has its sound; `left_out` is told if not.

    Raises:
        InputError: if it has none and there is nobody to tell.
    """
    if take.waveform_path.is_file():
        return True
    if left_out is None:
        where = str(take.waveform_path)
        raise InputError(message(expected="a sound", got="none", where=where, do="Add it or drop the take."))
    left_out(f"{take.motion_path.name}: no sound {take.waveform_path.name} in {take.waveform_path.parent.name}")
    return False


def _read_splits(path: Path, names: Sequence[str]) -> dict[str, str]:
    if not path.is_file():
        _LOG.warning("%s: absent, so all %d takes are training takes", path, len(names))
        return dict.fromkeys(names, "train")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            splits = {row["id"]: row["type"] for row in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        got = f"no column {error}" if isinstance(error, KeyError) else str(error)
        do = "Write a line id,type and then one per take, as UTF-8."
        raise InputError(message(expected="a table of splits", got=got, where=str(path), do=do)) from error
    unnamed = [name for name in names if name not in splits]
    if unnamed:
        _LOG.warning("%s: %d takes are in no split and left out (%s, ...)", path, len(unnamed), unnamed[0])
    if lacking := sorted(set(splits) - set(names)):
        _LOG.warning("%s: %d of its takes have no motion here (%s, ...)", path, len(lacking), lacking[0])
    return splits
