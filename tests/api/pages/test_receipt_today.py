"""A receipt keeps what was read, and tells beside it what stands today."""

import re
from dataclasses import replace

import pytest

from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from tests.support import requirement
from tests.support.pages import Visitor

ALL = {"contract_numbers": ["_all"]}
DIFFERENT, GONE = "Today this is different:", "Today this is not shared any more."


@pytest.fixture
def receipt(ask, visitor):
    """The address of the receipt of two parts over three shops."""
    more = {"segment_start": "P1Y", "segment_end": "P6M", "include_service_contracts": True}
    visitor.load(f"/consent/{ask(('usage_data', {**ALL, **more}), ('supply_details', ALL))}")
    visitor.sign_in()
    visitor.press("approve")
    visitor.load("/my-data")
    visitor.load(re.search(r'<h3 [^>]*><a href="(/my-data/[^"]+)"', visitor.text)[1])
    return re.search(r'href="(/receipt/[^"]+)"', visitor.text)[1]


@pytest.fixture
def change(app, stored):
    """Writes members of the one Grant that is there."""

    def changes(**fields):
        (grant,) = stored(GrantRow)
        with app.app_context(), transaction() as session:
            row = session.get_one(GrantRow, grant.grant_id)
            for name, value in fields.items():
                setattr(row, name, value(getattr(row, name)))

    return changes


@pytest.fixture
def stranger(app):
    with app.test_client() as other:
        yield Visitor(other)


def test_nothing_is_told_while_nothing_has_changed(receipt, visitor):
    visitor.load(receipt)

    assert 'class="was' not in visitor.text


@requirement("WG3-01-9.4-50")
def test_another_time_and_other_details_are_told(receipt, change, visitor, stored):
    """What was agreed to stays on the page."""

    def shorter(details):
        usage, supply = details
        return [{**usage, "segment_end": "2026-04-01T04:00:00Z", "include_meter_numbers": False}, supply]

    change(enabled_authorization_details=shorter)
    visitor.load(receipt)

    before = stored(ReceiptRow)[0].form["sections"][0]["periods"][0]["says"]
    assert visitor.text.count(DIFFERENT) == 1
    assert before in visitor.text
    assert re.search(r'class="was.*until 1 April 2026\.', visitor.text, re.S)


@requirement("WG3-01-9.4-50")
def test_a_part_that_is_shared_no_more_is_told(receipt, change, visitor):
    change(enabled_authorization_details=lambda details: details[1:], selections=lambda each: each[1:])
    visitor.load(receipt)

    assert visitor.text.count(GONE) == 1
    assert "Energy use" in visitor.text


@requirement("WG3-01-9.4-51", "WG3-01-9.4-34")
def test_other_things_are_told(receipt, change, visitor, stranger):
    """To a stranger only how many."""
    change(selections=lambda each: [{**each[0], "ids": ["shop0002"]}, each[1]])
    visitor.load(receipt)
    stranger.load(receipt)

    assert visitor.text.count(DIFFERENT) == stranger.text.count(DIFFERENT) == 1
    assert re.search(r'class="was.*1 service\..*Shop 0002', visitor.text, re.S)
    assert "Shop 0001" in visitor.text
    assert re.search(r'class="was.*1 service\.', stranger.text, re.S)
    assert "Shop 000" not in stranger.text


def test_a_new_name_of_a_thing_is_no_change_of_what_is_shared(app, receipt, visitor):
    with app.app_context(), transaction() as session:
        session.query(ServiceContractRow).filter_by(contract_id="shop0001").one().label = "Another name"
    visitor.load(receipt)

    assert DIFFERENT not in visitor.text
    assert "Shop 0001" in visitor.text


@requirement("WG3-01-9.4-27", "WG3-01-9.4-28", "WG3-01-9.4-29", "WG3-01-9.4-49")
def test_the_web_site_is_the_one_that_was_shown(app, receipt, visitor):
    with app.app_context(), transaction() as session:
        row = session.query(ReceiptRow).one()
        row.form = {**row.form, "client_uri": "https://kestrel.example/"}
    visitor.load(receipt)
    first = visitor.text
    context = app.extensions["cdsc"]
    review = replace(context.catalogue.review, client_fields=frozenset({"client_uri"}))
    app.extensions["cdsc"] = replace(context, catalogue=replace(context.catalogue, review=review))
    with app.app_context(), transaction() as session:
        client = session.get_one(ClientRow, "app")
        client.status, client.uris = "production", {**client.uris, "client_uri": "https://new.example/"}
    visitor.load(receipt)

    shown = '<a href="https://kestrel.example/" target="_blank" rel="noopener nofollow">'
    assert shown in first
    assert "Today we know of no web site of it." in first
    assert shown in visitor.text
    assert (
        '<a href="https://new.example/" target="_blank" rel="noopener nofollow">https://new.example/</a>'
        in visitor.text
    )


@requirement("WG3-01-9.4-41", "WG3-01-9.4-52")
def test_the_terms_are_those_that_were_accepted(app, receipt, visitor):
    context = app.extensions["cdsc"]
    accepted = context.catalogue.utility.terms_url
    utility = replace(context.catalogue.utility, terms_url="https://dge.example/terms-2027")
    app.extensions["cdsc"] = replace(context, catalogue=replace(context.catalogue, utility=utility))
    visitor.load(receipt)

    assert f'<a href="{accepted}" target="_blank" rel="noopener">terms of use</a>' in visitor.text
    assert (
        '<a href="https://dge.example/terms-2027" target="_blank" rel="noopener">the terms of today</a>' in visitor.text
    )
