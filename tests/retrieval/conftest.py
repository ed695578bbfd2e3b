import numpy as np
import pytest
import torch

from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.retrieval.config import RetrievalConfig
from exges_core.retrieval.encoders import RetrievalModel
from exges_core.retrieval.inputs import MOTION_INPUTS
from exges_core.retrieval.model import LoadedRetrieval
from exges_core.retrieval.sources import SourceTake
from exges_core.speech.segments import Segment

AUDIO = 84
SMALL = RetrievalConfig(
    audio_inputs=AUDIO, motion_inputs=MOTION_INPUTS, width=16, layers=1, heads=2, feedforward=24, embedding=16
)
TEXTS = ("this is really very big", "on the other hand maybe", "it goes up and around", "nothing at all I said")


def random_clip(frames: int, generator: np.random.Generator) -> MotionClip:
    """Return smooth-ish random motion that survives float16."""
    rotvec = generator.normal(scale=0.4, size=(frames, 55, 3)).astype(np.float16).astype(np.float64)
    root = generator.normal(size=(frames, 3)).astype(np.float32).astype(np.float64)
    return MotionClip(local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=root, frame_rate_hz=30.0)


def random_take(name: str, generator: np.random.Generator, *, seconds: int = 4, has_audio: bool = True) -> SourceTake:
    """Return a take with a segment per second."""
    segments = tuple(
        Segment(start_s=float(second), end_s=second + 1.0, text=f"{TEXTS[second % 4]} {name}", words=(), note="")
        for second in range(seconds)
    )
    audio = generator.normal(size=(30 * seconds, AUDIO)).astype(np.float32) if has_audio else None
    return SourceTake(
        id=name, speaker=f"speaker {name}", clip=random_clip(30 * seconds, generator), audio=audio, segments=segments
    )


@pytest.fixture
def retrieval() -> LoadedRetrieval:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        model = RetrievalModel(SMALL).eval()
    return LoadedRetrieval(model=model, name="tiny", sha256="a" * 64, provenance={})
