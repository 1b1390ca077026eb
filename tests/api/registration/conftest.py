"""`box`: the Messages of a registered Client, from both sides."""

from dataclasses import replace

import pytest

from tests.factories.catalogues import without_steps
from tests.factories.messages import Box


@pytest.fixture
def settings(settings, tmp_path):
    """What production needs is asked for by Messages, which would stand among those of the tests."""
    return replace(settings, catalogue_file=without_steps(tmp_path))


@pytest.fixture
def box(app, party, clock):
    """Holds what registering left in it: one Message of the server about the redirect URIs."""
    return Box(app, party, clock)
