"""Build the Blender extension: `python build_addon.py` -> dist/exges-VERSION.zip, with our own wheel inside.

The manifest in the zip names the wheel exactly as pip built it and carries the package's version, so the add-on and
its engine cannot drift apart. Validated with Blender's own checker where the `bpy` wheel is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ADDON = ROOT / "blender_addon"
_FIXED_TIME = (2025, 1, 1, 0, 0, 0)


class BuildError(Exception):
    """The extension cannot be built; the message is for people."""


def build_wheel(folder: Path) -> Path:
    """Build the project's wheel into a folder and return it.

    Raises:
        BuildError: if pip fails or leaves anything but one wheel.
    """
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet", "--wheel-dir", str(folder)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise BuildError(f"pip wheel failed:\n{finished.stderr.strip()}")
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise BuildError(f"expected one wheel in {folder}, found {[wheel.name for wheel in wheels]}")
    return wheels[0]


def has_weights(wheel: Path) -> bool:
    """Say whether trained weights are in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return any(name.endswith(".safetensors") for name in archive.namelist())


def manifest_for(wheel: Path) -> str:
    """Return the manifest with the wheel's name and version filled in."""
    text = (ADDON / "blender_manifest.toml").read_text(encoding="utf-8")
    version = wheel.name.split("-")[1]
    text, wheels = re.subn(r"^wheels = \[\]$", f'wheels = ["./wheels/{wheel.name}"]', text, flags=re.MULTILINE)
    text, versions = re.subn(r'^version = ".*"$', f'version = "{version}"', text, flags=re.MULTILINE)
    if (wheels, versions) != (1, 1):
        raise BuildError("blender_manifest.toml: expected one line 'wheels = []' and one 'version = ...'")
    return text


def pack(wheel: Path, target: Path) -> None:
    """Write the extension zip: same input, same bytes; the target appears whole or not at all."""
    files = {
        path.relative_to(ADDON).as_posix(): path.read_bytes()
        for path in sorted(ADDON.rglob("*"))
        if path.is_file() and (path.suffix in {".py", ".po"} or path.name == "LICENSE")
    }
    files["blender_manifest.toml"] = manifest_for(wheel).encode()
    files[f"wheels/{wheel.name}"] = wheel.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".zip.part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date_time=_FIXED_TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data)
    os.replace(partial, target)


def blender_checker() -> Path | None:
    """Return Blender's own extension tool from the bpy wheel, None if that is not installed."""
    spec = importlib.util.find_spec("bpy")
    if spec is None or not spec.submodule_search_locations:
        return None
    base = Path(next(iter(spec.submodule_search_locations)))
    return next(iter(sorted(base.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))), None)


def validate(target: Path) -> bool:
    """Check the zip with Blender's own tool; False if there is none here.

    Raises:
        BuildError: if it finds a fault.
    """
    checker = blender_checker()
    if checker is None:
        return False
    finished = subprocess.run(
        [sys.executable, str(checker), "validate", str(target)], capture_output=True, text=True, check=False
    )
    if finished.returncode != 0:
        raise BuildError(f"Blender refuses the extension:\n{finished.stdout}{finished.stderr}")
    return True


def main(argv: Sequence[str] | None = None) -> int:
    """Build, check, and say where the zip is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for the zip")
    parser.add_argument("--wheel", type=Path, help="use this wheel instead of building one")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="exges-") as folder:
        try:
            wheel = options.wheel or build_wheel(Path(folder))
            target: Path = options.out / f"exges-{wheel.name.split('-')[1]}.zip"
            pack(wheel, target)
            is_checked = validate(target)
        except BuildError as error:
            print(f"build_addon: {error}", file=sys.stderr)
            return 2
        if not has_weights(wheel):
            print("build_addon: warning: the wheel holds no weights; the engine will need some", file=sys.stderr)
        shutil.copy2(wheel, options.out / wheel.name)
    print(f"{target} ({target.stat().st_size / 1e6:.1f} MB), {'validated' if is_checked else 'NOT validated: no bpy'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
