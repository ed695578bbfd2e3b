"""One option, three places to work: the results are the same, and errors come as they are."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from exges_core.errors import InputError, WorkerError
from training import workers
from training.workers import AHEAD, WorkerOptions


def squared(number: int) -> int:
    return number * number


def picky(number: int) -> int:
    if number == 3:
        raise InputError("expected anything else, got 3")
    return number


def deadly(number: int) -> int:
    if number == 1:
        os._exit(9)
    return number


def product_threads(_number: int) -> list[int]:
    return [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]


NUMBERS = list(range(9))
HERE, LOCAL, RAY = WorkerOptions(), WorkerOptions(workers=2), WorkerOptions(on="ray", workers=2)


@pytest.mark.parametrize("options", [HERE, LOCAL])
def test_results_come_in_order_and_an_error_as_it_is(options: WorkerOptions) -> None:
    assert list(options.each(squared, NUMBERS)) == [number**2 for number in NUMBERS]
    with pytest.raises(InputError, match=r"^expected anything else, got 3$"):
        list(options.each(picky, NUMBERS))


@pytest.mark.parametrize("options", [HERE, LOCAL])
def test_products_have_one_thread_everywhere(options: WorkerOptions) -> None:
    """The last bits of a product depend on it, and so would those of a corpus."""
    assert [set(each) for each in options.each(product_threads, NUMBERS[:2])] == [{1}, {1}]


def test_ray_does_the_same_and_is_gone_afterwards() -> None:
    ray = pytest.importorskip("ray", reason="the extra `cluster` is not installed")
    found = RAY.each(picky, NUMBERS)
    assert [next(found) for _ in range(3)] == NUMBERS[:3]
    with pytest.raises(InputError, match=r"^expected anything else, got 3$"):
        next(found)
    assert not ray.is_initialized()


def test_few_results_wait() -> None:
    given: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            given.append(number)
            yield number

    found = LOCAL.each(squared, items())
    next(found)
    assert len(given) <= AHEAD * 2 + 1
    found.close()  # type: ignore[attr-defined]


def test_a_dead_worker_is_told() -> None:
    with pytest.raises(WorkerError, match="--workers"):
        list(LOCAL.each(deadly, NUMBERS))


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(workers, "is_installed", lambda _package: False)
    with pytest.raises(InputError, match=r"exges\[cluster\]"):
        list(RAY.each(squared, NUMBERS))


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="--workers"):
        WorkerOptions(workers=0)
    with pytest.raises(InputError, match="--on ray"):
        WorkerOptions(ray_address="127.0.0.1:1")
