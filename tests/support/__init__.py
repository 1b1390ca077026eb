"""What every test may use: fixtures live in the modules beside this one and are loaded by `tests/conftest.py`."""

from tests.support.clock import FakeClock
from tests.support.requirements import requirement

__all__ = ["FakeClock", "requirement"]
