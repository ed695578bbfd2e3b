"""What the documentation says of the code is what the code says; broken links are `make docs`' to find."""

import re
from pathlib import Path

import griffe
import pytest

from tools.site import rooms

DOCS = rooms.ROOT / "docs"
FRONT = sorted(rooms.ROOT.glob("*.md"))
NAMED = sorted(set(re.findall(r"`(exges_core(?:\.\w+)+)`", (DOCS / "vocabulary.md").read_text(encoding="utf-8"))))


@pytest.fixture(scope="module")
def core() -> griffe.Object | griffe.Alias:
    return griffe.load("exges_core", search_paths=[rooms.ROOT], allow_inspection=False)


def test_the_architecture_page_lists_the_rooms_and_floors_of_the_code() -> None:
    page = rooms.PAGE.read_text(encoding="utf-8")
    assert page == rooms.with_section(page), "run `make rooms`"


def test_every_room_says_what_it_is_for() -> None:
    silent = [room.name for package in rooms.PACKAGES for room in rooms.rooms_of(package) if not room.summary]
    assert not silent


@pytest.mark.parametrize("name", NAMED)
def test_a_name_in_the_vocabulary_is_in_the_code(name: str, core: griffe.Object) -> None:
    assert core[name.removeprefix("exges_core.")]


@pytest.mark.parametrize("page", FRONT, ids=lambda page: page.name)
def test_what_a_page_outside_the_site_links_to_is_there(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert not missing


def test_every_command_of_make_is_told_by_help() -> None:
    makefile = (rooms.ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    assert phony == set(re.findall(r"^([\w-]+):.*  ## \S", makefile, re.MULTILINE))
