# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the work is and how long it still takes, in bytes: the fraction never falls, the time left never grows.

Every step has a cost in seconds, by what it downloads or unpacks and by how fast this machine made the empty
environment. Speeds that were measured replace those as soon as there are any. Where the work turns out slower than
it was, the time told stays and is marked as too short, instead of growing.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_KNOWN_S = 4.0
"""A speed counts once it was measured for so long..."""
_SLOWER, _SLOWER_S = 1.25, 5.0
_CAUTION = 1.3
"""Speeds that were not measured yet are taken as so much lower: time that turns out shorter annoys nobody."""
TIME, DOWNLOAD, INSTALL = "time", "download", "install"
_KNOWN_SHARES = {DOWNLOAD: 0.02, INSTALL: 0.05}
"""...and for so much of all there is: pip begins with the smallest packages, which take the longest a byte. A real
set-up, whose torch lay there already, told 7.6 hours after its first 81 kB, and 11 minutes after 28 MB."""
PRIOR_RATES = {TIME: 1.0, DOWNLOAD: 8e6, INSTALL: 150e6}
"""Units a second before any were measured: seconds, bytes, bytes."""


@dataclass(kw_only=True)
class Step:
    """A part of the work.

    Attributes:
        name: told with it.
        kind: TIME, DOWNLOAD or INSTALL; what its amount counts.
        amount: seconds or bytes.
        done: of them.
    """

    name: str
    kind: str
    amount: float
    done: float = 0.0


class Meter:
    """Follows steps in their order; `tick` is called once a second, `add` and `reach` whenever something is known."""

    def __init__(
        self, steps: Sequence[Step], tell: Callable[..., None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._steps = {step.name: step for step in steps}
        self._tell, self._clock = tell, clock
        self._weights = {step.name: step.amount / PRIOR_RATES[step.kind] for step in steps}
        self._current, self._begun_s, self.text = steps[0], clock(), ""
        self._fresh = {DOWNLOAD: 0.0, INSTALL: 0.0}
        self._spent_s = {DOWNLOAD: 0.0, INSTALL: 0.0}
        self._measured_s: float | None = None
        self._fraction, self._left_s = 0.0, math.inf
        self._lock = threading.RLock()
        self.slowness = 1.0

    def begin(self, name: str, text: str) -> None:
        """Begin a step; those before it are done or not needed."""
        with self._lock:
            for each in self._steps.values():
                if each.name == name:
                    break
                each.done = each.amount
            self._current, self._begun_s, self.text = self._steps[name], self._clock(), text
            self._measured_s = None
            self.tick()

    def expect(self, name: str, amount: float) -> None:
        """Correct a step's amount."""
        with self._lock:
            self._steps[name].amount = max(amount, self._steps[name].done)

    def reach(self, done: float, *, is_fresh: bool = True, at_least: float = 0.0) -> None:
        """Say how much of the current step is done.

        Args:
            done: in all.
            is_fresh: False = it was there already, and tells nothing of the speed.
            at_least: what the step takes at least, as far as is known now.
        """
        with self._lock:
            step, now_s = self._current, self._clock()
            if step.kind not in self._fresh:
                return
            gained = max(0.0, done - step.done)
            if is_fresh:
                since_s = self._begun_s if self._measured_s is None else self._measured_s
                self._fresh[step.kind] += gained
                self._spent_s[step.kind] += now_s - since_s
            self._measured_s = now_s
            step.done += gained
            step.amount = max(step.amount, step.done, at_least)

    def tick(self) -> None:
        """Tell the fraction and the time left."""
        with self._lock:
            if self._current.kind == TIME:
                passed_s = self._passed_s()
                self._current.done = self._current.amount * passed_s / (passed_s + 0.5 * self._current.amount)
            whole = sum(self._weights.values())
            share = sum(self._weights[step.name] * step.done / step.amount for step in self._steps.values())
            self._fraction = max(self._fraction, min(0.999, share / whole))
            left_s = self._estimate_s()
            is_slower = left_s is not None and left_s > _SLOWER * self._left_s + _SLOWER_S
            if left_s is not None:
                self._left_s = min(self._left_s, left_s)
            told_s = None if math.isinf(self._left_s) else round(self._left_s, 1)
            self._tell(
                stage=self._current.name,
                fraction=round(self._fraction, 5),
                text=self.text,
                left_s=told_s,
                is_slower=is_slower,
            )

    def _estimate_s(self) -> float | None:
        """Return how long the rest takes, None before that can be said."""
        if self._current.kind == TIME and not self._is_last():
            return None
        if self._current.kind == DOWNLOAD and not self._is_known(DOWNLOAD):
            return None
        if self._current.kind == INSTALL and not self._is_known(INSTALL):
            return None
        return sum(self._rest_of(step) * self._pace_s(step.kind) for step in self._steps.values())

    def _passed_s(self) -> float:
        """Return how long the current step goes on, in seconds of the machine whose speeds this begins with."""
        return (self._clock() - self._begun_s) / self.slowness

    def _rest_of(self, step: Step) -> float:
        """Return how much of a step is left: time passes by the clock, whatever share of it the bar shows."""
        done = self._passed_s() if step is self._current and step.kind == TIME else step.done
        return max(0.0, step.amount - done)

    def _is_last(self) -> bool:
        return self._current is list(self._steps.values())[-1]

    def _is_known(self, kind: str) -> bool:
        """Say whether a speed was measured."""
        if kind == TIME or self._spent_s[kind] < _KNOWN_S:
            return False
        whole = sum(step.amount for step in self._steps.values() if step.kind == kind)
        return self._fresh[kind] > _KNOWN_SHARES[kind] * whole

    def _pace_s(self, kind: str) -> float:
        """Return the seconds that a unit takes."""
        if self._is_known(kind):
            return self._spent_s[kind] / self._fresh[kind]
        if kind == TIME and self._is_known(INSTALL):
            return _CAUTION * self._pace_s(INSTALL) * PRIOR_RATES[INSTALL]  # as slow as it installs
        return _CAUTION * (1.0 if kind == DOWNLOAD else self.slowness) / PRIOR_RATES[kind]
