"""The whole add-on on every Blender that it supports: `python tests/addon/versions.py 4.2 4.5 5.0 5.2`.

Makes an environment with that version's bpy wheel as .venv-blender-VERSION (kept; about 1.5 GB each; the checkout's own
is taken if it has that bpy) and lets pytest run its steps there: rigs, takes with the real engine, ranges, saving and
loading, bad input, the zip enabled and disabled, the command line, 1000 random clicks. Blender 5.1 and newer need
Python 3.13.
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
TESTS = (
    *("test_keyframes.py", "test_families.py", "test_rigging.py", "test_cooperative.py", "test_extension.py"),
    *("test_environment_preferences.py", "test_bad_input.py", "test_commands.py", "test_takes.py"),
    "test_setting_properties.py",
    *("test_standing.py", "test_words.py"),
    *("test_real_engine.py", "test_fuzz.py"),
)
FUZZ = {"EXGES_FUZZ_CALLS": "1000", "EXGES_FUZZ_SEED": "2026"}
SUPPORTED = ("4.2", "4.5", "5.0", "5.2")


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
    command = [sys.executable, "-c", f"import bpy; assert bpy.app.version_string.startswith('{version}.')"]
    if subprocess.run(command, capture_output=True, check=False).returncode == 0:
        return Path(sys.executable)
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
    parser.add_argument("versions", nargs="*", default=SUPPORTED)
    parser.add_argument("--only", nargs="*", default=TESTS, metavar="test_NAME.py", help="some of the tests")
    options, failed = parser.parse_args(), list[str]()
    for version in options.versions or SUPPORTED:
        python = environment_of(version)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
        command += ["-rs", *(str(Path(__file__).parent / name) for name in options.only)]
        environment = {**FUZZ, **os.environ, "EXGES_BLENDER_PYTHON": str(python)}
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        sys.stdout.write(f"Blender {version}: {'passed' if done.returncode == 0 else 'FAILED'}\n")
        failed += [version] if done.returncode else []
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
