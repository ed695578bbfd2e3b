"""What a light installation lacks, and how to get it."""

from __future__ import annotations

from importlib.util import find_spec

from exges_core.errors import InputError, message

_TITLES = {
    "torch": "PyTorch",
    "whisper": "Whisper (openai-whisper)",
    "librosa": "librosa",
    "scipy": "SciPy",
    "faiss": "FAISS",
    "roma": "roma",
    "PIL": "Pillow",
}
"""Packages of the extra `torch`, as Python imports them."""


def is_installed(package: str) -> bool:
    """Return whether a package is here; it is not imported."""
    try:
        return find_spec(package) is not None
    except ImportError:  # of a finder that refuses it
        return False


def not_installed(package: str, where: str, extra: str = "torch") -> InputError:
    """Return the error that a package of an extra is not there."""
    do = f"Install it: pip install 'exges[{extra}]'."
    return InputError(message(expected=_TITLES.get(package, package), got="none installed", where=where, do=do))


def explained(error: ModuleNotFoundError) -> InputError | None:
    """Return a failed import as an error with advice; None if the package is not one of the extra `torch`."""
    package = (error.name or "").partition(".")[0]
    return not_installed(package, "this command") if package in _TITLES else None
