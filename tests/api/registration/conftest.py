"""`box`: the Messages of a registered Client, from both sides."""

import pytest

from tests.factories.messages import Box


@pytest.fixture
def box(app, party, clock):
    """Holds what registering left in it: one Message of the server about the redirect URIs."""
    return Box(app, party, clock)
