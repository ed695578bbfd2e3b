"""Two processes of torchrun (gloo) train what one trains with the same batches, and one goes on where two stopped."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import two_processes

from exges_core.errors import InputError
from training.loop.task import Share
from training.loop.training_loop import fabric_for, run

ROOT = Path(__file__).resolve().parents[3]
ROUNDING = 2e-5
"""Of losses: sums of two processes are added in another order."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How the two processes ended: code, what was said, and what was left in the folder."""

    code: int
    said: list[str]
    errors: str
    folder: Path


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    folder = tmp_path_factory.mktemp("two")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    script = [str(ROOT / "tests" / "two_processes.py"), str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *script],
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    said = [line for line in done.stdout.splitlines() if line.startswith("SAID")]
    return Ended(code=done.returncode, said=said, errors=done.stderr, folder=folder)


def numbers_in(lines: list[str]) -> list[list[float]]:
    """Return loss after loss and the gradient's norm of every step that was told."""
    told = [line for line in lines if "loss" in line and "validation" not in line]
    return [[float(value) for value in re.findall(r" (?:x0|velocity|loss|gradient) ([-\d.]+)", line)] for line in told]


def test_a_denoiser_has_the_losses_and_gradients_of_one_process(two: Ended) -> None:
    lines: list[str] = []
    run(two_processes.denoiser(fabric_for()), fabric_for(), two_processes.config(None), say=lines.append)
    alone, together = numbers_in(lines), numbers_in(two.said)
    assert len(alone) == two_processes.STEPS
    assert len(together) == two_processes.FAILS_AT, two.errors[-2000:]
    for one, both in zip(alone, together, strict=False):
        assert len(one) >= 3
        assert both == pytest.approx(one, abs=2e-4)  # as they are printed


def test_one_process_goes_on_where_two_stopped(two: Ended) -> None:
    whole, rest = two_processes.denoiser(fabric_for()), two_processes.denoiser(fabric_for())
    lines: list[str] = []
    run(whole, fabric_for(), two_processes.config(None), say=lines.append)
    uninterrupted = numbers_in(lines)
    lines.clear()
    state = two_processes.config(two.folder / "denoiser.state")
    assert run(rest, fabric_for(), state, is_resumed=True, say=lines.append).steps == two_processes.STEPS
    assert f"resumed at step {two_processes.FAILS_AT}" in lines[0]
    for one, resumed in zip(uninterrupted[two_processes.FAILS_AT :], numbers_in(lines), strict=True):
        assert resumed == pytest.approx(one, abs=2e-4)
    for one, resumed in zip(whole.average.parameters(), rest.average.parameters(), strict=True):
        torch.testing.assert_close(resumed, one, atol=1e-4, rtol=1e-3)


def test_retrieval_has_the_losses_weights_and_queues_of_one_process(two: Ended) -> None:
    alone = two_processes.retrieval_losses()
    for rank in range(2):
        together = json.loads((two.folder / f"retrieval-{rank}.json").read_text())
        assert together == pytest.approx(alone, rel=ROUNDING, abs=ROUNDING)


def test_a_process_that_fails_ends_all_with_its_line(two: Ended) -> None:
    assert two.code != 0
    assert two.errors.count("process 1 of 2: expected a disk that can be read, got none") == 1
    assert 'Traceback (most recent call last):\n  File "' + str(ROOT / "tests") not in two.errors
    assert not list(two.folder.glob("*.part"))


def test_a_batch_is_shared_evenly_or_not_at_all() -> None:
    shares = [Share(rank=rank, count=4).rows(8) for rank in range(4)]
    assert [number for share in shares for number in range(8)[share]] == list(range(8))
    with pytest.raises(InputError, match=r"evenly \(1, 2, 4, 8\), got 3"):
        Share(rank=0, count=3).rows(8)
