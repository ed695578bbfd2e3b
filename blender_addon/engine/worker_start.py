# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a module under Blender's own Python, in a process of its own: `python -I -S worker_start.py WHERE OPTION...`.

WHERE is JSON: the module, Blender's Python version, the extension's folders and Blender's own ones. Only the standard
library may be imported here, nothing of ExGes, and nobody imports this file. Isolated (-I) and without site packages
(-S), Python knows its standard library alone: what is found beside it is said here. Compiled modules are kept in the
extension's folders and nowhere else: Blender's own folder stays as it was installed.
"""

import json
import runpy
import sys
from collections.abc import Callable
from importlib import machinery
from importlib.abc import PathEntryFinder
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _LeavesNothing(machinery.SourceFileLoader):
    """Loads a module without keeping what it was compiled to."""

    def set_data(self, path: str, data: "ReadableBuffer", *, _mode: int = 0o666) -> None:
        """Write nothing."""


def hook_for(ours: list[str]) -> Callable[[str], PathEntryFinder]:
    """Return a path hook for all folders but these, in which compiled modules may be kept as usual."""
    kinds = (
        (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
        (_LeavesNothing, machinery.SOURCE_SUFFIXES),
        (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
    )
    elsewhere = machinery.FileFinder.path_hook(*kinds)
    roots = [Path(each).resolve() for each in ours]

    def finder(path: str) -> PathEntryFinder:
        if any(Path(path).resolve().is_relative_to(root) for root in roots):
            raise ImportError(path)  # the usual finder is asked next
        return elsewhere(path)

    return finder


def main() -> None:
    """Set the paths and run the module with the options left over."""
    where = json.loads(sys.argv[1])
    if list(sys.version_info[:2]) != where["version"]:
        wanted, own = (".".join(map(str, each)) for each in (where["version"], sys.version_info[:2]))
        sys.exit(f"Engine: expected Blender's Python {wanted}, got {own} ({sys.executable})")
    sys.path_hooks.insert(0, hook_for(where["ours"]))
    sys.path_importer_cache.clear()
    sys.path += [*where["ours"], *where["blenders"]]
    sys.argv[1:] = sys.argv[2:]
    runpy.run_module(where["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
