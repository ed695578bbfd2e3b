"""`exges doctor`: what is here, what is missing and how to get it. It looks; it changes and downloads nothing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from exges_core import __version__, assets
from exges_core.audio.ffmpeg import find_ffmpeg
from exges_core.errors import ExgesError
from exges_core.extras import is_installed
from exges_core.pipeline.models import AUTO, ENGINES, ONNX, TORCH, Models
from exges_core.retrieval.library import MotionBase
from exges_core.score.stroke_network import load_network
from exges_core.speech import model_files

_PACKAGES = ("numpy", "safetensors", "onnxruntime", "torch", "scipy", "librosa", "faiss-cpu", "openai-whisper")
_ADVICE = "reinstall exges, or train them: docs/training.md"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that was looked at; `ok` False means: missing, and the text says how to get it."""

    name: str
    ok: bool
    text: str


def examine() -> list[Finding]:
    """Look at everything that a generation needs."""
    engines = [engine for engine in ENGINES if engine != AUTO]
    return [
        *_versions(),
        *(_engine(each) for each in engines),
        *_weights(),
        _motion_base(),
        *_recognisers(),
        _ffmpeg(),
        _blender(),
    ]


def _finding(name: str, ok: bool, text: str) -> Finding:
    return Finding(name=name, ok=ok, text=text)


def _versions() -> Iterator[Finding]:
    yield _finding("exges", True, f"{__version__} on Python {platform.python_version()} ({sys.executable})")
    for name in _PACKAGES:
        try:
            yield _finding(name, True, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            continue  # what its absence means is said of the engines and recognisers


def _engine(engine: str) -> Finding:
    """Try an engine: its weights, and for ONNX Runtime their graphs."""
    try:
        models = Models(engine=engine)
        loaded = (models.denoiser, models.retrieval, models.planner)
    except ExgesError as error:
        return _finding(f"engine {engine}", False, str(error))
    cores, count = f"cpu: {os.cpu_count()} cores", len(loaded)
    if engine == ONNX:
        return _finding(f"engine {engine}", True, f"{cores}; runs all {count} networks, needs no PyTorch")
    import torch

    threads = f"{cores}, {torch.get_num_threads()} threads (no CUDA device)"
    where = f"cuda: {torch.cuda.get_device_name(0)}" if models.device == "cuda" else threads
    return _finding(f"engine {engine}", True, f"{where}; the one that auto takes")


def _weights() -> Iterator[Finding]:
    models = Models(device="cpu")
    for name, load in (
        ("denoiser", lambda: models.denoiser),
        ("retrieval", lambda: models.retrieval),
        ("planner", lambda: models.planner),
        ("segmenter", lambda: load_network(assets.SEGMENTER)),
    ):
        try:
            loaded = load()
        except ExgesError as error:
            yield _finding(name, False, f"{error} ({_ADVICE})")
        else:
            yield _finding(name, True, f"{loaded.name} sha256 {loaded.sha256[:12]}")
    with suppress(ExgesError):
        yield _finding("speakers", True, ", ".join(models.speakers()))
    if models.engine == TORCH:
        yield _evaluator()


def _evaluator() -> Finding:
    from exges_core.metrics.evaluator import load_evaluator

    try:
        loaded = load_evaluator(assets.EVALUATOR)
    except ExgesError as error:
        return _finding("evaluator", False, f"{error} ({_ADVICE})")
    return _finding("evaluator", True, f"{loaded.name} sha256 {loaded.sha256[:12]}")


def _motion_base() -> Finding:
    try:
        info = MotionBase.open(assets.LIBRARY).info()
    except ExgesError as error:
        return _finding("motion base", False, f"{error} ({_ADVICE})")
    minutes, megabytes = info.hours * 60.0, info.size_bytes / 1e6
    return _finding("motion base", True, f"{info.clips} clips, {minutes:.0f} minutes, {megabytes:.0f} MB")


def _recognisers() -> Iterator[Finding]:
    yield _whisper()
    model = model_files.MOONSHINE
    get = f"`exges models get {model.name}`: English, {model.megabytes} MB, a fifth of PocketSphinx's errors"
    yield _finding(model.name, model.is_here, model.title if model.is_here else get)
    found = is_installed("pocketsphinx")
    yield _finding("pocketsphinx", found, "offline recognition" if found else "pip install pocketsphinx")


def _whisper() -> Finding:
    if not is_installed("whisper"):
        return _finding("whisper", False, "not installed: pip install 'exges[torch]'; other languages than English")
    cached = sorted(path.stem for path in model_files.whisper_folder().glob("*.pt"))
    how = "none cached; `exges models get whisper:base.en` fetches one, or pass a .pt file: --asr whisper:FILE"
    return _finding("whisper", bool(cached), ", ".join(cached) if cached else how)


def _ffmpeg() -> Finding:
    try:
        found = find_ffmpeg()
    except ExgesError as error:
        return _finding("ffmpeg", False, str(error))
    how = "needed for AAC, MP4, MOV, WebM and the like: install ffmpeg, or pip install imageio-ffmpeg"
    return _finding("ffmpeg", found is not None, how if found is None else str(found))


def _blender() -> Finding:
    if not is_installed("bpy"):
        return _finding(
            "bpy", False, "needed for the demo's .blend and .mp4: pip install 'exges[blender]' (Python 3.11)"
        )
    return _finding("bpy", True, importlib.metadata.version("bpy"))
