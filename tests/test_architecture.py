"""The rules of the house that no linter knows: names, sizes, what Blender's Python may import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("exges_core", "training", "blender_addon")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
BANNED = {"utils", "helpers", "misc", "common"}
MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 500
LIGHT = ["exges_core", "exges_core.rig", "exges_core.protocol", "exges_core.errors", "exges_core.timeline"]
LIGHT += ["exges_core.speech.speakers", "exges_core.settings"]
HEAVY = {"torch", "librosa", "faiss", "scipy", "whisper", "jaxtyping", "safetensors", "soundfile"}


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def code_lines(path: Path, node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    first, last = body[0].lineno, node.end_lineno or body[0].lineno
    lines = path.read_text(encoding="utf-8").splitlines()[first - 1 : last]
    return sum(1 for line in lines if line.strip() and not line.strip().startswith("#"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_a_name_and_a_size(path: Path) -> None:
    stem = path.stem
    assert stem not in BANNED
    assert not stem.startswith("my")
    assert not stem.endswith("2")
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES
    long = {
        node.name: code_lines(path, node) for node in functions(path) if code_lines(path, node) > MAX_FUNCTION_LINES
    }
    assert not long


def test_what_blender_imports_is_light() -> None:
    code = f"import sys\nfor name in {LIGHT!r}: __import__(name)\nprint(*sorted(set(sys.modules) & {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() in ([], ["jaxtyping"])


def test_the_addon_imports_only_its_part_of_the_core() -> None:
    allowed = (
        *("exges_core.rig", "exges_core.protocol", "exges_core.errors", "exges_core.timeline", "exges_core.motion"),
        *("exges_core.model_files", "exges_core.json_lines", "exges_core.speech.speakers", "exges_core.settings"),
    )
    for path in (ROOT / "blender_addon").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith(("torch", "librosa", "faiss", "training")), path
                if name.startswith("exges_core."):
                    assert name.startswith(allowed), f"{path}: {name}"
