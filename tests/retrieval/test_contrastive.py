import numpy as np
import pytest
import torch

from exges_core.retrieval import contrastive
from exges_core.retrieval.queue import EmbeddingQueue
from exges_core.retrieval.teacher import make_teacher, update_teacher


def units(rows: int, seed: int) -> torch.Tensor:
    drawn = torch.randn(rows, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(drawn, dim=-1)


def test_alpha_zero_is_equation_four_by_hand() -> None:
    audio, motion, tau = units(5, 0), units(9, 1), 0.07
    logits = contrastive.similarity_logits(audio, motion, tau)
    is_positive = contrastive.same_identity(torch.arange(5), torch.arange(9))
    loss = contrastive.contrastive_loss(logits, contrastive.soft_targets(logits, is_positive, 0.0))
    by_hand = 0.0
    for row in range(5):
        scores = [float(np.exp(float(audio[row] @ motion[column]) / tau)) for column in range(9)]
        by_hand -= np.log(scores[row] / sum(scores)) / 5
    assert loss.item() == pytest.approx(by_hand, rel=1e-9)


def test_alpha_one_is_equation_six_up_to_the_entropy_of_the_teacher() -> None:
    logits, teacher = units(4, 0) @ units(7, 1).T, units(4, 2) @ units(7, 3).T
    nothing = torch.zeros(4, 7, dtype=torch.bool)
    nothing[:, 0] = True
    targets = contrastive.soft_targets(teacher, nothing, 1.0)
    entropy = -(targets * targets.log()).sum(-1).mean()
    difference = contrastive.contrastive_loss(logits, targets) - contrastive.distillation_loss(logits, targets)
    assert difference.item() == pytest.approx(entropy.item(), rel=1e-9)


@pytest.mark.parametrize("alpha", [0.0, 0.4, 1.0])
def test_soft_targets_are_distributions_and_share_between_positives(alpha: float) -> None:
    teacher = units(3, 0) @ units(5, 1).T
    is_positive = contrastive.same_identity(torch.tensor([7, 8, 7]), torch.tensor([7, 8, 7, 9, 10]))
    targets = contrastive.soft_targets(teacher, is_positive, alpha)
    torch.testing.assert_close(targets.sum(-1), torch.ones(3, dtype=torch.float64))
    expected = alpha * teacher.softmax(-1)[0, 0] + (1 - alpha) * 0.5
    assert targets[0, 0].item() == pytest.approx(expected.item())


def test_alike_gestures_share_the_target_and_nothing_changes_without_them() -> None:
    teacher = units(2, 0) @ units(4, 1).T
    is_positive = contrastive.same_identity(torch.tensor([0, 1]), torch.arange(4))
    kinds = torch.tensor([[1, 1, 0], [0, 0, 0], [1, 0, 0], [1, 1, 1]], dtype=torch.float64)
    likeness = contrastive.gesture_likeness(kinds[:2], kinds)
    torch.testing.assert_close(likeness[0], torch.tensor([1.0, 0.0, 1 / 2, 2 / 3], dtype=torch.float64))
    assert not likeness[1].any()
    targets = contrastive.soft_targets(teacher, is_positive, 0.0, likeness=likeness, share=0.4)
    expected = torch.tensor([0.6, 0.0, 0.4 * 3 / 7, 0.4 * 4 / 7], dtype=torch.float64)
    torch.testing.assert_close(targets[0], expected)
    torch.testing.assert_close(targets[1], torch.tensor([0.0, 1.0, 0.0, 0.0], dtype=torch.float64))
    paper = contrastive.soft_targets(teacher, is_positive, 0.3)
    assert torch.equal(contrastive.soft_targets(teacher, is_positive, 0.3, likeness=likeness, share=0.0), paper)


def test_the_papers_total_is_equation_seven() -> None:
    total = contrastive.paper_total(torch.tensor(2.0), torch.tensor(10.0), 0.25)
    assert total.item() == pytest.approx(0.25 * 2 + 0.75 * 10)


def test_matching_loss_is_the_mean_binary_cross_entropy() -> None:
    positive, negative = torch.tensor([0.3, -1.0]), torch.tensor([2.0])
    by_hand = -(np.log(1 / (1 + np.exp(-0.3))) + np.log(1 / (1 + np.exp(1.0))) + np.log(1 - 1 / (1 + np.exp(-2.0)))) / 3
    assert contrastive.matching_loss(positive, negative).item() == pytest.approx(by_hand, rel=1e-6)


def test_hard_negatives_avoid_shared_identities_and_prefer_the_similar() -> None:
    identity = torch.tensor([0, 1, 0, 2])
    similarity = torch.tensor([[9.0, 4.0, 9.0, 0.0]] * 4)
    generator = torch.Generator().manual_seed(0)
    drawn = torch.stack(
        [
            contrastive.hard_negatives(
                similarity, contrastive.same_identity(identity, identity), generator=generator
            ).column
            for _ in range(200)
        ]
    )
    assert set(drawn[:, 0].tolist()) <= {1, 3}
    assert (drawn[:, 0] == 1).float().mean() > 0.9
    assert not (drawn == torch.arange(4)).any()


def test_a_batch_of_one_identity_has_no_negatives() -> None:
    same = torch.ones(3, 3, dtype=torch.bool)
    found = contrastive.hard_negatives(torch.zeros(3, 3), same, generator=torch.Generator().manual_seed(0))
    assert not found.exists.any()


def test_the_teacher_is_the_moving_average_and_takes_no_gradient() -> None:
    student = torch.nn.Linear(2, 2)
    teacher = make_teacher(student)
    before = teacher.weight.clone()
    with torch.no_grad():
        student.weight.add_(1.0)
    update_teacher(teacher, student, momentum=0.995)
    torch.testing.assert_close(teacher.weight, before + 0.005)
    assert not teacher.weight.requires_grad
    for _ in range(3000):
        update_teacher(teacher, student, momentum=0.995)
    torch.testing.assert_close(teacher.weight, student.weight, atol=1e-4, rtol=0)


@pytest.mark.parametrize("batches", [[3], [3, 3], [3, 3, 3, 2], [12], [5, 9]])
def test_the_queue_holds_exactly_the_latest(batches: list[int]) -> None:
    queue = EmbeddingQueue(7, 1, kinds=1)
    pushed: list[int] = []
    for size in batches:
        values = torch.arange(len(pushed), len(pushed) + size)
        queue.push(values[:, None].float(), -values[:, None].float(), values, values[:, None].float())
        pushed += values.tolist()
    empty = torch.zeros(0, 1)
    bank = queue.bank(empty, empty, torch.zeros(0, dtype=torch.int64), empty)
    assert sorted(bank.identity.tolist()) == pushed[-7:]
    torch.testing.assert_close(bank.audio[:, 0], bank.identity.float())
    torch.testing.assert_close(bank.motion[:, 0], -bank.identity.float())
    torch.testing.assert_close(bank.gestures[:, 0], bank.identity.float())


def test_a_restored_queue_goes_on_the_same() -> None:
    first, second = (EmbeddingQueue(5, 2, kinds=1) for _ in range(2))
    first.push(torch.rand(4, 2), torch.rand(4, 2), torch.arange(4), torch.ones(4, 1))
    second.restore(first.state())
    for queue in (first, second):
        queue.push(torch.full((3, 2), 2.0), torch.full((3, 2), 3.0), torch.arange(4, 7), torch.zeros(3, 1))
    assert all(torch.equal(first.state()[key], second.state()[key]) for key in first.state())
