"""`exges doctor`: what is here, what is missing and how to get it. It looks; it changes and downloads nothing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from exges_core import __version__, assets
from exges_core.audio.ffmpeg import find_ffmpeg
from exges_core.diffusion.model import LoadedDenoiser, load_denoiser
from exges_core.errors import ExgesError
from exges_core.metrics.evaluator import load_evaluator
from exges_core.planning.planner_model import load_planner
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import load_retrieval
from exges_core.score.stroke_network import load_network
from exges_core.speech import model_files


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that was looked at; `ok` False means: missing, and the text says how to get it."""

    name: str
    ok: bool
    text: str


def examine() -> list[Finding]:
    """Look at everything that a generation needs."""
    return [*_versions(), _device(), *_weights(), *_recognisers(), _ffmpeg(), _blender()]


def _finding(name: str, ok: bool, text: str) -> Finding:
    return Finding(name=name, ok=ok, text=text)


def _versions() -> Iterator[Finding]:
    yield _finding("exges", True, f"{__version__} on Python {platform.python_version()} ({sys.executable})")
    for name in ("torch", "numpy", "librosa", "faiss-cpu", "safetensors"):
        yield _finding(name, True, importlib.metadata.version(name))


def _device() -> Finding:
    if torch.cuda.is_available():
        return _finding("device", True, f"cuda: {torch.cuda.get_device_name(0)}")
    return _finding("device", True, f"cpu: {os.cpu_count()} cores, {torch.get_num_threads()} threads (no CUDA device)")


def _weights() -> Iterator[Finding]:
    advice = "reinstall exges, or train them: docs/training.md"
    for name, path, load in (
        ("denoiser", assets.DENOISER, load_denoiser),
        ("retrieval", assets.RETRIEVAL, load_retrieval),
        ("planner", assets.PLANNER, load_planner),
        ("segmenter", assets.SEGMENTER, load_network),
        ("evaluator", assets.EVALUATOR, load_evaluator),
    ):
        try:
            loaded = load(path)
        except ExgesError as error:
            yield _finding(name, False, f"{error} ({advice})")
        else:
            yield _finding(name, True, f"{loaded.name} sha256 {loaded.sha256[:12]}")
            if isinstance(loaded, LoadedDenoiser):
                yield _finding("speakers", True, ", ".join(loaded.styles))
    try:
        info = MotionBase.open(assets.LIBRARY).info()
    except ExgesError as error:
        yield _finding("motion base", False, f"{error} ({advice})")
    else:
        minutes, megabytes = info.hours * 60.0, info.size_bytes / 1e6
        yield _finding("motion base", True, f"{info.clips} clips, {minutes:.0f} minutes, {megabytes:.0f} MB")


def _recognisers() -> Iterator[Finding]:
    cached = sorted(path.stem for path in model_files.whisper_folder().glob("*.pt"))
    how = "none cached; `exges models get whisper:base.en` fetches one, or pass a .pt file: --asr whisper:FILE"
    yield _finding("whisper", bool(cached), ", ".join(cached) if cached else how)
    model = model_files.MOONSHINE
    get = f"`exges models get {model.name}`: English, {model.megabytes} MB, a fifth of PocketSphinx's errors"
    yield _finding(model.name, model.is_here, model.title if model.is_here else get)
    found = importlib.util.find_spec("pocketsphinx") is not None
    yield _finding("pocketsphinx", found, "offline recognition" if found else "pip install pocketsphinx")


def _ffmpeg() -> Finding:
    try:
        found = find_ffmpeg()
    except ExgesError as error:
        return _finding("ffmpeg", False, str(error))
    how = "needed for AAC, MP4, MOV, WebM and the like: install ffmpeg, or pip install imageio-ffmpeg"
    return _finding("ffmpeg", found is not None, how if found is None else str(found))


def _blender() -> Finding:
    if importlib.util.find_spec("bpy") is None:
        return _finding(
            "bpy", False, "needed for the demo's .blend and .mp4: pip install 'exges[blender]' (Python 3.11)"
        )
    return _finding("bpy", True, importlib.metadata.version("bpy"))
