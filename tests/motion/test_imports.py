"""What Blender's own Python imports must need numpy alone."""

import subprocess
import sys
import textwrap

BLOCKED = (
    "torch",
    "scipy",
    "jaxtyping",
    "beartype",
    "librosa",
    "faiss",
    "soundfile",
    "safetensors",
    "PIL",
    "smplx",
    "roma",
)
NUMPY_ALONE = ("rotations", "skeleton", "kinematics", "clip", "features", "npz", "bvh", "footlock")


def test_the_modules_for_blender_import_with_numpy_alone() -> None:
    script = f"""
        import sys
        for name in {BLOCKED!r}:
            sys.modules[name] = None
        import importlib
        import exges_core.motion
        for name in {NUMPY_ALONE!r}:
            importlib.import_module(f"exges_core.motion.{{name}}")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_package_itself_imports_only_the_core_of_the_room() -> None:
    script = (
        "import sys, exges_core.motion; print(*sorted(n for n in sys.modules if n.startswith('exges_core.motion.')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == [
        f"exges_core.motion.{name}" for name in ("clip", "kinematics", "rotations", "skeleton")
    ]
