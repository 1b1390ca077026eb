"""Addresses: ours are written out, those that are sent are not; only what is the same to the letter is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.address_rules import RULES, rules_of
from cdsc_server.domain.addresses import matched, normalised, plain, typical_form
from tests.support import requirement

US = RULES["US"]
countries = st.sampled_from([*RULES.values(), rules_of("NL")])
parts = ["1", "2", "b", "St", "st.", "Str.", "Ave", "N", "#", "CA", "9", ",", "\n", " ", "ß", "É"]
texts = st.lists(st.sampled_from(parts), max_size=12).map("".join)
written = st.builds(
    "{}{} {} {}{}{}, {}".format,
    st.sampled_from(["", "Acme Co., ", "John Doe\n"]),
    st.integers(1, 99999),
    st.sampled_from(["Main", "N Elm", "St Charles"]),
    st.sampled_from(["St", "ST.", "Avenue", "ln"]),
    st.sampled_from(["", " #4", " Apt. 12"]),
    st.sampled_from(["\nAnytown", ", St. Louis", "\n\nFt Worth"]),
    st.sampled_from(["CA 90001", "NY", "mo 63101-1234, USA"]),
)


@requirement(*(f"WG3-01-7.1.13.1-{n:02}" for n in range(4, 15)))
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Acme Co., 123 Main  St. #234\nAnytown, CA 90001", "123 main street unit 234, anytown, california, 90001"),
        ("Example, Inc. ATTN: Accounting\n123 Main St\nAnytown, NY 00000", "123 main street, anytown, new york, 00000"),
        ("John Doe\n123 Ave A #111\nAnytown, NY 00000", "123 avenue a unit 111, anytown, new york, 00000"),
        ("9 St. Charles Ave\nSt. Louis, MO 63101", "9 saint charles avenue, saint louis, missouri, 63101"),
        ("  41 N Orchard Ln \n\n Ashford Bay ", "41 north orchard lane, ashford bay"),
        ("Acme Farm, 12 mi  North on FM 5555\n150 ft West", "acme farm, 12 mi north on fm 5555 150 ft west"),
        (" 12 mi North of Main Rd\r\nAnytown", "12 mi north of main rd anytown"),
        ("555 Other St", "555 other st"),
    ],
)
def test_a_stored_address_has_one_form(address, expected):
    """Names go, abbreviations are written out, and the rest is one line; what no map knows stays as it is."""
    assert normalised(address, US) == expected


@requirement("WG3-01-7.1.13.1-02", "WG3-01-7.1.13.1-03")
@pytest.mark.parametrize("rules", [*RULES.values(), rules_of("NL")], ids=lambda rules: rules.country)
def test_the_examples_of_a_country_hold_both_classes(rules):
    """They stand in the documentation, with the form that each is stored in."""
    forms = [typical_form(address, rules) for address in rules.examples]

    assert None in forms
    assert any(form is not None for form in forms)


@requirement("WG3-01-7.1.13.1-15")
@given(written)
def test_what_is_sent_is_not_written_out(address):
    """A Client sends addresses as our documentation describes them; its abbreviations are its own affair."""
    assert matched([plain(address)], {"a": [address]}, US) == (
        ["a"] if plain(address) == normalised(address, US) else []
    )
    assert matched([normalised(address, US).upper()], {"a": [address]}, US) == ["a"]


@given(texts | written, countries)
def test_what_we_store_is_found_by_its_own_form(address, rules):
    form = normalised(address, rules)

    assert plain(form) == form
    assert matched([form], {"a": [address]}, rules) == ["a"]


@requirement("WG3-01-7.1.13.1-16", "WG3-01-7.1.13.1-17", "WG3-01-7.1.13.1-18", "WG3-01-7.1.13.1-19")
@given(st.dictionaries(st.sampled_from("abcd"), texts | written), st.lists(texts | written, max_size=3))
def test_an_address_finds_the_one_thing_that_is_there(stored, sent):
    """None and several find nothing."""
    found = matched(sent, {each: [address] for each, address in stored.items()}, US)

    for each in stored:
        same = [one for one in stored if normalised(stored[one], US) == normalised(stored[each], US)]
        named = normalised(stored[each], US) in map(plain, sent)
        assert (each in found) == (named and same == [each])


def test_each_address_of_a_thing_finds_it_however_often_it_is_written():
    """Two ways to write one address are one address."""
    stored = {"a": ["1 Elm St\nAnytown", "2 Elm St\nAnytown", "2 Elm Street\nAnytown"], "b": ["1 Elm St.\nAnytown"]}

    assert matched(["1 elm street, anytown", "2 elm street, anytown"], stored, US) == ["a"]
