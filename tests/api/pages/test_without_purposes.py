"""A Server whose scopes do not offer `purpose`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories.catalogues import changed_catalogue
from tests.support import requirement


@pytest.fixture
def settings(settings, tmp_path):
    """What ships, without the field and the words that ship for it."""

    def without(shipped: str) -> str:
        before, _, rest = shipped.replace(' "purpose",', "").partition("[purposes.service]")
        return before + rest[rest.index("\n[") :]

    return replace(settings, catalogue_file=changed_catalogue(tmp_path, without))


@requirement("WG3-01-7.4.4-08")
def test_a_scope_that_does_not_offer_it_has_no_words_of_its_client(ask, visitor):
    mine = {"name": "Mine", "content": "We work it out.", "related_uri": None, "related_name": None}
    visitor.load(f"/consent/{ask('usage_data', client={'purposes': {'mine': mine}})}")
    visitor.sign_in()

    assert 'id="s1"' in visitor.text
    assert "We work it out." not in visitor.text
    assert 'class="purpose"' not in visitor.text
