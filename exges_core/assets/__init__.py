"""What ships with the package: default weights, the default motion base, the demo's speech, the body's rest offsets.

Each has a provenance beside it or in its header. Only paths are known here.
"""

from pathlib import Path

_HERE = Path(__file__).resolve().parent

DENOISER = _HERE / "denoiser.safetensors"
RETRIEVAL = _HERE / "retrieval.safetensors"
EVALUATOR = _HERE / "evaluator.safetensors"
JUDGE = _HERE / "judge.safetensors"
PLANNER = _HERE / "planner.safetensors"
WORD_VECTORS = _HERE / "word_vectors.npz"
LIBRARY = _HERE / "library"
DEMO_SPEECH = _HERE / "demo.flac"
DEMO_TRANSCRIPT = _HERE / "demo.txt"
