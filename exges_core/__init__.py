"""ExGes: speech in, expressive co-speech gesture out, with the animator in control.

    import exges_core

    gesture = exges_core.generate("talk.wav", seed=3)
    gesture.save("talk.bvh")

The rooms, in the order of the flow: ``audio`` -> ``speech`` -> ``retrieval`` -> ``control`` -> ``diffusion`` ->
``motion`` / ``rig``; ``pipeline`` is the only one that knows the whole of it. Importing this package imports neither
torch nor any other heavy library (the first use of `generate` does): Blender's own Python imports it too.

Threads of OpenMP that wait for each other sleep instead of spinning, unless the environment says otherwise: beside one
busy process (Blender at play, a training) the diffusion of a minute of speech on two cores took 6 to 15 s spinning, 1.1
to 1.5 s asleep. It is read when torch is imported, so it is said here, before.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exges_core.motion.mirror import mirrored
    from exges_core.pipeline.generate import generate
    from exges_core.pipeline.gesture import Gesture
    from exges_core.pipeline.idle import Loop, idle
    from exges_core.pipeline.models import Models
    from exges_core.settings import GenerationSettings

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
__all__ = ["GenerationSettings", "Gesture", "Loop", "Models", "__version__", "generate", "idle", "mirrored"]
_HOMES = {
    "generate": "exges_core.pipeline.generate",
    "Gesture": "exges_core.pipeline.gesture",
    "Loop": "exges_core.pipeline.idle",
    "idle": "exges_core.pipeline.idle",
    "mirrored": "exges_core.motion.mirror",
    "Models": "exges_core.pipeline.models",
    "GenerationSettings": "exges_core.settings",
}


def __getattr__(name: str) -> object:
    """Import what a user of the package needs when it is first asked for."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
