"""What ships with the package: default weights, the default motion base, the demo's speech, the body's rest offsets.

Each has a provenance beside it or in its header. Only paths are known here.
"""

from pathlib import Path

_HERE = Path(__file__).resolve().parent

DENOISER = _HERE / "denoiser.safetensors"
RETRIEVAL = _HERE / "retrieval.safetensors"
EVALUATOR = _HERE / "evaluator.safetensors"
JUDGE = _HERE / "judge.safetensors"
SEGMENTER = _HERE / "segmenter.safetensors"
PLANNER = _HERE / "planner.safetensors"
DENOISER_GRAPHS = _HERE / "denoiser.onnx.zip"
RETRIEVAL_GRAPHS = _HERE / "retrieval.onnx.zip"
PLANNER_GRAPHS = _HERE / "planner.onnx.zip"
"""What ONNX Runtime runs with those weights."""
WORD_VECTORS = _HERE / "word_vectors.npz"
LIBRARY = _HERE / "library"
LIBRARY_NAME = "default"
"""What it is called wherever a motion base is named."""
DEMO_SPEECH = _HERE / "demo.flac"
DEMO_TRANSCRIPT = _HERE / "demo.txt"
