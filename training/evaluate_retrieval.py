"""How well retrieval works, beside chance and simple baselines: ``python -m training.evaluate_retrieval --help``.

Two questions on a split that was not trained on: is a speech's own motion found among all of the split (recall, median
rank), and do the first five motions of *another* split hold the gesture that the speech was acted with (the labels
know)? The second is what a user sees. The paper measures neither.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import tyro
from scipy.fft import dct

from exges_core import errors
from exges_core.arrays import Bool, Float
from exges_core.audio.features import MEL_CHANNELS
from exges_core.errors import InputError, message
from exges_core.metrics import retrieval as metrics
from exges_core.retrieval.inputs import motion_inputs_of_clip
from exges_core.retrieval.model import embed_overall, load_retrieval
from exges_core.retrieval.shared_words import SharedWords
from training.build_library import read_sources
from training.retrieval_set import identity_of

COUNT = 5
MFCC = 13


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Evaluate a retrieval model.

    Attributes:
        data: a folder in BEAT2's layout, with labels in sem/ for the second question.
        model: retrieval weights.
        split: the queries.
        gallery: where gestures are looked up.
        scan_takes: takes of the gallery at most.
        text_weight, audio_weight: as in `SearchSettings`, for the rows that use them.
        out: write the JSON here too.
    """

    data: Path
    model: Path
    split: Literal["val", "test"] = "test"
    gallery: Literal["train", "val", "test"] = "train"
    scan_takes: int | None = 60
    text_weight: float = 1.5
    audio_weight: float = 0.5
    out: Path | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Pieces:
    """Segments of a split as lists: speech, motion inputs, texts, names of their gestures, identities."""

    audio: list[np.ndarray]
    motion: list[np.ndarray]
    texts: list[str]
    tags: list[frozenset[str]]
    identity: np.ndarray


def read_pieces(data: Path, split: str, *, scan_takes: int | None, jitter_frames: int = 4) -> Pieces:
    """Return all segments of a split; motion and speech are cut with different random ends (nothing by length)."""
    generator = np.random.default_rng(0)
    audio, motion, texts, tags, identity = [], [], [], [], []
    for take in read_sources(data, split, scan_takes=scan_takes):
        whole = motion_inputs_of_clip(take.clip)
        for number, segment in enumerate(take.segments):
            start, stop = take.frames_of(segment)
            for values, cuts in ((take.audio, audio), (whole, motion)):
                moves = generator.integers(-jitter_frames, jitter_frames + 1, 2)
                first = min(max(start + int(moves[0]), 0), len(whole) - 10)
                assert values is not None
                cuts.append(np.asarray(values[first : max(stop + int(moves[1]), first + 10)], np.float32))
            texts.append(segment.text)
            tags.append(frozenset(take.tags[number]) if take.tags else frozenset())
            identity.append(identity_of(segment.text, f"{take.id} {number}"))
    return Pieces(audio=audio, motion=motion, texts=texts, tags=tags, identity=np.array(identity))


def mfcc(clips: Sequence[Float[np.ndarray, "_ channels"]]) -> Float[np.ndarray, "clips coefficients"]:
    """Return mean and spread over time of cepstral coefficients, as unit vectors: the plain audio baseline."""
    rows = []
    for clip in clips:
        cepstrum = np.asarray(dct(clip[:, :MEL_CHANNELS], axis=1, norm="ortho"))[:, 1 : MFCC + 1]
        rows.append(np.concatenate([cepstrum.mean(axis=0), cepstrum.std(axis=0)]))
    table = np.stack(rows)
    table = (table - table.mean(axis=0)) / table.std(axis=0).clip(1e-6)
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def shares_gesture(queries: Sequence[frozenset[str]], gallery: Sequence[frozenset[str]]) -> Bool[np.ndarray, "q g"]:
    """Return which items hold a gesture of the query that is more than a beat."""
    return np.array([[bool(_telling(query) & item) for item in gallery] for query in queries])


def _telling(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in names if not name.startswith("beat"))


def evaluate(options: Evaluation) -> dict[str, object]:
    """Return all rows.

    Raises:
        InputError: if the folder or its labels cannot be used.
        CheckpointError: if the weights cannot.
    """
    loaded = load_retrieval(options.model)
    queries = read_pieces(options.data, options.split, scan_takes=None)
    gallery = read_pieces(options.data, options.gallery, scan_takes=options.scan_takes)
    audio = embed_overall(loaded.model.embed_audio, queries.audio)
    own = audio @ embed_overall(loaded.model.embed_motion, queries.motion).T
    rank = metrics.ranks(own, queries.identity[:, None] == queries.identity[None, :])
    pairs = {f"recall_{count}": metrics.recall_at(rank, count) for count in (1, 5, 10)}
    pairs |= {f"chance_{count}": metrics.chance_recall(len(rank), count) for count in (1, 5, 10)}
    pairs |= {"median_rank": metrics.median_rank(rank), "gallery": float(len(rank))}
    asked = [row for row, names in enumerate(queries.tags) if _telling(names)]
    if not asked:
        raise InputError(
            message(expected="gesture labels", got="none", where=str(options.data / "sem"), do="Add them to compare.")
        )
    is_right = shares_gesture([queries.tags[row] for row in asked], gallery.tags)
    motion = audio[asked] @ embed_overall(loaded.model.embed_motion, gallery.motion).T
    sound = audio[asked] @ embed_overall(loaded.model.embed_audio, gallery.audio).T
    words = _words([queries.texts[row] for row in asked], gallery.texts)
    everything = [*(queries.audio[row] for row in asked), *gallery.audio]
    plain = mfcc(everything)
    scores = {
        "random": np.random.default_rng(0).random(motion.shape),
        "mfcc_neighbour": plain[: len(asked)] @ plain[len(asked) :].T,
        "motion (the paper)": motion,
        "motion + sound": motion + options.audio_weight * sound,
        "motion + words": motion + options.text_weight * words,
        "motion + sound + words": motion + options.audio_weight * sound + options.text_weight * words,
    }
    top = {name: metrics.label_accuracy(score, is_right, COUNT) for name, score in scores.items()}
    first = {name: metrics.label_accuracy(score, is_right, 1) for name, score in scores.items()}
    return {"pairs": pairs, "gesture_in_first_5": top, "gesture_first": first, "asked": len(asked)}


def _words(queries: Sequence[str], gallery: Sequence[str]) -> Float[np.ndarray, "queries gallery"]:
    shared = SharedWords(gallery)
    table = np.zeros((len(queries), len(gallery)))
    for row, text in enumerate(queries):
        for column, share in shared.overlap(text).items():
            table[row, column] = share
    return table


def main(options: Evaluation) -> int:
    """Print the rows as JSON."""
    found = json.dumps(evaluate(options), indent=1)
    print(found)
    if options.out is not None:
        options.out.write_text(found + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    try:
        sys.exit(main(tyro.cli(Evaluation, description=__doc__)))
    except errors.ExgesError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
