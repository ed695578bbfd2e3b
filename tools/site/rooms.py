"""The rooms of the house, read from the code: every package of ours, what it is for, which modules it holds.

`docs/architecture.md` shows them between two marks; `make rooms` writes that part anew, and a test fails when it no
longer says what the code says. Nothing is imported: docstrings are read from the source.
"""

import ast
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "architecture.md"
PACKAGES = ("exges_core", "training", "blender_addon")
BEGIN, END = "<!-- rooms: written by `make rooms` -->", "<!-- end of rooms -->"


@dataclass(frozen=True, kw_only=True)
class Room:
    """A package: its dotted name and first sentence, its modules, what it defines, what it hands on from elsewhere."""

    name: str
    summary: str
    modules: list[str]
    definitions: list[str]
    handed_on: dict[str, str]


def first_sentence(path: Path) -> str:
    """Return the first sentence of a source file's docstring on one line; empty where there is none."""
    paragraph = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n\n")[0]
    line = " ".join(paragraph.split()).replace("``", "`")
    return re.split(r"(?<=[.!?])\s+(?=[A-Z`])", line, maxsplit=1)[0]


def definitions(path: Path) -> list[str]:
    """Return the public names that a source file itself defines, not those that it hands on from elsewhere."""
    names: list[str] = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names += [target.id for target in targets if isinstance(target, ast.Name)]
    return [name for name in names if not name.startswith("_")]


def handed_on(path: Path) -> dict[str, str]:
    """Return the names in a package's ``__all__`` that it imports, each with its dotted home."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    homes = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    public: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["__all__"]:
            public = ast.literal_eval(node.value)
    return {name: homes[name] for name in public if name in homes}


def read_room(folder: Path) -> Room:
    """Read one package from its folder."""
    return Room(
        name=".".join(folder.relative_to(ROOT).parts),
        summary=first_sentence(folder / "__init__.py"),
        modules=[path.stem for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")],
        definitions=definitions(folder / "__init__.py"),
        handed_on=handed_on(folder / "__init__.py"),
    )


def rooms_of(package: str) -> list[Room]:
    """Return a package itself and, below it, every package at any depth, by name."""
    return [read_room(path.parent) for path in sorted((ROOT / package).rglob("__init__.py"))]


def floors() -> dict[str, list[str]]:
    """Return the floors, top first, of every import contract in `pyproject.toml` that has some, by its name."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return {contract["name"]: contract["layers"] for contract in contracts if contract["type"] == "layers"}


def floor_line(layer: str) -> str:
    """Return one floor of a contract as Markdown; modules side by side do not import each other."""
    return " | ".join(f"`{name.strip().removeprefix('exges_core.')}`" for name in layer.split("|"))


def section() -> str:
    """Return the part of the architecture page that follows from the code."""
    lines = []
    for package in PACKAGES:
        rooms = rooms_of(package)
        lines += [f"### `{package}`", "", rooms[0].summary, ""]
        if len(rooms) > 1:
            lines += ["| room | what happens there |", "|---|---|"]
            lines += [
                f"| `{room.name.partition('.')[2]}` | {room.summary.replace('|', '&#124;')} |" for room in rooms[1:]
            ]
            lines.append("")
    lines += ["### Floors", "", "A module imports from floors below its own, never from its own or above.", ""]
    for name, layers in floors().items():
        lines += [f"{name}:", ""]
        lines += [f"{number}. {floor_line(layer)}" for number, layer in enumerate(layers, 1)]
        lines.append("")
    return "\n".join(lines).rstrip()


def with_section(page: str) -> str:
    """Return the page with the part between the marks written anew."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{section()}\n\n{END}{after}"


if __name__ == "__main__":
    written = with_section(PAGE.read_text(encoding="utf-8"))
    if written != PAGE.read_text(encoding="utf-8"):
        PAGE.write_text(written, encoding="utf-8")
        sys.stdout.write(f"{PAGE.relative_to(ROOT)} written anew\n")
