"""The table of wheels, `wheels.toml`: which packages a zip carries, and which wheel of each on which target."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from exges_core.errors import InputError, message
from tools.packaging.targets import Target

TABLE = Path(__file__).with_name("wheels.toml")


@dataclass(frozen=True, kw_only=True)
class PinnedWheel:
    """One wheel: its file's name, its sha256 in hex, and what the name says."""

    file: str
    sha256: str
    version: str
    tags: frozenset[Tag]


@dataclass(frozen=True, kw_only=True)
class PinnedPackage:
    """A package that zips carry.

    Attributes:
        name: as package indexes spell it.
        use: what for, in a few words.
        licence: SPDX expression.
        inside: licences of libraries that its wheels hold beside it.
        copyright: whose it is, where its wheels hold no licence file; else empty.
        wheels: all of it that is pinned, for every target.
    """

    name: str
    use: str
    licence: str
    inside: tuple[str, ...]
    copyright: str
    wheels: tuple[PinnedWheel, ...]

    def wheel_for(self, target: Target) -> PinnedWheel:
        """Return the wheel that fits a target most closely.

        Raises:
            InputError: if none fits.
        """
        rank = {tag: place for place, tag in enumerate(target.tags)}
        fitting = [
            (min(rank[tag] for tag in each.tags & rank.keys()), each) for each in self.wheels if each.tags & rank.keys()
        ]
        if fitting:
            return min(fitting, key=lambda pair: pair[0])[1]
        raise InputError(
            message(
                expected=f"a wheel of {self.name} for {target.tags[0]}, or one that also runs there",
                got=names(each.file for each in self.wheels),
                where=f"{TABLE.name}, {target.suffix}",
                do=f"Pin one: python -m tools.packaging.pinning {self.name}==VERSION",
            )
        )


def read_pins(table: Path = TABLE) -> tuple[PinnedPackage, ...]:
    """Read the table.

    Raises:
        InputError: if it is not what this module writes about: a name that no wheel has, a package twice.
    """
    packages = tuple(_package(each, table) for each in tomllib.loads(table.read_text(encoding="utf-8"))["package"])
    twice = sorted({each.name for each in packages if [other.name for other in packages].count(each.name) > 1})
    if twice:
        raise _wrong(table, "each package once", f"{names(twice)} more than once")
    return packages


def names(found: Iterable[str]) -> str:
    """Return names as a list for people, `nothing` if there are none."""
    return ", ".join(found) or "nothing"


def _package(entry: Mapping[str, Any], table: Path) -> PinnedPackage:
    name = str(entry["name"])
    wheels = tuple(_wheel(name, file, str(sha256), table) for file, sha256 in entry["wheels"].items())
    return PinnedPackage(
        name=name,
        use=str(entry["use"]),
        licence=str(entry["licence"]),
        inside=tuple(str(each) for each in entry.get("inside", ())),
        copyright=str(entry.get("copyright", "")),
        wheels=wheels,
    )


def _wheel(package: str, file: str, sha256: str, table: Path) -> PinnedWheel:
    try:
        name, version, _, tags = parse_wheel_filename(file)
    except InvalidWheelFilename as error:
        raise _wrong(table, "the name of a wheel", str(error)) from error
    if name != canonicalize_name(package) or len(sha256) != 64:
        raise _wrong(table, f"wheels of {package} with their sha256", f"{file} = {sha256!r}")
    return PinnedWheel(file=file, sha256=sha256, version=str(version), tags=tags)


def _wrong(table: Path, expected: str, got: str) -> InputError:
    return InputError(message(expected=expected, got=got, where=table.name, do="Mend the table."))
