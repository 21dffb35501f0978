import pytest

from tests.support.one_service import Control


@pytest.fixture
def control() -> Control:
    return Control()
