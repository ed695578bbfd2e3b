"""What a zip is for: a platform, in Blender's words, and a Python.

One zip for each Python, because Blender cannot choose: of two wheels of one package in a zip it unpacks that whose
version, then whose name, is the greater one, whatever Python it runs. It reads from the wheels' names which Python a
zip is for, and offers a repository's zip to that Python alone; so does a Blender that a Linux distribution builds with
a Python of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms

LOWEST_MACOS = (13, 0)
"""ONNX Runtime's wheels for Python 3.13 need it."""
LOWEST_GLIBC_MINOR = 28
"""What Blender itself asks of Linux: glibc 2.28."""
_OLD_MANYLINUX = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


@dataclass(frozen=True, kw_only=True)
class Target:
    """A platform as Blender's manifests spell it (`linux-x64`) and a Python as (3, 11)."""

    platform: str
    python: tuple[int, int]

    @property
    def suffix(self) -> str:
        """Return how a zip's name ends: `linux_x64-py311`, Blender's spelling of the platform first."""
        major, minor = self.python
        return f"{self.platform.replace('-', '_')}-py{major}{minor}"

    @property
    def python_version(self) -> str:
        """Return `3.11`."""
        return ".".join(str(part) for part in self.python)

    @cached_property
    def tags(self) -> tuple[Tag, ...]:
        """Return the tags of wheels that run there, those that fit most closely first."""
        interpreter = "cp{}{}".format(*self.python)
        platforms = PLATFORMS[self.platform]
        own = cpython_tags(python_version=self.python, abis=[interpreter], platforms=platforms)
        return (*own, *compatible_tags(python_version=self.python, interpreter=interpreter, platforms=platforms))

    @property
    def pip_options(self) -> tuple[str, ...]:
        """Return what makes pip choose wheels for this target instead of for the machine it runs on."""
        platforms = [option for each in PLATFORMS[self.platform] for option in ("--platform", each)]
        abis = [option for each in ("cp{}{}".format(*self.python), "abi3", "none") for option in ("--abi", each)]
        return (*platforms, "--python-version", self.python_version, "--implementation", "cp", *abis)


def _manylinux() -> list[str]:
    names: list[str] = []
    for minor in range(LOWEST_GLIBC_MINOR, 4, -1):
        names.append(f"manylinux_2_{minor}_x86_64")
        names += [f"{_OLD_MANYLINUX[minor]}_x86_64"] if minor in _OLD_MANYLINUX else []
    return names


PLATFORMS = {
    "linux-x64": _manylinux(),
    "windows-x64": ["win_amd64"],
    "macos-arm64": list(mac_platforms(LOWEST_MACOS, "arm64")),
    "macos-x64": list(mac_platforms(LOWEST_MACOS, "x86_64")),
}
"""Blender's platforms, with the platform tags of wheels that run on the oldest system which we support there."""
PYTHONS = {"3.11": (3, 11), "3.13": (3, 13)}
"""Blender 4.2 to 5.0 carry the first, Blender 5.1 and newer the second."""
TARGETS = tuple(Target(platform=platform, python=python) for platform in PLATFORMS for python in PYTHONS.values())


def chosen(platform: str, python: str) -> tuple[Target, ...]:
    """Return the targets that two options name; `all` means every one."""
    return tuple(
        each
        for each in TARGETS
        if platform in {"all", each.platform} and (python == "all" or PYTHONS[python] == each.python)
    )
