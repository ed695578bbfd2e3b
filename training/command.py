"""What every command of training shares: how it starts and fails, and how its command line is recorded."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import torch
import tyro

from exges_core.errors import ExgesError

Options = TypeVar("Options")


def start(main: Callable[[Options], object], options: type[Options], *, about: str | None = None) -> None:
    """Parse the command line and run; what the user has to mend ends it with one line and exit code 2.

    An option `threads` sets torch's threads.
    """
    chosen = tyro.cli(options, description=about)
    if threads := getattr(chosen, "threads", None):
        torch.set_num_threads(threads)
    try:
        main(chosen)
    except ExgesError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def command_line(module: str, arguments: Sequence[str]) -> str:
    """Return the command with absolute paths cut to their names: one machine's folders are nobody's business."""
    shown = [Path(each).name if Path(each).is_absolute() else each for each in arguments]
    return f"python -m {module} {shlex.join(shown)}".rstrip()
