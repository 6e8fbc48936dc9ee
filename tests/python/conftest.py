from pathlib import Path

import mien
import pytest

ASTRONAUT = Path("/usr/lib/python3/dist-packages/skimage/data/astronaut.png")  # python3-skimage


@pytest.fixture(scope="session")
def analyzer() -> mien.Analyzer:
    return mien.Analyzer()


@pytest.fixture
def photo() -> Path:
    if not ASTRONAUT.exists():
        pytest.skip(f"{ASTRONAUT} is not here")
    return ASTRONAUT
