"""Which engine runs networks: what is asked for, what is installed, and what cannot be."""

import subprocess
import sys
from pathlib import Path

import pytest
from light import WITHOUT_TORCH

from exges_core.errors import InputError
from exges_core.pipeline.models import Models


def test_auto_takes_pytorch_where_it_is_installed() -> None:
    assert Models().engine == "torch"
    assert (Models(engine="onnx").engine, Models(engine="onnx").device) == ("onnx", "cpu")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"engine": "jax"}, r"--engine: expected auto or torch or onnx, got 'jax'"),
        ({"engine": "onnx", "device": "cuda"}, r"--device cuda: expected an engine for CUDA, got ONNX Runtime"),
    ],
)
def test_what_cannot_be_is_told_at_once(asked: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Models(**asked)


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", WITHOUT_TORCH + code], capture_output=True, text=True, check=False)


def test_without_pytorch_auto_is_onnx_runtime_and_the_rest_is_told_in_a_line() -> None:
    done = run("""
from exges_core.pipeline.models import Models
from exges_core.errors import InputError
models = Models()
assert (models.engine, len(models.speakers()) > 20) == ("onnx", True)
for asked in ({"engine": "torch"}, {"device": "cuda"}):
    try:
        Models(**asked)
    except InputError as error:
        print(error)
""")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "--engine torch: expected PyTorch, got none installed. Install it: pip install 'exges[torch]'."
    assert "Use --engine torch (pip install 'exges[torch]'), or --device cpu." in second


def test_a_command_that_needs_pytorch_says_what_to_install() -> None:
    done = run("""
from exges_core.cli.main import run
def job():
    import exges_core.metrics.evaluator
raise SystemExit(run(job))
""")
    assert done.returncode == 2
    advice = "Install it: pip install 'exges[torch]'."
    assert done.stderr == f"exges: this command: expected PyTorch, got none installed. {advice}\n"


def test_a_training_command_says_it_too() -> None:
    done = run("""
import runpy
sys.argv = ["-m"]
runpy.run_module("training.train_diffusion", run_name="__main__", alter_sys=True)
""")
    line = "training: expected PyTorch, got none installed. Install it: pip install 'exges[training]'.\n"
    assert (done.returncode, done.stderr) == (2, line)


def test_without_whisper_auto_takes_the_next_recogniser(tmp_path: Path) -> None:
    model = tmp_path / "whisper" / "base.en.pt"
    model.parent.mkdir()
    model.write_bytes(b"of another installation")
    done = run(f"""
import os
os.environ |= {{"XDG_CACHE_HOME": {str(tmp_path)!r}, "EXGES_CACHE": {str(tmp_path / "own")!r}}}
from exges_core import assets
from exges_core.errors import InputError
from exges_core.pipeline.analyse import hear
from exges_core.speech.model_files import recognisers_here
assert recognisers_here()[0] == "whisper:base.en"
heard = hear(assets.DEMO_SPEECH, end_s=3.0, asr="auto")
print(heard.asr, len(heard.warnings), "PyTorch" in "".join(heard.warnings))
try:
    hear(assets.DEMO_SPEECH, asr="whisper:base.en")
except InputError as error:
    print(error)
""")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "pocketsphinx 1 False",
        "--asr whisper:base.en: expected Whisper (openai-whisper), got none installed. "
        "Install it: pip install 'exges[torch]'.",
    ]
