"""Recordings to the arrays used in training, with the very functions used at inference; computed once and cached.

The data is a folder in BEAT2's layout, a file of shards made from one by `training.shards`, or a folder of such files.
"""

from __future__ import annotations

import hashlib
import json
import logging
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from exges_core import timeline
from exges_core.arrays import Array
from exges_core.audio import features as audio_features_room
from exges_core.audio.features import audio_features
from exges_core.datasets.recordings import SPLITS, Take, read_folder
from exges_core.errors import InputError, message
from exges_core.files import replacing
from exges_core.motion import features as motion_features_room
from exges_core.motion.features import features_from_clip, home_anchor
from exges_core.score import channels as score_channels_room
from exges_core.score.channels import SCORE_CHANNELS, chest_wrists_m, places_of, score_channels
from exges_core.score.records import Score
from exges_core.speech.segments import Segment, segment
from exges_core.speech.words import Word
from training.data import augment as augment_room
from training.data import augment_sound as augment_sound_room
from training.data.augment import augment_take
from training.data.augment_presets import AUGMENTATION, AugmentSettings
from training.data.labels import Mark, read_marks
from training.data.shard_files import SUFFIX, Part, read_index, read_part
from training.data.take_scores import score_of_take
from training.data.takes import RecordedTake, TakeArrays

LENGTH_TOLERANCE_S = 1.0
"""Sound and motion of one take may differ by this much; the longer is trimmed."""
_CACHE_VERSION = 3
_TOGETHER = 4
"""Takes of a folder that may babble behind one another."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FolderGroup:
    """Some takes of a folder, read together when asked for: what one process prepares at a time."""

    folder: Path
    takes: tuple[Take, ...]

    def read(self) -> list[RecordedTake]:
        """Read motion, sound, words and labels."""
        return [recorded(self.folder, take) for take in self.takes]


@dataclass(frozen=True, kw_only=True)
class ShardGroup:
    """One part of a file of shards, as `FolderGroup`."""

    path: Path
    part: Part

    def read(self) -> list[RecordedTake]:
        """Read and check the part."""
        return read_part(self.path, self.part)


def recorded(folder: Path, take: Take) -> RecordedTake:
    """Read all of a take of a folder, with its labels where there are any.

    Raises:
        InputError: if one of its files cannot be used.
    """
    return RecordedTake(
        id=take.id,
        speaker=take.speaker,
        split=take.split,
        clip=take.clip,
        waveform=take.waveform,
        words=take.words,
        marks=read_marks(folder, take.id),
        stresses_s=_read_stresses(folder / "events" / f"{take.id}.json"),
        strokes=score_of_take(folder, take.id, take.clip).strokes,
    )


def arrays_of(take: RecordedTake) -> TakeArrays:
    """Compute the features of a take.

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
        marks=take.marks,
        score=None if take.strokes is None else _score_of(take)[:frames],
    )


def _score_of(take: RecordedTake) -> Array:
    strokes = take.strokes or ()
    score = Score(strokes=strokes, duration_s=take.clip.duration_s, origin="labels")
    return score_channels(score, take.clip.frames, places_of(strokes, chest_wrists_m(take.clip))).astype(np.float16)


def read_groups(data: Path, split: str, *, together: int = 1) -> list[FolderGroup] | list[ShardGroup]:
    """List the takes of a split in groups that are read when asked for: `together` takes, or a part of the shards.

    Raises:
        InputError: if it is neither a folder of this layout nor a file of shards, or the split is empty.
    """
    files = [data] if data.is_file() else sorted(data.glob(f"*{SUFFIX}"))
    if not files:
        takes = read_folder(data, split)
        count = -(-len(takes) // together)
        # Spread, because neighbours are of one speaker, and who babbles should be somebody else.
        return [FolderGroup(folder=data, takes=tuple(takes[first::count])) for first in range(count)]
    if split not in SPLITS:
        raise InputError(message(expected=f"one of {SPLITS}", got=split, where="split", do="Choose one of them."))
    parts = [(path, part) for path in files for part in read_index(path).parts]
    groups = [ShardGroup(path=path, part=part) for path, part in parts if split in ("all", part.split)]
    if not groups:
        raise InputError(
            message(expected=f"takes of split {split}", got="none", where=str(data), do="Write shards with it.")
        )
    return groups


def read_arrays(
    data: Path,
    split: str,
    *,
    cache: Path | None,
    workers: int = 1,
    copies: int = 0,
    augmentation: AugmentSettings = AUGMENTATION,
    seed: int = 0,
) -> list[TakeArrays]:
    """Return a split's takes as arrays, sorted by id; computed once and kept in one .npz per data and split.

    The cache's name holds a digest of what the data is made of (names, sizes and times, or the shards' hashes), of the
    code of the features and of the augmentation, so that nothing changed is ever answered with old numbers.

    Args:
        data: a folder in BEAT2's layout, a file of shards or a folder of them.
        split: which takes.
        cache: where the arrays are kept, or None.
        workers: processes that compute features.
        copies: of every take, with varied speech, in addition to the take itself.
        augmentation: how speech is varied.
        seed: of the variation; a copy depends on it, its number and the take's id alone (and on who babbles).

    Raises:
        InputError: if the data cannot be used.
    """
    groups = read_groups(data, split, together=_TOGETHER if copies else 1)
    varied = Variation(copies=copies, settings=augmentation, seed=seed)
    name = f"{data.resolve().stem if data.is_file() else data.resolve().name}-{split}"
    path = None if cache is None else cache / f"{name}-{_digest(groups, varied)}.npz"
    if path is not None and path.is_file():
        return _read_cache(path)
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            prepared = list(pool.map(prepare, groups, [varied] * len(groups)))
    else:
        prepared = [prepare(group, varied) for group in groups]
    arrays = sorted((take for each in prepared for take in each), key=lambda take: take.id)
    if path is not None:
        _write_cache(path, arrays)
    return arrays


@dataclass(frozen=True, kw_only=True)
class Variation:
    """How many varied copies there are of every take, and how they are drawn."""

    copies: int
    settings: AugmentSettings
    seed: int


def prepare(group: FolderGroup | ShardGroup, varied: Variation) -> list[TakeArrays]:
    """Read a group and compute its arrays, each take followed by its copies; the others of the group may babble.

    Raises:
        InputError: if a take cannot be used.
    """
    takes = group.read()
    arrays: list[TakeArrays] = []
    for number, take in enumerate(takes):
        arrays.append(arrays_of(take))
        others = [other.waveform for other in takes[number + 1 :] + takes[:number]]
        for copy in range(1, varied.copies + 1):
            generator = np.random.default_rng([varied.seed, copy, zlib.crc32(take.id.encode())])
            changed = augment_take(take, settings=varied.settings, babble=others, generator=generator)
            arrays.append(arrays_of(replace(changed, id=f"{take.id}~{copy}")))
    return arrays


def _read_stresses(path: Path) -> tuple[float, ...]:
    """Return when stressed syllables begin, from the authored corpus' own events; other corpora have none."""
    if not path.is_file():
        return ()
    try:
        events: list[Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["word_events"]
        return tuple(float(event["stress_s"]) for event in events)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            message(
                expected="the corpus' events",
                got=f"what cannot be read ({error})",
                where=str(path),
                do="Make the corpus again, or remove the file.",
            )
        ) from error


def _digest(groups: Sequence[FolderGroup] | Sequence[ShardGroup], varied: Variation) -> str:
    digest = hashlib.sha256(str(_CACHE_VERSION).encode())
    rooms = [audio_features_room, motion_features_room, score_channels_room]
    if varied.copies:
        digest.update(repr(varied).encode())
        rooms += [augment_room, augment_sound_room]
    for room in rooms:
        digest.update(Path(str(room.__file__)).read_bytes())
    for group in groups:
        if isinstance(group, ShardGroup):
            digest.update(group.part.sha256.encode())
            continue
        for take in group.takes:
            labels = (group.folder / "sem" / f"{take.id}.txt", group.folder / "events" / f"{take.id}.json")
            for path in (take.motion_path, take.waveform_path, take.transcript_path, *labels):
                if path is not None and path.is_file():
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
            "marks": [asdict(mark) for mark in take.marks],
        }
        for take in arrays
    ]
    scores = [take.score for take in arrays if take.score is not None]
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            motion=np.concatenate([take.motion for take in arrays]),
            audio=np.concatenate([take.audio for take in arrays]),
            score=np.concatenate([np.zeros((0, SCORE_CHANNELS), np.float16), *scores]),
            has_score=np.array([take.score is not None for take in arrays]),
            lengths=np.array([take.frames for take in arrays], np.int64),
            texts=np.frombuffer(json.dumps(texts).encode(), np.uint8),
        )


def _read_cache(path: Path) -> list[TakeArrays]:
    with np.load(path, allow_pickle=False) as file:
        motion, audio, lengths = file["motion"], file["audio"], file["lengths"]
        score, has_score = file["score"], file["has_score"]
        texts: list[Mapping[str, Any]] = json.loads(file["texts"].tobytes())
    stops = np.cumsum(lengths).tolist()
    ends = np.cumsum(lengths * has_score).tolist()
    return [
        TakeArrays(
            id=text["id"],
            speaker=text["speaker"],
            split=text["split"],
            motion=motion[stop - length : stop],
            audio=audio[stop - length : stop],
            words=tuple(Word(**word) for word in text["words"]),
            segments=tuple(_segment(each) for each in text["segments"]),
            marks=tuple(Mark(**mark) for mark in text["marks"]),
            score=score[end - length : end] if is_scored else None,
        )
        for text, stop, length, end, is_scored in zip(
            texts, stops, lengths.tolist(), ends, has_score.tolist(), strict=True
        )
    ]


# Any: fields of a segment as `_write_cache` stored them, unpacked into it.
def _segment(values: Mapping[str, Any]) -> Segment:
    words = tuple(Word(**word) for word in values["words"])
    others: dict[str, Any] = {name: value for name, value in values.items() if name != "words"}
    return Segment(words=words, **others)
