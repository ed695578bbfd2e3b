"""Numbers of the retrieval model's training: named, frozen, and chosen only here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from exges_core.retrieval.config import RetrievalConfig


@dataclass(frozen=True, kw_only=True)
class RetrievalTraining:
    """How a retrieval model is trained.

    Attributes:
        batch: pairs per step, of all processes together.
        queue: entries of both queues (the paper's O = K); ALBEF 65,536 on millions of pairs.
        learning_rate, warmup, floor: AdamW; linear warm-up over a share of the run, then a cosine down to a share.
        word_rate: times the learning rate, for the table of words: most of its rows are met in few steps.
        weight_decay: on matrices only, not on the table of words.
        momentum: of the teacher; 0 copies the student at every step.
        alpha, alpha_ramp: weight of the teacher's soft targets, reached after this share of the run (ALBEF 0.4).
        objective: "albef" (contrast with soft targets + matching: the documented reading) or "paper" (Eq. 7 as
            printed).
        matching_weight: of Eq. 5 in the "albef" objective.
        hard_negatives: False draws them uniformly (ablation).
        jitter_frames: both ends of a segment move this far, for speech and motion apart, so that a pair is not
            recognised by its length.
        gain, tilt, mel_shift, pitch_shift, noise, mask_share, mel_mask: feature-space augmentation of speech: level and
            slope of the mels in their units, formant shift in mel channels, F0 in its unit, white noise, share of
            frames hidden, mels hidden at most.
        text_dropout, sound_dropout, word_dropout, word_swap, spelling_dropout: shares of texts left out, of segments
            left with their words alone, of words left out, of words that become another, and of words known by their
            letter groups only; ours, for a speech tower that reads.
        gesture_positives: share of the target that goes to other segments with the same gestures, which then are no
            hard negatives either; ours, from labels; 0 = the paper.
        gesture_weight: of a head, thrown away after training, that tells the gestures from either embedding; ours; 0 =
            the paper.
        motion_noise: white noise on motion inputs, in their standard deviations.
        clip: largest gradient norm.
    """

    batch: int = 64
    queue: int = 3072
    learning_rate: float = 1e-3
    warmup: float = 0.05
    floor: float = 0.02
    word_rate: float = 10.0
    weight_decay: float = 0.05
    momentum: float = 0.995
    alpha: float = 0.4
    alpha_ramp: float = 0.3
    objective: str = "albef"
    matching_weight: float = 1.0
    hard_negatives: bool = True
    jitter_frames: int = 4
    gain: float = 0.2
    tilt: float = 0.2
    mel_shift: int = 3
    pitch_shift: float = 0.15
    noise: float = 0.1
    mask_share: float = 0.1
    mel_mask: int = 12
    text_dropout: float = 0.3
    sound_dropout: float = 0.3
    word_dropout: float = 0.15
    word_swap: float = 0.03
    spelling_dropout: float = 0.2
    gesture_positives: float = 0.6
    gesture_weight: float = 1.0
    motion_noise: float = 0.05
    clip: float = 1.0

    def __post_init__(self) -> None:
        """Check the choices."""
        if self.objective not in ("albef", "paper"):
            raise ValueError(f"RetrievalTraining: objective must be albef or paper, got {self.objective!r}")


RETRIEVAL_MODEL = RetrievalConfig(width=160, layers=2, feedforward=384, text_buckets=4096)
"""2 M parameters: what two cores train in a quarter of an hour."""
RETRIEVAL_MODEL_LARGE = RetrievalConfig(width=256, layers=4, feedforward=1024, text_buckets=16384)
"""For a GPU and BEAT2."""
RETRIEVAL_TRAINING = RetrievalTraining()
RETRIEVAL_MODEL_TINY = RetrievalConfig(width=32, layers=1, heads=2, feedforward=48, embedding=32, dropout=0.0)
"""For tests; it hears sound alone."""
RETRIEVAL_TRAINING_TINY = RetrievalTraining(batch=16, queue=32, learning_rate=3e-3)
"""For tests."""
RETRIEVAL_TRAINING_PAPER = RetrievalTraining(objective="paper", alpha=0.4, alpha_ramp=0.0)
"""Eq. 7 exactly as printed."""

Ablation = Literal[
    "none",
    "text",
    "momentum",
    "hard-negatives",
    "max-pooling",
    "gesture-positives",
    "gesture-head",
    "labels",
    "paper",
    "as-printed",
]
_NO_LABELS = {"gesture_positives": 0.0, "gesture_weight": 0.0}
_ABLATIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "none": ({}, {}),
    "text": ({"text_buckets": 0}, {}),
    "momentum": ({}, {"alpha": 0.0, "momentum": 0.0}),
    "hard-negatives": ({}, {"hard_negatives": False}),
    "max-pooling": ({"pooling": "mean"}, {}),
    "gesture-positives": ({}, {"gesture_positives": 0.0}),
    "gesture-head": ({}, {"gesture_weight": 0.0}),
    "labels": ({}, _NO_LABELS),
    "paper": ({"text_buckets": 0}, _NO_LABELS),
    "as-printed": ({"text_buckets": 0}, {**_NO_LABELS, "objective": "paper", "alpha_ramp": 0.0}),
}


def ablated(
    what: Ablation, model: RetrievalConfig = RETRIEVAL_MODEL, options: RetrievalTraining = RETRIEVAL_TRAINING
) -> tuple[RetrievalConfig, RetrievalTraining]:
    """Return the presets without one thing, for the table of ablations.

    "paper" leaves out everything that is ours (words and labels); "as-printed" also takes Eq. 7 to the letter.
    """
    changed_model, changed_options = _ABLATIONS[what]
    return replace(model, **changed_model), replace(options, **changed_options)
