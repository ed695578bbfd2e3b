# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences: which Python runs the engine, and how to make one."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import bpy

from exges_core.errors import OutputError, WorkerError, message

from ..scene import extension, lookup
from . import environment

_STALE_S = 2 * 24 * 3600.0
"""Working folders older than this belong to a Blender that is gone."""


class Preferences:
    """Where the engine is, and how its environment is made; the panels draw it."""

    python: bpy.props.StringProperty(
        name="Python",
        description="The Python of an environment in which exges is installed; the engine runs there, outside Blender",
        subtype="FILE_PATH",
    )
    cache_folder: bpy.props.StringProperty(
        name="Cache Folder",
        description="Where working files and downloaded speech models go; empty: the system's own places",
        subtype="DIR_PATH",
    )
    device: bpy.props.EnumProperty(
        name="Device",
        description="What the new environment computes on",
        items=[
            (
                "auto",
                "Automatic",
                "CUDA if an NVIDIA driver is found, MPS on a Mac with Apple's own chip, else the CPU",
            ),
            ("cpu", "CPU", "Any computer; the smallest download, about 0.5 GB"),
            ("cuda", "CUDA", "An NVIDIA graphics card with a recent driver; about 3 GB of downloads"),
            ("mps", "MPS", "A Mac with Apple's own chip"),
        ],
        default="auto",
    )
    environment_folder: bpy.props.StringProperty(
        name="Environment Folder",
        description="Where the environment is made; empty: the extension's own folder",
        subtype="DIR_PATH",
    )
    wheels: bpy.props.StringProperty(
        name="Wheel Folder",
        description="A folder with wheels of all packages, for computers without a network; empty: download",
        subtype="DIR_PATH",
    )
    base_python: bpy.props.StringProperty(
        name="Made With",
        description="The Python 3.11 to 3.14 that makes the environment; empty: Blender's own",
        subtype="FILE_PATH",
    )
    torch_index: bpy.props.StringProperty(
        name="Torch Index",
        description="Package index for torch alone; empty: chosen by device; 'default': the same as for all packages",
    )
    show_options: bpy.props.BoolProperty(
        name="More Options", description="Show where and from what the environment is made", default=False
    )
    last_check: bpy.props.StringProperty(
        name="Last check", description="What the engine last said about itself", options={"HIDDEN"}
    )
    speakers: bpy.props.StringProperty(
        name="Styles", description="The styles the engine's model knows, one a line", options={"HIDDEN"}
    )
    findings: bpy.props.StringProperty(
        name="Findings", description="What the last examination of the engine found, as JSON", options={"HIDDEN"}
    )


def of(context: bpy.types.Context) -> Preferences | None:
    """Return the add-on's preferences, None while it runs as a plain module."""
    addon = context.preferences.addons.get(extension.NAME)
    return addon.preferences if addon else None


def python_of(context: bpy.types.Context) -> str:
    """Return the chosen Python.

    Raises:
        WorkerError: if none is chosen.
    """
    found = of(context)
    path = bpy.path.abspath(found.python) if found else ""
    if not path:
        raise WorkerError(
            "Engine: no Python chosen. Open the add-on's preferences and press Create Environment, or choose the "
            "Python of an environment with exges."
        )
    return str(environment.python_in(Path(path))) if lookup.is_there(Path(path), is_folder=True) else path


def environment_root(context: bpy.types.Context) -> Path:
    """Return the folder of the environment that the add-on makes.

    Raises:
        WorkerError: if the add-on is no extension and no folder is chosen.
    """
    found = of(context)
    if found is not None and found.environment_folder:
        return Path(bpy.path.abspath(found.environment_folder)).resolve()
    try:
        return environment.default_root(Path(bpy.utils.extension_path_user(extension.NAME, path="environment")))
    except ValueError as error:
        raise WorkerError("Create Environment: ExGes is not installed as an extension. Choose a folder.") from error


def recipe_of(context: bpy.types.Context) -> environment.Recipe:
    """Return what environment the preferences ask for.

    Raises:
        WorkerError: if there is no wheel to install or no folder for it.
    """
    found = of(context)
    wheels = Path(bpy.path.abspath(found.wheels)) if found and found.wheels else None
    if wheels is not None and not any(wheels.glob("*.whl")):
        raise WorkerError(
            message(
                expected="a folder with wheels (*.whl)",
                got=str(wheels),
                where="Wheel Folder",
                do="Choose another folder, or none to download.",
            )
        )
    return environment.Recipe(
        root=environment_root(context),
        python=bpy.path.abspath(found.base_python) if found and found.base_python else sys.executable,
        wheel=environment.bundled_wheel(extension.FOLDER),
        device=found.device if found else "auto",
        wheels=wheels,
        torch_index=found.torch_index.strip() if found else "",
    )


def cache_folder(context: bpy.types.Context) -> Path | None:
    """Return the chosen cache folder, made if it is missing; None = the system's own places.

    Raises:
        OutputError: if it cannot be made.
    """
    found = of(context)
    if found is None or not found.cache_folder:
        return None
    folder = Path(bpy.path.abspath(found.cache_folder)).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Cache Folder: {folder} cannot be made ({error.strerror}). Choose another.") from error
    return folder


def work_folder(context: bpy.types.Context) -> Path:
    """Return a fresh folder for one generation's files; what earlier, dead Blenders left there is cleared away.

    Raises:
        OutputError: if it cannot be made.
    """
    base = cache_folder(context) or Path(tempfile.gettempdir())
    for old in base.glob("exges-job-*"):
        try:
            if time.time() - old.stat().st_mtime > _STALE_S:
                shutil.rmtree(old, ignore_errors=True)
        except OSError:
            continue  # another Blender was faster
    try:
        return Path(tempfile.mkdtemp(prefix="exges-job-", dir=base))
    except OSError as error:
        raise OutputError(
            f"{base}: no working files can be written there ({error.strerror}). Free some space, or choose another "
            "Cache Folder in the add-on's preferences."
        ) from error


def engine_places(context: bpy.types.Context) -> dict[str, str]:
    """Return the environment variables that say where the engine's caches are; nothing is made, panels ask."""
    found = of(context)
    if found is None or not found.cache_folder:
        return {}
    folder = Path(bpy.path.abspath(found.cache_folder)).absolute()
    places = {"XDG_CACHE_HOME": folder, "NUMBA_CACHE_DIR": folder / "numba", "EXGES_CACHE": folder / "exges"}
    return {name: str(place) for name, place in places.items()}


def engine_environment(context: bpy.types.Context) -> dict[str, str]:
    """Return the environment variables that send the engine's caches to the chosen folder, which is made.

    Raises:
        OutputError: if it cannot be made.
    """
    cache_folder(context)
    return engine_places(context)
