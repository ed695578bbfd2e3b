"""Items worked on by several processes: this machine's, or those of a Ray cluster. What comes back is the same.

Corpus generation, motion-base building and evaluation go through here. A job is a plain function of a module (not of a
command), and an item says all that the job needs, so that any process can do it; results come back in the order of the
items, and only a few of them wait, so that memory does not grow with their number. Ray is imported when it is asked
for, starts on this machine unless an address is given, and opens no dashboard.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

from threadpoolctl import threadpool_limits

from exges_core.errors import InputError, WorkerError, message
from exges_core.extras import is_installed, not_installed

Item = TypeVar("Item")
Result = TypeVar("Result")
Reference = TypeVar("Reference")
AHEAD = 3
"""Items per worker that are given out before their results are taken: nobody waits, and little is held."""


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """Where items are worked on; results do not depend on it.

    Attributes:
        on: local = processes of this machine; ray = those of a Ray cluster (extra `cluster`).
        workers: how many.
        ray_address: of a running cluster, HOST:PORT or ray://HOST:PORT; None = one is started on this machine.
    """

    on: Literal["local", "ray"] = "local"
    workers: int = 1
    ray_address: str | None = None

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: if one is out of range, or they contradict each other.
        """
        if self.workers < 1:
            raise _refused("workers of 1 or more", f"{self.workers}", "--workers", "Change the option.")
        if self.ray_address is not None and self.on != "ray":
            raise _refused("--on ray, for a Ray address", f"--on {self.on}", "--ray-address", "Add --on ray.")

    def each(self, job: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield the job's result for every item, in their order.

        Raises:
            InputError: if Ray is asked for and not installed.
            WorkerError: if a worker dies, or the cluster cannot be reached.
            ExgesError: what a job raises, as it is.
        """
        if self.on == "ray":
            with _RayCluster(self.workers, self.ray_address) as cluster:
                yield from _in_order(cluster, job, items, AHEAD * self.workers)
        elif self.workers == 1:
            yield from (_done(job, item) for item in items)
        else:
            with _Processes(self.workers, job) as processes:
                yield from _in_order(processes, job, items, AHEAD * self.workers)


HERE = WorkerOptions()


def _refused(expected: str, got: str, where: str, do: str) -> InputError:
    return InputError(message(expected=expected, got=got, where=where, do=do))


@runtime_checkable
class _Pool(Protocol[Reference]):
    """Who does jobs somewhere else."""

    def begin(self, job: Callable[[Any], object], item: object) -> Reference:
        """Give a job out."""
        ...

    def result(self, begun: Reference) -> Any:  # noqa: ANN401 - the job's own type
        """Wait for its result; raises what it raised."""
        ...


def _in_order(
    pool: _Pool[Reference], job: Callable[[Item], Result], items: Iterable[Item], most: int
) -> Iterator[Result]:
    begun: deque[Reference] = deque()
    for item in items:
        begun.append(pool.begin(job, item))
        if len(begun) >= most:
            yield pool.result(begun.popleft())
    while begun:
        yield pool.result(begun.popleft())


class _Processes(AbstractContextManager["_Processes"]):
    """Processes of this machine, started afresh: synthesisers keep global state and threads do not survive a fork."""

    def __init__(self, count: int, job: Callable[[Any], object]) -> None:
        threads = max((os.cpu_count() or 1) // count, 1)
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, mp_context=context, initializer=_learn, initargs=(job, threads))

    def begin(self, job: Callable[[Any], object], item: object) -> Future[object]:
        del job  # every process learnt it when it began
        return self._pool.submit(_done_here, item)

    def result(self, begun: Future[object]) -> object:
        try:
            return begun.result()
        except BrokenProcessPool as error:
            raise _died(str(error)) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._pool.shutdown(wait=error is None, cancel_futures=True)


_learnt: list[Callable[[Any], object]] = []


def _learn(job: Callable[[Any], object], threads: int) -> None:
    """Begin as a worker: keep the job, which may carry networks, and take a share of the processors."""
    _learnt.append(job)
    if "torch" in sys.modules:
        import_module("torch").set_num_threads(threads)


def _done_here(item: object) -> object:
    return _done(_learnt[0], item)


def _done(job: Callable[[Item], Result], item: Item) -> Result:
    """Do a job with one thread for NumPy's and SciPy's products, whose last bits depend on how many there are."""
    import_module("scipy.linalg")  # what is loaded later would not be limited
    with threadpool_limits(limits=1, user_api="blas"):
        return job(item)


def _died(got: str) -> WorkerError:
    do = "Fewer --workers if memory was short; run it again to go on."
    return WorkerError(message(expected="workers that go on", got=got, where="--workers", do=do))


class _RayCluster(AbstractContextManager["_RayCluster"]):
    """A Ray cluster; one that was started here is stopped again, one that was joined is left."""

    def __init__(self, count: int, address: str | None) -> None:
        if not is_installed("ray"):
            raise not_installed("ray", "--on ray", "cluster")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_worker_niceness", "0")  # as processes are
        self._ray: Any = import_module("ray")
        self._job: Callable[[Any], object] | None = None
        options: dict[str, Any] = {"address": address or "local", "log_to_driver": False, "logging_level": "error"}
        if address is None:
            options |= {"num_cpus": count, "include_dashboard": False}
        try:
            self._ray.init(**options)
        except (ConnectionError, RuntimeError, ValueError) as error:
            do = "Start one (ray start --head), or leave --ray-address out."
            got = str(error).strip().partition("\n")[0]
            where = f"--ray-address {address}" if address else "--on ray"
            raise WorkerError(message(expected="a Ray cluster", got=got, where=where, do=do)) from error

    def begin(self, job: Callable[[Any], object], item: object) -> object:
        if job is not self._job:  # what it carries travels once, not with every item
            self._job, self._sent = job, self._ray.put(job)
        return self._ray.remote(_done).options(num_cpus=1, max_retries=1).remote(self._sent, item)

    def result(self, begun: Any) -> object:  # noqa: ANN401 - Ray's own reference
        exceptions = self._ray.exceptions
        try:
            return self._ray.get(begun)
        except exceptions.RayTaskError as error:
            raise error.cause from error  # what the job raised, without Ray's wrapping
        except exceptions.RayError as error:
            raise _died(str(error).strip().partition("\n")[0]) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._ray.shutdown()
