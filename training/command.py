"""What every command of training shares: how it starts and fails, and how its command line is recorded."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import torch
import tyro

from exges_core.errors import ExgesError, InputError, message

Options = TypeVar("Options")


def start(
    main: Callable[[Options], object], options: type[Options], *, about: str | None = None, is_parallel: bool = False
) -> None:
    """Parse the command line and run; what the user has to mend ends it with one line and exit code 2.

    An option `threads` sets torch's threads. Under ``torchrun`` the line names its process, and the others are ended.

    Args:
        main: what to run.
        options: what it is given.
        about: for --help.
        is_parallel: it may be run by several processes of ``torchrun``, which share every batch.
    """
    chosen = tyro.cli(options, description=about)
    if threads := getattr(chosen, "threads", None):
        torch.set_num_threads(threads)
    rank, count = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    try:
        if count > 1 and not is_parallel:
            got, do = f"{count} of torchrun's", "Start it without torchrun: it takes minutes on one."
            raise InputError(message(expected="one process", got=got, where="this command", do=do))
        main(chosen)
    except ExgesError as error:
        print(f"process {rank} of {count}: {error}" if count > 1 else error, file=sys.stderr, flush=True)
        sys.exit(2)


def command_line(module: str, arguments: Sequence[str]) -> str:
    """Return the command with absolute paths cut to their names: one machine's folders are nobody's business."""
    shown = [Path(each).name if Path(each).is_absolute() else each for each in arguments]
    return f"python -m {module} {shlex.join(shown)}".rstrip()
