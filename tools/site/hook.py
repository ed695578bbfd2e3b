"""MkDocs hook: one API page per room of `exges_core`, made from its docstrings while the site is built.

A new room or module is on the site without a page to write; `rooms` reads the source, mkdocstrings renders it.
"""

from typing import Any

import rooms
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

PLACEHOLDER = {"API reference": []}


def page_of(room: rooms.Room) -> str:
    """Return the Markdown of a room's page: its docstring, links to what it hands on, then its modules."""
    members = f"[{', '.join(room.definitions)}]" if room.definitions else "false"
    parts = [f"# {room.name}", f"::: {room.name}\n    options: {{heading_level: 2, members: {members}}}"]
    if room.handed_on:
        links = [f'<autoref identifier="{home}" optional>`{name}`</autoref>' for name, home in room.handed_on.items()]
        parts.append(f"Import from here: {', '.join(links)}.")
    parts += [f"## {name}\n\n::: {room.name}.{name}" for name in room.modules]
    return "\n\n".join(parts) + "\n"


def index(pages: dict[str, rooms.Room]) -> str:
    """Return the Markdown of the page that lists the rooms."""
    rows = [f"| [{room.name}]({address.removeprefix('api/')}) | {room.summary} |" for address, room in pages.items()]
    intro = "Made from the docstrings of `exges_core`. Names carry units (`start_s`, `rate_hz`), types carry shapes."
    return "\n".join(["# API reference", "", intro, "", "| room | |", "|---|---|", *rows]) + "\n"


def api_pages() -> dict[str, rooms.Room]:
    """Return the address of each room's page."""
    return {f"api/{room.name}.md": room for room in rooms.rooms_of("exges_core")}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill the empty section of the navigation that is meant for the pages."""
    addresses: list[Any] = [{"Rooms": "api/index.md"}]
    addresses += [{room.name.removeprefix("exges_core."): address} for address, room in api_pages().items()]
    nav = config.nav or []
    nav[nav.index(PLACEHOLDER)] = {"API reference": addresses}
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages to those that stand in the docs folder."""
    pages = api_pages()
    files.append(File.generated(config, "api/index.md", content=index(pages)))
    for address, room in pages.items():
        files.append(File.generated(config, address, content=page_of(room)))
    return files
