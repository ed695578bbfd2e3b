import pytest
from zips.made_up import write_ingredients

from tools.packaging.extension import Ingredients


@pytest.fixture(scope="session")
def ingredients(tmp_path_factory: pytest.TempPathFactory) -> Ingredients:
    return write_ingredients(tmp_path_factory.mktemp("ingredients"))
