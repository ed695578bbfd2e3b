"""Ctrl-C and the end that a cluster gives a job: noticed between two steps, so that what was trained is kept.

The first signal asks the training to stop after the step it is in; a second one ends the process as it always does.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from types import FrameType, TracebackType

from exges_core.errors import OutputError, message

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SAID = b"stopping after this step; once more to stop at once, without saving\n"


class Stopping:
    """While it is entered, the first signal only sets `is_asked`; outside the main thread signals are not its own."""

    def __init__(self) -> None:
        self.is_asked = False
        self._before = {each: signal.getsignal(each) for each in _SIGNALS}
        self._is_main = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Stopping:
        if self._is_main:
            for each in _SIGNALS:
                signal.signal(each, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._give_back()

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.is_asked = True
        self._give_back()
        os.write(2, _SAID)  # a signal may come while a buffered stream is being written

    def _give_back(self) -> None:
        if self._is_main:
            for each, handler in self._before.items():
                signal.signal(each, handler)


def stopped_text(step: int, state: Path | None) -> str:
    """Return the last line of a training that was asked to stop."""
    kept = "nothing was kept" if state is None else f"{state} is kept; the same command with --resume goes on"
    return f"stopped after {step} steps: {kept}"


def set_aside(state: Path) -> Path | None:
    """Keep the state of an earlier training under another name; return that, or None if there was none.

    Raises:
        OutputError: if it cannot be renamed.
    """
    if not state.is_file():
        return None
    older = state.with_name(f"{state.name}.old")
    try:
        os.replace(state, older)
    except OSError as error:
        got, do = error.strerror or str(error), "Choose another --out."
        raise OutputError(message(expected="a state to rename", got=got, where=str(state), do=do)) from error
    return older
