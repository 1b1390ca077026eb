"""The words of the catalogue say everything that is opened, and nothing that customers do not say."""

import re

import pytest

from cdsc_server.app import load_catalogue
from cdsc_server.domain import wording
from cdsc_server.domain.detail_fields import FIELDS
from cdsc_server.settings import Settings

CATALOGUE = load_catalogue(Settings.for_tests())
CONSENT = [scope for scope in CATALOGUE.scopes.values() if scope.type.consent]
FORBIDDEN = re.compile(
    r"\b(consent|authori[sz]|grant|scope|revoke|entity|third part|data subject|interval|tariff|segment|client)", re.I
)


def test_every_field_that_opens_something_has_a_line():
    """A field without words would be shared without being told."""
    opening = [each.id for each in FIELDS.values() if each.kind == "include" and each.format == "boolean"]

    assert [each for each in opening if each not in wording.ADDS] == []


@pytest.mark.parametrize("scope", CONSENT, ids=lambda scope: scope.id)
def test_every_scope_customers_are_asked_for_has_words(scope):
    words = wording.words_of(scope)

    assert words.title
    assert words.sentence
    assert words.shows


@pytest.mark.parametrize("scope", CONSENT, ids=lambda scope: scope.id)
def test_every_kind_of_value_a_scope_offers_has_a_line(scope):
    offered = scope.fields.get("include_usage_segment_value_types")
    for choice in offered.choices if offered else ():
        (line, *_) = wording.details_of(scope, {"include_usage_segment_value_types": [choice.id]})

        assert line != choice.name, "the words of the catalogue file are for developers"


def test_no_word_is_one_that_only_we_use():
    sentences = [words.sentence.replace("{interval}", "") for words in wording.WORDS.values()]
    others = [text for words in wording.WORDS.values() for text in (words.title, words.shows, *words.always)]
    texts = [*wording.ADDS.values(), *sentences, *others]

    assert [text for text in texts if FORBIDDEN.search(text)] == []


def test_a_field_that_was_not_asked_for_adds_no_line():
    scope = CATALOGUE.scopes["supply_details"]
    without = wording.details_of(scope, {"include_meter_numbers": False})
    with_it = wording.details_of(scope, {"include_meter_numbers": True})

    assert set(with_it) - set(without) == {"Number of each meter"}


def test_titles_stand_in_a_sentence():
    assert wording.in_words(["Energy use"]) == "Energy use"
    assert wording.in_words(["Energy use", "Price plan"]) == "Energy use and price plan"
    assert wording.in_words(["Energy use", "Price plan", "Bills"]) == "Energy use, price plan and bills"
    assert wording.in_words([]) == ""


def test_counts_have_their_plural():
    assert wording.counted("account_selection", 1) == "1 account"
    assert wording.counted("service_contract_selection", 2000) == "2,000 services"


def test_the_sentence_leaves_the_interval_out_when_nothing_was_measured():
    scope = CATALOGUE.scopes["usage_data"]

    assert wording.contents_of(scope, {}, interval="").sentence == "How much energy you used."
    assert wording.contents_of(scope, {}, interval="hour").sentence == "How much energy you used, measured every hour."
