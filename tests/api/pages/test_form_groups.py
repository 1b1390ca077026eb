"""Groups on the form: a list to choose totals from, and what a Customer is asked to be counted in (9.2.3.5)."""

import pytest

from cdsc_server.services import aggregations
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories import groups, people
from tests.support import requirement
from tests.support.dom import by_class, by_id, parsed, text_of

#: Names of houses, in the order of their numbers.
TREES = ("Alder", "Beech", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper", "Katsura")
CHOOSING = {"authorization_form_selection_type": "aggregation_selection"}


def addresses(tree):
    """Of a house: two of its own, each written in two ways, and one that all houses have."""
    streets = (f"{number} {tree} {lane}" for number in (1, 2) for lane in ("Lane", "Ln."))
    return tuple(f"{street}\nAshford Bay" for street in (*streets, "9 Main Street"))


def types(tree):
    """Of a house: a building, with one exception."""
    return ("confidential", "local" if tree == "Beech" else "building", "premise_number")


@pytest.fixture
def define(app, clock):
    """Groups that Ada, and nobody else, belongs to: G-01 and so on; some to which only Bo belongs."""

    def defines(many, *, others=0):
        own = [
            groups.building(f"G-{n:02}", name=f"{tree} House", addresses=addresses(tree), types=types(tree))
            for n, tree in enumerate(TREES[:many], start=1)
        ]
        foreign = [
            groups.building(f"X-{n}", premise="99", name="Not hers", addresses=(f"{n} Foreign Lane\nAshford Bay",))
            for n in range(others)
        ]
        with app.app_context(), transaction() as session:
            people.baker(session, at=clock.now(), contracts=2)
            if others:
                groups.flat(session, "bo", premise="99")
        with app.app_context():
            aggregations.define([*own, *foreign], is_test=True, country="US", actor="ops", clock=clock)

    return defines


@pytest.fixture
def listing(define, opened):
    """Open a form with a list of so many groups; gives its address."""

    def opens(many=3, *, others=0, **values):
        define(many, others=others)
        return "/consent/" + opened(("usage_data", {**CHOOSING, **values}))

    return opens


def entries(visitor):
    """The entries of the list: words by the value of their boxes."""
    labels = by_class(by_id(parsed(visitor.text), "s1-list"), "tick")
    return {label.find("input").get("value"): text_of(label) for label in labels}


def ticked(visitor):
    """The words of what is ticked."""
    return sorted(words for value, words in entries(visitor).items() if value in visitor.form().values("s1"))


@requirement("WG3-01-9.2.3.5-01")
def test_a_scope_offers_the_kind_by_its_id(client):
    scope = client.get("/.well-known/oauth-authorization-server").json["cds_scope_descriptions"]["usage_data"]
    fields = {each["id"]: each for each in scope["authorization_details_fields_supported"]}

    choices = fields["authorization_form_selection_type"]["choices"]
    assert "aggregation_selection" in [each["id"] for each in choices]


@requirement("WG3-01-9.2.3.5-08", "WG3-01-9.2.3.5-09", "WG3-01-9.2.3.5-10", "WG3-01-9.2.3.5-11", "WG3-01-9.2.3.5-12")
def test_the_own_groups_are_listed_with_what_tells_them_apart(listing, visitor):
    """And nobody else's."""
    listing(3, others=2)

    first, *rest = sorted(entries(visitor).values())
    assert len(rest) == 2
    assert "Neighbourhood, confidential, premise number" in rest[0]
    for words in ("Alder House", "Building, confidential, premise number", "1 Alder Lane, Ashford Bay", "Group G-01"):
        assert words in first
    assert "Not hers" not in visitor.text


@requirement("WG3-01-9.2.3.5-14", "WG3-01-9.2.3.5-15")
def test_groups_are_ticked_one_by_one_and_all_at_once(listing, visitor, stored):
    address = listing(3)
    visitor.press("all-1")
    visitor.load(address)
    assert len(ticked(visitor)) == 3
    visitor.press("none-1")
    visitor.load(address)
    assert ticked(visitor) == []
    second = next(value for value, words in entries(visitor).items() if "Beech House" in words)
    visitor.press("approve", tick=(("s1", second),))

    assert stored(GrantRow)[0].selections[0]["ids"] == [second]


@requirement("WG3-01-9.2.3.5-16")
@pytest.mark.parametrize("words", ["G-02", "beech house", "beech lane"])
def test_a_search_finds_a_group_by_number_name_and_address(listing, visitor, words):
    address = listing(11)
    visitor.press("update-1", s1_find=words)
    visitor.load(address)

    assert [each[:11] for each in entries(visitor).values()] == ["Beech House"]


@requirement("WG3-01-9.2.3.5-17", "WG3-01-9.2.3.5-18")
@pytest.mark.parametrize(("many", "long"), [(10, False), (11, True)])
def test_lists_above_ten_groups_scroll_and_count(listing, visitor, many, long):
    """As every list does; tests/flows/test_form_lists looks at it in a browser."""
    listing(many)
    root = parsed(visitor.text)

    assert ("list-long" in by_id(root, "s1-list").get("class").split()) is long
    assert [text_of(each) for each in by_class(root, "picked")] == (["Ticked: of 11"] if long else [])


@requirement("WG3-01-9.2.3.5-22")
def test_groups_that_the_request_names_are_ticked(listing, visitor):
    listing(3, aggregation_numbers=["G-02", "of nobody"])

    assert [each[:11] for each in ticked(visitor)] == ["Beech House"]


@requirement("WG3-01-7.1.13-09")
@pytest.mark.parametrize(
    ("sent", "names"),
    [
        (["1 beech lane, ashford bay"], ["Beech House"]),
        (["2 Beech LANE,  Ashford Bay"], ["Beech House"]),
        (["2 cedar lane, ashford bay", "1 alder lane, ashford bay"], ["Alder House", "Cedar House"]),
        (["9 main street, ashford bay"], []),
        (["0 foreign lane, ashford bay"], []),
        (["3 beech lane, ashford bay"], []),
    ],
)
def test_any_address_of_a_group_ticks_it(listing, visitor, sent, names):
    """One that several of her groups have says of none that it is meant, and one of a group of others nothing."""
    listing(3, others=1, addresses=sent)

    assert [words[: len("Beech House")] for words in ticked(visitor)] == names


class TestToBeCounted:
    """cds_aggregation_consent: yes or no to what is named."""

    @pytest.fixture
    def asked(self, define, opened):
        def asks(**values):
            define(2, others=1)
            named = {"aggregation_numbers": ["G-01", "G-02"], "premise_numbers": ["17"]}
            fixed = {"allow_scope_modifications": False, "error_if_no_preselections": True}
            return opened(("aggregation_consent", {**CHOOSING, **named, **fixed, **values}))

        return asks

    @requirement("WG3-01-9.2.3.5-02", "WG3-01-9.2.3.5-03", "WG3-01-9.2.3.5-05")
    def test_the_groups_that_were_named_are_a_list_without_boxes(self, asked, visitor):
        asked()

        (request,) = by_class(parsed(visitor.text), "request")
        told = [text_of(each) for each in by_class(request, "entry")]
        assert visitor.form().boxes == []
        assert ["Group G-01" in told[0], "Group G-02" in told[1], len(told)] == [True, True, 2]
        assert "Not hers" not in visitor.text

    @requirement("WG3-01-9.2.3.5-06", "WG3-01-9.2.3.5-07")
    def test_each_tells_what_of_the_customers_counts_in_it(self, asked, visitor):
        """By the names the Customer gave her services, and the numbers on her meters."""
        asked()

        for entry in by_class(by_class(parsed(visitor.text), "request")[0], "entry"):
            for words in ("Shop 0001", "Shop 0002", "Meter M-m1", "Meter M-m2"):
                assert words in text_of(entry)

    @pytest.mark.parametrize(
        ("expires", "says"),
        [
            pytest.param("P1Y", "Counted until 1 March 2027.", marks=requirement("WG3-01-9.2.2.2-18")),
            pytest.param(
                "infinite",
                "Counted until you stop it. You can stop it at any time.",
                marks=requirement("WG3-01-9.2.2.2-18", "WG3-01-9.2.2.2-19"),
            ),
            pytest.param(
                "PT0S",
                "Counted this one time. Whoever wants it again has to ask you again.",
                marks=requirement("WG3-01-9.2.2.2-18", "WG3-01-9.2.2.2-20"),
            ),
        ],
    )
    def test_how_long_a_yes_counts_is_told(self, asked, visitor, expires, says):
        asked(expires=expires)

        (part,) = (each for each in by_class(parsed(visitor.text), "part") if text_of(each.find("h3")) == "How long")
        assert says in text_of(part)
