"""Bring the pinned wheels into a folder, or find them there, and let nothing else through."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from exges_core.errors import InputError, message
from exges_core.speech.model_files import ModelFiles
from tools.packaging.pins import PinnedPackage, names
from tools.packaging.targets import Target

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet")
_EXACTLY = ("--no-deps", "--only-binary=:all:", "--require-hashes")
_ANY_LINUX = ("--platform", "manylinux2014_x86_64", "--python-version", "3.11")
"""The speech model's wheel is Linux's; the model in it is nobody's machine code."""


@dataclass(frozen=True, kw_only=True)
class WheelFolder:
    """Where wheels lie; `may_download`: what is missing is fetched into it by pip."""

    path: Path
    may_download: bool


@dataclass(frozen=True, kw_only=True)
class Bundled:
    """A wheel that goes into a zip, and the package it is of."""

    package: PinnedPackage
    path: Path


def wheels_for(target: Target, packages: Sequence[PinnedPackage], folder: WheelFolder) -> tuple[Bundled, ...]:
    """Return every package's wheel for a target, bit for bit the pinned ones.

    Raises:
        InputError: if a package has none for this target, or wheels are missing or others: all of them at once.
    """
    chosen = [(package, package.wheel_for(target)) for package in packages]
    absent = [(package, wheel) for package, wheel in chosen if not (folder.path / wheel.file).is_file()]
    if absent and folder.may_download:
        lines = [f"{package.name}=={wheel.version} --hash=sha256:{wheel.sha256}" for package, wheel in absent]
        _download(lines, target.pip_options, folder.path)
    faults = [
        fault
        for package, wheel in chosen
        for fault in _faults(folder.path, package.name, wheel.file, wheel.sha256, target.suffix)
    ]
    if faults:
        raise InputError("\n".join(faults))
    return tuple(Bundled(package=package, path=folder.path / wheel.file) for package, wheel in chosen)


def model_wheel(model: ModelFiles, folder: WheelFolder) -> Path:
    """Return the wheel that carries the speech model.

    Raises:
        InputError: if it is missing, or is another one.
    """
    name, _, version = model.wheel.partition("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    if folder.may_download and not any(folder.path.glob(pattern)):
        _download([f"{model.wheel} --hash=sha256:{model.wheel_sha256}"], _ANY_LINUX, folder.path)
    found = next(iter(sorted(folder.path.glob(pattern))), None)
    file = found.name if found else pattern
    if faults := list(_faults(folder.path, name, file, model.wheel_sha256, f"the speech model {model.title}")):
        raise InputError("\n".join(faults))
    return folder.path / file


def sha256(data: bytes) -> str:
    """Return the digest in hex."""
    return hashlib.sha256(data).hexdigest()


def last_words(text: str) -> str:
    """Return what a failed command said last that tells something."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("WARNING")]
    return (lines or ["nothing"])[-1]


def _faults(folder: Path, package: str, file: str, digest: str, where: str) -> Iterable[str]:
    path = folder / file
    if not path.is_file():
        others = sorted(each.name for each in folder.glob("*.whl") if _package_of(each) == canonicalize_name(package))
        tag = "-".join(file.removesuffix(".whl").split("-")[2:])
        got = f"of {package} {names(others)}"
        do = "Put it there, or leave out --wheels to download it."
        yield message(expected=f"the wheel {file} (tag {tag})", got=got, where=f"{folder} ({where})", do=do)
    elif (found := sha256(path.read_bytes())) != digest:
        do = "Remove it, so that it is fetched again."
        yield message(expected=f"the pinned {file}, sha256 {digest}", got=found, where=str(folder), do=do)


def _package_of(wheel: Path) -> str:
    return canonicalize_name(wheel.name.partition("-")[0])


def _download(requirements: Sequence[str], options: Sequence[str], folder: Path) -> None:
    """Let pip fetch exactly these wheels, which it checks by their hashes."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="exges-") as temporary:
        wanted = Path(temporary) / "wanted.txt"
        wanted.write_text("\n".join(requirements), encoding="utf-8")
        command = (*_PIP, *_EXACTLY, *options, "--dest", str(folder), "--requirement", str(wanted))
        finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own pip
    if finished.returncode != 0:
        do = "Go online and try again, or name a folder of wheels by --wheels."
        expected = ", ".join(line.partition(" ")[0] for line in requirements)
        raise InputError(message(expected=expected, got=last_words(finished.stderr), where="pip download", do=do))
