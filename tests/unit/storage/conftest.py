"""`engine`: the migrated database of a test, without an application around it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.unit.storage.usage_support import engine_on


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine as the application makes it; a test using it runs on both databases."""
    made = engine_on(database_url)
    yield made
    made.dispose()
