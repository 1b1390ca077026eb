"""Which entries of a request share a section: whatever hangs together, and only if one selection can serve all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.app import load_catalogue
from cdsc_server.domain.details import RequestedEntry
from cdsc_server.domain.merging import MERGE, check_merges, section_places
from cdsc_server.errors import InvalidAuthorizationDetails
from cdsc_server.settings import Settings
from tests.factories.people import requested
from tests.support import requirement

CATALOGUE = load_catalogue(Settings.for_tests())
NAMES = ("supply_details", "usage_data", "rate_plan", "generation_mix")
#: It has programs that the others do not offer, and may not have none: so it stands alone.
ALONE = "service_programs"
CONTRACTS = {"authorization_form_selection_type": "service_contract_selection"}


def entry(scope: str, merge: str | None = None, **values) -> RequestedEntry:
    return requested(CATALOGUE, scope, **{**CONTRACTS, MERGE: merge, **values})


requests = st.lists(
    st.builds(entry, st.sampled_from(NAMES), st.none() | st.sampled_from([*NAMES, "nobody"])), max_size=6
)


@given(requests)
def test_every_entry_stands_in_one_section(entries):
    places = section_places(CATALOGUE, entries)

    assert sorted(place for group in places for place in group) == list(range(len(entries)))
    assert [group[0] for group in places] == sorted(group[0] for group in places)


@requirement("WG3-01-7.4.2-15")
@given(requests)
def test_an_entry_stands_beside_what_it_names(entries):
    """And whoever names something that stands beside it, too: the way does not matter."""
    together = {place: set(group) for group in section_places(CATALOGUE, entries) for place in group}
    for place, each in enumerate(entries):
        named = [n for n, other in enumerate(entries) if n != place and other.scope_id == each.values[MERGE]]

        assert not named or named[0] in together[place]


@given(st.permutations(NAMES).flatmap(lambda names: st.integers(1, 4).map(lambda n: names[:n])))
def test_a_ring_is_one_section(names):
    ring = [entry(name, names[(n + 1) % len(names)]) for n, name in enumerate(names)]
    if len(names) > 1:
        check_merges(CATALOGUE, ring)

        assert section_places(CATALOGUE, ring) == [list(range(len(names)))]


@given(requests)
def test_what_is_accepted_has_no_name_left_over(entries):
    """After the check nobody names what is not there, and nobody shares a section without saying so."""
    try:
        check_merges(CATALOGUE, entries)
    except InvalidAuthorizationDetails:
        return
    for group in section_places(CATALOGUE, entries):
        named = [entries[place].values[MERGE] for place in group]

        assert all(name is not None for name in named) if len(group) > 1 else named == [None]


@requirement("WG3-01-7.4.2-07")
def test_of_two_that_are_named_the_first_is_meant():
    first, second = (entry("usage_data", "supply_details") for _ in range(2))
    naming = entry("supply_details", "usage_data")

    assert section_places(CATALOGUE, [naming, first]) == [[0, 1]]
    assert section_places(CATALOGUE, [naming, entry("usage_data", None), entry("usage_data", None)]) == [[0, 1], [2]]
    assert section_places(CATALOGUE, [first, second, naming]) == [[0, 1, 2]]


@requirement("WG3-01-7.4.2-12", "WG3-01-7.4.2-13")
@given(st.data())
def test_lists_that_name_the_same_are_the_same(data):
    """In whichever order, and however often."""
    numbers = data.draw(st.lists(st.sampled_from(["1", "2", "3"]), min_size=1, max_size=4))
    other = data.draw(st.permutations(numbers))
    first = entry("supply_details", "rate_plan", contract_numbers=numbers)
    check_merges(CATALOGUE, [first, entry("rate_plan", "supply_details", contract_numbers=other)])

    with pytest.raises(InvalidAuthorizationDetails, match=r"details\[1\]\.contract_numbers must be the same"):
        check_merges(CATALOGUE, [first, entry("rate_plan", "supply_details", contract_numbers=[*other, "4"])])


def test_programs_cannot_be_shared_with_a_scope_that_has_none():
    """7.4.2 wants null there, and 6.1.3 anything but null."""
    merged = [entry("rate_plan", ALONE), entry(ALONE, "rate_plan")]

    with pytest.raises(InvalidAuthorizationDetails, match=r"details\[1\]\.service_programs must be null"):
        check_merges(CATALOGUE, merged)
