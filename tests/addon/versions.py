"""The add-on's rig tests on other Blenders: `python tests/addon/versions.py 4.2 5.0 5.2`.

Makes an environment with that version's bpy wheel as .venv-blender-VERSION (kept; about 1.5 GB each) and lets pytest
run its steps there. Blender 5.1 and newer need Python 3.13.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ("test_keyframes.py", "test_families.py", "test_rigging.py")


def candidates(python: str) -> Iterator[str]:
    """Pythons that may be there: on the path, as pyenv keeps them, as uv does."""
    yield from (each for each in (shutil.which(python),) if each)
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from (str(each) for each in sorted(root.glob(f"versions/{python.removeprefix('python')}.*/bin/{python}")))
    if shutil.which("uv"):
        command = ["uv", "python", "find", python.removeprefix("python")]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        yield from (each for each in found.stdout.split() if found.returncode == 0)


def python_for(version: str) -> str:
    """The interpreter that a Blender version's wheel is built for."""
    wanted = "python3.13" if tuple(int(part) for part in version.split(".")) >= (5, 1) else "python3.11"
    for each in candidates(wanted):
        if subprocess.run([each, "--version"], capture_output=True, check=False).returncode == 0:
            return each
    raise SystemExit(f"Blender {version} needs {wanted}, which is not here. Install it, for instance by uv or pyenv.")


def environment_of(version: str) -> Path:
    """An environment with that bpy; made once."""
    folder = ROOT / f".venv-blender-{version}"
    python = folder / "bin" / "python"
    if not python.is_file():
        subprocess.run([python_for(version), "-m", "venv", str(folder)], check=True)
    has_bpy = subprocess.run([str(python), "-c", "import bpy"], capture_output=True, check=False).returncode == 0
    if not has_bpy:
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", f"bpy=={version}.*"], check=True)
    return python


def main() -> int:
    """Run the tests on every version asked for; return 1 if one of them fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", nargs="*", default=["4.2", "5.0", "5.2"])
    failed: list[str] = []
    for version in parser.parse_args().versions:
        python = environment_of(version)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
        command += [str(Path(__file__).parent / name) for name in TESTS]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "EXGES_BLENDER_PYTHON": str(python)}, check=False)
        sys.stdout.write(f"Blender {version}: {'passed' if done.returncode == 0 else 'FAILED'}\n")
        failed += [version] if done.returncode else []
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
