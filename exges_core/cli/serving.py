"""The command `exges serve`: the worker, for programs that drive it by lines of JSON; nothing is computed here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from rich.console import Console
from tyro.conf import FlagCreatePairsOff, arg

from exges_core.cli.options import Engine
from exges_core.errors import InputError, message


@dataclass(frozen=True, kw_only=True)
class Serve:
    """Stay warm and answer requests, a line of JSON each, on standard input and output; no port is opened."""

    stdio: Annotated[FlagCreatePairsOff[bool], arg(help="Requests come on standard input, answers on output.")] = False
    engine: Engine = "auto"
    models: Annotated[Path | None, arg(metavar="FOLDER", help="Speech models that came with a package.")] = None

    def run(self, _console: Console) -> None:
        """Serve until the input closes.

        Raises:
            InputError: without `stdio`: there is no other way in.
        """
        if not self.stdio:
            do = "Run exges serve --stdio as a child process, or let a server of yours do so: ExGes opens no port."
            raise InputError(message(expected="--stdio", got="nothing", where="exges serve", do=do))
        from exges_core import worker

        worker.main(["--engine", self.engine, *(() if self.models is None else ("--models", str(self.models)))])
