"""Look into a built zip: right wheels, right tags, right names in the manifest, the model, the notices.

It starts from the zip alone and the tables, and trusts nothing of how the zip was built.
"""

from __future__ import annotations

import io
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.tags import parse_tag
from packaging.utils import canonicalize_name, parse_wheel_filename

from blender_addon.character.human_file import read_human
from exges_core.errors import InputError, message
from exges_core.speech.model_files import MOONSHINE, ModelFiles
from tools.packaging import manifest, notices
from tools.packaging.extension import HUMAN, addon_files, name_of
from tools.packaging.fetching import sha256
from tools.packaging.model import faults_in
from tools.packaging.pins import PinnedPackage
from tools.packaging.targets import TARGETS, Target


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a zip holds, and what is wrong with it; `target` is None for the light one."""

    target: Target | None
    version: str
    size_bytes: int
    wheels: tuple[str, ...]
    faults: tuple[str, ...]


def inspect(path: Path, packages: Sequence[PinnedPackage], model: ModelFiles = MOONSHINE) -> Found:
    """Read a zip and compare it with what it should be by its name.

    Raises:
        InputError: if it is no zip of the extension.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        listed = tomllib.loads(files[manifest.FILE].decode())
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        do = "Build it: python build_addon.py"
        raise InputError(message(expected="a zip of the extension", got=str(error), where=str(path), do=do)) from error
    version = str(listed.get("version"))
    known = {name_of(version, each): each for each in (None, *TARGETS)}
    faults = [] if path.name in known else [f"its name is none of {', '.join(known)}"]
    target = known.get(path.name)
    wheels = sorted(PurePosixPath(name).name for name in files if name.startswith("wheels/"))
    faults += _manifest_faults(listed, wheels, target)
    faults += [f"no {name}, or another" for name, data in addon_files().items() if files.get(name) != data]
    faults += [f"{name} is damaged" for name, data in files.items() if name == HUMAN and not _is_human(data)]
    faults += [fault for name in wheels for fault in _wheel_faults(name, files[f"wheels/{name}"], target)]
    faults += _choice_faults(files, wheels, version, packages, target)
    if target is not None:
        faults += _company_faults(files, wheels, model)
    size_bytes = path.stat().st_size
    return Found(target=target, version=version, size_bytes=size_bytes, wheels=tuple(wheels), faults=tuple(faults))


def _is_human(data: bytes) -> bool:
    with tempfile.TemporaryDirectory(prefix="exges-") as folder:
        path = Path(folder) / "human.npz"
        path.write_bytes(data)
        try:
            return len(read_human(path).meshes) > 0
        except InputError:
            return False


def _manifest_faults(listed: dict[str, object], wheels: Sequence[str], target: Target | None) -> Iterator[str]:
    named = listed.get("wheels")
    if named != [f"./wheels/{name}" for name in wheels]:
        yield f"the manifest names other wheels than there are: {named}"
    platforms = None if target is None else [target.platform]
    if listed.get("platforms") != platforms:
        yield f"the manifest is for {listed.get('platforms')}, not {platforms}"


def _wheel_faults(name: str, data: bytes, target: Target | None) -> Iterator[str]:
    """Compare a wheel's name with the target and with what the wheel says of itself."""
    distribution, version, _, tags = parse_wheel_filename(name)
    if target is not None and not tags & set(target.tags):
        yield f"{name} does not run on {target.suffix}"
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        if wheel.testzip() is not None:
            yield f"{name} is damaged"
        info = next(each for each in wheel.namelist() if each.endswith(".dist-info/WHEEL") and each.count("/") == 1)
        lines = wheel.read(info).decode().splitlines()
    inner_name, _, inner_version = info.partition(".dist-info")[0].partition("-")
    if (canonicalize_name(inner_name), inner_version) != (distribution, str(version)):
        yield f"{name} holds {inner_name} {inner_version}"
    said = {tag for line in lines if line.startswith("Tag:") for tag in parse_tag(line.partition(":")[2].strip())}
    if not said & tags:  # the name may say more: tools that mend wheels add tags to it
        yield f"{name} is tagged {', '.join(sorted(map(str, said)))} inside"


def _choice_faults(
    files: dict[str, bytes],
    wheels: Sequence[str],
    version: str,
    packages: Sequence[PinnedPackage],
    target: Target | None,
) -> Iterator[str]:
    """Compare the wheels with the table: each of them, once, bit for bit, and our own."""
    pinned = (
        {} if target is None else {wheel.file: wheel.sha256 for wheel in (each.wheel_for(target) for each in packages)}
    )
    own = [name for name in wheels if name.startswith(f"exges-{version}-")]
    if len(own) != 1:
        yield f"{len(own)} wheels of exges {version}"
    for name in sorted(pinned.keys() - set(wheels)):
        yield f"no {name}"
    for name in sorted(set(wheels) - pinned.keys() - set(own)):
        yield f"{name} is not pinned for it"
    for name in sorted(pinned.keys() & set(wheels)):
        if sha256(files[f"wheels/{name}"]) != pinned[name]:
            yield f"{name} is not the pinned one"


def _company_faults(files: dict[str, bytes], wheels: Sequence[str], model: ModelFiles) -> Iterator[str]:
    if fault := faults_in(model, files):
        yield f"{model.title}: {fault}"
    text = files.get(notices.FILE, b"").decode()
    for place in (*(f"wheels/{name}" for name in wheels), f"models/{model.name}/"):
        if f"In: {place}" not in text:
            yield f"{notices.FILE} does not tell of {place}"
