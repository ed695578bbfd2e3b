"""Folders in BEAT2's layout to the records used in training. The only reader of training data.

Layout: ``smplxflame_30/*.npz``, ``wave16k/*.wav``, ``textgrid/*.TextGrid`` and ``train_test_split.csv`` (id,type). An
id is ``{speaker}_{name}_{recording}_{start}_{end}``. Features come from the very functions used at inference.
"""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from exges_core import timeline
from exges_core.audio import features as audio_features_room
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.errors import InputError, OutputError, message
from exges_core.motion import features as motion_features_room
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import features_from_clip, home_anchor
from exges_core.motion.npz import read_npz
from exges_core.speech.segments import Segment, segment
from exges_core.speech.words import Word, read_transcript
from training.takes import TakeArrays

SPLITS = ("train", "val", "test", "additional", "all")
LENGTH_TOLERANCE_S = 1.0
"""Sound and motion of one take may differ by this much; the longer is trimmed."""
_CACHE_VERSION = 1
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
    motions = sorted((folder / "smplxflame_30").glob("*.npz"))
    if not motions:
        raise InputError(
            message(expected="smplxflame_30/*.npz", got="none", where=str(folder), do="Point to BEAT2's layout.")
        )
    splits = _read_splits(folder / "train_test_split.csv", [path.stem for path in motions])
    takes = [_take(folder, path, splits[path.stem]) for path in motions if path.stem in splits]
    chosen = [take for take in takes if split in ("all", take.split)]
    if not chosen:
        raise InputError(
            message(expected=f"takes of split {split}", got="none", where=str(folder), do="Check train_test_split.csv.")
        )
    return chosen


def _take(folder: Path, motion_path: Path, split: str) -> Take:
    name = motion_path.stem
    waveform_path = folder / "wave16k" / f"{name}.wav"
    if not waveform_path.is_file():
        raise InputError(
            message(expected="a sound", got="none", where=str(waveform_path), do="Add it or drop the take.")
        )
    transcript = folder / "textgrid" / f"{name}.TextGrid"
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


def arrays_of(take: Take) -> TakeArrays:
    """Read one take and compute its features.

    Raises:
        InputError: if sound and motion differ by more than `LENGTH_TOLERANCE_S`.
    """
    clip, waveform, words = take.clip, take.waveform, take.words
    audio = audio_features(waveform)
    difference = len(audio) - clip.frames
    if abs(difference) > LENGTH_TOLERANCE_S * timeline.MOTION_RATE_HZ:
        raise InputError(
            message(
                expected=f"sound and motion of equal length to {LENGTH_TOLERANCE_S:g} s",
                got=f"{waveform.duration_s:.2f} s of sound, {clip.duration_s:.2f} s of motion",
                where=take.id,
                do="Cut them to the same part of the take.",
            )
        )
    if difference:
        _LOG.info("%s: sound is %+d frames against the motion; the longer one is trimmed", take.id, difference)
    frames = min(len(audio), clip.frames)
    motion = features_from_clip(clip, home_anchor(clip))
    return TakeArrays(
        id=take.id,
        speaker=take.speaker,
        split=take.split,
        motion=motion[:frames].astype(np.float16),
        audio=audio[:frames].astype(np.float16),
        words=words,
        segments=tuple(segment(words, waveform)),
    )


def read_arrays(folder: Path, split: str, *, cache: Path | None, workers: int = 1) -> list[TakeArrays]:
    """Return a split's takes as arrays; computed once and kept in one .npz per folder and split under `cache`.

    The cache's name holds a digest of the takes' names, sizes and times and of the code of the features, so that a
    changed take or feature is never answered with old numbers.
    """
    takes = read_folder(folder, split)
    path = None if cache is None else cache / f"{folder.resolve().name}-{split}-{_digest(takes)}.npz"
    if path is not None and path.is_file():
        return _read_cache(path)
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            arrays = list(pool.map(arrays_of, takes, chunksize=4))
    else:
        arrays = [arrays_of(take) for take in takes]
    if path is not None:
        _write_cache(path, arrays)
    return arrays


def _digest(takes: Sequence[Take]) -> str:
    digest = hashlib.sha256(str(_CACHE_VERSION).encode())
    for room in (audio_features_room, motion_features_room):
        digest.update(Path(str(room.__file__)).read_bytes())
    for take in takes:
        for path in (take.motion_path, take.waveform_path, take.transcript_path):
            if path is not None:
                facts = path.stat()
                digest.update(f"{path.name} {take.split} {facts.st_size} {facts.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def corpus_hash(takes: Sequence[TakeArrays]) -> str:
    """Return a digest of the takes' ids and arrays: what a checkpoint's provenance names as its data."""
    digest = hashlib.sha256()
    for take in takes:
        digest.update(f"{take.id} {take.speaker}".encode())
        digest.update(np.ascontiguousarray(take.motion).data)
        digest.update(np.ascontiguousarray(take.audio).data)
    return digest.hexdigest()


def _write_cache(path: Path, arrays: Sequence[TakeArrays]) -> None:
    texts = [
        {
            "id": take.id,
            "speaker": take.speaker,
            "split": take.split,
            "words": [asdict(word) for word in take.words],
            "segments": [asdict(each) for each in take.segments],
        }
        for take in arrays
    ]
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            np.savez(
                file,
                motion=np.concatenate([take.motion for take in arrays]),
                audio=np.concatenate([take.audio for take in arrays]),
                lengths=np.array([take.frames for take in arrays], np.int64),
                texts=np.frombuffer(json.dumps(texts).encode(), np.uint8),
            )
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(
            message(expected="room for a cache", got=str(error), where=str(path), do="Free space or move --cache.")
        ) from error


def _read_cache(path: Path) -> list[TakeArrays]:
    with np.load(path, allow_pickle=False) as file:
        motion, audio, lengths = file["motion"], file["audio"], file["lengths"]
        texts: list[Mapping[str, Any]] = json.loads(file["texts"].tobytes())
    stops = np.cumsum(lengths).tolist()
    return [
        TakeArrays(
            id=text["id"],
            speaker=text["speaker"],
            split=text["split"],
            motion=motion[stop - length : stop],
            audio=audio[stop - length : stop],
            words=tuple(Word(**word) for word in text["words"]),
            segments=tuple(_segment(each) for each in text["segments"]),
        )
        for text, stop, length in zip(texts, stops, lengths.tolist(), strict=True)
    ]


def _segment(values: Mapping[str, Any]) -> Segment:
    words = tuple(Word(**word) for word in values["words"])
    others: dict[str, Any] = {name: value for name, value in values.items() if name != "words"}
    return Segment(words=words, **others)
