"""Workers on a Ray cluster: actors that do what a worker process does. Ray is imported here alone, and when asked for.

Every machine needs this version of ExGes, and the folders of manifest and results at the same path. Nothing leaves the
cluster: no dashboard, no usage statistics.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from exges_core import __version__, heap
from exges_core.batch.inputs import Setup
from exges_core.batch.limits import told_where
from exges_core.batch.tasks import Outcome, Task, make
from exges_core.batch.workers import Died, Ended, Event, Ready
from exges_core.errors import ExgesError, InputError, WorkerError, message
from exges_core.extras import is_installed, not_installed
from exges_core.pipeline.models import Models
from exges_core.threads import environment_for

_STORE_BYTES = 80 * 2**20
"""Tasks and outcomes are lines; Ray's own default is a third of the memory."""
_END_S, _KNOCK_S = 5.0, 10.0


class Maker:
    """What an actor is: models, and clips made with them."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def check(self, folder: str) -> tuple[str, str, str]:
        """Load models; return this machine's name, its version of ExGes and, "" = nothing, what keeps it from work."""
        host, fault = socket.gethostname(), ""
        if not Path(folder).is_dir():
            do = "Mount it there at the same path."
            fault = message(expected=f"the folder {folder}", got="none", where=host, do=do)
        try:
            self._models = Models(engine=self._setup.engine, device=self._setup.device, is_exact=self._setup.is_exact)
            self._models.speakers()
        except ExgesError as error:
            fault = fault or f"{host}: {error}"
        return host, __version__, fault

    def make(self, task: str) -> str:
        """Make a clip."""
        asked = Task.decode(task)
        with told_where(asked.limit_s):
            made = make(asked, self._models).encode()
        heap.give_back()
        return made


class RayWorkers:
    """Actors of a cluster, this machine's own (address "local") or another's.

    Args:
        setup: what runs networks.
        count: how many actors; 0 = as many as the cluster has processors for.
        threads: of each.
        address: of the cluster: "local", "auto", HOST:PORT or ray://HOST:PORT.
        folder: which every machine must see.

    Raises:
        InputError: if Ray is not installed, or the cluster cannot be reached or has no room.
    """

    def __init__(self, setup: Setup, *, count: int, threads: int, address: str, folder: Path) -> None:
        self._ray, self._folder = _ray(), str(folder)
        _join(self._ray, address, cpus=max(count, 1) * threads)
        has: dict[str, float] = self._ray.cluster_resources()
        room = int(has.get("CPU", 0.0)) // threads
        if room < max(count, 1):
            self._ray.shutdown()
            got = f"{has.get('CPU', 0.0):.0f} of {max(count, 1) * threads} processors"
            do = "Ask for fewer --workers or --threads, or add machines."
            raise InputError(message(expected="room on the cluster", got=got, where="--on ray", do=do))
        count = count or room
        gpus = 0.0 if setup.device == "cpu" else min(1.0, has.get("GPU", 0.0) / count)
        kind: Any = self._ray.remote(num_cpus=threads, num_gpus=gpus, max_restarts=0, max_task_retries=0)(Maker)
        self._new: Any = kind.options(runtime_env={"env_vars": dict(environment_for(threads))})
        self._setup = setup
        self._actors: list[Any] = [None] * count
        self._pending: dict[Any, tuple[int, bool]] = {}
        self._fruitless = 0
        for slot in range(count):
            self._start(slot)

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self._actors)

    def give(self, slot: int, task: Task) -> None:
        """Give an actor its next clip."""
        self._pending[self._actors[slot].make.remote(task.encode())] = (slot, False)

    def end(self, slot: int) -> None:
        """End an actor that is at a clip, by force; another one is on its way."""
        self._pending = {each: of for each, of in self._pending.items() if of[0] != slot}
        self._renew(slot)

    def next_event(self, timeout_s: float) -> Event | None:
        """Wait for something to happen; None = nothing did.

        Raises:
            InputError: if a machine of the cluster cannot work.
            WorkerError: if actors die before they are ready, again and again.
        """
        done, _ = self._ray.wait(list(self._pending), num_returns=1, timeout=timeout_s)
        if not done:
            return None
        slot, is_check = self._pending.pop(done[0])
        try:
            found = self._ray.get(done[0])
        except self._ray.exceptions.RayError as error:
            return self._replace(slot, error)
        if not is_check:
            return Ended(slot=slot, outcome=Outcome.decode(found))
        host, version, fault = found
        if version != __version__:
            do = "Install the same version on every machine."
            fault = message(expected=f"exges {__version__}", got=version, where=host, do=do)
        if fault:
            raise InputError(fault)
        self._fruitless = 0
        return Ready(slot=slot)

    def close(self) -> None:
        """End all actors and leave the cluster."""
        for actor in self._actors:
            with suppress(self._ray.exceptions.RayError):
                self._ray.kill(actor)
        begun_s = time.monotonic()
        while self._pending and time.monotonic() - begun_s < _END_S:  # until no clip in hand can write any more
            done, _ = self._ray.wait(list(self._pending), num_returns=1, timeout=_END_S)
            for each in done:
                del self._pending[each]
        self._ray.shutdown()

    def _start(self, slot: int) -> None:
        self._actors[slot] = self._new.remote(self._setup)
        self._pending[self._actors[slot].check.remote(self._folder)] = (slot, True)

    def _replace(self, slot: int, error: Exception) -> Died:
        self._fruitless += 1
        how = (str(error).strip().splitlines() or [type(error).__name__])[0]
        if self._fruitless > 3 * self.count:
            do = "Look at Ray's logs of the workers."
            raise WorkerError(message(expected="actors that start", got=how, where="--on ray", do=do))
        self._renew(slot)
        return Died(slot=slot, how=how)

    def _renew(self, slot: int) -> None:
        with suppress(self._ray.exceptions.RayError):
            self._ray.kill(self._actors[slot])
        self._start(slot)


# Any, here and above: Ray's actors and references have no types of their own.
def _ray() -> Any:  # noqa: ANN401
    """Return Ray's module.

    Raises:
        InputError: if it is not installed.
    """
    if not is_installed("ray"):
        raise not_installed("ray", "--on ray", "cluster")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    return ray


def _join(ray: Any, address: str, *, cpus: int) -> None:  # noqa: ANN401
    """Start a cluster on this machine, or join one.

    Raises:
        InputError: if it cannot be reached.
        WorkerError: if Ray does not start on this machine.
    """
    if address == "local":  # Ray's own default is the lowest priority; workers without Ray have the driver's
        os.environ.setdefault("RAY_worker_niceness", "0")
    own = {"num_cpus": cpus, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", **(own if address == "local" else {}))
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        if address == "local":
            raise _not_started(error) from error
        got, do = " ".join(str(error).split())[:200], "Check the address, or leave it out for this machine alone."
        where = f"--ray-address {address}"
        raise InputError(message(expected="a Ray cluster", got=got, where=where, do=do)) from error
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise _not_started(error) from error  # where its processes need more than 30 s, Ray raises no kind of its own


def _not_started(error: Exception) -> WorkerError:
    got = " ".join(str(error).split())[:200] or type(error).__name__
    do = "Run it again when the machine is less busy, or with --on local."
    return WorkerError(message(expected="Ray to start", got=got, where="--on ray", do=do))


def _knock(address: str) -> None:
    """Look whether somebody answers at HOST:PORT: Ray itself tries for five minutes.

    Raises:
        OSError: if nobody does.
        ValueError: if there is no such port.
    """
    host, is_port, port = address.removeprefix("ray://").rpartition(":")
    if is_port:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_S).close()
