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
from typing import Any, cast

import numpy as np

from exges_core import json_text, timeline
from exges_core.arrays import Array, Float
from exges_core.audio import features as audio_features_room
from exges_core.audio.features import audio_features
from exges_core.datasets.recordings import SPLITS, Take, read_folder
from exges_core.errors import InputError, message
from exges_core.files import replacing
from exges_core.motion import features as motion_features_room
from exges_core.motion.clip import MotionClip
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
from training.data.shard_files import SUFFIX, StoredTake, read_index
from training.data.take_scores import score_of_take
from training.data.takes import RecordedTake, TakeArrays

LENGTH_TOLERANCE_S = 1.0
"""Sound and motion of one take may differ by this much; the longer is trimmed."""
_CACHE_VERSION = 3
_TOGETHER = 4
"""Takes that may babble behind one another."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FolderTake:
    """A take of a folder in BEAT2's layout, as `StoredTake` is of a file of shards."""

    folder: Path
    take: Take

    def read(self) -> RecordedTake:
        """Read motion, sound, words and labels.

        Raises:
            InputError: if one of its files cannot be used.
        """
        return recorded(self.folder, self.take)

    def fingerprint(self) -> str:
        """Return a text that changes with the size or time of any of the take's files."""
        take = self.take
        labels = (self.folder / "sem" / f"{take.id}.txt", _events_path(self.folder, take.id))
        paths = (take.motion_path, take.waveform_path, take.transcript_path, *labels)
        facts = [(path.name, path.stat()) for path in paths if path is not None and path.is_file()]
        return f"{take.split} {[(name, each.st_size, each.st_mtime_ns) for name, each in facts]}"


TakeSource = FolderTake | StoredTake


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
        stresses_s=_read_stresses(_events_path(folder, take.id)),
        strokes=score_of_take(folder, take.id, take.clip).strokes,
    )


def arrays_of(take: RecordedTake) -> TakeArrays:
    """Compute the features of a take.

    Raises:
        InputError: if sound and motion differ by more than `LENGTH_TOLERANCE_S`.
    """
    audio = audio_features(take.waveform)
    frames = common_frames(take.id, take.clip, audio)
    motion = features_from_clip(take.clip, home_anchor(take.clip))
    return TakeArrays(
        id=take.id,
        speaker=take.speaker,
        split=take.split,
        motion=motion[:frames].astype(np.float16),
        audio=audio[:frames].astype(np.float16),
        words=take.words,
        segments=tuple(segment(take.words, take.waveform)),
        marks=take.marks,
        score=None if take.strokes is None else _score_of(take)[:frames],
    )


def common_frames(take_id: str, clip: MotionClip, audio: Float[Array, "frames channels"]) -> int:
    """Return how many frames a take's motion and its sound's features have in common.

    Raises:
        InputError: if they differ by more than `LENGTH_TOLERANCE_S`.
    """
    difference = len(audio) - clip.frames
    if abs(difference) > LENGTH_TOLERANCE_S * timeline.MOTION_RATE_HZ:
        raise InputError(
            message(
                expected=f"sound and motion of equal length to {LENGTH_TOLERANCE_S:g} s",
                got=f"{timeline.time_of(len(audio)):.2f} s of sound, {clip.duration_s:.2f} s of motion",
                where=take_id,
                do="Cut them to the same part of the take.",
            )
        )
    if difference:
        _LOG.info("%s: sound is %+d frames against the motion; the longer one is trimmed", take_id, difference)
    return min(len(audio), clip.frames)


def _score_of(take: RecordedTake) -> Array:
    strokes = take.strokes or ()
    score = Score(strokes=strokes, duration_s=take.clip.duration_s, origin="labels")
    return score_channels(score, take.clip.frames, places_of(strokes, chest_wrists_m(take.clip))).astype(np.float16)


def sources_of(data: Path, split: str) -> list[TakeSource]:
    """List the takes of a split, to be read when asked for.

    Raises:
        InputError: if it is neither a folder of this layout nor a file of shards, or the split is empty.
    """
    files = [data] if data.is_file() else sorted(data.glob(f"*{SUFFIX}"))
    if not files:
        return [FolderTake(folder=data, take=take) for take in read_folder(data, split)]
    if split not in SPLITS:
        raise InputError(message(expected=f"one of {SPLITS}", got=split, where="split", do="Choose one of them."))
    stored = [take for path in files for take in read_index(path) if split in ("all", take.split)]
    if not stored:
        raise InputError(
            message(expected=f"takes of split {split}", got="none", where=str(data), do="Write shards with it.")
        )
    return [*stored]


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

    The cache's name holds a digest of the data (names, sizes and times, or the shards' checksums) and of the code of
    the features and the augmentation, so that a change to any of them computes the arrays anew.

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
    sources = sources_of(data, split)
    varied = Variation(copies=copies, settings=augmentation, seed=seed)
    name = f"{data.resolve().stem if data.is_file() else data.resolve().name}-{split}"
    path = None if cache is None else cache / f"{name}-{_digest(sources, varied)}.npz"
    if path is not None and path.is_file():
        return _read_cache(path)
    prepared = _prepared(sources, varied, workers)
    arrays = sorted((take for each in prepared for take in each), key=lambda take: take.id)
    if path is not None:
        _write_cache(path, arrays)
    return arrays


def _prepared(sources: Sequence[TakeSource], varied: Variation, workers: int) -> list[list[TakeArrays]]:
    """Compute the arrays group by group, in as many processes as are asked for."""
    # Spread out, because neighbours are of one speaker, and whoever babbles behind a take should be somebody else.
    count = -(-len(sources) // _TOGETHER) if varied.copies else len(sources)
    groups = [sources[first::count] for first in range(count)]
    if workers == 1:
        return [prepare(group, varied) for group in groups]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(prepare, groups, [varied] * len(groups)))


@dataclass(frozen=True, kw_only=True)
class Variation:
    """How many varied copies there are of every take, and how they are drawn."""

    copies: int
    settings: AugmentSettings
    seed: int


def prepare(group: Sequence[TakeSource], varied: Variation) -> list[TakeArrays]:
    """Read some takes and compute their arrays, each followed by its copies, behind which the other takes may babble.

    Raises:
        InputError: if a take cannot be used.
    """
    takes = [source.read() for source in group]
    arrays: list[TakeArrays] = []
    for number, take in enumerate(takes):
        arrays.append(arrays_of(take))
        others = [other.waveform for other in takes[number + 1 :] + takes[:number]]
        for copy in range(1, varied.copies + 1):
            generator = np.random.default_rng([varied.seed, copy, zlib.crc32(take.id.encode())])
            changed = augment_take(take, settings=varied.settings, babble=others, generator=generator)
            arrays.append(arrays_of(replace(changed, id=f"{take.id}~{copy}")))
    return arrays


def _events_path(folder: Path, take_id: str) -> Path:
    return folder / "events" / f"{take_id}.json"


def _read_stresses(path: Path) -> tuple[float, ...]:
    """Return when stressed syllables begin, from the authored corpus' own events; other corpora have none."""
    if not path.is_file():
        return ()
    try:
        events = cast("dict[str, list[Mapping[str, Any]]]", json_text.read(path))["word_events"]
        return tuple(float(event["stress_s"]) for event in events)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            message(
                expected="the corpus' events",
                got=f"what cannot be read ({error})",
                where=str(path),
                do="Make the corpus again, or remove the file.",
            )
        ) from error


def _digest(sources: Sequence[TakeSource], varied: Variation) -> str:
    digest = hashlib.sha256(str(_CACHE_VERSION).encode())
    rooms = [audio_features_room, motion_features_room, score_channels_room]
    if varied.copies:
        digest.update(repr(varied).encode())
        rooms += [augment_room, augment_sound_room]
    for room in rooms:
        digest.update(Path(str(room.__file__)).read_bytes())
    for source in sources:
        digest.update(source.fingerprint().encode())
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
    texts = [_text_of(take) for take in arrays]
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


def _text_of(take: TakeArrays) -> dict[str, Any]:
    return {
        "id": take.id,
        "speaker": take.speaker,
        "split": take.split,
        "words": [asdict(word) for word in take.words],
        "segments": [asdict(each) for each in take.segments],
        "marks": [asdict(mark) for mark in take.marks],
    }


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
