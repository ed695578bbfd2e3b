"""Folders in BEAT2's layout: the data contract that BEAT2, the authored corpus and a studio's own takes share.

Layout: ``smplxflame_30/*.npz``, ``wave16k/*.wav``, ``textgrid/*.TextGrid`` and ``train_test_split.csv`` (id,type); or,
for a handful of takes, all files of a take side by side in one folder. An id is
``{speaker}_{name}_{recording}_{start}_{end}``. Only listing and reading: features are computed elsewhere.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exges_core import timeline
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.errors import InputError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
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
        """Read the motion at 30 fps."""
        clip = read_npz(self.motion_path)
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
    """Return the speaker's name inside an id (``2_scott_0_1_1`` -> ``scott``), or "" if it is not of that form."""
    parts = take_id.split("_")
    return "_".join(parts[1:-3]) if len(parts) >= 5 else ""


def read_folder(folder: Path, split: str) -> list[Take]:
    """List the takes of one split ("all" = every one) of a folder in BEAT2's layout, sorted by id.

    Without ``train_test_split.csv`` every take is a training take; with one, takes it does not name are left out.

    Raises:
        InputError: if the folder is not of this layout, a take has no sound, or the split is empty.
    """
    if split not in SPLITS:
        raise InputError(message(expected=f"one of {SPLITS}", got=split, where="split", do="Choose one of them."))
    motions = sorted((folder / _MOTION).glob("*.npz")) or sorted(folder.glob("*.npz"))
    if not motions:
        raise InputError(
            message(
                expected=f"{_MOTION}/*.npz, or takes side by side (x.npz, x.wav)",
                got="no .npz",
                where=str(folder),
                do="Point to BEAT2's layout.",
            )
        )
    splits = _read_splits(folder / "train_test_split.csv", [path.stem for path in motions])
    takes = [_take(path, splits[path.stem]) for path in motions if path.stem in splits]
    chosen = [take for take in takes if split in ("all", take.split)]
    if not chosen:
        raise InputError(
            message(expected=f"takes of split {split}", got="none", where=str(folder), do="Check train_test_split.csv.")
        )
    return chosen


def _take(motion_path: Path, split: str) -> Take:
    name, folder = motion_path.stem, motion_path.parent
    sounds, texts = folder, folder
    if folder.name == _MOTION:
        sounds, texts = folder.parent / _SOUND, folder.parent / _TEXT
    waveform_path = sounds / f"{name}.wav"
    if not waveform_path.is_file():
        raise InputError(
            message(expected="a sound", got="none", where=str(waveform_path), do="Add it or drop the take.")
        )
    transcript = texts / f"{name}.TextGrid"
    return Take(
        id=name,
        speaker=speaker_of(name),
        split=split,
        motion_path=motion_path,
        waveform_path=waveform_path,
        transcript_path=transcript if transcript.is_file() else None,
    )


def _read_splits(path: Path, names: Sequence[str]) -> dict[str, str]:
    if not path.is_file():
        _LOG.warning("%s: absent, so all %d takes are training takes", path, len(names))
        return dict.fromkeys(names, "train")
    with path.open(newline="", encoding="utf-8") as file:
        splits = {row["id"]: row["type"] for row in csv.DictReader(file)}
    unnamed = [name for name in names if name not in splits]
    if unnamed:
        _LOG.warning("%s: %d takes are in no split and left out (%s, ...)", path, len(unnamed), unnamed[0])
    return splits
