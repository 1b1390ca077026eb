"""How addresses are compared is written where the metadata of the field link to."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from urllib.parse import urlsplit

import pytest

from cdsc_server.domain.address_rules import RULES
from cdsc_server.domain.addresses import normalised
from tests.factories.catalogues import changed_catalogue
from tests.support import requirement


@pytest.fixture
def settings(settings, tmp_path, country):
    """A utility of this country."""
    if country == "US":
        return settings
    return replace(
        settings,
        catalogue_file=changed_catalogue(
            tmp_path, lambda shipped: shipped.replace('country = "US"', f'country = "{country}"', 1)
        ),
    )


@pytest.fixture
def read(client):
    """The page that every field of addresses names, as text; they all name one."""
    scopes = client.get("/.well-known/oauth-authorization-server").json["cds_scope_descriptions"].values()
    fields = [field for scope in scopes for field in scope["authorization_details_fields_supported"]]
    (address,) = {field["documentation"] for field in fields if field["id"] == "addresses"}
    answer = client.get(urlsplit(address).path)
    assert answer.status_code == 200
    return unescape(answer.text)


@requirement("WG3-01-7.1.13.1-20")
@pytest.mark.parametrize("country", sorted(RULES))
def test_the_page_has_every_abbreviation_we_write_out(read, country):
    rules = RULES[country]
    tables = (rules.street_words, rules.before_kind, rules.endings, rules.place_words, rules.regions)

    for short, full in ((short, full) for table in tables for short, full in table.items()):
        assert f"<dt><code>{short}</code></dt><dd>{full}</dd>" in read


@requirement("WG3-01-7.1.13.1-21")
@pytest.mark.parametrize("country", sorted(RULES))
def test_the_page_has_the_segments_and_what_stands_between_them(read, country):
    assert f"<code>{RULES[country].segments}</code>" in read
    assert f'<code id="separator">{RULES[country].separator}</code>' in read


@requirement("WG3-01-7.1.13.1-22")
@pytest.mark.parametrize("country", sorted(RULES))
def test_the_page_has_examples_of_both_classes_with_their_form(read, country):
    for address in RULES[country].examples:
        assert f": {address}</dt><dd><code>{normalised(address, RULES[country])}</code>" in read
    assert "<dt>Typical: " in read
    assert "<dt>Atypical: " in read
