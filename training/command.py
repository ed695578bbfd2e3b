"""What every command of training shares: how it starts and fails, and how its command line is recorded."""

from __future__ import annotations

import math
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Literal, TypeVar

import torch
import tyro

from exges_core.errors import Cancelled, ExgesError, InputError, OutputError, message

Options = TypeVar("Options")


def start(
    main: Callable[[Options], object], options: type[Options], *, about: str | None = None, is_parallel: bool = False
) -> None:
    """Parse the command line and run; what the user has to mend ends it with one line and exit code 2, Ctrl-C with 130.

    An option `threads` sets torch's threads. Under ``torchrun`` the line names its process, and the others are ended.

    Args:
        main: what to run.
        options: what it is given.
        about: for --help.
        is_parallel: it may be run by several processes of ``torchrun``, which share every batch.
    """
    rank, count = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    try:
        chosen = tyro.cli(options, description=about)
        if (threads := getattr(chosen, "threads", None)) is not None:
            if threads < 1:
                do = "Change the option."
                raise InputError(message(expected="1 or more", got=f"{threads}", where="--threads", do=do))
            torch.set_num_threads(threads)
        if count > 1 and not is_parallel:
            got, do = f"{count} of torchrun's", "Start it without torchrun: it takes minutes on one."
            raise InputError(message(expected="one process", got=got, where="this command", do=do))
        main(chosen)
    except KeyboardInterrupt:
        print("stopped; no half-written file was left", file=sys.stderr, flush=True)
        sys.exit(130)
    except ExgesError as error:
        print(f"process {rank} of {count}: {error}" if count > 1 else error, file=sys.stderr, flush=True)
        sys.exit(130 if isinstance(error, Cancelled) else 2)


def check_length(*, minutes: float | None, steps: int | None, seed: int) -> None:
    """Refuse a training that would never end, or not begin.

    Raises:
        InputError: naming the option.
    """
    wrong = [
        ("--minutes", "more than 0", minutes, minutes is not None and not 0 < minutes < math.inf),
        ("--steps", "1 or more", steps, steps is not None and steps < 1),
        ("--seed", "0 or more", seed, seed < 0),
    ]
    for where, expected, got, is_wrong in wrong:
        if is_wrong:
            raise InputError(message(expected=expected, got=f"{got}", where=where, do="Change the option."))


def writable(path: Path) -> None:
    """Refuse a file that could not be written, before hours of work are done for it; its folder is made.

    Raises:
        OutputError: if it is a folder, or nothing can be written beside it.
    """
    if path.is_dir():
        do = f"Name a file in it, as {path / 'mine.safetensors'}."
        raise OutputError(message(expected="a file to write", got="a folder", where=str(path), do=do))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        got, do = error.strerror or str(error), "Choose another place."
        raise OutputError(message(expected="a place to write to", got=got, where=str(path), do=do)) from error


def device_of(wanted: Literal["auto", "cpu", "cuda"]) -> Literal["cpu", "cuda"]:
    """Return where to compute; auto = on CUDA where PyTorch finds one.

    Raises:
        InputError: if CUDA is asked for and there is none.
    """
    has_cuda = torch.cuda.is_available()
    if wanted == "cuda" and not has_cuda:
        got, do = f"none that PyTorch {torch.__version__} can use", "Leave it out, or install a PyTorch with CUDA."
        raise InputError(message(expected="a CUDA device", got=got, where="--device cuda", do=do))
    return "cuda" if has_cuda and wanted != "cpu" else "cpu"


def command_line(module: str, arguments: Sequence[str]) -> str:
    """Return the command with absolute paths cut to their names: one machine's folders are nobody's business."""
    shown = [Path(each).name if Path(each).is_absolute() else each for each in arguments]
    return f"python -m {module} {shlex.join(shown)}".rstrip()
