"""How retrieval learns: Eq. 2-7 of the paper as pure functions of arrays; no networks, no state.

The paper prints Eq. 2 and 3 alike; meant is ALBEF's pair (audio against a bank of motions, motion against a bank of
audios), and that is what callers pass. Its Eq. 7 leaves out the contrastive term that it introduces as Eq. 4; both are
in ALBEF's soft target, so the default total is contrast(soft targets) + matching, and `paper_total` is Eq. 7 exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as functional
from torch import Tensor

from exges_core.arrays import Bool, Float, Int


class HardNegatives(NamedTuple):
    """For every row a column that looks alike but is another identity; `exists` is False where there is none."""

    column: Int[Tensor, "batch"]
    exists: Bool[Tensor, "batch"]


def similarity_logits(
    query: Float[Tensor, "batch embedding"],
    bank: Float[Tensor, "bank embedding"],
    temperature: Float[Tensor, ""] | float,
) -> Float[Tensor, "batch bank"]:
    """Return s(query, bank) / tau, the exponents of Eq. 2 and 3."""
    return query @ bank.T / temperature


def same_identity(queries: Int[Tensor, "batch"], bank: Int[Tensor, "bank"]) -> Bool[Tensor, "batch bank"]:
    """Return which entries of a bank are the query's own utterance: positives, never negatives; ours."""
    return queries[:, None] == bank[None, :]


def gesture_likeness(
    queries: Float[Tensor, "batch kinds"], bank: Float[Tensor, "bank kinds"]
) -> Float[Tensor, "batch bank"]:
    """Return how far two segments hold the same kinds of gesture: shared kinds over all kinds of both (Jaccard); ours.

    Kinds are 0 or 1; a segment without any is like no other.
    """
    shared = queries @ bank.T
    either = queries.sum(dim=-1)[:, None] + bank.sum(dim=-1)[None, :] - shared
    return shared / either.clamp_min(1.0)


def soft_targets(
    teacher_logits: Float[Tensor, "batch bank"],
    is_positive: Bool[Tensor, "batch bank"],
    alpha: float,
    *,
    likeness: Float[Tensor, "batch bank"] | None = None,
    share: float = 0.0,
) -> Float[Tensor, "batch bank"]:
    """Return y = alpha * softmax(teacher) + (1 - alpha) * one-hot (ALBEF); rows sum to 1.

    The one-hot is shared evenly by all positives of a row; with one positive and alpha 0 it is Eq. 4's label.

    Ours, beyond the paper: where other entries are alike in gesture, `share` of the one-hot goes to them in proportion
    to their likeness; 0 = the paper.
    """
    hard = is_positive.to(teacher_logits.dtype)
    hard = hard / hard.sum(dim=-1, keepdim=True).clamp_min(1.0)
    if likeness is not None and share > 0.0:
        others = likeness.to(hard.dtype).masked_fill(is_positive, 0.0)
        total = others.sum(dim=-1, keepdim=True)
        given = torch.where(total > 0.0, share, 0.0)
        hard = (1.0 - given) * hard + given * others / total.clamp_min(1e-6)
    return alpha * teacher_logits.softmax(dim=-1) + (1.0 - alpha) * hard


def contrastive_loss(logits: Float[Tensor, "batch bank"], targets: Float[Tensor, "batch bank"]) -> Float[Tensor, ""]:
    """Return the mean cross-entropy H(y, rho): one direction of Eq. 4 for hard targets.

    For the teacher's own softmax as target (alpha 1) it is Eq. 6 plus the target's entropy, a constant.
    """
    return -(targets * logits.log_softmax(dim=-1)).sum(dim=-1).mean()


def distillation_loss(logits: Float[Tensor, "batch bank"], targets: Float[Tensor, "batch bank"]) -> Float[Tensor, ""]:
    """Return the mean KL(y || rho): one direction of Eq. 6."""
    return functional.kl_div(logits.log_softmax(dim=-1), targets, reduction="batchmean")


def matching_loss(positive: Float[Tensor, "pairs"], negative: Float[Tensor, "others"]) -> Float[Tensor, ""]:
    """Return the binary cross-entropy of Eq. 5 over aligned and hard-negative pairs together."""
    logits = torch.cat([positive, negative])
    labels = torch.cat([torch.ones_like(positive), torch.zeros_like(negative)])
    return functional.binary_cross_entropy_with_logits(logits, labels)


def paper_total(distillation: Float[Tensor, ""], matching: Float[Tensor, ""], alpha: float) -> Float[Tensor, ""]:
    """Return Eq. 7 as printed: alpha * zeta_ITM + (1 - alpha) * zeta_m."""
    return alpha * distillation + (1.0 - alpha) * matching


def hard_negatives(
    similarity: Float[Tensor, "batch batch"],
    is_positive: Bool[Tensor, "batch batch"],
    *,
    generator: torch.Generator,
) -> HardNegatives:
    """Draw for every row one negative, the likelier the more similar (paper 3.2, "bidirectional sampling").

    Args:
        similarity: logits of the batch against itself; rows are the queries. Call with the transpose for the other way.
        is_positive: pairs that may not be drawn (the diagonal and shared identities).
        generator: draws; on the device of `similarity`.
    """
    is_positive = is_positive | torch.eye(len(similarity), dtype=torch.bool, device=similarity.device)
    exists = ~is_positive.all(dim=-1)
    weights = similarity.masked_fill(is_positive, -torch.inf)
    weights = torch.where(exists[:, None], weights, torch.zeros_like(weights)).softmax(dim=-1)
    return HardNegatives(column=torch.multinomial(weights, 1, generator=generator).squeeze(-1), exists=exists)
