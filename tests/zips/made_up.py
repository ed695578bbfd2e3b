"""Tiny wheels of packages that nobody has, a table of them, a speech model of a few bytes: what zips are made of."""

import base64
import hashlib
import zipfile
from pathlib import Path

from exges_core.speech.model_files import ModelFile, ModelFiles
from tools.packaging.extension import Ingredients
from tools.packaging.fetching import WheelFolder
from tools.packaging.pins import read_pins
from tools.packaging.targets import PLATFORMS, PYTHONS

BINARY_TAGS = {
    "linux-x64": "manylinux_2_17_x86_64.manylinux2014_x86_64",
    "windows-x64": "win_amd64",
    "macos-arm64": "macosx_11_0_arm64",
    "macos-x64": "macosx_10_9_x86_64",
}
MODEL_FILES = {"encoder.ort": b"encoder" * 99, "tokenizer.bin": b"words"}
assert BINARY_TAGS.keys() == PLATFORMS.keys()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write_wheel(
    folder: Path, name: str, version: str, tag: str, *, licence: str = "MIT", text: str | None = "Do.", **files: bytes
) -> Path:
    """Write a wheel that pip and Blender accept; `files` by name, with __ for /."""
    info = f"{name}-{version}.dist-info"
    interpreter, abi, platforms = tag.split("-")
    tags = "".join(f"Tag: {interpreter}-{abi}-{platform}\n" for platform in platforms.split("."))
    metadata = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{licence_line(licence)}"
    held = {
        f"{name}/__init__.py": f"BUILT_FOR = {tag!r}\n".encode(),
        **{each.replace("__", "/"): data for each, data in files.items()},
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\n{tags}".encode(),
    }
    if text is not None:
        held[f"{info}/licenses/LICENSE"] = text.encode()
    record = [
        (each, base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode(), len(data))
        for each, data in held.items()
    ]
    held[f"{info}/RECORD"] = (
        "".join(f"{each},sha256={sha},{size}\n" for each, sha, size in record).encode() + f"{info}/RECORD,,\n".encode()
    )
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for each, data in held.items():
            archive.writestr(zipfile.ZipInfo(each, date_time=(2024, 1, 1, 0, 0, 0)), data)
    return path


def licence_line(licence: str) -> str:
    return f"{licence}\n" if ":" in licence else f"License-Expression: {licence}\n"


def write_table(path: Path, wheels: dict[str, list[Path]], more: str = "") -> Path:
    """Write a table as `wheels.toml` is, of wheels by package."""
    parts = [
        f'[[package]]\nname = "{name}"\nuse = "tests"\nlicence = "MIT"\n{more}\n[package.wheels]\n'
        + "".join(f'"{each.name}" = "{digest(each.read_bytes())}"\n' for each in found)
        for name, found in wheels.items()
    ]
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def write_model(folder: Path) -> ModelFiles:
    inside = "made_up_model/base"
    files = {f"{inside}__{name}".replace("/", "__"): data for name, data in MODEL_FILES.items()}
    wheel = write_wheel(folder, "made_up_model", "1.0", "py3-none-any", **files)
    return ModelFiles(
        name="made-up",
        title="Made-up",
        licence="MIT",
        wheel="made-up-model==1.0",
        wheel_bytes=wheel.stat().st_size,
        wheel_sha256=digest(wheel.read_bytes()),
        inside=inside,
        files=tuple(
            ModelFile(name=name, size_bytes=len(data), sha256=digest(data)) for name, data in MODEL_FILES.items()
        ),
    )


def write_ingredients(folder: Path, own_wheel: Path | None = None) -> Ingredients:
    """Write wheels for every target and return what `build_for` takes; without one, our own wheel is made up, too."""
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    binary = [
        write_wheel(wheels, "made_up_runtime", "1.2.3", f"cp{python}-cp{python}-{BINARY_TAGS[platform]}")
        for platform in PLATFORMS
        for python in (version.replace(".", "") for version in PYTHONS)
    ]
    stable = [write_wheel(wheels, "made_up_stable", "2.0", f"cp310-abi3-{each}") for each in BINARY_TAGS.values()]
    pure = [write_wheel(wheels, "made_up_pure", "0.1", "py3-none-any")]
    packages = {"made-up-runtime": binary, "made-up-stable": stable, "made-up-pure": pure}
    table = write_table(folder / "wheels.toml", packages)
    (folder / "own").mkdir()
    if own_wheel is None:
        weights = {"exges_core__assets__w.safetensors": b"weights"}
        own_wheel = write_wheel(folder / "own", "exges", "9.9.9", "py3-none-any", licence="Apache-2.0", **weights)
    return Ingredients(
        own_wheel=own_wheel,
        packages=read_pins(table),
        folder=WheelFolder(path=wheels, may_download=False),
        model=write_model(wheels),
    )
