"""A batch from its manifest to its summary: clips go to workers, deaths and failures are answered, all is told."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exges_core.batch.choosing import Crew
from exges_core.batch.here import Here
from exges_core.batch.inputs import Setup
from exges_core.batch.ledger import Ledger
from exges_core.batch.limits import Watch
from exges_core.batch.manifests import read_manifest, written
from exges_core.batch.plan import Planned, estimate, plan, planned, spoken_time
from exges_core.batch.summary import DONE, FAILED, OPEN, SET_ASIDE, Entry, write_summary
from exges_core.batch.tasks import Outcome
from exges_core.batch.workers import Died, Ended, Event, Ready, Workers
from exges_core.pipeline.models import Models

Say = Callable[[str], None]
_LOOK_S = 0.5
_LOSSES = 2
"""A clip that took so many workers with it is set aside."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """How a clip lost its worker: by a crash, or because it took too long.

    Attributes:
        what: happened, such that "twice" may follow.
        how: in brackets.
        do: what can be done about it.
    """

    what: str
    how: str = ""
    do: str = ""

    def __str__(self) -> str:
        """Return what is told of it alone."""
        return f"{self.what}{self.how}"


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a batch ended, clip by clip.

    Attributes:
        entries: of all clips, in the manifest's order.
    """

    entries: tuple[Entry, ...]

    @property
    def failed(self) -> int:
        """Return how many clips there are not."""
        return sum(1 for each in self.entries if each.state != DONE)


def run_batch(
    manifest: Path,
    out: Path,
    *,
    setup: Setup | None = None,
    crew: Crew | None = None,
    models: Models | None = None,
    say: Say = lambda _line: None,
) -> Ending:
    """Make every clip of a manifest that is not done, and the summary of all.

    A clip is done if sound, transcript, other inputs, settings and weights are those that it was made of, and its
    files are as they were written. Clips that fail are tried once more at the end.

    Args:
        manifest: a line of JSON for each clip (docs/command-line.md).
        out: folder of the results.
        setup: what runs networks.
        crew: who works.
        models: if given, this very process works with them, and nobody else.
        say: told a line for every clip, and what else there is to know.

    Raises:
        InputError: if the manifest cannot be read, a line is not of its form or would write outside `out`, or another
            batch is at work there; nothing is made then.
        KeyboardInterrupt: handed on once workers have ended and the summary says how far they came.
    """
    setup, crew = _of(models) if models is not None else setup or Setup(), crew or Crew()
    lines = read_manifest(manifest, out, device=setup.device)
    ledger = Ledger(out)
    with ledger.held():
        ledger.sweep(Path(name) for each in lines for name in written(each.request))
        clips = plan(lines, ledger, setup)
        batch = Batch(clips=clips, ledger=ledger, setup=setup, say=say, clip_limit_s=crew.clip_limit_s)
        try:
            batch.tell_what_is_known()
            batch.work(crew, models)
        finally:
            ledger.sweep(Path(name) for each in lines for name in written(each.request))
            entries = batch.entries()
            for line in write_summary(entries, ledger, manifest=manifest):
                say(line)
    return Ending(entries=entries)


def dry_run(manifest: Path, out: Path, *, setup: Setup, crew: Crew, say: Say) -> None:
    """Say what a batch would make, and how long that takes; nothing is written.

    Raises:
        InputError: as `run_batch`.
    """
    clips = plan(read_manifest(manifest, out, device=setup.device), Ledger(out), setup)
    for each in clips:
        say(f"{each.id}: {each.fault or (f'to make ({each.why})' if each.why else 'already done')}")
    to_make = sum(1 for each in clips if each.why)
    if not to_make:
        return say(f"0 of {len(clips)} clips to make")
    expected = estimate(clips)
    basis = "measured on clips made here" if expected.is_measured else "by the usual speed of one core"
    workers = crew.workers or 1
    say(
        f"{to_make} of {len(clips)} clips to make, {spoken_time(expected.speech_s)} of speech: "
        f"about {spoken_time(expected.work_s / workers)} with {workers} worker{'s'[: workers > 1]} ({basis})"
    )
    return say(_limits([each.limit_s(crew.clip_limit_s) for each in clips if each.why]))


def _limits(limits_s: Collection[float]) -> str:
    """Return after what time clips are given up, in a sentence."""
    least_s, most_s = min(filter(None, limits_s), default=0.0), max(limits_s)
    if not most_s:
        return "no clip is given up, however long it takes"
    span = spoken_time(least_s) + (f" to {spoken_time(most_s)}, as each has it" if most_s > least_s else "")
    free = sum(1 for each in limits_s if not each)
    return f"a clip that hangs is given up after {span}" + (f"; {free} may take for ever" if free else "")


def _of(models: Models) -> Setup:
    return Setup(engine=models.engine, device=models.device, is_exact=models.is_exact)


@dataclass(kw_only=True)
class Batch:
    """A batch under way: who made what, who failed."""

    clips: Sequence[Planned]
    ledger: Ledger
    setup: Setup
    say: Say
    clip_limit_s: float | None = None
    """As `Crew` has it."""
    states: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of every clip that is through: its state, and why."""
    losses: dict[str, list[Loss]] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)
    begun_s: float = 0.0
    made_speech_s: float = 0.0

    def tell_what_is_known(self) -> None:
        """Tell of clips that are done, and of those that cannot be made."""
        for each in self.clips:
            if each.fault:
                self._note(each.id, FAILED, each.fault)
            elif not each.why:
                self.states[each.id] = (DONE, "")
                self.say(f"{each.id}: already done")

    def work(self, crew: Crew, models: Models | None) -> None:
        """Make what is to be made."""
        to_make = [each for each in self.clips if each.why]
        if not to_make:
            return
        if models is not None:
            if any(each.line.clip_limit_s or self.clip_limit_s for each in to_make):
                self.say("this very process makes the clips: one that takes longer than its limit is not ended")
            return self.drive(Here(models), to_make)
        with crew.working(self.setup, clips=len(to_make), folder=self.ledger.folder) as workers:
            self.drive(workers, to_make)

    def drive(self, workers: Workers, clips: Sequence[Planned]) -> None:
        """Give clips to workers until none is left; then once more those that failed."""
        waiting, idle = deque(clips), set[int]()
        busy: dict[int, Planned] = {}
        is_second = False
        while waiting or busy:
            while waiting and idle:
                slot = min(idle)
                idle.discard(slot)
                busy[slot] = waiting.popleft()
                limit_s = busy[slot].limit_s(self.clip_limit_s)
                workers.give(slot, busy[slot].task(self.ledger, limit_s))
                self.watch.begin(slot, limit_s)
            late = self.watch.late()
            event = workers.next_event(0.0 if late else _LOOK_S)
            if event is None:  # whoever is late and through all the same is heard first
                waiting.extend(self._given_up(workers, late, busy))
            self._answer(event, waiting, idle, busy)
            if not (waiting or busy or is_second):
                waiting.extend(self._failed())
                is_second = True

    def _given_up(self, workers: Workers, late: Mapping[int, float], busy: dict[int, Planned]) -> Iterator[Planned]:
        """End workers that are late, each with its limit; yield of their clips those that are tried once more."""
        for slot, limit_s in late.items():
            self.watch.end(slot)
            workers.end(slot)
            clip = busy.pop(slot)
            told = f"{limit_s:.1f}".removesuffix(".0")
            loss = Loss(what=f"took longer than {told} s", do="; if it is only slow, raise --clip-limit")
            if self._is_worth_another(clip, loss):
                yield clip

    def _answer(self, event: Event | None, waiting: deque[Planned], idle: set[int], busy: dict[int, Planned]) -> None:
        if isinstance(event, Ready):
            self.begun_s = self.begun_s or time.monotonic()
            idle.add(event.slot)
        elif isinstance(event, Ended):
            self.watch.end(event.slot)
            idle.add(event.slot)
            self._end(busy.pop(event.slot), event.outcome, waiting, busy.values())
        elif isinstance(event, Died):
            self.watch.end(event.slot)
            idle.discard(event.slot)
            clip = busy.pop(event.slot, None)
            if clip is not None and self._is_worth_another(clip, Loss(what="its worker died", how=f" ({event.how})")):
                waiting.append(clip)

    def _failed(self) -> list[Planned]:
        """Return what failed, as it is by now: files that were missing may be there."""
        failed = [each for each in self.clips if self.states.get(each.id, ("", ""))[0] == FAILED]
        now = [planned(each.line, self.ledger, self.setup) for each in failed]
        return [each for each in now if each.why]

    def _end(self, clip: Planned, outcome: Outcome, waiting: Collection[Planned], in_hand: Collection[Planned]) -> None:
        if outcome.reason:
            again = "" if self.states.get(clip.id) is None else " again"
            self._note(clip.id, FAILED, outcome.reason, again)
            if outcome.trace:
                with (self.ledger.folder / "log.txt").open("a", encoding="utf-8") as log:
                    log.write(f"{clip.id}\n{outcome.trace}\n")
            return
        self.states[clip.id] = (DONE, "")
        self.made_speech_s += outcome.duration_s
        self.say(f"{clip.id}: done, {outcome.frames} frames, RTF {outcome.rtf:.3f}{self._left(waiting, in_hand)}")

    def _is_worth_another(self, clip: Planned, loss: Loss) -> bool:
        record = self.ledger.record_of(clip.id)
        if record is not None and record.inputs == clip.inputs and not self.ledger.damage(record):
            self.states[clip.id] = (DONE, "")  # the worker came to the end, and not to say so
            self.say(f"{clip.id}: done, {record.frames} frames, RTF {record.rtf:.3f}")
            return False
        losses = self.losses.setdefault(clip.id, [])
        losses.append(loss)
        if len(losses) < _LOSSES:
            self.say(f"{clip.id}: {loss}; it is tried once more")
            return True
        first, is_alike = losses[0], losses[0].what == loss.what
        told = f"{loss.what} twice{loss.how}" if is_alike else f"{loss}, and before that: {first}"
        self._note(clip.id, SET_ASIDE, told + loss.do)
        return False

    def _note(self, name: str, state: str, why: str, again: str = "") -> None:
        self.states[name] = (state, why)
        self.say(f"{name}: {state}{again}: {why}")

    def _left(self, waiting: Collection[Planned], in_hand: Collection[Planned]) -> str:
        """Return how many clips are left and, by the speech made so far, how long they take; those in hand are half."""
        if not (waiting or in_hand):
            return ""
        half_s = estimate(in_hand).speech_s / 2
        rate = (time.monotonic() - self.begun_s) / max(self.made_speech_s + half_s, 1e-6)
        left_s = (estimate(waiting).speech_s + half_s) * rate
        return f" ({len(waiting) + len(in_hand)} left, about {spoken_time(left_s)})"

    def entries(self) -> tuple[Entry, ...]:
        """Return what the summary tells of each clip."""
        return tuple(self._entry(each) for each in self.clips)

    def _entry(self, clip: Planned) -> Entry:
        state, why = self.states.get(clip.id, (OPEN, "not made yet: run the batch again"))
        record = self.ledger.record_of(clip.id) if state in (DONE, OPEN) else None
        if state == OPEN and record is not None and record.inputs == clip.inputs:
            state, why = DONE, ""  # at the very moment of the stop
        return Entry(
            id=clip.id,
            state=state,
            why=why,
            source=_source(clip),
            limit_s=clip.limit_s(self.clip_limit_s),
            record=record if state == DONE else None,
        )


def _source(clip: Planned) -> str:
    return getattr(clip.request, "speech", "")
