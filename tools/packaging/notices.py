"""`THIRD_PARTY_NOTICES.txt` of a zip: what lies in it, whose it is, under which licence, with every licence's text.

Texts come from the wheels themselves; the wheels are carried as their makers published them.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path

from exges_core.errors import InputError, message
from exges_core.speech.model_files import ModelFiles
from tools.packaging import licences
from tools.packaging.fetching import Bundled
from tools.packaging.pins import PinnedPackage

FILE = "THIRD_PARTY_NOTICES.txt"
_MIT = Path(__file__).with_name("mit.txt")
_LICENCE_FILE = re.compile(r"(^|/)(licen[cs]e|copying|notice|authors|thirdpartynotices)[^/]*$", re.IGNORECASE)
_RULE = "=" * 100
_HEAD = """What this extension carries, and under which licences.

The extension's own files are free software under GPL-3.0-or-later (LICENSE). Its engine, exges, is under Apache-2.0.
The other packages are the work of others; their wheels lie in wheels/ as published, not changed. Where a licence gives
you a right to the source (LGPL), the package's home page leads to it.
"""


@dataclass(frozen=True, kw_only=True)
class _Entry:
    title: str
    licence: str
    home: str
    place: str
    texts: tuple[tuple[str, str], ...]


def text(own_wheel: Path, bundled: Sequence[Bundled], model: ModelFiles, model_wheel: Path) -> str:
    """Compose the notices, refusing what may not be carried.

    Raises:
        InputError: if a licence cannot be combined with the extension's, is not the one in the table, or has no text.
    """
    entries = [_entry(_ourselves(), own_wheel), *(_entry(each.package, each.path) for each in bundled)]
    entries.append(_model_entry(model, model_wheel))
    width = max(len(each.title) for each in entries)
    table = "\n".join(f"  {each.title:{width}}  {each.licence}" for each in entries)
    return "\n".join((_HEAD, table, "", *(part for each in entries for part in _section(each))))


def metadata_of(wheel: Path) -> Message:
    """Return a wheel's own metadata.

    Raises:
        InputError: if it has none.
    """
    with zipfile.ZipFile(wheel) as archive:
        name = next((each for each in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", each)), None)
        if name is None:
            got, do = "no .dist-info/METADATA", "Fetch it again."
            raise InputError(message(expected="a wheel", got=got, where=wheel.name, do=do))
        return Parser().parsestr(archive.read(name).decode("utf-8"))


def _entry(package: PinnedPackage, wheel: Path) -> _Entry:
    metadata = metadata_of(wheel)
    licences.check(package, metadata, wheel.name)
    texts = tuple(_texts(wheel))
    if not texts and package.licence == "MIT" and package.copyright:
        texts = (("MIT", f"{package.copyright}\n\n{_MIT.read_text(encoding='utf-8')}"),)
    if not texts:
        do = "Give its copyright line in wheels.toml (MIT), or leave the package out."
        raise InputError(message(expected="a licence's text in the wheel", got="none", where=wheel.name, do=do))
    return _Entry(
        title=f"{metadata['Name']} {metadata['Version']}",
        licence=" AND ".join(dict.fromkeys((package.licence, *package.inside))),
        home=_home(metadata),
        place=f"wheels/{wheel.name}",
        texts=texts,
    )


def _model_entry(model: ModelFiles, wheel: Path) -> _Entry:
    texts = tuple(_texts(wheel))
    if model.licence not in licences.COMPATIBLE or not texts:
        got = f"{model.licence}, {len(texts)} texts"
        raise InputError(message(expected="a free licence's text", got=got, where=wheel.name, do="Leave it out."))
    place = f"models/{model.name}/, from the package {model.wheel}"
    home = _home(metadata_of(wheel))
    return _Entry(title=f"{model.title} (speech model)", licence=model.licence, home=home, place=place, texts=texts)


def _ourselves() -> PinnedPackage:
    return PinnedPackage(name="exges", use="the engine", licence="Apache-2.0", inside=(), copyright="", wheels=())


def _texts(wheel: Path) -> Iterable[tuple[str, str]]:
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if _LICENCE_FILE.search(name) and not name.endswith((".py", "/")):
                yield name, archive.read(name).decode("utf-8", "replace")


def _home(metadata: Message) -> str:
    urls = [str(each).partition(",") for each in metadata.get_all("Project-URL", [])]
    ranked = [
        url.strip()
        for wanted in ("source", "repository", "homepage", "home", "code")
        for label, _, url in urls
        if wanted in label.lower()
    ]
    return (ranked or [str(metadata["Home-page"] or "")])[0]


def _section(entry: _Entry) -> Iterable[str]:
    yield from (_RULE, entry.title, f"Licence: {entry.licence}")
    yield from ([f"Home: {entry.home}"] if entry.home else [])
    yield from (f"In: {entry.place}", "")
    for name, body in entry.texts:
        yield from (f"--- {name}", "", "\n".join(line.rstrip() for line in body.splitlines()).strip(), "")
