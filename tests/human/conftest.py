"""The human as Blender's side reads her."""

from pathlib import Path

import pytest

from blender_addon.character.human_file import Human, read_human


@pytest.fixture(scope="session")
def human(human_path: Path) -> Human:
    return read_human(human_path)
