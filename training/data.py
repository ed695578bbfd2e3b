"""Recordings to the arrays used in training, with the very functions used at inference; computed once and cached."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from exges_core import timeline
from exges_core.audio import features as audio_features_room
from exges_core.audio.features import audio_features
from exges_core.errors import InputError, message
from exges_core.files import replacing
from exges_core.motion import features as motion_features_room
from exges_core.motion.features import features_from_clip, home_anchor
from exges_core.recordings import Take, read_folder
from exges_core.speech.segments import Segment, segment
from exges_core.speech.words import Word
from training.takes import TakeArrays

LENGTH_TOLERANCE_S = 1.0
"""Sound and motion of one take may differ by this much; the longer is trimmed."""
_CACHE_VERSION = 1
_LOG = logging.getLogger(__name__)


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
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            motion=np.concatenate([take.motion for take in arrays]),
            audio=np.concatenate([take.audio for take in arrays]),
            lengths=np.array([take.frames for take in arrays], np.int64),
            texts=np.frombuffer(json.dumps(texts).encode(), np.uint8),
        )


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
