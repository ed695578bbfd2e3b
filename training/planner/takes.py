"""Recordings as a planner learns from them: words, prosody and the score that was acted; kept between runs."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.audio import features as features_room
from exges_core.audio.features import AUDIO_CHANNELS, MEL_CHANNELS, audio_features
from exges_core.datasets.recordings import Take, read_folder
from exges_core.errors import InputError, message
from exges_core.files import replacing
from exges_core.score import segmentation as segmentation_room
from exges_core.score.records import Score, Stroke
from exges_core.speech.words import Word
from training.data import labelled_scores as labels_room
from training.data.take_scores import score_of_take

_CACHE_VERSION = 1
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class PlannerTake:
    """One take.

    Attributes:
        id, speaker: as in `recordings.Take`.
        words: with times; empty if there is no transcript.
        prosody: the four channels of the sound behind the mel spectrum, at 30 Hz, float16.
        score: what was acted.
    """

    id: str
    speaker: str
    words: tuple[Word, ...]
    prosody: Float[Array, "frames 4"]
    score: Score

    @property
    def features(self) -> Float[Array, "frames 84"]:
        """Return the sound's features as a planner reads them: it never looks at the mel spectrum, so that is 0."""
        return features_of(self.prosody)


def features_of(prosody: Float[Array, "frames 4"]) -> Float[Array, "frames 84"]:
    """Return 84 channels of which only the prosody is filled."""
    features = np.zeros((len(prosody), AUDIO_CHANNELS), np.float32)
    features[:, MEL_CHANNELS:] = prosody
    return features


def read_planner_takes(data: Path, split: str, *, cache: Path | None = None, workers: int = 1) -> list[PlannerTake]:
    """Return the takes of a split that have a score, sorted by id; computed once and kept in one .npz per data.

    Raises:
        InputError: if it is not a folder in BEAT2's layout, or no take of the split has a score.
    """
    if not data.is_dir():
        do = "Give the folder that the shards were made from: a planner is trained on folders only."
        raise InputError(message(expected="a folder in BEAT2's layout", got="no folder", where=str(data), do=do))
    takes = read_folder(data, split)
    path = None if cache is None else cache / f"planner-{data.resolve().name}-{split}-{_digest(data, takes)}.npz"
    if path is not None and path.is_file():
        return _read_cache(path)
    ready = _all_prepared(data, takes, workers)
    if not ready:
        do = "Use the authored corpus, or takes whose strokes can be found."
        raise InputError(message(expected="takes with strokes", got="none", where=f"{data}, split {split}", do=do))
    if path is not None:
        _write_cache(path, ready)
    return ready


def planner_hash(takes: Sequence[PlannerTake]) -> str:
    """Return a digest of ids, words, prosody and strokes: what provenance names as the data."""
    digest = hashlib.sha256()
    for take in takes:
        digest.update(json.dumps(_text(take)).encode())
        digest.update(np.ascontiguousarray(take.prosody).data)
    return digest.hexdigest()


def _all_prepared(data: Path, takes: Sequence[Take], workers: int) -> list[PlannerTake]:
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            found = list(pool.map(_prepared, [data] * len(takes), takes))
    else:
        found = [_prepared(data, take) for take in takes]
    return [take for take in found if take is not None]


def _prepared(data: Path, take: Take) -> PlannerTake | None:
    score = score_of_take(data, take.id, take.clip)
    if not score.strokes and score.origin == "motion":  # labels may well say that somebody rests
        _LOG.warning("%s: no stroke was found in its motion, so the planner learns nothing from it", take.id)
        return None
    prosody = audio_features(take.waveform)[:, MEL_CHANNELS:].astype(np.float16)
    return PlannerTake(id=take.id, speaker=take.speaker, words=take.words, prosody=prosody, score=score)


def _digest(data: Path, takes: Sequence[Take]) -> str:
    digest = hashlib.sha256(str(_CACHE_VERSION).encode())
    for room in (features_room, labels_room, segmentation_room):
        digest.update(Path(str(room.__file__)).read_bytes())
    for take in takes:
        events = data / "events" / f"{take.id}.json"
        for path in (take.motion_path, take.waveform_path, take.transcript_path, events):
            if path is not None and path.is_file():
                facts = path.stat()
                digest.update(f"{path.name} {facts.st_size} {facts.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def _text(take: PlannerTake) -> dict[str, object]:
    words, score = [asdict(word) for word in take.words], asdict(take.score)
    return {"id": take.id, "speaker": take.speaker, "words": words, "score": score}


def _write_cache(path: Path, takes: Sequence[PlannerTake]) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            prosody=np.concatenate([take.prosody for take in takes]),
            lengths=np.array([len(take.prosody) for take in takes], np.int64),
            texts=np.frombuffer(json.dumps([_text(take) for take in takes]).encode(), np.uint8),
        )


def _read_cache(path: Path) -> list[PlannerTake]:
    with np.load(path, allow_pickle=False) as file:
        prosody, lengths = file["prosody"], file["lengths"]
        texts: list[Mapping[str, Any]] = json.loads(file["texts"].tobytes())
    stops = np.cumsum(lengths).tolist()
    return [
        PlannerTake(
            id=text["id"],
            speaker=text["speaker"],
            words=tuple(Word(**word) for word in text["words"]),
            prosody=prosody[stop - length : stop],
            score=_score(text["score"]),
        )
        for text, stop, length in zip(texts, stops, lengths.tolist(), strict=True)
    ]


# Any: fields of a score as `_text` stored them, unpacked into it.
def _score(values: Mapping[str, Any]) -> Score:
    strokes = tuple(Stroke(**stroke) for stroke in values["strokes"])
    return Score(strokes=strokes, duration_s=values["duration_s"], sound=values["sound"], origin=values["origin"])
