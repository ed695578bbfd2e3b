"""Build the Blender extension: `python build_addon.py` -> dist/exges-VERSION.zip, with our own wheel inside.

`--platform` builds zips that carry the built-in engine, one for each platform and Python; `--release` builds all of
them, and a folder that a site can serve; `--inspect` looks into built ones. The manifest in a zip names every wheel
exactly and carries the package's version, so the add-on and its engine cannot drift apart. Zips are checked by
Blender's own tool where the `bpy` wheel is installed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from exges_core.errors import ExgesError
from tools.packaging import blender_tool, release
from tools.packaging.archive import ROOT, build_wheel, has_weights
from tools.packaging.extension import AIM_BYTES, Ingredients, build_for, build_light
from tools.packaging.fetching import WheelFolder
from tools.packaging.inspection import inspect
from tools.packaging.pins import read_pins
from tools.packaging.targets import PLATFORMS, PYTHONS, chosen


def build(options: argparse.Namespace, own_wheel: Path) -> list[Path]:
    """Build what the options ask for, checked by Blender's tool; return the zips."""
    if not (options.platform or options.release):
        return [build_light(own_wheel, options.out)]
    folder = WheelFolder(path=options.wheels or ROOT / "build" / "wheels", may_download=options.wheels is None)
    ingredients = Ingredients(own_wheel=own_wheel, packages=read_pins(), folder=folder)
    if options.release:
        return release.write_release(ingredients, options.out / "release")
    return [build_for(target, ingredients, options.out) for target in chosen(options.platform, options.python)]


def tell(path: Path, *, is_checked: bool) -> None:
    """Print where a zip is and how large, and a warning if it is larger than we want."""
    size_bytes = path.stat().st_size
    print(f"{path} ({size_bytes / 1e6:.1f} MB), {'validated' if is_checked else 'NOT validated: no bpy'}")
    if size_bytes > AIM_BYTES:
        print(f"build_addon: warning: {path.name} is above {AIM_BYTES / 1e6:.0f} MB", file=sys.stderr)


def look(paths: Sequence[Path]) -> int:
    """Inspect zips and print what they hold and what is wrong; 1 if anything is."""
    packages, is_wrong = read_pins(), False
    for path in paths:
        found = inspect(path, packages)
        target = found.target.suffix if found.target else "light"
        print(f"{path.name}: {found.version}, {target}, {found.size_bytes / 1e6:.1f} MB, {len(found.wheels)} wheels")
        print("".join(f"  {name}\n" for name in found.wheels), end="")
        print("".join(f"  WRONG: {fault}\n" for fault in found.faults) or "  all as it should be\n", end="")
        is_wrong = is_wrong or bool(found.faults)
    return int(is_wrong)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--light", action="store_true", help="our own wheel alone, any platform (as without options)")
    what.add_argument("--platform", choices=[*PLATFORMS, "all"], help="with the built-in engine for this platform")
    what.add_argument("--release", action="store_true", help="everything, with index and checksums, in OUT/release")
    what.add_argument("--inspect", type=Path, nargs="+", metavar="ZIP", help="look into built zips; build nothing")
    parser.add_argument(
        "--python", choices=[*PYTHONS, "all"], default="all", help="Blender's Python: 3.11, 3.13 (5.1 on)"
    )
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="take the wheels from here; download nothing")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for the zips")
    parser.add_argument("--wheel", type=Path, help="use this wheel of exges instead of building one")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Build, check, and say where the zips are."""
    options = parse(argv)
    with tempfile.TemporaryDirectory(prefix="exges-") as folder:
        try:
            if options.inspect:
                return look(options.inspect)
            own_wheel: Path = options.wheel or build_wheel(Path(folder))
            for path in build(options, own_wheel):
                tell(path, is_checked=options.release or blender_tool.validate(path))
        except ExgesError as error:
            print(f"build_addon: {error}", file=sys.stderr)
            return 2
        if not has_weights(own_wheel):
            print("build_addon: warning: the wheel holds no weights; the engine will need some", file=sys.stderr)
        if not options.release:
            shutil.copy2(own_wheel, options.out / own_wheel.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
