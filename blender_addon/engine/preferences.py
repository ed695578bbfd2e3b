# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences: which Python runs the engine, and how to create its environment."""

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from exges_core.errors import OutputError, WorkerError
from exges_core.speech.model_files import MODELS_VARIABLE

from ..scene import extension, lookup
from . import builtin, client, environment
from .process import Launch
from .speech_models import Places

BUILTIN, OWN = "BUILTIN", "OWN"
_STALE_S = 2 * 24 * 3600.0
"""Working folders older than this belong to a Blender that has ended."""


class Preferences:
    """Which Python runs the engine, and how its environment is created; `ui.panels.preferences` draws it."""

    if TYPE_CHECKING:
        engine: str
        shows_first_steps: bool
        python: str
        cache_folder: str
        device: str
        environment_folder: str
        wheels: str
        base_python: str
        torch_index: str
        show_options: bool
        last_check: str
        speakers: str
        findings: str
    else:
        engine: bpy.props.EnumProperty(
            name="Engine",
            description="What generates the motion; each keeps its settings while the other one is used",
            items=[
                (
                    BUILTIN,
                    "Built-in (CPU)",
                    "Came with the extension: nothing to install, works offline, English words by Moonshine",
                ),
                (
                    OWN,
                    "Own Environment (GPU)",
                    "A Python environment outside Blender: CUDA or MPS, Whisper's languages, your own motion base",
                ),
            ],
            default=BUILTIN if builtin.is_bundled(extension.FOLDER) else OWN,
        )
        shows_first_steps: bpy.props.BoolProperty(
            name="First Steps", description="Show the first steps in the tab while a file has no take", default=True
        )
        python: bpy.props.StringProperty(
            name="Python",
            description="Python of an environment with exges installed; the engine runs there, outside Blender",
            subtype="FILE_PATH",
        )
        cache_folder: bpy.props.StringProperty(
            name="Cache Folder",
            description="Folder for working files and speech models; empty: the system's cache folders",
            subtype="DIR_PATH",
        )
        device: bpy.props.EnumProperty(
            name="Device",
            description="Device that the new environment computes on",
            items=[
                (
                    "auto",
                    "Automatic",
                    "CUDA with an NVIDIA driver, MPS on a Mac with Apple silicon, else the CPU",
                ),
                ("cpu", "CPU", "Runs anywhere; the smallest download, about 420 MB"),
                ("cuda", "CUDA", "NVIDIA GPU with a recent driver; downloads about 3.3 GB"),
                ("mps", "MPS", "Mac with Apple silicon"),
            ],
            default="auto",
        )
        environment_folder: bpy.props.StringProperty(
            name="Environment Folder",
            description="Folder to create the environment in; empty: the extension's own",
            subtype="DIR_PATH",
        )
        wheels: bpy.props.StringProperty(
            name="Wheel Folder",
            description="Folder of wheels to install from where there is no network; empty: download",
            subtype="DIR_PATH",
        )
        base_python: bpy.props.StringProperty(
            name="Create With",
            description="Python 3.11 to 3.14 to create the environment with; empty: Blender's own",
            subtype="FILE_PATH",
        )
        torch_index: bpy.props.StringProperty(
            name="Torch Index",
            description="Package index for torch; empty: chosen by device; 'default': the one used for all packages",
        )
        show_options: bpy.props.BoolProperty(
            name="More Options", description="Show where the environment is created, and from what", default=False
        )
        last_check: bpy.props.StringProperty(
            name="Last check", description="The engine's last answer to Check", options={"HIDDEN"}
        )
        speakers: bpy.props.StringProperty(
            name="Styles", description="Styles of the engine's model, one per line", options={"HIDDEN"}
        )
        findings: bpy.props.StringProperty(
            name="Findings", description="Findings of the last Check, as JSON", options={"HIDDEN"}
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
            "No engine: no Python is chosen. Open the add-on's preferences and press Set Up, or choose the "
            "Python of an environment with exges."
        )
    return str(environment.python_in(Path(path))) if lookup.is_there(Path(path), is_folder=True) else path


def is_builtin(context: bpy.types.Context) -> bool:
    """Say whether the built-in engine is chosen."""
    found = of(context)
    return found is not None and found.engine == BUILTIN


def has_engine(context: bpy.types.Context) -> bool:
    """Say whether the chosen engine is there, or at least a Python was chosen for it; panels ask."""
    found = of(context)
    if found is None or found.engine == OWN:
        return found is not None and bool(found.python)
    return not builtin.why_no_builtin(extension.FOLDER)


def launch_of(context: bpy.types.Context, *, python: str = "") -> Launch:
    """Return how the chosen engine is started.

    Args:
        context: Blender's.
        python: of an environment to use instead of what is chosen.

    Raises:
        WorkerError: if there is none.
        OutputError: if the folder for what it writes cannot be created.
    """
    if is_builtin(context) and not python:
        return builtin.launch(extension.FOLDER, cache=_builtin_folder(context))
    command = client.command_of(python or python_of(context), models=builtin.models_of(extension.FOLDER))
    return Launch(command=command, environment=engine_environment(context))


def model_places(context: bpy.types.Context) -> Places:
    """Return where the chosen engine finds speech models; creates nothing, so panels may ask."""
    places, came = engine_places(context), builtin.models_of(extension.FOLDER)
    models = {} if came is None else {MODELS_VARIABLE: str(came)}
    if not is_builtin(context):
        return Places(environment={**places, **models})
    folder = places.get("EXGES_CACHE") or _user_folder(create=False)
    return Places(environment={"EXGES_CACHE": folder, **models}, has_whisper=False)


def _user_folder(*, create: bool) -> str:
    """Return the extension's own folder for what it writes.

    Raises:
        WorkerError: if the add-on is not an extension.
        OutputError: if it cannot be created.
    """
    try:
        return bpy.utils.extension_path_user(extension.NAME, create=create)
    except ValueError as error:
        raise WorkerError("Engine: the built-in engine needs ExGes installed as an extension.") from error
    except OSError as error:
        raise OutputError(f"{error.filename}: cannot be created ({error.strerror}). Check your permissions.") from error


def _builtin_folder(context: bpy.types.Context) -> Path:
    """Return the folder for all that the built-in engine writes: Cache Folder if one is chosen, created if missing."""
    chosen = cache_folder(context)
    if chosen is None:
        return Path(_user_folder(create=True))
    (chosen / "exges").mkdir(exist_ok=True)
    return chosen / "exges"


def environment_root(context: bpy.types.Context) -> Path:
    """Return the folder that the add-on creates the environment in.

    Raises:
        WorkerError: if the add-on is not an extension and no folder is chosen.
    """
    found = of(context)
    if found is not None and found.environment_folder:
        return Path(bpy.path.abspath(found.environment_folder)).resolve()
    try:
        return environment.default_root(Path(bpy.utils.extension_path_user(extension.NAME, path="environment")))
    except ValueError as error:
        raise WorkerError("Set Up: ExGes is no extension here. Choose an environment folder.") from error


def recipe_of(context: bpy.types.Context) -> environment.Recipe:
    """Return the recipe that the preferences describe.

    Raises:
        WorkerError: if there is no wheel to install, or no folder to install into.
    """
    found = of(context)
    wheels = Path(bpy.path.abspath(found.wheels)) if found and found.wheels else None
    if wheels is not None and not any(wheels.glob("*.whl")):
        raise WorkerError(f"No wheels (*.whl) in {wheels}. Choose another Wheel Folder, or clear it to download.")
    return environment.Recipe(
        root=environment_root(context),
        python=bpy.path.abspath(found.base_python) if found and found.base_python else sys.executable,
        wheel=environment.bundled_wheel(extension.FOLDER),
        device=found.device if found else "auto",
        wheels=wheels,
        torch_index=found.torch_index.strip() if found else "",
    )


def cache_folder(context: bpy.types.Context) -> Path | None:
    """Return the chosen cache folder, created if missing; None = the system's cache folders.

    Raises:
        OutputError: if it cannot be created.
    """
    found = of(context)
    if found is None or not found.cache_folder:
        return None
    folder = Path(bpy.path.abspath(found.cache_folder)).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Cache Folder: {folder} cannot be created ({error.strerror}). Choose another.") from error
    return folder


def work_folder(context: bpy.types.Context) -> Path:
    """Return a fresh folder for one job's files, and delete what dead Blenders left behind.

    Raises:
        OutputError: if it cannot be created.
    """
    own = _builtin_folder(context) if is_builtin(context) else Path(tempfile.gettempdir())
    base = cache_folder(context) or own
    for old in base.glob("exges-job-*"):
        try:
            if time.time() - old.stat().st_mtime > _STALE_S:
                shutil.rmtree(old, ignore_errors=True)
        except OSError:
            continue  # another Blender deleted it first
    try:
        return Path(tempfile.mkdtemp(prefix="exges-job-", dir=base))
    except OSError as error:
        raise OutputError(
            f"{base}: cannot write working files there ({error.strerror}). Free some space, or choose another "
            "Cache Folder in the add-on's preferences."
        ) from error


def engine_places(context: bpy.types.Context) -> dict[str, str]:
    """Return the environment variables that place the engine's caches; creates nothing, so panels may ask."""
    found = of(context)
    if found is None or not found.cache_folder:
        return {}
    folder = Path(bpy.path.abspath(found.cache_folder)).absolute()
    places = {"XDG_CACHE_HOME": folder, "NUMBA_CACHE_DIR": folder / "numba", "EXGES_CACHE": folder / "exges"}
    return {name: str(place) for name, place in places.items()}


def engine_environment(context: bpy.types.Context) -> dict[str, str]:
    """Return the environment variables that place the engine's caches, and create the folder.

    Raises:
        OutputError: if it cannot be created.
    """
    cache_folder(context)
    return engine_places(context)
