"""How many windows go through the network in one call: as many as fit. Memory that runs out is met here, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from exges_core.diffusion.predictor import Predictor
from exges_core.errors import InputError, message

Item = TypeVar("Item")
FEWER = 4
"""After memory ran out, a call has a quarter of the windows."""


@dataclass
class Batches:
    """The number of windows in a call, for as long as a motion, or several, are made.

    Attributes:
        windows: how many.
        warning: what was done when memory ran out; None = it never did.
    """

    windows: int
    warning: str | None = None

    def each(
        self,
        model: Predictor,
        items: Sequence[Item],
        call: Callable[[Sequence[Item]], None],
        told: Callable[[int], None],
    ) -> None:
        """Make calls of so many items, one after the other; where memory runs out, once, go on with smaller ones.

        Args:
            model: what is called.
            items: windows.
            call: works on some of them; nothing is done if it raises.
            told: how many are done.

        Raises:
            InputError: if memory runs out for the smaller number, too.
        """
        done = 0
        while done < len(items):
            part = items[done : done + self.windows]
            try:
                call(part)
            except RuntimeError as error:
                self._shrink(model, len(part), error)
                continue
            done += len(part)
            told(done)

    def _shrink(self, model: Predictor, windows: int, error: RuntimeError) -> None:
        if not is_out_of_memory(error):
            raise error
        if self.warning is not None or windows == 1:
            got, do = "memory that ran out again", "Free the device's memory, or use the CPU (--device cpu)."
            raise InputError(
                message(expected=f"room for {windows} windows", got=got, where="diffusion", do=do)
            ) from error
        self.windows = max(windows // FEWER, 1)
        self.warning = (
            f"the device's memory ran out with {windows} windows at once; made with {self.windows} at once instead, "
            "which is slower and the same motion to rounding"
        )
        model.release()


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether a device had no room; known by its name, for PyTorch need not be here."""
    return any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)
