"""A release: every zip, our wheel, an index that lets Blender install from the folder, and checksums of all of it.

    exges-VERSION-py3-none-any.whl      for Python
    exges-VERSION.zip                   the light extension
    repository/index.json               what Blender is given as a remote repository
    repository/exges-VERSION-*.zip      one for each platform and Python
    SHA256SUMS                          `sha256sum --check SHA256SUMS`

The light zip stands beside the repository: in it, it would offer itself wherever another one fits.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from exges_core.errors import InputError, message
from exges_core.files import replacing
from tools.packaging import blender_tool
from tools.packaging.archive import version_of
from tools.packaging.extension import Ingredients, build_for, build_light, name_of
from tools.packaging.fetching import sha256
from tools.packaging.targets import TARGETS, Target

REPOSITORY = "repository"
INDEX = "index.json"
SUMS = "SHA256SUMS"


def write_release(ingredients: Ingredients, out: Path, targets: Sequence[Target] = TARGETS) -> list[Path]:
    """Build a release into a folder that is emptied first; return its zips, each checked by Blender's tool.

    Raises:
        InputError: if a zip cannot be built, Blender refuses one, or the index does not say what the zips are.
        OutputError: if something cannot be written.
    """
    if blender_tool.tool() is None:
        do = "Install the extra `blender`: make setup."
        raise InputError(
            message(expected="Blender's extension tool for the index", got="no bpy", where=str(out), do=do)
        )
    shutil.rmtree(out, ignore_errors=True)
    light = build_light(ingredients.own_wheel, out)
    zips = [build_for(target, ingredients, out / REPOSITORY) for target in targets]
    for each in (light, *zips):
        blender_tool.validate(each)
    shutil.copy2(ingredients.own_wheel, out / ingredients.own_wheel.name)
    write_index(out / REPOSITORY, version_of(ingredients.own_wheel), targets)
    write_sums(out)
    return [light, *zips]


def write_index(folder: Path, version: str, targets: Sequence[Target]) -> None:
    """Let Blender's tool list a folder's zips, put the list in order, and compare it with the targets.

    Raises:
        InputError: if a zip is missing in it, is for something else, or two would be offered to one Blender.
    """
    said = blender_tool.list_repository(folder)
    path = folder / INDEX
    index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    index["data"] = sorted(index["data"], key=lambda each: each["archive_url"])
    found = [(each["archive_url"], each.get("platforms"), each.get("python_versions")) for each in index["data"]]
    expected = sorted((f"./{name_of(version, each)}", [each.platform], [each.python_version]) for each in targets)
    if found != expected or "duplicate" in said:
        got = f"{found}; {said}"
        raise InputError(message(expected=str(expected), got=got, where=str(path), do="Mend the zips' manifests."))
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def write_sums(folder: Path) -> None:
    """Write the checksums of every file below a folder, as `sha256sum --check` reads them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    lines = [f"{sha256(path.read_bytes())}  {path.relative_to(folder).as_posix()}\n" for path in files]
    with replacing(folder / SUMS) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8", newline="\n")
