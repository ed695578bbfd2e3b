"""The loaded weights and motion bases, kept warm from one generation to the next. It loads; it computes nothing."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from exges_core import assets, heap
from exges_core.diffusion.onnx_model import load_onnx_denoiser
from exges_core.diffusion.predictor import Predictor
from exges_core.errors import InputError, message
from exges_core.extras import is_installed, not_installed
from exges_core.planning.onnx_model import load_onnx_planner
from exges_core.planning.stroke_model import StrokeModel
from exges_core.retrieval.choice import rivals_of
from exges_core.retrieval.embedder import Embedder
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.onnx_model import load_onnx_retrieval

AUTO, TORCH, ONNX = "auto", "torch", "onnx"
ENGINES = (AUTO, TORCH, ONNX)
"""What runs networks: PyTorch, ONNX Runtime, or the first of them that is installed."""


class Models:
    """Denoiser, retrieval model, planner and motion bases on one device; each is loaded on first use.

    Args:
        engine: auto (PyTorch where it is installed, else ONNX Runtime), torch or onnx.
        device: auto (CUDA if there is one), cpu or cuda; ONNX Runtime runs on the CPU.
        is_exact: networks in float32, on which engines agree; else in bfloat16 or whole numbers where that is faster.
        denoiser: weights, loaded or as a file; the shipped ones by default.
        retrieval: likewise.
        planner: likewise.

    Raises:
        InputError: if there is no such engine, or CUDA is asked for and it has none.
    """

    def __init__(
        self,
        *,
        engine: str = AUTO,
        device: str = "auto",
        is_exact: bool = False,
        denoiser: Path | Predictor = assets.DENOISER,
        retrieval: Path | Embedder = assets.RETRIEVAL,
        planner: Path | StrokeModel = assets.PLANNER,
    ) -> None:
        self.engine = _engine(engine)
        if self.engine == TORCH:
            heap.keep_few_shapes()
        self.device, self.is_exact = _device(device, self.engine), is_exact
        self._denoiser, self._retrieval, self._planner = denoiser, retrieval, planner
        self._bases: dict[tuple[Path, ...], tuple[tuple[int, ...], MotionBase]] = {}

    @cached_property
    def denoiser(self) -> Predictor:
        """Return the denoiser."""
        given = self._denoiser
        if not isinstance(given, Path):
            return given
        if self.engine == ONNX:
            return load_onnx_denoiser(given, is_exact=self.is_exact)
        from exges_core.diffusion.model import load_denoiser

        return load_denoiser(given, device=self.device, is_bf16=False if self.is_exact else None)

    @cached_property
    def retrieval(self) -> Embedder:
        """Return the retrieval model."""
        given = self._retrieval
        if not isinstance(given, Path):
            return given
        if self.engine == ONNX:
            return load_onnx_retrieval(given)
        from exges_core.retrieval.model import load_retrieval

        return load_retrieval(given, device=self.device)

    @cached_property
    def planner(self) -> StrokeModel:
        """Return the planner; it runs on the CPU, where so small a network is fastest."""
        given = self._planner
        if not isinstance(given, Path):
            return given
        if self.engine == ONNX:
            return load_onnx_planner(given)
        from exges_core.planning.planner_model import load_planner

        return load_planner(given)

    def base(self, *folders: Path) -> MotionBase:
        """Return the motion base in a folder, or several as one (none = the shipped one); all must fit the model.

        What was added to one since is seen: a base is opened again when its record has changed.
        """
        folders = folders or (assets.LIBRARY,)
        records = [folder / "base.json" for folder in folders]
        written = tuple(path.stat().st_mtime_ns if path.is_file() else 0 for path in records)
        if folders not in self._bases or self._bases[folders][0] != written:
            self._bases[folders] = (written, MotionBase.open(*folders, model=self.retrieval))
        return self._bases[folders][1]

    def base_named(self, library: str | tuple[str, ...] | None) -> MotionBase:
        """Return the motion base that a job names; None = the shipped one, and so is "default" among several."""
        names = (library,) if isinstance(library, str) else library or ()
        return self.base(*(assets.LIBRARY if name == assets.LIBRARY_NAME else Path(name) for name in names))

    def speakers(self) -> tuple[str, ...]:
        """Return the styles the denoiser knows."""
        return self.denoiser.styles

    def rivals_of(self, speaker: str | None) -> frozenset[str]:
        """Return whose gestures are not in a speaker's style, see `SearchSettings.rivals`; nobody's for None.

        Raises:
            InputError: if the denoiser does not know the speaker.
        """
        if speaker is None:
            return frozenset()
        if speaker not in self.speakers():
            raise InputError(
                message(
                    expected=f"one of the styles {', '.join(self.speakers())}",
                    got=repr(speaker),
                    where="--speaker",
                    do="Choose one, or leave it out.",
                )
            )
        return rivals_of(speaker, self.speakers())


def _engine(asked: str) -> str:
    """Return what runs networks.

    Raises:
        InputError: if there is no such engine, or it is not installed.
    """
    has_torch = is_installed("torch")
    if asked == AUTO:
        return TORCH if has_torch else ONNX
    if asked not in ENGINES:
        raise InputError(
            message(expected=" or ".join(ENGINES), got=repr(asked), where="--engine", do="Choose one of these.")
        )
    if asked == TORCH and not has_torch:
        raise not_installed("torch", "--engine torch")
    return asked


def _device(asked: str, engine: str) -> str:
    """Return where networks run: those of ONNX Runtime on the CPU.

    Raises:
        InputError: if CUDA is asked for and there is none.
    """
    if engine == ONNX:
        if asked == "cuda":
            do = "Use --engine torch (pip install 'exges[torch]'), or --device cpu."
            got = "ONNX Runtime, which runs on the CPU"
            raise InputError(message(expected="an engine for CUDA", got=got, where="--device cuda", do=do))
        return "cpu"
    if asked == "cpu":
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if asked == "cuda":
        raise InputError(message(expected="a CUDA device", got="none", where="--device cuda", do="Use auto or cpu."))
    return "cpu"
