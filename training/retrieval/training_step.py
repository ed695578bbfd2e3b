"""One step of retrieval training, its evaluation and its calibration: no files, no clocks, no printing."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from exges_core.arrays import Array, Bool, Float
from exges_core.metrics import retrieval as metrics
from exges_core.retrieval import contrastive
from exges_core.retrieval.config import RetrievalConfig
from exges_core.retrieval.encoders import RetrievalModel
from exges_core.retrieval.queue import EmbeddingQueue
from exges_core.retrieval.teacher import make_teacher, update_teacher
from exges_core.tensors import array_of, fork_rng, manual_seed, take_step
from training.loop.processes import ALONE, Processes
from training.retrieval.gesture_head import GestureHead
from training.retrieval.presets import RetrievalTraining
from training.retrieval.training_set import PairBatch, RetrievalSet, statistics, vary_speech, vary_words


@dataclass(kw_only=True)
class RetrievalState:
    """Everything that changes while training."""

    student: RetrievalModel
    teacher: RetrievalModel
    head: GestureHead
    queue: EmbeddingQueue
    optimizer: torch.optim.AdamW
    step: int = 0

    def trained(self) -> dict[str, torch.nn.Parameter]:
        """Return what the optimiser moves, by name."""
        head = {f"head.{name}": each for name, each in self.head.named_parameters()}
        return {**dict(self.student.named_parameters()), **head}


@dataclass(frozen=True, kw_only=True)
class Embeddings:
    """A split, embedded: overall embeddings of speech and motion."""

    audio: Float[Array, "segments embedding"]
    motion: Float[Array, "segments embedding"]


def make_state(
    config: RetrievalConfig, options: RetrievalTraining, data: RetrievalSet, *, seed: int, device: torch.device | str
) -> RetrievalState:
    """Return a fresh state; the weights depend on the seed alone."""
    with drawing_from(seed):
        student = RetrievalModel(config)
        head = GestureHead(config.embedding, max(1, len(data.kinds)))  # without labels: one direction, never asked
    for tower, values in ((student.audio, data.audio), (student.motion, data.motion)):
        mean, deviation = statistics(values)
        tower.input_mean.copy_(torch.as_tensor(mean))
        tower.input_deviation.copy_(torch.as_tensor(deviation))
    student.to(device)
    _centre(student, data)
    everything = [*student.parameters(), *head.to(device).parameters()]
    words = [] if student.audio.words is None else [student.audio.words.table.weight]
    matrices = [each for each in everything if each.ndim >= 2 and all(each is not word for word in words)]
    others = [each for each in everything if each.ndim < 2]
    groups = [(matrices, options.weight_decay, 1.0), (others, 0.0, 1.0), (words, 0.0, options.word_rate)]
    optimizer = torch.optim.AdamW(
        [{"params": each, "weight_decay": decay, "share": share} for each, decay, share in groups],
        lr=options.learning_rate,
        betas=(0.9, 0.98),
    )
    return RetrievalState(
        student=student,
        teacher=make_teacher(student),
        head=head,
        queue=EmbeddingQueue(options.queue, config.embedding, kinds=len(data.kinds), device=device),
        optimizer=optimizer,
    )


@torch.no_grad()
def _centre(model: RetrievalModel, data: RetrievalSet, count: int = 256) -> None:
    """Put each tower's centre where the mean of its pooled embeddings is before training."""
    rows = np.random.default_rng(0).permutation(len(data))[:count]
    device = model.log_temperature.device
    pairs = data.pairs(rows, jitter_frames=0, generator=np.random.default_rng(0))
    pairs = PairBatch(*(each.to(device) for each in pairs))
    model.eval()
    words = None if model.audio.words is None else model.audio.words(pairs.words)
    model.audio.centre.copy_(model.audio.pooled(pairs.audio, pairs.is_audio, words).mean(dim=0))
    model.motion.centre.copy_(model.motion.pooled(pairs.motion, pairs.is_motion).mean(dim=0))


@contextlib.contextmanager
def drawing_from(seed: int) -> Generator[None]:
    """Let torch's own draws (initial weights, dropout) come from a seed, and put its global state back afterwards."""
    with fork_rng():
        manual_seed(seed)
        yield


def learning_rate(progress: float, options: RetrievalTraining) -> float:
    """Return the rate at a share of the run: linear warm-up, then a cosine to the floor."""
    if progress < options.warmup:
        return options.learning_rate * max(progress / options.warmup, 1e-3)
    fall = (progress - options.warmup) / (1.0 - options.warmup)
    low = options.floor
    return options.learning_rate * (low + (1.0 - low) * 0.5 * (1.0 + math.cos(math.pi * min(fall, 1.0))))


def momentum_at(step: int, options: RetrievalTraining) -> float:
    """Return the teacher's momentum: small at first, then the preset's.

    Ours: ALBEF trains for a hundred thousand steps; where there are a thousand, a teacher of 0.995 from the start would
    mostly teach its first, random weights.
    """
    return min(options.momentum, (1.0 + step) / (10.0 + step))


def train_step(
    state: RetrievalState,
    batch: PairBatch,
    options: RetrievalTraining,
    *,
    progress: float,
    seed: int,
    use_bf16: bool = False,
    processes: Processes = ALONE,
) -> dict[str, float]:
    """Take one optimiser step in place, then move the teacher and the queues (never inside a forward).

    With several processes, all bring the same batch, and each embeds its share of it; gradients are averaged.

    Returns:
        The losses of Eq. 4/6, Eq. 5 and their total.
    """
    device = state.student.log_temperature.device
    generator = torch.Generator(device).manual_seed(seed)
    batch = PairBatch(*(each.to(device) for each in batch))
    audio = vary_speech(batch.audio, options, generator=generator)
    deviation = state.student.motion.input_deviation
    noise = torch.randn(batch.motion.shape, generator=generator, device=device) * deviation
    varied = batch._replace(audio=audio, motion=batch.motion + options.motion_noise * noise)
    varied = vary_words(varied, options, generator=generator)
    for group in state.optimizer.param_groups:
        group["lr"] = group["share"] * learning_rate(progress, options)
    state.student.train()
    with drawing_from(seed + processes.rank * 7_919):  # processes drop out different things of different rows
        losses, taught = _losses(state, varied, options, progress, generator, processes, use_bf16=use_bf16)
    state.optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(losses["total"])
    processes.average(state.trained().values())
    torch.nn.utils.clip_grad_norm_(state.trained().values(), options.clip)
    take_step(state.optimizer)
    update_teacher(state.teacher, state.student, momentum=momentum_at(state.step, options))
    state.queue.push(*taught, batch.identity, batch.gestures)
    state.step += 1
    return {name: value.item() for name, value in losses.items()}


def _losses(
    state: RetrievalState,
    batch: PairBatch,
    options: RetrievalTraining,
    progress: float,
    generator: torch.Generator,
    processes: Processes,
    *,
    use_bf16: bool,
) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor]]:
    student, teacher = state.student, state.teacher
    own = batch.rows(processes.rows(len(batch.audio)))
    with torch.autocast(batch.audio.device.type, dtype=torch.bfloat16, enabled=use_bf16):
        audio, motion = (processes.gather(each) for each in _embedded(student, own))
        with torch.no_grad():
            taught_audio, taught_motion = (processes.gather(each) for each in _embedded(teacher, own))
    bank = state.queue.bank(taught_audio, taught_motion, batch.identity, batch.gestures)
    is_positive = contrastive.same_identity(batch.identity, bank.identity)
    likeness = contrastive.gesture_likeness(batch.gestures, bank.gestures)
    alpha = options.alpha * min(1.0, progress / options.alpha_ramp) if options.alpha_ramp else options.alpha
    tau = student.temperature
    contrast = distillation = torch.zeros((), device=audio.device)
    for query, taught, others in ((audio, taught_audio, bank.motion), (motion, taught_motion, bank.audio)):
        logits = contrastive.similarity_logits(query, others, tau)
        teaching = contrastive.similarity_logits(taught, others, tau).detach()
        targets = contrastive.soft_targets(
            teaching, is_positive, alpha, likeness=likeness, share=options.gesture_positives
        )
        contrast = contrast + 0.5 * contrastive.contrastive_loss(logits, targets)
        distillation = distillation + contrastive.distillation_loss(logits, teaching.softmax(dim=-1))
    is_own = is_positive[:, : len(audio)]
    is_alike = ~is_own & (options.gesture_positives * likeness[:, : len(audio)] > 0.0)
    matching = _matching(student, audio, motion, (is_own, is_alike), options, generator)
    if options.objective == "paper":
        total = contrastive.paper_total(distillation, matching, alpha)
    else:
        total = contrast + options.matching_weight * matching
    losses = {"contrast": contrast, "matching": matching}
    if options.gesture_weight and batch.gestures.shape[1]:
        of_speech, of_motion = (state.head.loss(each.float(), batch.gestures) for each in (audio, motion))
        losses["gesture"] = 0.5 * (of_speech + of_motion)
        total = total + options.gesture_weight * losses["gesture"]
    return {**losses, "total": total}, (taught_audio, taught_motion)


def _embedded(model: RetrievalModel, batch: PairBatch) -> tuple[Tensor, Tensor]:
    audio = model.embed_audio(batch.audio, batch.is_audio, batch.words).overall
    return audio, model.embed_motion(batch.motion, batch.is_motion).overall


def _matching(
    student: RetrievalModel,
    audio: Tensor,
    motion: Tensor,
    is_right: tuple[Tensor, Tensor],
    options: RetrievalTraining,
    generator: torch.Generator,
) -> Tensor:
    """Return Eq. 5 with a hard negative motion per speech and a hard negative speech per motion.

    `is_right` says which pairs are of the same words, and which of the same gesture (in the paper, none). One of the
    latter per speech is a positive, too: were they in neither class, the head would learn that what is most similar is
    wrong, and the search proposes just that.
    """
    is_own, is_alike = is_right
    similarity = contrastive.similarity_logits(audio, motion, student.temperature).detach().float()
    if not options.hard_negatives:
        similarity = torch.zeros_like(similarity)
    for_audio = contrastive.hard_negatives(similarity, is_own | is_alike, generator=generator)
    for_motion = contrastive.hard_negatives(similarity.T, (is_own | is_alike).T, generator=generator)
    positive = student.match(audio, motion)
    has_alike = is_alike.any(dim=1)
    if has_alike.any():
        partner = torch.multinomial(is_alike[has_alike].float(), 1, generator=generator).squeeze(-1)
        positive = torch.cat([positive, student.match(audio[has_alike], motion[partner])])
    wrong_motion = student.match(audio, motion[for_audio.column])[for_audio.exists]
    wrong_audio = student.match(audio[for_motion.column], motion)[for_motion.exists]
    return contrastive.matching_loss(positive, torch.cat([wrong_motion, wrong_audio]))


@torch.inference_mode()
def embed_set(model: RetrievalModel, data: RetrievalSet, *, jitter_frames: int, batch: int = 128) -> Embeddings:
    """Embed a split, with the same random ends every time, so that no pair is found by its length."""
    device = model.log_temperature.device
    generator = np.random.default_rng(0)
    was_training = model.training
    model.eval()
    audio, motion = list[Array](), list[Array]()
    for start in range(0, len(data), batch):
        rows = np.arange(start, min(start + batch, len(data)))
        pairs = data.pairs(rows, jitter_frames=jitter_frames, generator=generator)
        pairs = PairBatch(*(each.to(device) for each in pairs))
        audio.append(array_of(model.embed_audio(pairs.audio, pairs.is_audio, pairs.words).overall))
        motion.append(array_of(model.embed_motion(pairs.motion, pairs.is_motion).overall))
    model.train(was_training)
    return Embeddings(audio=np.concatenate(audio), motion=np.concatenate(motion))


def evaluate(
    model: RetrievalModel, data: RetrievalSet, *, jitter_frames: int, gallery: RetrievalSet | None = None
) -> dict[str, float]:
    """Return recall at 1, 5, 10 and the median rank of the paired motion among all, beside chance.

    With a labelled `gallery`, also the share of segments with a gesture for which one of the gallery's five best
    motions holds it ("gesture_5").
    """
    embedded = embed_set(model, data, jitter_frames=jitter_frames)
    is_match = data.identity[:, None] == data.identity[None, :]
    rank = metrics.ranks(embedded.audio @ embedded.motion.T, is_match)
    found: dict[str, float] = {"gallery": float(len(data))}
    for count in (1, 5, 10):
        found[f"recall_{count}"] = metrics.recall_at(rank, count)
        found[f"chance_{count}"] = metrics.chance_recall(len(data), count)
    found["median_rank"] = metrics.median_rank(rank)
    found["chance_median_rank"] = (len(data) + 1) / 2
    asked = data.gestures.any(axis=1)
    if gallery is not None and asked.any():
        motion = embed_set(model, gallery, jitter_frames=jitter_frames).motion
        is_right = data.gestures[asked] @ gallery.gestures.T > 0.0
        found["gesture_5"] = metrics.label_accuracy(embedded.audio[asked] @ motion.T, is_right, 5)
    return found


def proposed_pairs(
    model: RetrievalModel, data: RetrievalSet, *, jitter_frames: int, first: int = 5
) -> tuple[Float[Tensor, "pairs"], Bool[Tensor, "pairs"]]:
    """Return matching logits of what a search would propose, and which of it is right.

    With labels: for segments with a gesture, their `first` most similar motions to other words; right is one of the
    same gesture. Without: every segment's own motion, right, and another one at random. Not own motions against the
    most similar wrong ones: those are chosen for their likeness, and a head that knows likeness would look inverted.
    """
    embedded = embed_set(model, data, jitter_frames=jitter_frames)
    audio, motion = torch.as_tensor(embedded.audio), torch.as_tensor(embedded.motion)
    told = data.gestures[:, [not kind.startswith("beat") for kind in data.kinds]]
    is_own = torch.as_tensor(data.identity[:, None] == data.identity[None, :])
    is_alike = torch.as_tensor(told @ told.T > 0.0)
    rows = torch.arange(len(data))
    asked = rows[torch.as_tensor(told.any(axis=1))]
    if len(asked):
        found = (audio @ motion.T).masked_fill(is_own, -torch.inf)[asked].topk(min(first, len(data) - 1), dim=1)
        is_other = found.values > -torch.inf
        left, right = asked[:, None].expand_as(is_other)[is_other], found.indices[is_other]
        is_right = is_alike[left, right]
    else:
        other = torch.as_tensor(np.random.default_rng(0).permutation(len(data)))
        left, right = torch.cat([rows, rows]), torch.cat([rows, other])
        is_right = is_own[left, right]
    device = model.log_temperature.device
    with torch.no_grad():
        logit = model.eval().match(audio[left].to(device), motion[right].to(device)).cpu()
    return logit, is_right


def calibrate(model: RetrievalModel, data: RetrievalSet, *, jitter_frames: int) -> dict[str, float]:
    """Fit the matching head's scale (above 0) and shift on a split's `proposed_pairs` (Platt); say how it fares."""
    logit, is_true = proposed_pairs(model, data, jitter_frames=jitter_frames)
    label = is_true.to(logit.dtype)
    fitted = torch.tensor([0.0, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([fitted], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(fitted[0].exp() * logit + fitted[1], label)
        loss = loss + 1e-3 * fitted.square().sum()
        torch.autograd.backward(loss)
        return loss

    take_step(optimizer, closure)
    scale, shift = fitted.detach()[0].exp(), fitted.detach()[1]
    model.matching.calibration.copy_(torch.stack([scale, shift]))
    probability = array_of(model.matching.probability(logit.to(model.log_temperature.device)))
    figure = metrics.reliability(probability, array_of(is_true))
    return {
        "calibration_scale": scale.item(),
        "calibration_shift": shift.item(),
        "calibration_error": metrics.expected_calibration_error(figure),
        "matching_accuracy": float(((probability > 0.5) == array_of(is_true)).mean()),
    }
